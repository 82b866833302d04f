"""GUIDED_CHANGE_HEADING, _ALTITUDE and _SPEED of a plane, and a quadplane's transition that fails: flown."""

from __future__ import annotations

from collections.abc import Iterator
from math import atan2, degrees
from typing import Any

import pytest

from autopilot.interface import report as R
from autopilot.mav import Cmd, Result, Severity
from autopilot.vehicles.mode_table import PlaneMode
from mavlink_bridge.wire.codec import dialect
from sortie import Session

COURSE, HEADING, NONE = 0.0, 1.0, 2.0
QUICKLY = 10.0  # m/s2; more than the largest bank gives


@pytest.fixture
def plane() -> Iterator[Session]:
    with Session(vehicle="sim:plane", seed=2, params={"SIM_WIND_SPD": 6.0, "SIM_WIND_DIR": 270.0}) as session:
        take_off(session)
        yield session


def take_off(session: Session) -> None:
    core = session.autopilot
    session.run_for(20.0)
    assert core.modes.set(PlaneMode.GUIDED, core.facts.now_ms).ok
    assert core.arming.arm(core.facts.now_ms).ok
    assert core.commands.takeoff(60.0).ok
    session.run_for(60.0)


def ask(session: Session, command: int, *params: float, z: float = 0.0) -> int:
    link = session.connect()
    link.send(dialect.MAVLink_command_int_message(1, 1, 3, command, 0, 0, *(*params, 0.0, 0.0, 0.0, 0.0)[:4], 0, 0, z))
    session.run_for(0.5)
    return int(next(message.result for message in link.messages() if message.get_type() == "COMMAND_ACK"))


def course_deg(session: Session) -> float:
    north, east, _ = session.autopilot.facts.vehicle.state.velocity
    return degrees(atan2(east, north)) % 360.0


def seen(session: Session, field: int) -> float:
    return float(session.autopilot.facts.vehicle.state.report[field])


def test_a_course_and_a_heading_are_held_in_the_wind(plane: Session) -> None:
    """North over ground; then the nose north, which the west wind carries east. A height on the way, an airspeed."""
    assert ask(plane, Cmd.GUIDED_CHANGE_HEADING, COURSE, 0.0, QUICKLY) == Result.ACCEPTED
    plane.run_for(25.0)
    assert (course_deg(plane) + 180.0) % 360.0 == pytest.approx(180.0, abs=3.0)
    assert degrees(plane.autopilot.facts.vehicle.state.yaw) < -8.0, "the nose is held into the wind"
    assert ask(plane, Cmd.GUIDED_CHANGE_HEADING, HEADING, 0.0, QUICKLY) == Result.ACCEPTED
    assert ask(plane, Cmd.GUIDED_CHANGE_ALTITUDE, z=90.0) == Result.ACCEPTED
    assert ask(plane, Cmd.GUIDED_CHANGE_SPEED, 0.0, 26.0) == Result.ACCEPTED
    told = plane.connect()
    plane.run_for(40.0)
    texts = [message.text for message in told.messages() if message.get_type() == "STATUSTEXT"]
    assert not any(text.startswith("Set airspeed") for text in texts)
    assert degrees(plane.autopilot.facts.vehicle.state.yaw) == pytest.approx(0.0, abs=4.0)
    assert course_deg(plane) == pytest.approx(13.0, abs=4.0)
    assert plane.autopilot.facts.height == pytest.approx(90.0, abs=4.0)
    assert seen(plane, R.AIR_SPEED) == pytest.approx(26.0, abs=1.0)
    assert ask(plane, Cmd.GUIDED_CHANGE_HEADING, NONE) == Result.ACCEPTED
    plane.run_for(60.0)
    place = plane.autopilot.facts.vehicle.state.position
    plane.run_for(60.0)
    north, east, _ = plane.autopilot.facts.vehicle.state.position
    assert abs(north - place[0]) < 200.0 and abs(east - place[1]) < 200.0, "it circles where it was"


@pytest.mark.parametrize(("acceleration", "bank_deg"), [(0.0, 0.3), (1.0, 5.8), (5.0, 27.0)])
def test_the_curve_to_a_heading_has_the_bank_of_its_acceleration(
    plane: Session, acceleration: float, bank_deg: float
) -> None:
    """atan(acceleration / g), as ArduPlane banks; 0 counts as 0.05 m/s2."""
    nose = degrees(plane.autopilot.facts.vehicle.state.yaw)
    assert ask(plane, Cmd.GUIDED_CHANGE_HEADING, HEADING, nose % 360.0, QUICKLY) == Result.ACCEPTED
    plane.run_for(20.0)
    assert ask(plane, Cmd.GUIDED_CHANGE_HEADING, HEADING, (nose + 120.0) % 360.0, acceleration) == Result.ACCEPTED
    plane.run_for(5.0)
    banks = []
    for _ in range(10):
        plane.run_for(0.1)
        banks.append(degrees(seen(plane, R.ROLL)))
    assert sum(banks) / len(banks) == pytest.approx(bank_deg, rel=0.1, abs=0.5)


@pytest.mark.parametrize(
    ("command", "params", "z", "result"),
    [
        (Cmd.GUIDED_CHANGE_HEADING, (COURSE, 360.0), 0.0, Result.DENIED),
        (Cmd.GUIDED_CHANGE_HEADING, (3.0, 10.0), 0.0, Result.DENIED),
        (Cmd.GUIDED_CHANGE_SPEED, (1.0, 20.0), 0.0, Result.DENIED),
        (Cmd.GUIDED_CHANGE_SPEED, (0.0, 40.0), 0.0, Result.FAILED),
        (Cmd.GUIDED_CHANGE_ALTITUDE, (), -1.0, Result.DENIED),
    ],
)
def test_what_cannot_be_is_refused(
    plane: Session, command: int, params: tuple[float, ...], z: float, result: Result
) -> None:
    assert ask(plane, command, *params, z=z) == result
    assert plane.autopilot.modes.set(PlaneMode.LOITER, plane.autopilot.facts.now_ms).ok
    assert ask(plane, command, *params, z=z) == Result.FAILED, "in GUIDED alone"


@pytest.mark.parametrize(("act", "mode"), [(-1.0, PlaneMode.GUIDED), (0.0, PlaneMode.QLAND), (1.0, PlaneMode.QRTL)])
def test_a_transition_that_takes_too_long_fails(act: float, mode: PlaneMode) -> None:
    """With too little thrust for its wings: told once, and it lands on its lift motors, or comes home and lands."""
    params = {"THR_MAX": 15.0, "Q_TRANS_FAIL": 8.0, "Q_TRANS_FAIL_ACT": act}
    with Session(vehicle="sim:quadplane", seed=2, params=params) as session:
        said: list[Any] = []
        link = session.connect()
        take_off(session)
        session.autopilot.guided.flight.go_to((500.0, 0.0, -60.0))
        session.run_for(40.0)
        said = [m.text for m in link.messages() if m.get_type() == "STATUSTEXT" and m.severity == Severity.CRITICAL]
        assert said == ["Transition failed, exceeded time limit"]
        assert session.autopilot.modes.number == mode
        if mode is not PlaneMode.GUIDED:
            session.run_for(120.0)
            assert not session.autopilot.facts.armed and session.autopilot.facts.landed
