"""`sortie serve` with several vehicles, as processes: commands for one or all of them, links, state after a kill."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from mavlink_bridge.clients import MissionUpload, TransferOutcome
from mavlink_bridge.clients.parameters import ParameterRead, ParameterWrite
from sortie.commands.cli import run as command
from sortie.nodes.client import Listener, Remote
from tests.fakes.flight_station import HOP
from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import last_line, run, wait_for
from tests.fakes.served import free_port, ports_in_a_row
from tests.fakes.warm import begin_warm

pytestmark = pytest.mark.waits

PREARM = 1 << 28
"""MAV_SYS_STATUS_PREARM_CHECK."""


def test_abort_reaches_one_or_all(tmp_path: Path) -> None:
    """All count down; `abort --target SYSID` stops that one, `--target all` the others, and says who had nothing to
    stop. (Who counts down is left 255 s for it.)"""
    port = free_port()
    process = begin_warm(
        tmp_path,
        "serve",
        "--count",
        "3",
        "--link",
        f"tcpin:127.0.0.1:{port}",
        "--state-dir",
        "state",
        "--speedup",
        "1",
        "--param",
        "FM_COUNTDOWN=255",
    )
    connect = ("--connect", f"tcp:127.0.0.1:{port}", "--json")

    try:
        wait_for(process, "serving 3 vehicles")
        for system in (1, 2, 3):
            with Remote(f"tcp:127.0.0.1:{port}", system=system) as remote:
                wait_armable(remote)
                transfer = MissionUpload(remote.target, HOP)
                remote.ask(transfer)
                assert transfer.outcome is TransferOutcome.ACCEPTED
        begun = run(tmp_path, "go", "--target", "all", *connect)
        assert begun.returncode == 0, begun.stderr
        assert [one["state"] for one in json.loads(begun.stdout)] == ["ARMED"] * 3
        one = run(tmp_path, "abort", "--target", "2", *connect)
        assert (one.returncode, last_line(one)["result"]) == (0, "ACCEPTED")
        fleet = json.loads(run(tmp_path, "status", *connect).stdout)
        assert [one["state"] for one in fleet] == ["ARMED", "IDLE", "ARMED"]
        everybody = run(tmp_path, "abort", "--target", "all", *connect)
        assert everybody.returncode == 1
        assert [(one["sysid"], one["result"], one["state"]) for one in json.loads(everybody.stdout)] == [
            (1, "ACCEPTED", "IDLE"),
            (2, "TEMPORARILY_REJECTED", "IDLE"),
            (3, "ACCEPTED", "IDLE"),
        ]
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def wait_armable(remote: Remote) -> None:
    """Until its pre-arm checks pass."""
    health = Listener(frozenset(("SYS_STATUS",)), remote.watch)
    remote.endpoint.add_service(health)

    def passes() -> bool:
        said = health.latest.get("SYS_STATUS")
        return said is not None and bool(said.onboard_control_sensors_health & PREARM)

    remote.run_until(passes, PATIENCE_S)
    assert passes()


def test_a_fleet_is_what_it_was_after_a_kill(tmp_path: Path) -> None:
    """Parameters of two vehicles, set over one shared link and acknowledged, are there after kill -9 and a start."""
    port = free_port()
    arguments = ("serve", "--count", "3", "--link", f"tcpin:127.0.0.1:{port}", "--state-dir", "state")
    wanted = {1: 700.0, 3: 300.0}
    first = begin_warm(tmp_path, *arguments)
    try:
        wait_for(first, "serving 3 vehicles")
        for system, value in wanted.items():
            with Remote(f"tcp:127.0.0.1:{port}", system=system) as remote:
                writing = ParameterWrite(remote.target, "WPNAV_SPEED", value)
                remote.ask(writing)
                assert writing.value is not None
                assert writing.value.value == value
    finally:
        first.kill()
        first.communicate(timeout=PATIENCE_S)
    second = begin_warm(tmp_path, *arguments)
    try:
        wait_for(second, "serving 3 vehicles")
        for system in (1, 2, 3):
            with Remote(f"tcp:127.0.0.1:{port}", system=system) as remote:
                reading = ParameterRead(remote.target, "WPNAV_SPEED")
                remote.ask(reading)
                assert reading.value is not None
                assert reading.value.value == wanted.get(system, 1000.0)
        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE_S) == 0
    finally:
        second.kill()
        second.communicate(timeout=PATIENCE_S)


def test_own_links_meet_one_vehicle_each(tmp_path: Path) -> None:
    """A port for each beside the shared one: behind it only that vehicle is heard."""
    shared, own = free_port(), ports_in_a_row(2)
    process = begin_warm(
        tmp_path,
        "serve",
        "--count",
        "2",
        "--link",
        f"tcpin:127.0.0.1:{shared}",
        "--link",
        f"tcpin:127.0.0.1:{{{own}+1*n}}",
        "--state-dir",
        "state",
    )
    try:
        wait_for(process, "serving 2 vehicles")
        for port, system in ((own, 1), (own + 1, 2)):
            with Remote(f"tcp:127.0.0.1:{port}") as remote:
                assert remote.target.system == system
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def test_a_fleet_to_start_from_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["serve", "--print-fleet"]) == 0
    assert "[[vehicle]]" in capsys.readouterr().out


def test_commands_reach_one_or_all(tmp_path: Path) -> None:
    """`--target`: status as a list and as a table, a parameter of one and of all, GO for one, refused for nobody."""
    port = free_port()
    process = begin_warm(
        tmp_path, "serve", "--count", "3", "--link", f"tcpin:127.0.0.1:{port}", "--state-dir", "state", "--speedup", "0"
    )
    connect = ("--connect", f"tcp:127.0.0.1:{port}")
    try:
        wait_for(process, "serving 3 vehicles")
        changed = last_line(run(tmp_path, "param", "set", "RTL_ALT", "2000", "--target", "2", "--json", *connect))
        assert changed == {"RTL_ALT": 2000.0}
        done = run(tmp_path, "param", "get", "RTL_ALT", "--target", "all", "--json", *connect)
        assert json.loads(done.stdout) == [
            {"sysid": 1, "RTL_ALT": 1500.0},
            {"sysid": 2, "RTL_ALT": 2000.0},
            {"sysid": 3, "RTL_ALT": 1500.0},
        ]
        fleet = json.loads(run(tmp_path, "status", "--json", *connect).stdout)
        assert [(one["sysid"], one["vehicle"], one["state"]) for one in fleet] == [
            (system, "copter", "IDLE") for system in (1, 2, 3)
        ]
        assert last_line(run(tmp_path, "status", "--json", "--target", "3", *connect))["mode"] == "STABILIZE"
        assert len(run(tmp_path, "status", *connect).stdout.splitlines()) == 4
        refused = run(tmp_path, "go", "--target", "all", *connect)
        assert refused.returncode == 1
        assert refused.stderr.count("GO refused: no mission (FAILED") == 3, "nobody has a mission"
        nobody = run(tmp_path, "go", "--target", "9", *connect)
        assert nobody.returncode == 1
        assert "system ids that answer: 1, 2, 3" in nobody.stderr
        unknown = run(tmp_path, "param", "get", "RTL_ATL", "--target", "all", "--json", *connect)
        assert unknown.returncode == 2
        assert "sortie: vehicle 2: unknown parameter RTL_ATL; did you mean RTL_ALT?" in unknown.stderr
        assert [(one["sysid"], list(one)[1:]) for one in json.loads(unknown.stdout)] == [
            (system, ["error"]) for system in (1, 2, 3)
        ]
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def test_what_is_set_for_all_leaves_each_its_system_id(tmp_path: Path) -> None:
    """A file that was saved from vehicle 2 gives the others its parameters and nobody its id; 2 cannot have 1's."""
    port = free_port()
    process = begin_warm(
        tmp_path, "serve", "--count", "2", "--link", f"tcpin:127.0.0.1:{port}", "--state-dir", "state", "--speedup", "0"
    )
    connect = ("--target", "all", "--connect", f"tcp:127.0.0.1:{port}")
    (tmp_path / "two.param").write_text("RTL_ALT,2000\nSYSID_THISMAV,2\n")
    try:
        wait_for(process, "serving 2 vehicles (copter), system ids 1 to 2, on")
        loaded = run(tmp_path, "param", "load", "two.param", *connect)
        assert "each keeps its own SYSID_THISMAV" in loaded.stderr
        for words in (("set", "SYSID_THISMAV", "7"), ("set", "MAV_SYSID", "7"), ("reset", "SYSID_THISMAV")):
            refused = run(tmp_path, "param", *words, *connect)
            assert refused.returncode == 2
            assert "give --target SYSID" in refused.stderr
        done = run(tmp_path, "param", "get", "RTL_ALT", "--json", *connect)
        assert json.loads(done.stdout) == [{"sysid": 1, "RTL_ALT": 2000.0}, {"sysid": 2, "RTL_ALT": 2000.0}]
        taken = run(tmp_path, "param", "set", "SYSID_THISMAV", "1", "--target", "2", *connect[2:])
        assert (taken.returncode, taken.stderr) == (1, "sortie: SYSID_THISMAV not set to 1: it is 2\n")
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def test_networks_have_links_and_system_ids_of_their_own(tmp_path: Path) -> None:
    """Two networks of two: behind each port are systems 1 and 2, and a parameter set on one is not set on the other."""
    port = ports_in_a_row(2)
    process = begin_warm(
        tmp_path,
        "serve",
        "--count",
        "4",
        "--networks",
        "2",
        "--link",
        f"tcpin:127.0.0.1:{{{port}+m}}",
        "--state-dir",
        "state",
    )
    try:
        wait_for(process, "serving 4 vehicles")
        with Remote(f"tcp:127.0.0.1:{port}", system=2) as remote:
            writing = ParameterWrite(remote.target, "RTL_ALT", 2000.0)
            remote.ask(writing)
            remote.run_until(lambda: len(remote.roster.heard) == 2, PATIENCE_S)
            assert sorted(remote.roster.heard) == [1, 2]
        with Remote(f"tcp:127.0.0.1:{port + 1}", system=2) as remote:
            reading = ParameterRead(remote.target, "RTL_ALT")
            remote.ask(reading)
            assert reading.value is not None
            assert reading.value.value == 1500.0
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)
