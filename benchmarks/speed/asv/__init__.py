"""Timings for asv, kept from commit to commit."""
