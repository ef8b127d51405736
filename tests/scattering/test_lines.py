import numpy as np
import pytest

from sklearn_wtrdf.datasets import list_materials, load_material
from sklearn_wtrdf.scattering.lines import sharp_lines


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.05])
@pytest.mark.parametrize("weighting", ["x-ray", "neutron"])
def test_no_simulated_material_has_sharp_lines_whatever_its_noise(noise, weighting, rng):
    for name in list_materials():
        if weighting == "x-ray" or not name.startswith("ag"):
            material = load_material(name, weighting=weighting)
            s_r = material.s_r + noise * material.q * rng.normal(size=material.q.size)
            assert sharp_lines(material.q, s_r[None])[0].size == 0


def test_single_points_are_no_lines():
    material = load_material("silica", weighting="neutron")
    s = material.s.copy()
    s[[40, 90, 150]] += 0.6
    noise = 0.003 * np.random.default_rng(0).normal(size=s.size)
    assert sharp_lines(material.q, (material.q * (s + noise - 1))[None])[0].size == 0
