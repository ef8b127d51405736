"""The table of peaks in the header of a .gr file."""

from pathlib import Path
from shutil import copy

import numpy as np
import pandas as pd
import pytest
from diffpy.utils.parsers import load_data

from sklearn_wtrdf import InversionRegressor, read_gr, read_peaks, write_gr
from sklearn_wtrdf.datasets import load_material


@pytest.fixture(scope="module")
def result():
    argon = load_material("argon", q_max=8)
    return InversionRegressor().fit(argon.data).solve(argon.pattern)


@pytest.fixture(scope="module")
def written(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("peaks") / "argon.gr"
    r = np.arange(1, 500) * 0.02
    curve = result.curve(r)
    return write_gr(path, r, curve.g, curve.number_density, std=curve.std, peaks=result.peaks())


@pytest.fixture
def path(written, tmp_path):
    return Path(copy(written, tmp_path))


def test_the_table_is_read_digit_for_digit_and_other_programs_read_the_curve(result, path):
    peaks = read_peaks(path)
    pd.testing.assert_frame_equal(peaks, result.peaks(), check_exact=True)
    arguments = {name: value for name, value in peaks.attrs.items() if name != "note"}
    assert arguments == {"level": 0.9, "n_samples": 100, "n_peaks": 3, "random_state": 0}
    assert peaks.attrs == result.peaks().attrs
    pd.testing.assert_frame_equal(result.peaks(**arguments), peaks, check_exact=True)
    np.testing.assert_allclose(load_data(path)[:, 0], read_gr(path).r)


@pytest.mark.parametrize("old", ["\n4.0 ", "number_density = 0.0", "peak_1 = [1, 3.", "peaks_level = 0.9"])
def test_a_change_of_curve_density_or_table_is_noticed(old, path):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, old[:-1] + "1" if old[-1] != " " else "\n4.001 "))
    with pytest.raises(ValueError, match="has been changed since"):
        read_peaks(path)


def test_white_space_and_further_lines_of_the_header_are_no_change(result, path):
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n").replace(b"[DEFAULT]", b"[DEFAULT]\r\ncomment = seen"))
    pd.testing.assert_frame_equal(read_peaks(path), result.peaks(), check_exact=True)


def test_files_without_a_table_are_refused(tmp_path):
    r = np.arange(1, 500) * 0.02
    path = write_gr(tmp_path / "bare.gr", r, np.ones(r.size), 0.03)
    with pytest.raises(ValueError, match="has no table of peaks"):
        read_peaks(path)
    with pytest.raises(ValueError, match="peaks must be a table of InversionResult"):
        write_gr(tmp_path / "other.gr", r, np.ones(r.size), 0.03, peaks=pd.DataFrame({"peak": [1]}))


def test_a_curve_without_peaks_has_an_empty_table(result, tmp_path):
    r = np.arange(1, 500) * 0.02
    path = write_gr(tmp_path / "flat.gr", r, np.ones(r.size), 0.03, peaks=result.peaks().iloc[:0])
    peaks = read_peaks(path)
    assert peaks.empty
    assert list(peaks) == list(result.peaks())
