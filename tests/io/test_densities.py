"""Number densities in the header of a file."""

import numpy as np
import pytest

from sklearn_wtrdf import Composition, DataWarning, read_gr, read_pattern
from sklearn_wtrdf.scattering.curve import reduced_pdf_from_g
from tests.malformed import G_R, Q, R, S, rows

DENSITY = 0.066
G = reduced_pdf_from_g(R, G_R, DENSITY)
SILICA = Composition("SiO2")


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
        ("rho0 = 2.2 g/cc", "is a mass density, got '2.2 g/cc': add a line such as composition = SiO2"),
        ("rho0 = 2.2 g/cm3\n# composition = nothing known", "is a mass density"),
        ("number_density = 1e-320", "is no number density"),
        ("number_density = -0.066", "is no number density"),
        ("number_density = 66", "is no number density"),
        ("number_density = 0.066 mol/dm^3", "is no number density in Å⁻³, nm⁻³ or cm⁻³"),
        ("composition = SiO2\n# mass_density = -2.2", "is no mass density"),
    ],
)
def test_a_header_with_an_impossible_material_is_refused(header, message, file):
    with pytest.raises(ValueError, match=message) as error:
        read_pattern(file("a.sq", f"# {header}\n" + rows(Q, S)))
    assert "\n" not in str(error.value)


def test_a_density_that_no_matter_has_is_refused(file):
    path = file("a.gr", rows(R, G))
    for density in (1e-320, -0.066, 0.0, np.nan):
        with pytest.raises(ValueError, match="number_density must be"):
            read_gr(path, number_density=density)


@pytest.mark.filterwarnings("error")
def test_densities_that_contradict_one_another_are_reported(file):
    header = "# rho0 = 0.05\n# number_density = 0.0662\n"
    with pytest.warns(DataWarning, match=r"has the number densities 0\.05, 0\.0662 Å⁻³: the first is used"):
        assert read_pattern(file("a.sq", header + rows(Q, S))).number_density == 0.05
    same = "# composition = SiO2\n# number_density = 0.0662\n# mass_density = 2.2\n"
    assert read_pattern(file("a.sq", same + rows(Q, S))).number_density == 0.0662


def test_a_given_density_takes_precedence_over_an_impossible_one(file):
    path = file("a.gr", "# rho0 = 0.0\n#L r G(r)\n" + rows(R, G))
    with pytest.raises(ValueError, match="no number density"):
        read_gr(path)
    np.testing.assert_allclose(read_gr(path, number_density=DENSITY).g, G_R, atol=1e-12)


def test_a_mass_density_beside_a_number_density_is_no_obstacle(file):
    for line in ("# rho = 2.2", "# rho = 2.2 g/cm3"):
        header = f"# number_density = 0.0662\n{line}\n"
        assert read_pattern(file("a.sq", header + rows(Q, S))).number_density == 0.0662


def test_a_density_of_molecules_is_refused(file):
    with pytest.raises(ValueError, match="is no number density"):
        read_gr(file("a.gr", "# rho = 0.021 molecules per cubic angstrom\n# r G(r)\n" + rows(R, G_R)))
