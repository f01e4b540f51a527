"""How names are written, read and compared: of companies and of people."""
