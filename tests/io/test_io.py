import warnings
from pathlib import Path

import numpy as np
import pytest
from diffpy.utils.parsers import load_data
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pystog import Converter

from sklearn_wtrdf import Composition, read_gr, read_pattern, write_gr
from sklearn_wtrdf.datasets import load_ag_ge_se
from sklearn_wtrdf.scattering.curve import rdf_from_g, reduced_pdf_from_g
from sklearn_wtrdf.utils.files import written_whole
from tests.malformed import ROWS, TITLES, Q, S, malformed_files, rows, valid_text

DATA = Path(__file__).parents[2] / "data"
S_R = Q * (S - 1)
R = np.round(np.arange(1.5, 12, 0.05), 2)
G = 1 + 3 * np.exp(-(((R - 2.4) / 0.1) ** 2)) - np.exp(-((R / 2) ** 4))  # g(r)
DENSITY = 0.034
PDFGETX3 = """[DEFAULT]

version = pdfgetx3-2.1.1

# input and output specifications
dataformat = twotheta
inputfile = ge25se75.xy
backgroundfile = empty.xy
outputtype = {kind}

# PDF calculation setup
mode = xray
wavelength = 0.1814
twothetazero = 0
composition = Ge25Se75
bgscale = 1
rpoly = 0.9
qmaxinst = 8.2
qmin = 0.8
qmax = 8.0
rmin = 0.0
rmax = 12.0
rstep = 0.01

# End of config --------------------------------------------------------------
#### start data

#S 1
#L {names}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


# S(q)


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
        ("rmcprofile_without_title.fq", "  148\n\n", S_R),
        ("a.dat", "# Q (1/A) S (Q)\n", S),
        ("a.dat", "! Q [A-1]   S(Q) - 1\n", S - 1),
        ("a.dat", "Q\tQ[S(Q)-1]\n", S_R),
        ("a.dat", "# q i(q)\n", S - 1),
        ("a.sq", '\'Id: "glass" Comment: "at 300 K"\n', S),
        ("a.sq", "Ge25Se75 300K\n", S),
        ("a.sq", "# environment: air\n", S),
    ],
)
def test_the_communitys_headers_say_what_the_columns_are(name, header, y, file):
    pattern = read_pattern(file(name, header + rows(Q, y)))
    np.testing.assert_array_equal(pattern.q, Q)
    np.testing.assert_allclose(pattern.s_r, S_R, rtol=1e-12, atol=1e-12)
    assert pattern.std is None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("separator", [" ", "   ", "\t", ",", ", ", ";"])
def test_line_ends_encodings_and_separators_make_no_difference(end, encoding, separator, file):
    text = f"Q(Å){separator}S(Q)\n\n" + rows(Q, S, separator=separator) + "\n\n# the end\n  \n"
    pattern = read_pattern(file("a.dat", text.replace("\n", end).encode(encoding)))
    np.testing.assert_array_equal(pattern.q, Q)
    np.testing.assert_array_equal(pattern.s_r, Q * (S - 1))


def test_no_final_line_break_and_separators_at_the_end_of_rows_do_no_harm(file):
    text = "q,S(q)\n" + rows(Q, S, separator=",").replace("\n", ",\n")
    np.testing.assert_array_equal(read_pattern(file("a.csv", text[:-1])).s_r, Q * (S - 1))


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
def test_the_column_of_standard_deviations_is_found_and_no_other_taken(names, columns, file):
    std = np.linspace(0.01, 0.05, 148)
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
    with pytest.warns(UserWarning, match="the column 'g' is taken, and not g_x"):
        curve = read_gr(path)
    np.testing.assert_array_equal(curve.g, table["g"])
    assert curve.std is None
    assert read_pattern(DATA / "simulated" / "ag10_sq.csv").on(load_ag_ge_se([10]).q).s_r.shape == (148,)


@pytest.mark.parametrize("given_by", ["quantity", "name"])
def test_s_and_s_r_and_s_minus_1_are_one_pattern(given_by, file):
    for kind, y, std in [("S", S, 1 + 0 * Q), ("S_R", S_R, Q), ("S-1", S - 1, 1 + 0 * Q)]:
        if given_by == "name":
            pattern = read_pattern(file("a.dat", f"q {kind} error\n" + rows(Q, y, std)))
        else:
            pattern = read_pattern(file("a.dat", rows(Q, y, std)), quantity=kind)
        np.testing.assert_allclose(pattern.s_r, S_R, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(pattern.std, Q, rtol=1e-12)


def test_s_r_is_pystogs_f(file):
    theirs, their_std = Converter().S_to_F(Q, S, 0.1 * S)
    pattern = read_pattern(file("a.sq", rows(Q, S, 0.1 * S)))
    np.testing.assert_allclose(pattern.s_r, theirs, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(pattern.std, their_std, rtol=1e-12)


@pytest.mark.parametrize("name", ["q_nm^-1", "Q(1/nm)", "Q (nm^-1)", "Q (Inverse Nanometres)"])
@pytest.mark.parametrize(("kind", "factor"), [("S(Q)", 1), ("F(Q)", 10)])
def test_nanometres_are_told_by_the_name(name, kind, factor, file):
    y = {"S(Q)": S, "F(Q)": S_R}[kind]
    text = rows(10 * Q, factor * y, factor * 0.1 * S)
    pattern = read_pattern(file("a.dat", f"# {name}  {kind}  error\n" + text))
    np.testing.assert_allclose(pattern.q, Q, rtol=1e-12)
    np.testing.assert_allclose(pattern.s_r, S_R, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(pattern.std, 0.1 * S * (Q if kind == "S(Q)" else 1), rtol=1e-12)
    said = read_pattern(file("a.dat", text), unit="nm", quantity={"S(Q)": "S", "F(Q)": "S_R"}[kind])
    np.testing.assert_array_equal(said.s_r, pattern.s_r)
    chi = read_pattern(file("a.chi", f"glass\n {name}\n {kind}\n   148\n" + rows(10 * Q, factor * y)))
    np.testing.assert_array_equal(chi.s_r, pattern.s_r)


def test_two_theta_becomes_q_by_the_wavelength(file):
    wavelength = 0.5608
    angle = 2 * np.degrees(np.arcsin(Q * wavelength / (4 * np.pi)))
    for name in ["2theta", "2th_deg", "tth", "TwoTheta", "2θ"]:
        path = file("a.dat", f"# {name}  S(q)\n" + rows(angle, S))
        np.testing.assert_allclose(read_pattern(path, wavelength=wavelength).q, Q, rtol=1e-12)
        np.testing.assert_allclose(read_pattern(path, wavelength=wavelength).s_r, S_R, rtol=1e-10, atol=1e-12)
        with pytest.raises(ValueError, match="2θ needs the wavelength"):
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


def test_a_header_that_mentions_angles_does_not_make_q_an_angle(file):
    header = "wavelength = 0.5608\ntwothetazero = 0\nangle = 3\ntth_max = 90\n"
    np.testing.assert_array_equal(read_pattern(file("a.sq", header + rows(Q, S))).q, Q)


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
    with pytest.raises(ValueError, match=r"intensity\. S\(q\) has to be made of it first .*PDFgetX3"):
        read_pattern(file("a.dat", header + rows(Q, 1000 * S, separator=separator)), wavelength=None)


@pytest.mark.parametrize("header", ["", "# a glass\n", "q  T(q)\n", "q iq\n", "q y\n", "2theta  yobs\n"])
def test_what_cannot_be_told_asks_for_quantity(header, file):
    path = file("a.xy", header + rows(Q, S))
    with pytest.raises(ValueError, match=r"cannot tell what .* Say quantity"):
        read_pattern(path)
    if "2theta" not in header:
        np.testing.assert_array_equal(read_pattern(path, quantity="S").s_r, Q * (S - 1))


def test_one_of_several_columns_is_taken_only_if_it_is_clear_which(file):
    path = file("a.csv", "q,S(100K),S(300K)\n" + rows(Q, S, 2 * S, separator=","))
    with pytest.raises(ValueError, match="several columns may be meant: S\\(100K\\), S\\(300K\\)"):
        read_pattern(path)
    with pytest.warns(UserWarning, match="taken for S, but it is 2 ± 0.059 in the upper quarter of q"):
        pattern = read_pattern(path, column="S(300K)")
    np.testing.assert_array_equal(pattern.s_r, Q * (2 * S - 1))
    with pytest.raises(ValueError, match="no column is named 'S'; it has q, S\\(100K\\)"):
        read_pattern(path, column="S")
    wide = file("b.csv", "q,I,f2,S,other,F\n" + rows(Q, S, S, S, S, S_R, separator=","))
    np.testing.assert_array_equal(read_pattern(wide, quantity="S").s_r, Q * (S - 1))
    np.testing.assert_array_equal(read_pattern(wide, column="F").s_r, S_R)
    partial = file("c.csv", "r,g_Ge_Ge,g_Ge_Se,g_Se_Se\n" + rows(R, G, G, G, separator=","))
    with pytest.raises(ValueError, match="several columns may be meant"):
        read_gr(partial)
    samples = file("d.csv", "r,GeSe2,glass\n" + rows(R, G, G, separator=","))
    with pytest.raises(ValueError, match="cannot tell what the column 'GeSe2' is"):
        read_gr(samples)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.sq", rows(Q, S - 1), "it tends to -?0"),  # S − 1 or F(q) in a .sq file
        ("a.sq", rows(10 * Q, S), "Say unit"),  # nm⁻¹ or 2θ, unsaid
        ("a.sq", rows(Q[:60] + 4, S[:60]), "Say unit"),
        ("a.sq", rows(np.linspace(0.65, 61, 148), S), "Say unit"),
        ("a.sq", "# Q ranges from 6.5 to 80 nm-1\n" + rows(Q, S), "speaks of nm"),
        ("a.dat", "# q_m^-1  S(q)\n" + rows(Q, S), "in m;"),
        ("a.dat", "# wavelength = 0.05608 nm\n# 2theta  S(q)\n" + rows(Q, S), "wavelength in Å"),
        ("a.dat", "# wavelength = 5.6e-12\n# 2theta  S(q)\n" + rows(5 * Q, S), "wavelength, in Å"),
        ("a.dat", "# wavelength = 0.56\n# 2th_rad  S(q)\n" + rows(Q, S), "in rad;"),
        ("a.dat", "# Q (1/A) S(Q)\n" + rows(Q, S, S), "cannot tell"),  # not the third column, as its words would say
        ("a.sq", rows(Q, S, S - 1), "line 13: expected a standard deviation that is not negative"),
        ("a.sq", "149\nglass\n" + rows(Q, S), "expected 149 rows"),
        ("a.sq", rows(Q, S, separator=";").replace("\n0.7;", "\n;"), "line 2: expected 2 numbers"),
    ],
)
def test_what_would_be_read_wrong_is_an_error(name, text, message, file):
    with pytest.raises(ValueError, match=message):
        read_pattern(file(name, text))


def test_the_caller_has_the_last_word(file):
    assert read_pattern(file("a.sq", rows(Q, S - 1)), quantity="S-1").s_r == pytest.approx(S_R, abs=1e-12)
    assert read_pattern(file("a.sq", rows(Q + 4, S)), unit="angstrom").q[0] == Q[0] + 4
    assert read_pattern(file("a.dat", "q_m^-1 I\n" + rows(Q, S)), unit="angstrom", quantity="S").q[0] == Q[0]
    for wrong in [{"quantity": "F"}, {"quantity": "intensity"}, {"unit": "bohr"}, {"wavelength": -1.0}]:
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
            read_pattern(file("a.sq", rows(Q, S)), **wrong)


def test_the_header_is_kept_and_has_the_number_density(file):
    for line in ["number_density = 0.034", "# rho0 = 0.034 A^-3", "! NumberDensity=0.034"]:
        pattern = read_pattern(file("a.sq", f"# composition = Ge25Se75\n{line}\n# a line of words\n" + rows(Q, S)))
        assert pattern.number_density == 0.034
        assert pattern.provenance["composition"] == "Ge25Se75"
        assert len(pattern.provenance) == 2
    assert read_pattern(file("a.sq", rows(Q, S))).number_density is None


def test_the_same_grid_gives_the_same_numbers(file):
    pattern = read_pattern(file("a.fq", rows(Q, S_R)))
    np.testing.assert_array_equal(pattern.on(Q).s_r, S_R)
    np.testing.assert_array_equal(pattern.on(Q + 1e-8).s_r, S_R)


def test_another_grid_is_interpolated_closely(file):
    def truth(q):
        return np.sin(2.4 * q) * np.exp(-0.02 * q**2)

    pattern = read_pattern(file("a.fq", rows(Q, truth(Q))))
    finer = np.linspace(0.65, 8, 1001)
    assert np.abs(pattern.on(finer).s_r - truth(finer)).max() < 1e-5
    inside = np.arange(1, 7, 0.13)
    assert np.abs(pattern.on(inside).s_r - truth(inside)).max() < 1e-5
    np.testing.assert_array_equal(pattern.on([0.61, 8.04]).s_r, pattern.s_r[[0, -1]])  # within one step


def test_standard_deviations_on_another_grid_lie_on_straight_lines(file):
    std = np.where(np.arange(Q.size) % 2, 0.01, 1.0)  # a spline through these would be negative
    pattern = read_pattern(file("a.fq", rows(Q, S_R, std)))
    np.testing.assert_array_equal(pattern.on(Q + 1e-8).std, std)
    np.testing.assert_allclose(pattern.on([Q[0] + 0.025, Q[1], Q[-1] + 0.04]).std, [0.505, 0.01, std[-1]])


def test_one_standard_deviation_that_is_not_positive_makes_them_all_unknown(file):
    q, std = np.append(0.0, Q), np.full(Q.size + 1, 0.1)
    pattern = read_pattern(file("a.sq", rows(q, np.append(0.0, S), std)))
    assert pattern.std[0] == 0  # that of S_R = q (S − 1)
    assert pattern.on(q).std is None
    np.testing.assert_allclose(pattern.on(Q).std, 0.1 * Q)
    assert read_pattern(file("b.sq", rows(Q, S))).on(Q).std is None


@pytest.mark.parametrize("q", [[0.5, 1.0], [1.0, 8.2], [8.0, 1.0], [1.0, np.nan], []])
def test_a_grid_that_reaches_beyond_or_is_none_is_refused(q, file):
    pattern = read_pattern(file("a.fq", rows(Q, S_R, 0.1 * Q)))
    with pytest.raises(ValueError, match=r"^q "):
        pattern.on(q)


# g(r)


@pytest.mark.parametrize("given_by", ["name", "suffix", "quantity"])
def test_g_and_reduced_pdf_and_rdf_are_one_curve(given_by, file):
    std = 0.1 + 0.01 * R
    forms = {
        "g": (G, std),
        "G": (reduced_pdf_from_g(R, G, DENSITY), 4 * np.pi * R * DENSITY * std),
        "RDF": (rdf_from_g(R, G, DENSITY), 4 * np.pi * R**2 * DENSITY * std),
    }
    names = {"g": "g(r)", "G": r"G($\AA^{-2}$)", "RDF": "RDF"}
    for kind, (y, dy) in forms.items():
        options = {}
        if given_by == "name" or (given_by == "suffix" and kind == "g"):
            path = file("a.dat", f"#L r  {names[kind]}  error\n" + rows(R, y, dy))
        elif given_by == "suffix":
            path = file({"G": "a.gr", "RDF": "a.RDF"}[kind], rows(R, y, dy))
        else:
            path, options = file("a.dat", rows(R, y, dy)), {"quantity": kind}
        curve = read_gr(path, number_density=DENSITY, **options)
        np.testing.assert_array_equal(curve.r, R)
        np.testing.assert_allclose(curve.g, G, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(curve.std, std, rtol=1e-12)
    theirs, their_std = Converter().G_to_g(R, *forms["G"], rho=DENSITY)
    np.testing.assert_allclose(curve.g, theirs, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(curve.std, their_std, rtol=1e-12)


def test_a_file_of_pdfgetx3_has_no_density_and_begins_at_0(file):
    r = np.append(0.0, R)
    reduced = np.append(0.0, reduced_pdf_from_g(R, G, DENSITY))
    header = PDFGETX3.format(kind="gr", names=r"r($\AA$)  G($\AA^{-2}$)")
    path = file("a.gr", header + rows(r, reduced))
    with pytest.raises(ValueError, match=r"G\(r\) needs number_density"):
        read_gr(path)
    curve = read_gr(path, number_density=DENSITY)
    np.testing.assert_array_equal(curve.r, R)
    np.testing.assert_allclose(curve.g, G, rtol=1e-12, atol=1e-12)
    assert curve.number_density == DENSITY
    assert curve.provenance["composition"] == "Ge25Se75"
    with pytest.warns(UserWarning, match=r"taken for g\(r\), but it is negative, .* give quantity='G'"):
        assert read_gr(path, number_density=DENSITY, quantity="g").g[0] == reduced[1]


@pytest.mark.parametrize(("kind", "factor"), [("g", 1), ("RDF", 10), ("G", 100)])
def test_nanometres_of_r(kind, factor, file):
    y = {"g": G, "RDF": rdf_from_g(R, G, DENSITY), "G": reduced_pdf_from_g(R, G, DENSITY)}[kind] * factor
    std = {"g": 1, "RDF": 4 * np.pi * R**2 * DENSITY, "G": 4 * np.pi * R * DENSITY}[kind] * factor * np.ones_like(R)
    named = read_gr(file("a.dat", f"r(nm) {kind} error\n" + rows(R / 10, y, std)), number_density=DENSITY)
    np.testing.assert_allclose(named.r, R, rtol=1e-12)
    np.testing.assert_allclose(named.g, G, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(named.std, 1, rtol=1e-12)
    unnamed = read_gr(file("a.dat", rows(R / 10, y)), number_density=DENSITY, unit="nm", quantity=kind)
    np.testing.assert_array_equal(unnamed.g, named.g)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.gr", rows(R, G), "taken for G .* it tends to 1"),  # many programs write g(r) into .gr files
        ("a.dat", "r,rdf\n" + rows(R, G, separator=","), "taken for RDF .* it tends to 1"),
        ("a.gr", "r T(r)\n" + rows(R, G), "cannot tell"),
        ("a.gr", "q S(q)\n" + rows(Q, S), "its first column is q"),
        ("a.gr", "# rho0 = 34\n" + rows(R, G - 1), "no number density in Å⁻³"),
        ("a.dat", "r(bohr) g\n" + rows(R / 0.529, G), "in bohr;"),
    ],
)
def test_a_curve_that_would_be_read_wrong_is_an_error(name, text, message, file):
    with pytest.raises(ValueError, match=message):
        read_gr(file(name, text), number_density=None if "rho0" in text else DENSITY)


def test_what_is_written_is_what_diffpy_reads(tmp_path):
    std = 0.1 / R
    header = {"composition": "Ge25Se75", "qmax": 8.0, "model": "WTRDFRegressor, fitted", "note": "Å, ρ₀"}
    path = write_gr(tmp_path / "a.gr", R, G, DENSITY, std=std, header=header)
    table = load_data(path)
    columns = [R, reduced_pdf_from_g(R, G, DENSITY), np.zeros_like(R), 4 * np.pi * R * DENSITY * std]
    np.testing.assert_array_equal(table, np.column_stack(columns))
    theirs = load_data(path, headers=True)
    assert theirs["number_density"] == DENSITY
    assert theirs["qmax"] == 8.0
    assert theirs["composition"] == "Ge25Se75"
    curve = read_gr(path)
    assert curve.number_density == DENSITY
    assert curve.provenance | {name: str(value) for name, value in header.items()} == curve.provenance
    assert curve.provenance["version"].startswith("sklearn-wtrdf ")
    np.testing.assert_array_equal(curve.r, R)
    np.testing.assert_allclose(curve.g, G, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(curve.std, std, rtol=1e-12)
    assert load_data(write_gr(tmp_path / "b.gr", R, G, DENSITY)).shape == (R.size, 2)


def test_a_curve_that_ends_on_a_peak_is_read_back(tmp_path):
    r, g = R[:22], 1 + 1 / (4 * np.pi * R[:22] * DENSITY)  # G is 1
    np.testing.assert_allclose(read_gr(write_gr(tmp_path / "a.gr", r, g, DENSITY)).g, g, rtol=1e-12)


def test_no_header_replaces_the_density(tmp_path):
    path = write_gr(tmp_path / "a.gr", R, G, DENSITY, header={"number_density": 0.05, "version": "2"})
    assert read_gr(path).number_density == DENSITY
    assert path.read_text().count("number_density") == 1


def test_the_header_says_the_composition_and_the_mass_density(tmp_path):
    path = write_gr(tmp_path / "a.gr", R, G, Composition("SiO2").number_density(2.20), composition={"Si": 1, "O": 2})
    curve = read_gr(path)
    assert (curve.provenance["composition"], curve.provenance["mass_density"]) == ("SiO2", "2.2")
    np.testing.assert_allclose(curve.g, G, rtol=1e-12, atol=1e-12)
    with pytest.raises(ValueError, match=r"^composition must be a formula"):
        write_gr(tmp_path / "b.gr", R, G, DENSITY, composition="Sio2")
    assert not (tmp_path / "b.gr").exists()


def test_nothing_is_overwritten_unless_asked_for_and_nothing_is_left_behind(tmp_path, monkeypatch):
    path = tmp_path / "a.gr"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        write_gr(path, R, G, DENSITY)
    assert path.read_text() == "precious"

    def full(file, *_, **__):
        file.write_bytes(b"half")
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="no space"):
            write_gr(path, R, G, DENSITY, overwrite=True)
    assert path.read_text() == "precious"
    assert write_gr(path, R, G, DENSITY, overwrite=True) == path
    assert read_gr(path).r.size == R.size
    assert [p.name for p in tmp_path.iterdir()] == ["a.gr"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"g": G[1:]}, "of each as many"),
        ({"std": G[1:]}, "of each as many"),
        ({"r": R[:2], "g": G[:2]}, "3 numbers or more"),
        ({"r": R[:, None], "g": G[:, None]}, "of each as many"),
        ({"g": np.where(R > 3, np.nan, G)}, "finite"),
        ({"std": np.full_like(R, np.inf)}, "finite"),
        ({"r": R[::-1]}, "r must increase"),
        ({"r": R - 2}, "r must increase"),
        ({"std": -G}, "std must not be negative"),
        ({"number_density": 0.0}, "number_density"),
        ({"header": {"a=1": "note"}}, "must not hold '='"),
        ({"header": {"two\nlines": "note"}}, "line break"),
        ({"header": {"# a": "note"}}, "begin like a comment"),
    ],
)
def test_what_could_not_be_read_is_not_written(changes, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        write_gr(tmp_path / "a.gr", **({"r": R, "g": G, "number_density": DENSITY} | changes))
    assert list(tmp_path.iterdir()) == []


def test_the_header_is_read_as_it_was_written(tmp_path):
    values = ["a=1", "= b", "two\nlines", "two\rlines\r\n", " blanks\t", "# a", "a # b", '"quoted"', '"', "", "\\u003d"]
    values += ["−1", "Å", "name\udcff", "\u2028", "[DEFAULT]", "None", 0.1, True]
    header = {f"p{i}": value for i, value in enumerate(values)}
    curve = read_gr(write_gr(tmp_path / "a.gr", R, G, DENSITY, header=header))
    assert {name: curve.provenance[name] for name in header} == {name: str(value) for name, value in header.items()}
    np.testing.assert_allclose(curve.g, G, rtol=1e-12)


# Malformed files


def test_every_malformed_file_is_refused_in_one_line_that_names_it(tmp_path):
    valid = tmp_path / "valid.txt"
    valid.write_text(valid_text())
    np.testing.assert_array_equal(read_pattern(valid).q, Q)
    paths = malformed_files(tmp_path)
    contents = {path.read_bytes() for path in paths if path.is_file() and path.stat().st_size < 1_000_000}
    assert len(contents) >= 200
    for path in paths:
        for read in (read_pattern, read_gr) if path.stem != "distances" else (read_pattern,):
            with pytest.raises((ValueError, OSError)) as error:
                read(path)
            assert str(error.value).startswith(str(path))
            assert len(str(error.value).splitlines()) == 1
            assert len(str(error.value)) < len(str(path)) + 300


@pytest.mark.parametrize(
    "name", ["cut_3_0", "nan_42", "descending", "two_tables", "decimal_commas_comma", "fortran_0", "density_of_mass"]
)
def test_a_malformed_curve_is_refused_for_the_same_reason(name, tmp_path):
    paths = {path.stem: path for path in malformed_files(tmp_path)}
    messages = []
    for read, names in [(read_pattern, b"q  S(q)"), (read_gr, b"r  g(r)")]:
        paths[name].write_bytes(paths[name].read_bytes().replace(b"q  S(q)", names))
        with pytest.raises(ValueError, match=name) as error:
            read(paths[name])
        messages.append(str(error.value).replace("expected r that", "expected q that"))
    assert messages[0] == messages[1]


def test_an_error_names_the_line_and_shows_it(file):
    text = valid_text().replace(f"\n{ROWS[10]}\n", "\n1.15 oops\n")
    with pytest.raises(ValueError, match=rf"a\.dat, line {len(TITLES) + 11}: expected 2 numbers, got '1\.15 oops'\.$"):
        read_pattern(file("a.dat", text))


def read_by_all(path):
    """Read a file in several ways, each of which must give a sound result or one line of error."""
    for read, options in [
        (read_pattern, {}),
        (read_pattern, {"quantity": "S", "unit": "angstrom"}),
        (read_pattern, {"quantity": "S_R", "wavelength": 0.56}),
        (read_gr, {}),
        (read_gr, {"quantity": "RDF", "number_density": 0.034}),
        (read_gr, {"quantity": "G", "unit": "nm"}),
    ]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what is doubtful
                result = read(path, **options)
        except (ValueError, OSError) as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017
            assert str(error).startswith(str(path))  # noqa: PT017
            continue
        x, y = (result.q, result.s_r) if read is read_pattern else (result.r, result.g)
        columns = [x, y] if result.std is None else [x, y, result.std]
        assert {column.shape for column in columns} == {(x.size,)}
        assert x.size >= 2
        assert np.isfinite(columns).all()
        assert (np.diff(x) > 0).all()
        assert x[0] >= 0
        assert result.std is None or result.std.min() >= 0


@settings(max_examples=200)
@given(st.binary(max_size=300), st.sampled_from([".dat", ".sq", ".gr", ".chi"]))
def test_any_bytes_give_numbers_or_one_line(folder, contents, suffix):
    path = folder / f"bytes{suffix}"
    path.write_bytes(contents)
    read_by_all(path)


characters = st.sampled_from(list("0123456789.,;+-eEnNaAqrSGgIi()#!%=_ \t\n\r\x85\u2028²Å−"))


@settings(max_examples=200)
@given(st.text(characters, max_size=120), st.sampled_from([".dat", ".sq", ".gr", ".rdf"]))
def test_any_text_of_a_tables_characters_gives_numbers_or_one_line(folder, text, suffix):
    path = folder / f"text{suffix}"
    path.write_text(text, encoding="utf-8", newline="")
    read_by_all(path)


VALID = [
    valid_text(),
    "q,s_r,error\n" + rows(Q, S_R, S, separator=","),
    "glass\n 2-Theta Angle (Degrees)\n S(Q)\n    148\n" + rows(Q, S),
    PDFGETX3.format(kind="gr", names="r  G  dr  dG") + rows(R, G - 1, 0 * R, G),
    "rho0 = 0.034\nr(nm);rdf\n" + rows(R, R**2, separator=";"),
    "148\nglass\n" + rows(Q, S),
]


@settings(max_examples=200)
@given(
    st.sampled_from(VALID),
    st.lists(
        st.tuples(st.sampled_from(["flip", "insert", "delete", "move", "cut"]), st.floats(0, 1), st.binary(max_size=6)),
        max_size=4,
    ),
    st.booleans(),
    st.sampled_from([".dat", ".sq", ".gr", ".rdf"]),
)
def test_a_damaged_file_gives_numbers_or_one_line(folder, text, changes, lines, suffix):
    """Bytes or lines are flipped, inserted, deleted, moved to the end, or the file is cut."""
    parts = text.encode().splitlines(keepends=True) if lines else [bytes([byte]) for byte in text.encode()]
    for change, where, new in changes:
        i = round(where * (len(parts) - 1))
        if change == "insert":
            parts.insert(i, new)
        elif change == "flip":
            parts[i] = new
        elif change == "delete":
            del parts[i]
        elif change == "move":
            parts.append(parts.pop(i))
        else:
            del parts[i + 1 :]
        parts = parts or [b""]
    path = folder / f"damaged{suffix}"
    path.write_bytes(b"".join(parts))
    read_by_all(path)


numbers = st.floats(-1e99, 1e99)


@st.composite
def tables(draw):
    n = draw(st.integers(3, 12))
    q = sorted(draw(st.lists(st.floats(0, 1000), min_size=n, max_size=n, unique=True)))
    assume(np.diff(q).min() > 1e-8)
    columns = [q, draw(st.lists(numbers, min_size=n, max_size=n))]
    columns += [draw(st.lists(numbers.map(abs), min_size=n, max_size=n)) for _ in range(draw(st.integers(0, 2)))]
    return np.array(columns)


@settings(max_examples=200)
@given(
    table=tables(),
    separator=st.sampled_from([" ", "\t", "   ", ",", ";", ", ", " ; "]),
    comments=st.lists(st.tuples(st.sampled_from("#!%"), st.text(st.characters(exclude_categories=["C", "Z"])))),
)
def test_any_table_below_any_comments_reads_back_exactly(folder, table, separator, comments):
    header = "".join(f"{mark} note: {text}\n" for mark, text in comments)
    path = folder / "table.fq"
    path.write_text(header + rows(*table, separator=separator), encoding="utf-8")
    pattern = read_pattern(path, unit="angstrom")
    np.testing.assert_array_equal(pattern.q, table[0])
    np.testing.assert_array_equal(pattern.s_r, table[1])
    if len(table) == 2:
        assert pattern.std is None
    else:
        np.testing.assert_array_equal(pattern.std, table[-1])


def test_another_density_than_the_header_s_is_used_and_said(tmp_path):
    r, g = np.linspace(1, 5, 41), np.linspace(0, 2, 41)
    path = write_gr(tmp_path / "a.gr", r, g, 0.04)
    with pytest.warns(UserWarning, match=r"its header has the number density 0\.04 "):
        curve = read_gr(path, number_density=0.034)
    np.testing.assert_allclose(curve.g - 1, (g - 1) * 0.04 / 0.034, atol=1e-12)
    assert read_gr(path, number_density=0.04).number_density == 0.04


def test_what_is_written_half_way_is_not_left_behind(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    interrupted = written_whole(path, overwrite=True)
    interrupted.__enter__().write_text("half")
    assert len(list(tmp_path.iterdir())) == 2
    assert not interrupted.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_column_of_zeros_is_no_standard_deviation(tmp_path):
    r = np.linspace(1, 5, 41)
    path = write_gr(tmp_path / "a.gr", r, np.linspace(0, 2, 41), 0.04, std=np.zeros(41))
    assert read_gr(path).std is None


def test_a_row_of_units_is_not_overlooked(tmp_path):
    path = tmp_path / "origin.csv"
    path.write_text("Q,S(Q)\nnm^-1,\n5.5,0.5\n6.5,1.5\n7.5,1.0\n")
    with pytest.raises(ValueError, match="speaks of nm"):
        read_pattern(path)
    assert read_pattern(path, unit="nm").q[0] == 0.55
