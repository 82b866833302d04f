"""`--web`: where its page is served, and what it is told on the way."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from mavlink_bridge.routing.endpoint import Endpoint
from sortie.config.errors import UserError
from sortie.config.settings import Settings
from sortie.config.values import listen_address, tile_address
from sortie.nodes import page_process
from sortie.nodes.page_process import TOKEN, PageProcess
from sortie.runtime.runtime import Runtime
from tests.fakes import program
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import free_port
from tests.fakes.shown import on_a_page

SQUARE = str(Path(__file__).parents[3] / "examples" / "square.waypoints")


@pytest.fixture
def runtime(monkeypatch):
    """With an environment that is forgotten."""
    monkeypatch.setenv("SORTIE_LISTEN", "")
    monkeypatch.delenv(TOKEN, raising=False)
    running = Runtime()
    yield running
    running.close()
    os.environ.pop(TOKEN, None)


class Started:
    """A process that only notes how it was started."""

    def __init__(self, command, **given):
        self.command = command
        Started.last = self

    def terminate(self):
        self.ended = True

    def wait(self, timeout=None):
        return 0


def begin(runtime, settings, tmp_path):
    page = PageProcess(settings.replaced(state_dir=tmp_path), runtime, Endpoint(1), tmp_path)
    return page, " ".join(Started.last.command)


def test_the_page_is_told_all_but_the_token_on_its_command_line(runtime, tmp_path, monkeypatch):
    """Everybody can read a command line; the token is in the environment, and stays the same for the next process."""
    monkeypatch.setattr(subprocess, "Popen", Started)
    port = free_port()
    settings = Settings(
        control=True, tiles="https://t.example/{z}/{x}/{y}", terrain=tmp_path, listen=("127.0.0.1", port)
    )
    page, command = begin(runtime, settings, tmp_path)
    token = os.environ[TOKEN]
    assert len(token) >= 20
    assert token not in command
    assert "--control" in command
    assert "--connect tcp:127.0.0.1:" in command
    assert f"--terrain {tmp_path}" in command
    assert os.environ["SORTIE_LISTEN"] == f"127.0.0.1:{port}"
    page.close()
    assert Started.last.ended
    begin(runtime, Settings(), tmp_path)
    assert os.environ[TOKEN] == token, "a reboot keeps the address"
    assert "--control" not in " ".join(Started.last.command)


def test_the_page_ends_with_a_run_that_is_killed(tmp_path):
    """Nobody is left who would hold the port."""
    port = free_port()
    process = program.begin(
        tmp_path, "serve", "--web", "--listen", f"127.0.0.1:{port}", "--link", "tcpin:127.0.0.1:0", stdin=None
    )
    program.wait_for(process, "the page is at")
    process.kill()
    process.wait()
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        time.sleep(0.2)
    raise AssertionError("the page is still there")


def test_a_taken_port_is_not_asked_for(runtime, tmp_path, monkeypatch):
    """Another free one, where nobody has named it; a named one is refused: the run went on without a page."""
    monkeypatch.setattr(subprocess, "Popen", Started)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setattr(page_process, "DEFAULT_LISTEN", other.getsockname())
        begin(runtime, Settings(), tmp_path)
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        assert os.environ["SORTIE_LISTEN"] != taken
        with pytest.raises(UserError, match=f"^--listen {taken}: Address already in use; choose another port$"):
            begin(runtime, Settings(listen=other.getsockname()), tmp_path)


@pytest.mark.parametrize(
    "command", [("fly", SQUARE, "--speedup", "1"), ("demo", "--speedup", "1")], ids=lambda row: row[0]
)
def test_a_flight_is_seen_while_it_is_flown(tmp_path, command):
    """`fly` and `demo`: their vehicle is on the page, with what it says. (`serve` and `loop`: `test_browser*.py`.)"""
    pytest.importorskip("aiohttp", reason="the page's library is not installed: sortie[web]")
    deadline_s = time.monotonic() + PATIENCE_S
    with on_a_page(tmp_path, *command, "--link", "tcpin:127.0.0.1:0", "--state-dir", "state") as address:
        texts = f"{address}mavlink/vehicles/1/components/1/messages/STATUSTEXT"
        while True:
            assert time.monotonic() < deadline_s
            try:
                with urllib.request.urlopen(texts, timeout=PATIENCE_S) as response:
                    told = json.load(response)
                break
            except urllib.error.HTTPError as error:  # the vehicle, or its first text, has not been heard yet
                assert error.code == 404
                time.sleep(0.1)
    assert "".join(told["message"]["text"]).strip("\0")


def test_a_missing_library_is_told_before_the_flight(runtime, tmp_path, monkeypatch):
    """In one line, with what to install."""
    monkeypatch.setattr(page_process, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"sortie-mavlink\[web\]"):
        PageProcess(Settings(), runtime, Endpoint(1))


@pytest.mark.parametrize("text", ["0.0.0.0:8088", "example.org:80", "127.0.0.1", "127.0.0.1:x", ":99999"])
def test_a_page_is_served_on_loopback_only(text):
    """The network is refused, and what is no address."""
    with pytest.raises(UserError):
        listen_address(text)


@pytest.mark.parametrize("text", ["tiles", "https://t.example/{z}/{x}", "https://t.example/{z}/{x}/{y}; script-src *"])
def test_tiles_have_an_address(text):
    """With its three places, and nothing that would say more than one address in a policy."""
    with pytest.raises(UserError):
        tile_address(text)
    assert listen_address(":8088") == ("127.0.0.1", 8088)
