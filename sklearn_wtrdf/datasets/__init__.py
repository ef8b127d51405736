"""Loaders of the data that come with the package."""

from sklearn_wtrdf.datasets._ge_se import load_ge_se

__all__ = ["load_ge_se"]
