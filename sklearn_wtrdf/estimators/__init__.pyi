from ._lstm import LSTMRegressor
from ._rbf_net import RBFNetRegressor
from ._wtrdf import WTRDFRegressor

__all__ = ["LSTMRegressor", "RBFNetRegressor", "WTRDFRegressor"]
