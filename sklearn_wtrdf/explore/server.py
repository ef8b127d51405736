"""Who may ask: the page answers the machine that serves it, and others only with a token.

A page of another origin can make a browser send requests here, and by a name that it rebinds to this address even read
what comes back. So every request must name this server as its Host, one that says an Origin must say this one, and all
are small. No header allows another origin anything, and the page may load nothing from elsewhere.
"""

from __future__ import annotations

import base64
import ipaddress
import logging
import secrets
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sklearn_wtrdf.explore.desk import Desk
from sklearn_wtrdf.explore.state import MAX_BYTES, Sample, read_upload

MAX_BODY = 16_000_000  # bytes: six samples of ten thousand points
_THREADS = 32  # they wait for the processes
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
_ANYWHERE = {"0.0.0.0", "::"}

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Guard:
    """Refuse what no page of this server asks, and say why in one line.

    Parameters
    ----------
    app : WSGI application
    hosts : set of str
        Names by which this server may be called, without the port, IPv6 in brackets.
    policy : str
        Content-Security-Policy.
    token : str, default=None
        What a browser must have shown once, as ``/?token=...``.
    """

    def __init__(self, app: App, hosts: set[str], policy: str, token: str | None = None) -> None:
        self.app, self.hosts, self.policy, self.token = app, hosts, policy, token

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer, or refuse."""

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            ours = [
                ("Content-Security-Policy", self.policy),
                ("X-Content-Type-Options", "nosniff"),
                ("X-Frame-Options", "DENY"),
                ("Referrer-Policy", "no-referrer"),
                ("Cross-Origin-Resource-Policy", "same-origin"),
                ("Cross-Origin-Opener-Policy", "same-origin"),
            ]
            return start_response(status, headers + ours, *rest)

        def say(status: str, why: str, *headers: tuple[str, str]) -> Iterable[bytes]:
            start(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
            return [why.encode()]

        host = environ.get("HTTP_HOST", "")
        if self._name(host) not in self.hosts:
            return say("403 Forbidden", "Refused: this server is not called so. Use the address that wtrdf printed.")
        origin, site = environ.get("HTTP_ORIGIN"), environ.get("HTTP_SEC_FETCH_SITE", "none")
        posts = environ["REQUEST_METHOD"] not in ("GET", "HEAD")
        if (origin is not None and origin != f"http://{host}") or (posts and site not in ("none", "same-origin")):
            return say("403 Forbidden", "Refused: the request comes from a page of another origin.")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD", "POST"):
            return say("405 Method Not Allowed", "Refused: GET and POST are answered.")
        if posts and environ.get("CONTENT_TYPE", "").split(";")[0].strip() != "application/json":
            return say("415 Unsupported Media Type", "Refused: JSON was expected.")
        if int(environ.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            return say("413 Content Too Large", f"Refused: more than {MAX_BODY / 1e6:g} MB.")
        if self.token is not None:
            name = f"wtrdf-explore-{environ.get('SERVER_PORT')}"
            (shown,) = parse_qs(environ.get("QUERY_STRING", "")).get("token", [""])[:1]
            if secrets.compare_digest(shown.encode(), self.token.encode()):
                cookie = f"{name}={self.token}; HttpOnly; SameSite=Strict; Path=/"
                return say("303 See Other", "", ("Location", "/"), ("Set-Cookie", cookie))
            cookies: SimpleCookie = SimpleCookie()
            with suppress(Exception):  # whatever somebody sent
                cookies.load(environ.get("HTTP_COOKIE", ""))
            kept = cookies[name].value if name in cookies else ""
            if not secrets.compare_digest(kept.encode(), self.token.encode()):
                return say("401 Unauthorized", "Refused: open the whole address that wtrdf printed, with its token.")
        return self.app(environ, start)

    @staticmethod
    def _name(host: str) -> str:
        with suppress(ValueError):
            parts = urlsplit(f"//{host}")
            name = parts.hostname or ""
            return f"[{name}]" if ":" in name else name
        return ""


def hosts_of(address: str) -> set[str]:
    """Return the names by which a server at an address may be called."""
    if is_loopback(address):
        return set(_LOOPBACK)
    if address not in _ANYWHERE:
        return {f"[{address}]" if ":" in address else address.lower()}
    names = {socket.gethostname().lower(), socket.getfqdn().lower()}
    with suppress(OSError):
        names |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    # What the kernel would send from; nothing is sent.
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        names.add(probe.getsockname()[0])
    return _LOOPBACK | {f"[{name}]" if ":" in str(name) else str(name) for name in names}


def is_loopback(address: str) -> bool:
    """Return whether none but this machine reaches an address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


@contextmanager
def serving(
    samples: list[Sample], *, host: str = "127.0.0.1", port: int = 0, workers: int | None = None
) -> Iterator[str]:
    """Serve the page within the block, and give its address.

    Parameters
    ----------
    samples : list of Sample
        Those that are there when the page opens.
    host : str, default="127.0.0.1"
        Address to listen at. One that others reach takes a token, which is part of the address.
    port : int, default=0
        0 takes one that is free.
    workers : int, default=None
        As for :class:`Desk`.
    """
    desk = Desk(workers)
    try:
        for sample in samples:
            desk.prepare(sample, samples)
        # Imported while the processes start: it takes a second.
        from waitress import wasyncore
        from waitress.server import create_server

        from sklearn_wtrdf.explore.page import build, policy_of

        app = build(desk, samples)
        token = None if is_loopback(host) else secrets.token_urlsafe(24)
        guard = Guard(app.server, hosts_of(host), policy_of(app), token)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that somebody waits for a thread is no news
        sockets: dict[int, Any] = {}
        server = create_server(
            guard,
            map=sockets,
            host=str(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0][4][0]),  # one, not all
            port=port,
            threads=_THREADS,
            ident=None,
            max_request_body_size=MAX_BODY,
            connection_limit=200,
            channel_timeout=60,
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        called = host if host not in _ANYWHERE else socket.gethostname()
        called = f"[{called}]" if ":" in called else called
        try:
            yield f"http://{called}:{server.effective_port}/" + ("" if token is None else f"?token={token}")
        finally:
            # In the thread that waits for these sockets, which ends with them.
            server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets, ignore_all=True))
            thread.join(5)
            server.task_dispatcher.shutdown(timeout=1)
    finally:
        desk.close()


def serve(
    files: Sequence[Path],
    number_density: float | None = None,
    composition: str | None = None,
    mass_density: float | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    browser: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the page until it is interrupted, as `wtrdf explore` does."""
    samples: list[Sample] = []
    densities = {"number_density": number_density, "composition": composition, "mass_density": mass_density}
    given: dict[str, Any] = {name: value for name, value in densities.items() if value is not None}
    for path in files:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"{path}: a file of at most {MAX_BYTES / 1e6:g} MB was expected.")
        before = len(samples)
        samples, line = read_upload(path.name, base64.b64encode(path.read_bytes()).decode(), samples)
        samples[before:] = [replace(one, **given) for one in samples[before:]]
        say(line)
    with serving(samples, host=host, port=port) as address:
        print(address, flush=True)
        say("Ctrl+C ends it.")
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        while not ended.wait(3600):  # in parts, as Windows hears no signal within one
            pass
