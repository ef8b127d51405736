"""glassure.

The Fourier transform of glassure 3.0.0, by C. Prescher: first `extrapolate_to_zero_linear`, because its notebook on
extrapolation and optimization shows that S must be extended to q = 0, then `calculate_fr` and `calculate_gr`, without
the Lorch window, as is the default. Two choices are ours: S(0) is 0, which its `calculate_s0` gives for an element;
and the integral replaces the FFT, which requires a uniform grid of q.
"""

from glassure import Pattern, calculate_fr, calculate_gr, extrapolate_to_zero_linear


def solve(q, S, density, r):
    """Return g at r, and None."""
    pattern = extrapolate_to_zero_linear(Pattern(q, S), y0=0)
    return calculate_gr(calculate_fr(pattern, r, method="integral"), density).y, None
