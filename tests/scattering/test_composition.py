import json
import subprocess
import sys
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_wtrdf import Composition, coordination_numbers, scattering_frame
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.scattering.composition import number_density_of
from tests.scattering.international_tables import DISPERSION, WAVELENGTHS, cromer_mann

DATA = Path(__file__).parents[2] / "data"
# Bound coherent scattering lengths [fm] with their standard errors, and incoherent cross sections [barn]: V. F. Sears,
# Neutron News 3(3), 26 (1992), the table of NIST. The package has the later one of Rauch and Waschkowski.
SEARS = {
    "H": (-3.7390, 0.0011, 80.26),
    "D": (6.671, 0.004, 2.05),
    "O": (5.803, 0.004, 0.0008),
    "Si": (4.1491, 0.0010, 0.004),
    "Ge": (8.185, 0.020, 0.18),
    "Se": (7.970, 0.009, 0.32),
}
# IUPAC 2021, abridged; deuterium of AME 2020.
MASSES = {"H": 1.008, "D": 2.0141017778, "O": 15.999, "Si": 28.085, "Ge": 72.630, "Se": 78.971}
MATERIALS = {"SiO2": {"Si": 1, "O": 2}, "H2O": {"H": 2, "O": 1}, "D2O": {"D": 2, "O": 1}, "GeSe2": {"Ge": 1, "Se": 2}}


def by_hand(atoms, f):
    """Return the weights of Faber and Ziman, and of Ashcroft and Langreth, of two kinds with real amplitudes."""
    (a, b), n = atoms, sum(atoms.values())
    ca, cb, fa, fb = atoms[a] / n, atoms[b] / n, f[a], f[b]
    mean, square = ca * fa + cb * fb, ca * fa**2 + cb * fb**2
    return {
        "faber-ziman": np.stack([(ca * fa) ** 2, 2 * ca * cb * fa * fb, (cb * fb) ** 2], axis=-1)
        / mean[..., None] ** 2,
        "ashcroft-langreth": np.stack([ca * fa**2, 2 * np.sqrt(ca * cb) * fa * fb, cb * fb**2], axis=-1)
        / square[..., None],
    }


# Beyond 4 Å⁻¹ the form factor of hydrogen is almost 0, and the two fits to it differ.
@pytest.mark.parametrize(
    ("formula", "q"),
    [("SiO2", [1, 4, 8]), ("GeSe2", [1, 4, 8]), ("H2O", [1, 2, 4]), ("D2O", [1, 2, 4])],
)
@pytest.mark.parametrize("scheme", ["faber-ziman", "ashcroft-langreth"])
def test_x_ray_weights_are_those_of_the_international_tables(formula, q, scheme):
    atoms = MATERIALS[formula]
    expected = by_hand(atoms, {kind: cromer_mann(kind, q) for kind in atoms})[scheme]
    result = Composition(formula).weights(q=q, scheme=scheme)
    np.testing.assert_allclose(result, expected, rtol=1e-3)
    assert list(result.columns) == [f"{a}-{b}" for a, b in combinations_with_replacement(atoms, 2)]
    assert result.index.tolist() == q


@pytest.mark.parametrize("formula", MATERIALS)
@pytest.mark.parametrize("scheme", ["faber-ziman", "ashcroft-langreth"])
def test_neutron_weights_are_those_of_sears(formula, scheme):
    atoms = MATERIALS[formula]
    expected = by_hand(atoms, {kind: np.array(SEARS[kind][0]) for kind in atoms})[scheme]
    tolerance = 1e-3
    if (formula, scheme) == ("H2O", "faber-ziman"):
        # ⟨b⟩ of light water is nearly 0: the errors of b make it uncertain by 0.55 %.
        shares = {kind: n / 3 for kind, n in atoms.items()}
        mean = sum(c * SEARS[kind][0] for kind, c in shares.items())
        tolerance = 2 * np.hypot(*(c * SEARS[kind][1] for kind, c in shares.items())) / abs(mean)
        assert tolerance == pytest.approx(0.0055, abs=1e-4)
    np.testing.assert_allclose(Composition(formula).weights("neutron", scheme=scheme), expected, rtol=tolerance)


@pytest.mark.parametrize("formula", MATERIALS)
def test_neutron_intensities_are_in_barn_per_steradian(formula):
    atoms = MATERIALS[formula]
    b, _, incoherent = (np.array(x) for x in zip(*(SEARS[kind] for kind in atoms), strict=True))
    c = np.array(list(atoms.values())) / 3
    result = Composition(formula).intensities("neutron")
    assert result["square_of_mean"] == pytest.approx((c @ b) ** 2 / 100, rel=6e-3 if formula == "H2O" else 1e-3)
    assert result["mean_of_square"] == pytest.approx(c @ b**2 / 100, rel=1e-3)
    assert result["incoherent"] == pytest.approx(c @ incoherent / (4 * np.pi), abs=1e-4)


def test_complex_amplitudes_are_weighed_as_waves_add():
    q = 2.0
    f = {kind: cromer_mann(kind, q) + DISPERSION[kind, "Cu"] for kind in ("Si", "O")}
    mean = (f["Si"] + 2 * f["O"]) / 3
    silica = Composition("SiO2")
    result = silica.weights(q=q, wavelength=WAVELENGTHS["Cu"])
    assert result["Si-Si"] == pytest.approx(abs(f["Si"]) ** 2 / 9 / abs(mean) ** 2, rel=1e-3)
    assert result["Si-O"] == pytest.approx(4 / 9 * (f["Si"].conjugate() * f["O"]).real / abs(mean) ** 2, rel=1e-3)
    assert result.sum() == pytest.approx(1, rel=1e-12)
    levels = silica.intensities(q=q, wavelength=WAVELENGTHS["Cu"])
    assert levels["square_of_mean"] == pytest.approx(abs(mean) ** 2, rel=1e-3)
    assert levels["mean_of_square"] == pytest.approx((abs(f["Si"]) ** 2 + 2 * abs(f["O"]) ** 2) / 3, rel=1e-3)


CONTENTS = st.dictionaries(
    st.sampled_from(["H", "D", "O", "Si", "Ge", "Se", "Ag", "Pb"]), st.floats(0.01, 100), min_size=1
)


@given(CONTENTS, st.sampled_from(["x-ray", "neutron", "number"]), st.floats(0, 30))
def test_both_schemes_describe_the_same_measurement(contents, weighting, q):
    composition = Composition(contents)
    assert sum(composition.fractions.values()) == pytest.approx(1)
    ours, theirs = (composition.weights(weighting, q, scheme=s) for s in ("faber-ziman", "ashcroft-langreth"))
    levels = composition.intensities(weighting, q)
    if levels["square_of_mean"] < 1e-6 * levels["mean_of_square"]:
        return  # neutrons see next to nothing: the first are divided by it
    assert ours.sum() == pytest.approx(1)
    assert sum(theirs[f"{kind}-{kind}"] for kind in composition.fractions) == pytest.approx(1)
    # Any partials, with S_AB of Ashcroft and Langreth = δ_AB + √(c_A c_B) (S_AB of Faber and Ziman − 1).
    structure = dict(zip(ours.index, np.random.default_rng(0).normal(size=ours.size), strict=True))
    c = composition.fractions
    first = levels["square_of_mean"] * sum(ours[pair] * (s - 1) for pair, s in structure.items())
    second = sum(
        theirs[pair] * ((a == b) + np.sqrt(c[a] * c[b]) * (structure[pair] - 1))
        for a, b in combinations_with_replacement(c, 2)
        for pair in [f"{a}-{b}"]
    )
    assert levels["mean_of_square"] + first == pytest.approx(levels["mean_of_square"] * second, rel=1e-9, abs=1e-9)


def test_by_number_all_atoms_are_alike():
    assert Composition("SiO2").weights("number").tolist() == pytest.approx([1 / 9, 4 / 9, 4 / 9])
    assert Composition("SiO2").intensities("number").tolist() == pytest.approx([1, 1, 0])


@pytest.mark.parametrize("name", sorted(path.stem for path in (DATA / "materials").glob("*.json")))
def test_the_simulated_materials_were_weighed_so(name):
    facts = json.loads((DATA / "materials" / f"{name}.json").read_text())
    assert Composition(facts["composition"]).formula == load_material(name).formula
    for kind, weights in facts["weights"].items():
        seen = {"D" if (e, kind) == ("H", "neutron") else e: n for e, n in facts["composition"].items()}
        result = Composition(seen).weights(kind.replace("_", "-"))
        np.testing.assert_allclose(result, list(weights.values()), rtol=1e-12)


@pytest.mark.parametrize(
    ("formula", "mass_density", "digits"),
    [("SiO2", 2.20, 0.06615), ("H2O", 0.99705, 0.09999), ("D2O", 1.10445, 0.09963), ("GeSe2", 4.39, 0.03440)],
)
def test_densities_to_the_digit(formula, mass_density, digits):
    atoms = MATERIALS[formula]
    composition = Composition(formula)
    mass = sum(n * MASSES[kind] for kind, n in atoms.items()) / 3
    assert composition.mean_mass == pytest.approx(mass, rel=1e-9)
    number_density = composition.number_density(mass_density)
    assert number_density == pytest.approx(mass_density * 0.602214076 / mass, rel=1e-9)
    assert number_density == pytest.approx(digits, abs=5e-6)  # Å⁻³
    assert composition.mass_density(number_density) == pytest.approx(mass_density, rel=1e-15)


def test_isotopes_weigh_and_scatter_as_themselves():
    heavy = Composition("H2O[18]")
    assert heavy.mean_mass == pytest.approx((2 * 1.008 + 17.99915961) / 3, rel=1e-8)
    assert Composition("D2O").mean_mass == pytest.approx((2 * 2.0141017778 + 15.999) / 3, rel=1e-8)
    assert Composition("Ni[62]").amplitudes("neutron")["Ni[62]"] == pytest.approx(-8.7, abs=0.2)  # Sears 1992
    assert Composition("Ni").amplitudes("neutron")["Ni"] == pytest.approx(10.3, abs=0.1)


@given(CONTENTS, st.floats(0.1, 20), st.sampled_from(["x-ray", "number"]))
def test_a_peak_of_atoms_that_are_mixed_at_random_counts_all_neighbours(contents, n, weighting):
    composition = Composition(contents)
    per_neighbour = composition.neighbour_weights(weighting)
    c = composition.fractions
    assert sum(per_neighbour[f"{a}-{b}"] * c[b] * n for a, b in combinations_with_replacement(c, 2)) == pytest.approx(n)
    for a, b in combinations_with_replacement(c, 2):  # c_A Z_AB = c_B Z_BA are the same pairs
        assert per_neighbour[f"{a}-{b}"] / c[a] == pytest.approx(per_neighbour[f"{b}-{a}"] / c[b])


@pytest.mark.parametrize("weighting", ["x-ray", "neutron", "number"])
@pytest.mark.parametrize(("name", "window"), [("silica", (1.4, 2.1)), ("germania", (1.5, 2.2))])
def test_four_oxygens_about_a_cation_with_either_radiation(name, window, weighting):
    material = load_material(name, weighting=weighting)
    composition, cation, density = Composition(material.formula), material.formula[:2], material.number_density
    (partial,) = coordination_numbers(material.r, material.partials[f"g_{cation}_O"], density, [window])
    assert 2 / 3 * partial == pytest.approx(4, abs=0.1)  # no silica of a simulation is without defects
    (counted,) = coordination_numbers(material.r, material.target, density, [window])
    assert composition.neighbours(counted, f"{cation}-O", weighting) == pytest.approx(2 / 3 * partial, rel=1e-4)
    assert composition.neighbours(counted, f"O-{cation}", weighting) == pytest.approx(1 / 3 * partial, rel=1e-4)


def test_over_several_q_the_mean_weight_counts():
    silica, q = Composition("SiO2"), [2.0, 8.0]
    expected = silica.weights(q=q)["Si-O"].mean() / (2 / 3)
    assert silica.neighbour_weights(q=q)["Si-O"] == pytest.approx(expected)
    assert silica.neighbours(4 * expected, "Si-O", q=q) == pytest.approx(4)


def test_a_pair_that_the_composition_does_not_have():
    with pytest.raises(ValueError, match="pair must be one of 'Si-Si', 'Si-O', 'O-Si', 'O-O', got 'Ge-O'"):
        Composition("SiO2").neighbours(4, "Ge-O")


def test_a_frame_has_its_composition_and_its_density():
    X = scattering_frame([2.0], [1.0, 2.0], [0.1, 0.2], composition={"Si": 1, "O": 2}, mass_density=2.20)
    assert X["number_density"].tolist() == pytest.approx([2.20 * 3 * 0.602214076 / 60.083])
    assert X.attrs == {"composition": "SiO2"}
    plain = scattering_frame([2.0], [1.0, 2.0], [0.1, 0.2], X["number_density"][0])
    assert X.columns.tolist() == plain.columns.tolist()
    np.testing.assert_array_equal(X, plain)
    assert plain.attrs == {}
    assert "number_density" not in scattering_frame([2.0], [1.0, 2.0], [0.1, 0.2], composition="SiO2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.066, "SiO2", 2.2), "number_density and mass_density are both given"),
        ((None, None, 2.2), "mass_density needs composition"),
        ((None, "Sio2", 2.2), "^composition must be a formula"),
        ((None, "SiO2", 0.0), "mass_density must be a positive finite number of g/cm³, got 0.0"),
        ((None, "SiO2", np.inf), "mass_density must be a positive"),
        ((-1.0, "SiO2", None), "number_density must be a positive"),
    ],
)
def test_densities_that_are_invalid_or_given_twice(arguments, message):
    with pytest.raises(ValueError, match=message):
        number_density_of(*arguments)
    density, composition, mass_density = arguments
    with pytest.raises(ValueError, match=message):
        scattering_frame([2], [1, 2], [0, 0], density, composition=composition, mass_density=mass_density)


def test_tables_are_read_when_they_are_needed():
    code = (
        "import sys; from sklearn_wtrdf import Composition, scattering_frame; "
        "scattering_frame([2], [1, 2], [0, 0], 0.03); "
        "print(sorted({'periodictable', 'pyparsing', 'xraylib'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
