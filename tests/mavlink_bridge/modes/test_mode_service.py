"""Standard modes: what is listed, what DO_SET_STANDARD_MODE enters, what CURRENT_MODE tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from autopilot.geo import GeoPoint
from autopilot.mav import Cmd, Result, StandardMode
from autopilot.result import ACCEPTED, Outcome
from autopilot.vehicles.kinds import KINDS
from mavlink_bridge.codec import dialect
from mavlink_bridge.services.base import Message
from mavlink_bridge.services.modes import ListedMode, ModeService
from mavlink_bridge.services.modes.service import AVAILABLE_MODES
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
        (1, 3, 3, 0), (2, 3, 9, 7), (3, 3, 2**32 - 1, 0),
    ]  # fmt: skip
    assert [one.mode_name for one in bench.listed(2.0)] == ["Land"]
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
    names = {number: entry.name.removeprefix("MAV_STANDARD_MODE_")
             for number, entry in dialect.enums["MAV_STANDARD_MODE"].items()}  # fmt: skip
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
