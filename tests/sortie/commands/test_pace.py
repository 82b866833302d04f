"""`--pace`: what flies when nobody is there to be followed, and what says nothing then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autopilot.interface import report
from mavlink_bridge.services.mission.upload import UploadState
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameWriter
from sortie import Session
from sortie.assembly.pace import begin_pace, is_real_time, pace_warnings
from sortie.commands.cli import run
from sortie.config.given import resolve
from sortie.runtime.runtime import Runtime

PLAN = str(Path(__file__).parents[3] / "examples" / "square.plan")


@pytest.mark.parametrize("fleet", [(), ("--count", "2")])
def test_a_plan_is_flown_on_without_anybody_to_follow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fleet: tuple[str, ...]
) -> None:
    """Ahead of the wall, of one vehicle and of several: in real time it would take more than a minute."""
    folders = ["--state-dir", str(tmp_path / "state"), "--log-dir", str(tmp_path / "logs")]
    command = ["fly", PLAN, "--pace", "clients", "--json", "--link", "tcpin:127.0.0.1:0", *folders, *fleet]
    assert run(command) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["result"] == "completed" and result["speedup"] > 1.5


def test_bounds_are_for_clients() -> None:
    """Given with the wall's pace they are ignored, each with a warning; time at the wall's speed is the wall's UTC."""
    given = {"SORTIE_PACE_LEAD": "0.1", "SORTIE_PACE_QUIET": "0.01"}
    assert pace_warnings(resolve({}, None, given)) == [
        "--pace-lead is ignored: it is for --pace clients",
        "--pace-quiet is ignored: it is for --pace clients",
    ]
    assert pace_warnings(resolve({}, None, given | {"SORTIE_PACE": "clients"})) == []
    assert [
        is_real_time(resolve({}, None, said))
        for said in ({}, {"SORTIE_SPEEDUP": "1"}, {"SORTIE_SPEEDUP": "2"}, {"SORTIE_PACE": "clients"})
    ] == [True, True, False, False]


def test_a_speed_below_0_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """ArduPilot's default is -1, which may come from a file of its parameters; time stood still."""
    speeds: list[float] = []
    with Session("sim:copter") as session:
        monkeypatch.setattr(Runtime, "set_speedup", lambda runtime, speed, *_: speeds.append(speed))
        begin_pace(Runtime(), resolve({}, None, {}), [session.service], 1.0, running=False)
        for value in (4.0, -1.0, 0.0):
            session.set_param("SIM_SPEEDUP", value)
    assert speeds[1:] == [1.0, 4.0, 0.0]


@pytest.mark.parametrize(("pace", "given_up"), [("clients", True), ("wall", False)])
def test_an_upload_that_stalls_is_given_up_by_vehicle_time_while_clients_pace_it(pace: str, given_up: bool) -> None:
    with Session("sim:copter") as session:
        service = session.service
        begin_pace(Runtime(), resolve({}, None, {"SORTIE_PACE": pace}), [service], 1.0, running=False)
        count = dialect.MAVLink_mission_count_message(1, 1, 3, 0)
        said = FrameWriter(255, 190).frame(*codec.payload(count))
        service.endpoint.receive(service.endpoint.open_link("station"), said, 0, 0)
        service.autopilot.facts.vehicle.state.report[report.TIME_MS] += 8_000
        service.endpoint.handle_timeouts(900, 8_000)
        assert (service.missions.state(0) is UploadState.IDLE) is given_up
