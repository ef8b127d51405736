r"""g(r) from S_R(q) by solving the sine transform, with what is known beforehand said as a prior.

.. math:: S_R(q) = 4πρ_0 ∫ r (g(r) − 1) \sin(qr) \, dr + \text{errors}

q ends too early for this to have one solution. So what is believed of g (`priors`), what was measured and with which
errors (`observation`), and how one follows from the other stand apart: how probable S_R is (`evidence`), the
hyperparameters and the prior that make it most so (`search`), and what remains of g (`posterior`). A new belief is a
new file in `priors`; a material whose g(r) is known is one of them (`reference`).
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
