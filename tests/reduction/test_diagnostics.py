import warnings

import numpy as np
import pytest

from sklearn_wtrdf import Reduction, intensity_frame
from sklearn_wtrdf.datasets import list_materials, load_material
from sklearn_wtrdf.reduction.counts import max_step
from sklearn_wtrdf.reduction.diagnostics import unusual

pytest.importorskip("xraydb", reason="xraydb is not installed: pip install 'sklearn-wtrdf[simulation]'")

from diffractometer import SHADED, TUBES, scan

SILICA = load_material("silica", weighting="x-ray")
FAST = {"composition": "SiO2", "number_density": SILICA.number_density, "normalization": "integral"}
R = np.linspace(1, 6, 26)


@pytest.fixture(scope="module")
def counted():
    return scan("silica")


def reduce(name, tube="Cu", settings=None, **of_scan):
    material, counted = load_material(name, weighting="x-ray"), scan(name, tube, **of_scan)
    arguments = {"wavelength": TUBES[tube], "background": counted.background, **(settings or {})}
    reduction = Reduction(material.formula, **{"number_density": material.number_density} | arguments)
    item = reduction.fit(X := intensity_frame(R, counted.two_theta, counted.intensity)).decompose(X)[0]
    return item, counted


@pytest.mark.filterwarnings("default::UserWarning")  # other things are wrong with it, too
def test_half_angles_radians_and_nanometres_are_reported(counted):
    with pytest.warns(UserWarning, match="check that x is 2θ and not θ"):
        Reduction("SiO2", number_density=0.066, background=counted.background).fit_transform(
            intensity_frame(R, counted.two_theta / 2, counted.intensity)
        )
    with pytest.warns(UserWarning, match="S ends at q = .* 2θ in degrees"):
        Reduction(**FAST).fit_transform(intensity_frame(R, np.radians(counted.two_theta), counted.intensity))
    short = counted.two_theta < 90
    with pytest.warns(UserWarning, match="S ends at q = .* wavelength in Å"):
        Reduction(**FAST, wavelength=0.15419, q_step=0.5).fit_transform(
            intensity_frame(R, counted.two_theta[short], counted.intensity[short])
        )


@pytest.mark.filterwarnings("default::UserWarning")
def test_a_wrong_composition_is_reported():
    with pytest.warns(UserWarning, match="errors that vary slowly"):
        reduce("silica", "Ag", {"background": None})


def messages_of(counted, background, normalization="integral"):
    """Return what a reduction of a scan warns of."""
    settings = FAST | {"background": background, "normalization": normalization}
    X = intensity_frame(R, counted.two_theta, counted.intensity)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Reduction(**settings).fit_transform(X)
    return " ".join(str(each.message) for each in caught)


def test_the_sample_as_its_own_background_is_reported(counted):
    assert "Sample and background are the same scan" in messages_of(counted, counted.intensity)
    assert "same scan" not in messages_of(counted, counted.background)


def test_a_missing_background_is_reported_and_a_scan_without_air_is_not_suspected():
    assert "No background is subtracted" in messages_of(scan("silica", background=0.5), None, "evidence")
    assert "No background" not in messages_of(scan("silica", background=0.0), None, "evidence")


@pytest.mark.parametrize("factor", [1.0, 1.3, 1 / 1.3])
@pytest.mark.filterwarnings("default::UserWarning")
def test_the_counts_determine_the_density(factor):
    material = load_material("aluminium")
    reduced, _ = reduce("aluminium", settings={"number_density": factor * material.number_density})
    assert reduced.density.value == pytest.approx(material.number_density, rel=0.05)
    assert ("density" in unusual(reduced)) == (factor != 1.0)


def test_the_density_of_germania_by_silver_causes_no_warning():
    """By the counts it is 12 to 14 % less dense than it is."""
    reduced, _ = reduce("germania", "Ag")  # a warning would be an error
    assert abs(np.log(reduced.density.value / reduced.number_density)) > 0.1


@pytest.mark.filterwarnings("default::UserWarning")
def test_a_background_that_is_subtracted_twice_is_reported():
    counted = scan("argon", "Ag")
    counts = np.maximum(counted.intensity - SHADED * counted.background, 0)
    settings = {"number_density": load_material("argon").number_density, "wavelength": TUBES["Ag"]}
    reduction = Reduction("Ar", background=counted.background, **settings)
    [reduced] = reduction.fit(X := intensity_frame(R, counted.two_theta, counts)).decompose(X)
    assert "is it not yet subtracted from the counts" in unusual(reduced)["background scale"]


@pytest.mark.filterwarnings("default::UserWarning")
def test_lines_of_crystals_are_distinguished_from_averaged_counts(counted):
    places = np.array([2.82, 3.51, 4.23])
    heights = np.exp(-(((counted.q[:, None] - places) / 0.01) ** 2) / 2).sum(axis=1)
    counts = counted.intensity * (1 + 0.5 * heights)
    X = intensity_frame(R, counted.two_theta, counts)
    [reduced] = Reduction(**FAST, background=counted.background).fit(X).decompose(X)
    np.testing.assert_allclose(reduced.lines, places, atol=0.02)
    assert next(iter(unusual(reduced))) == "lines"


def test_neutrons_reduced_as_x_rays_are_reported(counted):
    material = load_material("silica", weighting="neutron")
    neutrons = counted._replace(intensity=1e5 * np.interp(counted.q, material.q, material.s))
    assert "not neutrons" in messages_of(neutrons, None)
    assert "neutrons" not in messages_of(counted, counted.background)


def reduced_messages(counted, used=slice(None), **settings):
    """Return what a reduction of points of a scan warns of; warnings of numpy are errors."""
    X = intensity_frame(R, counted.two_theta[used], counted.intensity[used])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("error", RuntimeWarning)
        Reduction(**FAST | settings).fit_transform(X)
    return [str(each.message) for each in caught]


def test_a_hole_of_a_scan_is_reported(counted):
    there = np.ones(counted.two_theta.size, dtype=bool)
    there[400:440] = False
    missing = [text for text in reduced_messages(counted, there) if "hole(s)" in text]
    assert len(missing) == 1
    assert missing[0].startswith(f"The scan has 1 hole(s), the widest from {counted.q[399]:.3g} to ")
    assert not any("hole(s)" in text or "counts are 0" in text for text in reduced_messages(counted))


def test_runs_of_0_among_counts_are_reported_and_single_ones_of_few_counts_are_not(counted, rng):
    dead = counted.intensity.copy()
    dead[600:640] = 0
    messages = reduced_messages(counted._replace(intensity=dead))
    assert any(text.startswith(f"40 successive counts are 0, from q = {counted.q[600]:.3g} to") for text in messages)
    few = rng.poisson(counted.intensity / np.median(counted.intensity)).astype(float)
    assert not any("counts are 0" in text for text in reduced_messages(counted._replace(intensity=few)))


@pytest.mark.parametrize(
    ("name", "tube", "wrong"),
    [
        ("silica", "Ag", {"number_density": SILICA.number_density / 5}),
        ("sodium-chloride", "Cu", {"composition": "KCl"}),
    ],
)
def test_atoms_nearer_than_the_bonds_of_the_formula_are_reported(name, tube, wrong):
    material, counted = load_material(name), scan(name, tube)
    right = {"composition": material.formula, "number_density": material.number_density}
    X = intensity_frame(R, counted.two_theta, counted.intensity)
    for given in (right, right | wrong):
        reduction = Reduction(**given, wavelength=TUBES[tube], background=counted.background, q_max=12.0)
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")
            [reduced] = reduction.fit(X).decompose(X)
        assert ("which is no bond of" in unusual(reduced).get("onset", "")) == (given != right)


def test_a_saturated_detector_is_reported_and_rounded_counts_are_not(counted):
    def clipped(counts):
        return [text for text in reduced_messages(counted._replace(intensity=counts)) if "saturated" in text]

    [message] = clipped(np.minimum(counted.intensity, np.quantile(counted.intensity, 0.95)))
    assert "successive counts are" in message
    assert not clipped(counted.intensity)
    assert not clipped(np.round(20 * counted.intensity / counted.intensity.max()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table[::-1], "background: x must increase"),
        (lambda table: table[:1], "background: x must be one-"),
    ],
)
def test_an_error_in_the_x_of_the_background_names_the_background(change, message, counted):
    table = np.column_stack([counted.two_theta, counted.background])
    with pytest.raises(ValueError, match=message):
        reduced_messages(counted, background=change(table))


@pytest.mark.filterwarnings("default::UserWarning")  # more is wrong then
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"number_density": 5 * SILICA.number_density}, r"11\.\d+ g/cm³, is 7\.\d times that of the elements"),
        ({"number_density": SILICA.number_density / 10}, "0.15 times that of the elements"),
        (
            {"wavelength": 3.0},
            r"S ends at q = 4 Å⁻¹, and scans .* end between 5 and 40 Å⁻¹: .* wavelength in Å, and q_max",
        ),
        ({"q_max": 3.0}, r"S ends at q = 3 Å⁻¹"),
        ({"q_min": 7.0}, "S has 18 points, fewer than the 20"),
        ({"q_step": 1.0}, "S has 7 points"),
    ],
)
def test_parameters_that_leave_nothing_to_normalize_or_no_such_material_are_reported(counted, settings, message):
    X = intensity_frame(R, counted.two_theta, counted.intensity)
    with pytest.warns(UserWarning, match=message):
        Reduction(**FAST | settings).fit_transform(X)


@pytest.mark.parametrize("at", [200, 700, 1200])
@pytest.mark.parametrize("step", [-0.1, 0.1])
def test_two_banks_that_differ_by_a_tenth_are_reported_with_their_place(counted, at, step):
    banks = np.where(np.arange(counted.q.size) < at, counted.intensity, (1 + step) * counted.intensity)
    last, part = max_step(counted.q, banks)
    assert abs(last - (at - 1)) <= 1
    assert part == pytest.approx(step, abs=0.04)
    with pytest.warns(UserWarning, match=r"step by [+-]\d+% from q = .* two detector banks"):
        Reduction(**FAST, background=counted.background).fit_transform(intensity_frame(R, counted.two_theta, banks))


@pytest.mark.parametrize("tube", TUBES)
@pytest.mark.parametrize("name", list_materials())
def test_no_scan_of_one_bank_has_a_step(name, tube):
    for counts in (4e5, 1e4):
        whole = scan(name, tube, counts=counts)
        lines = 1 + 0.3 * np.exp(-(((whole.q[:, None] - [2.0, 3.3, 4.1]) / 0.02) ** 2) / 2).sum(axis=1)
        for intensity in (whole.intensity, whole.background, whole.intensity.round(-2), lines * whole.intensity):
            assert max_step(whole.q, intensity) is None
