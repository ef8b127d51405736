import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import Composition
from sklearn_wtrdf.datasets import list_materials, load_ag_ge_se, load_material
from sklearn_wtrdf.scattering.frame import read_scattering

DATA = Path(__file__).parents[2] / "data"
MATERIALS = [name for name in list_materials() if not name.startswith("ag")]
POTENTIALS = {
    "silica": "Vashishta",
    "germania": "Pedone",
    "sodium-silicate": "Pedone",
    "amorphous-silicon": "Stillinger and Weber",
    "amorphous-carbon": "Tersoff",
    "argon": "Lennard-Jones",
    "argon-supercritical": "The same potential",
    "argon-krypton": "Lennard-Jones",
    "aluminium": "Mendelev",
    "nickel": "Foiles",
    "copper-zirconium": "Mendelev",
    "sodium-chloride": "Tosi and Fumi",
    "water": "SPC/Fw",
    "nitrogen": "Cheung and Powles",
    "rubidium": "Vashishta and Singwi",
    "benzene": "OPLS-AA",
}
# Documented for each potential: a pair A–B, its distance [Å], the number of B about A, and its largest distance [Å].
SHELLS = {
    ("silica", "Si", "O"): (1.62, (3.85, 4.15), 2.0),
    ("germania", "Ge", "O"): (1.74, (3.85, 4.15), 2.3),
    ("sodium-silicate", "Si", "O"): (1.61, (3.85, 4.15), 2.2),
    ("amorphous-silicon", "Si", "Si"): (2.40, (4.0, 5.0), 2.93),
    ("amorphous-carbon", "C", "C"): (1.5, (3.0, 4.0), 1.95),
    ("argon", "Ar", "Ar"): (3.70, (12.0, 12.6), 5.2),
    ("aluminium", "Al", "Al"): (2.79, (11.5, 13.5), 3.9),
    ("nickel", "Ni", "Ni"): (2.47, (11.5, 13.5), 3.43),
    ("sodium-chloride", "Na", "Cl"): (2.65, (4.5, 6.0), 4.07),
    ("water", "O", "H"): (1.03, (1.98, 2.02), 1.3),
    ("water", "O", "O"): (2.75, (4.0, 5.0), 3.35),
    ("nitrogen", "N", "N"): (1.10, (0.99, 1.01), 1.5),
    ("rubidium", "Rb", "Rb"): (4.85, (11.5, 14.5), 6.9),
    ("benzene", "C", "C"): (1.40, (1.98, 2.02), 1.9),
}


def test_the_materials_are_in_two_halves_of_eleven():
    halves = [list_materials(half) for half in ("development", "test")]
    assert [len(half) for half in halves] == [11, 11]
    assert sorted(halves[0] + halves[1]) == list_materials()
    assert len(set(list_materials())) == 22
    for half, names in zip(("development", "test"), halves, strict=True):
        assert load_material(names[0]).half == half


@pytest.mark.parametrize("name", MATERIALS)
def test_a_material_has_the_shapes_of_its_docstring(name):
    complete, short = load_material(name), load_material(name, q_max=8)
    assert (complete.r.size, complete.r[0], complete.r[-1]) == (600, 0.01, 11.99)
    assert (complete.q.size, complete.q[0], complete.q[-1]) == (391, 0.5, 20.0)
    assert (complete.data.shape, short.data.shape) == ((600, 393), (600, 153))
    for key in ("target", "target_std"):
        assert complete[key].shape == (600,)
        assert np.isfinite(complete[key]).all()
    assert (complete.target >= 0).all()
    assert (complete.target_std >= 0).all()
    assert (complete.s_std > 0).all()
    assert complete.partials_std.columns.tolist() == complete.partials.columns.tolist()
    assert (complete.partials_std.to_numpy() >= 0).all()
    np.testing.assert_array_equal(complete.s_r, complete.q * (complete.s - 1))
    np.testing.assert_array_equal(short.s, complete.s[:151])
    scattering = read_scattering(complete.data.to_numpy(), complete.data.columns)
    np.testing.assert_array_equal(scattering.s_r[0], complete.s_r)
    np.testing.assert_array_equal(scattering.number_density, complete.number_density)
    X, y = load_material(name, return_X_y=True)
    pd.testing.assert_frame_equal(X, complete.data)
    np.testing.assert_array_equal(y, complete.target)
    assert "simulated" in complete.DESCR
    assert POTENTIALS[name] in complete.DESCR


@pytest.mark.parametrize(("name", "composition"), [("benzene", "C6D6"), ("water", "OD2"), ("silica", "SiO2")])
def test_neutron_patterns_are_of_deuterated_materials(name, composition):
    material = load_material(name, weighting="neutron", q_max=8)
    assert material.pattern.composition == composition
    weights = Composition(composition).weights("neutron")
    columns = {pair: "g_" + str(pair).replace("D", "H").replace("-", "_") for pair in weights.index}
    total = sum(float(weights[pair]) * material.partials[column] for pair, column in columns.items())
    np.testing.assert_allclose(total, material.target, atol=0.01)


@pytest.mark.parametrize("name", MATERIALS)
def test_weighted_partials_add_up_to_g(name):
    weights = json.loads((DATA / "materials" / f"{name}.json").read_text())["weights"]
    for weighting, kind in (("x-ray", "x_ray"), ("neutron", "neutron"), ("number", "number")):
        material = load_material(name, weighting=weighting)
        assert sum(weights[kind].values()) == pytest.approx(1)
        together = sum(w * material.partials[f"g_{pair}"] for pair, w in weights[kind].items())
        np.testing.assert_allclose(material.target, together, rtol=0, atol=2e-5)  # five digits after the point


def gaussian(x, std):
    return np.exp(-((x / std) ** 2) / 2)


def odd_convolution(at, x, f, std):
    """Return an odd function, given at even x > 0, convolved with a Gaussian of area 1."""
    kernel = gaussian(at[:, None] - x, std) - gaussian(at[:, None] + x, std)
    return kernel @ f * (x[1] - x[0]) / (std * np.sqrt(2 * np.pi))


# With X-rays the weights in S change with q, and those in g are constant, so the two are not exact transforms of each
# other: only the other weightings are compared.
@pytest.mark.parametrize("weighting", ["number", "neutron"])
@pytest.mark.parametrize("name", MATERIALS)
def test_s_and_g_are_transforms_of_one_another(name, weighting):
    material = load_material(name, weighting=weighting)
    r, density = material.r, material.number_density
    reduced = 4 * np.pi * r * density * (material.target - 1)
    q = np.append(0.05 * np.arange(10), material.q)  # S is flat below its first q
    s_r = q * (np.append(np.full(10, material.s[0]), material.s) - 1)
    # A Gaussian factor in one space is exactly a Gaussian convolution in the other, so nothing has to be assumed beyond
    # the ends: the factor in r is 4e-5 at 12 Å, and its convolution does not reach 18.5 Å⁻¹ from beyond 20 Å⁻¹; the
    # factor in q is 3e-4 at 20 Å⁻¹. S and g are of the same atoms, so statistical errors cancel: the remaining
    # difference comes from S below its first q and from the bins.
    at_q, width = np.arange(0.5, 18.5, 0.05), 12 / 4.5
    bins = np.sinc(0.01 * at_q / np.pi)  # a bin blurs what is inside it
    from_g = np.sin(np.outer(at_q, r)) @ (reduced * gaussian(r, width)) * 0.02 / bins
    np.testing.assert_allclose(from_g, odd_convolution(at_q, q, s_r, 1 / width), rtol=0, atol=0.008)
    at_r = r[(r > 0.8) & (r < 11)]
    from_s = 2 / np.pi * 0.05 * np.sin(np.outer(at_r, q)) @ (s_r * gaussian(q, 1 / 0.2))
    difference = from_s - odd_convolution(at_r, r, reduced, 0.2)
    np.testing.assert_allclose(difference / (4 * np.pi * at_r * density), 0, rtol=0, atol=0.004)


@pytest.mark.parametrize("name", MATERIALS)
def test_s_is_that_of_the_wave_vectors_of_the_box(name):
    facts = json.loads((DATA / "materials" / f"{name}.json").read_text())
    assert facts["box_rms_difference"] < 1.4 * facts["box_rms_error"]  # the noise, and a little blur


def test_the_documented_difference_of_form_factors_from_constant_weights():
    message = {"benzene": 0.13, "water": 0.12, "germania": 0.06, "silica": 0.04, "sodium-silicate": 0.03}
    readme = " ".join((DATA / "materials" / "README.md").read_text().split())
    assert "about " + ", ".join(f"{value} with {name}" for name, value in message.items()) in readme
    for name in MATERIALS:
        facts = json.loads((DATA / "materials" / f"{name}.json").read_text())
        assert facts["x_ray_form_factors_mae_g"] == pytest.approx(message.get(name, 0.005), abs=0.006)


@pytest.mark.parametrize(("name", "center", "other"), SHELLS)
def test_first_shells_are_those_of_the_potential(name, center, other):
    distance, (fewest, most), end = SHELLS[name, center, other]
    material = load_material(name)
    facts = json.loads((DATA / "materials" / f"{name}.json").read_text())
    pair = next(pair for pair in (f"{center}_{other}", f"{other}_{center}") if pair in facts["pairs"])
    r, g = material.r, material.partials[f"g_{pair}"].to_numpy()
    inside = r < end
    assert r[inside][g[inside].argmax()] == pytest.approx(distance, rel=0.03)
    assert g[np.abs(r - end) < 0.05].min() < 0.3 * g[inside].max()  # a minimum is there
    concentration = facts["composition"][other] / sum(facts["composition"].values())
    shells = 4 / 3 * np.pi * np.diff((0.02 * np.arange(601)) ** 3)
    neighbours = concentration * material.number_density * (g * shells)[inside].sum()
    assert fewest < neighbours < most
    message = f"| {name} | {center}–{other} | {r[inside][g[inside].argmax()]:.2f} | "
    row = next(x for x in (DATA / "materials" / "README.md").read_text().splitlines() if x.startswith(message))
    assert row.endswith(f" | {neighbours:.2f} | {end} |")


def test_the_silver_glasses_are_among_the_materials():
    material, few = load_material("ag00"), load_ag_ge_se(0, q_max=17)
    assert material.formula == "Ge25Se75"
    assert material.number_density == few.number_density
    assert material.DESCR == few.DESCR
    assert material.data.shape == (material.r.size, 2 + material.q.size)
    np.testing.assert_array_equal(material.q, few.q)
    np.testing.assert_allclose(material.s_r, few.s_r, rtol=0, atol=1e-14)
    same = np.isin(material.r, few.r)
    np.testing.assert_array_equal(material.r[same], few.r)
    np.testing.assert_array_equal(material.target[same], few.target)
    assert material.r.size > 2 * few.r.size
    assert np.isnan(material.target_std).all()
    assert material.partials_std.isna().to_numpy().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "glass"}, r"name must be one of ag00, ag05, .*, water, got 'glass'\."),
        (
            {"name": "argon", "weighting": "electron"},
            r"weighting must be one of 'x-ray', 'neutron', .*, got 'electron'",
        ),
        ({"name": "ag05", "weighting": "neutron"}, r"weighting must be 'x-ray' for 'ag05', .*, got 'neutron'\."),
        ({"name": "argon", "q_max": 21}, r"q_max must be a number from 1 to 20 .*, got 21\."),
        ({"name": "argon", "q_max": np.nan}, r"q_max must be .*, got nan\."),
        ({"name": "argon", "q_max": "8"}, r"q_max must be .*, got '8'\."),
    ],
)
def test_bad_arguments_of_the_materials(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_material(**arguments)


def test_an_unknown_half():
    with pytest.raises(ValueError, match=r"half must be None or one of 'development', 'test', got 'training'\."):
        list_materials("training")
