import warnings

import numpy as np
import pytest

from sklearn_wtrdf import DataWarning, read_gr, read_pattern, read_scan
from sklearn_wtrdf.io import abscissa
from tests.malformed import G_R, Q, R, S, rows


def test_an_angle_is_recognized_by_a_comment(file):
    angle = 2 * np.degrees(np.arcsin(Q * 0.5594 / (4 * np.pi)))
    text = "# wavelength = 0.5594\n# 2theta (deg), S\n" + rows(angle, S)
    np.testing.assert_allclose(read_pattern(file("a.sq", text)).q, Q)


@pytest.mark.parametrize(
    "header",
    ["# x axis: two theta", "# Xunit: degrees", "# abscissa: 2 theta", "# angles in degrees", "# Winkel 2Theta / Grad"],
)
def test_words_about_the_x_axis_say_that_it_is_2theta(header, file):
    angle = 2 * np.degrees(np.arcsin(0.2 * Q / (4 * np.pi)))
    with pytest.warns(DataWarning, match="its first column is taken for 2θ by its header"):
        pattern = read_pattern(file("a.sq", f"# wavelength = 0.2\n{header}\n" + rows(angle, S)))
    np.testing.assert_allclose(pattern.q, Q)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("line", ["converted from 2theta (deg) to Q (1/A)", "angles in degrees were converted to q"])
def test_angles_that_were_converted_to_q_are_not_those_of_the_file(line, file):
    np.testing.assert_array_equal(read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S))).q, Q)


@pytest.mark.parametrize(
    "comment",
    ["# q = 2 sin(theta)/lambda", "# columns: q = 1/d (1/A), S(q)", "# Q = 2sin(θ)/λ", "# q=sin(theta)/lambda"],
)
@pytest.mark.parametrize("names", ["", "# q S(q)\n"])
def test_q_that_is_defined_without_2_pi_is_refused(comment, names, file):
    with pytest.raises(ValueError, match=r"its header says '.*', which is not 4π sin\(θ\) / λ: convert it"):
        read_pattern(file("a.sq", f"{comment}\n{names}" + rows(Q / (2 * np.pi), S)))


@pytest.mark.filterwarnings("ignore:.*q was expected, and read by its name")
@pytest.mark.parametrize(
    "comment",
    [
        "# s = 2 sin(theta)/lambda, S",
        "# x axis: 1/d (1/A)",
        "# scattering vector s = sin(theta)/lambda in 1/A",
        "# spatial frequency (1/A), S",
    ],
)
def test_an_axis_without_a_name_that_is_defined_without_2_pi_is_refused(comment, file):
    with pytest.raises(ValueError, match=r"its header says '.*', which is not 4π sin\(θ\) / λ: convert it"):
        read_pattern(file("a.sq", f"{comment}\n" + rows(Q / (2 * np.pi), S)))
    read_pattern(file("b.sq", f"{comment}\n# Q S(Q)\n" + rows(Q, S)))


@pytest.mark.parametrize("comment", ["# q = 4 pi sin(theta)/lambda", "# Q = 2 pi/d", "# Q = 4πsinθ/λ", "# q = 2π/d"])
def test_q_that_is_defined_with_2_pi_is_read(comment, file):
    np.testing.assert_array_equal(read_pattern(file("a.sq", f"{comment}\n# q S(q)\n" + rows(Q, S))).q, Q)


@pytest.mark.parametrize("x", ["d-Spacing", "Time-of-flight", "TOF(us)", "d_spacing(A)"])
def test_d_and_times_of_flight_are_no_q(x, file):
    path = file("a.xye", f"# {x}   Y   E\n" + rows(1 + Q, S, 0.01 + 0 * Q))
    with pytest.raises(ValueError, match=r"its first column is .*; q, 2θ or r was expected: convert it"):
        read_pattern(path, quantity="S")


@pytest.mark.parametrize(
    "line",
    [
        *(
            "# Scan type: omega",
            "Scan axis,Omega",
            "# scan axis: th",
            "# x-axis: theta in degrees",
            "# angles are theta",
        ),
        *("# a rocking curve", "# the angles are half of 2theta", "# column 1 is half the scattering angle"),
        *("# 2theta in radians", "# angles are given in mrad"),
        *("# x axis: Bragg angle", "# first column: Bragg angle (deg)", "# x axis: Braggwinkel", "# xlabel: azimuth"),
        *("# x axis: half angle", "# x axis: eta"),
    ],
)
def test_scans_of_other_angles_are_refused(line):
    assert abscissa.another_scan([line]) == line


@pytest.mark.parametrize(
    "line",
    [
        "# Scan type: omega-2theta",
        "# scan type: th/2th",
        "Scan axis,Gonio",
        "Scan axis: Theta/2Theta",
        "# x-axis: 2theta",
        "# x axis: Bragg angle 2theta",
        "# monochromator Bragg angle 12.3",
        "# theta is half of 2theta",
        "# theta = half of 2theta",
        "# omega is half the scattering angle",
        "# sample rocking by 1 deg during exposure",
        "# no rocking curve correction",
    ],
)
def test_scans_of_2_theta_are_not(line):
    assert abscissa.another_scan([line]) is None


@pytest.mark.parametrize(
    "line", ["# x-axis: time (ps)", "# first column: energy", "# The first column is the channel", "# abscissa: pixels"]
)
def test_scans_over_what_is_not_understood_are_asked_for(line, file):
    path = file("a.xy", f"{line}\n" + rows(10 * Q, S))
    with pytest.raises(ValueError, match=r"a scan over 2θ or q was expected\. Give axis if it is"):
        read_scan(path)
    assert read_scan(path, axis="2theta").axis == "2theta"


@pytest.mark.parametrize(
    "line",
    [
        *("# x axis: energy transfer", "# abscissa: pixel", "# x: channel"),
        *("# x axis label: Frequency (THz)", "# xlabel = time", "# x axis - wavelength"),
        *("# x axis: sqrt(q)", "# x axis: q*a", "# abscissa is 1/d"),
    ],
)
def test_an_x_that_is_not_understood_is_asked_for_and_reported_beside_a_name(line, file):
    for name, read in [("a.sq", read_pattern), ("a.gr", lambda path, **given: read_gr(path, quantity="g", **given))]:
        path = file(name, f"{line}\n" + rows(Q, S))
        with pytest.raises(ValueError, match=r"its header says .*; [qr] was expected\. Give unit if it is"):
            read(path)
        read(path, unit="angstrom")
    if "ax" in line or "abscissa" in line:
        with pytest.warns(DataWarning, match="its header says .*; q was expected, and read by its name"):
            read_pattern(file("b.dat", f"{line}\n# Q S(Q)\n" + rows(Q, S)))
        with pytest.warns(DataWarning, match="a scan over 2θ or q was expected, and it is read as such"):
            read_scan(file("b.xy", f"{line}\n# 2theta I\n" + rows(10 * Q, S)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "line",
    [
        *("x axis: k (1/A)", "x-axis: k", "x axis: wavenumber", "x-axis label: Wave number k [1/A]", "First column: k"),
        *("xlabel: scattering wave number", "x axis: reciprocal space", "x axis: inverse space (1/A)"),
        *("x-axis: Streuvektorbetrag", "x-axis: Wellenvektor k", "x axis: vecteur d'onde"),
    ],
)
def test_wave_numbers_and_inverse_lengths_are_q(line, file):
    np.testing.assert_array_equal(read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S))).q, Q)
    with pytest.raises(ValueError, match=r"its header says .*; r was expected"):
        read_gr(file("a.gr", f"# {line}\n" + rows(R, G_R)), quantity="g")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "line",
    [
        *("x axis: length (A)", "x axis: spacing (A)", "First column: bin center (A)", "x-axis: bins"),
        *("x axis: distance r", "x axis: r, of S(q) up to 20 1/A"),
    ],
)
def test_lengths_are_r(line, file):
    np.testing.assert_array_equal(read_gr(file("a.gr", f"# {line}\n" + rows(R, G_R)), quantity="g").r, R)


@pytest.mark.parametrize(
    "line",
    [
        *("x-axis: range 0.5-17", "x axis: scale = linear", "x: data", "x: sample at room temperature"),
        *("x axis: Abstand (A)", "x-axis: detector element", "x axis: wave number (cm^-1)", "x axis: strain (%)"),
        *("xlabel = '$E$'", "X-axis = s", "x-axis: 7"),
    ],
)
def test_words_about_x_that_are_not_understood_are_reported_unless_the_first_column_has_a_name(line, file):
    with pytest.warns(DataWarning, match="its header says .*, which is not understood: x is read as q"):
        read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S)))
    with pytest.warns(DataWarning, match="its header says .*, which is not understood: x is read as r"):
        read_gr(file("a.gr", f"# {line}\n" + rows(R, G_R)), quantity="g")
    with pytest.warns(DataWarning, match="its header says .*; a scan over 2θ or q was expected, and it is read as"):
        read_scan(file("a.xy", f"# {line}\n" + rows(10 * Q, S)))
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        read_pattern(file("a.sq", f"# {line}\n" + rows(Q, S)), unit="angstrom")
        read_pattern(file("a.dat", f"# {line}\n# Q S(Q)\n" + rows(Q, S)))
        read_gr(file("a.gr", f"# {line}\n" + rows(R, G_R)), quantity="g", unit="angstrom")


@pytest.mark.parametrize(
    "line",
    [
        *("x axis: neutron wavelength (Å)", "x axis: d-spacing (Å)", "x axis: Temperatur (K)", "x axis: half angle"),
        *("x axis: inverse temperature", "x: time, y: S(q)", "x axis: length"),
        *("x axis: reciprocal lattice units", "x axis: angular frequency", "x axis: Bragg angle"),
        *("x axis: log10(q)", "x axis: q^2 (Å^-2)", "x axis: q/q0"),
    ],
)
def test_an_x_in_similar_words_is_no_q(line, file):
    with pytest.raises(ValueError, match=r"its header says .*; q was expected\. Give unit if it is"):
        read_pattern(file("a.sq", f"# wavelength = 0.2\n# {line}\n" + rows(Q, S)))


def test_an_x_that_is_that_of_the_other_curve_is_asked_for(file):
    with pytest.raises(ValueError, match=r"its header says '# x-axis: r \(Å\)'; q was expected"):
        read_pattern(file("a.sq", "# x-axis: r (Å)\n" + rows(Q, S)))
    with pytest.raises(ValueError, match=r"its header says '# x axis: Q \(Å-1\)'; r was expected"):
        read_gr(file("a.gr", "# x axis: Q (Å-1)\n" + rows(R, G_R)), quantity="g")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "line", ["x axis: linear", "x-axis: wave vector", "first column is the row", "x: sample at 3 mm", "x = Ag content"]
)
def test_words_about_x_beside_a_name_and_words_that_are_understood_are_no_obstacle(line, file):
    np.testing.assert_array_equal(read_pattern(file("a.dat", f"# {line}\n# Q S(Q)\n" + rows(Q, S))).q, Q)
    for line, name in [("x-axis: Q", "a.sq"), ("x = Ag content", "a.sq"), ("x: momentum transfer", "a.sq")]:
        read_pattern(file(name, f"# {line}\n" + rows(Q, S)))
    read_gr(file("a.gr", "# x axis: distance\n" + rows(R, G_R)), quantity="g")


@pytest.mark.parametrize("line", ["half angles", "x: omega, 2theta is fixed at 20 degrees", "x: half angle"])
def test_half_angles_of_a_header_are_no_2_theta(line, file):
    path = file("a.xy", f"# {line}\n" + rows(10 * Q, S))
    with pytest.raises(ValueError, match="a scan over 2θ or q was expected"):
        read_scan(path)
    with pytest.warns(DataWarning, match="a scan over 2θ or q was expected, and it is read as such"):
        read_scan(path, axis="2theta")


@pytest.mark.parametrize(
    "line",
    [
        *("x-axis: scattering angle", "first column: 2Theta [deg]", "x axis in degrees", "x", "X: angular position"),
        "theta is half of 2theta",
    ],
)
def test_scans_over_angles_or_q_are_not(line, file):
    assert abscissa.another_x("scan", ["# first column: momentum transfer"], is_named=False) is None
    assert read_scan(file("a.xy", f"# {line}\n" + rows(10 * Q, S))).axis == "2theta"


def test_the_unit_of_mantid_names_q():
    assert abscissa.axis(["# The X unit is: MomentumTransfer"]) == "q"
    assert abscissa.axis(["# The X unit is: Time-of-flight"]) is None


def test_a_long_line_takes_no_longer_than_its_length():
    assert not abscissa.another_x("q", ["# " + "x axis: b " * 10_000], is_named=False).is_understood


@pytest.mark.parametrize("x", ["d-Spacing", "Time-of-flight", "Energy transfer"])
def test_an_x_axis_of_mantid_that_is_not_q_is_refused(x, file):
    with pytest.raises(ValueError, match=r"its header says .*; q was expected\. Give unit if it is q"):
        read_pattern(file("a.sq", f"# The X-axis unit is: {x}\n" + rows(Q, S)))


def test_x_is_named_within_a_line(file):
    with pytest.warns(DataWarning, match="its header says '# S, x: hw', which is not understood"):
        read_pattern(file("a.sq", "# S, x: hw\n" + rows(Q, S)))
