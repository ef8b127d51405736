from pathlib import Path

import numpy as np
import pytest
from diffpy.utils.parsers import load_data

from sklearn_wtrdf import Composition, read_gr, write_gr
from sklearn_wtrdf.scattering.curve import reduced_pdf_from_g

R = np.round(np.arange(1.5, 12, 0.05), 2)
G = 1 + 3 * np.exp(-(((R - 2.4) / 0.1) ** 2)) - np.exp(-((R / 2) ** 4))  # g(r)
DENSITY = 0.034


def test_what_is_written_is_what_diffpy_reads(tmp_path):
    std = 0.1 / R
    header = {"composition": "Ge25Se75", "qmax": 8.0, "model": "WTRDFRegressor, fitted", "note": "Å, ρ₀"}
    path = write_gr(tmp_path / "a.gr", R, G, DENSITY, std=std, header=header)
    table = load_data(path)
    columns = [R, reduced_pdf_from_g(R, G, DENSITY), np.zeros_like(R), 4 * np.pi * R * DENSITY * std]
    np.testing.assert_array_equal(table, np.column_stack(columns))
    theirs = load_data(path, headers=True)
    assert theirs["number_density"] == DENSITY
    assert theirs["qmax"] == 8.0
    assert theirs["composition"] == "Ge25Se75"
    curve = read_gr(path)
    assert curve.number_density == DENSITY
    assert curve.provenance | {name: str(value) for name, value in header.items()} == curve.provenance
    assert curve.provenance["version"].startswith("sklearn-wtrdf ")
    np.testing.assert_array_equal(curve.r, R)
    np.testing.assert_allclose(curve.g, G, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(curve.std, std, rtol=1e-12)
    assert load_data(write_gr(tmp_path / "b.gr", R, G, DENSITY)).shape == (R.size, 2)


def test_a_curve_that_ends_on_a_peak_is_read_back(tmp_path):
    r, g = R[:22], 1 + 1 / (4 * np.pi * R[:22] * DENSITY)  # G is 1
    np.testing.assert_allclose(read_gr(write_gr(tmp_path / "a.gr", r, g, DENSITY)).g, g, rtol=1e-12)


def test_no_header_replaces_the_density(tmp_path):
    path = write_gr(tmp_path / "a.gr", R, G, DENSITY, header={"number_density": 0.05, "version": "2"})
    assert read_gr(path).number_density == DENSITY
    assert path.read_text().count("number_density") == 1


def test_the_header_contains_the_composition_and_the_mass_density(tmp_path):
    path = write_gr(tmp_path / "a.gr", R, G, Composition("SiO2").number_density(2.20), composition={"Si": 1, "O": 2})
    curve = read_gr(path)
    assert (curve.provenance["composition"], curve.provenance["mass_density"]) == ("SiO2", "2.2")
    np.testing.assert_allclose(curve.g, G, rtol=1e-12, atol=1e-12)
    with pytest.raises(ValueError, match=r"^composition must be a formula"):
        write_gr(tmp_path / "b.gr", R, G, DENSITY, composition="Sio2")
    assert not (tmp_path / "b.gr").exists()


def test_nothing_is_overwritten_unless_asked_for_and_nothing_is_left_behind(tmp_path, monkeypatch):
    path = tmp_path / "a.gr"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        write_gr(path, R, G, DENSITY)
    assert path.read_text() == "precious"

    def full(file, *_, **__):
        file.write_bytes(b"half")
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="no space"):
            write_gr(path, R, G, DENSITY, overwrite=True)
    assert path.read_text() == "precious"
    assert write_gr(path, R, G, DENSITY, overwrite=True) == path
    assert read_gr(path).r.size == R.size
    assert [p.name for p in tmp_path.iterdir()] == ["a.gr"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"g": G[1:]}, "of equal length"),
        ({"std": G[1:]}, "of equal length"),
        ({"r": R[:2], "g": G[:2]}, "3 numbers or more"),
        ({"r": R[:, None], "g": G[:, None]}, "of equal length"),
        ({"g": np.where(R > 3, np.nan, G)}, "finite"),
        ({"std": np.full_like(R, np.inf)}, "finite"),
        ({"r": R[::-1]}, "r must increase"),
        ({"r": R - 2}, "r must increase"),
        ({"std": -G}, "std must not be negative"),
        ({"number_density": 0.0}, "number_density"),
        ({"header": {"a=1": "note"}}, "must not contain '='"),
        ({"header": {"two\nlines": "note"}}, "line break"),
        ({"header": {"# a": "note"}}, "begin like a comment"),
    ],
)
def test_values_that_could_not_be_read_back_are_not_written(changes, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        write_gr(tmp_path / "a.gr", **({"r": R, "g": G, "number_density": DENSITY} | changes))
    assert list(tmp_path.iterdir()) == []


def test_the_header_is_read_as_it_was_written(tmp_path):
    values = ["a=1", "= b", "two\nlines", "two\rlines\r\n", " blanks\t", "# a", "a # b", '"quoted"', '"', "", "\\u003d"]
    values += ["−1", "Å", "name\udcff", "\u2028", "[DEFAULT]", "None", 0.1, True]
    header = {f"p{i}": value for i, value in enumerate(values)}
    curve = read_gr(write_gr(tmp_path / "a.gr", R, G, DENSITY, header=header))
    assert {name: curve.provenance[name] for name in header} == {name: str(value) for name, value in header.items()}
    np.testing.assert_allclose(curve.g, G, rtol=1e-12)


def test_another_density_than_the_header_s_is_used_and_reported(tmp_path):
    r, g = np.linspace(1, 5, 41), np.linspace(0, 2, 41)
    path = write_gr(tmp_path / "a.gr", r, g, 0.04)
    with pytest.warns(UserWarning, match=r"its header has the number density 0\.04 "):
        curve = read_gr(path, number_density=0.034)
    np.testing.assert_allclose(curve.g - 1, (g - 1) * 0.04 / 0.034, atol=1e-12)
    assert read_gr(path, number_density=0.04).number_density == 0.04
