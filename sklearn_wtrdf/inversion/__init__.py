r"""g(r) from S_R(q) by solving the sine transform, with a Gaussian process as the prior of g(r).

.. math:: S_R(q) = 4πρ_0 ∫ r (g(r) − 1) \sin(qr) \, dr + \text{errors}

S_R is measured up to a q_max, so many g(r) agree with it. The most probable one follows from the prior of g (`priors`)
and from the measured S_R with its errors (`observation`): `evidence` computes the probability of S_R under a prior,
`search` finds the prior and the hyperparameters that maximize it, and `posterior` computes g and its uncertainty. A new
prior is a new file in `priors`. A known g(r) of a similar material can serve as the mean of the prior (`reference`).
"""

from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior
from sklearn_wtrdf.inversion.priors import (
    AsymmetricBond,
    Bond,
    Continuum,
    LogContinuum,
    LogPairFunctions,
    NearReference,
    Oscillation,
    PairFunctions,
    Prior,
)
from sklearn_wtrdf.inversion.reference import Reference, mixture
from sklearn_wtrdf.inversion.search import (
    exclude_outliers_given,
    fit_hyperparameters,
    fit_with_reference,
    without_outliers,
)

__all__ = [
    "AsymmetricBond",
    "Bond",
    "Continuum",
    "Decomposition",
    "Evidence",
    "LogContinuum",
    "LogPairFunctions",
    "NearReference",
    "Observation",
    "Oscillation",
    "PairFunctions",
    "Posterior",
    "Prior",
    "Reference",
    "exclude_outliers_given",
    "fit_hyperparameters",
    "fit_with_reference",
    "mixture",
    "without_outliers",
]
