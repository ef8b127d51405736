"""Entries in the header of a file."""

import numpy as np

from sklearn_wtrdf import read_gr, read_pattern
from tests.malformed import G_R, Q, R, S, rows


def test_the_header_is_stored_and_has_the_number_density(file):
    for line in ["number_density = 0.034", "# rho0 = 0.034 A^-3", "! NumberDensity=0.034"]:
        pattern = read_pattern(file("a.sq", f"# composition = Ge25Se75\n{line}\n# a line of words\n" + rows(Q, S)))
        assert pattern.number_density == 0.034
        assert pattern.provenance["composition"] == "Ge25Se75"
        assert len(pattern.provenance) == 2
    assert read_pattern(file("a.sq", rows(Q, S))).number_density is None


def test_a_number_with_a_decimal_comma_in_a_header(file):
    text = "# rho0 = 0,0662\nr (nm)\tg(r)\n" + rows(R / 10, G_R).replace(" ", "\t").replace(".", ",")
    curve = read_gr(file("a.dat", text))
    np.testing.assert_allclose(curve.r, R)
    assert curve.number_density == 0.0662
