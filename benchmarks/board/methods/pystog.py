"""pystog.

The Fourier transform of pystog 0.6.7, from the neutron sources at Oak Ridge, the successor of the Fortran program
StoG: `Transformer.S_to_g` with its defaults, which are those of its command too: no Lorch window and no correction for
the q below the first. That is the trapezoid sum over the q that were measured. Nothing had to be decided.
"""

from pystog import Transformer


def solve(q, S, density, r):
    """Return g at r, and None: pystog's own errors need those of S."""
    return Transformer().S_to_g(q, S, r, rho=density)[1], None
