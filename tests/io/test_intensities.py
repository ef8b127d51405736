import re

import numpy as np
import pytest

from sklearn_wtrdf import read_scan
from sklearn_wtrdf.io.intensities import names_of_counts
from tests.malformed import S, rows

ANGLE = np.round(np.linspace(3, 120, 148), 3)
COUNTS = np.random.default_rng(0).poisson(1000 * S + 50).astype(float)
TIMES = np.where(ANGLE < 60, 1.0, 4.0)


@pytest.mark.parametrize(
    "names",
    [
        "# channel counts",
        "# Energy  Counts",
        "# Time-of-flight (ms) , Counts",
        "phi\tintensity",
        "Kanal  Zählrate",
        "# pixel I",
        "glass.tif\n Radial Distance (Pixels)\n Intensity\n 148",
        "glass.tif\n Azimuth (Degrees)\n Intensity\n 148",
    ],
)
def test_a_first_column_of_another_name_is_no_angle(names, file):
    path = file("a.dat", f"{names}\n" + rows(ANGLE, COUNTS))
    with pytest.raises(ValueError, match=r"its first column is '.*'; q or 2θ was expected"):
        read_scan(path)
    assert read_scan(path, axis="2theta").axis == "2theta"


@pytest.mark.parametrize("name", ["I + 1000", "Intensity (offset)", "I shifted", "Iq2", "I_q^4", "cumulative counts"])
def test_shifted_summed_and_multiplied_counts_are_refused(name, file):
    with pytest.raises(ValueError, match="is a function of the counts by"):
        read_scan(file("a.csv", f"2theta,{name}\n" + rows(ANGLE, COUNTS, separator=",")))


@pytest.mark.parametrize("name", ["I_calc", "absorbance", "I_fit"])
def test_what_was_calculated_is_no_intensity(name, file):
    with pytest.raises(ValueError, match="no measured intensity"):
        read_scan(file("a.csv", f"2theta,{name}\n" + rows(ANGLE, COUNTS, separator=",")))
    both = file("b.csv", f"2theta,{name},I_obs\n" + rows(ANGLE, COUNTS / 2, COUNTS, separator=","))
    np.testing.assert_array_equal(read_scan(both).intensity, COUNTS)


@pytest.mark.parametrize(
    "name", ["sigma_I", "dI", "I_err", "counts std", "ESD(I)", "error", "uncertainty of counts", "I Error", "I_Err"]
)
def test_standard_deviations_alone_are_no_intensity(name, file):
    with pytest.raises(ValueError, match=r"no measured intensity\. Give column"):
        read_scan(file("a.csv", f"2theta,{name}\n" + rows(ANGLE, np.sqrt(COUNTS), separator=",")))


@pytest.mark.parametrize(
    "name", ["Detector", "signal", "scattering", "detected intensity", "uncorrected intensity", "I uncoated"]
)
def test_names_that_begin_as_those_of_standard_deviations_are_of_intensities(name, file):
    assert read_scan(file("a.csv", f"2theta,{name}\n" + rows(ANGLE, COUNTS, separator=","))).std is None


@pytest.mark.parametrize(
    "names",
    [
        "x I",
        "# deg counts",
        "# raw counts",
        "glass.tif\n Scattering Angle (Degrees)\n Intensity\n 148",
        "Winkel 2Theta [°]\tcounts",
        "Pos. [°2Th.]\tIint",
    ],
)
def test_names_that_say_2_theta_or_nothing(names, file):
    assert read_scan(file("a.dat", f"{names}\n" + rows(ANGLE, COUNTS))).axis == "2theta"
    assert names_of_counts(["# glass, 300 K"], 2) == []
    assert names_of_counts(["# the dead time is not corrected, counts above 1000 are lost"], 2) == []


@pytest.mark.parametrize("name", ["ln(2theta)", "sin 2theta", "log10 2Theta", "sqrt 2θ"])
def test_functions_of_an_angle_are_no_angle(name, file):
    with pytest.raises(ValueError, match=f"its first column is {re.escape(repr(name))}; q or 2θ was expected"):
        read_scan(file("a.csv", f"{name},I\n" + rows(ANGLE, COUNTS, separator=",")))


@pytest.mark.parametrize(
    ("name", "line"),
    [(name, "") for name in ("log10(I)", "ln_I", "sqrt(counts)", "Intensity(log)", "I**0.5", "I*q", "I/LP", "I/<f^2>")]
    + [(name, "") for name in ("IxLP", "I_LP", "I(LP-corrected)", "sqrtI", "I_Lorentz")]
    + [("I", "# Lorentz-polarization correction applied\n"), ("I", "# the data are LP corrected\n")]
    + [("I", "# intensities divided by f^2\n")]
    + [("I", "# intensity is log10 of counts\n"), ("I", "# sqrt(counts) is given\n")],
)
def test_a_function_of_the_counts_is_no_intensity(name, line, file):
    path = file("a.dat", f"{line}2theta {name}\n" + rows(ANGLE, np.log10(COUNTS)))
    with pytest.raises(ValueError, match=r"is a function of the counts by .*give column='2'"):
        read_scan(path)
    with pytest.warns(UserWarning, match="is a function of the counts"):
        read_scan(path, column=2)


@pytest.mark.parametrize("line", ["sqrt(I) is plotted", "y = log10(I)", "lnI", "I*sin(theta)"])
def test_a_comment_on_a_function_of_i_means_the_second_of_two_columns(line, file):
    text = f"# {line}\n2theta y" + "{}\n"
    with pytest.raises(ValueError, match=r"is a function of the counts by the comment"):
        read_scan(file("a.dat", text.format("") + rows(ANGLE, np.log10(COUNTS))))
    of_errors = file("b.dat", text.format(" error") + rows(ANGLE, COUNTS, np.sqrt(COUNTS)))
    np.testing.assert_array_equal(read_scan(of_errors).intensity, COUNTS)


@pytest.mark.parametrize(
    "name", ["I (cm^-1)", "1000*I", "counts/s", "I(2theta)", "Intensity [a.u.]", "catalog_det", "ALP_counts"]
)
def test_units_and_factors_are_no_functions(name, file):
    text = "# errors are sqrt(counts)\n# log file: glass.log\n# LP correction: not applied\n# Lorentz factor: 1\n"
    assert read_scan(file("a.dat", f"{text}2theta\t{name}\n" + rows(ANGLE, COUNTS, separator="\t"))).x.size == 148


@pytest.mark.parametrize("name", ["time_s", "int_time", "count time", "Monitor", "I0", "Seconds"])
def test_counts_that_are_not_divided_by_a_varying_time_or_monitor_are_refused(name, file):
    path = file("a.dat", f"2theta\tcounts\t{name}\n" + rows(ANGLE, COUNTS * TIMES, TIMES, separator="\t"))
    with pytest.raises(ValueError, match=rf"its column '{name}' varies from 1 to 4, .* give column='2'"):
        read_scan(path)
    np.testing.assert_array_equal(read_scan(path, column="counts").intensity, COUNTS * TIMES)
    constant = rows(ANGLE, COUNTS, 0 * TIMES + 10, separator="\t")
    for counts in ("counts", "det"):
        path = file("b.dat", f"2theta\t{counts}\t{name}\n" + constant)
        np.testing.assert_array_equal(read_scan(path).intensity, COUNTS)
    elapsed = file("d.dat", "2theta  Time_elapsed  counts\n" + rows(ANGLE, 7 * np.arange(148.0), COUNTS))
    np.testing.assert_array_equal(read_scan(elapsed).intensity, COUNTS)
    rate = file("c.dat", f"2theta\tcps\t{name}\n" + rows(ANGLE, COUNTS, TIMES, separator="\t"))
    np.testing.assert_array_equal(read_scan(rate).intensity, COUNTS)


@pytest.mark.parametrize("name", ["Ycalc", "residual", "Yobs-Ycalc", "monitor"])
def test_what_was_not_measured_is_no_intensity(name, file):
    with pytest.raises(ValueError, match=r"no measured intensity\. Give column"):
        read_scan(file("a.dat", f"2theta {name}\n" + rows(ANGLE, COUNTS)))
    names = "2Theta Yobs Ycalc Yobs-Ycalc\n"
    np.testing.assert_array_equal(
        read_scan(file("b.dat", names + rows(ANGLE, COUNTS, COUNTS + 2, 0 * COUNTS))).intensity, COUNTS
    )
