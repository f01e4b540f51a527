"""Ways to bring the same contacts into DuckDB: each has `land(job)` and `landed(job)`."""
