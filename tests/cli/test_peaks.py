"""`wtrdf peaks`."""

import json

import numpy as np
import pandas as pd
import pytest

from sklearn_wtrdf import Composition, peak_table, read_gr, write_gr
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.fourier import fourier_transform
from sklearn_wtrdf.scattering.curve import g_from_reduced_pdf


def test_peaks_are_those_of_the_library(wtrdf, files, ge_se):
    _code, out, _ = wtrdf("peaks", files[0], "--number-density", "0.034", "--json", "-o", "table.csv")
    expected = peak_table(ge_se.r, ge_se.target, number_density=0.034)
    for table in (pd.DataFrame(json.loads(out)), pd.read_csv("table.csv")):
        for name in ("position", "height", "width", "coordination"):
            np.testing.assert_allclose(table[name], expected[name], rtol=1e-9)
        assert table["position_low"].isna().all()


def test_the_neighbours_in_a_peak_are_printed_for_x_rays_and_for_neutrons(wtrdf, files, ge_se):
    write_gr("glass.gr", ge_se.r, ge_se.target, 0.034, composition="Ge25Se75")
    _code, out, _ = wtrdf("peaks", "glass.gr")
    for radiation, name in (("x-ray", "X-rays"), ("neutron", "neutrons")):
        adds = Composition("Ge25Se75").neighbour_weights(radiation)["Ge-Se"]
        assert f"Ge-Se {adds:.3g}" in out.split(f"measured by {name}:")[1].split("\n")[0]


def test_the_header_has_the_radiation_and_contradicts_another_formula(wtrdf, files, ge_se):
    header = {"radiation": "x-ray"}
    write_gr("glass.gr", ge_se.r, ge_se.target, 0.034, composition="Ge25Se75", header=header)
    _code, out, err = wtrdf("peaks", "glass.gr")
    assert "measured by X-rays" in out
    assert "measured by neutrons" not in out
    assert "composition" not in err
    err = wtrdf("peaks", "glass.gr", "--composition", "SiO2")[2]
    assert "its header has the composition 'Ge25Se75'; SiO2 is used" in err


def test_intervals_come_from_the_columns_of_the_file(wtrdf, model, tmp_path):
    glass = load_ag_ge_se(10)
    np.savetxt("ag10.fq", np.column_stack([glass.q, glass.s_r]))
    assert wtrdf("reconstruct", model, "ag10.fq", "-o", ".", "--r", 1.5, 8, 0.02)[0] == 0
    (first,) = json.loads(wtrdf("peaks", "ag10.gr", "--json", "--n-peaks", "1")[1])
    assert first["position_low"] < first["position"] < first["position_high"]
    assert first["coordination_low"] < first["coordination"] < first["coordination_high"]
    np.testing.assert_allclose(read_gr("ag10.gr").r, np.arange(1.5, 8.01, 0.02))
    _code, out, _ = wtrdf("peaks", "ag10.gr")
    assert "±" in out


def test_ripples_before_the_first_shell_are_no_peaks(wtrdf, ge_se, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    r = np.arange(1, 1001) * 0.01
    G = fourier_transform(r, ge_se.q, ge_se.s_r)
    write_gr("plain.gr", r, g_from_reduced_pdf(r, G, 0.034), 0.034)
    _, out, _ = wtrdf("peaks", "plain.gr", "--json")
    first, second = json.loads(out)
    assert first["position"] == pytest.approx(2.36, abs=0.05)
    assert second["position"] == pytest.approx(3.86, abs=0.1)
    assert first["r_low"] > 1.5
    _, out, _ = wtrdf("peaks", "plain.gr")
    assert "plain.gr: 2 peaks of the 3 requested" in out
    _, out, _ = wtrdf("peaks", "plain.gr", "--r-min", 3, "--n-peaks", 1, "--json")
    assert json.loads(out)[0]["position"] == pytest.approx(3.86, abs=0.1)


def test_a_beginning_beyond_the_end_of_g_is_named(wtrdf, ge_se, tmp_path):
    path = write_gr(tmp_path / "glass.gr", ge_se.r, ge_se.target, 0.034, std=np.full(ge_se.r.size, 0.1))
    code, _, err = wtrdf("peaks", path, "--r-min", 100, "--q-max", 8)
    assert (code, err) == (1, f"error: {path}: --r-min must be less than the end of g(r), 5.584 Å, got 100.\n")
