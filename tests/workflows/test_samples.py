import numpy as np
import pytest

from sklearn_wtrdf import DataWarning, PdfSettings, write_sq
from sklearn_wtrdf.datasets import list_materials, load_ge_se, load_material
from sklearn_wtrdf.workflows.samples import files_in, holds_counts, read_sample
from tests.workflows.patterns import SILICA_DENSITY

GE_SE = load_ge_se()


def test_the_contents_of_a_file_are_recognized_or_stated(scan, tmp_path):
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


def test_counts_are_reduced_as_by_reduce_file(scan, reduction):
    background = str(scan.with_name("silica_Cu_empty.xy"))
    settings = PdfSettings("SiO2", r_max=6.0, background=background, number_density=SILICA_DENSITY)
    pattern, by_settings, _ = read_sample(scan, settings)
    np.testing.assert_array_equal(pattern.s_r, reduction.pattern.s_r)
    np.testing.assert_array_equal(by_settings.pattern.s_r, reduction.pattern.s_r)


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


def test_an_s_by_its_name_that_is_a_hundred_times_too_large_is_no_scan(tmp_path):
    path = tmp_path / "percent.dat"
    q = np.arange(0.5, 12, 0.05)
    for name in ("S(Q)", "S(Q)[%]", "Sq", "S(Q)_300K"):
        np.savetxt(path, np.column_stack([q, 100 + 50 * np.sin(2 * q) / q]), header=f"Q {name}")
        assert not holds_counts(path), name
    np.savetxt(path, np.column_stack([q, 100 + 50 * np.sin(2 * q) / q]), header="Q y")
    assert holds_counts(path)


@pytest.mark.parametrize("material", list_materials())
def test_an_intensity_with_the_values_of_s_is_no_scan(material, tmp_path):
    path, of = tmp_path / "glass.dat", load_material(material, q_max=17)
    np.savetxt(path, np.column_stack([of.q, of.s]), header="Q Intensity")
    assert not holds_counts(path)
    with pytest.raises(ValueError, match=r"is an intensity\..*; if it is S\(q\) already, give quantity"):
        read_sample(path, PdfSettings("SiO2", number_density=SILICA_DENSITY, wavelength="AgKa1"))
    of_counts = of.s * (1 + 10 * np.exp(-0.1 * of.q**2))
    np.savetxt(path, np.column_stack([of.q, of_counts]), header="Q Intensity")
    assert holds_counts(path)


def test_a_header_that_contradicts_the_settings_is_reported(tmp_path):
    path = write_sq(tmp_path / "glass.sq", GE_SE.q, GE_SE.s_r, 0.034, composition="Ge25Se75")
    read_sample(path, PdfSettings("Ge25Se75", number_density=0.034))
    with pytest.warns(
        DataWarning, match=r"glass\.sq: its header has the number density 0\.034 atoms/Å³; 0\.05 is used"
    ):
        read_sample(path, PdfSettings("Ge25Se75", number_density=0.05))
    with pytest.warns(DataWarning, match="its header has the composition 'Ge25Se75'; GeO2 is used"):
        read_sample(path, PdfSettings("GeO2", number_density=0.034))


def test_settings_of_counts_that_s_of_q_does_not_use_are_reported(tmp_path):
    path = write_sq(tmp_path / "glass.sq", GE_SE.q, GE_SE.s_r, 0.034)
    with pytest.warns(DataWarning, match=r"so that settings of counts are not used: background, monochromator\."):
        read_sample(path, PdfSettings(background="empty.xy", monochromator=26.6))


def test_counts_of_neutrons_are_refused(scan):
    settings = PdfSettings("SiO2", number_density=SILICA_DENSITY, radiation="neutron")
    with pytest.raises(ValueError, match=r"counts, and only those of X-rays can be reduced: .* leave out radiation"):
        read_sample(scan, settings)


@pytest.mark.filterwarnings("ignore:No background is subtracted:sklearn_wtrdf.DataWarning")
def test_a_column_of_counts_that_is_chosen_is_reduced(scan, tmp_path):
    """The column of S(q) beside it would be read by default."""
    two_theta, counts = np.loadtxt(scan, usecols=(0, 1)).T
    path = tmp_path / "both.dat"
    np.savetxt(path, np.column_stack([two_theta, counts, np.ones_like(counts)]), header="2theta Intensity S(Q)")
    settings = PdfSettings("SiO2", number_density=SILICA_DENSITY, wavelength="CuKa", r_max=6.0, column="Intensity")
    assert read_sample(path, settings).reduction is not None
