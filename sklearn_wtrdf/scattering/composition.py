"""The composition of a material, and quantities that follow from it: densities, pair weights, coordination numbers.

The tables are those of two maintained libraries, because no single one has all of them. periodictable reads formulas,
with isotopes and ions, and has masses, neutron scattering lengths (Rauch and Waschkowski 2003, with the newer
measurements that it names) and the form factors f0(q) of atoms and ions (Waasmaier and Kirfel 1995); it imports in
milliseconds. xraylib, which has EPDL97 (Cullen, Hubbell and Kissel 1997), adds Compton scattering, and f′ and f″ beyond
30 keV, where those of periodictable end. xraydb has f0, f′ and f″ as well, but neither neutrons, nor isotopes, nor
Compton scattering, and opening its database takes most of a second: the tests compare with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_wtrdf.scattering.atoms import compton, dispersion, form_factor, incoherent_neutrons, scattering_length
from sklearn_wtrdf.scattering.formula import formula_text, read_formula
from sklearn_wtrdf.scattering.validation import DENSITIES, check_number_density, check_positive
from sklearn_wtrdf.utils.text import quoted

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Weighting = Literal["x-ray", "neutron", "number"]
Scheme = Literal["faber-ziman", "ashcroft-langreth"]

_ATOMIC_UNITS = 0.602214076  # u/Å³ in 1 g/cm³, Avogadro's number times 10⁻²⁴, exact since 2019
_BARN_PER_FM2 = 0.01
_WEIGHTINGS = ("x-ray", "neutron", "number")
_SCHEMES = ("faber-ziman", "ashcroft-langreth")


class Composition:
    """The composition of a material, from which densities and the pair weights of X-rays and neutrons follow.

    Parameters
    ----------
    formula : str, mapping of str to float, or Composition
        A formula: ``"SiO2"``, ``"Ge0.25Se0.75"``, ``"Ag10(Ge25Se75)90"``, units joined by plus as in
        ``"Na2O + 2SiO2"``. Isotopes are written ``"D2O"`` and ``"H2O[18]"``, ions, which have their own form
        factors, ``"Si{4+}O{2-}2"``. Or a mapping with the number of atoms of each element, ``{"Si": 1, "O": 2}``, or
        of formula units, ``{"SiO2": 0.8, "Na2O": 0.2}``.

    Attributes
    ----------
    formula : str
        The formula as text; for a mapping, its items in their order.
    fractions : dict of str to float
        Atomic fraction c_A of each kind of atom; they add up to 1. Isotopes and ions are kinds of their own,
        ``"D"``, ``"O[18]"``, ``"O{2-}"``.
    mean_mass : float
        Mean mass of an atom [u], for the natural mixture of isotopes if none is named.

    Raises
    ------
    ValueError
        If the formula is wrong or ambiguous, or has more than 1000 characters. The message begins with "composition".

    Notes
    -----
    If the numbers in a bracket add up to 100, and those of the whole formula to 100 or 1, they are percentages, as in
    papers on glasses: ``"Ag10(Ge25Se75)90"`` has 10 % silver. All other brackets are multiplied out, also
    ``"(SiO2)80(Na2O)20"``.

    A number in front is for sums of units: ``"2H2O"`` by itself is refused, because it might mean an isotope.

    A point inside a formula is a decimal point: ``"CaSO4.2H2O"`` has 4.2 atoms of oxygen before the water.

    Examples
    --------
    >>> from sklearn_wtrdf import Composition
    >>> silica = Composition("SiO2")
    >>> silica.fractions
    {'Si': 0.3333333333333333, 'O': 0.6666666666666666}
    >>> round(silica.number_density(2.20), 5)  # of g/cm³
    0.06615
    >>> silica.weights("neutron").round(3).to_dict()
    {'Si-Si': 0.069, 'Si-O': 0.388, 'O-O': 0.543}
    """

    def __init__(self, formula: str | Mapping[str, float] | Composition) -> None:
        self._set(formula.formula if isinstance(formula, Composition) else formula_text(formula))

    def _set(self, formula: str) -> None:
        self.formula: str = formula
        self._atoms, counts = read_formula(self.formula)
        self._c = np.array(counts) / sum(counts)
        self.fractions: dict[str, float] = dict(zip(self._atoms, self._c.tolist(), strict=True))
        self.mean_mass = float(sum(self._c * [atom.mass for atom in self._atoms.values()]))

    def __repr__(self) -> str:
        return f"Composition({self.formula!r})"

    def __getstate__(self) -> dict[str, str]:
        return {"formula": self.formula}  # the other attributes follow from it

    def __setstate__(self, state: dict[str, str]) -> None:
        self._set(state["formula"])

    def number_density(self, mass_density: float) -> float:
        """Return the number of atoms per volume.

        .. math:: ρ_0 = ρ N_A / M

        Parameters
        ----------
        mass_density : float
            ρ [g/cm³].

        Returns
        -------
        number_density : float
            ρ₀ [Å⁻³], with M the mean mass of an atom.

        Raises
        ------
        ValueError
            If it is not positive and finite.

        Examples
        --------
        >>> from sklearn_wtrdf import Composition
        >>> round(Composition("GeSe2").number_density(4.39), 5)
        0.0344
        """
        return check_positive("mass_density", mass_density, "g/cm³") * _ATOMIC_UNITS / self.mean_mass

    def mass_density(self, number_density: float) -> float:
        """Return the mass density ρ = ρ₀ M / N_A, the inverse of :meth:`number_density`.

        Parameters
        ----------
        number_density : float
            ρ₀ [Å⁻³].

        Returns
        -------
        mass_density : float
            ρ [g/cm³].

        Raises
        ------
        ValueError
            If it is not positive and finite.

        Examples
        --------
        >>> from sklearn_wtrdf import Composition
        >>> round(Composition("GeSe2").mass_density(0.0344), 2)
        4.39
        """
        return check_positive("number_density", number_density, "atoms per Å³") * self.mean_mass / _ATOMIC_UNITS

    def amplitudes(
        self, weighting: Weighting = "x-ray", q: ArrayLike = 0.0, *, wavelength: float | None = None
    ) -> pd.DataFrame | pd.Series:
        """Return the scattering amplitude of each kind of atom.

        Parameters
        ----------
        weighting : {"x-ray", "neutron", "number"}, default="x-ray"
            X-rays: f(q) [electrons] of free atoms, or of ions where the formula has them. Neutrons: the bound coherent
            scattering length b [fm]. Number: 1, so that all atoms have the same weight.
        q : float or array-like of shape (n_q,), default=0.0
            Scattering vector [Å⁻¹], 0 to 75.
        wavelength : float, default=None
            Wavelength of the X-rays [Å], for the dispersion in f = f0(q) + f′ + i f″. If None, dispersion is neglected,
            f = f0(q).

        Returns
        -------
        amplitudes : DataFrame of shape (n_q, n_kinds)
            A row for each q and a column for each kind of atom; a Series if q is a number. Complex if `wavelength` is
            given.

        Raises
        ------
        ValueError
            If an argument is invalid, or an atom or ion is not in the tables.

        Examples
        --------
        >>> from sklearn_wtrdf import Composition
        >>> Composition("SiO2").amplitudes(q=[0, 2, 8]).round(2)
                Si     O
        0.0  14.00  8.00
        2.0  10.54  6.32
        8.0   4.99  1.85
        """
        q = _check_q(q)
        return _by_q(q, list(self._atoms), self._amplitudes(weighting, q, wavelength))

    def weights(
        self,
        weighting: Weighting = "x-ray",
        q: ArrayLike = 0.0,
        *,
        wavelength: float | None = None,
        scheme: Scheme = "faber-ziman",
    ) -> pd.DataFrame | pd.Series:
        r"""Return the weight of each pair of atoms in the measured structure factor.

        .. math:: S(q) − 1 &= ∑_{A≤B} w_{AB} (S_{AB}(q) − 1) \\
            w_{AB} &= (2 − δ_{AB}) \frac{c_A c_B \mathrm{Re}(f_A^* f_B)}{|⟨f⟩|^2}

        after Faber and Ziman, where the weights add up to 1, and

        .. math:: S(q) &= ∑_{A≤B} w_{AB} S_{AB}(q) \\
            w_{AB} &= (2 − δ_{AB}) \frac{\sqrt{c_A c_B} \, \mathrm{Re}(f_A^* f_B)}{⟨|f|^2⟩}

        after Ashcroft and Langreth, where the weights of like atoms add up to 1, and S is the intensity over ⟨|f|²⟩.
        Everywhere else this package uses the definition of Faber and Ziman. A pair of unlike atoms A and B has one
        column, with twice the weight. With the weights at a single q, g(r) = Σ w_AB g_AB(r).

        Parameters
        ----------
        weighting, q, wavelength
            As for :meth:`amplitudes`.
        scheme : {"faber-ziman", "ashcroft-langreth"}, default="faber-ziman"
            Definition of the partial structure factors.

        Returns
        -------
        weights : DataFrame of shape (n_q, n_pairs)
            A row for each q and a column for each pair, such as ``"Si-O"``; a Series where q is a number.

        Raises
        ------
        ValueError
            As for :meth:`amplitudes`, and if `scheme` is neither of the two.

        Notes
        -----
        If ⟨f⟩ is 0, as with neutrons in some mixtures of H2O and D2O, Faber–Ziman weights are infinite; use those of
        Ashcroft and Langreth.

        Examples
        --------
        >>> from sklearn_wtrdf import Composition
        >>> Composition("GeSe2").weights(q=[0, 10]).round(3)
              Ge-Ge  Ge-Se  Se-Se
        0.0   0.102  0.435  0.462
        10.0  0.095  0.427  0.478
        """
        if scheme not in _SCHEMES:
            raise ValueError(f"scheme must be one of {', '.join(map(repr, _SCHEMES))}, got {quoted(scheme)}.")
        q, kinds = _check_q(q), list(self._atoms)
        f, c = self._amplitudes(weighting, q, wavelength), self._c
        if scheme == "faber-ziman":
            number, norm = c, np.abs(f @ c) ** 2
        else:
            number, norm = np.sqrt(c), np.abs(f) ** 2 @ c
        a, b = np.triu_indices(c.size)
        twice = np.where(a == b, 1, 2)
        w = twice * number[a] * number[b] * (f[..., a].conj() * f[..., b]).real / norm[..., None]
        return _by_q(q, [f"{kinds[i]}-{kinds[j]}" for i, j in zip(a, b, strict=True)], w)

    def intensities(
        self, weighting: Weighting = "x-ray", q: ArrayLike = 0.0, *, wavelength: float | None = None
    ) -> pd.DataFrame | pd.Series:
        r"""Return the mean scattering of independent atoms.

        With S in the definition of Faber and Ziman, the intensity per atom in absolute units is

        .. math:: I(q) = ⟨|f|^2⟩ + |⟨f⟩|^2 (S(q) − 1) + \text{incoherent}

        Parameters
        ----------
        weighting, q, wavelength
            As for :meth:`amplitudes`.

        Returns
        -------
        intensities : DataFrame of shape (n_q, 3)
            A row for each q; a Series where q is a number.

            square_of_mean
                |⟨f⟩|², of X-rays in electron units, which are r_e² = 0.0794 barn/sr; of neutrons, ⟨b⟩² [barn/sr].
            mean_of_square
                ⟨|f|²⟩, in the same units.
            incoherent
                Of X-rays, the Compton scattering Σ c_A S_A(q) of free neutral atoms, without the Breit–Dirac
                recoil factor; of neutrons, the incoherent cross section over 4π [barn/sr]; 0 for "number".

        Raises
        ------
        ValueError
            As for :meth:`amplitudes`.

        Examples
        --------
        >>> from sklearn_wtrdf import Composition
        >>> Composition("SiO2").intensities(q=[2, 8]).round(2)
             square_of_mean  mean_of_square  incoherent
        2.0           59.71           63.68        2.63
        8.0            8.38           10.58        7.24
        """
        q, c = _check_q(q), self._c
        f = self._amplitudes(weighting, q, wavelength)
        unit = _BARN_PER_FM2 if weighting == "neutron" else 1.0
        incoherent = {"x-ray": compton, "neutron": incoherent_neutrons, "number": lambda kind, atom, q: 0.0 * q}
        each = [incoherent[weighting](kind, atom, q) for kind, atom in self._atoms.items()]
        columns = [unit * np.abs(f @ c) ** 2, unit * np.abs(f) ** 2 @ c, np.stack(each, axis=-1) @ c]
        return _by_q(q, ["square_of_mean", "mean_of_square", "incoherent"], np.stack(columns, axis=-1))

    def neighbour_weights(
        self, weighting: Weighting = "x-ray", q: ArrayLike = 0.0, *, wavelength: float | None = None
    ) -> pd.Series:
        r"""Return the contribution of one neighbour to the coordination number of a peak.

        A peak of the measured g(r) contains all pairs of atoms at its distances, each with its weight. With Z_AB atoms
        of kind B around one of kind A, its coordination number is

        .. math:: N = 4πρ_0 ∫ r^2 g(r) \, dr = ∑_{A≤B} \frac{w_{AB}}{c_B} Z_{AB}

        so that one more B around each A adds w_AB / c_B. With the weighting "number", N is the mean number of
        neighbours; with X-rays and neutrons it is not.

        Parameters
        ----------
        weighting, wavelength
            As for :meth:`amplitudes`.
        q : float or array-like of shape (n_q,), default=0.0
            The q at which the weights are evaluated [Å⁻¹], or several, whose mean is taken. At 0, X-ray weights follow
            from the atomic numbers.

        Returns
        -------
        neighbour_weights : Series of shape (n_kinds²,)
            w_AB / c_B for each A and B: ``"Si-O"`` is an oxygen around a silicon, ``"O-Si"`` a silicon around an
            oxygen. Both describe the same pairs of atoms, c_A Z_AB = c_B Z_BA, of which N contains one.

        Raises
        ------
        ValueError
            As for :meth:`amplitudes`.

        Examples
        --------
        In silica, four oxygen atoms surround each silicon atom. With neutrons they contribute

        >>> from sklearn_wtrdf import Composition
        >>> n = 4 * Composition("SiO2").neighbour_weights("neutron")["Si-O"]
        >>> float(n.round(2))
        2.33
        """
        import pandas as pd

        a, b = np.triu_indices(self._c.size)
        w = np.empty((self._c.size, self._c.size))
        w[a, b] = w[b, a] = self.weights(weighting, np.atleast_1d(q), wavelength=wavelength).mean()
        return pd.Series(
            (w / self._c).ravel(), [f"{center}-{other}" for center in self._atoms for other in self._atoms]
        )

    def neighbours(
        self,
        coordination: ArrayLike,
        pair: str,
        weighting: Weighting = "x-ray",
        q: ArrayLike = 0.0,
        *,
        wavelength: float | None = None,
    ) -> Floats:
        """Return the number of neighbours in a peak to which only one pair of kinds contributes.

        .. math:: Z_{AB} = N c_B / w_{AB}

        Parameters
        ----------
        coordination : float or array-like
            N, the coordination number of the peak as :func:`~sklearn_wtrdf.coordination_numbers` and
            :func:`~sklearn_wtrdf.peak_table` give it.
        pair : str
            ``"A-B"``: atoms of kind B around one of kind A. If other pairs contribute to the peak, the result is too
            large; first subtract their contributions by :meth:`neighbour_weights`.
        weighting, q, wavelength
            As for :meth:`neighbour_weights`.

        Returns
        -------
        neighbours : float or ndarray
            Z_AB.

        Raises
        ------
        ValueError
            If `pair` is not a pair of the composition, or as for :meth:`amplitudes`.

        Examples
        --------
        >>> from sklearn_wtrdf import Composition
        >>> silica = Composition("SiO2")
        >>> float(silica.neighbours(2.33, "Si-O", "neutron").round(2))
        4.0
        >>> float(silica.neighbours(2.33, "O-Si", "neutron").round(2))
        2.0
        """
        weights = self.neighbour_weights(weighting, q, wavelength=wavelength)
        if pair not in weights:
            raise ValueError(f"pair must be one of {', '.join(map(repr, weights.index))}, got {quoted(pair)}.")
        return np.asarray(coordination, dtype=float) / weights[pair]

    def _amplitudes(self, weighting: str, q: Floats, wavelength: float | None) -> NDArray:
        """Return the amplitudes of :meth:`amplitudes`, in shape (n_q, n_kinds) or (n_kinds,)."""
        if weighting not in _WEIGHTINGS:
            raise ValueError(f"weighting must be one of {', '.join(map(repr, _WEIGHTINGS))}, got {quoted(weighting)}.")
        if wavelength is not None and weighting != "x-ray":
            raise ValueError(f"wavelength is for weighting='x-ray', got weighting={quoted(weighting)}.")
        amplitude = {"x-ray": form_factor, "neutron": scattering_length, "number": lambda kind, atom, q: 1 + 0 * q}
        f = np.stack([amplitude[weighting](kind, atom, q) for kind, atom in self._atoms.items()], axis=-1)
        if wavelength is None:
            return f
        return f + [dispersion(kind, atom, wavelength) for kind, atom in self._atoms.items()]


def number_density_of(
    number_density: float | None,
    composition: str | Mapping[str, float] | Composition | None,
    mass_density: float | None,
) -> float | None:
    """Return the number density [Å⁻³] that is given directly or by a mass density [g/cm³]; None if neither is."""
    if mass_density is None:
        return None if number_density is None else check_number_density(number_density)
    if number_density is not None:
        raise ValueError("number_density and mass_density are both given: leave one of them out.")
    if composition is None:
        raise ValueError("mass_density needs composition, for the masses of the atoms, for example SiO2.")
    density = Composition(composition).number_density(mass_density)
    if not DENSITIES[0] <= density <= DENSITIES[1]:
        raise ValueError(f"mass_density is {mass_density:g} g/cm³, which no material has: silica has 2.2.")
    return density


def _check_q(q: ArrayLike) -> Floats:
    q = np.asarray(q, dtype=float)
    if q.ndim > 1 or not (np.isfinite(q) & (q >= 0)).all():
        raise ValueError("q must be a number of Å⁻¹ or one-dimensional, finite and not negative.")
    return q


def _by_q(q: Floats, names: list[str], values: NDArray) -> pd.DataFrame | pd.Series:
    """Return a table with a row for each q, or the one row where q is a number."""
    import pandas as pd

    return pd.DataFrame(values, q, names) if q.ndim else pd.Series(values, names)
