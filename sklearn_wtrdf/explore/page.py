"""The Dash application of the page."""

from __future__ import annotations

from dash import Dash
from werkzeug.exceptions import HTTPException

from sklearn_wtrdf.explore.callbacks import connect_samples
from sklearn_wtrdf.explore.layout import layout_of
from sklearn_wtrdf.explore.requests import LOG
from sklearn_wtrdf.explore.schema import Sample
from sklearn_wtrdf.explore.wavelets import connect_wavelets
from sklearn_wtrdf.explore.workers import WorkerPool


def build(pool: WorkerPool, samples: list[Sample]) -> Dash:
    """Return the application, whose first window shows the given samples."""
    app = Dash(
        __name__,
        title="wtrdf explore",
        update_title="",
        serve_locally=True,
        suppress_callback_exceptions=True,
        assets_folder="assets",
    )
    app.layout = layout_of([sample.to_json() for sample in samples])
    connect_samples(app, pool)
    connect_wavelets(app, pool)
    app.server.register_error_handler(Exception, _refuse)
    return app


def _refuse(error: Exception) -> tuple[str, int, dict[str, str]]:
    """Return an error of one line for a request that the page does not send, such as one with invalid data."""
    if isinstance(error, HTTPException):
        status, why = error.code or 400, error.name
    else:
        status, why = 400, f"{type(error).__name__}: {error}"
        LOG.debug("A request failed.", exc_info=error)
    line = " ".join(why.encode(errors="replace").decode().split())[:200]
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    return f"Refused: this page sends no such request ({line}). Reload it.", status, plain


def policy_of(app: Dash) -> str:
    """Return the Content-Security-Policy: only contents of this server, and only scripts of the page."""
    scripts = " ".join(["'self'", *(f"{digest}" for digest in app.csp_hashes())])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
