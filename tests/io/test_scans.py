import h5py
import numpy as np
import pytest

from sklearn_wtrdf import DataWarning, read_pattern, read_scan
from tests.malformed import Q, S, malformed_files, rows

ANGLE = np.round(np.linspace(3, 120, 148), 3)
COUNTS = np.round(1000 * S + 50)
STD = np.sqrt(COUNTS)


@pytest.mark.parametrize(
    ("name", "text", "axis"),
    [
        ("a.xy", rows(ANGLE, COUNTS), "2theta"),
        ("a.xye", "' a comment of TOPAS\n" + rows(ANGLE, COUNTS, STD), "2theta"),
        ("a.dat", "# 2theta counts\n" + rows(ANGLE, COUNTS), "2theta"),
        ("a.chi", "glass.tif\n 2-Theta Angle (Degrees)\n Intensity\n    148\n" + rows(ANGLE, COUNTS), "2theta"),
        ("a.csv", "[Measurement conditions]\nAnode material,Ag\n[Scan points]\nAngle,Intensity,ESD\n", "2theta"),
        ("a.txt", "2Theta\tYobs\tYcalc\n" + rows(ANGLE, COUNTS, COUNTS, separator="\t"), "2theta"),
        ("a.xy", "# == pyFAI ==\n#   q_A^-1             I         sigma\n" + rows(Q, COUNTS, STD), "q"),
        ("a.xy", "# == pyFAI ==\n#   q_nm^-1             I\n" + rows(10 * Q, COUNTS), "q"),
        ("a.xy", "# Dioptas\n# Polarization 0.99\n#\n# 2th_deg\t I\n" + rows(ANGLE, COUNTS), "2theta"),
        ("a.dat", "# Q in 1/A\n" + rows(Q, COUNTS), "q"),
        ("a.dat", "# 2theta (deg), counts\n" + rows(ANGLE / 3, COUNTS), "2theta"),
    ],
)
def test_scans_as_they_are_written(name, text, axis, file):
    if text.endswith("ESD\n"):
        text += rows(ANGLE, COUNTS, STD, separator=",")
    scan = read_scan(file(name, text))
    assert scan.axis == axis
    np.testing.assert_allclose(scan.x, Q if axis == "q" else ANGLE / (3 if "(deg)" in text else 1))
    np.testing.assert_array_equal(scan.intensity, COUNTS)
    if any(word in text for word in ("TOPAS", "ESD", "sigma")):
        np.testing.assert_allclose(scan.std, STD)
    else:
        assert scan.std is None
    assert scan.wavelength is None


def test_the_axis_is_recognized_or_asked_for(file):
    path = file("a.xy", rows(Q, COUNTS))
    with pytest.raises(ValueError, match=r"its first column may be 2θ or q\. Give axis"):
        read_scan(path)
    for axis in ("2theta", "q"):
        scan = read_scan(path, axis=axis, wavelength=0.5594)
        assert (scan.axis, scan.wavelength) == (axis, 0.5594)
        np.testing.assert_array_equal(scan.x, Q)
    np.testing.assert_allclose(read_scan(path, unit="nm").x, Q / 10)
    named = file("b.xy", "# wavelength = 0.5594\nq I\n" + rows(Q, COUNTS))
    assert read_scan(named).wavelength == 0.5594
    with pytest.warns(UserWarning, match=r"it has the wavelength 0\.5594 Å; the given 0\.7 Å is used"):
        assert read_scan(named, wavelength=0.7).wavelength == 0.7
    assert read_scan(named, wavelength=0.56).wavelength == 0.56
    for options, message in [
        ({"axis": "2theta"}, "its first column is q in the file"),
        ({"axis": "r"}, "axis must be one of"),
        ({"unit": "bohr"}, "unit must be one of"),
        ({"wavelength": -1.0}, "wavelength must be"),
        ({"column": "counts"}, "no column is named 'counts'; it has q, I"),
    ]:
        with pytest.raises(ValueError, match=message):
            read_scan(named, **options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rows(np.append(ANGLE, ANGLE), np.append(COUNTS, COUNTS)), "expected 2θ that does not run back"),
        (rows(np.repeat(ANGLE[::2], 2), COUNTS), "rows repeat the 2θ of others"),
        (rows(2 * ANGLE, COUNTS), "expected 2θ of at most 180 degrees"),
        (rows(ANGLE, COUNTS, -STD), "a standard deviation that is not negative"),
        ("r I\n" + rows(Q, COUNTS), "its first column is r"),
        ("q S(q)\n" + rows(Q, S), "no intensity. Read S\\(q\\) by read_pattern"),
        ("q I(300K) I(400K)\n" + rows(Q, COUNTS, COUNTS), "several columns match: I\\(300K\\), I\\(400K\\)"),
        ("q one two\n" + rows(Q, COUNTS, COUNTS), "several columns match: one, two"),
        (rows(ANGLE, COUNTS, COUNTS, COUNTS, COUNTS), "5 columns without names"),
        ("theta I\n" + rows(ANGLE / 2, COUNTS), "its first column is θ by its name, 'theta'; q or 2θ was"),
        ("2th_rad I\n" + rows(Q, COUNTS), "in rad"),
    ],
)
def test_a_scan_that_would_be_read_wrong_is_an_error(text, message, file):
    path = file("a.xy", text)
    with pytest.raises(ValueError, match=message) as error:
        read_scan(path)
    assert str(error.value).startswith(str(path))
    assert len(str(error.value).splitlines()) == 1


def test_a_counter_of_rows_is_no_angle(file):
    for first in (0, 1):
        path = file("a.xy", rows(np.arange(first, first + 148.0), COUNTS))
        with pytest.raises(ValueError, match="its first column counts the rows, and may be no 2θ"):
            read_scan(path)
        assert read_scan(path, axis="2theta").x[0] == first
    said = file("d.xy", "# 2Theta scan, degrees\n" + rows(np.arange(1.0, 149.0), COUNTS))
    assert read_scan(said).axis == "2theta"
    with pytest.raises(ValueError, match="its first column counts the rows"):
        read_scan(file("e.xy", "# measured by Matthias\n" + rows(np.arange(1.0, 149.0), COUNTS)))
    assert read_scan(file("b.xy", rows(np.arange(5, 153.0), COUNTS))).axis == "2theta"
    assert read_scan(file("c.xy", "2theta I\n" + rows(np.arange(148.0), COUNTS))).axis == "2theta"


def test_a_unit_is_for_q(file):
    with pytest.raises(ValueError, match="its first column is 2θ, and unit='nm' is only for q"):
        read_scan(file("a.xy", "2theta I\n" + rows(ANGLE, COUNTS)), unit="nm")


@pytest.mark.filterwarnings("error")
def test_counts_of_0_between_others_are_reported(file):
    dead = (ANGLE > 30) & (ANGLE < 40)
    with pytest.warns(
        DataWarning, match=r"intensities are exactly 0 from 3.* to 3.*, between .*: was the detector off"
    ):
        read_scan(file("a.xy", "2theta I\n" + rows(ANGLE, np.where(dead, 0, COUNTS))))
    few = np.random.default_rng(0).poisson(0.2, ANGLE.size)
    read_scan(file("b.xy", "2theta counts\n" + rows(ANGLE, few)))


def test_negative_intensities_are_reported(file):
    counts = np.where(np.arange(148) == 7, -3.0, COUNTS)
    with pytest.warns(UserWarning, match=r"1 intensities are negative, the lowest in line 8"):
        scan = read_scan(file("a.xy", rows(ANGLE, counts)))
    assert scan.intensity[7] == -3


@pytest.mark.parametrize("wavelength", ["0", "-1.5", "1e9", "CuKz", "17.5 keV", "nan"])
def test_a_header_s_wavelength_that_is_none_is_not_passed_over(wavelength, file):
    path = file("a.xy", f"# wavelength = {wavelength}\n# 2theta counts\n" + rows(ANGLE, COUNTS))
    with pytest.raises(ValueError, match=f"its wavelength is not in Å, got '{wavelength}'"):
        read_scan(path)
    assert read_scan(path, wavelength=1.5406).wavelength == 1.5406
    unsaid = file("b.xy", "# wavelength =\n# 2theta counts\n" + rows(ANGLE, COUNTS))
    assert read_scan(unsaid).wavelength is None


def test_nxcansas_is_a_scan(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        data = file.create_group("sasentry01/sasdata01")
        data.attrs.update({"canSAS_class": "SASdata", "signal": "I", "I_axes": "Q", "axes": ["Q"]})
        data.create_dataset("Q", data=10 * Q).attrs["units"] = "1/nm"
        data.create_dataset("I", data=COUNTS).attrs["uncertainties"] = "Idev"
        data.create_dataset("Idev", data=STD)
    scan = read_scan(path)
    np.testing.assert_allclose(scan.x, Q)
    np.testing.assert_array_equal(scan.std, STD)
    with pytest.raises(ValueError, match=r"is an intensity.*read_scan and Reduction, `wtrdf reduce`"):
        read_pattern(path)


def test_no_malformed_file_is_read_as_a_scan(tmp_path):
    fine = {"intensities", "intensities_of_fit2d", "counts", "nanometres_unsaid", "unnamed", "of_unknown_names"}
    fine |= {"two_of_a_kind", "detector_radius"}  # which are malformed as S(q) alone
    for path in malformed_files(tmp_path):
        if path.stem not in fine:
            with pytest.raises((ValueError, OSError)) as error:
                read_scan(path)
            assert str(error.value).startswith(str(path))
            assert len(str(error.value).splitlines()) == 1


def test_radians_and_q_in_nm_are_not_passed_over(file):
    angles = rows(np.radians(ANGLE), COUNTS, separator="\t")
    with pytest.warns(UserWarning, match=r"2θ ends at 2\.094: if it is in radians, convert it"):
        read_scan(file("a.xy", "2theta\tI\n" + angles))
    with pytest.raises(ValueError, match="its first column is in rad; Å, nm, pm or degrees were expected"):
        read_scan(file("a.xy", "2theta\tI\nrad\tcounts\n" + angles))
    vectors = file("b.xy", "q I\n" + rows(30 * Q, COUNTS))
    with pytest.raises(ValueError, match=r"q up to 240 Å⁻¹ is unlikely\. Give unit if it is in nm⁻¹"):
        read_scan(vectors)
    np.testing.assert_allclose(read_scan(vectors, unit="nm").x, 3 * Q)


def test_fewer_rows_than_the_header_announces_are_reported(file):
    text = "[Measurement conditions]\nNo. of points,{}\n[Scan points]\nAngle,Intensity\n" + rows(
        ANGLE, COUNTS, separator=","
    )
    assert read_scan(file("a.csv", text.format(148))).x.size == 148
    with pytest.warns(UserWarning, match="its header has 231 points, and the table 148 rows: are rows missing"):
        read_scan(file("b.csv", text.format(231)))


@pytest.mark.parametrize("name", ["Angle (theta)", "angle theta [deg]", "2Theta/2", "angle omega"])
def test_other_words_for_half_the_angle_are_refused(name, file):
    with pytest.raises(ValueError, match=r"its first column is θ by its name, .*; q or 2θ was expected"):
        read_scan(file("a.csv", f"{name},I\n" + rows(ANGLE / 2, COUNTS, separator=",")))


@pytest.mark.parametrize(
    "name", ["2theta x 100", "2Theta*100 (deg)", "2theta (x10 deg)", "2theta + 0.1", "2theta [0.1 deg]"]
)
def test_changed_angles_are_refused(name, file):
    with pytest.raises(
        ValueError, match="changed by a factor or an offset; Å, nm, pm or degrees were expected: convert it"
    ):
        read_scan(file("a.csv", f"{name},I\n" + rows(ANGLE, COUNTS, separator=",")))


@pytest.mark.parametrize("name", ["Omega-2Theta", "Theta/2Theta", "θ-2θ", "omega/2-theta"])
def test_a_coupled_scan_may_be_over_either_angle(name, file):
    with pytest.raises(ValueError, match="double the angles, or name it 2theta if it is 2θ"):
        read_scan(file("a.csv", f"{name},I\n" + rows(ANGLE, COUNTS, separator=",")))
    assert read_scan(file("b.csv", "2Theta-Omega,I\n" + rows(ANGLE, COUNTS, separator=","))).axis == "2theta"


def test_half_an_angle_without_a_symbol_is_no_angle(file):
    with pytest.raises(ValueError, match="its first column is 'Angle/2'; q or 2θ was expected"):
        read_scan(file("a.csv", "Angle/2,I\n" + rows(ANGLE / 2, COUNTS, separator=",")))
