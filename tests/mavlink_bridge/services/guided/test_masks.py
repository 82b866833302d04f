"""type_masks as ArduPilot reads them: a table."""

from __future__ import annotations

import pytest

from mavlink_bridge.services.guided.masks import (
    AttitudeParts,
    TargetParts,
    asks_height_alone,
    attitude_parts,
    position_parts,
)


def _parts(letters: str) -> TargetParts | None:
    if letters == "stop":
        return None
    return TargetParts("p" in letters, "v" in letters, "a" in letters, "y" in letters, "r" in letters)


MASKS = [
    # mask, what a copter takes, what a rover takes (p position, v velocity, a acceleration, y yaw, r yaw rate)
    (0xFFF8, "p", "p"),  # QGC's altitude change: FORCE set, acceleration ignored
    (0xFDF8, "p", "p"),  # Mission Planner's goto
    (0x0DF8, "p", "p"),  # DroneKit simple_goto by message
    (0x0DC7, "v", "v"),
    (0x0DC0, "pv", "pv"),
    (0x0C00, "pva", "stop"),
    (0x0C07, "va", "stop"),
    (0x0C3F, "a", "stop"),
    (0x09F8, "py", "py"),
    (0x05F8, "pr", "pr"),
    (0x09C7, "vy", "vy"),
    (0x05C7, "vr", "vr"),
    (0x01C7, "vyr", "stop"),
    (0x09FF, "stop", "y"),
    (0x05FF, "stop", "r"),
    (0x0000, "pvayr", "stop"),
    (0x0C38, "stop", "stop"),  # position and acceleration without velocity
    (0x0DFF, "stop", "stop"),  # nothing at all
    (0xFFFF, "stop", "stop"),
    (0x0E00, "stop", "stop"),  # accelerations as forces
    (0x0DF9, "stop", "stop"),  # x alone ignored: the position is
    (0x0DCF, "stop", "stop"),
    (0x0DFB, "stop", "stop"),
]


@pytest.mark.parametrize(("mask", "copter", "rover"), MASKS, ids=[hex(case[0]) for case in MASKS])
def test_a_position_mask_asks_for_its_parts(mask: int, copter: str, rover: str) -> None:
    """The parts by the table, "stop" where the combination cannot be flown."""
    assert position_parts(mask) == _parts(copter)
    assert position_parts(mask, driven=True) == _parts(rover)


@pytest.mark.parametrize(("mask", "alone"), [(0x0DFB, True), (0xFFFB, True), (0x0DF8, False), (0x0DFF, False)])
def test_a_height_without_a_place(mask: int, alone: bool) -> None:
    assert asks_height_alone(mask) is alone


@pytest.mark.parametrize(
    ("mask", "parts"),
    [
        (0x07, AttitudeParts(angles=True, rates=False)),
        (0x00, AttitudeParts(angles=True, rates=True)),
        (0x80, AttitudeParts(angles=False, rates=True)),
        (0x87, AttitudeParts(angles=False, rates=False)),
        (0x04, None),
        (0x03, None),
        (0x47, None),
        (0xC0, None),
    ],
)
def test_an_attitude_mask_asks_for_thrust_and_for_all_body_rates_or_none(
    mask: int, parts: AttitudeParts | None
) -> None:
    assert attitude_parts(mask) == parts


@pytest.mark.parametrize(
    ("mask", "parts"),
    [
        (0x07, AttitudeParts(angles=True, rates=False)),
        (0x7E, AttitudeParts(angles=True, rates=False, thrust=False)),
        (0x02, AttitudeParts(angles=True, rates=False)),
        (0xC0, None),
    ],
)
def test_on_wings_angles_are_enough(mask: int, parts: AttitudeParts | None) -> None:
    """As for ArduPlane, whose own test sends 0x7E."""
    assert attitude_parts(mask, on_wings=True) == parts
