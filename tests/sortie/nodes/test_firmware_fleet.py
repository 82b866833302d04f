"""Fleets in which firmwares fly some of the vehicles: one world, one clock, against the stand-in for SITL's JSON
backend."""

from __future__ import annotations

import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega

from sitl.ardupilot import lockstep
from sortie import Fleet, Session
from sortie.config.errors import UserError
from tests.fakes.orphans import await_ends
from tests.stand_in import json_firmware

ROOT = Path(__file__).parents[3]
THEIRS = """
[[vehicle]]
kind = "ardupilot:copter={program},world=ours"
count = 2
spacing = {spacing}

[[vehicle]]
kind = "copter"
offset = [0.0, -{spacing}]
"""


def fleet_file(folder: Path, spacing: float = 25.0) -> Path:
    """Two of theirs, of the stand-in, and one of ours."""
    path = folder / "fleet.toml"
    path.write_text(THEIRS.format(program=json_firmware.build(folder), spacing=spacing))
    return path


def test_one_station_sees_all_on_one_clock(tmp_path: Path) -> None:
    with Fleet(file=fleet_file(tmp_path)) as fleet:
        network = fleet.node.networks[0]
        link = network.open_link("station")
        fleet.run_for(3.5)
        heard = ardupilotmega.MAVLink(None).parse_buffer(network.out_queue(link).take())
        beats = [message.get_srcSystem() for message in heard if message.get_type() == "HEARTBEAT"]
        assert {system: beats.count(system) for system in (1, 2, 3)}.keys() == set(beats)
        assert min(beats.count(system) for system in (1, 2, 3)) >= 3
        assert fleet._assembly.firmwares is not None
        bodies = [flown.body.time_ms for flown in fleet._assembly.firmwares.node.locksteps]
        assert [fleet.node.now_ms, *bodies] == pytest.approx([3500.0] * 3, abs=20.0)
        assert fleet.positions.shape == (3, 3)


def test_a_collision_counts_between_theirs_and_with_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first takes off between two that stand nearer than their radii."""
    monkeypatch.setenv("SORTIE_STAND_IN", "1:climb")
    with Fleet(file=fleet_file(tmp_path, 0.4), params={"SIM_COLLIDE": 1.0}) as fleet:
        fleet.run_for(2.0)
        assert {hit.pair for hit in fleet.company.collisions} == {(0, 1), (0, 2)}
        highest = -fleet[0].truth.position[2]
        fleet.run_for(4.0)
        assert -fleet[0].truth.position[2] < max(highest, 0.5), "no motor of it turns any more"


@pytest.mark.parametrize(
    ("manner", "how"), [("crash", "signal SIGABRT"), ("exit", "status 3"), ("hang", "hangs"), ("silent", "hangs")]
)
def test_one_that_dies_leaves_the_others_flying(
    manner: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORTIE_STAND_IN", f"2:{manner}")
    monkeypatch.setattr(lockstep, "JsonLockstep", partial(lockstep.JsonLockstep, silent_s=1.0))
    with Fleet(file=fleet_file(tmp_path)) as fleet:
        fleet.run_for(3.0)
        assert how in str(fleet.failures[1]) and fleet.failures.keys() == {1}
        assert fleet._assembly.firmwares is not None
        assert fleet._assembly.firmwares.node.locksteps[0].body.time_ms == pytest.approx(3000.0)
        assert fleet[2].time_s == 3.0


def test_one_that_reboots_comes_back_among_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTIE_STAND_IN", "2:reboot")
    with Fleet(file=fleet_file(tmp_path)) as fleet:
        fleet.run_for(3.0)
        assert not fleet.failures and fleet._assembly.firmwares is not None
        assert [flown.restarts for flown in fleet._assembly.firmwares.node.locksteps] == [0, 1]


def test_the_only_one_that_dies_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTIE_STAND_IN", "exit")
    with (
        Fleet(1, vehicle=f"ardupilot:copter={json_firmware.build(tmp_path)},world=ours") as fleet,
        pytest.raises(UserError, match="status 3"),
    ):
        fleet.run_for(3.0)


def test_a_program_of_another_kind_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTIE_STAND_IN", "plane")
    with (
        Session(f"ardupilot:copter={json_firmware.build(tmp_path)},world=ours") as session,
        pytest.raises(UserError, match="the program is an ArduPilot plane; expected the binary of a copter") as refused,
    ):
        session.run_for(3.0)
    assert refused.value.status == 2


@pytest.mark.parametrize("kind", ["ardupilot:copter", "tcp:127.0.0.1:5760", "cobter", "ardupilot:cobter,world=ours"])
def test_a_fleet_file_has_vehicles_of_our_world_alone(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "fleet.toml"
    path.write_text(f'[[vehicle]]\nkind = "{kind}"\n')
    with pytest.raises(UserError, match=r"vehicle 1: kind"):
        Fleet(file=path)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_kill_9_leaves_no_orphan(tmp_path: Path) -> None:
    code = (
        f"from sortie import Fleet; fleet = Fleet(file={str(fleet_file(tmp_path))!r})\n"
        "print(*(flown.child.pid for flown in fleet._assembly.firmwares.node.locksteps), flush=True)\n"
        "fleet.run_for(1e6)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, text=True) as parent:
        assert parent.stdout is not None
        children = [int(word) for word in parent.stdout.readline().split()]
        parent.send_signal(signal.SIGKILL)
    assert len(children) == 2
    await_ends(children)
