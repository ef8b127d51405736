"""Estimators: thin classes over the rooms that do the work."""

import lazy_loader

# Imported on first use, because scikit-learn and pandas take long to load.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
