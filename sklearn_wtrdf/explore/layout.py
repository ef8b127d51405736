"""The elements of the page."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from sklearn_wtrdf.explore import figures
from sklearn_wtrdf.explore.schema import GLASSES, Sample, Settings
from sklearn_wtrdf.explore.uploads import MAX_BYTES
from sklearn_wtrdf.wtrdf.wavelet import MANUAL, PUBLISHED

_GRAPH: Any = {"displayModeBar": False, "responsive": True}
PUBLISHED_PARAMETERS = {"WT-RDF (published)": MANUAL, "WT-RDF+ (published)": PUBLISHED}
# Lowest value, highest value, step and label of each slider, somewhat wider than the default bounds for the paper's
# data.
_SLIDERS = {
    "a": (0.1, 2.0, 0.005, "dilation a"),
    "b": (0.0, 20.0, 0.01, "translation b"),
    "K_f": (-2.0, 2.0, 0.005, "coupling K_f"),
    "C": (-1.0, 1.0, 0.001, "offset C"),
    "Lambda": (-25.0, 25.0, 0.01, "scale Λ (Å²)"),
}


def layout_of(samples: list[dict[str, Any]]) -> html.Div:
    """Return the page with the given samples."""
    stores: dict[str, Any] = {
        "samples": samples,
        "opened": None,
        "dropped": None,
        "undecided": [],
        "request": None,
        "first": None,
        "full": None,
        "fixed-priors": {},
    }
    stores |= {"tab": "samples", "wave-request": None, "landscape": None}
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
        _drop_zone(),
        _opened_settings(),
        html.Div(id="questions", role="alert"),
        html.Div(id="messages", role="alert"),
        _group("Samples", html.Div(id="rows"), id="sample-rows"),
        _group(
            "q range",
            html.Label("q_min and q_max (Å⁻¹)", id="q-label"),
            dcc.RangeSlider(0, 8, 0.05, value=[0, 8], id="q", marks=None, updatemode="drag", allowCross=False),
        ),
        _prior_controls(),
        _group(
            "Errors of S(q)",
            dcc.Checklist(
                [{"label": "systematic errors of background and normalization", "value": "systematic"}],
                ["systematic"],
                id="systematic",
            ),
            _number("noise", "noise of S_R, at least (Å⁻¹)", placeholder="estimated"),
        ),
        _group(
            "Distances",
            _number("r_max", "g(r) up to (Å)", Settings.r_max),
        ),
    ]
    results = [
        _curve_controls(),
        _invitation(),
        html.Div(id="busy", role="status"),
        html.Div(id="status", role="status"),
        _graphs(),
        html.Section([html.H2("Peaks"), html.Div(id="peaks", className="scroll")]),
        _export_buttons(),
        html.Details([html.Summary("Hyperparameters"), html.Div(id="hyperparameters", className="scroll")]),
        html.Details(
            [
                html.Summary("The same in Python and as a command"),
                html.Div([_copy("python"), html.Pre(id="python", tabIndex=0)]),
                html.Div([_copy("command"), html.Pre(id="command", tabIndex=0)]),
            ],
            open=True,
        ),
    ]
    return html.Div([html.Aside(controls), html.Main(results)], className="columns")


def _graphs() -> html.Div:
    """Return the figures of g, of S_R, and of the reduction if there is one."""
    reduction = _graph(
        "reduction",
        "The counts of the sample shown without background and constant, in electron units per atom, with their "
        "contributions; and S(q), reduced from them.",
        height=520,
    )
    return html.Div(
        [
            _graph("curve", "The pair distribution function of all samples, with 90 % bands."),
            _graph("pattern", "S_R(q) of the sample shown, its fit and its residual."),
            html.Div(reduction, id="reduction-panel", hidden=True),
        ],
        className="graphs",
    )


def _invitation() -> html.Section:
    """Return what is shown in place of results while there is no sample."""
    return html.Section(
        [
            html.H2("Drop a file here to see its g(r)"),
            html.Ul(
                [
                    html.Li("S(q), or S_R(q) = F(Q) = q [S(q) − 1], of a liquid or glass: g(r) with its band follows."),
                    html.Li(
                        "The counts of a diffractometer over 2θ or q: with formula, density and wavelength, S(q) first."
                    ),
                    html.Li("Then the known g(r) of the same sample, if there is any, for comparison."),
                ]
            ),
            html.Button("Try simulated silica", id="example-silica", className="primary"),
        ],
        id="invitation",
    )


def _drop_zone() -> html.Div:
    return html.Div(
        [
            html.Button("Choose files …", id="choose", className="primary"),
            html.Button("Use the paper's Ge25Se75", id="example"),
            html.P(
                "or drop them anywhere: S(q); S_R(q) = q [S(q) − 1], the F(Q) of other programs; the raw scan of "
                "a diffractometer; the known g(r) of a sample; and settings.toml, as this page and wtrdf pdf write it. "
                f"Up to {MAX_BYTES / 1e6:g} MB each."
            ),
        ],
        id="drop",
    )


def _opened_settings() -> html.Div:
    """Return the line on the settings file that is open, with a button that closes it."""
    close = html.Button("×", id="close-settings", title="Close the settings")
    return html.Div(
        [html.Div([html.Span(id="opened-name", className="name"), close], className="title"), html.P(id="opened-line")],
        id="opened-panel",
        className="question",
        role="status",
        hidden=True,
    )


def _prior_controls() -> html.Fieldset:
    return _group(
        "Prior of g(r)",
        dcc.RadioItems(
            [
                {"label": "automatic", "value": "auto"},
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
                html.Label("reference glass", id="reference-label"),
                dcc.RadioItems(references_of([]), "ag00", id="reference"),
            ],
            id="reference-field",
            hidden=True,
        ),
    )


def _curve_controls() -> html.Div:
    return html.Div(
        [
            html.Div(
                [
                    html.Span("Show "),
                    dcc.RadioItems(
                        {quantity: f"{quantity}(r)" for quantity in figures.QUANTITIES},
                        "g",
                        id="quantity",
                        inline=True,
                    ),
                ]
            ),
            html.Div(
                [
                    html.Span("with "),
                    dcc.Checklist(
                        [
                            {"label": "Fourier transform", "value": "plain"},
                            {"label": "with the Lorch window", "value": "lorch"},
                            {"label": "small shells enlarged", "value": "small"},
                        ],
                        [],
                        id="transforms",
                        inline=True,
                    ),
                ]
            ),
        ],
        className="bar",
    )


def _export_buttons() -> html.Section:
    return html.Section(
        [
            html.H2("Export"),
            html.Div(
                [
                    html.Button("G(r) as .gr", id="get-gr"),
                    html.Button("Picture", id="get-picture"),
                    html.Button("Table of peaks", id="get-table"),
                    html.Button("Model", id="get-model"),
                    html.Button("Settings", id="get-settings"),
                ],
                className="buttons",
            ),
            html.P(
                "Settings are those of the sample shown. This page opens the file again, and wtrdf pdf FILE --settings "
                "settings.toml repeats it. It does not contain the files of data: choose those again.",
                className="hint",
            ),
        ]
    )


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
    presets = [*PUBLISHED_PARAMETERS, "lowest loss"]
    controls = [
        html.P(
            "WT-RDF+ computes g(r) from S_R(q) by a wavelet integral with five parameters. Move the sliders to see "
            "their effect on g(r), on the loss, and on a single shell of atoms."
        ),
        _group("Sample", dcc.RadioItems(["the paper's Ge25Se75"], "the paper's Ge25Se75", id="wave-sample")),
        _group("Parameters", *sliders),
        html.Div([html.Button(name, id={"type": "preset", "name": name}) for name in presets], className="buttons"),
    ]
    results = [
        html.Div(id="wave-status", role="status"),
        html.Div(
            [
                _graph("wave-curve", "g(r) by WT-RDF with these parameters, and the known g(r)."),
                _graph("wave-landscape", "The lowest loss over a and b; the cross is where the sliders are."),
                _graph(
                    "wave-shells", "The distance at which a single shell of atoms appears, against its true distance."
                ),
            ],
            className="graphs",
        ),
    ]
    return html.Div([html.Aside(controls), html.Main(results)], className="columns")


def _graph(name: str, text: str, height: int = 400) -> html.Figure:
    graph = dcc.Graph(id=name, figure=figures.empty(), config=_GRAPH, style={"height": f"{height}px"})
    return html.Figure([graph, html.Figcaption(text)])


def _copy(name: str) -> html.Div:
    copies: dict[str, Any] = {"data-copies": name}
    button = html.Button("Copy", className="copy", title=f"Copy the {name}", **copies)
    return html.Div([html.H3(name.capitalize()), button], className="title")


def references_of(samples: list[Sample]) -> list[dict[str, str]]:
    """Return the references to choose from."""
    own = [
        {"label": f"{sample.name}, with {sample.known_name}", "value": sample.name} for sample in samples if sample.g
    ]
    return [{"label": f"{formula}, simulated", "value": name} for name, formula in GLASSES.items()] + own
