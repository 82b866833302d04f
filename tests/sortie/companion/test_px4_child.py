"""`--vehicle px4:copter`: a PX4 SITL that is started, flown and never left behind, and `sortie`'s commands with it.

With PX4_SITL set the child is the real one, else the stand-in: the tests are the same.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autopilot.mission.items import MissionItem
from mavlink_bridge.clients import MissionUpload, TransferOutcome
from sitl.child import SitlError
from sitl.px4.launcher import DEFAULTS, VARIABLE, find_binary
from sortie.api.sample import square
from sortie.api.testing.stand_in import HOME
from sortie.commands.cli import run
from sortie.config.values import parse_vehicle
from sortie.nodes.client import Remote
from tests.fakes.served import Served, served
from tests.stand_in.px4_build import build
from tests.stand_in.px4_program import PROGRAM

pytestmark = pytest.mark.waits

SPEED = "8"
PATIENCE_S = 240.0


@contextmanager
def flying_child(folder: Path) -> Iterator[Served]:
    given = os.environ.get(VARIABLE)
    binary = Path(given) if given else build(folder / "px4", PROGRAM)
    arguments = ("--vehicle", f"px4:copter={binary}", "--param", "FM_COUNTDOWN=2")
    with served(folder, *arguments, speedup=SPEED, ready=False) as service:
        yield service


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """What a command says as JSON; it must succeed."""
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_it_is_configured_and_flown_by_sorties_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`param` with values that are bytes, `status` with PX4's names of modes, GO with the controller's own AUTO."""
    with flying_child(tmp_path) as service:
        to = ("--connect", service.tcp)
        assert told(capsys, "param", "get", "COM_RC_IN_MODE" if os.environ.get(VARIABLE) else "NAV_RCL_ACT", *to)
        assert told(capsys, "param", "get", "NAV_RCL_ACT", *to) == {"NAV_RCL_ACT": DEFAULTS["NAV_RCL_ACT"]}
        assert told(capsys, "param", "set", "COM_LOW_BAT_ACT", "2", *to) == {"COM_LOW_BAT_ACT": 2.0}
        file = str(tmp_path / "all.param")
        assert run(["param", "save", file, *to]) == 0
        assert run(["param", "load", file, *to]) == 0
        assert "\n0 of " in capsys.readouterr().err
        with Remote(service.tcp) as remote:
            transfer = MissionUpload(remote.target, _mission())
            remote.ask(transfer)
            assert transfer.outcome is TransferOutcome.ACCEPTED
        assert told(capsys, "status", *to)["mode"] == "Hold"
        assert_it_sends_to_no_station(service)
        assert run(["go", *to]) == 0, service.story()
        with Remote(service.tcp) as remote:
            assert remote.run_until(lambda: remote.watch.armed, PATIENCE_S), service.story()
            assert remote.run_until(lambda: not remote.watch.armed, PATIENCE_S), service.story()
        facts = told(capsys, "status", *to)
        assert facts["mission"]["state"] == "complete" and not facts["armed"]
    assert "PX4 copter, system 1" in service.story()


def assert_it_sends_to_no_station(service: Served) -> None:
    """Line 16: nobody has the port from which PX4 sends to 14550, where Sortie serves stations as the same system."""
    found = re.search(r"udpin:127\.0\.0\.1:(\d+)", service.story())
    assert found is not None
    instance = int(found[1]) - (14540 if int(found[1]) < 14700 else 14700)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as station:
        station.bind(("127.0.0.1", 18570 + instance))


def _mission() -> tuple[MissionItem, ...]:
    return square(HOME)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    for name in (str(tmp_path / "px4"), "~nobody-here/px4", "x" * 300):
        with pytest.raises(SitlError, match=f"there is no {name}"):
            find_binary("copter", name)
    lone = tmp_path / "bin" / "px4"
    lone.parent.mkdir()
    lone.write_text("")
    lone.chmod(0o755)
    with pytest.raises(SitlError, match=r"etc, which belongs to"):
        find_binary("copter", str(lone))


def test_only_what_flies_is_flown_with_px4() -> None:
    assert all(parse_vehicle(f"px4:{kind}").kind == "px4" for kind in ("copter", "plane", "quadplane"))
    with pytest.raises(Exception, match="unknown vehicle"):
        parse_vehicle("px4:rover")
