"""Files of S_R(q) in the tests of workflows."""

import numpy as np

SILICA_DENSITY = 0.0662  # Å⁻³


def write_fq(path, q, s_r, *std):
    np.savetxt(path, np.column_stack([q, s_r, *std]), header="Q F(Q)" + " dF" * len(std), fmt="%.17g")
    return path
