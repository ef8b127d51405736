"""sklearn-wtrdf: pair distribution functions of glasses from laboratory X-ray data, as scikit-learn estimators."""

import lazy_loader

# The names are declared in __init__.pyi and imported on first use; torch is loaded only by what needs it.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
