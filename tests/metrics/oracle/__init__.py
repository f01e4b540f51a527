"""What every metric must be, reckoned row by row in plain Python: the witness against our SQL."""
