import warnings

import numpy as np
import pytest

from sklearn_wtrdf import Composition, DataWarning, read_gr, read_pattern
from sklearn_wtrdf.datasets import list_materials, load_material
from sklearn_wtrdf.scattering.curve import rdf_from_g, reduced_pdf_from_g
from tests.malformed import rows

MATERIALS = [name for name in list_materials() if not name.startswith("ag")]
RANGES = [(0.5, 20.0), (0.5, 9.0), (0.9, 20.0), (0.9, 9.0)]  # Å⁻¹
RMCPROFILE = "{}\na glass, by neutrons\n"
SHORT_BONDS = ("benzene", "nitrogen", "water")
SQUARE = 0.3  # barn/sr, ⟨b⟩²


@pytest.fixture(params=MATERIALS)
def material(request):
    return load_material(request.param, weighting="neutron")


@pytest.fixture(scope="module")
def silica():
    return load_material("silica", weighting="neutron")


def in_range(material, low, high):
    part = (material.q > low - 1e-9) & (material.q < high + 1e-9)
    return material.q[part], material.s[part]


@pytest.mark.parametrize("ends", RANGES)
def test_f_of_pdfgetx_and_of_rmcprofile_are_distinguished_in_all_materials(material, ends, file):
    q, s = in_range(material, *ends)
    pattern = read_pattern(file("a.fq", "#L Q F(Q)\n" + rows(q, q * (s - 1))))
    np.testing.assert_array_equal(pattern.s_r, q * (s - 1))
    path = file("b.fq", RMCPROFILE.format(q.size) + rows(q, SQUARE * (s - 1)))
    with pytest.raises(ValueError, match="give composition and quantity='interference' if it is ⟨b⟩²"):
        read_pattern(path)


def test_f_without_names_that_is_flat_at_small_q_needs_the_quantity(material, file):
    q, s = in_range(material, 0.5, 20.0)
    with pytest.raises(ValueError, match=r"read as q \(S − 1\), but it does not vanish at small q"):
        read_pattern(file("a.fq", rows(q, SQUARE * (s - 1))))


def test_interference_of_rmcprofile_is_divided_by_the_composition(silica, file):
    q, s = in_range(silica, 0.5, 20.0)
    square = Composition("SiO2").intensities("neutron")["square_of_mean"]
    text = RMCPROFILE.format(q.size) + rows(q, square * (s - 1))
    for path, options in [
        (file("a.fq", text), {"quantity": "interference"}),
        (file("pystog_rmc.fq", text), {}),
        (file("pystog.dat", "# Q S(Q) FK(Q)\n" + rows(q, 0 * q, square * (s - 1))), {"column": "FK(Q)"}),
    ]:
        pattern = read_pattern(path, composition="SiO2", **options)
        np.testing.assert_allclose(pattern.s_r, q * (s - 1), atol=1e-12)
        assert pattern.radiation == "neutron"


def test_i_of_q_in_barn_is_not_read_as_s_minus_1(silica, file):
    q, s = in_range(silica, 0.5, 20.0)
    with pytest.raises(ValueError, match="where S − 1 is near -1: give composition and quantity='interference'"):
        read_pattern(file("a.dat", "q i(q)\n" + rows(q, SQUARE * (s - 1))))
    np.testing.assert_array_equal(read_pattern(file("b.dat", "q i(q)\n" + rows(q, s - 1))).s_r, q * (s - 1))


def test_what_tends_to_0_in_place_of_s_names_its_quantity(silica, file):
    q, s = in_range(silica, 0.5, 20.0)
    with pytest.raises(ValueError, match=r"it tends to .*Give quantity='S_R': it seems to be q \(S − 1\)"):
        read_pattern(file("a.sq", rows(q, q * (s - 1))))
    with pytest.raises(ValueError, match=r"it tends to .*Give quantity: 'S-1'|Give quantity='S-1'"):
        read_pattern(file("b.sq", rows(q, s - 1)))


def test_a_given_quantity_takes_precedence_over_the_values(silica, file):
    q, s = in_range(silica, 0.5, 20.0)
    with pytest.warns(UserWarning, match="does not vanish at small q") as warned:
        pattern = read_pattern(file("a.fq", rows(q, SQUARE * (s - 1))), quantity="S_R")
    assert len(warned) == 1
    np.testing.assert_array_equal(pattern.s_r, SQUARE * (s - 1))


def test_g_of_pdfgetx_and_of_rmcprofile_are_distinguished_in_all_materials(material, file):
    r, g, density = material.r, material.target, material.number_density
    if material.name in SHORT_BONDS:
        pytest.skip("its first shell is not beyond 1.2 Å")
    reduced = file("a.gr", RMCPROFILE.format(r.size) + rows(r, reduced_pdf_from_g(r, g, density)))
    np.testing.assert_allclose(read_gr(reduced, number_density=density).g, g, atol=1e-9)
    path = file("b.gr", RMCPROFILE.format(r.size) + rows(r, SQUARE * (g - 1)))
    with pytest.raises(ValueError, match=r"constant, -0\.3, as ⟨b⟩² .*: give composition and quantity='GK'"):
        read_gr(path, number_density=density)
    named = file("c.gr", "r g(r)\n" + rows(r, SQUARE * (g - 1)))
    with pytest.raises(ValueError, match=r"constant, -0\.3, as ⟨b⟩²"):
        read_gr(named)


@pytest.mark.parametrize("ends", RANGES)
def test_ripples_of_a_fourier_transform_do_not_make_g_of_pdfgetx_another(material, ends, file):
    q, s = in_range(material, *ends)
    r = np.arange(1, 600) * 0.02
    reduced = 2 / np.pi * np.trapezoid(q * (s - 1) * np.sin(np.outer(r, q)), q)
    path = file("a.gr", "#L r G(r)\n" + rows(r, reduced))
    with warnings.catch_warnings():  # G(r) without S(q) at small q is also too small below the first shell
        warnings.filterwarnings("ignore", ".*(is S\\(q\\) unknown at small q|before its first peak)")
        assert read_gr(path, number_density=material.number_density).r.size == r.size


def test_g_of_rmcprofile_is_divided_where_composition_and_values_agree(silica, file):
    r, g = silica.r, silica.target
    square = Composition("SiO2").intensities("neutron")["square_of_mean"]
    text = RMCPROFILE.format(r.size) + rows(r, square * (g - 1))
    with pytest.warns(UserWarning, match=r"is divided by ⟨b⟩² = 0\.276 of the composition"):
        curve = read_gr(file("a.gr", text), composition="SiO2")
    np.testing.assert_allclose(curve.g, g, atol=1e-12)
    assert curve.composition == "SiO2"
    assert curve.number_density is None
    np.testing.assert_allclose(read_gr(file("b_rmc.gr", text), composition="SiO2").g, g, atol=1e-12)
    pystog = file("pystog.dat", "# r g(r) G(r) GK(r)\n" + rows(r, g, 0 * g, square * (g - 1)))
    np.testing.assert_allclose(read_gr(pystog, column="GK(r)", composition="SiO2").g, g, atol=1e-12)
    with pytest.raises(ValueError, match="give composition, such as 'SiO2'"):
        read_gr(pystog, column="GK(r)")
    with pytest.raises(ValueError, match=r"constant, -0\.276, .* -0\.57 by neutrons with this composition"):
        read_gr(file("a.gr", text), composition="Cu3Zr")
    with pytest.warns(UserWarning, match="where -⟨b⟩² of the composition is -0.57|before its first peak"):
        read_gr(file("a.gr", text), quantity="GK", composition="Cu3Zr")


def test_a_curve_of_rmcprofile_that_begins_beyond_the_first_atoms_needs_the_quantity(silica, file):
    part = silica.r > 1.2
    r, g = silica.r[part], silica.target[part]
    path = file("a.gr", RMCPROFILE.format(r.size) + rows(r, SQUARE * (g - 1)))
    with pytest.raises(ValueError, match=r"begins with a count of rows.* quantity='GK' .* quantity='G'"):
        read_gr(path, number_density=silica.number_density)
    reduced = reduced_pdf_from_g(r, g, silica.number_density)
    assert read_gr(file("b.gr", rows(r, reduced)), number_density=silica.number_density).g == pytest.approx(g)


def test_g_minus_1_is_named(silica, file):
    r, g = silica.r, silica.target
    with pytest.raises(ValueError, match="-1 below the first shell: give quantity='g-1'"):
        read_gr(file("a.gr", rows(r, g - 1)), number_density=0.0662)
    path = file("a.dat", "r g(r)-1\n" + rows(r, g - 1))
    np.testing.assert_allclose(read_gr(path).g, g, atol=1e-12)
    np.testing.assert_allclose(read_gr(file("b.dat", rows(r, g - 1)), quantity="g-1").g, g, atol=1e-12)


@pytest.mark.parametrize("factor", [1.0, None])
def test_d_and_t_are_divided_by_the_factor_that_their_values_show(factor, silica, file):
    r, g, density = silica.r, silica.target, silica.number_density
    square = Composition("SiO2").intensities("neutron")["square_of_mean"]
    d = reduced_pdf_from_g(r, g, density)
    for name, y in [("D(r)", d), ("T(r)", d + 4 * np.pi * r * density)]:
        path = file("a.dat", f"r {name} error\n" + rows(r, y * (factor or square), 0.1 * r * (factor or square)))
        if factor is None:
            with pytest.warns(UserWarning, match=r"is ⟨b⟩² times 4πrρ₀"):
                curve = read_gr(path, number_density=density, composition="SiO2")
            with pytest.raises(ValueError, match=r"it is 0\.2\d times 4πrρ₀.*: give quantity='[DT]'"):
                read_gr(path, number_density=density)
        else:
            curve = read_gr(path, number_density=density, composition="SiO2")
            np.testing.assert_array_equal(read_gr(path, number_density=density).g, curve.g)
        np.testing.assert_allclose(curve.g, g, atol=1e-9)
        np.testing.assert_allclose(curve.std, 0.1 / (4 * np.pi * density), rtol=1e-12)
        with pytest.raises(ValueError, match="give number_density"):
            read_gr(path)


def test_d_in_nanometres_is_converted(silica, file):
    r, density = silica.r, silica.number_density
    d = reduced_pdf_from_g(r, silica.target, density)
    path = file("a.dat", "r(nm) D(r)\n" + rows(r / 10, 100 * d))
    np.testing.assert_allclose(read_gr(path, number_density=density).g, silica.target, atol=1e-9)


def test_the_number_density_that_contradicts_g_or_rdf_causes_a_warning(silica, file):
    r, g, density = silica.r, silica.target, silica.number_density
    for name, y in [("G(r)", reduced_pdf_from_g(r, g, density)), ("RDF(r)", rdf_from_g(r, g, density))]:
        path = file("a.dat", f"r {name}\n" + rows(r, y))
        with pytest.warns(UserWarning, match=r"is 0\.33 times what the|before its first peak") as warned:
            read_gr(path, number_density=3 * density, quantity=name[:-3])
        assert len(warned) == (2 if name == "G(r)" else 1)
    with pytest.raises(ValueError, match=r"RDF\(r\) is 0\.33 times what .* Give quantity"):
        read_gr(path, number_density=3 * density)


def test_g_that_is_not_0_below_the_first_atoms_causes_a_warning(silica, file):
    path = file("a.dat", "r g(r)\n" + rows(silica.r, 0.5 + 0.5 * silica.target))
    with pytest.warns(UserWarning, match=r"g\(r\) is 0\.5 or more before its first peak, where it has to be 0"):
        read_gr(path)


def test_a_composition_without_neutrons_or_without_mean_scattering_is_no_obstacle(silica, file):
    path = file("a.gr", "r g(r)\n" + rows(silica.r, silica.target))
    for composition in ("PoO2", {"H2O": 0.9195, "D2O": 0.0805}):
        np.testing.assert_array_equal(read_gr(path, composition=composition).g, silica.target)
    path = file("b.dat", rows(silica.r, SQUARE * (silica.target - 1)))
    with pytest.raises(ValueError, match="too small to divide by"):
        read_gr(path, quantity="GK", composition={"H2O": 0.9195, "D2O": 0.0805})


def test_gudruns_interference_function_with_a_wrong_composition_causes_a_warning(silica, file):
    q, s = in_range(silica, 0.5, 20.0)
    path = file("silica.mint01", rows(q, SQUARE * (s - 1)))
    with pytest.warns(UserWarning, match=r"S\(q\) is nowhere below 0\.\d+ up to q = 3 Å⁻¹"):
        read_pattern(path, composition="Ni")


@pytest.mark.filterwarnings("error")
def test_f_that_begins_late_is_read_by_its_suffix_with_a_warning(material, file):
    q, s = in_range(material, 1.5, 20.0)
    for values in (q * (s - 1), SQUARE * (s - 1)):
        with pytest.warns(DataWarning, match=r"read as q \(S − 1\) by its suffix"):
            read_pattern(file("a.fq", rows(q, values)))
    read_pattern(file("a.fq", rows(q, q * (s - 1))), quantity="S_R")


@pytest.mark.filterwarnings("ignore:.*(before its first peak|further below 0)")
@pytest.mark.parametrize("start", [0.7, 1.0])
def test_g_of_rmcprofile_that_begins_late_does_not_pass_for_that_of_pdfgetx(start, material, file):
    r, g = material.r[material.r > start], material.target[material.r > start]
    density = material.number_density
    if material.name not in SHORT_BONDS:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_gr(file("a.gr", rows(r, reduced_pdf_from_g(r, g, density))), number_density=density)
    path = file("b.gr", rows(r, SQUARE * (g - 1)))
    with pytest.warns(DataWarning, match=r"read as G\(r\) by its suffix, which its values from r = .* do not show"):
        read_gr(path, number_density=density)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["F(Q)", "F_Q", "fq", "F"])
def test_f_that_begins_late_has_no_meaning_of_its_own_but_in_files_of_pdfgetx(name, silica, file):
    q, s = in_range(silica, 1.5, 20.0)
    with pytest.warns(DataWarning, match=r"read as q \(S − 1\) by its name"):
        read_pattern(file("a.dat", f"# Q {name}\n" + rows(q, s - 1)))
    for header in (f"version = pdfgetx3 2.0.0\n#L Q {name}\n", "# Q Q[S(Q)-1]\n", "# Q s_r\n"):
        read_pattern(file("a.dat", header + rows(q, q * (s - 1))))


@pytest.mark.filterwarnings("error")
def test_a_slope_that_is_too_steep_and_g_minus_1_that_falls_are_reported(silica, file):
    """S that begins late makes the slope smaller, and nothing makes it larger."""
    r, density = silica.r, silica.number_density
    reduced = reduced_pdf_from_g(r, silica.target, density)
    with pytest.warns(DataWarning) as warned:
        read_gr(file("a.dat", "r G(r)\n" + rows(r, 1.6 * reduced)), number_density=density)
    assert any("G(r) is 1.6 times what the number density implies" in str(warning.message) for warning in warned)
    with pytest.warns(DataWarning) as warned:
        read_gr(file("a.dat", "r g(r)-1\n" + rows(r, reduced)))
    assert any("falls in proportion to r below the first shell, as G(r)" in str(w.message) for w in warned)


def test_a_given_g_that_is_constant_below_the_first_shell_is_reported(silica, file):
    """The column PDF_Expt of RMCProfile, read as G."""
    path = file("a.csv", "r,PDF_Expt\n" + rows(silica.r, SQUARE * (silica.target - 1)).replace(" ", ","))
    with pytest.warns(DataWarning, match=r"read as G\(r\), but below the first shell it is constant, -0.3"):
        read_gr(path, column="PDF_Expt", quantity="G", number_density=silica.number_density)


@pytest.mark.filterwarnings("error")
def test_the_differential_rdf_is_no_g(material, file):
    """4πr² (ρ − ρ₀) grows with r² where 4πrρ₀ (g − 1) grows with r."""
    if material.name in SHORT_BONDS:
        pytest.skip("its first shell is not beyond 1.2 Å")
    g_r = reduced_pdf_from_g(material.r, material.target, material.number_density)
    read_gr(file("a.dat", "r G(r)\n" + rows(material.r, g_r)), number_density=material.number_density)
    path = file("b.dat", "r G(r)\n" + rows(material.r, material.r * g_r))
    with pytest.raises(ValueError, match="falls as r² below the first shell"):
        read_gr(path, number_density=material.number_density)
