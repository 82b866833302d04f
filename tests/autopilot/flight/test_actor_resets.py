"""RESET of each actor: what it holds is spoilt, that actor alone is asked, and one looks (seed 002, "Actor
Responsibilities")."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autopilot.flight.messages import Ask, Manner
from autopilot.interface import layout as L
from autopilot.interface.vehicle import ControlPart, Request
from sitl.kernel import layout as M
from sitl.vehicles import clearing
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.flight_bench import HANGING_MISSION, ROVER_MISSION, FlightBench

LOOPS = {
    "altitude": ControlPart.ALTITUDE,
    "position": ControlPart.POSITION,
    "attitude": ControlPart.ATTITUDE,
    "rate": ControlPart.RATE,
    "motor": ControlPart.MOTORS,
}
GARBAGE = 7.25


def copter() -> FlightBench:
    bench = FlightBench(vehicle=SimulatedCopter(ORIGIN, 0.0, 4), mission=HANGING_MISSION)
    bench.run(30.0, lambda: bench.core.prearm.ok)
    return bench


def reset(bench: FlightBench, actor: str) -> None:
    """RESET for one actor, as the flight manager asks."""
    kernel = bench.flights.kernel
    kernel.request("flight_manager", actor, Ask.RESET, Manner.GO, 1000)
    kernel.run(bench.now_ms, bench.flights.context.flags.read())


@pytest.mark.parametrize(("actor", "part"), LOOPS.items())
def test_a_loops_actor_clears_its_own_part_and_no_other(actor: str, part: ControlPart) -> None:
    """Integrators, demands, references; altitude its landing state, motor its outputs and start."""
    bench = copter()
    s = bench.vehicle._s
    for one in LOOPS.values():
        s[list(clearing.PARTS[one])] = GARBAGE
    reset(bench, actor)
    for one in LOOPS.values():
        spoilt = s[list(clearing.PARTS[one])] == GARBAGE
        assert not spoilt.any() if one is part else spoilt.all(), one


def test_sensor_calibrates_and_leaves_the_filters() -> None:
    """hal_calibrate: the gyros' biases are measured anew."""
    bench = copter()
    s = bench.vehicle._s
    s[L.S_BGX : L.S_BGZ + 1] = 0.05
    s[L.S_EPN] = 40.0
    reset(bench, "sensor")
    assert np.abs(s[L.S_BGX : L.S_BGZ + 1] - s[M.S_GBX : M.S_GBX + 3]).max() < 0.003
    assert s[L.S_EPN] == 40.0


@pytest.mark.parametrize(("manner", "own_checks"), [(Manner.PLAIN, True), (Manner.PLAIN, False), (Manner.GO, True)])
def test_a_plain_arm_leaves_a_controller_its_own_calibration(manner: Manner, own_checks: bool) -> None:
    """GO calibrates it too."""
    bench = FlightBench()
    asked: list[bool] = []
    bench.vehicle.calibrate = lambda: asked.append(True) or Request(ok=True, done=True)
    bench.vehicle.capabilities = replace(bench.vehicle.capabilities, own_checks=own_checks)
    kernel = bench.flights.kernel
    kernel.request("flight_manager", "sensor", Ask.RESET, manner, 1000)
    kernel.run(bench.now_ms, bench.flights.context.flags.read())
    assert asked == ([] if own_checks and manner is Manner.PLAIN else [True])


def test_estimator_begins_anew() -> None:
    bench = copter()
    s = bench.vehicle._s
    places = [L.S_EPN, L.S_EPD, L.S_EVN, L.S_BAZ, L.S_WEN, L.S_COV_H, L.S_COV_V, L.S_COV_Y, L.S_RATIO_VEL]
    s[places] = GARBAGE
    reset(bench, "estimator")
    assert not (s[places] == GARBAGE).any()
    assert abs(s[L.S_EPN] - s[M.S_GPS_N]) < 1e-9


def test_waypoint_goes_back_to_the_first_item() -> None:
    bench = copter()
    assert bench.core.mission_commands.set_current(2).ok
    reset(bench, "waypoint")
    assert bench.core.sequencer.current_nav_index() == 1


def test_altitude_forgets_that_it_was_stopping_a_rover() -> None:
    """A landing that was not finished would end the next flight as soon as the rover stands still."""
    bench = FlightBench("rover", mission=ROVER_MISSION)
    altitude = bench.flights.kernel._cells["altitude"].actor
    altitude._stopping = True  # type: ignore[attr-defined]
    reset(bench, "altitude")
    assert not altitude._stopping  # type: ignore[attr-defined]


def test_logger_begins_a_new_log() -> None:
    bench = copter()
    bench.logs.calls.clear()
    reset(bench, "logger")
    assert bench.logs.calls == [("reopen", bench.now_ms)]


def test_go_resets_every_part_before_it_arms() -> None:
    bench = FlightBench()
    assert bench.go().ok
    assert sorted(part.value for part in bench.vehicle.cleared) == sorted(part.value for part in ControlPart)


def test_motors_are_held_from_reset_to_start_and_from_stop_on() -> None:
    """On any vehicle: what its motor actor tells it."""
    bench = FlightBench(mission=HANGING_MISSION)
    bench.vehicle.motors_held = False
    reset(bench, "motor")
    assert ControlPart.MOTORS in bench.vehicle.cleared
    held: list[bool] = []
    bench.vehicle.hold_motors = held.append
    bench.go()
    bench.run(300.0, lambda: held == [False, True])
    assert held == [False, True]
    subjects = [entry.message.subject for entry in bench.trace if entry.message.to == "motor"]
    assert subjects.index("ARM") < subjects.index("START") < subjects.index("STOP") < subjects.index("DISARM")
