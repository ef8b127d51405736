"""The paper's claims and tables, on the paper's data."""
