from ._fourier import FourierRegressor
from ._inversion import InversionRegressor
from ._lstm import LSTMRegressor
from ._rbf_net import RBFNetRegressor
from ._reduction import Reduction
from ._scattering import Reconstruction, ReconstructionMixin
from ._wtrdf import WTRDFRegressor

__all__ = [
    "FourierRegressor",
    "InversionRegressor",
    "LSTMRegressor",
    "RBFNetRegressor",
    "Reconstruction",
    "ReconstructionMixin",
    "Reduction",
    "WTRDFRegressor",
]
