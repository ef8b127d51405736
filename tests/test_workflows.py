"""What the commands do, called from Python."""

import diffractometer
import numpy as np
import pytest

from sklearn_wtrdf import (
    InversionRegressor,
    PdfSettings,
    WTRDFRegressor,
    fit_files,
    read_pattern,
    reduce_file,
    write_gr,
    write_sq,
)
from sklearn_wtrdf.datasets import load_ge_se
from sklearn_wtrdf.workflows import MissingWavelengthError, files_in, holds_counts, read_sample

DENSITY = 0.0662
GE_SE = load_ge_se()


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """Return the file of a simulated scan of silica; that of the empty container is beside it."""
    folder = tmp_path_factory.mktemp("scans")
    diffractometer.main(["silica", "--folder", str(folder)])
    return folder / "silica_Cu.xy"


@pytest.fixture
def options(scan):
    return {"background": scan.with_name("silica_Cu_empty.xy"), "number_density": DENSITY}


def test_a_scan_becomes_a_pattern_that_its_file_holds(scan, options, tmp_path):
    made = reduce_file(scan, "SiO2", **options)
    pattern = made.pattern
    assert (pattern.number_density, pattern.composition, pattern.radiation) == (DENSITY, "SiO2", "x-ray")
    read = read_pattern(made.write(tmp_path / "silica.sq"))
    np.testing.assert_allclose(read.s_r, pattern.s_r, atol=1e-6)
    assert float(read.provenance["normalization"]) == pytest.approx(made.estimates["normalization"])


def test_a_wavelength_that_nothing_says_is_asked_for(tmp_path):
    scan = tmp_path / "scan.xy"
    np.savetxt(scan, np.column_stack([np.arange(5.0, 100), np.full(95, 10.0)]))
    with pytest.raises(MissingWavelengthError, match=r"scan\.xy has no wavelength"):
        reduce_file(scan, "SiO2", number_density=DENSITY)


@pytest.mark.parametrize("model", [InversionRegressor(), WTRDFRegressor({"a": (0.6, 0.61)})], ids=repr)
def test_files_fit_as_frames_do(model, tmp_path):
    sample = write_sq(tmp_path / "glass.sq", GE_SE.q, GE_SE.s_r, 0.034)
    reference = write_gr(tmp_path / "glass.gr", GE_SE.r, GE_SE.target, 0.034)
    assert fit_files(model, sample, reference, q_max=7.5) is model
    assert model.q_[-1] == pytest.approx(7.5)
    np.testing.assert_allclose(model.r_, GE_SE.r, atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*of S_R were excluded")
def test_a_number_density_that_is_not_known_is_said_to_be_solved_for(tmp_path):
    sample = tmp_path / "glass.fq"
    np.savetxt(sample, np.column_stack([GE_SE.q, GE_SE.s_r]))
    with pytest.warns(UserWarning, match="no number density was given: it is estimated"):
        model = fit_files(InversionRegressor(), sample, r_max=5.0)
    assert model.r_[-1] == pytest.approx(5.0)
    assert model.fitted_materials_[0].pattern.number_density is None


def test_what_a_file_contains_is_recognized_or_stated(scan, tmp_path):
    assert holds_counts(scan)
    named = tmp_path / "named.dat"
    np.savetxt(named, np.column_stack([GE_SE.q, 100 + GE_SE.q]), header="q counts")
    assert holds_counts(named)
    sample = write_sq(tmp_path / "glass.sq", GE_SE.q, GE_SE.s_r, 0.034)
    unnamed = tmp_path / "s.xy"
    np.savetxt(unnamed, np.column_stack([GE_SE.q, 1 + GE_SE.s_r / GE_SE.q]))
    assert not holds_counts(sample)
    assert not holds_counts(unnamed)
    pattern, reduction, doubts = read_sample(unnamed, PdfSettings(quantity="S"))
    assert reduction is None
    assert doubts == {}
    np.testing.assert_allclose(pattern.s_r, GE_SE.s_r, atol=1e-9)
    with pytest.raises(ValueError, match=r"unknown; .* Give quantity"):
        read_sample(unnamed, PdfSettings())
    with pytest.raises(ValueError, match=r"contains counts, .* give composition"):
        read_sample(scan, PdfSettings())


def test_counts_are_reduced_as_by_reduce_file(scan, options):
    given = {"background": str(options["background"]), "number_density": DENSITY}
    pattern, reduction, _ = read_sample(scan, PdfSettings("SiO2", r_max=6.0, **given))
    expected = reduce_file(scan, "SiO2", **options).pattern
    np.testing.assert_array_equal(pattern.s_r, expected.s_r)
    np.testing.assert_array_equal(reduction.pattern.s_r, expected.s_r)


def test_lines_of_crystals_are_seen_before_means_over_q_hide_them(tmp_path):
    q = np.arange(0.7, 15, 0.01)
    s = 1 + np.interp(q, GE_SE.q, GE_SE.s_r) / q
    lines = sum(0.6 * np.exp(-(((q - place) / 0.015) ** 2) / 2) for place in (2.6, 3.5, 4.6))
    np.savetxt(tmp_path / "glass.sq", np.column_stack([q, s + lines]))
    sample = read_sample(tmp_path / "glass.sq", PdfSettings(quantity="S"))
    assert sample.doubts["lines"].startswith("Sharp lines of S at q = 2.")


def test_the_files_of_a_folder_are_those_of_patterns_and_counts(tmp_path):
    for name in ("b.sq", "a.XY", "c.raw", "results.gr", "b_peaks.csv", "b.png", "settings.toml", "d.csv"):
        (tmp_path / name).touch()
    (tmp_path / "folder.sq").mkdir()
    assert [path.name for path in files_in(tmp_path)] == ["a.XY", "b.sq", "c.raw", "d.csv"]
