import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.constants import c, e, h
from xraydb import xray_line

from sklearn_wtrdf.scattering.angles import q_of, two_theta_of, wavelength_of

angles = st.floats(0.5, 179.5)


@pytest.mark.parametrize(
    ("line", "expected"),
    [("CuKa1", 1.54056), ("CuKa", 1.5418), ("AgKa", 0.5609), ("MoKa1", 0.70932), ("MoKa2", 0.71359)],
)
def test_wavelengths_of_tubes(line, expected):
    assert wavelength_of(line) == pytest.approx(expected, rel=3e-4)


@pytest.mark.parametrize("element", ["Cr", "Fe", "Co", "Cu", "Mo", "Ag", "W"])
def test_wavelengths_agree_with_another_table(element):
    for line, theirs in {"1": "Ka1", "2": "Ka2"}.items():
        wavelength = h * c / e * 1e10 / xray_line(element, theirs).energy
        assert wavelength_of(f"{element}Ka{line}") == pytest.approx(wavelength, rel=3e-4)
    assert wavelength_of(f"{element}Ka1") < wavelength_of(f"{element}Ka") < wavelength_of(f"{element}Ka2")


def test_lines_are_read_in_common_notations():
    assert wavelength_of("Cu Kα1") == wavelength_of(" Cu-Kalpha1 ") == wavelength_of("CuKa1")


@pytest.mark.parametrize("radiation", ["CuKb", "copper", "XxKa", "HKa", "1.54", "", "CuKa3"])
def test_a_text_that_is_no_line_of_a_tube_is_refused(radiation):
    with pytest.raises(
        ValueError, match="wavelength must be a number of Å or the line of a tube, such as CuKa or AgKa1"
    ):
        wavelength_of(radiation)


@pytest.mark.parametrize("radiation", [0.0, -1.54, np.nan, np.inf])
def test_an_invalid_wavelength_is_refused(radiation):
    with pytest.raises(ValueError, match="wavelength must be a positive"):
        wavelength_of(radiation)


@given(two_theta=angles, wavelength=st.floats(0.05, 3))
def test_angles_are_recovered_from_q(two_theta, wavelength):
    assert two_theta_of(q_of(two_theta, wavelength), wavelength) == pytest.approx(two_theta, rel=1e-6)


def test_q_is_that_of_braggs_law():
    d, wavelength = 3.1356, 1.54056  # Å: silicon's (111), which copper's Kα1 shows at 28.44°
    assert q_of(28.442, wavelength) == pytest.approx(2 * np.pi / d, rel=1e-4)
    with pytest.raises(ValueError, match=r"q reaches 9 Å⁻¹, beyond 4π/λ = 8\.\d+ Å⁻¹"):
        two_theta_of([1, 9], 1.54)
