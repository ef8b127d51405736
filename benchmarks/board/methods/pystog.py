"""pystog.

The Fourier transform of pystog 0.6.7, from the neutron sources at Oak Ridge, the successor of the Fortran program
StoG: `Transformer.S_to_g` with its defaults, which are also those of its command: no Lorch window and no correction for
the q below the first. This is the trapezoidal sum over the measured q. No choice is ours.
"""

from pystog import Transformer


def solve(q, S, density, r):
    """Return g at r, and None: pystog's errors of g require those of S."""
    return Transformer().S_to_g(q, S, r, rho=density)[1], None
