"""Priors of g(r): one file each, combined by +.

A prior is an object with hyperparameters, in the manner of `sklearn.gaussian_process.kernels`: each is free within
bounds by default, free within a pair that is given, or fixed at a number. It gives the mean and the covariance of g and
their derivatives by the hyperparameters, and does not depend on q.
"""

from sklearn_wtrdf.inversion.priors.base import Hyperparameter, Prior, PriorMoments, Setting, Sum
from sklearn_wtrdf.inversion.priors.bond import Bond
from sklearn_wtrdf.inversion.priors.continuum import Continuum
from sklearn_wtrdf.inversion.priors.near_reference import NearReference
from sklearn_wtrdf.inversion.priors.oscillation import Oscillation

__all__ = [
    "Bond",
    "Continuum",
    "Hyperparameter",
    "NearReference",
    "Oscillation",
    "Prior",
    "PriorMoments",
    "Setting",
    "Sum",
]
