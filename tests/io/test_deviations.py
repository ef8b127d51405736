"""Which column has standard deviations, and what is none."""

import numpy as np
import pytest

from sklearn_wtrdf import DataWarning, read_gr, read_pattern, read_scan
from tests.malformed import Q, S, rows

S_R = Q * (S - 1)
R = np.round(np.arange(1.5, 12, 0.05), 2)
G = 1 + 3 * np.exp(-(((R - 2.4) / 0.1) ** 2)) - np.exp(-((R / 2) ** 4))  # g(r)


def test_two_curves_with_their_own_x_are_no_standard_deviation(tmp_path):
    path = tmp_path / "two.dat"
    q = np.arange(0.5, 10, 0.05)
    np.savetxt(path, np.column_stack([q, 1 + np.exp(-q), q, 1 + 0.5 * np.exp(-q)])[:, :3])
    with pytest.raises(ValueError, match="its last column is no standard deviation"):
        read_pattern(path, quantity="S")


def test_standard_deviations_that_leave_nothing_of_the_curve_are_reported(tmp_path):
    path = tmp_path / "energy.csv"
    q = np.arange(0.5, 10, 0.05)
    rows = np.column_stack([q, 1 + np.exp(-q / 3) * np.sin(3 * q), np.full(q.size, 50.0)])
    np.savetxt(path, rows, delimiter=",", header="Q,S(Q),E", comments="")
    with pytest.warns(DataWarning, match="standard deviations, 50, are larger than the variation of the curve"):
        read_pattern(path)


@pytest.mark.filterwarnings("error")
def test_a_flag_or_another_curve_is_no_standard_deviation(file):
    with pytest.raises(ValueError, match="its last column has whole numbers, as flags"):
        read_pattern(file("a.sq", rows(Q, S, np.ones(Q.size))))
    with pytest.warns(DataWarning, match=r"standard deviations, .* are larger than the variation of the curve"):
        read_pattern(file("a.sq", rows(Q, S, 1 + 0.3 * np.cos(Q))))
    for curve in (1 + 0.3 * np.cos(3 * R) * np.exp(-R / 3), G**2):
        with pytest.raises(ValueError, match="its last column is no standard deviation"):
            read_gr(file("a.dat", rows(R, G, curve)), quantity="g")
    with pytest.raises(ValueError, match="its last column is no standard deviation"):
        read_pattern(file("a.fq", rows(Q, S_R, S)))
    with pytest.raises(ValueError, match="its last column is no standard deviation"):
        read_pattern(file("a.fq", rows(Q, S_R, S, 0.01 * S)))
    assert read_pattern(file("a.sq", rows(Q, S, np.zeros(Q.size)))).std is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name", ["Var(S)", "dS(%)", "dS/S", "S_sigma2", "S_err_2sigma", "S_unc_fraction", "dS/dQ", "dS(Q)/dQ"]
)
def test_an_error_in_another_unit_is_not_read(name, file):
    path = file("a.dat", f"Q S {name}\n" + rows(Q, S, 0.01 * S))
    with pytest.warns(DataWarning, match="is not read, because by its name it is no standard deviation in the unit of"):
        assert read_pattern(path).std is None


@pytest.mark.filterwarnings("error")
def test_a_resolution_of_q_is_no_standard_deviation(file):
    std = 0.02 + 0.01 * np.cos(5 * Q) ** 2
    for others in ([0.02 * Q], [std, 0.02 * Q], [std, 0.01 + 0 * Q]):
        with pytest.raises(ValueError, match="is constant or proportional to the first, as a resolution"):
            read_pattern(file("a.sq", rows(Q, S, *others)))
    for others in ([0.02 + 0 * Q], [0.02 * Q, std], [0.02 * Q, 0.02 + 0 * Q]):
        np.testing.assert_allclose(read_pattern(file("a.sq", rows(Q, S, *others))).std, others[-1] * Q)
    np.testing.assert_allclose(read_pattern(file("a.fq", rows(Q, S_R, 0.02 * Q))).std, 0.02 * Q)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("resolution", [0.005 + 0.01 * Q, np.hypot(0.02, 0.01 * Q)])
def test_a_resolution_after_the_standard_deviations_need_not_be_proportional_to_q(resolution, file):
    std = 0.02 + 0.01 * np.cos(5 * Q) ** 2
    with pytest.raises(ValueError, match="its last column is in order, and the third is not"):
        read_pattern(file("a.sq", rows(Q, S, std, resolution)))
    assert read_pattern(file("a.sq", rows(Q, S, resolution, std))).std is not None
    assert read_pattern(file("a.sq", rows(Q, S, 0 * Q, resolution))).std is not None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("third", [0.005 + 0.01 * Q, np.hypot(0.02, 0.01 * Q)])
def test_a_third_column_that_grows_with_q_at_every_step_may_be_a_resolution(third, file):
    with pytest.warns(DataWarning, match="its last column increases at every step, as a resolution of q does"):
        pattern = read_pattern(file("a.sq", rows(Q, S, third)))
    np.testing.assert_allclose(pattern.std, third * Q)
    for name, columns in [("a.sq", (S, third + 0.002 * np.cos(9 * Q))), ("a.fq", (S_R, third))]:
        assert read_pattern(file(name, rows(Q, *columns))).std is not None
    assert read_pattern(file("b.dat", "Q S dS\n" + rows(Q, S, third))).std is not None
    assert read_pattern(file("c.sq", rows(Q, S, np.where(Q < 4, 0.01, 0.02)))).std is not None


@pytest.mark.filterwarnings("error")
def test_a_running_coordination_number_is_no_standard_deviation(file):
    number = np.cumsum(0.02 * R**2 * G)
    for scale in (1, 0.02):
        with pytest.raises(
            ValueError, match="its last column is the integral of r² g, as a running coordination number"
        ):
            read_gr(file("a.dat", rows(R, G, scale * number)), quantity="g")
    assert read_gr(file("b.dat", "r g(r) n(r)\n" + rows(R, G, number))).std is None


@pytest.mark.filterwarnings("error")
def test_weights_that_fall_with_q_are_no_standard_deviation(file):
    with pytest.raises(ValueError, match=r"its last column falls from .* as a window or a form factor"):
        read_pattern(file("a.fq", rows(Q, S_R, np.exp(-Q / 10))))


@pytest.mark.filterwarnings("error")
def test_times_and_temperatures_are_no_noise_of_counts(file):
    angle = np.linspace(3, 120, 148)
    counts = np.random.default_rng(0).poisson(1000 * S + 50)
    for level in (10, 300):
        with pytest.raises(ValueError, match="its last column is nearly constant, as the noise of counts is not"):
            read_scan(file("a.xy", rows(angle, counts, level + 0.01 * np.cos(angle))))


@pytest.mark.parametrize("names", ["r(A) G(1/A^2) dG(1/A^2)", "r(Å) G(Å⁻²) dG(Å⁻²)"])
def test_the_unit_of_a_standard_deviation_is_no_power_of_it(names, file):
    curve = read_gr(file("a.dat", f"# {names}\n" + rows(R, R * (G - 1), 0.01 * R)), number_density=1 / (4 * np.pi))
    np.testing.assert_allclose(curve.std, 0.01)


@pytest.mark.parametrize("window", [np.sinc(Q / (Q[-1] + 0.05)), np.exp(-3 * (Q / Q[-1]) ** 2)])
def test_a_window_or_a_form_factor_is_no_standard_deviation(window, file):
    with pytest.raises(ValueError, match="as a window or a form factor"):
        read_pattern(file("a.fq", rows(Q, S_R, window)))


@pytest.mark.parametrize(
    "comment",
    [
        "# Q, S(Q), relative error in percent",
        "# Q, S(Q), error in %",
        "# columns: Q, S(Q), uncertainty (k=2, 95 % confidence)",
        "# Q, S(Q), two columns; error bars in per cent of S(Q)",
        "# third column: statistical weight, 1/sigma^2",
        "# third column: variance of S(Q)",
        "# Q S(Q) error x 10",
        "# Q S(Q) 95% CI",
        "# Q, S(Q), confidence interval",
        "# q, S, uncertainties as a fraction of S",
    ],
)
def test_an_error_that_a_comment_defines_otherwise_is_not_read(comment, file):
    with pytest.warns(DataWarning, match="its last column is not read, because of the comment"):
        pattern = read_pattern(file("a.sq", comment + "\n" + rows(Q, S, 0.01 + 0 * Q)), quantity="S")
    assert pattern.std is None


@pytest.mark.filterwarnings("error")
def test_other_comments_leave_a_standard_deviation(file):
    for comment in (
        "# 75 percent SiO2",
        "# Q, S(Q), standard deviation",
        "# error of S(Q) in the last column",
        "# errors: square root of the variance",
        "# weights are inverse variances; third column is sigma",
        "# 5% uncertainty in density",
        "# relative error of wavelength 1e-4",
    ):
        pattern = read_pattern(file("a.sq", comment + "\n" + rows(Q, S, 0.01 + 0 * Q)), quantity="S")
        np.testing.assert_allclose(pattern.std, 0.01 * Q, rtol=1e-3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("std", [0.02 / Q, 0.05 / Q**2, 0.1 * np.exp(-Q / 2), 0.04 / (1 + 2 * Q**2)])
def test_standard_deviations_may_fall_with_q(std, file):
    pattern = read_pattern(file("a.sq", rows(Q, S, std)), quantity="S")
    np.testing.assert_allclose(pattern.std, std * Q, rtol=1e-3)


def test_the_error_of_s_beside_f_is_not_read(file):
    with pytest.warns(DataWarning, match="it is the error of S, and the second column is q"):
        pattern = read_pattern(file("a.fq", "# F(Q), third column: error of S(Q)\n" + rows(Q, S_R, 0.01 + 0 * Q)))
    assert pattern.std is None


def test_the_error_of_x_that_mantid_writes_last_is_not_that_of_y(file):
    table = rows(Q, S, 0.01 * S, 0.02 * Q).replace(" ", ",")
    for names in ("# X , Y , E , DX\n1\n", "# X , Y0 , E0 , DX0\n", "# x y e dx\n", "# x y dy dx\n"):
        np.testing.assert_allclose(read_pattern(file("a.dat", names + table), quantity="S").std, 0.01 * Q * S)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name",
    [
        *("S_err (relative)", "dS(Q) (2 sigma)", "dS (k=2)", "S_err(95 %)", "dS x 10", "dS (CI)"),
        *("error(%)", "sigma^2", "S_var", "S_variance", "relative error", "rel. err."),
    ],
)
def test_an_error_whose_name_is_relative_or_a_multiple_is_not_read(name, file):
    path = file("a.csv", f"Q,S,{name}\n" + rows(Q, S, 0.01 * S).replace(" ", ","))
    with pytest.warns(DataWarning, match="is not read, because by its name it is no standard deviation in the unit of"):
        assert read_pattern(path).std is None


@pytest.mark.parametrize("third", ["dS/S", "variance", "2 sigma error of S(Q)"])
@pytest.mark.parametrize(
    "header", ["# Column 1: Q (1/A)\n# Column 2: S(Q)\n# Column 3: {}", "# col. 1: Q, col. 2: S(Q), col. 3: {}"]
)
@pytest.mark.filterwarnings("ignore:.*is not read, because by its name")
def test_columns_that_are_named_by_their_numbers_may_be_no_standard_deviations(header, third, file):
    path = file("a.sq", header.format(third) + "\n" + rows(Q, S, 0.01 * S))
    assert read_pattern(path).std is None
    np.testing.assert_allclose(
        read_pattern(file("b.sq", header.format("dS") + "\n" + rows(Q, S, 0.01 * S))).std, 0.01 * Q * S
    )


@pytest.mark.parametrize("x", ["X,Y,X,Y", "x y x y"])
def test_two_digitized_curves_are_no_curve_with_errors(x, file):
    shifted = R + 0.013 * np.sin(R)
    path = file("a.csv", f"Si-O,,O-O,\n{x}\n" + rows(R, G, shifted, 0.3 * G**2).replace(" ", ","))
    with pytest.raises(ValueError, match="its third column is another x"):
        read_gr(path, quantity="g")
    np.testing.assert_array_equal(read_gr(path, quantity="g", column="2").g, G)


ANGLE = np.round(np.linspace(3, 120, 148), 3)
COUNTS = np.random.default_rng(0).poisson(1000 * S + 50).astype(float)


@pytest.mark.parametrize(
    ("third", "found"),
    [
        (COUNTS, "whole numbers"),
        (1 / COUNTS, "larger where the second is smaller"),
        (COUNTS**-0.5, "larger where the second is smaller"),
        (COUNTS * 100 / COUNTS.max(), "a multiple of the second"),
        (0 * COUNTS + 1.5, "constant"),
        (ANGLE / 2 + 0.1, "in order"),
        (0.7713 / np.sin(np.radians(ANGLE / 2)), "in order"),
        (COUNTS + 0.3 * np.sin(ANGLE), "as large as it, such as a second curve"),
    ],
)
def test_a_third_column_of_a_scan_that_no_noise_of_counts_is(third, found, file):
    path = file("a.xye", rows(ANGLE, COUNTS, third))
    with pytest.raises(ValueError, match=f"{found}.*column='2' reads the second alone"):
        read_scan(path)
    assert read_scan(path, column=2).std is None


@pytest.mark.parametrize(
    "std", [np.sqrt(COUNTS), np.round(np.sqrt(COUNTS)), np.sqrt(COUNTS) / 3 + 0.5, 0.3 * COUNTS**0.7]
)
def test_noise_of_counts_is_read(std, file):
    np.testing.assert_allclose(read_scan(file("a.xye", rows(ANGLE, COUNTS, std))).std, std)
    few = np.random.default_rng(1).poisson(COUNTS / 500)  # some of them 0
    assert read_scan(file("c.xye", rows(ANGLE, few, np.sqrt(few) + 0.1))).std is not None
    flat = np.random.default_rng(1).poisson(0 * COUNTS + 30)  # a background varies by its noise alone
    assert read_scan(file("b.xye", rows(ANGLE, flat, np.sqrt(flat)))).std is not None


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("# 2theta counts error\n# errors are 3 sigma", "of the comment '# errors are 3 sigma'"),
        ("# 2theta counts dcounts(%)", "by its name it is no standard deviation"),
        ("# third column is the background", "of the comment '# third column is the background'"),
    ],
)
def test_what_a_header_calls_other_than_a_standard_deviation_is_not_read(header, reason, file):
    path = file("a.dat", header + "\n" + rows(ANGLE, COUNTS, 3 * np.sqrt(COUNTS)))
    with pytest.warns(UserWarning, match=f"is not read, because {reason}"):
        assert read_scan(path).std is None


@pytest.mark.parametrize("names", ["Q Q[S(Q)-1] S(Q)", "Q Q*(S(Q)-1) S(Q)"])
def test_s_is_no_standard_deviation_of_q_times_s_minus_1(names, file):
    assert read_pattern(file("a.dat", names + "\n" + rows(Q, Q * (S - 1), S)), quantity="S_R").std is None
