"""g(r) and S(q) of atoms in a periodic cube, with their statistical errors.

Pairs are counted in fine bins up to half the diagonal of a face, where a sphere still meets every face of the cube.
S(q) follows from those counts by the sine transform; it is worked out a second time on the wave vectors of the box,
which knows nothing of the first, and the two are compared. Errors are those of the mean over independent
configurations.
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from sklearn_wtrdf import Composition

FINE = 0.005  # Å, the bins that are counted in
COARSE = 4  # fine bins in a row of the table, so 0.02 Å
R_MAX = 12.0  # Å, the end of the table
Q = np.arange(10, 401) / 20  # Å⁻¹, 0.5 to 20
VECTORS = 40  # wave vectors of the box for each q, at most


class Statistics:
    """Counts of one configuration, frame by frame.

    Parameters
    ----------
    symbols : ndarray of str, shape (n_atoms,)
    edge : float
        Of the periodic cube [Å].
    """

    def __init__(self, symbols: np.ndarray, edge: float) -> None:
        self.symbols, self.edge = symbols, edge
        self.elements = list(dict.fromkeys(symbols.tolist()))
        self.pairs = list(combinations_with_replacement(self.elements, 2))
        self.edges = FINE * np.arange(int(edge / np.sqrt(2) / FINE) + 1)
        self.counts = {pair: np.zeros(self.edges.size - 1) for pair in self.pairs}
        self.vectors, self.place = box_vectors(edge)
        self.waves = {pair: np.zeros(len(self.vectors)) for pair in self.pairs}
        self.n_frames = self.n_wave_frames = 0

    def add(self, positions: np.ndarray, waves: bool = True) -> None:
        """Count one frame; `waves` says whether on the wave vectors too, which takes longer."""
        where = {element: positions[self.symbols == element] for element in self.elements}
        for a, b in self.pairs:
            for part in np.array_split(where[a], max(len(where[a]) // 250, 1)):
                separations = part[:, None] - where[b]
                separations -= self.edge * np.rint(separations / self.edge)
                squares = np.einsum("abi,abi->ab", separations, separations).ravel()
                bins = (np.sqrt(squares[squares < self.edges[-1] ** 2]) / FINE).astype(np.intp)
                self.counts[a, b] += np.bincount(bins, minlength=self.edges.size)[: self.edges.size - 1]
            if a == b:
                self.counts[a, b][0] -= len(where[a])  # an atom and itself
        self.n_frames += 1
        if waves:
            amplitudes = {}
            for element, of_element in where.items():
                phases = self.vectors @ of_element.T
                amplitudes[element] = np.cos(phases).sum(axis=1), np.sin(phases).sum(axis=1)
            for a, b in self.pairs:
                (ca, sa), (cb, sb) = amplitudes[a], amplitudes[b]
                self.waves[a, b] += ca * cb + sa * sb
            self.n_wave_frames += 1

    def concentration(self, element: str) -> float:
        """Return the part of the atoms that are of an element."""
        return float(np.mean(self.symbols == element))

    def partials(self) -> dict[tuple[str, str], np.ndarray]:
        """Return g_AB in the fine bins.

        Counts are over those of as many pairs, an atom's own included, spread evenly: so the mean of g − 1 over
        the box is that of a sample of fixed size, whose limit at large r differs from 1 by S(0) / n_atoms alone.
        """
        shells = np.diff(volume_in_cube(self.edges, self.edge)) / self.edge**3
        n = {element: int((self.symbols == element).sum()) for element in self.elements}
        return {(a, b): count / (self.n_frames * n[a] * n[b] * shells) for (a, b), count in self.counts.items()}

    def partial_structure_factors(self, q: np.ndarray = Q) -> dict[tuple[str, str], np.ndarray]:
        """Return S_AB (Faber–Ziman) by the transform of g_AB, which a cosine takes to 0 between 12 Å and its end."""
        r = (self.edges[1:] + self.edges[:-1]) / 2
        density = self.symbols.size / self.edge**3
        weights = 4 * np.pi * density * FINE * r * window(r, R_MAX, self.edges[-1])
        transform = np.sin(np.outer(q, r)) * weights / q[:, None]
        return {pair: 1 + transform @ (g - 1) for pair, g in self.partials().items()}

    def box_structure_factors(self) -> dict[tuple[str, str], np.ndarray]:
        """Return S_AB (Faber–Ziman) on the wave vectors of the box, the mean of those about each q; NaN without."""
        n_atoms, structure_factors = self.symbols.size, {}
        number = np.bincount(self.place, minlength=Q.size)
        for (a, b), wave in self.waves.items():
            c_a, c_b = self.concentration(a), self.concentration(b)
            each = (wave / (max(self.n_wave_frames, 1) * n_atoms) - (c_a if a == b else 0)) / (c_a * c_b)
            with np.errstate(invalid="ignore"):
                structure_factors[a, b] = 1 + np.bincount(self.place, each, minlength=Q.size) / number
        return structure_factors


def volume_in_cube(r: np.ndarray, edge: float) -> np.ndarray:
    """Return the volume [Å³] of a sphere about the middle of a cube that lies inside it, for r to edge / √2."""
    half = edge / 2
    cap = np.maximum(r - half, 0)
    return 4 / 3 * np.pi * r**3 - 6 * np.pi * cap**2 * (3 * r - cap) / 3


def window(r: np.ndarray, start: float, end: float) -> np.ndarray:
    """Return 1 up to start, 0 from end on, half a period of a cosine between."""
    return (1 + np.cos(np.pi * np.clip((r - start) / (end - start), 0, 1))) / 2


def box_vectors(edge: float) -> tuple[np.ndarray, np.ndarray]:
    """Return wave vectors of the box [Å⁻¹], and to which q of the table each belongs.

    A q has those within half a step of it, and where they are many, a draw of them.
    """
    unit = 2 * np.pi / edge
    n = int(Q[-1] / unit) + 1
    axis = np.arange(-n, n + 1)
    h, k, l = np.meshgrid(np.arange(n + 1), axis, axis, indexing="ij", sparse=True)  # noqa: E741
    squares = h**2 + k**2 + l**2
    # Half of space is enough; of h = 0 only one of each pair of opposites.
    half = (h > 0) | (k > 0) | ((k == 0) & (l > 0))
    place = np.rint(unit * np.sqrt(squares) * 20).astype(int) - 10
    flat = np.flatnonzero(half & (place >= 0) & (place < Q.size))
    rng = np.random.default_rng(0)
    flat = rng.permutation(flat)
    places = place.ravel()[flat]
    order = np.argsort(places, kind="stable")
    flat, places = flat[order], places[order]
    rank = np.arange(flat.size) - np.searchsorted(places, places)
    flat, places = flat[rank < VECTORS], places[rank < VECTORS]
    indices = np.stack(np.unravel_index(flat, squares.shape), axis=1) - [0, n, n]
    return unit * indices, places


def weights(kind: str, elements: list[str], concentration: dict[str, float], q: np.ndarray) -> dict:
    """Return w_AB at each q, 2 w_AB for unlike elements, so that they add up to 1.

    Parameters
    ----------
    kind : {"number", "x_ray", "neutron"}
        c_A c_B; with f(q) of neutral atoms; with the bound coherent scattering length, of deuterium for hydrogen.
    elements : list of str
    concentration : dict
    q : ndarray of shape (n_q,)
        At q = 0 the X-ray weights are those of the atomic numbers.
    """
    seen = {"D" if (element, kind) == ("H", "neutron") else element: concentration[element] for element in elements}
    table = Composition(seen).weights(kind.replace("_", "-"), q)
    return dict(zip(combinations_with_replacement(elements, 2), table.to_numpy().T, strict=True))


KINDS = {"": "number", "_x": "x_ray", "_n": "neutron"}


def tables(configurations: list[Statistics]) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Return the table of g, the table of S, and the other results, as means over configurations.

    Returns
    -------
    rdf : DataFrame
        r [Å], the middle of a bin of 0.02 Å; g, g_x, g_n and the partials, the mean over the bin, each with its error.
    sq : DataFrame
        q [Å⁻¹]; s, s_x, s_n, each with its error; s_box, S of all pairs alike on the wave vectors of the box, with its
        error.
    facts : dict
        How the two S differ; how far S_X with f(q) is from that with the atomic numbers.
    """
    first = configurations[0]
    concentration = {element: first.concentration(element) for element in first.elements}
    n_rows = int(R_MAX / (FINE * COARSE))

    def coarse(fine: np.ndarray) -> np.ndarray:
        shells = np.diff(first.edges**3)
        parts = [x[: n_rows * COARSE].reshape(n_rows, COARSE) for x in (fine * shells, shells)]
        return parts[0].sum(axis=1) / parts[1].sum(axis=1)

    def averaged(name: str, curves: list[np.ndarray], digits: int) -> dict[str, np.ndarray]:
        # A configuration without a pair in a bin has no scatter there: one pair more is the least that can be said.
        error = np.std(curves, axis=0, ddof=1) / np.sqrt(len(curves))
        return {name: np.mean(curves, axis=0).round(digits), f"{name}_err": error.round(digits)}

    partials = [{pair: coarse(g) for pair, g in statistics.partials().items()} for statistics in configurations]
    structure = [statistics.partial_structure_factors() for statistics in configurations]
    box = [statistics.box_structure_factors() for statistics in configurations]
    rdf = {"r": ((np.arange(n_rows) + 0.5) * FINE * COARSE).round(3)}
    sq = {"q": Q.round(2)}
    at_zero = {}
    for end, kind in KINDS.items():
        w0 = weights(kind, first.elements, concentration, np.zeros(1))
        at_zero[kind] = w0
        w = weights(kind, first.elements, concentration, Q)
        rdf |= averaged(f"g{end}", [sum(w0[pair] * g[pair] for pair in w0) for g in partials], 5)
        sq |= averaged(f"s{end}", [1 + sum(w[pair] * (s[pair] - 1) for pair in w) for s in structure], 6)
    for a, b in first.pairs:
        rdf |= averaged(f"g_{a}_{b}", [g[a, b] for g in partials], 5)
    number = at_zero["number"]
    sq |= averaged("s_box", [1 + sum(number[pair] * (s[pair] - 1) for pair in number) for s in box], 6)
    sq_table = pd.DataFrame(sq)

    # What form factors that depend on q do to g_x: the transform of the difference, to q = 20.
    mean_s = {pair: np.mean([s[pair] for s in structure], axis=0) for pair in first.pairs}
    w = weights("x_ray", first.elements, concentration, Q)
    difference = Q * sum((w[pair] - at_zero["x_ray"][pair]) * (mean_s[pair] - 1) for pair in first.pairs)
    r = rdf["r"][rdf["r"] > 0.8 * rdf["r"][np.argmax(rdf["g"] > 0.1)]]
    density = first.symbols.size / first.edge**3
    in_g = 2 / np.pi * 0.05 * np.sin(np.outer(r, Q)) @ difference / (4 * np.pi * r * density)
    between = sq_table["s_box"] - sq_table["s"]
    facts = {
        "pairs": [f"{a}_{b}" for a, b in first.pairs],
        "weights": {kind: {f"{a}_{b}": float(w0[a, b][0]) for a, b in first.pairs} for kind, w0 in at_zero.items()},
        "box_rms_difference": float(np.sqrt(np.nanmean(between**2))),
        "box_rms_error": float(np.sqrt(np.nanmean(sq_table["s_box_err"] ** 2 + sq_table["s_err"] ** 2))),
        "x_ray_form_factors_mae_g": float(np.abs(in_g).mean()),
    }
    return pd.DataFrame(rdf), sq_table, facts
