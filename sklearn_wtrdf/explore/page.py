"""The page: what is on it, and which question each change asks."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate
from werkzeug.exceptions import HTTPException

from sklearn_wtrdf.cli_options import _with_interval
from sklearn_wtrdf.datasets import load_ge_se
from sklearn_wtrdf.explore import answers, figures, recipe
from sklearn_wtrdf.explore.desk import Desk, SupersededError
from sklearn_wtrdf.explore.state import GLASSES, MAX_BYTES, Sample, Settings
from sklearn_wtrdf.wavelet import MANUAL, PARAMETERS, PUBLISHED

_LOG = logging.getLogger(__name__)
_GRAPH: Any = {"displayModeBar": False, "responsive": True}
_PUBLISHED = {"WT-RDF (published)": MANUAL, "WT-RDF+ (published)": PUBLISHED}
# Low, high and step of the sliders: what the default search box holds on the paper's data, and room beside it.
_SLIDERS = {
    "a": (0.1, 2.0, 0.005, "dilation a"),
    "b": (0.0, 20.0, 0.01, "translation b"),
    "K_f": (-2.0, 2.0, 0.005, "coupling K_f"),
    "C": (-1.0, 1.0, 0.001, "offset C"),
    "Lambda": (-25.0, 25.0, 0.01, "scale Λ (Å²)"),
}


def build(desk: Desk, samples: list[Sample]) -> Dash:
    """Return the application, whose first window holds some samples."""
    app = Dash(
        __name__,
        title="wtrdf explore",
        update_title="",
        serve_locally=True,
        suppress_callback_exceptions=True,
        assets_folder="assets",
    )
    app.layout = _layout([sample.to_json() for sample in samples])
    _ask_of_samples(app, desk)
    _ask_of_wavelets(app, desk)
    app.server.register_error_handler(Exception, _refuse)
    return app


def _refuse(error: Exception) -> tuple[str, int, dict[str, str]]:
    """Say in one line that nothing on the page asks this: answers come back from the browser, in whatever shape."""
    if isinstance(error, HTTPException):
        status, why = error.code or 400, error.name
    else:
        status, why = 400, f"{type(error).__name__}: {error}"
        _LOG.debug("A request could not be answered.", exc_info=error)
    line = " ".join(why.encode(errors="replace").decode().split())[:200]
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    return f"Refused: this page sends no such request ({line}). Reload it.", status, plain


def policy_of(app: Dash) -> str:
    """Return the Content-Security-Policy: nothing from elsewhere, and no script but those of the page."""
    scripts = " ".join(["'self'", *(f"{one}" for one in app.csp_hashes())])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _layout(samples: list[dict[str, Any]]) -> html.Div:
    stores: dict[str, Any] = {
        "samples": samples,
        "dropped": None,
        "question": None,
        "first": None,
        "whole": None,
        "kept": {},
    }
    stores |= {"tab": "samples", "wave-question": None, "scape": None}
    return html.Div(
        [
            *(dcc.Store(name, data=data) for name, data in stores.items()),
            dcc.Download("download"),
            html.Header(
                [html.H1("wtrdf explore"), html.P("From the S(q) of a liquid or glass to its g(r), on this machine.")]
            ),
            html.Nav(
                [
                    html.Button("g(r) from S(q)", id="tab-samples", role="tab", **_selected("samples")),
                    html.Button("WT-RDF+", id="tab-wavelets", role="tab", **_selected("wavelets")),
                ],
                role="tablist",
            ),
            html.Div(_sample_tab(), id="samples-panel", role="tabpanel"),
            html.Div(_wavelet_tab(), id="wavelets-panel", role="tabpanel", hidden=True),
        ],
        id="page",
    )


def _selected(tab: str) -> dict[str, Any]:
    return {"aria-selected": str(tab == "samples").lower(), "aria-controls": f"{tab}-panel"}


def _number(name: str, text: str, value: float | None = None, **options: Any) -> html.Label:
    own = {"type": "number", "min": 0, "step": "any", "value": value, "placeholder": options.pop("placeholder", "")}
    return html.Label([html.Span(text), dcc.Input(id=name, **own, **options)], className="field")


def _group(title: str, *children: Any, **options: Any) -> html.Fieldset:
    return html.Fieldset([html.Legend(title), *children], **options)


def _sample_tab() -> html.Div:
    controls = [
        html.Div(
            [
                html.Button("Choose files …", id="choose", className="primary"),
                html.Button("Take the paper's Ge25Se75", id="example"),
                html.P(
                    "or drop them anywhere: S(q), S_R(q) or F(q), the raw scan of a diffractometer, and the g(r) of a "
                    f"sample where it is known. Up to {MAX_BYTES / 1e6:g} MB each."
                ),
            ],
            id="drop",
        ),
        html.Div(id="said", role="alert"),
        _group("Samples", html.Div(id="rows"), id="sample-rows"),
        _group(
            "What of S(q) counts",
            html.Label("q_min and q_max (Å⁻¹)", id="q-label"),
            dcc.RangeSlider(0, 8, 0.05, value=[0, 8], id="q", marks=None, updatemode="drag", allowCross=False),
        ),
        _group(
            "What is believed of g(r)",
            dcc.RadioItems(
                [
                    {"label": "what S(q) asks for", "value": "auto"},
                    {"label": "a continuum", "value": "continuum"},
                    {"label": "a continuum and a bond", "value": "bond"},
                    {"label": "near a reference", "value": "reference"},
                ],
                "auto",
                id="prior",
            ),
            html.Div(
                [
                    _number("bond_low", "bond from (Å)", placeholder="free"),
                    _number("bond_high", "to (Å)", placeholder="free"),
                ],
                id="bond-fields",
                className="fields",
                hidden=True,
            ),
            html.Div(
                [
                    html.Label("the glass that it is near", id="reference-label"),
                    dcc.RadioItems(_references([]), "ag00", id="reference"),
                ],
                id="reference-field",
                hidden=True,
            ),
        ),
        _group(
            "Errors of S(q)",
            dcc.Checklist(
                [{"label": "slow errors, of background and normalization", "value": "slow"}], ["slow"], id="slow"
            ),
            _number("noise", "noise of S_R, at least (Å⁻¹)", placeholder="found"),
        ),
        _group(
            "Distances r (Å)",
            html.Div(
                [
                    _number("r_low", "from", Settings.r[0]),
                    _number("r_high", "to", Settings.r[1]),
                    _number("r_step", "step", Settings.r[2]),
                ],
                className="fields",
            ),
        ),
    ]
    shown = [
        html.Div(
            [
                html.Div(
                    [
                        html.Span("Show "),
                        dcc.RadioItems(
                            {one: f"{one}(r)" for one in figures.QUANTITIES}, "g", id="quantity", inline=True
                        ),
                    ]
                ),
                html.Div(
                    [
                        html.Span("beside "),
                        dcc.Checklist(
                            [
                                {"label": "Fourier transform", "value": "plain"},
                                {"label": "with Lorch's window", "value": "lorch"},
                            ],
                            [],
                            id="transforms",
                            inline=True,
                        ),
                    ]
                ),
            ],
            className="bar",
        ),
        html.Div(id="status", role="status"),
        html.Div(
            [
                _graph("curve", "The pair distribution function of all samples, with 90 % bands."),
                _graph("pattern", "S_R(q) of the sample shown, its fit and its residual."),
            ],
            className="graphs",
        ),
        html.Section([html.H2("Peaks"), html.Div(id="peaks", className="scroll")]),
        html.Section(
            [
                html.H2("Take it with you"),
                html.Div(
                    [
                        html.Button("G(r) as .gr", id="get-gr"),
                        html.Button("Picture", id="get-picture"),
                        html.Button("Table of peaks", id="get-table"),
                        html.Button("Model", id="get-model"),
                    ],
                    className="buttons",
                ),
            ]
        ),
        html.Details([html.Summary("What was found"), html.Div(id="found", className="scroll")]),
        html.Details(
            [
                html.Summary("The same in Python and as a command"),
                html.Div([_copy("python"), html.Pre(id="python", tabIndex=0)]),
                html.Div([_copy("command"), html.Pre(id="command", tabIndex=0)]),
            ],
            open=True,
        ),
    ]
    return html.Div([html.Aside(controls), html.Main(shown)], className="columns")


def _wavelet_tab() -> html.Div:
    sliders = [
        html.Div(
            [
                html.Label(text, id=f"{name}-label"),
                dcc.Slider(low, high, step, value=PUBLISHED[name], id=f"wave-{name}", marks=None, updatemode="drag"),
            ],
            className="slider",
        )
        for name, (low, high, step, text) in _SLIDERS.items()
    ]
    presets = [*_PUBLISHED, "least loss"]
    controls = [
        html.P(
            "WT-RDF+ makes g(r) from S_R(q) by a wavelet integral with five parameters. Move them, and see what they "
            "do to g(r), to the loss, and to a shell of atoms."
        ),
        _group("Sample", dcc.RadioItems(["the paper's Ge25Se75"], "the paper's Ge25Se75", id="wave-sample")),
        _group("Parameters", *sliders),
        html.Div([html.Button(name, id={"type": "preset", "name": name}) for name in presets], className="buttons"),
    ]
    shown = [
        html.Div(id="wave-status", role="status"),
        html.Div(
            [
                _graph("wave-curve", "g(r) by WT-RDF with these parameters, and the known g(r)."),
                _graph("wave-scape", "The least loss over a and b; the cross is where the sliders are."),
                _graph("wave-shells", "Where a single shell of atoms appears, over where it is."),
            ],
            className="graphs",
        ),
    ]
    return html.Div([html.Aside(controls), html.Main(shown)], className="columns")


def _graph(name: str, text: str) -> html.Figure:
    graph = dcc.Graph(id=name, figure=figures.empty(), config=_GRAPH, style={"height": "400px"})
    return html.Figure([graph, html.Figcaption(text)])


def _copy(name: str) -> html.Div:
    copies: dict[str, Any] = {"data-copies": name}
    button = html.Button("Copy", className="copy", title=f"Copy the {name}", **copies)
    return html.Div([html.H3(name.capitalize()), button], className="title")


def _references(samples: list[Sample]) -> list[dict[str, str]]:
    own = [{"label": f"{one.name}, with {one.known_name}", "value": one.name} for one in samples if one.g]
    return [{"label": f"{formula}, simulated", "value": name} for name, formula in GLASSES.items()] + own


_TYPED = ("number_density", "composition", "mass_density", "wavelength", "axis", "background_scale")
_INPUTS = [State({"type": name, "name": ALL}, "value") for name in _TYPED]


def _ask_of_samples(app: Dash, desk: Desk) -> None:
    app.clientside_callback(
        ClientsideFunction("explore", "ask"),
        Output("question", "id"),
        Input("samples", "data"),
        *(Input(one.component_id, "value") for one in _INPUTS),
        *(Input(name, "value") for name in ("q", "r_low", "r_high", "r_step", "prior", "bond_low", "bond_high")),
        *(Input(name, "value") for name in ("reference", "slow", "noise")),
        State("q", "min"),
        State("q", "max"),
    )

    @app.callback(
        Output("samples", "data"),
        Output("said", "children"),
        Input("dropped", "data"),
        Input("example", "n_clicks"),
        Input({"type": "remove", "name": ALL}, "n_clicks"),
        Input({"type": "without", "name": ALL}, "n_clicks"),
        State("samples", "data"),
        *_INPUTS,
        prevent_initial_call=True,
    )
    def change(dropped: Any, _: Any, __: Any, ___: Any, said: Any, *typed: Any) -> Any:
        samples, asked = _with_typed(said, *typed), ctx.triggered_id
        if asked == "example":
            samples = [*(one for one in samples if one.name != _PAPER), _paper_s()]
            return [one.to_json() for one in samples], ""
        if isinstance(asked, dict) and ctx.triggered[0]["value"]:
            left = [one for one in samples if one.name != asked["name"]]
            if asked["type"] == "without":
                left = [one.without_background() if one.name == asked["name"] else one for one in samples]
            return [one.to_json() for one in left], ""
        if asked != "dropped":  # the buttons of new rows report themselves
            raise PreventUpdate
        lines = []
        for file in dropped or []:
            error, sent = file.get("error"), (str(file["name"]), str(file.get("contents")))
            background_of = file.get("background_of")
            try:
                if error:
                    raise ValueError(error)
                samples, line = desk.read(*sent, samples, background_of)
                lines.append(html.P(line))
            except Exception as error:  # whatever one file does, the others go on
                lines.append(html.P(_line(error), className="wrong"))
        return [one.to_json() for one in samples], lines

    @app.callback(
        Output("rows", "children"),
        Output("reference", "options"),
        Output("wave-sample", "options"),
        Output("q", "min"),
        Output("q", "max"),
        Output("q", "value"),
        Input("samples", "data"),
        State("shown", "value", allow_optional=True),
        State("q", "min"),
        State("q", "max"),
        State("q", "value"),
    )
    def rows(said: Any, shown: Any, q_min: float, q_max: float, q: list[float]) -> Any:
        samples = [Sample.from_json(one) for one in said]
        names = [one.name for one in samples]
        shown = shown if shown in names else names[-1] if names else None
        fields = [_row(i, one) for i, one in enumerate(samples)]
        options = [{"label": html.Span(name, className="name"), "value": name} for name in names]
        top = html.Div([html.Span("In detail: "), dcc.RadioItems(options, shown, id="shown")], hidden=len(samples) < 2)
        waves = ["the paper's Ge25Se75", *(one.name for one in samples if one.g)]
        if not samples:
            nothing = html.P("None yet.", className="hint")
            return [nothing, top], _references(samples), waves, q_min, q_max, q
        low = np.floor(20 * min(one.ends[0] for one in samples)) / 20
        high = np.ceil(20 * max(one.ends[1] for one in samples)) / 20
        # An end that was moved stays where it was.
        ends = [q[0] if q[0] > q_min else low, q[1] if q[1] < q_max else high]
        ends = ends if low <= ends[0] < ends[1] <= high else [low, high]
        return [*fields, top], _references(samples), waves, low, high, ends

    @app.callback(Output("bond-fields", "hidden"), Output("reference-field", "hidden"), Input("prior", "value"))
    def fields(prior: str) -> tuple[bool, bool]:
        return prior != "bond", prior != "reference"

    @app.callback(Output("first", "data"), Input("question", "data"), State("kept", "data"), prevent_initial_call=True)
    def first(question: Any, kept: Any) -> Any:
        if not question:
            raise PreventUpdate
        window, serial = _who(question)
        kept = {name: one for name, one in (kept or {}).items() if isinstance(one, list)}

        def ask(sample: Sample, settings: Settings, samples: list[Sample]) -> dict[str, Any]:
            return desk.first(sample, settings, samples, kept.get(sample.name), window, serial)

        return _answered(question, ask)

    @app.callback(
        Output("whole", "data"),
        Output("kept", "data"),
        Input("first", "data"),
        State("question", "data"),
        State("kept", "data"),
        prevent_initial_call=True,
    )
    def whole(said: Any, question: Any, kept: Any) -> Any:
        if not question or not said or question["serial"] != said["serial"]:
            raise PreventUpdate
        found = said
        if any(one.get("quick") for one in said["answers"]):
            window, serial = _who(question)
            found = _answered(question, lambda *one: desk.whole(one[0], one[1], one[2], window, serial))
        newest = {one["name"]: one["kept"] for one in found["answers"] if one.get("kept")}
        return (no_update if found is said else found), (kept or {}) | newest

    @app.callback(
        Output("curve", "figure"),
        Output("pattern", "figure"),
        Output("peaks", "children"),
        Output("found", "children"),
        Output("status", "children"),
        Output("python", "children"),
        Output("command", "children"),
        Input("first", "data"),
        Input("whole", "data"),
        Input("quantity", "value"),
        Input("transforms", "value"),
        Input("shown", "value", allow_optional=True),
        State("question", "data"),
        prevent_initial_call=True,
    )
    def draw(first: Any, whole: Any, quantity: str, transforms: list[str], shown: Any, question: Any) -> Any:
        if not question or not first:
            raise PreventUpdate
        found = _newest(first, whole)
        said = [one for one in found if "error" not in one]
        wrong = [html.P(_of_its_sample(one, found), className="wrong") for one in found if "error" in one]
        names = [one["name"] for one in said]
        at = names.index(shown) if shown in names else max(len(said) - 1, 0)
        one = said[at] if said else None
        curve = figures.curve_figure(said, at, quantity, tuple(transforms))
        pattern = figures.pattern_figure(one)
        done = not any(answer.get("quick") for answer in said)
        answered: dict[str, Any] = {"data-serial": max(answer["serial"] for answer in (whole, first) if answer)}
        answered["data-done"] = str(done)
        status = [
            *wrong,
            *(_status(said, one) if said or not wrong else []),
            html.Span(hidden=True, id="answered", **answered),
        ]
        texts = _recipes(question, one)
        return curve, pattern, _peak_table(said), _found_table(one), status, *texts

    @app.callback(
        Output("download", "data"),
        Output("said", "children", allow_duplicate=True),
        *(Input(f"get-{what}", "n_clicks") for what in ("gr", "picture", "table", "model")),
        State("question", "data"),
        State("first", "data"),
        State("whole", "data"),
        State("shown", "value", allow_optional=True),
        prevent_initial_call=True,
    )
    def download(*said: Any) -> Any:
        question, first, whole, shown = said[-4:]
        what = str(ctx.triggered_id).removeprefix("get-")
        try:
            samples, settings = _asked(question)
            if not samples:
                raise ValueError("There is no sample yet.")
            if what == "table":
                return _csv(_newest(first, whole)), ""
        except ValueError as error:
            return no_update, html.P(_line(error), className="wrong")
        sample = next((one for one in samples if one.name == shown), samples[-1])
        try:
            name, contents = desk.file(what, sample, settings, samples)
        except Exception as error:
            return no_update, html.P(_line(error), className="wrong")
        content = base64.b64encode(contents).decode()
        return {"filename": name, "content": content, "base64": True, "type": "application/octet-stream"}, ""


def _ask_of_wavelets(app: Dash, desk: Desk) -> None:
    sliders = [f"wave-{name}" for name in PARAMETERS]
    app.clientside_callback(
        ClientsideFunction("explore", "wave"),
        Output("wave-question", "id"),
        Input("tab", "data"),
        Input("wave-sample", "value"),
        *(Input(name, "value") for name in sliders),
    )

    @app.callback(
        Output("scape", "data"),
        Input("tab", "data"),
        Input("wave-sample", "value"),
        State("samples", "data"),
    )
    def scape(tab: str, name: str, samples: Any) -> Any:
        if tab != "wavelets":
            raise PreventUpdate
        sample = _wave_sample(name, samples)
        try:
            return desk.compute(answers.wavelet_landscape, sample)
        except Exception as error:
            return {"error": _line(error)}

    @app.callback(
        *(Output(name, "value") for name in sliders),
        Input({"type": "preset", "name": ALL}, "n_clicks"),
        State("scape", "data"),
        prevent_initial_call=True,
    )
    def preset(_: Any, scape: Any) -> Any:
        name = ctx.triggered_id["name"]
        if name == "least loss" and not (scape and "params" in scape):
            raise PreventUpdate
        params = _PUBLISHED.get(name) or scape["params"]
        return [params[one] for one in PARAMETERS]

    @app.callback(
        Output("wave-curve", "figure"),
        Output("wave-scape", "figure"),
        Output("wave-shells", "figure"),
        Output("wave-status", "children"),
        Input("wave-question", "data"),
        Input("scape", "data"),
        State("samples", "data"),
        prevent_initial_call=True,
    )
    def draw(question: Any, scape: Any, samples: Any) -> Any:
        if not question or not scape:
            raise PreventUpdate
        params = {name: float(question["params"][name]) for name in PARAMETERS}
        window, serial = _who(question)
        if "error" in scape:
            return no_update, no_update, no_update, html.P(scape["error"], className="wrong")
        sample = _wave_sample(question["sample"], samples)
        try:
            said = desk.compute(answers.wavelet_answer, params, sample, window=f"{window}-wave", serial=serial)
        except SupersededError:
            raise PreventUpdate from None
        except Exception as error:
            return no_update, no_update, no_update, html.P(_line(error), className="wrong")
        scale = said["distance_scale"]
        errors = ", ".join(f"{error:.3f} at {at:.2f} Å" for at, error in said["peaks"]) or "there is no peak"
        shells = (
            "shells of atoms between the peaks do not appear as peaks."
            if scale is None
            else f"a shell of atoms at r appears at about {scale:.2f} r."
        )
        lines = [
            html.P([html.B(f"Loss {said['loss']:.4f}"), f"; the least that can be had is {scape['best']:.4f}."]),
            html.P(f"Errors at the peaks: {errors}."),
            html.P([html.B("Distances: "), shells]),
        ]
        return (
            figures.wavelet_figure(said),
            figures.landscape_figure(scape, said, _PUBLISHED),
            figures.shells_figure(said),
            lines,
        )


_PAPER = "ge25se75_sq.csv"


def _paper_s() -> Sample:
    ge_se = load_ge_se()
    known = {"r": ge_se.r.tolist(), "g": ge_se.target.tolist(), "known_name": "ge25se75_rdf.csv"}
    return Sample(_PAPER, ge_se.q.tolist(), ge_se.s_r.tolist(), **known)


def _wave_sample(name: str, samples: Any) -> Sample | None:
    return next((Sample.from_json(one) for one in samples or [] if one.get("name") == name), None)


def _with_typed(said: Any, *typed: list[Any]) -> list[Sample]:
    """Return the samples with the densities and formulas that stand in their fields."""
    if any(len(values) != len(said) for values in typed):  # the fields come a moment after the samples
        return [Sample.from_json(one) for one in said]
    rows = zip(said, *typed, strict=True)
    return [Sample.from_json(one | dict(zip(_TYPED, values, strict=True))) for one, *values in rows]


def _row(i: int, sample: Sample) -> html.Div:
    def field(kind: str, text: str, value: Any, **options: Any) -> html.Label:
        control = dcc.Input(id={"type": kind, "name": sample.name}, value=value, **options)
        return html.Label([html.Span(text), control], className="field")

    positive = {"type": "number", "min": 0, "step": "any"}
    raw = sample.x is not None
    known = [html.P("raw scan: it takes a formula and a density", className="hint")] if raw else []
    known += [] if sample.known_name is None else [html.P(f"known g(r): {sample.known_name}", className="hint")]
    remove = html.Button("×", id={"type": "remove", "name": sample.name}, title=f"Remove {sample.name}")
    swatch = html.Span(className="swatch", style={"background": figures.COLORS[i % len(figures.COLORS)]})
    return html.Div(
        [
            html.Div([swatch, html.Span(sample.name, className="name"), remove], className="title"),
            *known,
            html.Div(
                [
                    field(
                        "number_density",
                        "atoms per Å³",
                        sample.number_density,
                        placeholder="" if raw else "found",
                        **positive,
                    ),
                    field("composition", "formula", sample.composition, type="text", placeholder="GeSe2"),
                    field("mass_density", "g/cm³", sample.mass_density, placeholder="", **positive),
                    html.Div(
                        field("wavelength", "wavelength", sample.wavelength, type="text", placeholder="CuKa or Å"),
                        hidden=not raw,
                    ),
                    html.Div(
                        field(
                            "background_scale", "× background", sample.background_scale, placeholder="found", **positive
                        ),
                        hidden=sample.background is None,
                    ),
                ],
                className="fields",
            ),
            html.Div(
                [
                    html.Span("first column: "),
                    dcc.RadioItems(
                        {"2theta": "2θ (degrees)", "q": "q (Å⁻¹)"},
                        sample.axis,
                        id={"type": "axis", "name": sample.name},
                        inline=True,
                    ),
                ],
                className="bar axis",
                hidden=not sample.axis_asked,
            ),
            *_background(sample),
        ],
        className="sample",
    )


def _background(sample: Sample) -> list[html.Div]:
    """Return where the scan of the empty container goes."""
    if sample.x is None:
        return []
    of: dict[str, Any] = {"data-background-of": sample.name}
    if sample.background is None:
        choose = html.Button("choose it", title=f"Choose the background of {sample.name}", **of)
        return [
            html.Div([html.Span("Drop the scan of the empty container here, or "), choose], className="empty", **of)
        ]
    remove = html.Button("×", id={"type": "without", "name": sample.name}, title=f"Remove {sample.background_name}")
    name = html.Span(sample.background_name, className="name")
    return [html.Div([html.Span("background: "), name, remove], className="title empty", **of)]


def _who(question: Any) -> tuple[str, int]:
    return str(question["window"])[:64], int(question["serial"])


def _asked(question: Any) -> tuple[list[Sample], Settings]:
    samples = [Sample.from_json(one) for one in (question or {}).get("samples", [])]
    return samples, Settings.from_json((question or {}).get("settings", {}))


def _answered(question: Any, ask: Callable[[Sample, Settings, list[Sample]], dict[str, Any]]) -> dict[str, Any]:
    """Ask of each sample; what is wrong with one is its answer."""

    def one(sample: Sample) -> dict[str, Any]:
        try:
            return ask(sample, settings, samples) | {"color": samples.index(sample)}
        except SupersededError:
            raise
        except Exception as error:
            return {"name": sample.name, "error": _line(error)}

    try:
        samples, settings = _asked(question)
        with ThreadPoolExecutor(max(len(samples), 1)) as threads:
            said = list(threads.map(one, samples))
    except SupersededError:
        raise PreventUpdate from None
    except ValueError as error:
        said = [{"name": "", "error": _line(error)}]
    return {"serial": question["serial"], "answers": said}


def _newest(first: Any, whole: Any) -> list[dict[str, Any]]:
    """Return the answers to the newest question, the whole ones if they are there."""
    answered = [one for one in (whole, first) if one]
    return list(max(answered, key=lambda one: one["serial"])["answers"]) if answered else []


def _line(error: Exception) -> str:
    if isinstance(error, ValueError | OSError):
        return " ".join(str(error).split())
    _LOG.error("The page could not be answered.", exc_info=error)
    return f"This went wrong: {type(error).__name__}. The terminal that wtrdf runs in says more."


def _of_its_sample(one: dict[str, Any], found: list[dict[str, Any]]) -> str:
    """Return an error, with the sample's name where there are others and it does not say it."""
    name, error = one["name"], one["error"]
    return error if len(found) == 1 or error.startswith(name) else f"{name}: {error}"


def _status(said: list[dict[str, Any]], one: dict[str, Any] | None) -> list[Any]:
    if one is None:
        return [html.P("Drop S(q) onto the page, and g(r) appears here.")]
    lines: list[Any] = []
    if any(answer.get("quick") for answer in said):
        what = "A first answer, with the sizes found before" if "g" in one else "S_R and its Fourier transforms"
        lines.append(html.P(f"{what}; the search goes on …", className="busy"))
    elif one["number_density"] is not None:
        how = "as given" if one["density_is_given"] else "found along with g(r)"
        of, part = one.get("background") or (None, None)
        less = "" if of is None else f" The background {of} is subtracted, scaled by {part:.3g}."
        lines.append(html.P(f"Number density {one['number_density']:.4g} Å⁻³, {how}.{less}"))
    warnings = [
        html.Li(warning if len(said) == 1 else f"{answer['name']}: {warning}")
        for answer in said
        for warning in answer.get("warnings", [])
    ]
    return [*lines, html.Ul(warnings, className="warnings")] if warnings else lines


def _recipes(question: Any, one: dict[str, Any] | None) -> tuple[str, str]:
    try:
        samples, settings = _asked(question)
        sample = next(sample for sample in samples if one and sample.name == one["name"])
        return recipe.snippet(sample, settings, samples), recipe.command(sample, settings, samples)
    except (StopIteration, ValueError):
        return "", ""


def _table(head: list[str], body: list[list[Any]], caption: str) -> html.Table:
    rows = [html.Tr([html.Th(row[0], scope="row"), *(html.Td(cell) for cell in row[1:])]) for row in body]
    heads = html.Thead(html.Tr([html.Th(cell, scope="col") for cell in head]))
    return html.Table([html.Caption(caption), heads, html.Tbody(rows)])


def _peak_table(said: list[dict[str, Any]]) -> Any:
    head = ["sample", "peak", "position (Å)", "height", "width (Å)", "coordination", "integrated over (Å)"]
    body = []
    for answer in said:
        for row in answer.get("peaks", []):
            values = {name: np.nan if value is None else value for name, value in row.items()}
            cells = [_with_interval(values, name) for name in ("position", "height", "width", "coordination")]
            body.append([answer["name"], row["peak"], *cells, f"{row['r_low']:.2f} to {row['r_high']:.2f}"])
    return _table(head, body, "With 90 % intervals, as wtrdf peaks measures them from 1 Å on.") if body else ""


def _found_table(one: dict[str, Any] | None) -> Any:
    if one is None or not one.get("found"):
        return ""
    body = [
        [row["name"], f"{row['value']:.4g}", f"{row['low']:.4g} to {row['high']:.4g}", row["unit"], row["at"]]
        for row in one["found"]
    ]
    return _table(["name", "value", "90 % interval", "unit", "bound"], body, f"Hyperparameters of {one['name']}.")


def _csv(said: list[dict[str, Any]]) -> dict[str, str]:
    import pandas as pd

    tables = [pd.DataFrame(answer["peaks"]).assign(file=answer["name"]) for answer in said if answer.get("peaks")]
    if not tables:
        raise ValueError("There are no peaks yet.")
    whole = pd.concat(tables, ignore_index=True)
    whole.insert(0, "file", whole.pop("file"))
    return {"filename": "peaks.csv", "content": whole.to_csv(index=False), "type": "text/csv"}
