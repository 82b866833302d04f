"""MAVProxy's ftp module fetches the component metadata; what it prints of failures that are refused."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from threading import Event

import pytest

from mavlink_bridge.services.ftp.component_metadata import crc32
from tests.fakes.mavproxy import mavproxy
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import served
from tests.fakes.station_plan import HOME

pytestmark = pytest.mark.client


def whole(local: Path, size: int) -> bytes:
    """A file that MAVProxy has told of: it closes it a moment later."""
    moment = Event()
    for _ in range(round(PATIENCE_S / 0.01)):
        if local.exists() and local.stat().st_size == size:
            return local.read_bytes()
        moment.wait(0.01)
    raise AssertionError(f"{local} never had {size} bytes")


#: Every kind's files are fetched in memory by `tests/mavlink_bridge/services/ftp/test_component_metadata.py`. MAVProxy
#: takes 13 s of processor for each: it reads the copter's here and the others' in the long suite.
@pytest.mark.parametrize(
    "kind", ["copter", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("rover", "boat"))]
)
def test_mavproxy_fetches_what_the_general_file_names(tmp_path: Path, kind: str) -> None:
    """Each file is whole, has the checksum that is told of it, and holds what its type says."""
    options = ("--vehicle", f"sim:{kind}", "--home", HOME)
    with served(tmp_path, *options, speedup="1", ready=False) as service, mavproxy(service.tcp, tmp_path) as station:

        def fetch(name: str) -> bytes:
            local = tmp_path / name
            size = station.ask(f"ftp get @SYS/{name} {local}", rf"Wrote (\d+) bytes to {local}").group(1)
            return whole(local, int(size))

        named = json.loads(fetch("general.json"))["metadataTypes"]
        held = {}
        for one in named:
            content = fetch(one["uri"].removeprefix("mftp://@SYS/"))
            assert crc32(content) == one["fileCrc"]
            held[one["type"]] = json.loads(lzma.decompress(content))
            translations = json.loads(fetch(one["translationUri"].removeprefix("mftp://@SYS/")))
            assert lzma.decompress(fetch(translations["de_DE"]["url"].removeprefix("mftp://@SYS/")))
    assert {number: set(document) & {"parameters", "commands", "components"} for number, document in held.items()} == {
        1: {"parameters"},
        2: {"commands"},
        4: {"components"},
    }


def test_mavproxy_prints_why_a_failure_is_refused(tmp_path: Path) -> None:
    """The result, and the text."""
    options = ("--home", HOME, "--param", "SYS_FAILURE_EN=1")
    with served(tmp_path, *options, speedup="1", ready=False) as service, mavproxy(service.tcp, tmp_path) as station:
        station.ask("long 420 4 1 2", r"INJECT_FAILURE: DENIED[\s\S]*Failure injection: no GPS 2")
        station.ask("long 420 102 1 0", r"INJECT_FAILURE: UNSUPPORTED[\s\S]*Failure injection: no SERVO that fails")
        station.ask("long 420 4 1 0", "INJECT_FAILURE: ACCEPTED")
        station.type("param set SYS_FAILURE_EN 0")
        station.ask_until("long 420 4 1 0", "Failure injection: SYS_FAILURE_EN is 0")
