"""Standard modes: what is listed, what DO_SET_STANDARD_MODE enters, what CURRENT_MODE tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, ModeProperty, Result, StandardMode
from autopilot.modes.mode import Mode
from autopilot.vehicles.kinds import KINDS
from autopilot.vehicles.mode_table import ModeSpec
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.modes import ListedMode, ModeService
from mavlink_bridge.services.modes.service import AVAILABLE_MODES
from mavlink_bridge.wire.codec import dialect
from sortie import Session
from tests.fakes.command_bench import NOW, CommandBench, result_of

HOME = GeoPoint(-35.363261, 149.165230, 584.0)


class Three:
    """Three modes, one of them standard, one unnameable."""

    standard: Mapping[StandardMode, int] = {StandardMode.LAND: 9}

    def __init__(self) -> None:
        self.entered: list[tuple[int, int]] = []
        self.outcome = ACCEPTED

    def listed(self) -> Sequence[ListedMode]:
        return [ListedMode(3, "AUTO"), ListedMode(9, "Land", StandardMode.LAND), ListedMode(2**32 - 1, "é" * 40)]

    def enter(self, number: int, now_ms: int) -> Outcome:
        self.entered.append((number, now_ms))
        return self.outcome


class Bench(CommandBench):
    """With the service on three modes."""

    def __init__(self) -> None:
        super().__init__()
        self.modes = Three()
        self.answers: dict[int, Callable[[float], Sequence[Message]]] = {}
        ModeService(self.modes, self.service, self.answers)

    def listed(self, index: float) -> list[Any]:
        return list(self.answers[AVAILABLE_MODES](index))

    def set(self, standard: float) -> Result:
        return result_of(self.long(Cmd.DO_SET_STANDARD_MODE, standard))


def test_each_index_is_one_mode_and_zero_is_all() -> None:
    """Indices from 1; nothing for one that is no mode's or no whole number; a name is cut to what the field holds."""
    bench = Bench()
    assert [(one.mode_index, one.number_modes, one.custom_mode, one.standard_mode) for one in bench.listed(0.0)] == [
        (1, 3, 3, 0),
        (2, 3, 9, 7),
        (3, 3, 2**32 - 1, 0),
    ]
    assert [one.mode_name for one in bench.listed(1.0)] == ["AUTO"]
    assert [one.mode_name for one in bench.listed(2.0)] == [""], "stations have names for standard modes"
    assert bench.listed(3.0)[0].mode_name == "?" * 34
    assert not [one for index in (-1.0, 1.5, 4.0, float("nan")) for one in bench.listed(index)]


def test_a_standard_mode_is_entered() -> None:
    """Once, at the vehicle's time; a refusal of the mode is the answer's."""
    bench = Bench()
    assert bench.set(StandardMode.LAND) is Result.ACCEPTED
    assert bench.modes.entered == [(9, NOW)]
    bench = Bench()
    bench.modes.outcome = Outcome(Result.FAILED, "no")
    assert bench.set(StandardMode.LAND) is Result.FAILED


@pytest.mark.parametrize("asked", [0.0, 9.0, -1.0, 1.5, float("nan"), float("inf")])
def test_what_is_no_standard_mode_is_denied(asked: float) -> None:
    """Nothing is entered."""
    bench = Bench()
    assert bench.set(asked) is Result.DENIED
    assert bench.modes.entered == []


@pytest.mark.parametrize("asked", [mode for mode in StandardMode if mode not in (0, StandardMode.LAND)])
def test_what_the_vehicle_does_not_have_is_unsupported(asked: StandardMode) -> None:
    """None of its modes means that."""
    bench = Bench()
    assert bench.set(asked) is Result.UNSUPPORTED
    assert bench.modes.entered == []


def test_standard_modes_are_all_of_mavlinks() -> None:
    """None more and none less."""
    names = {
        number: entry.name.removeprefix("MAV_STANDARD_MODE_")
        for number, entry in dialect.enums["MAV_STANDARD_MODE"].items()
    }
    assert {int(one): one.name for one in StandardMode} == {n: name for n, name in names.items() if name != "ENUM_END"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_means_a_standard_mode_can_be_flown(kind: str) -> None:
    """Every kind returns and flies missions."""
    modes = KINDS[kind].modes
    assert set(modes.standard.values()) <= set(modes.specs)
    assert {StandardMode.SAFE_RECOVERY, StandardMode.MISSION} <= set(modes.standard)
    assert StandardMode.NON_STANDARD not in modes.standard


def long(number: int, *params: float) -> Any:
    return dialect.MAVLink_command_long_message(1, 1, number, 0, *params, *[0.0] * (7 - len(params)))


def test_an_ardupilot_lists_none_as_standard_and_enters_what_means_it() -> None:
    """As ArduPilot lists them; DO_SET_STANDARD_MODE of ALTITUDE_HOLD is ALT_HOLD, of CRUISE nothing."""
    with Session(home=HOME) as session:
        link = session.connect()
        link.send(long(Cmd.REQUEST_MESSAGE, AVAILABLE_MODES, 0))
        assert {one.standard_mode for one in link.messages("AVAILABLE_MODES")} == {0}
        link.send(long(Cmd.DO_SET_STANDARD_MODE, StandardMode.ALTITUDE_HOLD))
        assert link.receive("COMMAND_ACK", where=lambda one: one.command == 262).result == Result.ACCEPTED
        assert session.state.mode == "ALT_HOLD"
        link.send(long(Cmd.DO_SET_STANDARD_MODE, StandardMode.CRUISE))
        assert link.receive("COMMAND_ACK", where=lambda one: one.command == 262).result == Result.UNSUPPORTED


def test_a_px4_lists_its_own_and_tells_the_present_one_as_standard() -> None:
    """Altitude is 4, set as such and told so by CURRENT_MODE."""
    with Session(home=HOME, firmware="px4") as session:
        link = session.connect()
        link.send(long(Cmd.DO_SET_STANDARD_MODE, StandardMode.ALTITUDE_HOLD))
        assert link.receive("COMMAND_ACK", where=lambda one: one.command == 262).result == Result.ACCEPTED
        link.messages()
        link.send(long(Cmd.REQUEST_MESSAGE, 436))
        mode = link.receive("CURRENT_MODE")
        assert (mode.standard_mode, mode.custom_mode) == (StandardMode.ALTITUDE_HOLD, 2 << 16)


_PX4 = [  # PX4 1.16's: custom_mode, standard mode of a copter and of a rover, name, advanced
    ((1, 0), 0, 0, "Manual", 1), ((2, 0), 4, 0, "Altitude", 0), ((3, 0), 1, 0, "Position", 0),
    ((4, 4), 6, 6, "Mission", 1), ((4, 3), 0, 0, "Hold", 1), ((4, 5), 5, 5, "Return", 1),
    ((3, 2), 0, 0, "Position Slow", 1), ((5, 0), 0, 0, "Acro", 1), ((10, 0), 0, 0, "Termination", 1),
    ((6, 0), 0, 0, "Offboard", 1), ((7, 0), 0, 0, "Stabilized", 1), ((4, 2), 8, 8, "Takeoff", 1),
    ((4, 6), 7, 7, "Land", 1), ((4, 8), 0, 0, "Follow Target", 1), ((4, 9), 0, 0, "Precision Landing", 1),
    ((3, 1), 2, 0, "Orbit", 1), ((4, 10), 0, 0, "VTOL Takeoff", 1),
    *(((4, sub), 0, 0, "(Mode not available)", 0) for sub in range(11, 19)),
]  # fmt: skip
_NOT_FLOWN = {
    "sim:copter": {"Manual", "Position Slow", "Termination", "VTOL Takeoff", "(Mode not available)"},
    "sim:rover": {"Altitude", "Position Slow", "Termination", "Takeoff", "Land", "Follow Target", "Precision Landing",
                  "Orbit", "VTOL Takeoff", "(Mode not available)"},
}  # fmt: skip


@pytest.mark.parametrize("kind", _NOT_FLOWN)
def test_a_px4_lists_what_px4_lists(kind: str) -> None:
    """All 25 in its order, with its properties; standard modes without a name; what is not flown here cannot be
    chosen, and a rover has fewer standard modes."""
    with Session(kind, home=HOME, firmware="px4") as session:
        link = session.connect()
        link.send(long(Cmd.REQUEST_MESSAGE, AVAILABLE_MODES, 0))
        listed = link.messages("AVAILABLE_MODES")
    told = [(one.custom_mode, one.standard_mode, one.mode_name, one.properties) for one in listed]
    expected = []
    for (main, sub), flying, driving, name, advanced in _PX4:
        standard = flying if kind == "sim:copter" else driving
        hidden = ModeProperty.NOT_USER_SELECTABLE if name in _NOT_FLOWN[kind] else 0
        expected.append((main << 16 | sub << 24, standard, "" if standard else name, advanced | hidden))
    assert told == expected


@pytest.mark.parametrize(
    ("kind", "position"), [("sim:plane", StandardMode.CRUISE), ("sim:quadplane", StandardMode.NON_STANDARD)]
)
def test_standard_modes_of_a_px4_with_wings(kind: str, position: StandardMode) -> None:
    """lib/modes/standard_modes.hpp: Position is CRUISE of a fixed wing alone."""
    with Session(kind, home=HOME, firmware="px4") as session:
        link = session.connect()
        link.send(long(Cmd.REQUEST_MESSAGE, AVAILABLE_MODES, 0))
        listed = {one.custom_mode >> 16: one.standard_mode for one in link.messages("AVAILABLE_MODES")}
        assert [listed[mode] for mode in (2, 3, 3 + 256)] == [StandardMode.ALTITUDE_HOLD, position, StandardMode.ORBIT]
        link.send(long(Cmd.DO_SET_STANDARD_MODE, StandardMode.CRUISE))
        answer = link.receive("COMMAND_ACK", where=lambda one: one.command == 262)
        assert (answer.result == Result.ACCEPTED) is bool(position)


def test_to_a_px4_modes_of_ones_own_are_external() -> None:
    """By their names, as the first of the eight that are free; chosen by number and shown; the monitor tells of it."""
    with Session(home=HOME, firmware="px4") as session:
        link = session.connect()
        before = link.receive("AVAILABLE_MODES_MONITOR").seq
        session.add_mode(ModeSpec(200, "FIND_IT"), Mode)
        session.add_mode(ModeSpec(150, "OTHER"), Mode)
        link.messages()
        assert link.receive("AVAILABLE_MODES_MONITOR").seq != before
        link.send(long(Cmd.REQUEST_MESSAGE, AVAILABLE_MODES, 0))
        listed = [(one.custom_mode, one.mode_name, one.properties) for one in link.messages("AVAILABLE_MODES")][-8:]
        assert listed[:3] == [
            (4 << 16 | 11 << 24, "FIND IT", 0),
            (4 << 16 | 12 << 24, "OTHER", 0),
            (4 << 16 | 13 << 24, "(Mode not available)", ModeProperty.NOT_USER_SELECTABLE),
        ]
        link.send(long(Cmd.DO_SET_MODE, 1, 4, 13))
        assert link.receive("COMMAND_ACK").result == Result.TEMPORARILY_REJECTED
        link.send(long(Cmd.DO_SET_MODE, 1, 4, 11))
        assert link.receive("COMMAND_ACK").result == Result.ACCEPTED
        assert session.state.mode == "FIND_IT"
        assert link.receive("HEARTBEAT").custom_mode == 4 << 16 | 11 << 24


def test_after_a_failsafe_the_wanted_mode_is_still_told() -> None:
    """CURRENT_MODE: RTL flies because the battery is low, AUTO's place was GUIDED's."""
    params = {"BATT_FS_LOW_ACT": 2.0, "BATT_LOW_VOLT": 10.8}
    with Session(home=HOME, params=params) as session:
        link = session.connect()
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(20.0)
        session.run_until(lambda s: s.state.height > 15.0)
        session.inject("battery.low")
        session.run_until(lambda s: s.state.mode == "RTL")
        link.messages()
        link.send(long(Cmd.REQUEST_MESSAGE, 436))
        mode = link.receive("CURRENT_MODE")
        assert (mode.custom_mode, mode.intended_custom_mode) == (6, 4)
        session.set_mode("LAND")
        link.messages()
        link.send(long(Cmd.REQUEST_MESSAGE, 436))
        assert link.receive("CURRENT_MODE").intended_custom_mode == 9
