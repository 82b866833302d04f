"""Frames by the parameters of a firmware, from the command line to its body: against the stand-in for SITL's JSON
backend."""

from __future__ import annotations

from collections.abc import Callable
from math import degrees, hypot
from pathlib import Path

import pytest

from autopilot.mav import VehicleType
from sortie import Session
from sortie.api.simulation import inject
from sortie.config.errors import UserError
from tests.stand_in.json_firmware import build

TYPES = {1: VehicleType.QUADROTOR, 2: VehicleType.HEXAROTOR, 3: VehicleType.OCTOROTOR}
Fly = Callable[..., Session]


@pytest.fixture
def fly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fly:
    """A session in which a copter of this frame gives all motors the same, or more to those that turn left."""

    def begin(manner: str, frame_class: int, frame_type: int) -> Session:
        monkeypatch.setenv("SORTIE_STAND_IN", manner)
        frame = {"FRAME_CLASS": float(frame_class), "FRAME_TYPE": float(frame_type)}
        return Session(f"ardupilot:copter={build(tmp_path)},world=ours", params=frame)

    return begin


@pytest.mark.parametrize("frame", [(number, kind) for number in TYPES for kind in (0, 1)])
def test_a_copter_of_each_frame_goes_straight_up(frame: tuple[int, int], fly: Fly) -> None:
    with fly("climb", *frame) as session:
        link = session.connect()
        session.run_for(3.0)
        assert link.messages("HEARTBEAT")[-1].type == TYPES[frame[0]]
        north, east, down = session.truth.position
        assert down < -3.0 and hypot(north, east) < 0.2


@pytest.mark.parametrize("frame_class", TYPES)
def test_motors_that_turn_left_turn_it_to_the_right(frame_class: int, fly: Fly) -> None:
    with fly("yaw", frame_class, 1) as session:
        session.run_for(1.5)
        before = session.truth.attitude[2]
        session.run_for(0.2)
        assert 2.0 < degrees(session.truth.attitude[2] - before) < 90.0
        assert hypot(*session.truth.attitude[:2]) < 0.1


@pytest.mark.parametrize("frame_class", [2, 3])
def test_its_last_motor_may_be_lost(frame_class: int, fly: Fly) -> None:
    with fly("climb", frame_class, 1) as session:
        session.run_for(1.0)
        inject(session.service, f"motor{2 * frame_class + 2}.loss")
        session.run_for(0.5)
        assert hypot(*session.truth.attitude[:2]) > 0.1


def test_a_frame_that_no_body_has_is_refused(fly: Fly) -> None:
    with pytest.raises(
        UserError, match=r"Sortie's simulator has no vehicle with FRAME_CLASS 2 and FRAME_TYPE 2; it has .*octa X"
    ):
        fly("climb", 2, 2)
