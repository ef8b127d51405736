"""Priors of g(r), each in a file of its own; `+` combines them.

A prior is an object with hyperparameters, similar to the kernels of `sklearn.gaussian_process`. A hyperparameter is
free within default bounds, free within a given pair of bounds, or fixed at a given number. A prior computes the mean
and the covariance of g as functions of r, and their derivatives with respect to the hyperparameters.
"""

from sklearn_wtrdf.inversion.priors.asymmetric_bond import AsymmetricBond
from sklearn_wtrdf.inversion.priors.base import Derivatives, Hyperparameter, Moments, Prior, PriorMoments, Setting, Sum
from sklearn_wtrdf.inversion.priors.bond import Bond
from sklearn_wtrdf.inversion.priors.continuum import Continuum
from sklearn_wtrdf.inversion.priors.log_continuum import LogContinuum, LogPrior, Tangent
from sklearn_wtrdf.inversion.priors.log_pairs import LogPairFunctions
from sklearn_wtrdf.inversion.priors.near_reference import NearReference
from sklearn_wtrdf.inversion.priors.oscillation import Oscillation
from sklearn_wtrdf.inversion.priors.pairs import PairFunctions, PairPrior

#: Priors by their names, as `prior` of :class:`~sklearn_wtrdf.InversionRegressor` and the command take them.
NAMED: dict[str, Prior] = {"continuum": Continuum(), "bond": Continuum() + Bond()}

__all__ = [
    "NAMED",
    "AsymmetricBond",
    "Bond",
    "Continuum",
    "Derivatives",
    "Hyperparameter",
    "LogContinuum",
    "LogPairFunctions",
    "LogPrior",
    "Moments",
    "NearReference",
    "Oscillation",
    "PairFunctions",
    "PairPrior",
    "Prior",
    "PriorMoments",
    "Setting",
    "Sum",
    "Tangent",
]
