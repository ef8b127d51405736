"""glassure, S(q) optimized.

glassure 3.0.0, by C. Prescher, with its optimization of S(q) after Kaplow et al. (1965) and Eggert et al. (2002):
`optimize_sq` transforms S back and forth until g vanishes below a cut-off. There are five iterations without the Lorch
window, the defaults of its `OptimizeConfig`, and the rest is as in `glassure.py`. The authors choose the cut-off by
eye, 1.4 Å by default; here it is the first rise of g (`methods._first_rise`).
"""

from glassure import Pattern, calculate_fr, calculate_gr, extrapolate_to_zero_linear, optimize_sq
from sklearn_wtrdf.benchmarks.board.methods._first_rise import first_rise


def solve(q, S, density, r):
    """Return g at r, and None."""
    pattern = extrapolate_to_zero_linear(Pattern(q, S), y0=0)
    pattern = optimize_sq(pattern, first_rise(q, S, density), 5, density, fourier_transform_method="integral")
    return calculate_gr(calculate_fr(pattern, r, method="integral"), density).y, None
