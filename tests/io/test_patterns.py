import warnings
from pathlib import Path

import numpy as np
import pytest
from pystog import Converter

from sklearn_wtrdf import Composition, DataWarning, read_gr, read_pattern, write_gr
from sklearn_wtrdf.datasets import load_ag_ge_se
from tests.io.pdfgetx3 import PDFGETX3
from tests.malformed import G_R, Q, R, S, rows

DATA = Path(__file__).parents[2] / "data"
S_R = Q * (S - 1)


@pytest.mark.parametrize(
    ("name", "header", "y"),
    [
        ("a.sq", PDFGETX3.format(kind="sq", names=r"Q($\AA^{-1}$)  S"), S),
        ("a.fq", PDFGETX3.format(kind="fq", names=r"Q($\AA^{-1}$)  F($\AA^{-1}$)"), S_R),
        ("named_by_its_suffix.sq", "", S),
        ("named_by_its_suffix.FQ", "# F(Q) of a glass\n", S_R),
        ("a.chi", "glass.tif: azimuthal\n Q (A^-1)\n S(Q)\n    148\n", S),
        ("a.xy", "# == pyFAI calibration ==\n# Distance: 0.3 m\n#   q_A^-1    S(q)\n", S),
        ("rmcprofile.sq", "148\n glass 300\n", S),
        ("a.dat", "# Q (1/A) S (Q)\n", S),
        ("a.dat", "! Q [A-1]   S(Q) - 1\n", S - 1),
        ("a.dat", "Q\tQ[S(Q)-1]\n", S_R),
        ("a.dat", "# q i(q)\n", S - 1),
        ("a.sq", '\'Id: "glass" Comment: "at 300 K"\n', S),
        ("a.sq", "Ge25Se75 300K\n", S),
        ("a.sq", "# environment: air\n", S),
    ],
)
def test_the_headers_of_common_programs_are_understood(name, header, y, file):
    pattern = read_pattern(file(name, header + rows(Q, y)))
    np.testing.assert_array_equal(pattern.q, Q)
    np.testing.assert_allclose(pattern.s_r, S_R, rtol=1e-12, atol=1e-12)
    assert pattern.std is None


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        ("", "x y dy"),
        ("", "x y dx dy"),
        ("# q_max = 8", "x y dy"),
        ("# Q S(Q) dS", "x y dy"),
        ("# Q S(Q) sigma", "x y dy"),
        ("# Q S(Q) S(Q)_err", "x y dy"),
        ("# Q S dQ dS", "x y dx dy"),
        ("# Q I sigma S(Q) error", "x other other y dy"),
        ("# Q S(Q) I sigma", "x y other other"),
        ("# Q S(Q) F(Q) dF", "x y other other"),
    ],
)
def test_the_column_of_standard_deviations_is_recognized_and_no_other_is_read(names, columns, file):
    std = 0.03 + 0.02 * np.sin(np.arange(148))
    column = {"x": Q, "y": S, "dy": std, "dx": np.full(148, 0.3), "other": np.full(148, 0.7)}
    text = f"{names}\n" + rows(*(column[name] for name in columns.split()))
    pattern = read_pattern(file("a.dat", text), quantity="S")
    np.testing.assert_allclose(pattern.s_r, S_R, rtol=1e-12, atol=1e-12)
    if "dy" in columns.split():
        np.testing.assert_allclose(pattern.std, Q * std, rtol=1e-12)
    else:
        assert pattern.std is None


def test_the_repositorys_files_are_read_as_the_loaders_read_them(ge_se):
    pattern = read_pattern(DATA / "ge25se75_sq.csv")
    np.testing.assert_array_equal(pattern.q, ge_se.q)
    np.testing.assert_array_equal(pattern.s_r, ge_se.s_r)
    curve = read_gr(DATA / "ge25se75_rdf.csv")
    np.testing.assert_array_equal(curve.r, ge_se.r)
    np.testing.assert_array_equal(curve.g, ge_se.target)
    path = DATA / "simulated" / "ag10_rdf.csv"
    table = np.genfromtxt(path, delimiter=",", names=True)
    np.testing.assert_array_equal(read_gr(path, column="g_x").g, table["g_x"])
    with pytest.warns(UserWarning, match="the column 'g' is read, and not g_x"):
        curve = read_gr(path)
    np.testing.assert_array_equal(curve.g, table["g"])
    assert curve.std is None
    assert read_pattern(DATA / "simulated" / "ag10_sq.csv").on(load_ag_ge_se([10]).q).s_r.shape == (148,)


@pytest.mark.parametrize("given_by", ["quantity", "name"])
def test_s_and_s_r_and_s_minus_1_are_the_same_pattern(given_by, file):
    for kind, y, std in [("S", S, 0.1 + 0 * Q), ("S_R", S_R, 0.1 * Q), ("S-1", S - 1, 0.1 + 0 * Q)]:
        if given_by == "name":
            pattern = read_pattern(file("a.dat", f"q {kind} error\n" + rows(Q, y, std)))
        else:
            pattern = read_pattern(file("a.dat", rows(Q, y, std)), quantity=kind)
        np.testing.assert_allclose(pattern.s_r, S_R, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(pattern.std, 0.1 * Q, rtol=1e-12)


def test_s_r_is_pystogs_f(file):
    theirs, their_std = Converter().S_to_F(Q, S, 0.1 * S)
    pattern = read_pattern(file("a.sq", rows(Q, S, 0.1 * S)))
    np.testing.assert_allclose(pattern.s_r, theirs, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(pattern.std, their_std, rtol=1e-12)


def test_two_theta_becomes_q_by_the_wavelength(file):
    wavelength = 0.5608
    angle = 2 * np.degrees(np.arcsin(Q * wavelength / (4 * np.pi)))
    for name in ["2theta", "2th_deg", "tth", "TwoTheta", "2θ"]:
        path = file("a.dat", f"# {name}  S(q)\n" + rows(angle, S))
        np.testing.assert_allclose(read_pattern(path, wavelength=wavelength).q, Q, rtol=1e-12)
        np.testing.assert_allclose(read_pattern(path, wavelength=wavelength).s_r, S_R, rtol=1e-10, atol=1e-12)
        with pytest.raises(ValueError, match="the wavelength is needed to convert 2θ"):
            read_pattern(path)
    for value in ["0.5608", "0.5608 Å", "0.5608 Angstrom"]:
        text = f"# Wavelength = {value}\n# 2theta  S(q)\n" + rows(angle, S)
        np.testing.assert_allclose(read_pattern(file("a.dat", text)).q, Q, rtol=1e-12)
    unnamed = read_pattern(file("a.sq", rows(angle, S)), wavelength=wavelength)
    np.testing.assert_allclose(unnamed.q, Q, rtol=1e-12)
    with pytest.raises(ValueError, match="its first column is q by its name"):
        read_pattern(file("a.dat", "q S(q)\n" + rows(angle, S)), wavelength=wavelength)
    with pytest.raises(ValueError, match="2θ of at most 180"):
        read_pattern(file("a.dat", "2theta S(q)\n" + rows(30 * Q, S)), wavelength=wavelength)


@pytest.mark.parametrize(
    "header",
    [
        "glass.tif\n 2-Theta Angle (Degrees)\n Intensity\n    148\n",
        "glass.tif\n Q (nm^-1)\n Intensity\n    148\n",
        "# q_nm^-1  I\n",
        "#   2th_deg             I\n",
        PDFGETX3.format(kind="iq", names=r"Q($\AA^{-1}$)  I"),
        "Angle,Intensity\n",
        "q counts\n",
    ],
)
def test_intensities_are_refused_and_the_way_to_s_is_shown(header, file):
    separator = "," if "," in header else " "
    with pytest.raises(ValueError, match=r"intensity\. Reduce it to S\(q\) first .*PDFgetX3"):
        read_pattern(file("a.dat", header + rows(Q, 1000 * S, separator=separator)), wavelength=None)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.sq", rows(Q, S - 1), "it tends to -?0"),  # S − 1 or F(q) in a .sq file
        ("a.sq", rows(10 * Q, S), "Give unit"),  # nm⁻¹ or 2θ, unsaid
        ("a.sq", rows(Q[:60] + 4, S[:60]), "Give unit"),
        ("a.sq", rows(np.linspace(0.65, 61, 148), S), "Give unit"),
        ("a.sq", "# Q ranges from 6.5 to 80 nm-1\n" + rows(Q, S), "has nm"),
        ("a.dat", "# q_m^-1  S(q)\n" + rows(Q, S), "in m;"),
        ("a.dat", "# wavelength = 22.1 keV\n# 2theta  S(q)\n" + rows(Q, S), "wavelength in Å"),
        ("a.dat", "# wavelength = 5.6e-12\n# 2theta  S(q)\n" + rows(5 * Q, S), "wavelength, in Å"),
        ("a.dat", "# wavelength = 0.56\n# 2th_rad  S(q)\n" + rows(Q, S), "in rad;"),
        ("a.dat", "# Q (1/A) S(Q)\n" + rows(Q, S, S), "its last column is no standard deviation"),
        ("a.sq", rows(Q, S, S - 1), "line 13: expected a standard deviation that is not negative"),
        ("a.sq", "151\nglass\n" + rows(Q, S), "expected 151 rows"),
        ("a.sq", rows(Q, S, separator=";").replace("\n0.7;", "\n;"), "line 2: expected 2 numbers"),
    ],
)
def test_what_would_be_read_wrong_is_an_error(name, text, message, file):
    with pytest.raises(ValueError, match=message):
        read_pattern(file(name, text))


def test_arguments_take_precedence_over_the_file(file):
    assert read_pattern(file("a.sq", rows(Q, S - 1)), quantity="S-1").s_r == pytest.approx(S_R, abs=1e-12)
    assert read_pattern(file("a.sq", rows(Q + 4, S)), unit="angstrom").q[0] == Q[0] + 4
    assert read_pattern(file("a.dat", "q_m^-1 I\n" + rows(Q, S)), unit="angstrom", quantity="S").q[0] == Q[0]
    for wrong in [{"quantity": "F"}, {"quantity": "intensity"}, {"unit": "bohr"}, {"wavelength": -1.0}]:
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
            read_pattern(file("a.sq", rows(Q, S)), **wrong)


def test_a_column_of_zeros_is_no_standard_deviation(tmp_path):
    r = np.linspace(1, 5, 41)
    path = write_gr(tmp_path / "a.gr", r, np.linspace(0, 2, 41), 0.04, std=np.zeros(41))
    assert read_gr(path).std is None


SILICA = Composition("SiO2")
B_SQUARED = SILICA.intensities("neutron")["square_of_mean"]
STD = 0.01 + 0.001 * Q


def gudrun(name, *columns):
    """Return a file of Gudrun: fifteen lines of header, a row at q = 0, and Fortran's numbers."""
    settings = f"# {name}\n# silica in a flat can\n#     1  1002\n#    10\n# \n# spec.bad\n#     6\n#    -1\n"
    settings += "#  0.2000000E+02\n#  0.0000000E+00  0.3733142E+01  0.0000000E+00\n"
    table = np.column_stack([np.append(0.0, column) for column in columns])
    return settings + "".join("".join(f"{x:16.7E}" for x in row) + "\n" for row in table)


@pytest.mark.parametrize(
    ("name", "text", "tolerance"),
    [
        ("pystog.dat", "# Q S(Q) F(Q) FK(Q) DCS(Q)\n" + rows(Q, S, S_R, 5 * (S - 1), 5 * S), 0),
        ("stog.sq", "148 \nG_to_S \n" + rows(Q, S), 0),
        ("pdfgetx2.sq", "## Created by PDFgetX2\n# Silica\n##### start data\n#F a\n#L Q S(Q) dQ dS(Q)\n", STD),
        ("pdfgetx2.fq", "##### start data\n#O0 rg_stack\n#N 4\n#L Q F(Q) dQ dF(Q)\n", Q * STD),
        ("pdfgetn.sq", "#S 1 - S(Q) from PDFgetN\n#P0  -20.38  1.08  0.1\n#L Q S(Q) dS(Q)\n", STD),
        (
            "pdfgetx3.fq",
            "[DEFAULT]\n\nversion = pdfgetx3-2.2.1\n#### start data\n#S 1\n#L Q($\\AA^{-1}$)  F($\\AA^{-1}$)\n",
            0,
        ),
        ("rmcprofile.sq", "148\nSilica at 300 K\n" + rows(Q, S), 0),
        ("origin.csv", "Q,S(Q)\nÅ⁻¹,\n" + rows(Q, S, separator=","), 0),
        ("liquiddiffract.dat", "# S(Q)\n# Q (1/A)    S(Q)\n" + rows(Q, S), 0),
    ],
)
def test_s_of_q_as_it_is_written(name, text, tolerance, file):
    if "#L" in text:
        y = S_R if "F(" in text else S
        columns = {"dQ": 0 * Q, "dS(Q)": STD, "dF(Q)": Q * STD}
        text += rows(Q, y, *(column for label, column in columns.items() if label in text.split("#L")[1].split()))
    pattern = read_pattern(file(name, text))
    np.testing.assert_allclose(pattern.q, Q)
    np.testing.assert_allclose(pattern.s_r, S_R, atol=1e-12)
    assert (pattern.std is None) == (tolerance is 0)  # noqa: F632
    if pattern.std is not None:
        np.testing.assert_allclose(pattern.std, Q * STD)


def test_pystog_counts_its_comment_among_the_rows(file):
    text = "# Q S(Q) F(Q)\n" + rows(Q, S, S_R)
    for count in (149, 150):
        with pytest.warns(UserWarning, match=f"its header counts {count} rows, with its own lines; the table has 148"):
            pattern = read_pattern(file("a.dat", f"{count}\n" + text))
        np.testing.assert_array_equal(pattern.s_r, Q * (S - 1))
    for count in (151, 160):
        with pytest.raises(ValueError, match=f"expected {count} rows, as its header says, got 148"):
            read_pattern(file("a.dat", f"{count}\n" + text))


def test_an_interference_function_that_a_comment_calls_normalized_is_noted(file):
    path = file("a.mint01", "# normalised to <b>^2\n" + gudrun("a", Q, S - 1, STD))
    with pytest.warns(DataWarning, match="says that it is divided already, give quantity='S-1'"):
        read_pattern(path, composition="Ge")
    for quantity in ("S-1", "interference"):
        with warnings.catch_warnings():
            warnings.simplefilter("error", DataWarning)
            read_pattern(path, composition="Ge", quantity=quantity)


def test_gudruns_merged_interference_function_needs_the_composition(file):
    text = gudrun("silica.mint01", Q, B_SQUARED * (S - 1), B_SQUARED * STD)
    path = file("silica.mint01", text)
    with pytest.raises(ValueError, match="give composition, such as 'SiO2', to divide by ⟨b⟩²") as error:
        read_pattern(path)
    assert "\n" not in str(error.value)
    for composition in ("SiO2", {"Si": 1, "O": 2}, SILICA):
        pattern = read_pattern(path, composition=composition)
        np.testing.assert_allclose(pattern.q, Q)  # without the row of zeros at q = 0
        np.testing.assert_allclose(pattern.s_r, S_R, atol=1e-6)
        np.testing.assert_allclose(pattern.std, Q * STD, rtol=1e-6)
    own = read_pattern(file("b.mint01", "# composition = SiO2\n" + text))
    np.testing.assert_array_equal(own.s_r, pattern.s_r)
    as_xy = read_pattern(file("b.dat", text), quantity="interference", composition="SiO2")
    np.testing.assert_allclose(as_xy.s_r[1:], S_R, atol=1e-6)
    normalized = read_pattern(file("c.mint01", gudrun("c", Q, S - 1, STD)), quantity="S-1")
    np.testing.assert_allclose(normalized.s_r, S_R, atol=1e-6)
    with pytest.raises(ValueError, match="too small to divide by"):
        read_pattern(path, composition={"H2O": 0.9195, "D2O": 0.0805})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.mdcs01", "is Gudrun's differential cross section with the self-scattering: read the .mint01"),
        ("a.dcs01", "is Gudrun's differential cross section"),
        ("a.int01", r"pass quantity='S-1' if by ⟨f⟩² or ⟨b⟩²"),
        ("a.mdor01", r"holds Gudrun's transform.*: read \.mint01"),
        ("a.mgor01", r"holds Gudrun's transform"),
        ("a.EPSR.u01", r"pass quantity='S-1' if by ⟨b⟩², 'interference' if not"),
        ("a.EPSR.t01", r"is normalized as configured in EPSR"),
    ],
)
def test_files_of_gudrun_and_epsr_of_unknown_normalization_are_refused(name, message, file):
    path = file(name, gudrun(name, Q, S - 1, STD))
    with pytest.raises(ValueError, match=message) as error:
        read_pattern(path)
    assert "\n" not in str(error.value)
    np.testing.assert_allclose(read_pattern(path, quantity="S-1").s_r, S_R, atol=1e-6)


def test_partials_of_epsr_are_taken_by_name(file):
    names = "#    Q              Ge-Ge                         Ge-Se                          Se-Se            \n"
    text = names + rows(Q, S - 1, STD, 0.5 * (S - 1), STD, 0 * S, 0 * S)
    path = file("glass.EPSR.f01", text)
    with pytest.raises(ValueError, match="Give column"):
        read_pattern(path)
    pattern = read_pattern(path, column="Ge-Se")
    np.testing.assert_allclose(pattern.s_r, 0.5 * S_R, atol=1e-12)
    np.testing.assert_allclose(pattern.std, Q * STD)
    total = file("glass.EPSR.u01", "#    Q              1     \n" + rows(Q, B_SQUARED * (S - 1), 0 * Q))
    in_barns = read_pattern(total, quantity="interference", composition="SiO2")
    np.testing.assert_allclose(in_barns.s_r, S_R, atol=1e-12)
    item = read_pattern(file("ga.EPSR.f01", "#    Q              Ga-Ga     \n" + rows(Q, S - 1, STD)))
    np.testing.assert_allclose(item.s_r, S_R, atol=1e-12)
    curve = read_gr(file("ga.EPSR.g01", "#    r              Ga-Ga     \n" + rows(R, G_R, 0.01 + 0 * R)))
    np.testing.assert_array_equal(curve.g, G_R)
    assert curve.std[0] == 0.01


@pytest.mark.parametrize("std", [0.0, 0.01])
def test_g_of_epsr_is_0_before_the_first_shell(std, file):
    g = np.where(R < 1.5, 0, G_R)
    curve = read_gr(file("ga.EPSR.g01", "#    r              Ga-Ga     \n" + rows(R, g, std * (g > 0))))
    np.testing.assert_array_equal(curve.r, R)
    np.testing.assert_array_equal(curve.g, g)


def test_banks_end_in_nan(file):
    s = np.where((Q < 1) | (Q > 7.5), np.nan, S)
    path = file("NOM_bank_3.dat", "#S 1 - S(Q)\n#L Q S(Q) dS(Q)\n" + rows(Q, s, np.where(np.isnan(s), np.nan, STD)))
    with pytest.warns(UserWarning, match=r"lines 3 to 9 and 141 to 150 are NaN and excluded"):
        pattern = read_pattern(path)
    np.testing.assert_allclose(pattern.q, Q[~np.isnan(s)])
    np.testing.assert_allclose(pattern.s_r, S_R[~np.isnan(s)], atol=1e-12)
    for missing in (
        (Q > 3) & (Q < 3.2),
        np.arange(148) == 0,
        np.arange(148) == 147,
    ):  # within, or a single one, which is damage
        with pytest.raises(ValueError, match=r"expected finite numbers, got .*nan"):
            read_pattern(file("b.sq", rows(Q, np.where(missing, np.nan, S))))
    with pytest.raises(ValueError, match="expected finite numbers"):
        read_pattern(file("c.sq", rows(Q, np.nan * S)))


def test_a_composition_in_capitals_in_a_header_is_noted(file):
    with pytest.warns(DataWarning, match="the composition 'SIO2' of its header is in capitals, and not read"):
        pattern = read_pattern(file("a.sq", "# composition = SIO2\n" + rows(Q, S)), quantity="S")
    assert pattern.composition is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("comment", ["Monitor normalised", "normalised to vanadium", "Normalised to <b>^2? No"])
def test_other_normalizations_of_an_interference_function_are_not_noted(comment, file):
    path = file("a.mint01", f"# {comment}\n" + gudrun("a", Q, B_SQUARED * (S - 1), STD))
    read_pattern(path, composition="SiO2")
