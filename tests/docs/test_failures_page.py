"""docs/failures.md says what each injected failure does to a flight on the square: flown here, row by row."""

from __future__ import annotations

import re
from math import dist
from pathlib import Path

import pytest

from autopilot.context.events import StatusText
from autopilot.flight.faults import FAULT_NAMES as FLIGHT_FAULTS
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, FailureType, FailureUnit, Result
from autopilot.vehicles.kinds import KINDS
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.failures.table import FAILURES
from mavlink_bridge.wire.codec import dialect
from sortie import Session
from sortie.api.link import SessionLink
from sortie.api.simulation import truth_of
from sortie.assembly.vehicle import make_vehicle
from sortie.nodes.fault_plan import LINK_FAULTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| (\w+) \| (\w+) \| `([\w.{}=]+)` \| ([^|]+) \| (AUTO|LAND|RTL|down) \| ([\d.]+) \| ([^|]*) \|$", re.MULTILINE
)
ROWS = {
    (FailureUnit[unit], FailureType[kind]): (name, end, float(error), told.strip())
    for unit, kind, name, _, end, error, told in ROW.findall(PAGE)
}
PARAMS = {
    "SYS_FAILURE_EN": 1, "FS_GCS_ENABLE": 1, "FS_THR_ENABLE": 1, "BATT_FS_LOW_ACT": 2, "BATT_LOW_VOLT": 10.9,
    "BATT_LOW_TIMER": 2, "FS_EKF_ACTION": 1, "FLTMODE6": 3,
}  # fmt: skip
STRIKE_S, FOR_S = 25.0, 20.0


def flown(unit: FailureUnit, kind: FailureType) -> tuple[str, float, str]:
    """The mode 20 s after the failure began (`down`: disarmed), by how much the estimated place was off at most, m, and
    the first that people were told."""
    with Session(seed=3, params=PARAMS) as session:
        session.upload(ROOT / "examples" / "square.plan")
        session.start()
        station = session.connect()
        _wait(session, station, STRIKE_S)
        before = len(session.events_of(StatusText))
        station.send(command(unit, kind, 1.0 if unit is FailureUnit.MOTOR else 0.0))
        assert station.receive("COMMAND_ACK").result == Result.ACCEPTED
        error = _wait(session, station, FOR_S)
        told = [event.text for event in session.events_of(StatusText)][before:]
        told = [text for text in told if not text.startswith(("Mission:", "Reached"))]
        return (session.state.mode if session.state.armed else "down"), error, (told[0] if told else "")


def command(unit: float, kind: float, instance: float = 0.0) -> Message:
    """MAV_CMD_INJECT_FAILURE."""
    return dialect.MAVLink_command_long_message(1, 1, Cmd.INJECT_FAILURE, 0, unit, kind, instance, 0, 0, 0, 0)


def _wait(session: Session, station: SessionLink, seconds: float) -> float:
    """A station that is there, with its sticks; by how much the estimated place is off at most, m."""
    sticks = dialect.MAVLink_rc_channels_override_message(1, 1, *[1500] * 4, *[0] * 4)
    alive = dialect.MAVLink_heartbeat_message(dialect.MAV_TYPE_GCS, 8, 0, 0, 4, 3)
    most, end_s = 0.0, session.time_s + seconds
    while session.time_s < end_s:
        station.send(alive)
        station.send(sticks)
        session.run_for(1.0)
        estimate = session.service.vehicle.state.report[report.NORTH : report.DOWN + 1]
        most = max(most, dist(estimate, truth_of(session.service).position))
    return most


@pytest.mark.parametrize(("unit", "kind"), FAILURES, ids=[f"{unit.name} {kind.name}" for unit, kind in FAILURES])
def test_the_page_says_what_a_failure_does_on_the_square(unit: FailureUnit, kind: FailureType) -> None:
    """Its name in the fault grammar, where the flight goes, the error of the estimate, and what people hear."""
    name, end, error, told = ROWS[unit, kind]
    row = FAILURES[unit, kind]
    assert name == row.name + ("" if row.value is None else f"={row.value:g}")
    mode, off, text = flown(unit, kind)
    assert (mode, text) == (end, told)
    assert off == pytest.approx(error, rel=0.1, abs=0.3)


def test_the_page_has_no_other_rows() -> None:
    """Each pair that is served, once."""
    assert set(ROWS) == set(FAILURES) and len(ROW.findall(PAGE)) == len(FAILURES)


def test_the_page_names_every_fault_there_is() -> None:
    """The copter has all that rover and boat have, a plane its tube besides; what `--fault` takes beside them is of
    links and flight manager."""
    start = GeoPoint(-35.0, 149.0, 584.0)
    machines = {kind: set(make_vehicle(kind, start, 0.0, 0, None).fault_names()) for kind in KINDS}
    rows = re.findall(r"^\| (`.+?) \|", PAGE.partition("## All names")[2], re.MULTILINE)
    names = [name for row in rows for name in re.findall(r"`([a-z_]+\d?\.[a-z]+)`", row)]
    assert sorted(names) == sorted({*machines["copter"], *machines["plane"], *LINK_FAULTS, *FLIGHT_FAULTS})
    assert {row.name.format(n=1) for row in FAILURES.values()} <= set(names)
    for kind in ("rover", "boat"):
        assert machines["copter"] - machines[kind] == {"motor2.loss", "motor3.loss", "motor4.loss"}
