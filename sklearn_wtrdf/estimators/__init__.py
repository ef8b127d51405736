"""Estimators: thin classes over the rooms that do the work."""

from sklearn_wtrdf.estimators._wtrdf import WTRDFRegressor

__all__ = ["WTRDFRegressor"]
