"""Relays on pins and the gripper: what orders do to SIM_PIN_MASK and to servo outputs, and what is said."""

from __future__ import annotations

import pytest

from autopilot.context.events import PayloadAction
from autopilot.mav import Cmd, Result
from autopilot.modes.outputs import relay_status
from tests.fakes.core_bench import Bench, item, takeoff, waypoint

SET_RELAY, REPEAT_RELAY, DO_GRIPPER = 181, 182, 211
RELEASE, GRAB = 0.0, 1.0
SERVO_GRIPPER = {"GRIP_ENABLE": 1, "GRIP_TYPE": 1, "SERVO6_FUNCTION": 28}


def relay(bench: Bench, number: float, on: float) -> float:
    assert bench.core.payload.command(SET_RELAY, (number, on), bench.now_ms).ok
    return bench.parameters["SIM_PIN_MASK"]


def test_a_relay_with_a_function_switches_its_pin() -> None:
    """RELAY1_PIN is 13; relay 2 has no pin by default, and is recorded."""
    bench = Bench(parameters={"RELAY1_FUNCTION": 1, "RELAY2_FUNCTION": 1})
    assert relay(bench, 0, 1) == 1 << 13
    assert relay(bench, 1, 1) == 1 << 13
    assert relay_status(bench.core.facts) == (1, 1)
    assert relay(bench, 0, 0) == 0
    assert relay_status(bench.core.facts) == (0, 1)
    assert len(bench.events(PayloadAction)) == 3


def test_pins_are_told_apart() -> None:
    bench = Bench(parameters={"RELAY1_FUNCTION": 1, "RELAY3_FUNCTION": 1, "RELAY3_PIN": 2})
    relay(bench, 0, 1)
    assert relay(bench, 2, 1) == 1 << 13 | 1 << 2
    assert relay(bench, 0, 0) == 1 << 2
    assert relay_status(bench.core.facts) == (4, 5)


def test_a_relay_without_a_function_has_no_pin() -> None:
    bench = Bench()
    assert relay(bench, 0, 1) == 0
    assert relay_status(bench.core.facts) == (0, 0)


@pytest.mark.parametrize(("default", "mask"), [(0, 0), (1, 1 << 13), (2, 1 << 13)])
def test_what_a_relay_is_at_first(default: int, mask: int) -> None:
    """RELAYn_DEFAULT 2 leaves the pin as it is."""
    bench = Bench(parameters={"RELAY1_FUNCTION": 1, "RELAY1_DEFAULT": default, "SIM_PIN_MASK": 1 << 13})
    assert bench.parameters["SIM_PIN_MASK"] == mask


def test_a_repeat_toggles_the_pin() -> None:
    bench = Bench(parameters={"RELAY1_FUNCTION": 1})
    assert bench.core.payload.command(REPEAT_RELAY, (0.0, 2.0, 1.0), bench.now_ms).ok
    seen = []
    for _ in range(5):
        seen.append(bench.parameters["SIM_PIN_MASK"] != 0)
        bench.run(0.5)
    assert seen == [True, False, True, False, False]


def gripper(bench: Bench, action: float) -> list[str]:
    """What is said of it."""
    before = len(bench.texts)
    assert bench.core.payload.command(DO_GRIPPER, (1.0, action), bench.now_ms).ok
    return bench.texts[before:]


def test_a_gripper_is_neutral_until_its_first_order() -> None:
    bench = Bench(parameters=SERVO_GRIPPER)
    assert bench.vehicle.outputs == [(6, 1500.0)]
    assert gripper(bench, GRAB) == ["Gripper load grabbing"]
    assert bench.vehicle.outputs[-1] == (6, 1900.0)


def test_it_is_done_half_a_second_later() -> None:
    """An order that is being carried out is not begun anew; what is done is said again, and moves nothing."""
    bench = Bench(parameters=SERVO_GRIPPER | {"GRIP_RELEASE": 1050})
    gripper(bench, GRAB)
    bench.run(0.4)
    assert gripper(bench, GRAB) == []
    bench.run(0.2)
    assert bench.texts[-1] == "Gripper load grabbed"
    assert gripper(bench, GRAB) == ["Gripper load grabbed"]
    assert gripper(bench, RELEASE) == ["Gripper load releasing"]
    bench.run(1.0)
    assert gripper(bench, RELEASE) == ["Gripper load released"]
    assert bench.vehicle.outputs == [(6, 1500.0), (6, 1900.0), (6, 1050.0)]


def test_it_closes_by_itself() -> None:
    """GRIP_AUTOCLOSE, counted from the order."""
    bench = Bench(parameters=SERVO_GRIPPER | {"GRIP_AUTOCLOSE": 3})
    gripper(bench, RELEASE)
    bench.run(2.98)
    assert bench.vehicle.outputs[-1] == (6, 1100.0)
    bench.run(0.04)
    assert bench.vehicle.outputs[-1] == (6, 1900.0)


def test_an_order_that_there_is_not_is_refused() -> None:
    bench = Bench(parameters=SERVO_GRIPPER)
    assert bench.core.payload.command(DO_GRIPPER, (1.0, 2.0), bench.now_ms).result is Result.FAILED
    assert bench.vehicle.outputs == [(6, 1500.0)]


def test_a_switch_and_a_mission_work_it() -> None:
    """RCn_OPTION 19: low releases, high grabs, the middle does nothing."""
    bench = Bench(parameters=SERVO_GRIPPER)
    for position in (0, 1, 2):
        assert bench.core.auxiliary.act(19, position).ok
    assert [pulse for _, pulse in bench.vehicle.outputs] == [1500.0, 1100.0, 1900.0]
    bench.begin([takeoff(), item(DO_GRIPPER, param1=1.0, param2=RELEASE), waypoint(30, 0)])
    bench.run(60.0, lambda: bench.vehicle.outputs[-1] == (6, 1100.0))
    assert [text for text in bench.texts if "Gripper" in text][-2:] == ["Gripper load releasing", "Gripper Released"]
    assert not any("skipped" in text for text in bench.texts)


def test_without_one_it_is_recorded() -> None:
    bench = Bench(parameters={"SERVO6_FUNCTION": 28})
    assert gripper(bench, GRAB) == []
    assert bench.vehicle.outputs == [] and bench.events(PayloadAction)


@pytest.mark.parametrize(("channel", "takes"), [(5, False), (8, False), (9, True)])
def test_the_outputs_of_lift_motors_are_no_free_ones(channel: int, takes: bool) -> None:
    """SERVO5_FUNCTION to SERVO8_FUNCTION of a quadplane are 33 to 36, as ArduPlane sets them (AirMode of its tests)."""
    bench = Bench("quadplane")
    assert bench.parameters[f"SERVO{channel}_FUNCTION"] == (0.0 if takes else 28.0 + channel)
    assert bench.core.payload.command(Cmd.DO_SET_SERVO, (channel, 1700.0), bench.now_ms).ok is takes
