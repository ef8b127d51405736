import numpy as np
import pytest

from sklearn_wtrdf import FourierRegressor, scattering_frame
from sklearn_wtrdf.plotting import style
from sklearn_wtrdf.workflows.pictures import draw_pdf, draw_reduction


@pytest.fixture
def figures(monkeypatch):
    """Return a list to which each figure is added that is written to a file."""
    written, save = [], style.save_figure

    def save_and_append(figure, title, path):
        save(figure, title, path)
        written.append(figure)

    monkeypatch.setattr(style, "save_figure", save_and_append)
    return written


def curve(figure, ylabel, label):
    """Return x and y of the curve with a label, in the panel with a label of the y axis."""
    [axes] = [axes for axes in figure.get_axes() if axes.get_ylabel() == ylabel]
    [line] = [line for line in axes.lines if line.get_label() == label]
    return line.get_xydata().T


def test_the_picture_of_a_reduction_has_the_counts_and_the_name_of_its_file(reduction, figures, tmp_path):
    draw_reduction(reduction, tmp_path / "silica.png")
    [figure] = figures
    q, counts = curve(figure, "intensity (electron units per atom)", "corrected intensity")
    np.testing.assert_array_equal(q, reduction.reduced.q)
    np.testing.assert_array_equal(counts, reduction.reduced.measured)
    assert figure.get_suptitle() == "silica"
    assert (tmp_path / "silica.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("has_scan", [False, True])
def test_the_picture_of_g_has_its_fit_of_s_r_and_the_reduction_of_a_scan_above(reduction, figures, tmp_path, has_scan):
    pattern, r = reduction.pattern, np.arange(0.5, 8, 0.05)
    model = FourierRegressor().fit(scattering_frame(r, pattern.q, pattern.s_r, pattern.number_density))
    solved = model.reconstruct_pattern(pattern, r)
    draw_pdf(tmp_path / "silica.svg", r, solved, pattern, model, reduction if has_scan else None)
    [figure] = figures
    np.testing.assert_array_equal(curve(figure, "g(r)", "reconstruction"), [r, solved.g])
    np.testing.assert_array_equal(curve(figure, "S_R (Å⁻¹)", "S_R"), [pattern.q, pattern.s_r])
    assert [axes.get_ylabel() for axes in figure.get_axes()].count("S(q)") == has_scan
    assert b"<svg" in (tmp_path / "silica.svg").read_bytes()
