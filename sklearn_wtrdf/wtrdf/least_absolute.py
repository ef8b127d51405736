r"""Exact minimization of a sum of absolute values, for many small problems at once.

.. math:: \min_t ∑_i \text{above}_i \max(e_i, 0) + \text{below}_i \max(−e_i, 0), \qquad e = y − X t

With above = below = w this is weighted least absolute regression. A row with only one of the two is a constraint when
that one is large: ``above`` for X t ≥ y, ``below`` for X t ≤ y. The minimum lies at a vertex, where as many rows
as there are unknowns hold exactly. From a vertex the objective decreases along an edge, on which one of these rows no
longer holds, to the lowest point of that edge, which is the next vertex, until no edge descends: the simplex method of
Barrodale and Roberts (SIAM J. Numer. Anal. 10, 839, 1973), written for a stack of problems that share their size.
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
        Maximum number of edges to follow.

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
    >>> from sklearn_wtrdf.wtrdf.least_absolute import minimize
    >>> X, y = np.ones((2, 4, 1)), np.array([[1.0, 2.0, 9.0, 1.5]] * 2)
    >>> above = np.array([[1.0, 1.0, 1.0, 0.0]] * 2)
    >>> below = np.array([[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 100.0]])
    >>> minimize(X, y, above, below, np.zeros((2, 1), dtype=int))[0].ravel()
    array([2. , 1.5])
    """
    vertex = vertex.copy()
    given = X, y
    # If more rows than unknowns hold exactly at a vertex, the descent could cycle. Different shifts of the rows, tiny
    # compared with the data, prevent that; the solution is that of the unshifted rows.
    shift = np.arange(1, y.shape[1] + 1) * 0.6180339887 % 1
    data = np.where((above > 0) & (below > 0), np.abs(y), 0.0)
    y = y + 1e-11 * data.max(axis=1, keepdims=True, initial=1e-300) * shift
    unsolved = np.arange(len(X))  # indices of the problems to which the arrays below belong
    for _ in range(max_pivots):
        each, active = np.arange(unsolved.size), vertex[unsolved]
        every = each[:, None]
        inverse = np.linalg.inv(X[every, active])
        t = inverse @ y[every, active][..., None]
        residual = y - (X @ t)[..., 0]
        residual[every, active] = 0.0
        slope = np.where(residual > 0, above, -below)
        slope[every, active] = 0.0
        edges = X @ inverse  # derivatives of all residuals by those of the rows of the vertex
        along = (slope[:, None] @ edges)[:, 0]
        descent_up, descent_down = -along - above[every, active], along - below[every, active]
        descent = np.maximum(descent_up, descent_down)
        k = descent.argmax(axis=1)
        edge = edges[each, :, k]
        steepest = descent[each, k]
        descends = steepest > 1e-11 * (np.abs(slope) * np.abs(edge)).sum(axis=1)
        edge *= np.where(descent_up >= descent_down, 1.0, -1.0)[each, k][:, None]
        entering = _lowest_on_edge(residual, edge, (above + below) * np.abs(edge), steepest, active)
        moves = descends & (entering >= 0)
        vertex[unsolved[moves], k[moves]] = entering[moves]
        if not moves.all():
            unsolved, X, y, above, below = (values[moves] for values in (unsolved, X, y, above, below))
        if unsolved.size == 0:
            break
    X, y = given
    every = np.arange(len(X))[:, None]
    minimizer = np.linalg.solve(X[every, vertex], y[every, vertex][..., None])[..., 0]
    return np.asarray(minimizer, dtype=np.float64), vertex


def regress(
    X: Floats, y: Floats, weights: Floats, start: Floats, rows: Floats, ends: Floats, vertex: Ints | None = None
) -> tuple[Floats, Floats, Ints]:
    """Minimize Σ weights |y − X t| subject to rows · t ≥ ends, for m problems.

    Parameters
    ----------
    X : ndarray of shape (m, n, p)
    y : ndarray of shape (n,) or (m, n)
    weights : ndarray of shape (n,)
    start : ndarray of shape (m, p)
        Where to begin.
    rows : ndarray of shape (m, k, p)
    ends : ndarray of shape (m, k)
    vertex : ndarray of int, shape (m, p), default=None
        What holds exactly at the start: indices 0 to n − 1 are data, n to n + p − 1 are unknowns that keep their
        values, and further ones are constraints. None takes the unknowns.

    Returns
    -------
    t : ndarray of shape (m, p)
    loss : ndarray of shape (m,)
    vertex : ndarray of int, shape (m, p)
        What holds exactly at the minimum.
    """
    m, n, p = X.shape
    scale = np.abs(rows).max(axis=1, initial=1.0)[:, None]  # of the unknowns, so that all rows are of one size
    X, rows, start = X / scale, rows / scale, start * scale[:, 0]
    # A violated constraint must be steeper than the loss can be.
    steep = (1 + 1e4 * (weights @ np.abs(X)).max(axis=1)[:, None]) / np.abs(rows).max(axis=2)
    # Rows without weight, which hold at the start and can be left at no cost.
    t, vertex = minimize(
        np.concatenate([X, np.broadcast_to(np.eye(p), (m, p, p)), rows], axis=1),
        np.hstack([np.broadcast_to(y, (m, n)), start, ends]),
        np.hstack([np.broadcast_to(weights, (m, n)), np.zeros((m, p)), steep]),
        np.hstack([np.broadcast_to(weights, (m, n)), np.zeros((m, p + ends.shape[1]))]),
        np.broadcast_to(np.arange(n, n + p), (m, p)) if vertex is None else vertex,
    )
    return t / scale[:, 0], np.abs(y - (X @ t[..., None])[..., 0]) @ weights, vertex


def _lowest_on_edge(residual: Floats, edge: Floats, bend: Floats, descent: Floats, active: Ints) -> Ints:
    """Return the row whose zero ends the descent, or −1 if there is none."""
    every = np.arange(len(edge))[:, None]
    edge = np.where(np.abs(edge) > 1e-13 * np.abs(edge).max(axis=1, keepdims=True), edge, 0.0)
    meets = (residual * edge < 0) | ((residual == 0) & (edge > 0))
    meets[every, active] = False
    distance = np.full(edge.shape, np.inf)
    np.divide(-residual, edge, out=distance, where=meets & (bend > 0))
    order = distance.argsort(axis=1)
    slope = bend[every, order].cumsum(axis=1) - descent[:, None]
    stops = (slope >= 0) & np.isfinite(distance[every, order])
    return np.where(stops.any(axis=1), order[every[:, 0], stops.argmax(axis=1)], -1)
