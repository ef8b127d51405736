"""Results as plotly figures, in plain dictionaries."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklearn_wtrdf.plotting import style
from sklearn_wtrdf.scattering.curve import rdf_from_g, reduced_pdf_from_g
from sklearn_wtrdf.scattering.sampling import HALF_WIDTH_90

Figure = dict[str, Any]

_OURS, _FOURIER, _WTRDF, _ERRORS = (style.COLORS[name] for name in ("ours", "Fourier", "WT-RDF", "errors"))
#: A colour for each sample; colours with another meaning in the same picture come last.
COLORS = [_OURS, style.COLORS["others"], style.COLORS["more"], _WTRDF, _ERRORS, _FOURIER]
_GREY, _BLACK = "#767676", "#1a1a1a"
_DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"]
_LAST_FIRST_PEAK = 4.0  # Å, before which the first peak is
_MAX_NAME_LENGTH = 24  # characters of a sample's name in a legend
QUANTITIES = {"g": "g(r)", "G": "G(r) (Å⁻²)", "RDF": "RDF(r) (Å⁻¹)"}


def pattern_figure(solution: dict[str, Any] | None) -> Figure:
    """Draw S_R with its fit, and the residual below."""
    if solution is None:
        return empty()
    color = COLORS[solution.get("color", 0) % len(COLORS)]
    decomposition = solution.get("decomposition")
    if decomposition is None:
        points = _line(solution["q"], solution["s_r"], "S_R", _GREY, mode="markers", marker={"size": 4, "color": _GREY})
        return _figure([points], "q (Å⁻¹)", "S_R (Å⁻¹)")
    out = np.array(decomposition["excluded"], dtype=bool)
    q, s_r, systematic, residual = (np.array(decomposition[name]) for name in ("q", "s_r", "systematic", "residual"))
    dots: dict[str, Any] = {"mode": "markers", "marker": {"size": 4, "color": _GREY}}
    noise = np.array(decomposition["noise"])
    traces = [
        _line(q[~out], s_r[~out], "S_R", _GREY, **dots),
        _line(q, s_r - residual, "fit", color),
        _line(q, systematic, "systematic error", _ERRORS if color != _ERRORS else _BLACK, width=1.2, dash="dash"),
        _line(q, noise, "± noise", "#d9d9d9", width=0, yaxis="y2", showlegend=False, hoverinfo="skip"),
        _line(q, -noise, "± noise", "#d9d9d9", width=0, yaxis="y2", fill="tonexty", fillcolor="#e3e3e3"),
        _line(q[~out], residual[~out], "residual", _GREY, yaxis="y2", showlegend=False, **dots),
    ]
    if out.any():
        cross: dict[str, Any] = {
            "mode": "markers",
            "marker": {"size": 8, "symbol": "x-thin-open", "color": _ERRORS, "line": {"width": 2}},
        }
        traces.insert(3, _line(q[out], s_r[out], "excluded", _ERRORS, **cross))
    figure = _figure(traces, "q (Å⁻¹)", "S_R (Å⁻¹)")
    figure["layout"]["yaxis"]["domain"] = [0.36, 1]
    figure["layout"]["yaxis2"] = _axis("residual") | {"domain": [0, 0.27], "nticks": 4}
    figure["layout"]["xaxis"]["anchor"] = "y2"
    return figure


def reduction_figure(solution: dict[str, Any] | None) -> Figure:
    """Draw the counts of a raw scan in electron units with their contributions, and S(q) below."""
    reduction = (solution or {}).get("reduction")
    if solution is None or reduction is None:
        return empty()
    color = COLORS[solution.get("color", 0) % len(COLORS)]
    names = ("q", "measured", "coherent", "compton", "background", "constant", "s", "s_std")
    q, measured, coherent, compton, background, constant, s, std = (np.array(reduction[name]) for name in names)
    traces = [
        _line(q, measured, "measured", color),
        _line(q, coherent + compton, "free atoms, S = 1", _BLACK, width=1.2, dash="dash"),
        _line(q, coherent, "⟨f²⟩", _GREY, width=1.2, dash="dashdot"),
        _line(q, compton, "Compton", style.COLORS["others"], width=1.2, dash="longdash"),
    ]
    if background.any():
        traces.append(_line(q, background, "background", _ERRORS, width=1.2))
    if constant.any():
        traces.append(_line(q, constant, "constant", _ERRORS, width=1.2, dash="dot"))
    below: dict[str, Any] = {"yaxis": "y2", "showlegend": False}
    band = {"hoverinfo": "skip", "width": 0, **below}
    traces += [
        _line(q, s - HALF_WIDTH_90 * std, "", color, **band),
        _line(q, s + HALF_WIDTH_90 * std, "", color, fill="tonexty", fillcolor=_faint(color), **band),
        _line(q, s, "S(q)", color, **below),
    ]
    figure = _figure(traces, "q (Å⁻¹)", "electron units")
    top = max(measured.max(), (coherent + compton)[q > 1].max(initial=0))
    figure["layout"]["yaxis"] |= {"domain": [0.45, 1], "range": [0, 1.05 * top]}
    figure["layout"]["yaxis2"] = _axis("S(q)") | {"domain": [0, 0.36], "nticks": 5}
    figure["layout"]["xaxis"]["anchor"] = "y2"
    figure["layout"]["shapes"] = [_level(1.0) | {"yref": "y2"}]
    return figure


def curve_figure(
    solutions: list[dict[str, Any]], shown: int = 0, quantity: str = "g", options: tuple[str, ...] = ()
) -> Figure:
    """Draw g(r), G(r) or the RDF of all samples with their bands, and transforms and known g(r) of the one shown.

    The options are "plain" and "lorch", the transforms, and "small", which enlarges the shells beyond the first peak.
    """
    transforms = [name for name in options if name != "small"]
    traces: list[dict[str, Any]] = []
    tops: list[float] = []
    beyond: list[float] = []
    for i, solution in enumerate(solutions):
        number, density = solution.get("color", i), solution["number_density"]
        color = COLORS[number % len(COLORS)]
        if density is None:
            continue
        if i == shown:
            for name, label, dash in (("plain", "Fourier", "dot"), ("lorch", "Fourier, Lorch", "dashdot")):
                if name in transforms and solution[name] is not None:
                    r, y = _beyond_core(solution["transform_r"], solution[name])
                    traces.append(_line(r, _as(quantity, r, y, density), label, _FOURIER, width=1.2, dash=dash))
        if "g" not in solution:
            continue
        r, g = np.array(solution["r"]), np.array(solution["g"])
        if solution["std"] is not None:
            reach = HALF_WIDTH_90 * np.array(solution["std"])
            low, high = (
                _as(quantity, r, edge, density) for edge in (np.maximum(g - reach, min(g.min(), 0.0)), g + reach)
            )
            band = {"hoverinfo": "skip", "legendgroup": f"{i}"}
            traces.append(_line(r, low, "", color, width=0, showlegend=False, **band))
            label = "90 % band" if len(solutions) == 1 else f"{_short(solution['name'])}, band"
            fill = {"fill": "tonexty", "fillcolor": _faint(color)}
            traces.append(_line(r, high, label, color, width=0, showlegend=len(solutions) == 1, **fill, **band))
            tops.append(float(high.max()))
        y = _as(quantity, r, g, density)
        tops.append(float(y.max()))
        beyond.append(_beyond_first_peak(r, y))
        own = {"legendgroup": f"{i}", "dash": _DASHES[number % len(_DASHES)]}
        label = QUANTITIES[quantity].split(" ")[0] if len(solutions) == 1 else _short(solution["name"])
        traces.append(_line(r, y, label, color, **own))
    if shown < len(solutions) and (reference := solutions[shown]["known"]) and solutions[shown]["number_density"]:
        r = np.array(reference["r"])
        y = _as(quantity, r, np.array(reference["g"]), solutions[shown]["number_density"])
        traces.append(_line(r, y, f"known {quantity}", _BLACK, width=1.2, dash="dot"))
    if not traces:
        return empty()
    figure = _figure(traces, "r (Å)", QUANTITIES[quantity])
    if quantity == "g":
        figure["layout"]["shapes"] = [_level(1.0)]
    if quantity == "g" and tops and transforms:  # transforms diverge near r = 0
        figure["layout"]["yaxis"]["range"] = [-0.35 * max(tops), 1.08 * max(tops)]
    if "small" in options and beyond:
        figure["layout"]["yaxis"]["range"] = [-0.15 * max(beyond), 1.15 * max(beyond)]
    return figure


def wavelet_figure(solution: dict[str, Any]) -> Figure:
    """Draw g(r) by WT-RDF and the known g(r)."""
    traces = [
        _line(solution["r"], solution["g"], "known g", _BLACK, mode="markers", marker={"size": 5, "color": _BLACK}),
        _line(solution["fine"], solution["curve"], "WT-RDF", _WTRDF),
    ]
    figure = _figure(traces, "r (Å)", "g(r)")
    high = max(solution["g"])
    top = min(max(*solution["curve"], high), 3 * high)
    low = max(min(*solution["curve"], *solution["g"], 0.0), -2 * high)
    figure["layout"]["yaxis"]["range"] = [1.1 * low - 0.05 * top, 1.08 * top]
    figure["layout"]["shapes"] = [_level(1.0)]
    return figure


def landscape_figure(
    landscape: dict[str, Any], solution: dict[str, Any], published: dict[str, dict[str, float]]
) -> Figure:
    """Draw the lowest loss over a and b, with the point where the sliders are."""
    heat = {
        "type": "heatmap",
        "x": landscape["a"],
        "y": landscape["b"],
        "z": np.transpose(landscape["loss"]).tolist(),
        "colorscale": "Cividis",
        "reversescale": True,
        "colorbar": {"title": {"text": "lowest loss", "side": "right"}, "thickness": 12, "outlinewidth": 0},
        "hovertemplate": "a %{x:.3f}, b %{y:.2f}: %{z:.3f}<extra></extra>",
    }
    looks = iter([("circle", "#FFFFFF", 9), ("diamond", style.COLORS["more"], 10)])
    points = [
        ("here", solution["params"], ("cross", _WTRDF, 15)),
        ("lowest loss", landscape["params"], ("star", "#F0E442", 13)),
        *((name, params, next(looks)) for name, params in published.items()),
    ]
    traces = [heat] + [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [params["a"]],
            "y": [params["b"]],
            "marker": {"symbol": symbol, "color": color, "size": size, "line": {"width": 1.5, "color": "#000"}},
        }
        for name, params, (symbol, color, size) in points
    ]
    figure = _figure(traces, "dilation a", "translation b")
    ticks = [0.1, 0.2, 0.3, 0.5, 0.7, 1, 2]
    figure["layout"]["xaxis"] |= {
        "type": "log",
        "tickvals": ticks,
        "range": np.log10([landscape["a"][0], 2.02]).tolist(),
    }
    margin = 0.04 * (landscape["b"][-1] - landscape["b"][0])
    figure["layout"]["yaxis"]["range"] = [landscape["b"][0] - margin, landscape["b"][-1] + margin]
    return figure


def shells_figure(solution: dict[str, Any]) -> Figure:
    """Draw the distances at which single shells of atoms appear against their true distances."""
    shells, apparent = np.array(solution["shells"]), np.array(solution["apparent"], dtype=float)
    traces = [
        _line(shells, shells, "where it is", _GREY, width=1.2, dash="dash"),
        _line(shells, apparent, "where WT-RDF shows it", _WTRDF, connectgaps=False),
    ]
    figure = _figure(traces, "a shell of atoms at r₀ (Å)", "appears at (Å)")
    rows = [k for r0, _ in solution["peaks"] if np.isfinite(apparent[k := int(np.abs(shells - r0).argmin())])]
    text = "<br>".join(f"{shells[k]:.1f} Å → {apparent[k]:.2f} Å" for k in rows)
    corner: dict[str, Any] = {"x": 0.01, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"}
    figure["layout"]["annotations"] = [_arrow(shells[k], shells[k], apparent[k]) for k in rows]
    if rows:  # in a corner above the curves, where they cannot overlap
        figure["layout"]["annotations"].append(corner | {"text": text, "align": "left", "showarrow": False})
        top = max(shells.max(), np.nanmax(apparent))
        figure["layout"]["yaxis"]["range"] = [0, (1.08 + 0.1 * len(rows)) * top]
    return figure


def _arrow(x: float, start: float, end: float) -> dict[str, Any]:
    ends: dict[str, Any] = {
        "x": x,
        "y": end,
        "ax": x,
        "ay": start,
        "xref": "x",
        "yref": "y",
        "axref": "x",
        "ayref": "y",
    }
    return ends | {"arrowhead": 2, "arrowwidth": 2, "arrowcolor": _GREY, "text": "", "showarrow": True}


def _as(quantity: str, r: Any, g: Any, density: float) -> Any:
    return {"g": lambda *_: g, "G": reduced_pdf_from_g, "RDF": rdf_from_g}[quantity](r, g, density)


def _beyond_first_peak(r: Any, y: Any) -> float:
    """Return the largest value beyond the first peak, which ends where the curve rises again."""
    top = int(np.argmax(y > 0.5 * y[r < _LAST_FIRST_PEAK].max(initial=0.0)))
    while top + 1 < y.size and y[top + 1] >= y[top]:
        top += 1
    while top + 1 < y.size and y[top + 1] <= y[top]:
        top += 1
    return float(y[top:].max())


def _beyond_core(r: Any, g: Any) -> tuple[Any, Any]:
    """Return a transform at distances at which atoms may be; at smaller r it diverges."""
    r, g = np.array(r), np.array(g)
    return r[r > 0.5], g[r > 0.5]


def _line(x: Any, y: Any, name: str, color: str, width: float = 2.0, dash: str = "solid", **options: Any) -> Figure:
    trace = {"type": "scatter", "mode": "lines", "name": name, "line": {"color": color, "width": width, "dash": dash}}
    values = np.asarray(y, dtype=float)
    return trace | {
        "x": np.round(np.asarray(x, dtype=float), 6).tolist(),
        "y": [None if np.isnan(value) else float(f"{value:.6g}") for value in values],
        **options,
    }


def _level(y: float) -> dict[str, Any]:
    line = {"color": "#c8c8c8", "width": 1}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line, "layer": "below"}


def _short(name: str) -> str:
    """Return a name that fits into a legend, with its middle omitted."""
    return name if len(name) <= _MAX_NAME_LENGTH else f"{name[:12]}…{name[13 - _MAX_NAME_LENGTH :]}"


def _faint(color: str) -> str:
    return "rgba({}, {}, {}, 0.2)".format(*(int(color[i : i + 2], 16) for i in (1, 3, 5)))


def _axis(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "standoff": 8},
        "showline": True,
        "linecolor": "#555",
        "ticks": "outside",
        "gridcolor": "#efefef",
        "zerolinecolor": "#c8c8c8",
        "automargin": True,
    }


def _figure(traces: list[dict[str, Any]], x: str, y: str) -> Figure:
    layout = {
        "xaxis": _axis(x),
        "yaxis": _axis(y),
        "margin": {"l": 56, "r": 12, "t": 66, "b": 48},  # room for a legend of three lines
        "paper_bgcolor": "#fff",
        "plot_bgcolor": "#fff",
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#222"},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": 12},
            "traceorder": "normal",
        },
        "hovermode": "x unified" if x.startswith("r") else "closest",
        "uirevision": f"{x}{y}",  # keeps the zoom
        "autosize": True,
    }
    return {"data": traces, "layout": layout}


def empty() -> Figure:
    """Return an empty figure."""
    figure = _figure([], "", "")
    figure["layout"] |= {"xaxis": {"visible": False}, "yaxis": {"visible": False}}
    return figure
