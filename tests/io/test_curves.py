import numpy as np
import pytest
from pystog import Converter
from scipy.special import expit

from sklearn_wtrdf import read_gr, read_pattern
from sklearn_wtrdf.scattering.curve import rdf_from_g, reduced_pdf_from_g
from tests.io.pdfgetx3 import PDFGETX3
from tests.malformed import Q, S, malformed_files, rows

R = np.round(np.arange(1.5, 12, 0.05), 2)
G = 1 + 3 * np.exp(-(((R - 2.4) / 0.1) ** 2)) - np.exp(-((R / 2) ** 4))  # g(r)
DENSITY = 0.034


@pytest.mark.filterwarnings("ignore:.* by its suffix, which its values")
@pytest.mark.parametrize("given_by", ["name", "suffix", "quantity"])
def test_g_and_reduced_pdf_and_rdf_are_the_same_curve(given_by, file):
    std = 0.02 + 0.002 * R
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
    with pytest.raises(ValueError, match=r"G\(r\) is converted to g\(r\) with the number density"):
        read_gr(path)
    curve = read_gr(path, number_density=DENSITY)
    np.testing.assert_array_equal(curve.r, R)
    np.testing.assert_allclose(curve.g, G, rtol=1e-12, atol=1e-12)
    assert curve.number_density == DENSITY
    assert curve.provenance["composition"] == "Ge25Se75"
    with pytest.warns(UserWarning, match=r"read as g\(r\), but it is negative, .* give quantity='G'"):
        assert read_gr(path, number_density=DENSITY, quantity="g").g[0] == reduced[1]


@pytest.mark.parametrize(("kind", "factor"), [("g", 1), ("RDF", 10), ("G", 100)])
def test_nanometres_of_r(kind, factor, file):
    y = {"g": G, "RDF": rdf_from_g(R, G, DENSITY), "G": reduced_pdf_from_g(R, G, DENSITY)}[kind] * factor
    std = {"g": 0.1, "RDF": 0.4 * np.pi * R**2 * DENSITY, "G": 0.4 * np.pi * R * DENSITY}[kind] * factor + 0 * R
    named = read_gr(file("a.dat", f"r(nm) {kind} error\n" + rows(R / 10, y, std)), number_density=DENSITY)
    np.testing.assert_allclose(named.r, R, rtol=1e-12)
    np.testing.assert_allclose(named.g, G, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(named.std, 0.1, rtol=1e-12)
    unnamed = read_gr(file("a.dat", rows(R / 10, y)), number_density=DENSITY, unit="nm", quantity=kind)
    np.testing.assert_array_equal(unnamed.g, named.g)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.gr", rows(R, G), "read as G .* it tends to 1"),  # many programs write g(r) into .gr files
        ("a.dat", "r,rdf\n" + rows(R, G, separator=","), "read as RDF .* it tends to 1"),
        ("a.gr", "r T(r)\n" + rows(R, G), "normalization of T\\(r\\) does not follow"),
        ("a.gr", "r N(r)\n" + rows(R, G), "N\\(r\\) may be 4πr²ρ₀ g\\(r\\), for which give quantity='RDF'"),
        ("a.gr", "q S(q)\n" + rows(Q, S), "its first column is q"),
        ("a.gr", "# rho0 = 34\n" + rows(R, G - 1), "no number density in Å⁻³"),
        ("a.dat", "r(bohr) g\n" + rows(R / 0.529, G), "in bohr;"),
    ],
)
def test_a_curve_that_would_be_read_wrong_is_an_error(name, text, message, file):
    with pytest.raises(ValueError, match=message):
        read_gr(file(name, text), number_density=None if "rho0" in text else DENSITY)


@pytest.mark.parametrize(
    "name", ["cut_3_0", "nan_42", "up_and_down", "two_tables", "decimal_commas_comma", "fortran_0", "density_of_mass"]
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


R_FINE = np.round(np.arange(0.05, 15, 0.05), 2)
G_FINE = expit((R_FINE - 2.2) / 0.03) * (
    1 + 0.8 * np.sin(2.2 * (R_FINE - 1.7)) * np.exp(-0.25 * R_FINE)
)  # g(r): 0, a peak, and to 1
DENSITY_OF_SILICA = 0.066
REDUCED_FINE = reduced_pdf_from_g(R_FINE, G_FINE, DENSITY_OF_SILICA)


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
    text = header + (
        rows(R_FINE, REDUCED_FINE, 0 * R_FINE, 4 * np.pi * DENSITY_OF_SILICA * R_FINE * 0.02)
        if std
        else rows(R_FINE, REDUCED_FINE)
    )
    curve = read_gr(file(name, text), number_density=DENSITY_OF_SILICA)
    np.testing.assert_allclose(curve.g, G_FINE, atol=1e-12)
    assert (curve.std is None) != std
    if std:
        np.testing.assert_allclose(curve.std, 0.02)


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("pystog.gr", "# r g(r) G(r) GK(r)\n" + rows(R_FINE, G_FINE, REDUCED_FINE, REDUCED_FINE), {}),
        ("rmcprofile.gr", "299\nSilica\n" + rows(R_FINE, REDUCED_FINE), {"number_density": DENSITY_OF_SILICA}),
        (
            "rmcprofile_fit.csv",
            " r, g(r) calc, g(r) expt\n" + rows(R_FINE, 0.9 * G_FINE, G_FINE, separator=", "),
            {"column": "g(r) expt"},
        ),
    ],
)
def test_curves_as_they_are_written(name, text, options, file):
    np.testing.assert_allclose(read_gr(file(name, text), **options).g, G_FINE, atol=1e-12)


def test_gromacs_writes_its_names_in_graces_language(file):
    head = '# by gmx rdf\n@    title "RDF"\n@    xaxis  label "r (nm)"\n@    yaxis  label "g(r)"\n@TYPE xy\n'
    curve = read_gr(file("rdf.xvg", head + rows(R_FINE / 10, G_FINE)))
    np.testing.assert_allclose(curve.r, R_FINE)
    np.testing.assert_array_equal(curve.g, G_FINE)
    several = head + '@ s0 legend "Si-Si"\n@ s1 legend "Si-O"\n' + rows(R_FINE / 10, G_FINE, 1.1 * G_FINE)
    path = file("pairs.xvg", several)
    np.testing.assert_array_equal(read_gr(path, column="Si-O", quantity="g").g, 1.1 * G_FINE)
    with pytest.raises(ValueError, match="the quantity in the column 'Si-Si' is unknown"):
        read_gr(path)
    with pytest.raises(ValueError, match=r"several columns match: Si-Si, Si-O\. Give column"):
        read_gr(path, quantity="g")


def test_distances_as_fullrmc_and_others_name_them(file):
    text = "# distances  experimental  total\n" + rows(R_FINE, REDUCED_FINE, 0.9 * REDUCED_FINE)
    path = file("pdf.dat", text)
    with pytest.raises(ValueError, match="the quantity in the column 'experimental' is unknown"):
        read_gr(path)
    with pytest.raises(ValueError, match=r"several columns match: experimental, total\. Give column"):
        read_gr(path, quantity="G")
    curve = read_gr(path, column="experimental", quantity="G", number_density=DENSITY_OF_SILICA)
    np.testing.assert_allclose(curve.g, G_FINE, atol=1e-12)
