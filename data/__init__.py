"""Data files; installed as sklearn_wtrdf.datasets.data."""
