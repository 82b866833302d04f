"""One row for each mission command, and what is derived from it: dispatch, upload, abilities, the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from autopilot.mav import Cmd, Frame, MissionResult, MissionType
from autopilot.mission import commands
from autopilot.mission.commands import SPECS, Ability, CommandSpec, PayloadOutput, Slot, drives_navigation, is_do_item
from autopilot.mission.items import MissionItem
from autopilot.mission.validate import check_item
from autopilot.modes.auto_do import DO_ITEMS
from autopilot.modes.auto_nav import NAV_ITEMS
from autopilot.modes.payload import Payload
from autopilot.modes.wing_nav import WING_ITEMS
from autopilot.vehicles.kinds import BOAT, COPTER, KINDS, ROVER
from scripts.mission_items_page import table

PAGE = Path(__file__).parents[3] / "docs" / "mission-items.md"
ROWS = list(SPECS.values())


def those(*slots: Slot) -> list[CommandSpec]:
    """The rows of these slots that some vehicle carries out."""
    return [row for row in ROWS if row.slot in slots and row.needs is not None]


def test_what_some_vehicle_carries_out_has_a_hand_that_does_it() -> None:
    """AUTO's tables hold what the rows say, neither more nor less; outputs are the payload's."""
    waited_for = {row.command for row in those(Slot.NAV)} | {Cmd.DO_VTOL_TRANSITION}  # as a PX4
    assert set(NAV_ITEMS | WING_ITEMS) == waited_for
    assert set(DO_ITEMS) == {row.command for row in those(Slot.DO, Slot.CONDITION) if row.output is None}
    assert {c for c in range(70_000) if Payload.knows(c)} == {row.command for row in ROWS if row.output is not None}


def test_a_row_takes_the_slot_that_the_sequencer_gives_it() -> None:
    """The seed's rule for ids up to 95, ArduPilot's three beyond; jumps and marks are in no slot."""
    for row in ROWS:
        if row.plan is MissionType.MISSION:
            assert drives_navigation(row.command) is (row.slot is Slot.NAV)
            assert is_do_item(row.command) is (row.slot in (Slot.DO, Slot.CONDITION))


def test_parameters_stand_in_their_order() -> None:
    """1 to 4, each once; hold times are param1, in seconds."""
    for row in ROWS:
        numbers = [parameter.number for parameter in row.parameters]
        assert numbers == sorted(set(numbers) & {1, 2, 3, 4})
        assert not row.holds or (row.parameters[0].number, row.parameters[0].unit) == (1, "s")


@pytest.mark.parametrize(
    ("needs", "who"),
    [
        (Ability.ANY, KINDS),
        (Ability.HEIGHT, ["copter", "plane", "quadplane"]),
        (Ability.HOVER, ["copter"]),
        (Ability.STOP, ["copter", "rover", "boat"]),
        (Ability.WINGS, ["plane", "quadplane"]),
        (Ability.UPRIGHT, ["copter", "quadplane"]),
        (Ability.LIFT, ["quadplane"]),
        (Ability.NOSE, ["copter"]),
        (Ability.REVERSE, ["rover", "boat"]),
    ],
)
def test_who_carries_out_what_needs_an_ability(needs: Ability, who: list[str]) -> None:
    """A vehicle class answers by what it has; a row that needs nothing of them is done by nobody."""
    assert [name for name, kind in KINDS.items() if kind.has(needs)] == list(who)
    of_this = [row.command for row in ROWS if row.needs is needs]
    assert of_this and all(KINDS[name].carries_out(command) for name in who for command in of_this)
    nobodys = [row.command for row in ROWS if row.needs is None]
    assert not any(kind.carries_out(command) for kind in (COPTER, ROVER, BOAT) for command in nobodys)
    assert not COPTER.carries_out(Cmd.DO_SET_MODE)  # no row at all


@pytest.mark.parametrize("frame", range(22))
def test_a_place_has_a_frame_that_says_where(frame: int) -> None:
    """Global frames for every plan, MISSION for missions only; without a place the frame does not matter."""
    known = {0, 3, 5, 6, 10, 11}
    judged = {
        kind: check_item(MissionItem(command, frame, param1=1.0, param2=1.0), kind, 3).ok
        for kind, command in (
            (MissionType.MISSION, Cmd.NAV_WAYPOINT),
            (MissionType.FENCE, Cmd.NAV_FENCE_CIRCLE_INCLUSION),
            (MissionType.RALLY, Cmd.NAV_RALLY_POINT),
        )
    }
    elsewhere = frame in known
    assert judged == {0: elsewhere or frame == Frame.MISSION, 1: elsewhere, 2: elsewhere}
    assert check_item(MissionItem(Cmd.DO_CHANGE_SPEED, frame, 1.0, 1.0), MissionType.MISSION, 3).ok


def test_a_value_above_the_rows_limit_is_refused() -> None:
    """The vertices of a polygon are counted in eight bits."""
    vertex = Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION
    assert check_item(MissionItem(vertex, Frame.GLOBAL, 255.0), MissionType.FENCE, 256).ok
    verdict = check_item(MissionItem(vertex, Frame.GLOBAL, 256.0), MissionType.FENCE, 256)
    assert (verdict.result, verdict.text) == (MissionResult.INVALID_PARAM1, "256 vertices, at most 255")


def test_only_what_is_recorded_or_set_is_a_payload() -> None:
    """Servos and relays are set by every vehicle, a parachute by those that may fall, a sprayer and a winch by those
    that have one; a camera's items are recorded whoever flies them."""
    assert {row.command for row in ROWS if row.output is PayloadOutput.SET} == {
        Cmd.DO_SET_SERVO,
        Cmd.DO_SET_RELAY,
        Cmd.DO_REPEAT_SERVO,
        Cmd.DO_REPEAT_RELAY,
        Cmd.DO_PARACHUTE,
        Cmd.DO_ENGINE_CONTROL,
        Cmd.DO_SPRAYER,
        Cmd.DO_WINCH,
    }
    needs = {row.command: row.needs for row in ROWS if row.output is PayloadOutput.SET and not row.fitted_by}
    assert needs.pop(Cmd.DO_PARACHUTE) is Ability.HEIGHT
    assert set(needs.values()) == {Ability.ANY}


def test_the_page_is_the_table() -> None:
    """docs/mission-items.md is generated: `python -m scripts.mission_items_page` prints what belongs into it."""
    assert table() in PAGE.read_text()


def test_a_command_of_ones_own_is_found_and_numbers_are_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an installed package: up to 95 NAV, beyond as it says; none that a vehicle here carries out, and not 0."""
    monkeypatch.setattr(commands, "_SPECS", dict(SPECS))
    monkeypatch.setattr(commands, "SPECS", commands._SPECS)
    for name in ("_BEYOND_NAV_LAST", "_WITH_PLACE"):
        monkeypatch.setattr(commands, name, set(getattr(commands, name)))
    own = CommandSpec(31_000, "Own", Slot.DO, Ability.ANY, place=True)  # type: ignore[arg-type]
    commands.add_own(own)
    assert commands.spec_of(31_000) is own
    assert own.plan is MissionType.MISSION
    for number, slot in ((0, Slot.NAV), (70, Slot.DO), (16, Slot.NAV), (70_000, Slot.DO)):
        with pytest.raises(ValueError, match="mission command"):
            commands.add_own(CommandSpec(number, "Own", slot, Ability.ANY))  # type: ignore[arg-type]


def test_fences_and_rally_points_are_no_mission_items() -> None:
    """Which plan holds a command."""
    held = {plan: {row.command for row in ROWS if row.plan is plan} for plan in MissionType}
    assert held[MissionType.RALLY] == {Cmd.NAV_RALLY_POINT}
    assert Cmd.NAV_FENCE_RETURN_POINT in held[MissionType.FENCE]
    assert Cmd.NAV_WAYPOINT in held[MissionType.MISSION]
