"""g(r) from S_R(q) by solving the sine transform, with what is known beforehand said as a prior.

    S_R(q) = 4πρ₀ ∫ r (g(r) − 1) sin(qr) dr + errors

q ends too early for this to have one solution. `smooth` solves for a g that is as smooth and as near to 1, or to a
reference, as S_R allows. The other rooms do without a reference and with more that is believed, and stand apart: what
is believed of g (`priors`), what was measured and with which errors (`observation`), and how one follows from the
other: how probable S_R is (`evidence`), the hyperparameters and the prior that make it most so (`search`), and what
remains of g (`posterior`).
"""

from sklearn_wtrdf.inversion.checks import density_of, doubts
from sklearn_wtrdf.inversion.evidence import Evidence
from sklearn_wtrdf.inversion.observation import Observation
from sklearn_wtrdf.inversion.posterior import Posterior
from sklearn_wtrdf.inversion.priors import Bond, Continuum, Prior
from sklearn_wtrdf.inversion.search import find, without_outliers
from sklearn_wtrdf.inversion.smooth import FreeInversion, Inversion, Reference, Solution, mixture, most_probable

__all__ = [
    "Bond",
    "Continuum",
    "Evidence",
    "FreeInversion",
    "Inversion",
    "Observation",
    "Posterior",
    "Prior",
    "Reference",
    "Solution",
    "density_of",
    "doubts",
    "find",
    "mixture",
    "most_probable",
    "without_outliers",
]
