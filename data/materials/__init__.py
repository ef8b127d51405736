"""Simulated data; installed as sklearn_wtrdf.datasets.data.materials."""
