"""A page whose vehicle's address nobody listens at says so: it waited without a word."""

from __future__ import annotations

import json
import socket

import pytest

pytest.importorskip("aiohttp", reason="the page's library is not installed: sortie[web]")

from sortie.runtime.runtime import Runtime
from sortie.web.station import WebStation


def test_who_does_not_answer_is_named_on_the_page_and_once_on_stderr(capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]  # free again, and nobody listens
    runtime = Runtime()
    try:
        station = WebStation(runtime, control=False)
        runtime.open(station.endpoint, f"tcp:127.0.0.1:{port}")
        runtime.open(station.endpoint, "udpin:127.0.0.1:0")
        assert json.loads(station.state(0))["absent"] == [f"tcp:127.0.0.1:{port}"]
        for link_ms in (1000, 2500, 5000, 9000):
            station.serve_links(link_ms)
        assert capsys.readouterr().err.splitlines() == [f"sortie: no connection to tcp:127.0.0.1:{port}; trying again"]
    finally:
        runtime.close()
