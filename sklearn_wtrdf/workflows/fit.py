"""A model that is fitted to files of S(q) and g(r), as by `wtrdf fit`."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sklearn_wtrdf.base import ReconstructionMixin
from sklearn_wtrdf.io.columns import arguments_named
from sklearn_wtrdf.io.contradictions import contradictions
from sklearn_wtrdf.io.curves import CurveQuantity, read_gr
from sklearn_wtrdf.io.patterns import PatternQuantity, read_pattern
from sklearn_wtrdf.io.units import Unit
from sklearn_wtrdf.scattering.angles import wavelength_of
from sklearn_wtrdf.scattering.composition import number_density_of
from sklearn_wtrdf.scattering.frame import scattering_frame
from sklearn_wtrdf.scattering.sampling import R_MAX as RESOLVED_R_MAX
from sklearn_wtrdf.utils import data_warnings

Floats = NDArray[np.float64]
Model = TypeVar("Model", bound=ReconstructionMixin)

R_STEP = 0.02  # Å, default step of g(r)
R_MAX = 10.0  # Å, default end of g(r)

#: Accuracy of an estimated number density.
DENSITY_ACCURACY = (
    "on simulated S(q) to 3 %, much worse if S has errors, or if some of the atoms scatter hardly at all, such as "
    "hydrogen with X-rays."
)


def fit_files(
    model: Model,
    sample: str | Path,
    reference: str | Path | None = None,
    *,
    number_density: float | None = None,
    composition: str | None = None,
    mass_density: float | None = None,
    q_min: float | None = None,
    q_max: float | None = None,
    r_max: float | None = None,
    quantity: PatternQuantity | None = None,
    column: str | None = None,
    unit: Unit | None = None,
    wavelength: str | float | None = None,
    reference_quantity: CurveQuantity | None = None,
    reference_column: str | None = None,
    reference_unit: Unit | None = None,
) -> Model:
    """Fit a model to S(q) in a file and, if it is given, to g(r) in another, as `wtrdf fit` does.

    Parameters
    ----------
    model : estimator
        A model of this package, or any other with :class:`~sklearn_wtrdf.ReconstructionMixin`. It is fitted in place.
    sample : str or Path
        File of S(q), which :func:`~sklearn_wtrdf.read_pattern` reads.
    reference : str or Path, default=None
        File of g(r) of the same material, which :func:`~sklearn_wtrdf.read_gr` reads. None fits to S(q) alone.
    number_density, mass_density : float, default=None
        ρ₀ [Å⁻³], or the mass density [g/cm³] together with the composition. None reads the density from a file.
    composition : str, default=None
        Composition of the material. None reads it from the file.
    q_min, q_max : float, default=None
        Range of q that is used [Å⁻¹]. None uses all points.
    r_max : float, default=None
        Largest distance of g(r) [Å]. None is 10 Å, or the end of the reference.
    quantity, column, unit, wavelength
        As for :func:`~sklearn_wtrdf.read_pattern`.
    reference_quantity, reference_column, reference_unit
        As for :func:`~sklearn_wtrdf.read_gr`.

    Returns
    -------
    model : estimator

    Raises
    ------
    OSError
        If a file cannot be read.
    ValueError
        If a file contains another quantity than expected, or an argument is invalid.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn_wtrdf import FourierRegressor, fit_files
    >>> from sklearn_wtrdf.datasets import load_ge_se
    >>> ge_se = load_ge_se()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savetxt(f"{folder}/glass.fq", np.column_stack([ge_se.q, ge_se.s_r]))
    ...     model = fit_files(FourierRegressor(), f"{folder}/glass.fq", number_density=0.034)
    >>> model.reconstruct([2.0, 2.36], ge_se.q, ge_se.s_r, 0.034).round(1)
    array([0.5, 2.5])
    """
    given = number_density_of(number_density, composition, mass_density)
    length = None if wavelength is None else wavelength_of(wavelength)
    pattern = read_pattern(
        sample, quantity=quantity, column=column, unit=unit, wavelength=length, composition=composition
    )
    pattern = pattern.cut(q_min, q_max).rebinned(max(r_max or 0.0, RESOLVED_R_MAX))
    density = pattern.number_density if given is None else given
    # At q = 0, S_R and its standard deviation are 0 for any S, so models that weight by it cannot use this point.
    if model.uses_std:
        pattern = pattern.cut(q_min=pattern.q[pattern.q > 0][0])
    pattern = pattern.on(pattern.q)
    r, g = distances(r_max or R_MAX), None
    if reference is not None:
        choices: dict[str, Any] = {"quantity": reference_quantity, "column": reference_column}
        with arguments_named("reference_"):
            curve = read_gr(reference, unit=reference_unit, number_density=given, composition=composition, **choices)
        near = curve.r <= (r_max or np.inf)
        r, g = curve.r[near], curve.g[near]
        density = curve.number_density if density is None else density
    formula = composition or pattern.composition
    messages = contradictions(Path(sample), dict(pattern.provenance), composition, given)
    if reference is not None:
        messages += contradictions(Path(reference), dict(curve.provenance), formula, density)
    data_warnings.warn([[data_warnings.DataWarning(message) for message in messages]])
    estimator: Any = model
    if "reference" in estimator.get_params(deep=False):
        estimator.set_params(reference=g is not None)
    if density is None and model.finds_density:
        warnings.warn(
            f"no number density was given: it is estimated, {DENSITY_ACCURACY}",
            UserWarning,
            stacklevel=data_warnings.user_stacklevel(),
        )
    std = pattern.std if model.uses_std else None
    estimator.fit(scattering_frame(r, pattern.q, pattern.s_r, density, std, composition=formula), g)
    return model


def distances(r_max: float) -> Floats:
    """Return r in steps of 0.02 Å, of shape (n_r,)."""
    return np.asarray(np.arange(1, round(r_max / R_STEP) + 1) * R_STEP, dtype=np.float64)
