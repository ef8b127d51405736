import numpy as np
import pytest

from sklearn_wtrdf import Composition
from sklearn_wtrdf.datasets import load_ag_ge_se


@pytest.mark.parametrize("x", [0, 5, 10, 15, 20, 25])
def test_brackets_in_per_cent_are_those_of_the_simulated_glasses(x):
    glass = load_ag_ge_se(x)
    composition = Composition(glass.groups[0])
    assert composition.fractions.get("Ag", 0) == pytest.approx(x / 100)
    assert composition.fractions["Se"] == pytest.approx(3 * composition.fractions["Ge"])
    # The assumed mass density is in data/simulated/README.md.
    assert composition.number_density(4.35 + 0.052 * x) == pytest.approx(glass.number_density, abs=5.1e-6)


@pytest.mark.parametrize(
    ("formula", "fractions"),
    [
        ("Ge25Se75", {"Ge": 0.25, "Se": 0.75}),
        (" Ge25 Se75\n", {"Ge": 0.25, "Se": 0.75}),
        ("Ge0.25Se0.75", {"Ge": 0.25, "Se": 0.75}),
        ({"Ge": 1, "Se": 3, "Ag": 0}, {"Ge": 0.25, "Se": 0.75}),
        ("SiO₂", {"Si": 1 / 3, "O": 2 / 3}),
        ("Ag0.1(Ge25Se75)0.9", {"Ag": 0.1, "Ge": 0.225, "Se": 0.675}),
        ({"Ag": 10, "Ge25Se75": 90}, {"Ag": 0.1, "Ge": 0.225, "Se": 0.675}),
        ("((Ge25Se75)80Te20)90Ag10", {"Ge": 0.18, "Se": 0.54, "Te": 0.18, "Ag": 0.1}),
        ("(Ge25Se75)9Ag", {"Ge": 225 / 901, "Se": 675 / 901, "Ag": 1 / 901}),  # its own numbers are no per cent
        ("(SiO2)80(Na2O)20", {"Si": 4 / 15, "O": 9 / 15, "Na": 2 / 15}),
        ({"SiO2": 0.8, "Na2O": 0.2}, {"Si": 4 / 15, "O": 9 / 15, "Na": 2 / 15}),
        ("Na2O + 2SiO2", {"Na": 2 / 9, "O": 5 / 9, "Si": 2 / 9}),
        ("GeSe0", {"Ge": 1}),
        ("C60", {"C": 1}),
        ({"Ar": 108}, {"Ar": 1}),
        ("Si0.05O100", {"Si": 0.05 / 100.05, "O": 100 / 100.05}),
        ("D2O", {"D": 2 / 3, "O": 1 / 3}),
        ("P1BO4", {"P": 1 / 6, "B": 1 / 6, "O": 4 / 6}),
        ({"P": 1, "B": 1, "O": 4}, {"P": 1 / 6, "B": 1 / 6, "O": 4 / 6}),
        ({"S": 1, "N": 1, "I": 1}, {"S": 1 / 3, "N": 1 / 3, "I": 1 / 3}),
        ("CO2", {"C": 1 / 3, "O": 2 / 3}),
        ("Li2.9PO3.3N0.5", {"Li": 2.9 / 7.7, "P": 1 / 7.7, "O": 3.3 / 7.7, "N": 0.5 / 7.7}),
        ("H2O[18]", {"H": 2 / 3, "O[18]": 1 / 3}),
        ({"D": 2, "O[18]": 1}, {"D": 2 / 3, "O[18]": 1 / 3}),
        ("Si{4+}O{2-}2", {"Si{4+}": 1 / 3, "O{2-}": 2 / 3}),
        (Composition("SiO2"), {"Si": 1 / 3, "O": 2 / 3}),
    ],
)
def test_formulas(formula, fractions):
    composition = Composition(formula)
    assert composition.fractions == pytest.approx(fractions)
    assert Composition(composition.formula).fractions == pytest.approx(fractions)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("", "got ''"),
        ("Sio2", "got 'Sio2'"),
        ("Si\nO2", r"got 'Si\\nO2'\. It has a line break"),
        ("1cm Si // 5nm Cr", "For a mixture or a sequence, write how many atoms"),
        ("50wt% Co//Ti", "For a mixture or a sequence"),
        ("5g NaCl", "For a mixture or a sequence"),
        ("aa:GGG", "For a mixture or a sequence"),
        ("dna:ACGT", "For a mixture or a sequence"),
        ("Si02", r"got 'Si02'\. It has a 0 \(zero\): did you mean O, oxygen\?"),
        ("Na20 + 2Si02", "0 .zero.: did you mean O"),
        ("SIO2", "in capitals: write Si, or S1I for S and I"),
        ("AL2O3 + NB2O5", "in capitals: write Nb"),
        ("SIO2 + Na2O", "in capitals: write Si"),
        ({"SIO2": 1, "Na2O": 1}, "in capitals: write Si"),
        ("B203", "0 .zero.: did you mean O"),  # it would be pure boron
        ("Sio2", r"got 'Sio2'\. 'o2' is not understood\."),
        ("SiO2)", r"'\)' is not understood\."),
        ("Xx2O", "unknown element Xx"),
        ("O[99]", "not an isotope"),
        ("Si{9+}", "not a valid charge"),
        ("[18]O", r"as .* O\[18\]"),
        ("Na2O.2SiO2", "Na2O . 2SiO2 for units"),
        ("Al2O3.2SiO2", "Na2O . 2SiO2 for units"),  # it would be O3.2
        ("CuSO4.5H2O", "Na2O . 2SiO2 for units"),
        ("CuCl2.2D2O", "Na2O . 2SiO2 for units"),
        ("Ge 25Se75", "no blank before a number"),
        ("GeSe2@4.39", "mass_density"),
        ("2H2O", r"got '2H2O'\. Leave out a number in front: write H2O for 2H2O, or Si\[30\]O2 if an isotope"),
        ("30SiO2", "Leave out a number in front"),
        ("0.5 SiO2", "Leave out a number in front"),
        ("2 (SiO2)", "Leave out a number in front"),
        ("2Si{4+}O{2-}2", "Leave out a number in front"),
        ({"2H2O": 1}, "Leave out a number in front"),
        ("H" * 10**5, "It has 100000 characters, more than 1000"),
        ("(" * 10**5, "It has 100000 characters"),
        ({"H": 1, "(" * 2000: 2}, "It has 200. characters"),
        ("(" * 400, "got '[(]{78}…"),
        (["Si"] * 10**5, "got .'Si', 'Si'"),
        ({"Si": 1e308, "O": 1e308}, "got 'Si1000"),
        ({}, "got ''"),
        ({"Si": -1}, "not negative, of 'Si'"),
        ({"Si": np.nan}, "finite number"),
        ({"Si": "2"}, "finite number"),
        ({"Si": True}, "finite number"),
        ({"Xx": 1}, "unknown element Xx"),
        (None, "got None"),
        (2.2, "got 2.2"),
    ],
)
def test_an_invalid_formula_is_an_error_of_one_line(formula, message):
    with pytest.raises(ValueError, match=message) as error:
        Composition(formula)
    assert str(error.value).startswith("composition")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_a_number_in_front_is_for_units_in_a_row():
    for formula in ("2SiO2 + Na2O", "Na2O + 2SiO2", "2SiO2 + 1Na2O"):
        assert Composition(formula).fractions == pytest.approx({"Si": 2 / 9, "O": 5 / 9, "Na": 2 / 9})
