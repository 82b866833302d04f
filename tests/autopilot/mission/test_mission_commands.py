"""Classification of commands, and what each vehicle can do (docs/catalogue.md, 15; docs/reference/mission-semantics.md,
1.1, 1.4)."""

from __future__ import annotations

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from autopilot.mav import Cmd
from autopilot.mission.commands import (
    FENCE_COMMANDS,
    KNOWN_COMMANDS,
    RALLY_COMMANDS,
    cmd_has_location,
    command_name,
    drives_navigation,
    has_position,
    is_nav_command,
)
from autopilot.mission.storage import MissionStorage
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.services.mission.texts import about_skipped
from tests.fakes.recording_executor import do, mission, wp


@pytest.mark.parametrize(("command", "nav"), [(0, True), (16, True), (95, True), (96, False), (178, False)])
def test_is_nav_command_and_location_are_the_seeds(command: int, nav: bool) -> None:
    """Both helpers split at 95 and know no exception."""
    assert is_nav_command(command) is nav
    assert cmd_has_location(command) is nav


@pytest.mark.parametrize("command", [213, 42702, 42703])
def test_three_more_commands_drive_navigation(command: int) -> None:
    """ArduPilot's additions take the NAV slot, although the seed calls them DO."""
    assert drives_navigation(command)
    assert not is_nav_command(command)


def test_position_table_corrects_the_seeds_helper() -> None:
    """Set home and regions of interest have a position, RTL and delay have none."""
    assert all(has_position(command) for command in (16, 21, 22, 179, 189, 195, 201, 5001, 5100))
    assert not any(has_position(command) for command in (20, 93, 112, 177, 178, 197, 207, 600))


def test_who_has_a_position_is_mavlinks_and_ardupilots() -> None:
    """MAVLink's `hasLocation`, and three more that ArduPilot keeps a place for (AP_Mission `stored_in_location`)."""
    located = {number for number, entry in dialect.enums["MAV_CMD"].items() if entry.has_location}
    known = KNOWN_COMMANDS | FENCE_COMMANDS | RALLY_COMMANDS
    assert {command for command in known if has_position(command)} == (located & known) | {30, 92, 191}


def test_every_known_command_has_a_name_to_announce() -> None:
    """ArduPilot's simulator panics on an item without a name; ours shows "?" for unknown ones only."""
    assert [command for command in KNOWN_COMMANDS if command_name(command) == "?"] == []
    assert command_name(9999) == "?"
    assert [command_name(c) for c in (16, 22, 82, 20, 112)] == ["WP", "Takeoff", "SplineWP", "RTL", "CondDelay"]


def test_only_numbers_that_mavlink_has_are_given_a_name() -> None:
    """A number that is none of MAV_CMD would be a mistake of the table."""
    named = {command for command in range(70_000) if command_name(command) != "?"}
    assert named <= set(dialect.enums["MAV_CMD"])


def test_copter_and_rover_differ_as_the_table_says() -> None:
    """Splines, takeoffs, landings, placing, yaw, a parachute: the copter; reverse: the rover; 30, 193: nobody."""
    only_copter = [
        c for c in Cmd if vehicle_class("copter").carries_out(c) and not vehicle_class("rover").carries_out(c)
    ]
    only_rover = [
        c for c in Cmd if vehicle_class("rover").carries_out(c) and not vehicle_class("copter").carries_out(c)
    ]
    assert sorted(only_copter) == [21, 22, 31, 82, 84, 85, 94, 115, 208]
    assert sorted(only_rover) == [194]
    assert not any(vehicle_class(kind).carries_out(c) for kind in ("copter", "rover") for c in (30, 83, 193, 530, 2000))


def skipped(kind: str, storage: MissionStorage, *fitted: str) -> list[int]:
    """Numbers of the items of which an upload says that they will be skipped."""
    texts = about_skipped(vehicle_class(kind), storage.items(), lambda name: float(name in fitted))
    return [int(text.split()[1]) for text in texts]


def test_the_items_that_will_be_skipped() -> None:
    """For the text at upload."""
    storage = mission(wp(), do(193), do(194), do(82))
    assert skipped("copter", storage) == [2, 3]
    assert skipped("rover", storage) == [2, 4]


def test_what_is_fitted_does_its_items() -> None:
    """A gimbal is, where MNT1_TYPE is not 0."""
    storage = mission(wp(), do(205), do(1000), do(193))
    assert skipped("copter", storage) == [2, 3, 4]
    assert skipped("copter", storage, "MNT1_TYPE") == [4]


def test_capable_commands_are_known() -> None:
    """Nothing is flown that an upload would refuse."""
    assert [c for c in range(70000) if vehicle_class("copter").carries_out(c) and c not in KNOWN_COMMANDS] == []
