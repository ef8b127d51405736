"""pystog, Fourier filter.

pystog 0.6.7 with its Fourier filter: g below a cut-off, where there are no atoms, is transformed back and subtracted
from S(q), and the rest is transformed again. As in its documentation and example inputs, r has steps of 0.01 Å. The
Lorch window and the correction for the q below the first are off, the defaults of its command. The authors choose the
cut-off by eye, 1.5 Å in an example; here it is the first rise of g (`methods._first_rise`).
"""

import numpy as np
from pystog import FourierFilter, Transformer
from sklearn_wtrdf.benchmarks.board.methods._first_rise import first_rise


def solve(q, S, density, r):
    """Return g at r, and None: pystog's errors of g require those of S."""
    transformer, cutoff = Transformer(), first_rise(q, S, density)
    below = np.arange(0.01, cutoff + 0.005, 0.01)
    g = transformer.S_to_g(q, S, below, rho=density)[1]
    filtered = FourierFilter().g_using_S(below, g, q, S, cutoff, rho=density)[3]
    return transformer.S_to_g(q, filtered, r, rho=density)[1], None
