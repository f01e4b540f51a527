"""What alembic runs for each move: the scripts, on the connection that it is handed."""

from __future__ import annotations

from alembic import context

# The caller has begun the transaction and ends it: all the scripts of one move, or none.
context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
