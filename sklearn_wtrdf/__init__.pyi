from .estimators import FourierRegressor, InversionRegressor, LSTMRegressor, RBFNetRegressor, WTRDFRegressor
from .inspection import Landscape, ShellResponse, landscape, shell_response
from .io import load, save
from .metrics import PeakKFold, first_peak_error, peak_scorers, second_peak_error
from .peaks import coordination_numbers, find_peaks, peak_mask, peak_positions, peak_windows
from .plotting import LandscapeDisplay, ParityDisplay, RDFDisplay
from .scattering import scattering_frame
from .wavelet import wt_rdf

__all__ = [
    "FourierRegressor",
    "InversionRegressor",
    "LSTMRegressor",
    "Landscape",
    "LandscapeDisplay",
    "ParityDisplay",
    "PeakKFold",
    "RBFNetRegressor",
    "RDFDisplay",
    "ShellResponse",
    "WTRDFRegressor",
    "coordination_numbers",
    "find_peaks",
    "first_peak_error",
    "landscape",
    "load",
    "peak_mask",
    "peak_positions",
    "peak_scorers",
    "peak_windows",
    "save",
    "scattering_frame",
    "second_peak_error",
    "shell_response",
    "wt_rdf",
]

__version__: str
