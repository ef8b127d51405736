"""Files in the forms of the programs that write them; each is made here."""

import h5py
import numpy as np
import pytest
from scipy.special import expit

from sklearn_wtrdf import Composition, read_gr, read_pattern
from sklearn_wtrdf.scattering.curve import rdf_from_g, reduced_pdf_from_g
from tests.malformed import Q, S, rows

S_R = Q * (S - 1)
R = np.round(np.arange(0.05, 15, 0.05), 2)
G_R = expit((R - 2.2) / 0.03) * (1 + 0.8 * np.sin(2.2 * (R - 1.7)) * np.exp(-0.25 * R))  # g(r): 0, a peak, and to 1
DENSITY = 0.066
G = reduced_pdf_from_g(R, G_R, DENSITY)
SILICA = Composition("SiO2")
B_SQUARED = SILICA.intensities("neutron")["square_of_mean"]
STD = 0.01 + 0.001 * Q


def gudrun(name, *columns):
    """Return a file of Gudrun: fifteen lines of header, a row at q = 0, and Fortran's numbers."""
    settings = f"# {name}\n# silica in a flat can\n#     1  1002\n#    10\n# \n# spec.bad\n#     6\n#    -1\n"
    settings += "#  0.2000000E+02\n#  0.0000000E+00  0.3733142E+01  0.0000000E+00\n"
    table = np.column_stack([np.append(0.0, column) for column in columns])
    return settings + "".join("".join(f"{x:16.7E}" for x in row) + "\n" for row in table)


# S(q)


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
    with pytest.warns(UserWarning, match="its header counts 149 rows, with its comments; 148 are there"):
        pattern = read_pattern(file("a.dat", "149\n" + text))
    np.testing.assert_array_equal(pattern.s_r, Q * (S - 1))
    for count in (150, 160):
        with pytest.raises(ValueError, match=f"expected {count} rows, as its header says, got 148"):
            read_pattern(file("a.dat", f"{count}\n" + text))


def test_gudruns_merged_interference_function_needs_the_composition(file):
    text = gudrun("silica.mint01", Q, B_SQUARED * (S - 1), B_SQUARED * STD)
    path = file("silica.mint01", text)
    with pytest.raises(ValueError, match="give composition, 'SiO2' say, whose ⟨b⟩² it is divided by") as error:
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
    with pytest.raises(ValueError, match="too small to normalize S"):
        read_pattern(path, composition={"H2O": 0.9195, "D2O": 0.0805})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.mdcs01", "holds Gudrun's differential cross section with the self-scattering: read the .mint01"),
        ("a.dcs01", "holds Gudrun's differential cross section"),
        ("a.int01", r"pass quantity='S-1' if by ⟨f⟩² or ⟨b⟩²"),
        ("a.mdor01", r"holds Gudrun's transform.*: read \.mint01"),
        ("a.mgor01", r"holds Gudrun's transform"),
        ("a.EPSR.u01", r"pass quantity='S-1' if by ⟨b⟩², 'interference' if not"),
        ("a.EPSR.t01", r"is normalized as configured in EPSR"),
    ],
)
def test_what_gudrun_and_epsr_normalize_as_they_were_told_is_refused(name, message, file):
    path = file(name, gudrun(name, Q, S - 1, STD))
    with pytest.raises(ValueError, match=message) as error:
        read_pattern(path)
    assert "\n" not in str(error.value)
    np.testing.assert_allclose(read_pattern(path, quantity="S-1").s_r, S_R, atol=1e-6)


def test_partials_of_epsr_are_taken_by_name(file):
    names = "#    Q              Ge-Ge                         Ge-Se                          Se-Se            \n"
    text = names + rows(Q, S - 1, STD, 0.5 * (S - 1), STD, 0 * S, 0 * S)
    path = file("glass.EPSR.f01", text)
    with pytest.raises(ValueError, match="Say column"):
        read_pattern(path)
    pattern = read_pattern(path, column="Ge-Se")
    np.testing.assert_allclose(pattern.s_r, 0.5 * S_R, atol=1e-12)
    np.testing.assert_allclose(pattern.std, Q * STD)
    total = file("glass.EPSR.u01", "#    Q              1     \n" + rows(Q, B_SQUARED * (S - 1), 0 * Q))
    in_barns = read_pattern(total, quantity="interference", composition="SiO2")
    np.testing.assert_allclose(in_barns.s_r, S_R, atol=1e-12)
    one = read_pattern(file("ga.EPSR.f01", "#    Q              Ga-Ga     \n" + rows(Q, S - 1, STD)))
    np.testing.assert_allclose(one.s_r, S_R, atol=1e-12)
    curve = read_gr(file("ga.EPSR.g01", "#    r              Ga-Ga     \n" + rows(R, G_R, 0.01 + 0 * R)))
    np.testing.assert_array_equal(curve.g, G_R)
    assert curve.std[0] == 0.01


def test_banks_end_in_nan(file):
    s = np.where((Q < 1) | (Q > 7.5), np.nan, S)
    path = file("NOM_bank_3.dat", "#S 1 - S(Q)\n#L Q S(Q) dS(Q)\n" + rows(Q, s, np.where(np.isnan(s), np.nan, STD)))
    with pytest.warns(UserWarning, match=r"lines 3 to 9 and 141 to 150 are NaN and left out"):
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


# g(r)


@pytest.mark.parametrize(
    ("name", "header", "std"),
    [
        ("pdfgetx2.gr", "## Created by PDFgetX2\n##### start data\n#L r G(r) dr dG(r)\n", True),
        (
            "pdfgetn.gr",
            "History written: silica\n##### start data\n#S 1 - PDF from PDFgetN\n#L r G(r) dr dG(r)\n",
            True,
        ),
        (
            "pdfgetn3.gr",
            "[DEFAULT]\nversion = pdfgetn3-1.0\n#### start data\n#S 1\n#L r($\\AA$)  G($\\AA^{-2}$)\n",
            False,
        ),
        ("mantid.gr", "#Comment: neutron, Qmin=0.8\n##### start data\n#L r G(r) dr dG(r)\n", True),
    ],
)
def test_reduced_pdfs_as_they_are_written(name, header, std, file):
    text = header + (rows(R, G, 0 * R, 4 * np.pi * DENSITY * R * 0.02) if std else rows(R, G))
    curve = read_gr(file(name, text), number_density=DENSITY)
    np.testing.assert_allclose(curve.g, G_R, atol=1e-12)
    assert (curve.std is None) != std
    if std:
        np.testing.assert_allclose(curve.std, 0.02)


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("pystog.gr", "# r g(r) G(r) GK(r)\n" + rows(R, G_R, G, G), {}),
        ("rmcprofile.gr", "299\nSilica\n" + rows(R, G), {"number_density": DENSITY}),
        (
            "rmcprofile_fit.csv",
            " r, g(r) calc, g(r) expt\n" + rows(R, 0.9 * G_R, G_R, separator=", "),
            {"column": "g(r) expt"},
        ),
    ],
)
def test_curves_as_they_are_written(name, text, options, file):
    np.testing.assert_allclose(read_gr(file(name, text), **options).g, G_R, atol=1e-12)


def lammps(pairs, steps, n_rows=R.size):
    names = " ".join(f"c_rdf[{i}]" for i in range(1, 2 * len(pairs) + 2))
    text = f"# Time-averaged data for fix rdf\n# TimeStep Number-of-rows\n# Row {names}\n"
    for step in steps:
        columns = [y for g in pairs for y in (g * (1 if step == steps[-1] else 0.9), np.cumsum(g))]
        table = np.column_stack([R, *columns])[:n_rows]
        text += f"{step} {R.size}\n" + "".join(
            f"{i} {' '.join(map(repr, row))}\n" for i, row in enumerate(table.tolist(), 1)
        )
    return text


def test_lammps_writes_time_steps(file):
    one = read_gr(file("one.rdf", lammps([G_R], [20000])))
    np.testing.assert_array_equal(one.g, G_R)
    np.testing.assert_array_equal(one.r, R)
    assert one.std is None
    with pytest.warns(UserWarning, match="of 3 time steps the last is taken"):
        several = read_gr(file("several.dat", lammps([G_R], [0, 10000, 20000])))
    np.testing.assert_array_equal(several.g, G_R)
    pairs = file("pairs.rdf", lammps([G_R, 1.1 * G_R, 0.9 * G_R], [0]))
    with pytest.raises(ValueError, match=r"several columns may be meant: g_1, g_2, g_3\. Say column"):
        read_gr(pairs)
    np.testing.assert_array_equal(read_gr(pairs, column="g_3").g, 0.9 * G_R)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (lammps([G_R], [0, 100])[:-2000], "time step 100 has [0-9]+ of its 299 rows|expected row"),
        (lammps([G_R], [0], n_rows=200), "time step 0 has 200 of its 299 rows"),
        (lammps([G_R], [0]).replace("\n7 0.35 ", "\n7 nan "), "line 11: expected row 7, of 4 numbers"),
        (lammps([G_R], [0]).replace("\n7 0.35 ", "\n8 0.35 "), "line 11: expected row 7"),
        (lammps([G_R], [0]).replace("c_rdf[3]", "v_other"), "not the columns r, g"),
        (lammps([G_R], []), "no table of numbers"),
        (lammps([G_R], [0]).replace("c_rdf[3]", "c_rdf[3] c_rdf[4]"), "two columns for each pair, got 4"),
    ],
)
def test_a_damaged_file_of_lammps_is_an_error_of_one_line(text, message, file):
    with pytest.raises(ValueError, match=message) as error:
        read_gr(file("a.rdf", text))
    assert len(str(error.value).splitlines()) == 1


def test_gromacs_writes_its_names_in_graces_language(file):
    head = '# by gmx rdf\n@    title "RDF"\n@    xaxis  label "r (nm)"\n@    yaxis  label "g(r)"\n@TYPE xy\n'
    curve = read_gr(file("rdf.xvg", head + rows(R / 10, G_R)))
    np.testing.assert_allclose(curve.r, R)
    np.testing.assert_array_equal(curve.g, G_R)
    several = head + '@ s0 legend "Si-Si"\n@ s1 legend "Si-O"\n' + rows(R / 10, G_R, 1.1 * G_R)
    path = file("pairs.xvg", several)
    np.testing.assert_array_equal(read_gr(path, column="Si-O", quantity="g").g, 1.1 * G_R)
    with pytest.raises(ValueError, match="cannot tell what the column 'Si-Si' is"):
        read_gr(path)
    with pytest.raises(ValueError, match=r"several columns may be meant: Si-Si, Si-O\. Say column"):
        read_gr(path, quantity="g")


def test_fullrmc_and_others_who_write_distances(file):
    text = "# distances  experimental  total\n" + rows(R, G, 0.9 * G)
    path = file("pdf.dat", text)
    with pytest.raises(ValueError, match="cannot tell what the column 'experimental' is"):
        read_gr(path)
    with pytest.raises(ValueError, match=r"several columns may be meant: experimental, total\. Say column"):
        read_gr(path, quantity="G")
    curve = read_gr(path, column="experimental", quantity="G", number_density=DENSITY)
    np.testing.assert_allclose(curve.g, G_R, atol=1e-12)


# NeXus


def nexus(path, x, y, *, name=("Q", "S"), unit="1/angstrom", errors=None, default=True):
    with h5py.File(path, "w") as file:
        if default:
            file.attrs["default"] = "entry"
        entry = file.create_group("entry")
        entry.attrs.update({"NX_class": "NXentry", "default": "data"})
        data = entry.create_group("data")
        data.attrs.update({"NX_class": "NXdata", "signal": name[1], "axes": [name[0]]})
        data.create_dataset(name[0], data=x).attrs["units"] = unit
        data.create_dataset(name[1], data=y)
        if errors is not None:
            data.create_dataset(f"{name[1]}_errors", data=errors)
    return path


@pytest.mark.parametrize("default", [True, False])
def test_nexus_has_one_curve_and_its_unit(default, tmp_path):
    pattern = read_pattern(nexus(tmp_path / "a.nxs", Q, S, errors=STD, default=default))
    np.testing.assert_array_equal(pattern.s_r, Q * (S - 1))
    np.testing.assert_allclose(pattern.std, Q * STD)
    nm = read_pattern(nexus(tmp_path / "b.nxs", 10 * Q, S, unit="1/nm"))
    np.testing.assert_allclose(nm.q, Q)
    edges = np.append(Q - 0.025, Q[-1] + 0.025)
    np.testing.assert_allclose(read_pattern(nexus(tmp_path / "c.h5", edges, S)).q, Q)
    np.testing.assert_array_equal(read_gr(nexus(tmp_path / "d.nxs", R, G_R, name=("r", "g"), unit="angstrom")).g, G_R)


def test_nexus_without_a_curve_is_refused_in_one_line(tmp_path):
    two = nexus(tmp_path / "two.nxs", Q, np.ones((Q.size, 2)))
    short = nexus(tmp_path / "short.nxs", Q, S[:-3])
    damaged = tmp_path / "damaged.nxs"
    damaged.write_bytes(two.read_bytes()[:400])
    empty = tmp_path / "empty.nxs"
    with h5py.File(empty, "w") as file:
        file.create_group("entry")
    with h5py.File(circle := tmp_path / "circle.nxs", "w") as file:
        file.attrs["default"] = "."
    for path in (two, short, damaged, empty, circle):
        with pytest.raises(ValueError, match=r"no curve|different lengths|no NeXus file|no NXdata") as error:
            read_pattern(path)
        assert str(error.value).startswith(str(path))
        assert len(str(error.value).splitlines()) == 1
    with pytest.raises(ValueError, match="is an intensity"):
        read_pattern(nexus(tmp_path / "sas.h5", Q, 1000 * S, name=("Q", "I")))


# Units and densities


@pytest.mark.parametrize(
    "comment",
    ["# q in nm^-1", "# x: Q (1/nm)", "! Q [nm-1], S", "# momentum transfer / nm⁻¹", "# Q (inverse nanometres)"],
)
@pytest.mark.parametrize("names", ["", "# Q S(Q)\n"])
def test_a_comment_says_the_unit_of_q(comment, names, file):
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
        ("# Q from 6.5 to 80 nm^-1\n# Q(1/A) S(Q)\n" + rows(Q, S), "speaks of both nm and Å for q. Say unit"),
        ("# Q (A^-1) was Q (nm^-1)\n" + rows(Q, S), "speaks of both nm and Å"),
        ("# q in nm^-1\n" + rows(Q, S), "in which q to 8 is unlikely. Say unit"),
    ],
)
def test_units_that_contradict_one_another_or_the_values_are_refused(text, message, file):
    path = file("a.sq", text)
    with pytest.raises(ValueError, match=message):
        read_pattern(path)
    np.testing.assert_array_equal(read_pattern(path, unit="angstrom").q, Q)


def test_a_comment_says_that_x_is_an_angle(file):
    angle = 2 * np.degrees(np.arcsin(Q * 0.5594 / (4 * np.pi)))
    text = "# wavelength = 0.5594\n# 2theta (deg), S\n" + rows(angle, S)
    np.testing.assert_allclose(read_pattern(file("a.sq", text)).q, Q)


@pytest.mark.parametrize(
    ("header", "density"),
    [
        ("rho0 = 66.2 nm^-3", 0.0662),
        ("number_density = 0.0662 1/A^3", 0.0662),
        ("number_density = 0.0662 atoms/A^3", 0.0662),
        ("number_density = 0.0662 Å⁻³", 0.0662),
        ("number_density = 6.62e22 cm-3", 0.0662),
        ("number_density = 6.62e28 atoms/m^3", 0.0662),
        ("composition = SiO2\n# mass_density = 2.2", SILICA.number_density(2.2)),
        ("composition = SiO2\n# density = 2.2 g/cm^3", SILICA.number_density(2.2)),
        ("composition = SiO2\n# rho0 = 2.2 g/cc", SILICA.number_density(2.2)),
        ("mass_density = 2.2", None),
        ("density = 2.2", None),
    ],
)
def test_densities_of_the_header_are_in_their_units(header, density, file):
    pattern = read_pattern(file("a.sq", f"# {header}\n" + rows(Q, S)))
    assert pattern.number_density == pytest.approx(density)
    assert pattern.composition == ("SiO2" if "SiO2" in header else None)
    assert read_gr(file("a.dat", f"# {header}\nr g\n" + rows(R, G_R))).number_density == pytest.approx(density)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("rho0 = 2.2 g/cc", "is a mass density, got '2.2 g/cc'; a line composition = SiO2"),
        ("rho0 = 2.2 g/cm3\n# composition = nothing known", "is a mass density"),
        ("number_density = 1e-320", "is no number density"),
        ("number_density = -0.066", "is no number density"),
        ("number_density = 66", "is no number density"),
        ("number_density = 0.066 mol/dm^3", "is no number density in Å⁻³, nm⁻³ or cm⁻³"),
        ("composition = SiO2\n# mass_density = -2.2", "is no mass density"),
    ],
)
def test_a_density_that_no_matter_has_is_refused(header, message, file):
    with pytest.raises(ValueError, match=message) as error:
        read_pattern(file("a.sq", f"# {header}\n" + rows(Q, S)))
    assert "\n" not in str(error.value)


def test_a_density_that_is_given_is_one_that_matter_has(file):
    path = file("a.gr", rows(R, G))
    for density in (1e-320, -0.066, 0.0, np.nan):
        with pytest.raises(ValueError, match="number_density must be"):
            read_gr(path, number_density=density)


# Values that contradict their names


@pytest.mark.parametrize(
    ("name", "kind", "y", "message"),
    [
        ("a.sq", "S", 1000 * S, "as an intensity, of which read_scan, Reduction and `wtrdf reduce`"),
        ("a.sq", "S", S_R, "it tends to|is it S\\(q\\) - 1 or F\\(q\\)"),
        ("a.sq", "S", S - 1, "it tends to|is it S\\(q\\) - 1 or F\\(q\\)"),
        ("a.dat", "S-1", S, "is it S\\(q\\) or F\\(q\\)"),
        ("a.fq", "S_R", S + 0.6 * np.exp(-Q), "nowhere negative, as S\\(q\\)"),
        ("a.fq", "S_R", 1000 * S, "as an intensity"),
        ("a.sq", "S", S + 0.9 * np.sin(9 * Q), "wrongly normalized"),
    ],
)
def test_what_does_not_tend_to_its_limit_is_refused_by_suffix_and_said_if_given(name, kind, y, message, file):
    path = file(name, rows(Q, y))
    if name != "a.dat":
        with pytest.raises(ValueError, match=message):
            read_pattern(path)
    named = file("b.dat", f"q {kind}\n" + rows(Q, y))
    with pytest.raises(ValueError, match=message):
        read_pattern(named)
    with pytest.warns(UserWarning, match=message) as warned:
        pattern = read_pattern(path, quantity=kind)
    assert len(warned) == 1
    np.testing.assert_allclose(pattern.s_r, {"S": Q * (y - 1), "S-1": Q * y, "S_R": y}[kind])


def test_a_wrong_scale_is_no_intensity(file):
    q = np.linspace(0.5, 30, 600)
    assert read_pattern(file("a.fq", rows(q, q * (1.5 * (1 + np.exp(-q)) - 1)))).q.size == 600


def test_g_that_is_reduced_is_told_by_its_values(file):
    path = file("a.dat", "r g(r)\n" + rows(R, G))
    with pytest.raises(ValueError, match="give quantity='G'"):
        read_gr(path)
    curve = read_gr(path, quantity="G", number_density=DENSITY)
    np.testing.assert_allclose(curve.g, G_R, atol=1e-12)
    with pytest.raises(ValueError, match=r"as g\(r\) - 1: add 1 to it"):
        read_gr(file("a.dat", "r g(r)\n" + rows(R, G_R - 1)))
    with pytest.raises(ValueError, match=r"where g\(r\) tends to 1: is it RDF\(r\)\? Say quantity"):
        read_gr(file("a.dat", "r g(r)\n" + rows(R, rdf_from_g(R, G_R, DENSITY))))
    path = file("b.gr", "#L r G(r)\n" + rows(R, G_R))
    with pytest.raises(ValueError, match="give quantity='g'"):
        read_gr(path, number_density=DENSITY)
    np.testing.assert_array_equal(read_gr(path, quantity="g").g, G_R)
    ripples = G_R + 0.2 * np.sin(20 * R) * np.exp(-R)  # as a transform has them below the first atoms
    np.testing.assert_array_equal(read_gr(file("c.dat", "r g\n" + rows(R, ripples))).g, ripples)


def test_single_points_far_off_are_said_with_their_line(file):
    def with_point(text):
        return rows(Q, S).replace(f"\n{Q[60]} {S[60]}\n", f"\n{Q[60]} {text}\n")

    for text in ("098765", "9e99", "-1e7"):
        with pytest.raises(ValueError, match=r"a\.sq, line 61: expected a value of S\(q\), which is about 0\.98"):
            read_pattern(file("a.sq", with_point(text)))
    with pytest.warns(UserWarning, match="line 61: 9.123 is far from the points beside it"):
        assert read_pattern(file("a.sq", with_point("9.123"))).s_r[60] == pytest.approx(Q[60] * 8.123)
    bragg = 1 + 30 * np.exp(-(((Q - 3) / 0.08) ** 2)) * (Q < 6)
    assert read_pattern(file("a.sq", rows(Q, bragg))).s_r.max() > 30  # a peak of several points is none


@pytest.mark.parametrize("kind", ["g", "G", "RDF"])
def test_single_points_of_g_far_off_are_said_with_their_line(kind, file):
    y = {"g": G_R, "G": G, "RDF": rdf_from_g(R, G_R, DENSITY)}[kind]

    def read(i, value):
        spoilt = np.where(np.arange(R.size) == i, value, y)
        return read_gr(file(f"a{kind}.dat", rows(R, spoilt)), quantity=kind, number_density=DENSITY)

    for i in (1, 40, 150, 298):
        for value in (1e6, -1e6):
            with pytest.raises(ValueError, match=rf"line {i + 1}: expected a value of {kind}\(r\), which is about"):
                read(i, value)
        for value in (-50.0, 150.0 + 10 * y[i]):
            with pytest.warns(UserWarning, match=rf"line {i + 1}: {value:.4g} is far from the points beside it"):
                assert read(i, value).r.size == R.size


def test_g_far_below_zero_is_said_whatever_it_was_made_of(file):
    dip = G_R - 4 * np.exp(-(((R - 5) / 0.2) ** 2))
    for kind, y in (("g", dip), ("G", reduced_pdf_from_g(R, dip, DENSITY)), ("RDF", rdf_from_g(R, dip, DENSITY))):
        with pytest.warns(UserWarning, match=r"line 100: g\(r\) falls to -2\.\d+, further below 0 than where q ends"):
            read_gr(file("a.dat", rows(R, y)), quantity=kind, number_density=DENSITY)


# Lost rows


def test_rows_that_are_missing_within_are_said(file):
    with pytest.warns(UserWarning, match=r"line 62: r leaps from 3 to 4\.05 Å, .* are rows missing"):
        read_gr(file("a.dat", "r g\n" + rows(np.delete(R, range(60, 80)), np.delete(G_R, range(60, 80)))))
    for size in (1, 2):  # too narrow to hide a distance below 20 Å
        left = np.delete(np.arange(Q.size), range(60, 60 + size))
        assert read_pattern(file("a.sq", rows(Q[left], S[left]))).q.size == Q.size - size


@pytest.mark.parametrize(("line", "end"), [("qmax = 8.0", 8.0), ("# QMax = 8.00 A^-1", 8.0), ("! qMax=8", 8.0)])
def test_a_curve_that_ends_before_its_header_says_is_said(line, end, file):
    with pytest.warns(UserWarning, match=rf"q ends at 6 Å⁻¹, but by its header at {end:g}: are rows missing"):
        read_pattern(file("a.sq", f"{line}\n" + rows(Q[:108], S[:108])))
    assert read_pattern(file("b.sq", f"{line}\n" + rows(Q, S))).q[-1] == end
    assert read_pattern(file("c.sq", f"{line}\n" + rows(Q[:-2], S[:-2]))).q.size == Q.size - 2
    assert read_pattern(file("d.sq", "qmax = 80\n# Q (nm^-1) S(Q)\n" + rows(10 * Q, S))).q[-1] == 8  # in its own unit


def test_two_banks_in_a_file_are_refused_where_q_goes_back_and_said_where_they_are_merged(file):
    with pytest.raises(ValueError, match=r"line 149: expected q that increases from 0 on, and one scan or bank in a f"):
        read_pattern(file("a.sq", rows(np.append(Q, Q[60:]), np.append(S, S[60:]))))
    q, s = np.append(Q, Q[60:] + 0.02), np.append(S, S[60:] + 0.2)
    order = np.argsort(q)
    with pytest.warns(UserWarning, match=r"Points of S from q = 3\.6\d* to 8.* are two banks merged that disagree"):
        read_pattern(file("b.sq", rows(q[order], s[order])))
    with pytest.warns(UserWarning, match=r"S jumps by 0\.3\d* at q = 5\.05 Å⁻¹ and stays there"):
        read_pattern(file("c.sq", rows(Q, S + 0.3 * (Q > 5.01))))


def test_s_far_below_zero_is_said(file, rng):
    s = S - 2 * np.exp(-(((Q - 1.25) / 0.2) ** 2))
    with pytest.warns(UserWarning, match=r"line \d+: S\(q\) falls to -1\.\d, below -0\.5 in \d+ points; no S\(q\)"):
        read_pattern(file("a.sq", rows(Q, s)))
    noisy = S + 0.35 * rng.standard_normal(Q.size) * (Q < 3)
    std = np.where(Q < 3, 0.35, 0.01)
    assert read_pattern(file("a.sq", rows(Q, noisy, std))).q.size == Q.size  # noise is none


# Patterns


def test_a_gap_is_not_filled(file):
    kept = (Q < 3) | (Q > 3.4)
    with pytest.warns(UserWarning, match=r"a\.sq, line 48: q leaps from 2\.95 to 3\.45 Å⁻¹, .* are rows missing"):
        pattern = read_pattern(file("a.sq", rows(Q[kept], S[kept], STD[kept])))
    with pytest.raises(ValueError, match=r"no measured point between 2\.95 and 3\.45 Å⁻¹, where 3 Å"):
        pattern.on(Q)
    for grid in (Q[kept], np.append(np.linspace(0.7, 2.95, 80), np.linspace(3.45, 8, 90))):
        there = pattern.on(grid)
        assert there.q.size == there.s_r.size == there.std.size == grid.size
    one_missing = np.arange(Q.size) != 40
    filled = read_pattern(file("b.sq", rows(Q[one_missing], S[one_missing]))).on(Q).s_r
    np.testing.assert_allclose(filled, S_R, atol=1e-3)
    coarse = read_pattern(file("c.sq", rows(Q[::4], S[::4])))
    assert coarse.on(Q[:145]).s_r.size == 145
    with pytest.raises(ValueError, match="q spans"):
        coarse.on(Q[::4] + 0.21)
    with pytest.warns(UserWarning, match="q leaps from 8 to 9"):
        apart = read_pattern(file("d.sq", rows(np.append(Q, 9.0), np.append(S, 1.0))))
    with pytest.raises(ValueError, match="q spans"):
        apart.on([1.0, 9.5])


def test_rebinning_averages_what_g_cannot_use(file, rng):
    q = np.linspace(0.6, 20, 9701)
    truth = np.sin(2.4 * q) * np.exp(-0.01 * q**2)
    std = np.where(np.arange(q.size) % 2, 0.05, 0.5)
    pattern = read_pattern(file("a.fq", rows(q, truth + std * rng.standard_normal(q.size), std)))
    binned = pattern.rebinned(20.0)
    assert np.diff(binned.q).max() <= np.pi / 40
    assert binned.q.size < 400
    off = (binned.s_r - np.sin(2.4 * binned.q) * np.exp(-0.01 * binned.q**2)) / binned.std
    assert 0.8 < off.std() < 1.2
    n = q.size / binned.q.size
    assert np.median(binned.std) == pytest.approx(1 / np.sqrt(n / 2 * (1 / 0.05**2 + 1 / 0.5**2)), rel=0.05)
    assert binned.rebinned(20.0) is binned
    assert pattern.rebinned(200.0).q.size > 4 * binned.q.size
    plain = read_pattern(file("b.fq", rows(q, 2 + 0 * q + 0.1 * q), ), quantity="S_R").rebinned()  # fmt: skip
    np.testing.assert_allclose(plain.s_r, 2 + 0.1 * plain.q)  # a straight line stays one
    assert plain.std is None
    for r_max in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="r_max must be"):
            pattern.rebinned(r_max)


def test_an_unknown_deviation_among_known_ones_takes_the_plain_mean(file):
    q = np.linspace(0, 10, 5001)
    pattern = read_pattern(file("a.sq", rows(q, 1 + 0 * q, 0.1 + 0 * q)))  # that of S_R is 0 at q = 0
    binned = pattern.rebinned()
    assert np.isfinite(binned.std).all()
    assert binned.q[0] == pytest.approx(q[: int(np.sum(q < binned.q[0] * 2))].mean(), abs=0.01)


def test_a_pattern_is_cut_between_ends_that_leave_something(file):
    pattern = read_pattern(file("a.sq", "# composition = SiO2\n" + rows(Q, S, STD)))
    cut = pattern.cut(1.0, 7.0)
    assert (cut.q[0], cut.q[-1], cut.std.size, cut.composition) == (1.0, 7.0, cut.q.size, "SiO2")
    np.testing.assert_array_equal(pattern.cut().s_r, pattern.s_r)
    for ends, message in [
        ((9.0, 10.0), "leave 3 points or more of 0.65 to 8 Å⁻¹, but 9 to 10 Å⁻¹ leaves 0"),
        ((7.0, 1.0), "leaves 0"),
        ((np.nan, None), "q_min must be a finite number"),
        (("1", None), "q_min must be a finite number"),
        ((None, np.inf), "q_max must be a finite number"),
    ]:
        with pytest.raises(ValueError, match=message):
            pattern.cut(*ends)
