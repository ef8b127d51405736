from .batch import reconstruct_files
from .checks import DataWarning, MismatchWarning
from .composition import Composition
from .estimators import (
    FourierRegressor,
    InversionRegressor,
    LSTMRegressor,
    RBFNetRegressor,
    Reconstruction,
    ReconstructionMixin,
    Reduction,
    WTRDFRegressor,
)
from .inspection import Landscape, ShellResponse, landscape, losses, shell_response
from .io import Curve, Pattern, read_gr, read_pattern, write_gr, write_sq
from .metrics import PeakKFold, first_peak_error, peak_scorers, second_peak_error
from .models import register_model, register_types
from .peaks import coordination_numbers, find_peaks, peak_mask, peak_positions, peak_table, peak_windows
from .persistence import load, save
from .plotting import InversionDisplay, LandscapeDisplay, ParityDisplay, RDFDisplay, ReductionDisplay
from .scan_files import Scan, read_scan
from .scans import intensity_frame
from .scattering import scattering_frame
from .versions import show_versions
from .wavelet import wt_rdf

__all__ = [
    "Composition",
    "Curve",
    "DataWarning",
    "FourierRegressor",
    "InversionDisplay",
    "InversionRegressor",
    "LSTMRegressor",
    "Landscape",
    "LandscapeDisplay",
    "MismatchWarning",
    "ParityDisplay",
    "Pattern",
    "PeakKFold",
    "RBFNetRegressor",
    "RDFDisplay",
    "Reconstruction",
    "ReconstructionMixin",
    "Reduction",
    "ReductionDisplay",
    "Scan",
    "ShellResponse",
    "WTRDFRegressor",
    "coordination_numbers",
    "find_peaks",
    "first_peak_error",
    "intensity_frame",
    "landscape",
    "load",
    "losses",
    "peak_mask",
    "peak_positions",
    "peak_scorers",
    "peak_table",
    "peak_windows",
    "read_gr",
    "read_pattern",
    "read_scan",
    "reconstruct_files",
    "register_model",
    "register_types",
    "save",
    "scattering_frame",
    "second_peak_error",
    "shell_response",
    "show_versions",
    "write_gr",
    "write_sq",
    "wt_rdf",
]

__version__: str
