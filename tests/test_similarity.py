"""How much of an S_R(q) another curve explains, and with which factor."""

import numpy as np
import pytest

from sklearn_wtrdf.datasets import list_materials, load_ag_ge_se, load_material
from sklearn_wtrdf.similarity import scale_of, shared_fraction


def test_scale_and_systematic_errors_do_not_count():
    q = np.linspace(0.5, 10, 200)
    s_r = np.sin(2.3 * q)
    assert shared_fraction(q, 3 * s_r + 0.2 * q, s_r) == pytest.approx(1)
    assert shared_fraction(q, -s_r, s_r) == 0
    assert shared_fraction(q, np.zeros_like(q), s_r) == 0
    assert shared_fraction(q, 0.3 * q, np.sin(2.4 * q)) == 0  # an offset of S is no structure


@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_noise_is_no_structure_that_is_to_be_explained(noise):
    glass, random = load_ag_ge_se(0), np.random.default_rng(0)
    first, second = glass.s_r + noise * glass.q * random.normal(size=(2, glass.q.size))
    assert shared_fraction(glass.q, first, second) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("name", [name for name in list_materials() if name[:2] != "ag"])
@pytest.mark.parametrize("factor", [0.3, 0.8, 1.25])
def test_the_scale_is_the_factor_of_g_and_of_the_density(name, factor):
    material = load_material(name, weighting="neutron", q_max=12)
    data, density = (material.q, material.s_r, material.r), material.number_density
    scaled = 1 + factor * (material.target - 1)
    assert scale_of(*data, scaled, density) == pytest.approx(factor, rel=0.03)
    assert scale_of(*data, material.target, factor * density) == pytest.approx(factor, rel=0.03)
    offset = material.s_r + 0.1 * material.q
    assert scale_of(material.q, offset, material.r, scaled, density) == pytest.approx(factor, rel=0.03)


def test_the_scale_of_unrelated_curves_is_1():
    material = load_material("argon", q_max=12)
    assert scale_of(material.q, -material.s_r, material.r, material.target, material.number_density) == 1
