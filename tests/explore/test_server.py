import http.client
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pytest

from sklearn_wtrdf.explore import server
from sklearn_wtrdf.explore.server import _host_of, allowed_hosts, serving

pytest.importorskip("dash", reason="the page needs the extra explore")


def send(link, path="/", method="GET", body=None, **headers):
    """Return status, headers and text of a response to a browser that has opened the link; None leaves a header out."""
    return send_without_cookie(link, path, method, body, **{"Cookie": cookie_of(link)} | headers)


@cache
def cookie_of(link):
    """Open the link, and return the cookie that comes with it."""
    there = urlsplit(link)
    _, headers, _ = send_without_cookie(link, f"{there.path}?{there.query}")
    return headers["Set-Cookie"].split(";")[0]


def send_without_cookie(link, path="/", method="GET", body=None, **headers):
    """Return status, headers and text of a response to a program that only knows the address of the server."""
    there = urlsplit(link)
    connection = http.client.HTTPConnection(there.hostname, there.port)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        own = {"Host": there.netloc} | ({} if body is None else {"Content-Length": str(len(body))})
        for name, value in (own | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode(errors="replace")
    finally:
        connection.close()


POST = {"path": "/_dash-update-component", "method": "POST", "body": b"{}", "Content_Type": "application/json"}
PATHS = ["/", "/?token=", "/_dash-layout", "/_dash-dependencies", "/assets/explore.js", "/assets/explore.css",
         "/_dash-component-suites/dash/dcc/dash_core_components.js", "/_favicon.ico", "/nothing"]  # fmt: skip


def origin_of(link):
    return link.split("/?token=")[0]


def test_the_page_has_a_policy_and_no_external_resources(address):
    status, headers, text = send(address)
    assert status == 200
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe-eval" not in headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in headers
    assert "http://" not in text.replace(origin_of(address), "")
    assert "https://" not in text


@pytest.mark.parametrize("path", PATHS)
def test_requests_without_the_token_are_refused(address, path, paper):
    wrong = cookie_of(address)[:-1], cookie_of(address) + "x", cookie_of(address).replace("=", "=x"), "; x=y; ü", None
    for cookie in wrong:
        for method in ("GET", "POST", "OPTIONS"):
            status, headers, text = send_without_cookie(
                address, path, method, b"{}" if method == "POST" else None, Cookie=cookie and cookie.encode("latin-1")
            )
            assert status == 403
            assert "open the complete link that wtrdf printed" in text
            assert "Set-Cookie" not in headers
            assert paper[0].name not in text
    for token in ("wrong", "%ff", "", address.split("=")[1][:-1]):
        assert send_without_cookie(address, f"/?token={token}")[0] == 403


@pytest.mark.parametrize("path", [path for path in PATHS if "?" not in path])
def test_a_browser_that_has_opened_the_link_has_access(address, path):
    others = 'theme={"a": 1}; _x; '  # cookies of other servers at this address, whatever they look like
    assert send(address, path, Cookie=others + cookie_of(address))[0] == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.2", "127.1", "localhost", "LocalHost", "::1", "[0:0::1]", "0.0.0.0"]
)
def test_the_printed_link_opens_the_page_at_each_address_of_this_machine(host):
    try:
        context = serving([], host=host, workers=1)
        link = context.__enter__()
    except OSError as error:
        pytest.skip(f"this machine does not listen at {host}: {error}")
    try:
        there = urlsplit(link)
        if host == "0.0.0.0":  # the name of this machine may be known to nobody
            assert "localhost" not in there.hostname
            link = link.replace(there.netloc, f"127.0.0.1:{there.port}")
        status, headers, _ = send_without_cookie(link, f"/?{there.query}")
        assert (status, headers["Refresh"]) == (200, "0; url=/")
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} == set(headers["Set-Cookie"].split("; ")[1:])
        assert send(link, "/_dash-layout")[0] == 200
        assert send_without_cookie(link, "/_dash-layout")[0] == 403
    finally:
        context.__exit__(None, None, None)


def test_two_servers_have_two_tokens(address):
    with serving([], workers=1) as other:
        assert send(other, Cookie=cookie_of(address))[0] == 403
        assert send(other, Cookie=f"{cookie_of(address)}; {cookie_of(other)}")[0] == 200


def test_the_command_line_of_the_browser_does_not_contain_the_token(tmp_path):
    link = "http://127.0.0.1:8050/?token=secret"
    with tempfile.TemporaryDirectory() as folder:
        url = server._leading_to(link, folder)
        assert "secret" not in url
        path = Path(url2pathname(urlsplit(url).path))
        assert f"url={link}" in path.read_text()
        if os.name != "nt":
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", None, "[::1", "10.0.0.1"]
)
def test_a_name_that_was_bound_to_this_address_is_refused(address, host):
    for request in ({}, POST):
        status, _, text = send(address, Host=host, **request)
        assert status in (400, 403)
        assert "Refused" in text or status == 400


def test_another_origin_is_refused(address):
    own = origin_of(address)
    for origin in (
        "http://evil.example",
        "null",
        own.replace("http", "https"),
        f"{own}.evil.example",
        "http://localhost",
    ):
        status, headers, text = send(address, Origin=origin, **POST)
        assert status == 403
        assert "another origin" in text
        assert "Access-Control-Allow-Origin" not in headers
    assert send(address, Sec_Fetch_Site="cross-site", **POST)[0] == 403
    assert send(address, method="OPTIONS", Origin="http://evil.example")[0] == 403
    assert send(address, Origin=own, Sec_Fetch_Site="same-origin", path="/_dash-layout")[0] == 200


def test_a_form_of_another_page_is_refused(address):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert send(address, **POST | {"Content_Type": kind})[0] == 415
    assert send(address, method="DELETE")[0] == 405


def test_a_hundred_megabytes_are_refused_before_they_are_read(address):
    status, _, _ = send(address, **POST | {"body": None, "Content_Length": str(100_000_000)})
    assert status == 413


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/assets/../../server.py",
        "/assets/%2e%2e/server.py",
        "/assets/..%2f..%2fserver.py",
        "/assets//etc/passwd",
        "/_dash-component-suites/dash/../../../../etc/passwd",
        "/_dash-component-suites/dash/dcc/%2e%2e/%2e%2e/version.py",
        "/_dash-component-suites/os/path",
    ],
)
def test_no_path_leads_out_of_the_page(address, path):
    status, _, text = send(address, path=path)
    assert "root:" not in text
    assert "import" not in text.split("<body>")[0]
    assert status >= 400 or "<title>wtrdf explore</title>" in text


HUGE = {"name": "huge.sq", "q": np.linspace(1, 9, 30).tolist(), "s_r": [1e308] * 30, "number_density": 0.03}
REQUEST = {"window": "w", "serial": 1, "samples": [HUGE], "settings": {}}
FIRST = {"output": "first.data", "outputs": {"id": "first", "property": "data"}, "changedPropIds": ["request.data"]}


def first_of(request):
    """Return the body by which the page requests a preview."""
    inputs = [{"id": "request", "property": "data", "value": request}]
    return json.dumps(
        FIRST | {"inputs": inputs, "state": [{"id": "fixed-priors", "property": "data", "value": {}}]}
    ).encode()


def test_refused_requests_print_no_traceback_on_the_terminal():
    command = [sys.executable, "-m", "sklearn_wtrdf.cli", "explore", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            link = process.stdout.readline().strip()
            for body in (b"{}", b"[]", b"\xff", b"[" * 10_000, b'{"output": "first.data"}', first_of(5)):
                status, _, text = send(link, **POST | {"body": body})
                assert status == 400
                assert text.startswith("Refused: ")
                assert "Traceback" not in text
            assert send(link, **POST | {"body": first_of(REQUEST)})[0] == 200
            assert send(link, path="/_dash-component-suites/os/path")[0] == 400
            assert send_without_cookie(link, **POST)[0] == 403
        finally:
            process.terminate()
        message, errors = process.communicate()
    assert (message, errors) == ("", "Press Ctrl+C to end it.\n")


HALVES = {
    "silence": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: 127",
    "half a body": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{",
}


@pytest.mark.parametrize("half", HALVES)
def test_requests_that_never_end_do_not_block_others(address, half):
    there, cookie = urlsplit(address), cookie_of(address)
    with ExitStack() as open_ones:
        for _ in range(300):
            item = open_ones.enter_context(socket.create_connection((there.hostname, there.port)))
            item.sendall(HALVES[half])
        assert send(address, "/_dash-layout", Cookie=cookie)[0] == 200


def test_names_of_this_server():
    own = {"localhost", "127.0.0.1", "::1"}
    assert allowed_hosts("127.0.0.1") == own
    assert allowed_hosts("127.0.0.9") == own | {"127.0.0.9"}
    assert allowed_hosts("192.0.2.7") == {"192.0.2.7"}
    assert allowed_hosts("::") > own
    assert [_host_of(item) for item in ("[0:0::1]:80", "LocalHost:80", "", "[::1")] == ["::1", "localhost", "", ""]


def test_the_package_and_the_command_load_no_page():
    code = "import sklearn_wtrdf, sklearn_wtrdf.cli, sys; print(sorted({'dash', 'flask', 'plotly'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
