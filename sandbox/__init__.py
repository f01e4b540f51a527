"""Emulated vendor APIs on loopback, and the data they serve."""
