"""The callbacks of the second tab: from the sliders of WT-RDF+ to its g(r), its loss and its distances."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from sklearn_wtrdf.explore import figures, solve
from sklearn_wtrdf.explore.layout import PUBLISHED_PARAMETERS
from sklearn_wtrdf.explore.requests import find_sample, line_of, window_of
from sklearn_wtrdf.explore.views import wavelet_lines
from sklearn_wtrdf.explore.workers import SupersededError, WorkerPool
from sklearn_wtrdf.wtrdf.wavelet import PARAMETERS

_SLIDERS = [f"wave-{name}" for name in PARAMETERS]


def connect_wavelets(app: Dash, pool: WorkerPool) -> None:
    """Connect the second tab: sliders in, WT-RDF and its landscape out."""
    app.clientside_callback(
        ClientsideFunction("explore", "wave"),
        Output("wave-request", "id"),
        Input("tab", "data"),
        Input("wave-sample", "value"),
        *(Input(name, "value") for name in _SLIDERS),
    )
    _show_landscape(app, pool)
    _show_wavelets(app, pool)


def _show_landscape(app: Dash, pool: WorkerPool) -> None:
    """Compute the landscape of the chosen sample, and set the sliders to its minimum or to published values."""

    @app.callback(
        Output("landscape", "data"),
        Input("tab", "data"),
        Input("wave-sample", "value"),
        State("samples", "data"),
    )
    def landscape(tab: str, name: str, samples: Any) -> Any:
        if tab != "wavelets":
            raise PreventUpdate
        sample = find_sample(name, samples)
        try:
            return pool.compute(solve.wavelet_landscape, sample)
        except Exception as error:
            return {"error": line_of(error)}

    @app.callback(
        *(Output(name, "value") for name in _SLIDERS),
        Input({"type": "preset", "name": ALL}, "n_clicks"),
        State("landscape", "data"),
        prevent_initial_call=True,
    )
    def preset(_: Any, landscape: Any) -> Any:
        name = ctx.triggered_id["name"]
        if name == "lowest loss" and not (landscape and "params" in landscape):
            raise PreventUpdate
        params = PUBLISHED_PARAMETERS.get(name) or landscape["params"]
        return [params[name] for name in PARAMETERS]


def _show_wavelets(app: Dash, pool: WorkerPool) -> None:
    """Show g(r) for the parameters of the sliders, their place in the landscape, and where shells of atoms appear."""

    @app.callback(
        Output("wave-curve", "figure"),
        Output("wave-landscape", "figure"),
        Output("wave-shells", "figure"),
        Output("wave-status", "children"),
        Input("wave-request", "data"),
        Input("landscape", "data"),
        State("samples", "data"),
        prevent_initial_call=True,
    )
    def draw(request: Any, landscape: Any, samples: Any) -> Any:
        if not request or not landscape:
            raise PreventUpdate
        params = {name: float(request["params"][name]) for name in PARAMETERS}
        window, serial = window_of(request)
        if "error" in landscape:
            return no_update, no_update, no_update, html.P(landscape["error"], className="wrong")
        sample = find_sample(request["sample"], samples)
        try:
            solution = pool.compute(solve.wavelet_solution, params, sample, window=f"{window}-wave", serial=serial)
        except SupersededError:
            raise PreventUpdate from None
        except Exception as error:
            return no_update, no_update, no_update, html.P(line_of(error), className="wrong")
        return (
            figures.wavelet_figure(solution),
            figures.landscape_figure(landscape, solution, PUBLISHED_PARAMETERS),
            figures.shells_figure(solution),
            wavelet_lines(solution, landscape["best"]),
        )
