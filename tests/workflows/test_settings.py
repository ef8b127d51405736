"""The settings of `wtrdf pdf` and their file."""

import os
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_wtrdf import PdfSettings
from sklearn_wtrdf.workflows.settings import TABLES, settings_of


def number(low, high):
    return st.floats(low, high)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
VALUES = {
    "composition": st.sampled_from(["SiO2", "D2O", "Ag10(Ge25Se75)90"]),
    "mass_density": number(1.0, 8.0),
    "quantity": st.sampled_from(["counts", "S", "S_R", "S-1", "interference"]),
    "column": TEXT,
    "unit": st.sampled_from(["angstrom", "nm", "pm"]),
    "axis": st.sampled_from(["2theta", "q"]),
    "wavelength": st.sampled_from(["CuKa", "AgKa1", 0.5, 1.54189]),
    "q_min": number(0.0, 0.09),
    "q_max": number(0.1, 30.0),
    "radiation": st.sampled_from(["x-ray", "neutron"]),
    "polarization": st.sampled_from(["tube", "none"]),
    "monochromator": number(0.0, 180.0),
    "absorption": st.sampled_from(["reflection:2", "capillary:0.8"]),
    "energy_window": number(0.0, 10.0),
    "constant": st.booleans(),
    "bond": st.tuples(number(0.5, 1.5), number(1.5, 3.0)),
    "systematic_errors": st.booleans(),
    "q_damp": number(0.0, 0.99),
    "noise": number(1e-6, 1.0),
    "refit": st.sampled_from(["each", "warm"]),
    "strict": st.booleans(),
    "r_max": number(2.0, 500.0),
    "figure_format": st.sampled_from(["png", "pdf", "svg", "none"]),
}


@given(
    st.fixed_dictionaries(
        {"composition": VALUES["composition"]},
        optional={name: VALUES[name] for name in VALUES if name != "composition"},
    )
)
def test_settings_are_read_as_they_were_written(tmp_path_factory, chosen):
    settings = PdfSettings(**chosen)
    path = settings.write(tmp_path_factory.mktemp("settings") / "settings.toml")
    assert PdfSettings.read(path) == settings


def test_every_setting_is_in_one_table():
    names = [name for of_table in TABLES.values() for name in of_table]
    assert sorted(names) == sorted(field.name for field in fields(PdfSettings))


def test_the_path_of_the_background_is_relative_to_the_folder_of_the_file(tmp_path, monkeypatch):
    (tmp_path / "scans").mkdir()
    (tmp_path / "results").mkdir()
    monkeypatch.chdir(tmp_path / "scans")
    PdfSettings(background="empty.xy", background_scale=0.9).write("../results/settings.toml")
    monkeypatch.chdir(tmp_path)
    background = PdfSettings.read("results/settings.toml").background
    assert os.path.realpath(background) == os.path.realpath("scans/empty.xy")
    assert 'background = "../scans/empty.xy"' in Path("results/settings.toml").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[material]\ncompositon = 'SiO2'", "unknown setting 'compositon' in .material.; there are composition,"),
        ("[metal]\n", "unknown table 'metal'; there are material,"),
        ("composition = 'SiO2'", "unknown table 'composition'"),
        ("[inversion]\nprior = 'none'", "prior must be one of 'auto', 'continuum', 'bond', got 'none'"),
        ("[inversion]\nbond = [1.9, 1.4]", "bond must begin above 0"),
        ("[inversion]\nbond = 1.9", "bond must be two distances"),
        ("[inversion]\nsystematic_errors = 1", "systematic_errors must be true or false, got 1"),
        ("[inversion]\nprior = 'continuum'\nbond = [1, 2]", "bond: prior 'continuum' has no bond"),
        ("[files]\nq_max = '8'", "q_max must be a number from 0.1 to 1000, got '8'"),
        ("[files]\nq_max = nan", "q_max must be a number"),
        ("[files]\nq_min = 9\nq_max = 8", "q_min must be less than q_max"),
        ("[files]\nwavelength = -1", "wavelength must be a positive number"),
        ("[counts]\nabsorption = 'sphere:2'", "absorption must be reflection:μt"),
        ("[counts]\nbackground_scale = 0.9", "background_scale: there is no background"),
        ("[material]\ncomposition = 'glass'", "composition must be a formula"),
        ("[material]\nmass_density = 2.2", "mass_density needs composition"),
        ("[material]\nnumber_density = 0.03\nmass_density = 2.2\ncomposition = 'SiO2'", "both given"),
        ("[material", "not a settings file"),
        ("\udcff", "not a settings file"),
    ],
)
def test_unknown_names_and_bad_values_are_refused_by_name(text, message, tmp_path):
    path = tmp_path / "settings.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match=message) as error:
        PdfSettings.read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_a_byte_order_mark_is_no_part_of_the_settings(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("[material]\ncomposition = 'SiO2'", encoding="utf-8-sig")
    assert PdfSettings.read(path).composition == "SiO2"


def test_a_text_that_is_no_unicode_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="column: a settings file holds text in UTF-8"):
        PdfSettings(column="caf\udcff").write(tmp_path / "settings.toml")
    assert not list(tmp_path.iterdir())


def test_options_take_precedence_over_settings():
    base = PdfSettings("SiO2", mass_density=2.2, bond=(1.5, 1.7))
    assert settings_of({"number_density": 0.07, "r_max": None}, base).density == 0.07
    assert settings_of({"prior": "continuum"}, base) == PdfSettings("SiO2", mass_density=2.2, prior="continuum")
    assert settings_of({"bond": (1.0, 2.0)}, PdfSettings(prior="continuum")).prior == "bond"
    assert settings_of({}, base) == base
    with pytest.raises(TypeError, match="density_of_mass"):
        settings_of({"density_of_mass": 2.2})
