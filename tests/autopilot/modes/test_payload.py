"""Servos, relays, cameras as commands."""

from __future__ import annotations

import pytest

from autopilot.context.events import PayloadAction
from autopilot.mav import Result
from tests.fakes.core_bench import Bench, item, waypoint


def test_a_servo_moves_at_once() -> None:
    bench = Bench()
    assert bench.core.payload.command(183, (7.0, 1320.0), bench.now_ms).ok
    assert bench.vehicle.outputs == [(7, 1320.0)]
    assert bench.events(PayloadAction) == [PayloadAction(183, (7.0, 1320.0))]


@pytest.mark.parametrize(
    ("command", "params"),
    [
        (183, (0.0, 1500.0)),
        (183, (33.0, 1500.0)),
        (181, (16.0, 1.0)),
        (184, (5.0, 1500.0, 0.0, 1.0)),
        (182, (1.0, 3.0, 0.0)),
    ],
)
def test_an_output_or_cycle_that_does_not_exist_is_refused(command: int, params: tuple[float, ...]) -> None:
    bench = Bench()
    assert bench.core.payload.command(command, params, bench.now_ms).result is Result.FAILED
    assert bench.vehicle.outputs == []


@pytest.mark.parametrize(("command", "params"), [(183, (1.0, 1500.0)), (184, (1.0, 1900.0, 2.0, 1.0))])
def test_an_output_of_a_motor_is_refused_and_a_repeat_goes_on(command: int, params: tuple[float, ...]) -> None:
    """As ArduPilot (AP_ServoRelayEvents.cpp): the text is sent once, and the repeat that runs is not replaced."""
    bench = Bench(parameters={"SERVO1_FUNCTION": 33})
    bench.core.payload.command(184, (7.0, 1900.0, 2.0, 2.0), bench.now_ms)
    assert bench.core.payload.command(command, params, bench.now_ms).result is Result.FAILED
    bench.run(10.0)
    assert bench.texts.count("ServoRelayEvent: Channel 1 is already in use") == 1
    assert bench.vehicle.outputs == [(7, 1900.0), (7, 1500.0)] * 2


def test_what_is_no_payload_command_is_unsupported() -> None:
    bench = Bench()
    assert bench.core.payload.command(16, (), bench.now_ms).result is Result.UNSUPPORTED


def test_a_new_repeat_replaces_the_old_one() -> None:
    bench = Bench()
    bench.core.payload.command(184, (7.0, 1900.0, 5.0, 2.0), bench.now_ms)
    bench.run(1.5)
    bench.core.payload.command(184, (8.0, 1100.0, 1.0, 2.0), bench.now_ms)
    bench.run(20.0)
    assert bench.vehicle.outputs == [(7, 1900.0), (7, 1500.0), (8, 1100.0), (8, 1500.0)]


def test_a_repeat_is_half_a_cycle_here_and_half_a_cycle_there() -> None:
    bench = Bench()
    bench.core.payload.command(184, (7.0, 1900.0, 2.0, 3.0), bench.now_ms)
    bench.collect()
    bench.run(10.0)
    moments = [when for when, event in bench.log if isinstance(event, PayloadAction)]
    assert [moment - moments[0] for moment in moments] == [0, 1500, 3000, 4500]


def test_a_magnet_has_its_pulse_for_half_a_second() -> None:
    """GRIP_TYPE 2 (EPM); told twice it grabs twice."""
    bench = Bench(parameters={"GRIP_ENABLE": 1, "GRIP_TYPE": 2, "SERVO9_FUNCTION": 28})
    for _ in range(2):
        bench.core.payload.command(211, (1.0, 1.0), bench.now_ms)
        bench.run(0.4)
        assert bench.vehicle.outputs[-1] == (9, 1900.0)
        bench.run(0.2)
        assert bench.vehicle.outputs[-1] == (9, 1500.0)
    assert bench.texts.count("Gripper load grabbing") == 2


def test_a_mission_says_what_a_gripper_did_whether_there_is_one_or_not() -> None:
    """As ArduPilot (AP_Mission_Commands.cpp, start_command_do_gripper)."""
    bench = Bench("rover")
    bench.begin([item(211, param2=1.0), item(211, param2=0.0), waypoint(5.0, 0.0)])
    bench.run(2.0)
    assert [text for text in bench.texts if text.startswith("Gripper")] == ["Gripper Grabbed", "Gripper Released"]


@pytest.mark.parametrize("command", [203, 206, 211, 2000, 2500])
def test_cameras_and_grippers_are_recorded(command: int) -> None:
    bench = Bench()
    assert bench.core.payload.command(command, (1.0, 2.0), bench.now_ms).ok
    assert bench.events(PayloadAction) == [PayloadAction(command, (1.0, 2.0))]
