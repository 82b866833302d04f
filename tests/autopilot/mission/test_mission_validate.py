"""One item of an upload: every row of table 2.4 that can be judged item by item."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from autopilot.mav import MissionResult, MissionType
from autopilot.mission.commands import KNOWN_COMMANDS
from autopilot.mission.items import MissionItem
from autopilot.mission.validate import check_item

R = MissionResult
WP = MissionItem(16, 3, x=-35.36, y=149.16, z=30.0)
VERTEX = MissionItem(5001, 0, 4.0, x=1.0, y=2.0)
RALLY = MissionItem(5100, 3, x=1.0, y=2.0, z=30.0)
NAN, INF = math.nan, math.inf


def result(item: MissionItem, kind: int = MissionType.MISSION, count: int = 10) -> MissionResult:
    verdict = check_item(item, kind, count)
    assert verdict.ok is (verdict.text == "")
    return verdict.result


@pytest.mark.parametrize("position", [1, 2, 3, 4])
@pytest.mark.parametrize("value", [INF, -INF])
def test_infinite_parameter_is_refused_by_its_number(position: int, value: float) -> None:
    """param1 to 4 infinite: INVALID_PARAM1 to 4, used by the item or not."""
    fields = {f"param{position}": value}
    assert result(replace(WP, **fields)) == R.INVALID_PARAM1 + position - 1  # type: ignore[arg-type]  # float fields


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (replace(WP, param1=NAN), R.INVALID_PARAM1),
        (replace(WP, param2=NAN, param3=NAN, param4=NAN), R.ACCEPTED),
        (MissionItem(22, 3, NAN, NAN, NAN, NAN, z=20.0), R.ACCEPTED),
        (MissionItem(18, 3, 1.0, param3=NAN), R.INVALID_PARAM3),
        (MissionItem(178, 2, 1.0, NAN), R.INVALID_PARAM2),
        (MissionItem(178, 2, 1.0, 5.0, NAN, NAN), R.ACCEPTED),
        (MissionItem(115, 2, 1.0, 2.0, 1.0, NAN), R.INVALID_PARAM4),
        (MissionItem(530, 2, NAN, NAN, NAN, NAN, z=NAN), R.ACCEPTED),
    ],
)
def test_nan_is_refused_where_it_counts_and_kept_elsewhere(item: MissionItem, expected: MissionResult) -> None:
    """NaN in a parameter that the item uses is refused; ground stations send it in others for "any"."""
    assert result(item) == expected


KEEPS_NAN = {
    16: {2, 3, 4}, 18: {4}, 19: {3, 4}, 178: {3}, 206: {2, 3, 4}, 207: {2}, 5001: {2}, 5003: {2},
}  # fmt: skip
"""Parameters that MAVLink describes and nobody flies here, or that have a default: NaN is kept there."""


@pytest.mark.parametrize(
    "command",
    [
        16, 18, 19, 82, 92, 93, 112, 114, 115, 177, 178, 179, 181, 182, 183, 184, 193, 194, 206, 207, 211, 218, 222,
        600, 601, 5001, 5002, 5003, 5004,
    ],
)  # fmt: skip
def test_nan_is_refused_in_each_parameter_that_mavlink_describes(command: int) -> None:
    """By MAVLink's own definition of the item: a parameter that is not empty or reserved there."""
    described = {
        number
        for number, text in dialect.enums["MAV_CMD"][command].param.items()
        if number <= 4 and not text.startswith(("Empty", "Reserved"))
    }
    item = replace(WP, command=command, param1=1.0, param2=1.0, param3=1.0, param4=1.0)
    kind = MissionType.FENCE if command > 5000 else MissionType.MISSION
    refused = {
        number for number in (1, 2, 3, 4) if result(replace(item, **{f"param{number}": NAN}), kind) != R.ACCEPTED
    }
    assert refused == described - KEEPS_NAN.get(command, set())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"x": 90.0}, R.ACCEPTED),
        ({"x": 90.0001}, R.INVALID_PARAM5_X),
        ({"x": -91.0}, R.INVALID_PARAM5_X),
        ({"x": NAN}, R.INVALID_PARAM5_X),
        ({"x": INF}, R.INVALID_PARAM5_X),
        ({"y": -180.0}, R.ACCEPTED),
        ({"y": 180.1}, R.INVALID_PARAM6_Y),
        ({"y": NAN}, R.INVALID_PARAM6_Y),
        ({"z": 82_999.0}, R.ACCEPTED),
        ({"z": 83_000.0}, R.INVALID_PARAM7),
        ({"z": -83_000.0}, R.INVALID_PARAM7),
        ({"z": NAN}, R.INVALID_PARAM7),
        ({"z": -INF}, R.INVALID_PARAM7),
    ],
)
def test_position_must_be_on_the_earth(changes: dict[str, float], expected: MissionResult) -> None:
    """Latitude, longitude and altitude out of range are told apart."""
    assert result(replace(WP, **changes)) == expected  # type: ignore[arg-type]  # only float fields are named


def test_items_without_position_keep_what_stands_in_x_y_z() -> None:
    """param5 to 7 of a DO item are no position."""
    assert result(MissionItem(203, 77, x=500.0, y=-900.0, z=NAN)) is R.ACCEPTED


@pytest.mark.parametrize("frame", range(22))
def test_frames_of_items_with_position(frame: int) -> None:
    """0, 2, 3, 5, 6, 10, 11 are taken in a mission; fence and rally do without 2."""
    good = frame in (0, 2, 3, 5, 6, 10, 11)
    assert result(replace(WP, frame=frame)) is (R.ACCEPTED if good else R.UNSUPPORTED_FRAME)
    good = good and frame != 2
    assert result(replace(VERTEX, frame=frame), 1) is (R.ACCEPTED if good else R.UNSUPPORTED_FRAME)
    assert result(replace(RALLY, frame=frame), 2) is (R.ACCEPTED if good else R.UNSUPPORTED_FRAME)


@pytest.mark.parametrize(
    ("item", "kind", "expected"),
    [
        (replace(WP, command=0), 0, R.INVALID),
        (replace(WP, command=1), 0, R.INVALID),
        (replace(WP, command=176), 0, R.UNSUPPORTED),
        (replace(WP, command=300), 0, R.UNSUPPORTED),
        (replace(WP, command=401), 0, R.UNSUPPORTED),
        (replace(WP, command=65535), 0, R.UNSUPPORTED),
        (VERTEX, 0, R.UNSUPPORTED),
        (RALLY, 0, R.UNSUPPORTED),
        (WP, 1, R.UNSUPPORTED),
        (RALLY, 1, R.UNSUPPORTED),
        (WP, 2, R.UNSUPPORTED),
        (WP, 3, R.UNSUPPORTED),
        (WP, 255, R.UNSUPPORTED),
        (WP, 230, R.UNSUPPORTED),
        (VERTEX, 1, R.ACCEPTED),
        (RALLY, 2, R.ACCEPTED),
        (WP, 0, R.ACCEPTED),
    ],
)
def test_command_must_be_known_and_of_the_plans_kind(item: MissionItem, kind: int, expected: MissionResult) -> None:
    """No mission command: UNSUPPORTED; 0 and 1: INVALID; wrong kind for the mission type: UNSUPPORTED."""
    assert result(item, kind) is expected


def test_every_known_command_is_accepted() -> None:
    """What ArduPilot's common code keeps is kept, whatever this vehicle can do."""
    good = {c for c in KNOWN_COMMANDS if result(replace(WP, command=c, param1=1.0, param2=1.0)) is R.ACCEPTED}
    assert good == KNOWN_COMMANDS


@pytest.mark.parametrize(
    ("target", "expected"), [(0.0, R.ERROR), (1.0, R.ACCEPTED), (9.0, R.ACCEPTED), (10.0, R.ERROR), (-1.0, R.ERROR)]
)
def test_jump_must_lead_to_an_item_of_the_announced_count(target: float, expected: MissionResult) -> None:
    """DO_JUMP to 0 or beyond the count: ERROR."""
    assert result(MissionItem(177, 2, target, 1.0), count=10) is expected


def test_fence_and_rally_limits() -> None:
    """More than 255 vertices: INVALID_PARAM1; a rally altitude beyond 16 bits: INVALID_PARAM7."""
    assert result(replace(VERTEX, param1=255.0), 1) is R.ACCEPTED
    assert result(replace(VERTEX, param1=256.0), 1) is R.INVALID_PARAM1
    assert result(replace(VERTEX, param1=NAN), 1) is R.INVALID_PARAM1
    assert result(replace(RALLY, z=32_000.0), 2) is R.ACCEPTED
    assert result(replace(RALLY, z=33_000.0), 2) is R.INVALID_PARAM7
