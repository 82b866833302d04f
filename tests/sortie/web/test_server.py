"""The page's server over real sockets: what it gives, and to whom."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
from configparser import ConfigParser
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason="the page's library is not installed: sortie[web]")

from autopilot.interface.geo import GeoPoint
from sortie import Session
from sortie.api.sample import square
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


def test_a_taken_port_is_told_in_a_line(run, tmp_path):
    """Or another one is taken, where nobody has asked for that one."""
    settings = replace(run.server.settings, port=run.port)
    with pytest.raises(UserError, match="in use"):
        PageServer(run.server.station, settings).start()
    other = PageServer(run.server.station, settings)
    assert str(run.port) not in other.start(or_free=True)
    other.close()


def test_it_is_reached_from_this_machine_only(run):
    """The socket is loopback's."""
    with socket.create_connection(("127.0.0.1", run.port), timeout=60):
        pass
    assert run.address.startswith("http://127.0.0.1:")


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


def test_the_page_is_packed_with_the_rest():
    """A folder of files is in a wheel when it is a package whose data are named."""
    folder = ROOT / "sortie" / "web" / "page"
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    patterns = [pattern.strip() for pattern in config["options.package_data"]["*"].split(",")]
    assert (folder / "__init__.py").is_file()
    files = [path for path in folder.iterdir() if path.is_file() and path.suffix != ".py"]
    assert len(files) > 8
    assert not [path.name for path in files if not any(fnmatch(path.name, pattern) for pattern in patterns)]
