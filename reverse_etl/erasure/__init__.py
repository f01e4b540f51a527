"""Erases one person from the warehouse, the state store and the tools, and certifies it."""
