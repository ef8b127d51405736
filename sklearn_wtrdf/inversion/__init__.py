r"""g(r) from S_R(q) by inverting the sine transform, with prior knowledge of g.

.. math:: S_R(q) = 4πρ_0 ∫ r (g(r) − 1) \sin(qr) \, dr + \text{errors}

Because q ends at some q_max, this has many solutions. Three parts are kept apart: the prior of g (`priors`), the
measurement and its errors (`observation`), and the inference: the probability of S_R under a prior (`evidence`), the
prior and the hyperparameters that maximize it (`selection`, `search`, `scoring`), and the distribution of g given S_R
(`posterior`). A new prior is a new file in `priors`; a reference material makes one, too (`reference`).
"""

from sklearn_wtrdf.inversion.decomposition import Decomposition
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior
from sklearn_wtrdf.inversion.priors import Bond, Continuum, NearReference, Oscillation, Prior
from sklearn_wtrdf.inversion.reference import Reference, mixture
from sklearn_wtrdf.inversion.search import (
    exclude_outliers_given,
    fit_hyperparameters,
    fit_with_reference,
    without_outliers,
)

__all__ = [
    "Bond",
    "Continuum",
    "Decomposition",
    "Evidence",
    "NearReference",
    "Observation",
    "Oscillation",
    "Posterior",
    "Prior",
    "Reference",
    "exclude_outliers_given",
    "fit_hyperparameters",
    "fit_with_reference",
    "mixture",
    "without_outliers",
]
