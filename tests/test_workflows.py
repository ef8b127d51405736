"""What the commands do, called from Python."""

import diffractometer
import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import (
    InversionRegressor,
    WTRDFRegressor,
    consistency,
    fit_files,
    pdf_file,
    read_gr,
    read_pattern,
    reduce_file,
    write_gr,
    write_sq,
)
from sklearn_wtrdf.datasets import load_ge_se
from sklearn_wtrdf.inversion import solver
from sklearn_wtrdf.workflows import MissingWavelengthError

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


def test_g_of_a_scan_is_solved_and_checked_once_and_the_files_are_views_of_it(scan, options, tmp_path, monkeypatch):
    counts = {"solved": 0, "checked": 0}
    search, check = solver.search, consistency.check_patterns

    def counted_search(*args):
        counts["solved"] += 1
        return search(*args)

    def counted_check(patterns):
        counts["checked"] += len(patterns)
        return check(patterns)

    monkeypatch.setattr(solver, "search", counted_search)
    monkeypatch.setattr(consistency, "check_patterns", counted_check)
    made = pdf_file(scan, tmp_path / "out", "SiO2", r_max=6.0, **options)
    assert counts == {"solved": 1, "checked": 1}
    assert all(path.exists() for path in made.paths)
    curve = read_gr(tmp_path / "out" / "silica_Cu.gr")
    np.testing.assert_allclose(curve.g, made.result.g(curve.r), atol=1e-3)
    table = pd.read_csv(tmp_path / "out" / "silica_Cu_peaks.csv")
    pd.testing.assert_frame_equal(table, made.peaks, check_dtype=False)
    pd.testing.assert_frame_equal(made.peaks.drop(columns="file"), made.result.peaks())
    with pytest.raises(FileExistsError, match="silica_Cu"):
        pdf_file(scan, tmp_path / "out", "SiO2", **options)


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
