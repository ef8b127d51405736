"""Access to the page: only for browsers that were opened with the printed link.

All users of a machine can connect to its loopback addresses, so each server has a token, which is part of the printed
link. A browser that has opened this link stores the token in a cookie.

A page of another origin can make a browser send requests to this server and, with a host name that it rebinds to this
address, read the responses. Every request must therefore name this server as Host and, if it has an Origin, as Origin.
The size of requests is limited, no other origin is allowed by headers, and the page loads nothing from other servers.
"""

from __future__ import annotations

import base64
import ipaddress
import logging
import secrets
import signal
import socket
import threading
import warnings
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

from waitress import wasyncore
from waitress.server import TcpWSGIServer

from sklearn_wtrdf.explore.schema import Sample
from sklearn_wtrdf.explore.uploads import MAX_BYTES, read_upload
from sklearn_wtrdf.explore.workers import WorkerPool
from sklearn_wtrdf.utils.files import check_file

MAX_BODY = 16_000_000  # bytes of a request: 24 samples of some thousand points
_N_THREADS = 32  # of the server, which wait for worker processes
_MAX_CONNECTIONS = 200  # a browser window opens six at most
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Guard:
    """Refuse requests that the page does not send, with a reason of one line.

    Parameters
    ----------
    app : WSGI application
    hosts : set of str
        Names by which this server may be called, as :func:`allowed_hosts` returns them.
    policy : str
        Content-Security-Policy.
    token : str
        The token that a request must have, in ``/?token=...`` or in a cookie.
    """

    def __init__(self, app: App, hosts: set[str], policy: str, token: str) -> None:
        self.app, self.hosts, self.token = app, hosts, token
        self.headers = [
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ]

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, or refuse it."""

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, headers + self.headers, *rest)

        def reply(status: str, line: str, *headers: tuple[str, str]) -> Iterable[bytes]:
            start(status, [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), *headers])
            return [line.encode()]

        if refusal := self._refusal(environ):
            return reply(*refusal)
        cookie = f"wtrdf-explore-{environ.get('SERVER_PORT')}={self.token}"  # browsers share cookies between ports
        [token, *_] = parse_qs(environ.get("QUERY_STRING", "")).get("token", [""])
        if _same(token, self.token):
            # After a link on another site or in a file, a redirect would not send a strict cookie.
            rest = ("Refresh", "0; url=/"), ("Set-Cookie", f"{cookie}; HttpOnly; SameSite=Strict; Path=/")
            return reply("200 OK", "The page opens.", *rest)
        if not any(_same(part.strip(), cookie) for part in environ.get("HTTP_COOKIE", "").split(";")):
            why = (
                "Refused: open the complete link that wtrdf printed when it started; the token at its end lets you in."
            )
            return reply("403 Forbidden", why)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD", "POST"):
            return reply("405 Method Not Allowed", "Refused: only GET and POST are accepted.")
        if _posts(environ) and environ.get("CONTENT_TYPE", "").split(";")[0].strip() != "application/json":
            return reply("415 Unsupported Media Type", "Refused: JSON was expected.")
        return self.app(environ, start)

    def _refusal(self, environ: Environ) -> tuple[str, str] | None:
        """Return status and reason if a page of another origin sent a request, else None."""
        host = environ.get("HTTP_HOST", "")
        if _host_of(host) not in self.hosts:
            return "403 Forbidden", "Refused: this server has another name. Use the link that wtrdf printed."
        origin, site = environ.get("HTTP_ORIGIN"), environ.get("HTTP_SEC_FETCH_SITE", "none")
        if origin not in (None, f"http://{host}") or (_posts(environ) and site not in ("none", "same-origin")):
            return "403 Forbidden", "Refused: the request comes from a page of another origin."
        return None


def _posts(environ: Environ) -> bool:
    return environ["REQUEST_METHOD"] not in ("GET", "HEAD")


def _same(text: str, secret: str) -> bool:
    """Compare in a time that does not depend on the secret."""
    return secrets.compare_digest(text.encode(), secret.encode())


def _host_of(header: str) -> str:
    """Return the name in a Host header, without its port."""
    with suppress(ValueError):
        return _shortest(urlsplit(f"//{header}").hostname or "")
    return ""


def _shortest(name: str) -> str:
    """Return a name in lower case, or an address in its shortest form, as browsers send it."""
    name = name.strip("[]").lower()
    with suppress(ValueError):
        return str(ipaddress.ip_address(name))
    return name


def _bound(host: str) -> str:
    """Return the address at which a server listens, the first of a name with several addresses."""
    return str(socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)[0][4][0])


def allowed_hosts(host: str) -> set[str]:
    """Return the valid host names of a server, without port and brackets."""
    bound = _bound(host)
    address = ipaddress.ip_address(bound)
    if not address.is_unspecified:
        names = {host, bound} | (_LOOPBACK if address.is_loopback else set())
        return {_shortest(name) for name in names}
    names = {*_LOOPBACK, socket.gethostname(), socket.getfqdn()}
    with suppress(OSError):
        names |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    # The address from which the kernel would send; connecting UDP sends nothing.
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        names.add(probe.getsockname()[0])
    return {_shortest(name) for name in names}


class _Server(TcpWSGIServer):
    """A server that closes the connection idle for longest if too many have not sent a complete request."""

    def handle_accept(self) -> None:
        """Accept a connection."""
        super().handle_accept()
        waiting = [channel for channel in self.active_channels.values() if not (channel.requests or channel.will_close)]
        if len(waiting) > _MAX_CONNECTIONS:
            min(waiting, key=lambda channel: channel.last_activity).will_close = True


@contextmanager
def serving(
    samples: list[Sample], *, host: str = "127.0.0.1", port: int = 0, workers: int | None = None
) -> Iterator[str]:
    """Serve the page within the block, and yield its link.

    Parameters
    ----------
    samples : list of Sample
        Samples on the page when it opens.
    host : str, default="127.0.0.1"
        Address to listen at.
    port : int, default=0
        0 takes any free port.
    workers : int, default=None
        As for :class:`WorkerPool`.
    """
    bound, pool = _bound(host), WorkerPool(workers)
    try:
        for sample in samples:
            pool.prepare(sample, samples)
        # Imported while the processes start: it takes a second.
        from sklearn_wtrdf.explore.page import build, policy_of

        app = build(pool, samples)
        token = secrets.token_urlsafe(24)
        guard = Guard(app.server, allowed_hosts(host), policy_of(app), token)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever a request waits for a thread
        sockets: dict[int, Any] = {}
        server = _Server(
            guard,
            map=sockets,
            host=bound,
            port=port,
            threads=_N_THREADS,
            ident=None,
            max_request_body_size=MAX_BODY,
            connection_limit=2 * _MAX_CONNECTIONS,
            channel_timeout=60,
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        called = socket.gethostname() if ipaddress.ip_address(bound).is_unspecified else host.strip("[]")
        called = f"[{called}]" if ":" in called else called
        try:
            yield f"http://{called}:{server.effective_port}/?token={token}"
        finally:
            # The sockets are closed in the thread that waits for them, which ends it.
            server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets, ignore_all=True))
            thread.join(5)
            server.task_dispatcher.shutdown(timeout=1)
    finally:
        pool.close()


def serve(
    files: Sequence[Path],
    number_density: float | None = None,
    composition: str | None = None,
    mass_density: float | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    browser: bool = True,
    report: Callable[[str], None] = print,
) -> None:
    """Serve the page until an interruption, as `wtrdf explore` does."""
    samples: list[Sample] = []
    densities = {"number_density": number_density, "composition": composition, "mass_density": mass_density}
    given: dict[str, Any] = {name: value for name, value in densities.items() if value is not None}
    for path in files:
        check_file(path)
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"{path}: a file of at most {MAX_BYTES / 1e6:g} MB was expected.")
        before = len(samples)
        samples, line = read_upload(path.name, base64.b64encode(path.read_bytes()).decode(), samples)
        samples[before:] = [replace(sample, **given) for sample in samples[before:]]
        report(line)
    with (
        serving(samples, host=host, port=port) as link,
        TemporaryDirectory(prefix="wtrdf-explore-") as folder,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # they are shown on the page
        print(link, flush=True)
        report("Press Ctrl+C to end it.")
        if browser:
            threading.Thread(target=webbrowser.open, args=(_leading_to(link, folder),), daemon=True).start()
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        while not ended.wait(3600):  # Windows handles signals only between these waits
            pass


def _leading_to(link: str, folder: str) -> str:
    """Write a file that leads to the link and return its URL, because all users can see arguments of processes."""
    path = Path(folder) / "open.html"
    lines = "<!doctype html>", f'<meta http-equiv="refresh" content="0; url={link}">', f'<a href="{link}">Open</a>'
    path.write_text("\n".join(lines), encoding="utf-8")
    return path.as_uri()
