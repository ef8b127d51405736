"""glassure.

The Fourier transform of glassure 3.0.0, by C. Prescher. `extrapolate_to_zero_linear` comes first: its notebook on
extrapolation and optimization shows that S must be continued to q = 0. Then come `calculate_fr` and `calculate_gr`,
without the Lorch window, which is off by default. Two things had to be decided. S(0) is 0, as its `calculate_s0` gives
for an element, since a method does not see the composition; and the integral replaces the FFT, which needs an even q.
"""

from glassure import Pattern, calculate_fr, calculate_gr, extrapolate_to_zero_linear


def solve(q, S, density, r):
    """Return g at r, and None."""
    pattern = extrapolate_to_zero_linear(Pattern(q, S), y0=0)
    return calculate_gr(calculate_fr(pattern, r, method="integral"), density).y, None
