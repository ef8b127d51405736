"""The callbacks of the first tab: from a change of a control to the results that are shown."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

import numpy as np
from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from sklearn_wtrdf.explore import export, figures
from sklearn_wtrdf.explore.layout import references_of
from sklearn_wtrdf.explore.requests import (
    TYPED_INPUTS,
    error_of_sample,
    line_of,
    newest_solutions,
    sample_of_the_paper,
    samples_and_settings,
    settings_in,
    simulated_silica,
    solutions_of,
    typed_values,
    window_of,
    with_typed_values,
)
from sklearn_wtrdf.explore.schema import Sample, Settings, problems_of
from sklearn_wtrdf.explore.uploads import MissingChoiceError, read_settings, unread_settings, with_settings
from sklearn_wtrdf.explore.views import (
    CHECKED,
    csv_of,
    hyperparameter_table,
    opened_line,
    peak_table,
    problem_lines,
    question_of,
    recipes_of,
    row_of,
    status_of,
)
from sklearn_wtrdf.explore.workers import WorkerPool
from sklearn_wtrdf.workflows.settings import PdfSettings

_EXAMPLES = {"example": sample_of_the_paper, "example-silica": simulated_silica}


def connect_samples(app: Dash, pool: WorkerPool) -> None:
    """Connect the first tab: samples and settings in, curves, peaks and recipes out."""
    _collect_samples(app, pool)
    _open_settings(app)
    _show_samples(app)
    _solve(app, pool)
    _show_solutions(app)
    _download(app, pool)


def _collect_samples(app: Dash, pool: WorkerPool) -> None:
    """Add and remove samples, as files are dropped and buttons pressed."""

    @app.callback(
        Output("samples", "data"),
        Output("messages", "children"),
        Output("undecided", "data"),
        Output("opened", "data"),
        Input("dropped", "data"),
        Input("close-settings", "n_clicks"),
        Input({"type": "choice", "name": ALL}, "value"),
        Input({"type": "dismiss", "name": ALL}, "n_clicks"),
        Input("example", "n_clicks"),
        Input("example-silica", "n_clicks"),
        Input({"type": "remove", "name": ALL}, "n_clicks"),
        Input({"type": "without", "name": ALL}, "n_clicks"),
        State("undecided", "data"),
        State("opened", "data"),
        State("samples", "data"),
        *TYPED_INPUTS,
        prevent_initial_call=True,
    )
    def change(dropped: Any, *values: Any) -> Any:
        undecided, opened, data, *typed = values[7:]
        samples, trigger = with_typed_values(data, *typed), ctx.triggered_id
        if trigger == "close-settings":
            return no_update, "", no_update, None
        if isinstance(trigger, str) and trigger in _EXAMPLES:
            example = _EXAMPLES[trigger]()
            samples = [*(sample for sample in samples if sample.name != example.name), example]
            return [sample.to_json() for sample in samples], "", no_update, no_update
        pressed = isinstance(trigger, dict) and ctx.triggered[0]["value"]
        if pressed and trigger["type"] in ("choice", "dismiss"):
            file = next(file for file in undecided if file["name"] == trigger["name"])
            others = [other for other in undecided if other is not file]
            if trigger["type"] == "dismiss":
                return no_update, no_update, others, no_update
            choice = {str(file["argument"]): str(pressed)}
            files = [file | {"choices": file["choices"] | choice}]
            samples, lines, more = _with_files(pool, samples, files, settings_in(opened))
            return [sample.to_json() for sample in samples], lines, others + more, no_update
        if pressed:
            remaining = [sample for sample in samples if sample.name != trigger["name"]]
            if trigger["type"] == "without":
                remaining = [
                    sample.without_background() if sample.name == trigger["name"] else sample for sample in samples
                ]
            return [sample.to_json() for sample in remaining], "", no_update, no_update
        if trigger != "dropped":  # new buttons trigger this callback, too
            raise PreventUpdate
        names = [file["name"] for file in dropped or []]
        others = [other for other in undecided or [] if other["name"] not in names]
        samples, of_settings, opened, files = _with_opened(samples, opened, dropped or [])
        samples, lines, more = _with_files(pool, samples, files, settings_in(opened))
        return [sample.to_json() for sample in samples], of_settings + lines, others + more, opened

    @app.callback(Output("questions", "children"), Input("undecided", "data"))
    def questions(undecided: Any) -> Any:
        return [question_of(file) for file in undecided or []]


def _with_opened(
    samples: list[Sample], opened: Any, files: list[dict[str, Any]]
) -> tuple[list[Sample], list[Any], Any, list[dict[str, Any]]]:
    """Return the samples with a settings file among those dropped, a line on it, the open settings, and other files."""
    lines: list[Any] = []
    for file in [file for file in files if str(file["name"]).lower().endswith(".toml")]:
        name = str(file["name"])
        try:
            if file.get("error"):
                raise ValueError(file["error"])
            settings = read_settings(name, str(file.get("contents")))
        except ValueError as error:
            lines.append(html.P(line_of(error), className="wrong"))
            continue
        opened = {"name": name[:200], "values": settings.chosen()}
        lines += [html.P(line, className="wrong") for line in unread_settings(samples, settings)]
        samples = [with_settings(sample, settings) for sample in samples]
    return samples, lines, opened, [file for file in files if not str(file["name"]).lower().endswith(".toml")]


def _with_files(
    pool: WorkerPool, samples: list[Sample], files: list[dict[str, Any]], opened: PdfSettings
) -> tuple[list[Sample], list[Any], list[dict[str, Any]]]:
    """Return the samples with those of the files, a line on each file, and the files that need a choice."""
    lines, undecided = [], []
    for file in files:
        name, contents = str(file["name"]), str(file.get("contents"))
        try:
            if file.get("error"):
                raise ValueError(file["error"])
            choices = file.get("choices")
            samples, line = pool.read(name, contents, samples, file.get("background_of"), choices, opened)
            lines.append(html.P(line))
        except MissingChoiceError as error:
            missing = {"argument": error.argument, "message": str(error), "choices": file.get("choices") or {}}
            undecided.append({"name": name, "contents": contents} | missing)
        except Exception as error:  # any error concerns this file alone
            lines.append(html.P(line_of(error), className="wrong"))
    return samples, lines, undecided


def _open_settings(app: Dash) -> None:
    """Set the controls to a settings file that was opened, and name what it sets without a control."""

    @app.callback(
        *(Output(name, "value") for name in ("r_max", "prior", "bond_low", "bond_high", "systematic", "noise")),
        Output("opened-panel", "hidden"),
        Output("opened-name", "children"),
        Output("opened-line", "children"),
        Input("opened", "data"),
        prevent_initial_call=True,
    )
    def controls(opened: Any) -> Any:
        if not opened:
            return *([no_update] * 6), True, "", ""
        settings = settings_in(opened)
        systematic = ["systematic"] if settings.systematic_errors else []
        values = settings.r_max, settings.prior, *(settings.bond or (None, None)), systematic, settings.noise
        return *values, False, str(opened.get("name")), opened_line(settings)


def _show_samples(app: Dash) -> None:
    """Show a row of fields for each sample, offer it wherever a sample is chosen, and let q span all of them."""

    @app.callback(
        Output("rows", "children"),
        Output("reference", "options"),
        Output("wave-sample", "options"),
        Input("samples", "data"),
        State("shown", "value", allow_optional=True),
    )
    def rows(data: Any, shown: Any) -> Any:
        samples = [Sample.from_json(sample) for sample in data]
        names = [sample.name for sample in samples]
        shown = shown if shown in names else names[-1] if names else None
        fields = [row_of(i, sample) for i, sample in enumerate(samples)]
        options = [{"label": html.Span(name, className="name"), "value": name} for name in names]
        top = html.Div([html.Span("In detail: "), dcc.RadioItems(options, shown, id="shown")], hidden=len(samples) < 2)
        waves = ["the paper's Ge25Se75", *(sample.name for sample in samples if sample.g)]
        if not samples:
            nothing = html.P("None yet.", className="hint")
            return [nothing, top], references_of(samples), waves
        return [*fields, top], references_of(samples), waves

    @app.callback(
        Output("q", "min"),
        Output("q", "max"),
        Output("q", "value"),
        Input("samples", "data"),
        Input("opened", "data"),
        Input({"type": "wavelength", "name": ALL}, "value"),
        State("q", "min"),
        State("q", "max"),
        State("q", "value"),
    )
    def q_range(data: Any, opened: Any, wavelengths: list[Any], q_min: float, q_max: float, q: list[float]) -> Any:
        if opened and any(change["prop_id"] == "opened.data" for change in ctx.triggered):
            settings = settings_in(opened)
            low, high = settings.q_min or 0.0, settings.q_max
            # The ends of the slider are beyond a range that is set, and at one that is not.
            q_min, q_max = 0.0, max(q_max, high + 1.0) if high else q_max
            q = [low, high or q_max]
        if not data:
            return q_min, q_max, q
        typed = wavelengths if len(wavelengths) == len(data) else [sample.get("wavelength") for sample in data]
        samples = [Sample.from_json(sample | {"wavelength": value}) for sample, value in zip(data, typed, strict=True)]
        low = np.floor(20 * min(sample.ends[0] for sample in samples)) / 20
        high = np.ceil(20 * max(sample.ends[1] for sample in samples)) / 20
        # An end that was moved is not changed.
        ends = [q[0] if q[0] > q_min else low, q[1] if q[1] < q_max else high]
        ends = [max(low, ends[0]), min(high, ends[1])]
        ends = ends if ends[0] < ends[1] else [low, high]
        return low, high, ends

    @app.callback(
        Output({"type": "problems", "name": MATCH}, "children"),
        *(Output({"type": f"field-{kind}", "name": MATCH}, "className") for kind in CHECKED),
        *(Input({"type": kind, "name": MATCH}, "value") for kind in CHECKED),
    )
    def check(*typed: Any) -> Any:
        values = typed_values(*typed)
        problems = problems_of(**values)
        return problem_lines(values), *("field invalid" if kind in problems else "field" for kind in CHECKED)

    @app.callback(Output("bond-fields", "hidden"), Output("reference-field", "hidden"), Input("prior", "value"))
    def fields(prior: str) -> tuple[bool, bool]:
        return prior != "bond", prior != "reference"


def _solve(app: Dash, pool: WorkerPool) -> None:
    """Solve for g(r) whenever samples or settings change: a quick preview first, then the full solution."""
    app.clientside_callback(
        ClientsideFunction("explore", "request"),
        Output("request", "id"),
        Input("samples", "data"),
        *(Input(field.component_id, "value") for field in TYPED_INPUTS),
        *(Input(name, "value") for name in ("q", "r_max", "prior", "bond_low", "bond_high")),
        *(Input(name, "value") for name in ("reference", "systematic", "noise")),
        Input("opened", "data"),
        State("q", "min"),
        State("q", "max"),
    )

    @app.callback(
        Output("first", "data"), Input("request", "data"), State("fixed-priors", "data"), prevent_initial_call=True
    )
    def first(request: Any, fixed_priors: Any) -> Any:
        if not request:
            raise PreventUpdate
        window, serial = window_of(request)
        fixed_priors = {
            name: fixed_prior for name, fixed_prior in (fixed_priors or {}).items() if isinstance(fixed_prior, list)
        }

        def preview(sample: Sample, settings: Settings, samples: list[Sample]) -> dict[str, Any]:
            return pool.first(sample, settings, samples, fixed_priors.get(sample.name), window, serial)

        return solutions_of(request, preview)

    @app.callback(
        Output("full", "data"),
        Output("fixed-priors", "data"),
        Input("first", "data"),
        State("request", "data"),
        State("fixed-priors", "data"),
        prevent_initial_call=True,
    )
    def full_solution(quick: Any, request: Any, fixed_priors: Any) -> Any:
        if not request or not quick or request["serial"] != quick["serial"]:
            raise PreventUpdate
        solutions = quick
        if any(solution.get("quick") for solution in quick["solutions"]):
            window, serial = window_of(request)
            solutions = solutions_of(request, partial(_full_solution, pool, window, serial))
        newest = {
            solution["name"]: solution["fixed_prior"]
            for solution in solutions["solutions"]
            if solution.get("fixed_prior")
        }
        return (no_update if solutions is quick else solutions), (fixed_priors or {}) | newest


def _full_solution(
    pool: WorkerPool, window: str, serial: int, sample: Sample, settings: Settings, samples: list[Sample]
) -> dict[str, Any]:
    return pool.full(sample, settings, samples, window, serial)


def _show_solutions(app: Dash) -> None:
    """Show the newest solutions as figures, tables, lines and recipes."""

    @app.callback(
        Output("curve", "figure"),
        Output("pattern", "figure"),
        Output("reduction", "figure"),
        Output("reduction-panel", "hidden"),
        Output("peaks", "children"),
        Output("hyperparameters", "children"),
        Output("status", "children"),
        Output("python", "children"),
        Output("command", "children"),
        Input("first", "data"),
        Input("full", "data"),
        Input("quantity", "value"),
        Input("transforms", "value"),
        Input("shown", "value", allow_optional=True),
        State("request", "data"),
        prevent_initial_call=True,
    )
    def draw(first: Any, full: Any, quantity: str, transforms: list[str], shown: Any, request: Any) -> Any:
        if not request or not first:
            raise PreventUpdate
        solutions = newest_solutions(first, full)
        solved = [solution for solution in solutions if "error" not in solution]
        wrong = [
            html.P(error_of_sample(solution, solutions), className="wrong")
            for solution in solutions
            if "error" in solution
        ]
        names = [solution["name"] for solution in solved]
        at = names.index(shown) if shown in names else max(len(solved) - 1, 0)
        current = solved[at] if solved else None
        curve = figures.curve_figure(solved, at, quantity, tuple(transforms))
        pattern = figures.pattern_figure(current)
        done = not any(solution.get("quick") for solution in solved)
        marker: dict[str, Any] = {"data-serial": max(data["serial"] for data in (full, first) if data)}
        marker["data-done"] = str(done)
        status = [
            *wrong,
            *(status_of(solved, current) if solved or not wrong else []),
            html.Span(hidden=True, id="solved", **marker),
        ]
        texts = recipes_of(request, current)
        scan = figures.reduction_figure(current), not (current and current.get("reduction"))
        return curve, pattern, *scan, peak_table(solved), hyperparameter_table(current), status, *texts


def _download(app: Dash, pool: WorkerPool) -> None:
    """Make the file of the export button that is pressed."""

    @app.callback(
        Output("download", "data"),
        Output("messages", "children", allow_duplicate=True),
        *(Input(f"get-{what}", "n_clicks") for what in ("gr", "picture", "table", "model", "settings")),
        State("request", "data"),
        State("first", "data"),
        State("full", "data"),
        State("shown", "value", allow_optional=True),
        prevent_initial_call=True,
    )
    def download(*values: Any) -> Any:
        request, first, full, shown = values[-4:]
        what = str(ctx.triggered_id).removeprefix("get-")
        try:
            samples, settings = samples_and_settings(request)
            if not samples:
                raise ValueError("There is no sample yet.")
            if what == "table":
                return csv_of(newest_solutions(first, full)), ""
            sample = next((candidate for candidate in samples if candidate.name == shown), samples[-1])
            if what == "settings":
                return {"filename": "settings.toml", "content": export.settings_file(sample, settings)}, ""
        except ValueError as error:
            return no_update, html.P(line_of(error), className="wrong")
        try:
            name, contents = pool.file(what, sample, settings, samples)
        except Exception as error:
            return no_update, html.P(line_of(error), className="wrong")
        content = base64.b64encode(contents).decode()
        return {"filename": name, "content": content, "base64": True, "type": "application/octet-stream"}, ""
