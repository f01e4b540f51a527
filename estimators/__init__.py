"""Estimates that SQL has no words for: chains, games, regressions, significance."""
