"""The page's server over real sockets: what it gives, and to whom."""

from __future__ import annotations

import asyncio
import gc
import http.client
import json
import os
import shutil
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

pytest.importorskip("aiohttp", reason="the page's library is not installed: sortie[web]")

import aiohttp

from autopilot.interface.geo import GeoPoint
from sortie import Session
from sortie.api.sample import square
from sortie.commands import cli
from sortie.config.errors import UserError
from sortie.web.records import RecordedFlights
from sortie.web.server import PageServer
from tests.fakes.page_run import TOKEN, page_run

ROOT = Path(__file__).parents[3]
HOME = GeoPoint(47.3769, 8.5417, 408.0)
UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with page_run(tmp_path_factory.mktemp("page"), control=True) as running:
        yield running


def ask(run, path, headers=None, method="GET", body=None):
    """(status, headers, text) of a request."""
    connection = http.client.HTTPConnection("127.0.0.1", run.port, timeout=60)
    connection.request(method, path, body=body, headers=headers or {})
    response = connection.getresponse()
    if response.status == 101:
        connection.close()
        return 101, {}, ""
    told = response.status, dict(response.getheaders()), response.read().decode()
    connection.close()
    return told


def test_the_page_and_its_files_are_served_and_nothing_else(run):
    """Everything that the page names is there; no path leads out."""
    status, headers, page = ask(run, f"/{TOKEN}/")
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    for name in ("app.js", "style.css", "icon.svg", "map.js"):
        assert ask(run, f"/{TOKEN}/{name}")[0] == 200
    assert "http://" not in page
    assert "https://" not in page
    for path in (
        "../guard.py",
        "..%2fguard.py",
        "%2e%2e/guard.py",
        "guard.py",
        "../page/app.js%00",
        "flights/x/report",
    ):
        assert ask(run, f"/{TOKEN}/{path}")[0] == 404, path


@pytest.mark.parametrize("path", ["", "app.js", "ws", "flights", "loop"])
@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("wrong/", {}),
        (f"{TOKEN}/", {"Origin": "http://evil.example"}),
        (f"{TOKEN}/", {"Host": "rebound.example:8088"}),
        (f"{TOKEN}/", {"Sec-Fetch-Site": "cross-site"}),
    ],
)
def test_no_page_of_another_site_gets_anything(run, path, token, headers):
    """Cross-origin fetch and WebSocket, no token, a name that was rebound: 403, whatever is asked for."""
    more = UPGRADE if path == "ws" else {}
    assert ask(run, f"/{token}{path}", {**more, **headers})[0] == 403
    assert ask(run, f"/{token}{path}", {**more, **headers}, method="POST", body="{}")[0] == 403


def test_the_own_page_may_open_its_socket(run):
    """The same WebSocket, from here."""
    assert ask(run, f"/{TOKEN}/ws", {**UPGRADE, "Origin": f"http://127.0.0.1:{run.port}"})[0] == 101


def test_a_request_with_a_wrong_value_is_answered_to_who_asked(run):
    """With its number: a page waited for ever, and the person with a speed of 0 was told nothing."""

    async def answers() -> list[object]:
        async with aiohttp.ClientSession() as client, client.ws_connect(f"{run.address}ws") as socket:
            for text in ('{"ask": "speed", "id": 7, "system": 1, "speed_mps": 0}', '{"ask": "shoot"}', "{"):
                await socket.send_str(text)
            found = []
            while len(found) < 3:
                message = await socket.receive_json()
                found += [(message["id"], message["ok"])] if message["kind"] == "answer" else []
            return found

    assert asyncio.run(answers()) == [(7, False), (None, False), (None, False)]


def test_a_taken_port_is_told_in_a_line(run, capsys):
    """Or another one is taken, where nobody has asked for that one."""
    settings = replace(run.server.settings, port=run.port)
    with pytest.raises(UserError, match="in use"):
        PageServer(run.server.station, settings).start()
    assert cli.run(["web", "--listen", f"127.0.0.1:{run.port}", "--connect", "udpin:127.0.0.1:0"]) == 2
    assert capsys.readouterr().err == (
        f"sortie: no web page: 127.0.0.1:{run.port}: Address already in use; choose another port with --listen\n"
    )
    other = PageServer(run.server.station, settings)
    assert str(run.port) not in other.start(or_free=True)
    other.close()


@pytest.mark.parametrize(
    ("words", "token", "said"),
    [
        ((), "a/b", "environment, SORTIE_WEB_TOKEN: expected letters, digits, - and _"),
        ((), "\u00e4{}", "environment, SORTIE_WEB_TOKEN: expected letters, digits, - and _"),
        (("--terrain", "nowhere"), "", "terrain nowhere: No such file or directory; expected a file or folder of .hgt"),
        (("--origin", "cockpit"), "", "--origin cockpit: expected the beginning of an address, such as http://"),
        (("--origin", "http://a/b"), "", "--origin http://a/b: expected the beginning of an address"),
        (("--log-dir", __file__), "", f"--log-dir {__file__}: is a file, not a folder"),
        (("--state-dir", __file__), "", f"--state-dir {__file__}: is a file, not a folder"),
    ],
)
def test_what_a_page_cannot_be_started_with(monkeypatch, capsys, words, token, said):
    """One line, instead of a page that refuses everybody, a map without ground, or a traceback."""
    monkeypatch.setenv("SORTIE_WEB_TOKEN", token)
    assert cli.run(["web", "--listen", "127.0.0.1:0", "--connect", "udpin:127.0.0.1:0", *words]) == 2
    assert capsys.readouterr().err.startswith(f"sortie: {said}")


def test_it_is_reached_from_this_machine_only(run):
    """The socket is loopback's."""
    with socket.create_connection(("127.0.0.1", run.port), timeout=60):
        pass
    assert run.address.startswith("http://127.0.0.1:")


def raw(run, request: bytes) -> bytes:
    """First line of the answer to bytes that are no request of a browser."""
    with socket.create_connection(("127.0.0.1", run.port), timeout=60) as connection:
        connection.sendall(request)
        return connection.recv(65536).partition(b"\r\n")[0]


@pytest.mark.parametrize(
    ("request_line", "body", "status"),
    [
        (f"GET /{TOKEN}/{'a' * 400}.js", b"", b"404"),
        (f"POST /{TOKEN}/mavlink", b"\xff\xff", b"404"),
        (f"POST /{TOKEN}/mavlink", b"[" * 50_000, b"404"),
        (f"POST /{TOKEN}/mavlink\nContent-Type: text/plain; charset=klingon", b"{}", b"404"),
        (f"POST /{TOKEN}/mavlink\nContent-Encoding: gzip", b"abc", b"400"),
        ("FOO /", b"", b"400"),
        ("\x16\x03\x01", b"", b"400"),
    ],
    ids=["long", "bytes", "deep", "charset", "gzip", "method", "tls"],
)
def test_an_odd_request_is_refused_and_prints_nothing(run, request_line, body, status, caplog):
    """A request that is wrong is the asker's fault: no 500, and no traceback for whoever runs the page."""
    line, *headers = request_line.split("\n")
    head = [f"{line} HTTP/1.1", f"Host: 127.0.0.1:{run.port}", f"Content-Length: {len(body)}", *headers, "", ""]
    assert status in raw(run, "\r\n".join(head).encode() + body)
    assert not caplog.records


def test_a_request_that_never_ends_prints_nothing_at_the_end(tmp_path, caplog):
    """Its sender has gone in the middle of a body."""

    def serve() -> None:
        with page_run(tmp_path) as run:
            with socket.create_connection(("127.0.0.1", run.port)) as asker:
                head = [f"POST /{TOKEN}/mavlink HTTP/1.1", f"Host: 127.0.0.1:{run.port}", "Content-Length: 9000000"]
                asker.sendall("\r\n".join([*head, "", "{"]).encode())
                assert b"403" in asker.recv(100)
            for _ in range(200):  # until the server has seen it go; the library still waits for the rest then
                if any("connection_lost" in str(task) for task in asyncio.all_tasks(run.server._loop)):
                    break
                time.sleep(0.01)

    serve()
    gc.collect()
    assert not caplog.records


def unread(run, questions: int) -> socket.socket:
    """A page that asks and does not read."""
    page = socket.socket()
    page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    page.connect(("127.0.0.1", run.port))
    head = [f"GET /{TOKEN}/ws HTTP/1.1", f"Host: 127.0.0.1:{run.port}", *(f"{k}: {v}" for k, v in UPGRADE.items())]
    page.sendall("\r\n".join([*head, "", ""]).encode())
    text = json.dumps({"ask": "x" * 20_000}).encode()
    frame = b"\x81\xfe" + len(text).to_bytes(2, "big") + bytes(4) + text
    for _ in range(questions):
        page.sendall(frame)
    return page


def test_a_page_that_does_not_read_holds_no_end_up(tmp_path):
    """Its goodbye cannot be sent."""

    def serve() -> None:
        with page_run(tmp_path) as run:
            pages.append(unread(run, 600))
            waiting = [0]
            while waiting[-1] == 0 or len(set(waiting[-4:])) > 1:  # until nothing more can be sent to it
                time.sleep(0.02)
                waiting.append(sum(viewer.waiting.qsize() for viewer in run.server._viewers))

    pages: list[socket.socket] = []
    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    serving.join(60)
    assert pages
    assert not serving.is_alive()
    pages[0].close()


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """A log directory with a flight."""
    folder = tmp_path_factory.mktemp("logs")
    with Session(home=HOME, log_dir=folder) as session:
        session.upload(square(HOME))
        session.start()
        while session.autopilot.facts.armed:
            session.run_for(5.0)
    return folder


def test_flights_are_listed_with_reports_and_files(logs, tmp_path):
    """A flight of a log directory, over HTTP; names that are no flight lead nowhere."""
    shutil.copytree(logs, tmp_path / "logs", symlinks=True)
    with page_run(tmp_path) as run:
        (flight,) = json.loads(ask(run, f"/{TOKEN}/flights")[2])
        assert flight["items_reached"] > 3
        assert flight["outcome"] == "mission completed"
        stamp = next(Path(logs).glob("flights/*/flight.tlog")).read_bytes()[:8]
        assert flight["began_s"] == int.from_bytes(stamp, "big") / 1e6, "when it began, not when it was last written"
        names = [name for name, _ in flight["files"]]
        assert {"flight.bin", "summary.json"} <= set(names)
        status, headers, page = ask(run, f"/{TOKEN}/flights/{flight['name']}/report")
        assert status == 200
        assert "sandbox" in headers["Content-Security-Policy"]
        assert "<svg" in page
        status, headers, text = ask(run, f"/{TOKEN}/flights/{flight['name']}/files/summary.json")
        assert status == 200
        assert "attachment" in headers["Content-Disposition"]
        assert json.loads(text)["items_reached"] == flight["items_reached"]
        for path in (f"{flight['name']}/files/run.log", "../files/summary.json", "9999/report"):
            assert ask(run, f"/{TOKEN}/flights/{path}")[0] == 404


def test_a_flight_that_cannot_be_read_spoils_no_other(tmp_path):
    """A cut log, and a folder and a summary with bytes that are no text: listed, and the report says why not."""
    for name, summary in ((b"7", b"{}"), (b"8\xff", b'{"vehicle": "\\ud800"}')):
        folder = tmp_path / "logs" / "flights" / os.fsdecode(name)
        folder.mkdir(parents=True)
        (folder / "flight.bin").touch()
        (folder / "summary.json").write_bytes(summary)
    with page_run(tmp_path) as run:
        names = {flight["name"] for flight in json.loads(ask(run, f"/{TOKEN}/flights")[2])}
        assert names == {"flights-7", "flights-8\ufffd"}
        for name in names:
            status, _, text = ask(run, f"/{TOKEN}/flights/{quote(name)}/report")
            assert status == 422, text
            assert "the file is empty" in text


def test_a_report_is_made_once(logs, monkeypatch):
    """And anew when the log has grown."""
    made = []
    monkeypatch.setattr("sortie.reports.flight_page.flight_page", lambda facts: made.append(facts) or "page")
    flights = RecordedFlights(logs)
    name = flights.listed()[0]["name"]
    assert flights.report(name) == flights.report(name) == "page"
    assert len(made) == 1
    log = next(Path(logs).glob("flights/*/flight.bin"))
    log.write_bytes(log.read_bytes() + b"\0")
    os.utime(log, ns=(0, log.stat().st_mtime_ns + 10**9))
    flights.report(name)
    assert len(made) == 2
    assert RecordedFlights(None).listed() == []
