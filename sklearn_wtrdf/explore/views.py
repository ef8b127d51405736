"""Results as elements of the page: lines, tables, Python code and commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from dash import dcc, html

from sklearn_wtrdf.explore import export, figures
from sklearn_wtrdf.explore.requests import samples_and_settings
from sklearn_wtrdf.explore.schema import Sample, problems_of
from sklearn_wtrdf.explore.uploads import QUANTITIES, UNITS
from sklearn_wtrdf.scattering.composition import Composition, number_density_of
from sklearn_wtrdf.scattering.contacts import counted_as
from sklearn_wtrdf.utils.text import listed, with_interval
from sklearn_wtrdf.workflows.settings import PdfSettings

#: The fields of a sample whose values are checked as they are typed.
CHECKED = ("number_density", "composition", "mass_density", "wavelength")
_REST = 0.6  # s without a key, after which a value counts as typed
#: Settings that affect g(r) and have no control on the page.
_WITHOUT_CONTROL = (
    "column",
    "background",
    "polarization",
    "monochromator",
    "absorption",
    "energy_window",
    "constant",
    "q_damp",
)
_RADIATIONS = {"x-ray": "X-rays", "neutron": "neutrons"}
_LINES = ("CuKa", "CuKa1", "MoKa", "MoKa1", "AgKa", "AgKa1", "CoKa", "CrKa")  # of X-ray tubes


def row_of(i: int, sample: Sample) -> html.Div:
    """Return the name and the fields of a sample."""
    raw = sample.x is not None
    hints = [] if sample.known_name is None else [html.P(f"known g(r): {sample.known_name}", className="hint")]
    remove = html.Button("×", id={"type": "remove", "name": sample.name}, title=f"Remove {sample.name}")
    swatch = html.Span(className="swatch", style={"background": figures.COLORS[i % len(figures.COLORS)]})
    return html.Div(
        [
            html.Div([swatch, html.Span(sample.name, className="name"), remove], className="title"),
            *hints,
            html.Div(_fields(sample), className="fields"),
            html.Div(id={"type": "problems", "name": sample.name}, role="alert"),
            _choice(
                "first column: ",
                {"2theta": "2θ (degrees)", "q": "q (Å⁻¹)"},
                sample.axis,
                {"type": "axis", "name": sample.name},
                hidden=not sample.axis_is_unknown,
            ),
            _choice(
                "radiation: ",
                _RADIATIONS | ({} if sample.header.get("radiation") else {"unknown": "unknown"}),
                sample.radiation or "unknown",
                {"type": "radiation", "name": sample.name},
                hidden=raw,
            ),
            *_background(sample),
        ],
        className="sample",
    )


def _fields(sample: Sample) -> list[Any]:
    """Return the fields of density and composition and, for a raw scan, of wavelength and background."""

    def field(kind: str, text: str, value: Any, **options: Any) -> html.Label:
        control = dcc.Input(id={"type": kind, "name": sample.name}, value=value, debounce=_REST, **options)
        return html.Label(
            [html.Span(text), control], className="field", id={"type": f"field-{kind}", "name": sample.name}
        )

    positive = {"type": "number", "min": 0, "step": "any"}
    return [
        field(
            "number_density",
            "atoms per Å³",
            sample.number_density,
            placeholder=_placeholder(sample),
            **positive,
        ),
        field(
            "composition",
            "formula",
            sample.composition,
            type="text",
            placeholder=sample.header.get("composition", "GeSe2"),
        ),
        field("mass_density", "or g/cm³", sample.mass_density, placeholder="", **positive),
        html.Div(_wavelength(field, sample), hidden=sample.x is None),
        html.Div(
            field(
                "background_scale",
                "× background",
                sample.background_scale,
                placeholder="estimated",
                **positive,
            ),
            hidden=sample.background is None,
        ),
    ]


def _placeholder(sample: Sample) -> str:
    """Return what an empty field of the number density stands for."""
    if sample.x is not None or sample.mass_density is not None:
        return ""
    header = sample.header.get("number_density")
    return "estimated" if header is None else f"{header:.4g}"


def _choice(text: str, options: dict[str, str], value: str | None, id: dict[str, str], hidden: bool) -> html.Div:
    """Return a line of alternatives, of which one is chosen."""
    buttons = dcc.RadioItems(options, value, id=id, inline=True)
    return html.Div([html.Span(text), buttons], className="bar axis", hidden=hidden)


def _wavelength(field: Callable[..., html.Label], sample: Sample) -> list[Any]:
    """Return the field of the wavelength, which proposes the lines of X-ray tubes."""
    lines = html.Datalist([html.Option(value=line) for line in _LINES], id=f"lines of {sample.name}")
    options: dict[str, Any] = {"type": "text", "placeholder": "CuKa", "list": f"lines of {sample.name}"}
    return [field("wavelength", "wavelength", sample.wavelength, **options), lines]


def question_of(file: dict[str, Any]) -> html.Div:
    """Return the question for what a file does not say, with a control for the answer."""
    name, argument = str(file["name"]), str(file["argument"])
    identity = {"type": "choice", "name": name}
    control: Any = dcc.Input(id=identity, type="text", placeholder="SiO2", debounce=True)
    if argument != "composition":
        options = QUANTITIES if argument == "quantity" else UNITS
        control = dcc.RadioItems(
            [{"label": html.Span([f"{text}: ", html.Code(value)]), "value": value} for value, text in options.items()],
            id=identity,
        )
    prompts = {
        "quantity": "Which quantity is in this file?",
        "unit": "Which unit does this file have?",
        "composition": "Of which material is this file? Give its formula.",
    }
    dismiss = html.Button("×", id={"type": "dismiss", "name": name}, title=f"Do not read {name}")
    return html.Div(
        [
            html.Div([html.Span(name, className="name"), dismiss], className="title"),
            html.P(prompts[argument]),
            control,
            html.P(str(file["message"]), className="hint"),
        ],
        className="question",
        role="group",
    )


def problem_lines(values: dict[str, Any]) -> list[html.P]:
    """Return what is wrong in the fields of a sample, or what its formula and density mean."""
    if problems := problems_of(**values):
        return [html.P(problem, className="wrong") for problem in problems.values()]
    if not values["composition"]:
        return []
    fractions = Composition(values["composition"]).fractions.items()
    text = ", ".join(f"{100 * fraction:.3g} % {kind}" for kind, fraction in fractions)
    if values["mass_density"]:
        density = number_density_of(None, values["composition"], values["mass_density"])
        text += f"; {density:.4g} atoms per Å³"
    return [html.P(text, className="hint")]


def _background(sample: Sample) -> list[html.Div]:
    """Return the field of the scan of the empty container."""
    if sample.x is None:
        return []
    attributes: dict[str, Any] = {"data-background-of": sample.name}
    if sample.background is None:
        choose = html.Button("choose it", title=f"Choose the background of {sample.name}", **attributes)
        return [
            html.Div(
                [html.Span("Drop the scan of the empty container here, or "), choose], className="empty", **attributes
            )
        ]
    remove = html.Button("×", id={"type": "without", "name": sample.name}, title=f"Remove {sample.background_name}")
    name = html.Span(sample.background_name, className="name")
    return [html.Div([html.Span("background: "), name, remove], className="title empty", **attributes)]


def status_of(solutions: list[dict[str, Any]], shown: dict[str, Any] | None) -> list[Any]:
    """Return the status of the samples: progress, number density and warnings."""
    if shown is None:
        return []
    lines: list[Any] = []
    if searching := [solution["name"] for solution in solutions if solution.get("quick")]:
        what = "Preview with the previous hyperparameters" if "g" in shown else "S_R and its Fourier transforms"
        lines.append(html.P(f"{what}; computing g(r) of {', '.join(searching)} …", className="busy"))
    elif shown["number_density"] is not None:
        how = "as given" if shown["density_is_given"] else "estimated together with g(r)"
        name, scale = shown.get("background") or (None, None)
        background = "" if name is None else f" The background {name} is subtracted, scaled by {scale:.3g}."
        lines.append(html.P(f"Number density {shown['number_density']:.4g} Å⁻³, {how}.{background}"))
        lines += [html.P(shown["verdict"])] if shown.get("verdict") else []
    warnings = [
        html.Li(warning if len(solutions) == 1 else f"{solution['name']}: {warning}")
        for solution in solutions
        for warning in solution.get("warnings", [])
    ]
    return [*lines, html.Ul(warnings, className="warnings")] if warnings else lines


def wavelet_lines(solution: dict[str, Any], lowest_loss: float) -> list[html.P]:
    """Return loss, errors and distances of WT-RDF with the parameters of the sliders."""
    scale = solution["distance_scale"]
    errors = ", ".join(f"{error:.3f} at {at:.2f} Å" for at, error in solution["peaks"]) or "there is no peak"
    shells = (
        "shells of atoms between the peaks do not appear as peaks."
        if scale is None
        else f"a shell of atoms at r appears at about {scale:.2f} r."
    )
    return [
        html.P([html.B(f"Loss {solution['loss']:.4f}"), f"; the global minimum is {lowest_loss:.4f}."]),
        html.P(f"Errors at the peaks: {errors}."),
        html.P([html.B("Distances: "), shells]),
    ]


def recipes_of(request: Any, shown: dict[str, Any] | None) -> tuple[str, str]:
    """Return the Python code and the commands for the same solution."""
    try:
        samples, settings = samples_and_settings(request)
        sample = next(sample for sample in samples if shown and sample.name == shown["name"])
        return export.snippet(sample, settings, samples), export.command(sample, settings, samples)
    except (StopIteration, ValueError):
        return "", ""


def _table(head: list[str], body: list[list[Any]], caption: str) -> html.Table:

    def cell(name: str, value: Any) -> html.Td:
        names: dict[str, Any] = {"data-name": name}  # shown beside the value on a narrow page
        return html.Td(value, **names)

    rows = [html.Tr([html.Th(row[0], scope="row"), *map(cell, head[1:], row[1:])]) for row in body]
    heads = html.Thead(html.Tr([html.Th(cell, scope="col") for cell in head]))
    return html.Table([html.Caption(caption), heads, html.Tbody(rows)])


def opened_line(settings: PdfSettings) -> str:
    """Return what an opened settings file applies to, with the settings that have no control on the page."""
    others = {name: value for name, value in settings.chosen().items() if name in _WITHOUT_CONTROL}
    text = (
        "These settings apply to the samples on the page and to each file that you choose. They do not contain the "
        "files of data: choose those again."
    )
    if others:
        text += f" Without a control on the page: {listed([f'{name} = {value}' for name, value in others.items()])}."
    return text


def peak_table(solutions: list[dict[str, Any]]) -> Any:
    """Return the table of the peaks of all samples."""
    head = ["sample", "peak", "position (Å)", "height", "width (Å)", "coordination", "integrated over (Å)"]
    body, as_pairs = [], []
    for solution in solutions:
        for row in solution.get("peaks", []):
            values = {name: np.nan if value is None else value for name, value in row.items()}
            cells = [with_interval(values, name) for name in ("position", "height", "width", "coordination")]
            body.append([solution["name"], row["peak"], *cells, f"{row['r_low']:.2f} to {row['r_high']:.2f}"])
            if pairs := counted_as(values):
                text = (
                    f"{solution['name']}: peak {row['peak']}, if it contains only one kind of pair: {pairs} neighbours."
                )
                as_pairs.append(html.P(text, className="hint"))
    if not body:
        return ""
    table = _table(head, body, "With 90 % intervals, from curves drawn from the posterior, as by wtrdf pdf.")
    return [table, *as_pairs]


def hyperparameter_table(shown: dict[str, Any] | None) -> Any:
    """Return the table of the hyperparameters of a sample."""
    if shown is None or not shown.get("hyperparameters"):
        return ""
    body = [
        [row["name"], f"{row['value']:.4g}", f"{row['low']:.4g} to {row['high']:.4g}", row["unit"], row["at"]]
        for row in shown["hyperparameters"]
    ]
    return _table(["name", "value", "90 % interval", "unit", "bound"], body, f"Hyperparameters of {shown['name']}.")


def csv_of(solutions: list[dict[str, Any]]) -> dict[str, str]:
    """Return the peaks of all samples as a CSV file."""
    import pandas as pd

    tables = [
        pd.DataFrame(solution["peaks"]).assign(file=solution["name"]) for solution in solutions if solution.get("peaks")
    ]
    if not tables:
        raise ValueError("There are no peaks yet.")
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "file", table.pop("file"))
    return {"filename": "peaks.csv", "content": table.to_csv(index=False), "type": "text/csv"}
