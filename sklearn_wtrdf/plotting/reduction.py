"""Plot of a reduced scan: contributions to the counts, and S(q)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from numpy.typing import ArrayLike

from sklearn_wtrdf.plotting.curves import check_index
from sklearn_wtrdf.plotting.style import COLORS, LEVEL_LINE, figure_in_style, line_options
from sklearn_wtrdf.reduction.reduced_scan import ReducedScan
from sklearn_wtrdf.reduction.transformer import Reduction
from sklearn_wtrdf.scattering.validation import check_instance

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure


class ReductionDisplay:
    """Plot of a reduced scan: the counts in electron units with their contributions, and S(q).

    Needs matplotlib. Create it by :meth:`from_estimator`.

    Parameters
    ----------
    reduced : ReducedScan
        A reduced scan, as :meth:`Reduction.decompose` returns it.

    Attributes
    ----------
    axes_ : tuple of two matplotlib Axes
        Axes of the intensities and of S.
    figure_ : matplotlib Figure
        Figure that contains the axes.

    See Also
    --------
    RDFDisplay : The next step, from S_R to g(r), with ``scattering=True``.

    Examples
    --------
    >>> from sklearn_wtrdf import Composition, Reduction, ReductionDisplay, intensity_frame
    >>> from sklearn_wtrdf.datasets import load_material
    >>> glass = load_material("silica", q_max=8)
    >>> atoms = Composition("SiO2").intensities(q=glass.q)
    >>> counts = atoms["mean_of_square"] + atoms["square_of_mean"] * (glass.s - 1) + atoms["incoherent"]
    >>> X = intensity_frame(glass.r, glass.q, counts, axis="q")  # a simulated scan
    >>> reduction = Reduction("SiO2", number_density=0.0662, wavelength=0.3, polarization="none").fit(X)
    >>> [ax.get_ylabel() for ax in ReductionDisplay.from_estimator(reduction, X).axes_]
    ['intensity (electron units per atom)', 'S(q)']
    """

    def __init__(self, *, reduced: ReducedScan) -> None:
        self.reduced = reduced

    @classmethod
    def from_estimator(
        cls,
        reduction: Reduction,
        X: ArrayLike,
        *,
        scan: int = 0,
        figure: Figure | SubFigure | None = None,
        **options: Any,
    ) -> Self:
        """Reduce a scan and plot the result.

        Parameters
        ----------
        reduction : Reduction
            A fitted reduction.
        X : DataFrame or array-like of shape (n_rows, n_features)
            An :func:`intensity_frame`, or several stacked.
        scan : int, default=0
            Index of the scan, in order of first rows.
        figure : matplotlib Figure or SubFigure, default=None
            Figure of the plot; a new one if None. If it has no layout engine, it gets constrained layout.
        **options
            Options of the lines of the measured intensity and of S.

        Returns
        -------
        ReductionDisplay

        Raises
        ------
        ValueError
            If X has no such scan.
        """
        check_instance("reduction", reduction, Reduction)
        scans = reduction.decompose(X)
        check_index("scan", scan, len(scans))
        return cls(reduced=scans[scan]).plot(figure, **options)

    def plot(self, figure: Figure | SubFigure | None = None, **options: Any) -> Self:
        """Plot intensities and S.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Figure of the plot; a new one if None. If it has no layout engine, it gets constrained layout.
        **options
            Options of the lines of the measured intensity and of S.

        Returns
        -------
        self : ReductionDisplay
        """
        with figure_in_style(figure, 9.0, 3.6) as figure:
            self.figure_ = figure
            self._draw(figure, line_options({"color": COLORS["ours"], "lw": 1.2}, options))
        return self

    def _draw(self, figure: Figure | SubFigure, options: dict[str, Any]) -> None:
        left, right = self.axes_ = tuple(figure.subplots(1, 2))
        reduced = self.reduced
        left.plot(reduced.q, reduced.measured, label="corrected intensity", **options)
        left.plot(
            reduced.q, reduced.coherent + reduced.compton, color="black", lw=1, ls="--", label="free atoms: S = 1"
        )
        left.plot(reduced.q, reduced.compton, color=COLORS["others"], lw=1, label="Compton")
        if reduced.background.any():
            left.plot(reduced.q, reduced.background, color=COLORS["errors"], lw=1, label="background")
        if reduced.constant.any():
            left.plot(reduced.q, reduced.constant, color=COLORS["errors"], lw=1, ls=":", label="constant background")
        left.set(xlabel="q (Å⁻¹)", ylabel="intensity (electron units per atom)", xlim=(0, reduced.q[-1]))
        left.set_ylim(
            0, 1.05 * max(reduced.measured.max(), (reduced.coherent + reduced.compton)[reduced.q > 1].max(initial=0))
        )
        left.legend()
        s, std = 1 + reduced.s_r / reduced.q, reduced.std / reduced.q
        right.axhline(1, **LEVEL_LINE)
        right.fill_between(
            reduced.q,
            s - 2 * std,
            s + 2 * std,
            color=options["color"],
            alpha=0.25,
            lw=0,
            label="±2 standard deviations",
        )
        right.plot(reduced.q, s, **options)
        right.set(xlabel="q (Å⁻¹)", ylabel="S(q)", xlim=(0, reduced.q[-1]))
        right.legend()
