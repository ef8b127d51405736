import io

import pandas as pd
import pytest

pytest.importorskip("dash", reason="the page needs the extra explore")

from sklearn_wtrdf.explore.views import (
    csv_of,
    hyperparameter_table,
    peak_table,
    problem_lines,
    status_of,
    wavelet_lines,
)


def text_of(part):
    """Return the text of an element of the page."""
    if isinstance(part, (list, tuple)):
        return " ".join(map(text_of, part))
    return text_of(part.children) if hasattr(part, "children") else "" if part is None else str(part)


def test_the_status_has_number_density_and_warnings(solved):
    *_, solution = solved
    text = text_of(status_of([solution], solution))
    assert f"Number density {solution['number_density']:.4g} Å⁻³, as given." in text
    assert all(warning in text for warning in solution["warnings"])
    other = solution | {"name": "other", "warnings": ["S is wrong."]}
    assert "other: S is wrong." in text_of(status_of([solution, other], solution))
    assert "Preview" in text_of(status_of([solution | {"quick": True}], solution))
    assert status_of([], None) == []


def test_the_line_below_the_fields_states_their_meaning_or_an_error():
    blank = dict.fromkeys(("number_density", "composition", "mass_density", "wavelength"))
    assert "did you mean O" in text_of(problem_lines(blank | {"composition": "Si02"}))
    silica = {"composition": "SiO2", "mass_density": 2.2}
    assert text_of(problem_lines(blank | silica)) == "33.3 % Si, 66.7 % O; 0.06615 atoms per Å³"
    assert problem_lines(blank) == []


def test_tables_have_the_peaks_and_hyperparameters(solved):
    *_, solution = solved
    peaks = text_of(peak_table([solution]))
    for row in solution["peaks"]:
        assert f"{row['r_low']:.2f} to {row['r_high']:.2f}" in peaks
    table = text_of(hyperparameter_table(solution))
    for row in solution["hyperparameters"]:
        assert f"{row['name']} {row['value']:.4g} {row['low']:.4g} to {row['high']:.4g}" in table
    assert peak_table([]) == hyperparameter_table(None) == ""


def test_the_csv_file_has_the_peaks_of_all_samples(solved):
    *_, solution = solved
    file = csv_of([solution, solution | {"name": "other"}])
    table = pd.read_csv(io.StringIO(file["content"]))
    assert list(table["file"]) == [name for name in (solution["name"], "other") for _ in solution["peaks"]]
    assert table["position"][0] == pytest.approx(solution["peaks"][0]["position"])
    with pytest.raises(ValueError, match="There are no peaks yet"):
        csv_of([])


def test_the_lines_of_a_wavelet_have_loss_errors_and_distances():
    solution = {"loss": 0.5, "distance_scale": None, "peaks": [(2.4, 0.1)]}
    text = text_of(wavelet_lines(solution, 0.25))
    assert "Loss 0.5000 ; the global minimum is 0.2500." in text
    assert "0.100 at 2.40 Å" in text
    assert "do not appear as peaks" in text
    assert "appears at about 0.61 r" in text_of(wavelet_lines(solution | {"distance_scale": 0.61}, 0.25))
