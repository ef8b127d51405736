"""The unit of q or r."""

import numpy as np
import pytest

from sklearn_wtrdf import DataWarning, read_gr, read_pattern, read_scan
from sklearn_wtrdf.scattering.curve import rdf_from_g, reduced_pdf_from_g
from tests.malformed import G_R, Q, R, S, rows

S_R = Q * (S - 1)
DENSITY = 0.066
G = reduced_pdf_from_g(R, G_R, DENSITY)


@pytest.mark.parametrize("name", ["q_nm^-1", "Q(1/nm)", "Q (nm^-1)", "Q (Inverse Nanometres)"])
@pytest.mark.parametrize(("kind", "factor"), [("S(Q)", 1), ("F(Q)", 10)])
def test_nanometres_are_recognized_by_the_name(name, kind, factor, file):
    y = {"S(Q)": S, "F(Q)": S_R}[kind]
    text = rows(10 * Q, factor * y, factor * 0.03 * S)
    pattern = read_pattern(file("a.dat", f"# {name}  {kind}  error\n" + text))
    np.testing.assert_allclose(pattern.q, Q, rtol=1e-12)
    np.testing.assert_allclose(pattern.s_r, S_R, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(pattern.std, 0.03 * S * (Q if kind == "S(Q)" else 1), rtol=1e-12)
    message = read_pattern(file("a.dat", text), unit="nm", quantity={"S(Q)": "S", "F(Q)": "S_R"}[kind])
    np.testing.assert_array_equal(message.s_r, pattern.s_r)
    chi = read_pattern(file("a.chi", f"glass\n {name}\n {kind}\n   148\n" + rows(10 * Q, factor * y)))
    np.testing.assert_array_equal(chi.s_r, pattern.s_r)


def test_a_header_that_mentions_angles_does_not_make_q_an_angle(file):
    header = "wavelength = 0.5608\ntwothetazero = 0\nangle = 3\ntth_max = 90\n"
    np.testing.assert_array_equal(read_pattern(file("a.sq", header + rows(Q, S))).q, Q)


@pytest.mark.parametrize(
    "comment",
    ["# q in nm^-1", "# x: Q (1/nm)", "! Q [nm-1], S", "# momentum transfer / nm⁻¹", "# Q (inverse nanometres)"],
)
@pytest.mark.parametrize("names", ["", "# Q S(Q)\n"])
def test_the_unit_of_q_is_read_from_a_comment(comment, names, file):
    pattern = read_pattern(file("a.sq", f"{comment}\n{names}" + rows(10 * Q, S)))
    np.testing.assert_allclose(pattern.q, Q)


def test_picometres_are_read(file):
    np.testing.assert_allclose(read_pattern(file("a.dat", "Q(pm^-1) S(Q)\n" + rows(Q / 100, S))).q, Q)
    np.testing.assert_allclose(read_gr(file("a.dat", "r(pm) g\n" + rows(100 * R, G_R))).r, R)
    curve = read_gr(file("a.gr", "# r in pm\n" + rows(100 * R, G / 1e4)), number_density=DENSITY)
    np.testing.assert_allclose(curve.g, G_R, atol=1e-9)
    np.testing.assert_allclose(read_gr(file("a.gr", "r rdf\n" + rows(100 * R, rdf_from_g(R, G_R, DENSITY) / 100)),
                                       unit="pm", number_density=DENSITY).g, G_R, atol=1e-9)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# Q from 6.5 to 80 nm^-1\n# Q(1/A) S(Q)\n" + rows(Q, S), "has both nm and Å for q. Give unit"),
        ("# Q (A^-1) was Q (nm^-1)\n" + rows(Q, S), "has both nm and Å"),
        ("# q in nm^-1\n" + rows(Q, S), "in which q up to 8 is unlikely. Give unit"),
    ],
)
def test_units_that_contradict_one_another_or_the_values_are_refused(text, message, file):
    path = file("a.sq", text)
    with pytest.raises(ValueError, match=message):
        read_pattern(path)
    np.testing.assert_array_equal(read_pattern(path, unit="angstrom").q, Q)


def test_r_that_may_be_in_other_units_needs_the_unit(file):
    for factor, unit in ((0.1, "nm"), (100, "pm")):
        path = file("a.dat", "r g\n" + rows(R * factor, G_R))
        with pytest.raises(ValueError, match=rf"Å is unlikely\. Give unit: .*'{unit}'"):
            read_gr(path)
        np.testing.assert_allclose(read_gr(path, unit=unit).r, R)


@pytest.mark.parametrize("names", ["", "# q S(q)\n"])
def test_a_number_in_nanometres_is_not_the_unit_of_q(names, file):
    path = file("a.sq", f"# q calibrated to 0.02 nm^-1\n{names}" + rows(10 * Q, S))
    with pytest.raises(ValueError, match=r"has a number in nm⁻¹, and does not say that q is in this unit\. Give unit"):
        read_pattern(path)
    np.testing.assert_allclose(read_pattern(path, unit="nm").q, Q)
    both = file("b.sq", f"# q in nm^-1, calibrated to 0.02 nm^-1\n{names}" + rows(10 * Q, S))
    np.testing.assert_allclose(read_pattern(both).q, Q)


@pytest.mark.parametrize(
    "comment",
    [
        "# Q in 1/Bohr",
        "# units: Q [1/a0], S []",
        "# units: a.u.",
        "# Q in r.l.u.",
        "# q in units of 2 pi/Å",
        "# Q in eV",
    ],
)
def test_atomic_units_are_refused(comment, file):
    with pytest.raises(ValueError, match=r"its header has .*; q in Å, nm or pm was expected\. Give unit"):
        read_pattern(file("a.sq", f"{comment}\n# q S(q)\n" + rows(Q, S)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("names", ["Q  S(Q) (a.u.)", "Q S(Q) [a.u.]", "Q\tS [a.u.]"])
def test_arbitrary_units_of_y_are_not_atomic_units_of_q(names, file):
    np.testing.assert_array_equal(read_pattern(file("a.dat", f"{names}\n" + rows(Q, S))).q, Q)
    counts = "Intensity (a.u.)" if "\t" in names else "I(Q) (a.u.)"
    np.testing.assert_array_equal(read_scan(file("b.dat", f"# Q {counts}\n" + rows(Q, 1000 * S))).x, Q)
    np.testing.assert_array_equal(read_pattern(file("a.sq", "# y axis: S(Q) (a.u.)\n" + rows(Q, S))).q, Q)


@pytest.mark.parametrize("comment", ["Q in 1/µm", "q in 1/cm", "Q in m^-1", "momentum transfer Q (cm-1)"])
def test_a_q_in_other_inverse_lengths_is_refused(comment, file):
    with pytest.raises(ValueError, match=r"q in Å, nm or pm was expected\. Give unit"):
        read_pattern(file("a.sq", f"# {comment}\n" + rows(Q, S)))


@pytest.mark.parametrize("comment", ["r (a.u.)", "distances (a.u.)", "r in a.u."])
def test_distances_in_atomic_units_are_refused(comment, file):
    with pytest.raises(ValueError, match=r"its header has a\.u\.; r in Å, nm or pm was expected\. Give unit"):
        read_gr(file("a.gr", f"# {comment}\n" + rows(R, G_R)), quantity="g")


@pytest.mark.parametrize("comment", ["# Q in (nm)^-1 units", "# Q / reciprocal nm scale", "# Q per nm"])
def test_nanometres_that_are_not_understood_are_asked_for(comment, file):
    with pytest.raises(ValueError, match=r"its header has nm, but the name of its first column does not\. Give unit"):
        read_pattern(file("a.sq", f"{comment}\n" + rows(10 * Q, S)))
    read_pattern(file("b.sq", "# film of 200 nm, wavelength 0.0154 nm\n" + rows(Q, S)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "comment",
    [
        "# number_density = 66.2 atoms/nm^3",
        "# number_density = 66.2 1/nm^3",
        "# rho0 (nm^-3) = 66.2",
        "# NPDF, Lujan Center, Los Alamos, NM",
        "# silica nanomaterial from sol-gel",
        "# 10-nm particles",
        "# pixel size (nm) = 100000",
        "# intensity was in a.u. before normalization",
        "# author: N. Bohr",
        "# q in 1/A, intensity in a.u.",
        "# converted from bohr; q in 1/Angstrom",
    ],
)
def test_other_words_about_lengths_are_no_unit_of_q(comment, file):
    np.testing.assert_array_equal(read_pattern(file("a.sq", f"{comment}\n# Q S(Q)\n" + rows(Q, S))).q, Q)


@pytest.mark.parametrize("comment", ["# q from 5 to 80 nm^-1", "# Qmax = 80 nm^-1"])
def test_the_unit_of_q_is_read_from_a_range(comment, file):
    np.testing.assert_allclose(read_pattern(file("a.sq", f"{comment}\n# Q S(Q)\n" + rows(10 * Q, S))).q, Q)


@pytest.mark.parametrize("name", ["r (a0)", "r(a_0)", "r (Bohr)"])
def test_distances_in_bohr_are_refused(name, file):
    with pytest.raises(ValueError, match=r"its first column is in .*; Å, nm, pm or degrees were expected"):
        read_gr(file("a.csv", f"{name},g(r)\n" + rows(R, G_R).replace(" ", ",")))
    with pytest.raises(ValueError, match="its first column is in a0; Å, nm, pm or degrees were expected"):
        read_pattern(file("b.csv", "q (a0^-1),S(q)\n" + rows(Q, S).replace(" ", ",")))


def test_the_unit_of_a_resolution_is_not_that_of_q(file):
    with pytest.raises(ValueError, match=r"its header has a number in nm⁻¹, and does not say that q is in this unit"):
        read_pattern(file("a.sq", "# resolution in Q (FWHM, nm^-1): 0.25\n# Q S(Q)\n" + rows(Q, S)))


@pytest.mark.parametrize("comment", ["# sample A-1, argon", "# measured by R. A. Smith"])
def test_initials_and_names_of_samples_are_no_unit(comment, file):
    np.testing.assert_allclose(read_pattern(file("a.dat", f"{comment}\n# q(nm^-1) S(q)\n" + rows(10 * Q, S))).q, Q)
    np.testing.assert_allclose(read_gr(file("b.dat", f"{comment}\n# r(nm) g(r)\n" + rows(R / 10, G_R))).r, R)


def test_a_multiple_of_a_unit_is_refused(file):
    with pytest.raises(ValueError, match=r"its first column is in 10 nm; Å, nm, pm or degrees were expected"):
        read_pattern(file("a.csv", "q (10 nm^-1),S(q)\n" + rows(Q, S).replace(" ", ",")))


@pytest.mark.parametrize(
    "comment",
    [
        "# LJ reduced units",
        "# units lj",
        "# distances in units of sigma = 3.4 A",
        "# CPMD, atomic units",
        "# Bohr radii",
    ],
)
def test_reduced_and_atomic_units_are_refused(comment, file):
    with pytest.raises(ValueError, match=r"its header has .*; r in Å, nm or pm was expected\. Give unit"):
        read_gr(file("a.dat", f"{comment}\n# r g(r)\n" + rows(R, G_R)))
    read_gr(file("a.dat", f"{comment}\n# r g(r)\n" + rows(R, G_R)), unit="angstrom")


@pytest.mark.parametrize("name", ["Q[2pi/Å]", "Q (2π/a)", "Q (r.l.u.)", "Q [rlu]"])
def test_units_of_reciprocal_lattices_are_refused(name, file):
    with pytest.raises(ValueError, match=r"its first column is in .*; Å, nm, pm or degrees were expected"):
        read_pattern(file("a.csv", f"{name},S(q)\n" + rows(Q, S).replace(" ", ",")))


@pytest.mark.parametrize("unit", ["bohr^-1,", '"(a.u.)",-', "r.l.u.,"])
def test_other_units_between_names_and_numbers_are_refused(unit, file):
    with pytest.raises(ValueError, match=r"its first column is in .*; Å, nm, pm or degrees were expected"):
        read_pattern(file("a.csv", f"q,S(q)\n{unit}\n" + rows(Q, S).replace(" ", ",")))
    with pytest.raises(ValueError, match=r"its first column is in .*; Å, nm, pm or degrees were expected"):
        read_gr(file("a.csv", f"r,g(r)\n{unit}\n" + rows(R, G_R).replace(" ", ",")))
    for line in ("Å⁻¹,", "M. Smith", "annealed"):
        np.testing.assert_array_equal(
            read_pattern(file("a.csv", f"q,S(q)\n{line}\n" + rows(Q, S).replace(" ", ","))).q, Q
        )


@pytest.mark.parametrize("name", ["r [au]", "r (au)"])
def test_atomic_units_of_a_name_are_refused(name, file):
    with pytest.raises(ValueError, match="its first column is in au; Å, nm, pm or degrees were expected"):
        read_gr(file("a.csv", f"{name},g(r)\n" + rows(R, G_R).replace(" ", ",")))


def test_lengths_in_nanometres_are_distances(file):
    np.testing.assert_allclose(read_gr(file("a.dat", "# lengths in nm\n# r g(r)\n" + rows(R / 10, G_R))).r, R)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name",
    [
        *("Q (kX^-1)", "Q [1/fm]", "Q (furlong-1)", "Q (1/pixel)", "Q (THz)", "Q (π/d)", "Q (π/Å)", "Q 1/kX"),
        *("Q (bins)", "Q (cycles/Å)", "Q [periods per nm]", "Q x 10 (1/Å)", "Q (×10 Å-1)", "Q (0.1 Å-1)"),
    ],
)
def test_a_unit_of_q_that_is_not_understood_is_asked_for(name, file):
    path = file("a.csv", f"{name},S(Q)\n" + rows(Q, S, separator=","))
    with pytest.raises(ValueError, match=r"its first column is .*; Å, nm, pm or degrees were expected"):
        read_pattern(path)
    np.testing.assert_array_equal(read_pattern(path, unit="angstrom").q, Q)


@pytest.mark.parametrize("unit", ["THz,-", "sigma,", "σ,", "px;"])
def test_a_unit_between_names_and_numbers_that_is_not_understood_is_asked_for(unit, file):
    with pytest.raises(
        ValueError, match=rf"its first column is .*, and {unit.strip(',;-')} is not understood as a unit; Å, nm"
    ):
        read_pattern(file("a.csv", f"Q,S(Q)\n{unit}\n" + rows(Q, S, separator=",")))
    for understood in ("Å-1,-", "(1/Å),", "silica,300 K", "# px,"):
        read_pattern(file("b.csv", f"Q,S(Q)\n{understood}\n" + rows(Q, S, separator=",")))


@pytest.mark.parametrize(
    "name",
    ["r (kX)", "r [sigma]", "r (σ)", "r (ps)", "r {box}", "r (lattice constants)", "r (units of 2.5 Å)"],
)
def test_a_unit_of_r_that_is_not_understood_is_asked_for(name, file):
    path = file("a.csv", f"{name},g(r)\n" + rows(Q, S, separator=","))
    with pytest.raises(
        ValueError,
        match=r"its first column is .*; Å, nm, pm or degrees were expected",
    ):
        read_gr(path)


@pytest.mark.parametrize(
    "name",
    [
        *("Q (A**-1)", "Q (Ang.^-1)", "Q (ångström⁻¹)", "Q (inverse Angstroms)", r"Q [\cE\C\S-1\N]", r"Q ($\AA^{-1}$)"),
        *("Q (a^-1)", "Q (1/Å)", "Q (Å-1)", "Q (Ã…-1)", "Q (�-1)", "Q (Å⁻¹, from 2θ)", "Q (2π/d)", "Q ()"),
        *("Q (rad/Å)", "Q (Q/Å-1)", "scattering vector / A"),
        *("scattering vector (q)", "Q (momentum transfer)", "Q (AA^-1)", "Q (invA)", "Q (InvAngstrom)", "Q (1/Angst.)"),
    ],
)
def test_units_and_explanations_in_brackets_are_understood(name, file):
    np.testing.assert_array_equal(read_pattern(file("a.csv", f'"{name}",S(Q)\n' + rows(Q, S, separator=","))).q, Q)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("names", ["# q S(q)\n", ""])
@pytest.mark.parametrize(
    "line",
    [
        "q in units of pi/a",
        "wave vectors are in units of k_F",
        "Q is given in units of 0.1 1/Å",
        "scattering vectors in lattice units",
        "q in units of 1.5 1/A",
        "q in units of one over lattice constant",
    ],
)
def test_units_of_q_in_words_that_are_not_understood_are_asked_for(line, names, file):
    path = file("a.sq", f"# {line}\n{names}" + rows(Q, S))
    with pytest.raises(ValueError, match=r"its header has .*; q in Å, nm or pm was expected\. Give unit"):
        read_pattern(path)
    np.testing.assert_array_equal(read_pattern(path, unit="angstrom").q, Q)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "unit",
    [
        *("1/A", "Å^-1", "inverse angstroms", "reciprocal Å", "1/Å", "2π/d", "A-1", "inv. ang.", "2 pi / d", "AA^-1"),
        *(r"$\mathrm{\AA}^{-1}$", "per Angstrom", "one over Angstrom", "1.0 1/A"),
    ],
)
def test_units_of_q_in_words_are_understood(unit, file):
    np.testing.assert_array_equal(read_pattern(file("a.sq", f"# Q in units of {unit}\n" + rows(Q, S))).q, Q)
    read_pattern(file("b.sq", "# q, S in units of 1; r in units of its own\n" + rows(Q, S)))


def test_distances_in_units_of_others_are_asked_for(file):
    path = file("a.dat", "# r in units of the nearest-neighbour distance\n# r g(r)\n" + rows(R, G_R))
    with pytest.raises(
        ValueError, match="its header has the nearest-neighbour distance; r in Å, nm or pm was expected"
    ):
        read_gr(path)
    for unit in ("Angstrom", "1 A"):
        read_gr(file("b.dat", f"# r in units of {unit}\n# r g(r)\n" + rows(R, G_R)))
    with pytest.warns(DataWarning, match=r"'r \(a\)' has the unit a, which is taken for Å: give unit"):
        read_gr(file("c.csv", "r (a),g(r)\n" + rows(R, G_R, separator=",")))


@pytest.mark.parametrize("name", ["Q+0.05", "Q - Q0", "Q - 0.02 (1/Å)"])
def test_a_shifted_q_is_refused(name, file):
    with pytest.raises(ValueError, match="changed by a factor or an offset; Å, nm, pm or degrees were expected"):
        read_pattern(file("a.csv", f"{name},S(Q)\n" + rows(Q, S, separator=",")))


def test_lengths_in_kx_units_are_refused(file):
    with pytest.raises(ValueError, match="its header has kX; q in Å, nm or pm was expected"):
        read_pattern(file("a.dat", "# all lengths in kX units\n# q S(q)\n" + rows(Q, S)))


@pytest.mark.parametrize(
    "comment",
    [
        "APS 11-ID-C detector distance 300 mm energy in keV 105",
        "q in units of 2pi/d",
        "q vectors: lattice units not used",
        "no reduced units are used",
        "SEM magnification 50 kX",
        "temperatures " + " ".join(map(str, range(100, 400, 10))),
    ],
)
def test_comments_on_the_measurement_have_no_unit_of_q_and_are_no_rows(comment, file):
    np.testing.assert_array_equal(read_pattern(file("a.dat", f"# {comment}\n# Q S(Q)\n" + rows(Q, S))).q, Q)


def test_a_unit_that_origin_writes_below_the_names_is_read(file):
    text = "q\tS(q)\nnm\\+(-1)\t\n\tsilica\tglass\n" + rows(10 * Q, S).replace(" ", "\t")
    np.testing.assert_allclose(read_pattern(file("a.txt", text)).q, Q)
