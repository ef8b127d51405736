"""Exact minimization of a sum of absolute values, for many small problems at once.

    minimize over t   Σ_i  above_i · max(e_i, 0) + below_i · max(−e_i, 0) ,   e = y − X t

With above = below = w this is weighted least-absolute regression. A row with only one of the two is a constraint when
that one is large: ``above`` asks for X t ≥ y, ``below`` for X t ≤ y. The minimum lies at a vertex, where as many rows as
there are unknowns hold exactly. From a vertex the objective descends along an edge, which lets one of these rows go, to
the lowest point of that edge, which is a vertex again, until no edge descends: the simplex method of Barrodale and Roberts
(SIAM J. Numer. Anal. 10, 839, 1973), written for a stack of problems that share their size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def minimize(
    X: Floats, y: Floats, above: Floats, below: Floats, vertex: Ints, max_pivots: int = 200
) -> tuple[Floats, Ints]:
    """Minimize m problems of n rows in p unknowns.

    Parameters
    ----------
    X : ndarray of shape (m, n, p)
    y, above, below : ndarray of shape (m, n)
    vertex : ndarray of int, shape (m, p)
        The rows that hold exactly at the start; they must be linearly independent.
    max_pivots : int, default=200
        Most edges to follow. No problem of this package needs a quarter of it.

    Returns
    -------
    t : ndarray of shape (m, p)
        The minimizers.
    vertex : ndarray of int, shape (m, p)
        The rows that hold exactly there.

    Examples
    --------
    The median, and the median under the constraint t ≤ 1.5, from a start at the first row:

    >>> import numpy as np
    >>> from sklearn_wtrdf.least_absolute import minimize
    >>> X, y = np.ones((2, 4, 1)), np.array([[1.0, 2.0, 9.0, 1.5]] * 2)
    >>> above = np.array([[1.0, 1.0, 1.0, 0.0]] * 2)
    >>> below = np.array([[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 100.0]])
    >>> minimize(X, y, above, below, np.zeros((2, 1), dtype=int))[0].ravel()
    array([2. , 1.5])
    """
    vertex = vertex.copy()
    t = np.empty(vertex.shape)
    going = np.arange(len(X))
    total = above + below
    for _ in range(max_pivots):
        problem = going[:, None]
        held = vertex[going]
        inverse = np.linalg.inv(X[problem, held])
        t[going] = (inverse @ y[problem, held][..., None])[..., 0]
        residual = y[going] - (X[going] @ t[going][..., None])[..., 0]
        np.put_along_axis(residual, held, 0.0, axis=1)
        slope = np.where(residual > 0, above[going], -below[going])
        np.put_along_axis(slope, held, 0.0, axis=1)
        edges = X[going] @ inverse  # how each residual grows with that of each held row
        along = (slope[:, None] @ edges)[:, 0]
        descent_up = -along - above[problem, held]
        descent_down = along - below[problem, held]
        descent = np.maximum(descent_up, descent_down)
        k = descent.argmax(axis=1)
        steepest = np.take_along_axis(descent, k[:, None], axis=1)[:, 0]
        scale = (np.abs(slope)[:, None] @ np.abs(edges))[:, 0]
        descends = steepest > 1e-11 * np.take_along_axis(scale, k[:, None], axis=1)[:, 0]
        if not descends.any():
            break
        going, k, steepest, held = going[descends], k[descends], steepest[descends], held[descends]
        upward = np.take_along_axis((descent_up >= descent_down)[descends], k[:, None], axis=1)
        edge = np.take_along_axis(edges[descends], k[:, None, None], axis=2)[..., 0] * np.where(upward, 1.0, -1.0)
        leaving, entering = held[np.arange(k.size), k], _lowest_on_edge(
            residual[descends], edge, total[going] * np.abs(edge), steepest, held
        )
        vertex[going, k] = np.where(entering >= 0, entering, leaving)
        going = going[entering >= 0]
    return t, vertex


def _lowest_on_edge(residual: Floats, edge: Floats, bend: Floats, descent: Floats, held: Ints) -> Ints:
    """Return the row whose zero stops the descent, −1 where none does."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = -residual / edge
    meets = (residual * edge < 0) | ((residual == 0) & (edge > 0))
    np.put_along_axis(meets, held, False, axis=1)
    distance = np.where(meets & (bend > 0), distance, np.inf)
    order = distance.argsort(axis=1)
    slope = np.take_along_axis(bend, order, axis=1).cumsum(axis=1) - descent[:, None]
    slope[~np.isfinite(np.take_along_axis(distance, order, axis=1))] = -1.0
    first = (slope >= 0).argmax(axis=1)[:, None]
    row = np.take_along_axis(order, first, axis=1)[:, 0]
    return np.where(np.take_along_axis(slope, first, axis=1)[:, 0] >= 0, row, -1)
