"""Files as programs write them: each is read as the program means it, or refused; none is read as something else."""

import numpy as np
import pytest
from glassure.pattern import Pattern as GlassurePattern
from pystog import StoG

from sklearn_wtrdf import Composition, read_gr, read_pattern, read_scan
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.scattering.curve import rdf_from_g, reduced_pdf_from_g
from tests.malformed import rows

SILICA = load_material("silica", weighting="neutron")
Q, S, R, G = SILICA.q, SILICA.s, SILICA.r, SILICA.target
S_R = Q * (S - 1)
DENSITY = SILICA.number_density
REDUCED = reduced_pdf_from_g(R, G, DENSITY)
SQUARE = Composition("SiO2").intensities("neutron")["square_of_mean"]

LIQUIDDIFFRACT = """#Refined {name}
#LiquidDiffract v1.2.5
#See refinement_log for more info
#Composition {{element: (Z, charge, n)}}: {{'Si': (14, 0, 1), 'O': (8, 0, 2)}}
#Rho = 0.0662
{more}#{names}
"""


def test_liquiddiffract(file):
    normalized = "#S(Q) formalism : faber-ziman\n#S(Q) = i(Q) + S_inf\n#S_inf = 1.0\n"
    header = LIQUIDDIFFRACT.format(name="S(Q)", more=normalized, names="Q|S(Q)")
    pattern = read_pattern(file("glass_SQ.dat", header + rows(Q, S)))
    np.testing.assert_array_equal(pattern.s_r, S_R)
    assert pattern.number_density == DENSITY
    windowed = LIQUIDDIFFRACT.format(name="S(Q)", more=normalized + "#M(Q) : Lorch\n", names="Q|S(Q)|i(Q)*M(Q)")
    np.testing.assert_array_equal(read_pattern(file("b_SQ.dat", windowed + rows(Q, S, 0.5 * (S - 1)))).s_r, S_R)
    header = LIQUIDDIFFRACT.format(name="g(r)", more="", names="r|g(r)")
    np.testing.assert_array_equal(read_gr(file("glass_gr.dat", header + rows(R, G))).g, G)
    header = LIQUIDDIFFRACT.format(name="rdf", more="", names="r|rdf")
    np.testing.assert_allclose(
        read_gr(file("glass_rdf.dat", header + rows(R, rdf_from_g(R, G, DENSITY)))).g, G, atol=1e-12
    )


def test_s_of_ashcroft_and_langreth_by_liquiddiffract_is_moved_to_its_limit(file):
    more = "#S(Q) formalism : ashcroft-langreth\n#S(Q) = i(Q) + S_inf\n#S_inf = 0.87\n"
    header = LIQUIDDIFFRACT.format(name="S(Q)", more=more, names="Q|S(Q)")
    with pytest.warns(UserWarning, match=r"S\(q\) tends to S_inf = 0\.87 .*: 0\.13 is added"):
        pattern = read_pattern(file("glass_SQ.dat", header + rows(Q, S - 0.13)))
    np.testing.assert_allclose(pattern.s_r, S_R, atol=1e-12)


def test_glassure_writes_columns_without_names(tmp_path):
    for name, x, y, read, quantity in [("sq.txt", Q, S, read_pattern, "S"), ("gr.txt", R, G, read_gr, "g")]:
        path = tmp_path / name
        GlassurePattern(x, y).save(str(path))
        with pytest.raises(ValueError, match=r"the quantity in column 2 is unknown; it tends to 1\. Give quantity"):
            read(path)
        result = read(path, quantity=quantity)
        np.testing.assert_array_equal(
            result.s_r if read is read_pattern else result.g, S_R if read is read_pattern else G
        )


def test_pystog_writes_its_functions(tmp_path):
    stog = StoG()
    stog.stem_name = str(tmp_path / "silica")
    forms = {"silica.sq": (Q, S), "silica_rmc.fq": (Q, SQUARE * (S - 1)), "silica_rmc.gr": (R, SQUARE * (G - 1))}
    for name, (x, y) in forms.items():
        stog._write_out_to_file(x, y, str(tmp_path / name), dy=0.01 + 0 * y)
    pattern = read_pattern(tmp_path / "silica.sq")
    np.testing.assert_allclose(pattern.s_r, S_R, atol=1e-9)
    np.testing.assert_allclose(pattern.std, 0.01 * Q, rtol=1e-9)
    of_rmc = read_pattern(tmp_path / "silica_rmc.fq", composition="SiO2")
    np.testing.assert_allclose(of_rmc.s_r, S_R, atol=1e-9)
    np.testing.assert_allclose(read_gr(tmp_path / "silica_rmc.gr", composition="SiO2").g, G, atol=1e-9)
    for path in (tmp_path / "silica_rmc.fq", tmp_path / "silica_rmc.gr"):
        with pytest.raises(ValueError, match="give composition, such as 'SiO2'"):
            (read_pattern if path.suffix == ".fq" else read_gr)(path)


@pytest.mark.parametrize(
    ("name", "header", "y"),
    [
        ("glass.sq", "#T S(Q) PDF glass.xy\n#L Q     S(Q)\n", S),  # GSAS-II
        ("glass.fq", "#T F(Q) PDF glass.xy\n#L Q     F(Q)\n", S_R),
        ("glass.gr", "#T G(R) PDF glass.xy\n#L r     G(R)\n", REDUCED),
        ("glass.gr", "#T g(r) PDF glass.xy\n#L r     g(r)\n", G),
        ("glass.chi", "[Experiment]\nintegrationspace = qspace\n#### start data\n#S 1\n#L Q($\\AA^{-1}$)  S\n", S),
        ("glass.fgr", "History\n##### start data\n#F\n#D\n#S 1 - PDF Fit\n#L r(A) G(r) d_r d_Gr Gdiff\n", REDUCED),
        ("dissolve.sq", "#  Q  S(Q)\n", S),
    ],
)
def test_programs_that_name_their_columns(name, header, y, file):
    of_r = y is REDUCED or y is G
    columns = [0 * R, 0 * R + 0.01, 0.1 * np.sin(R)] if name.endswith("fgr") else []
    path = file(name, header + rows(R if of_r else Q, y, *columns))
    if of_r:
        np.testing.assert_allclose(read_gr(path, number_density=DENSITY).g, G, atol=1e-9)
    else:
        np.testing.assert_allclose(read_pattern(path).s_r, S_R, atol=1e-12)


def test_rmcprofiles_tables_of_a_fit_are_not_read_as_pdfgets(file):
    text = " Q, F(Q)_RMC, F(Q)_Expt\n" + rows(Q, SQUARE * (S - 1), SQUARE * (S - 1) + 0.001, separator=", ")
    path = file("rmc_FQ1.csv", text)
    for options in ({}, {"column": "F(Q)_Expt"}):
        with pytest.raises(ValueError, match=r"several columns match|does not vanish at small q"):
            read_pattern(path, **options)
    curve = " r, G(r)_RMC, G(r)_Expt\n" + rows(R, SQUARE * (G - 1), SQUARE * (G - 1) + 0.001, separator=", ")
    with pytest.raises(ValueError, match="constant, -0"):
        read_gr(file("rmc_PDF1.csv", curve), column="G(r)_Expt", number_density=DENSITY)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("glass.gofr", (R, G)),
        ("glass.mgor01", (R, REDUCED)),
        ("glass.EPSR.z01", (R, np.cumsum(G))),
        ("glass.EPSR.x01", (Q, 30 * (S - 1))),
        ("glass.mdcs01", (Q, 0.3 * S + 0.4)),
        ("topas.xy", (Q * 10, 1000 * S)),
        ("fullprof.dat", (Q, *[1000 + 10 * S] * 9)),
    ],
)
def test_what_programs_normalize_in_their_own_ways_is_refused(name, columns, file):
    path = file(name, rows(*columns))
    for read in (read_pattern, read_gr):
        with pytest.raises(ValueError, match=r"unknown|Gudrun|columns without names|is unlikely"):
            read(path)


@pytest.mark.parametrize(
    ("header", "axis"),
    [
        ("First column represents Q values (Angstroms) and second\ncolumn represents intensities\n", "q"),
        ("First column represents two-theta values (degrees) and second\ncolumn represents intensities\n", "2theta"),
        ("[Experiment]\nintegrationspace = qspace\n#### start data\n", "q"),
        ("[Experiment]\nintegrationspace = twotheta\n#### start data\n", "2theta"),
        ("# 1st column: 2theta\n", "2theta"),
    ],
)
def test_a_header_in_words_names_the_axis_of_a_scan(header, axis, file):
    scan = read_scan(file("a.chi", header + rows(Q, 1000 * S)))
    assert scan.axis == axis
    with pytest.raises(ValueError, match="contradicts axis"):
        read_scan(file("a.chi", header + rows(Q, 1000 * S)), axis="q" if axis == "2theta" else "2theta")


def test_ranges_in_a_comment_of_mantid_are_read(file):
    text = "#Comment: neutron, Qmin=0.5, Qmax=30.0, Ptype=\n#### start data\n#L Q S(Q) dS(Q)\n" + rows(Q, S, 0.01 * S)
    with pytest.warns(UserWarning, match=r"q ends at 20 Å⁻¹, but at 30 in its header"):
        assert read_pattern(file("a.sq", text)).provenance["Qmin"] == "0.5"
