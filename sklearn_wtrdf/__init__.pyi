from .base import Reconstruction, ReconstructionMixin
from .fourier import FourierRegressor
from .inversion.priors import (
    AsymmetricBond,
    Bond,
    Continuum,
    LogContinuum,
    LogPairFunctions,
    NearReference,
    Oscillation,
    PairFunctions,
)
from .inversion.reference import Reference
from .inversion.regressor import InversionRegressor
from .inversion.result import InversionResult
from .io.curves import read_gr
from .io.patterns import read_pattern
from .io.peaks import read_peaks
from .io.scans import read_scan
from .io.write import write_gr, write_sq
from .networks.lstm import LSTMRegressor
from .networks.rbf_net import RBFNetRegressor
from .partials.frame import partials_frame
from .partials.regressor import PartialsRegressor
from .peaks import coordination_numbers, find_peaks, peak_mask, peak_positions, peak_table, peak_windows
from .persistence.archive import load, save
from .persistence.registry import register_model, register_types
from .plotting.landscape import LandscapeDisplay
from .plotting.parity import ParityDisplay
from .plotting.partials import PartialsDisplay
from .plotting.rdf import RDFDisplay
from .plotting.reduction import ReductionDisplay
from .reduction.transformer import Reduction
from .scattering.composition import Composition
from .scattering.curve import Curve
from .scattering.frame import scattering_frame
from .scattering.pattern import Pattern
from .scattering.scan import Scan, intensity_frame
from .utils.data_warnings import DataWarning, MismatchWarning
from .utils.versions import show_versions
from .workflows.batch import pdf_files, reconstruct_files
from .workflows.fit import fit_files
from .workflows.scan import ScanReduction, reduce_file
from .workflows.settings import PdfSettings
from .wtrdf.landscape import Landscape, ShellResponse, landscape, losses, shell_response
from .wtrdf.metrics import PeakKFold, first_peak_error, peak_scorers, second_peak_error
from .wtrdf.regressor import WTRDFRegressor
from .wtrdf.solvers import LBFGSB, Adam, VariableProjection, register_solver
from .wtrdf.wavelet import wt_rdf

__all__ = [
    "LBFGSB",
    "Adam",
    "AsymmetricBond",
    "Bond",
    "Composition",
    "Continuum",
    "Curve",
    "DataWarning",
    "FourierRegressor",
    "InversionRegressor",
    "InversionResult",
    "LSTMRegressor",
    "Landscape",
    "LandscapeDisplay",
    "LogContinuum",
    "LogPairFunctions",
    "MismatchWarning",
    "NearReference",
    "Oscillation",
    "PairFunctions",
    "ParityDisplay",
    "PartialsDisplay",
    "PartialsRegressor",
    "Pattern",
    "PdfSettings",
    "PeakKFold",
    "RBFNetRegressor",
    "RDFDisplay",
    "Reconstruction",
    "ReconstructionMixin",
    "Reduction",
    "ReductionDisplay",
    "Reference",
    "Scan",
    "ScanReduction",
    "ShellResponse",
    "VariableProjection",
    "WTRDFRegressor",
    "coordination_numbers",
    "find_peaks",
    "first_peak_error",
    "fit_files",
    "intensity_frame",
    "landscape",
    "load",
    "losses",
    "partials_frame",
    "pdf_files",
    "peak_mask",
    "peak_positions",
    "peak_scorers",
    "peak_table",
    "peak_windows",
    "read_gr",
    "read_pattern",
    "read_peaks",
    "read_scan",
    "reconstruct_files",
    "reduce_file",
    "register_model",
    "register_solver",
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
