"""What landing costs, measured beside others on one server."""
