"""Timings for asv, which compares commits."""
