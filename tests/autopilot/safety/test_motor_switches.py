"""Emergency stop, interlock and safety switch of a simulated vehicle."""

from __future__ import annotations

from autopilot.interface import report as R
from autopilot.interface.targets import Sticks
from autopilot.mav import Sensor
from autopilot.modes.auxiliary import (
    HIGH,
    LOW,
    MIDDLE,
    MOTOR_INTERLOCK,
    MOTOR_STOP,
    PRECISION_LOITER,
    PROXIMITY_AVOIDANCE,
)
from sitl.vehicles.rover import SimulatedRover
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import ground_speed, height, in_air, ready


def motors(bench: Bench) -> list[float]:
    report = bench.vehicle.state.report
    return [float(report[R.SERVO_1 + n]) for n in range(4)]


def test_an_emergency_stop_in_the_air_lets_it_fall_and_its_release_catches_it() -> None:
    bench = in_air(60.0)
    bench.core.auxiliary.act(MOTOR_STOP, HIGH)
    bench.run(1.0)
    assert motors(bench) == [1000.0] * 4
    assert bench.core.facts.armed
    bench.core.auxiliary.act(MOTOR_STOP, LOW)
    bench.run(20.0)
    assert bench.core.facts.armed
    assert 5.0 < height(bench) < 62.0
    assert abs(float(bench.vehicle.state.report[R.TRUE_VD])) < 0.5


def test_a_copter_whose_motors_stay_stopped_is_disarmed_after_half_of_its_delay() -> None:
    """In the pass in which that is over, as ArduCopter's auto_disarm_check."""
    bench = in_air(10.0, DISARM_DELAY=4)
    bench.core.auxiliary.act(MOTOR_STOP, HIGH)
    bench.run(1.98)
    assert bench.core.facts.armed
    bench.run(0.02)
    assert not bench.core.facts.armed


def test_the_interlock_lets_the_motors_turn_but_not_arm() -> None:
    bench = ready(RC8_OPTION=32, DISARM_DELAY=0)
    bench.core.auxiliary.act(MOTOR_INTERLOCK, HIGH)
    assert bench.core.arming.arm(bench.now_ms).reason == "Motor Interlock Enabled"
    bench.core.auxiliary.act(MOTOR_INTERLOCK, LOW)
    bench.arm()
    bench.run(2.0)
    assert motors(bench) == [1000.0] * 4
    bench.core.auxiliary.act(MOTOR_INTERLOCK, HIGH)
    bench.run(2.0)
    assert min(motors(bench)) > 1000.0


def test_the_middle_of_the_interlock_lets_the_motors_turn_too() -> None:
    """As in ArduCopter's do_aux_function; on a switch with three positions it stopped them in flight."""
    bench = ready(RC8_OPTION=32)
    bench.arm()
    bench.core.auxiliary.act(MOTOR_INTERLOCK, HIGH)
    bench.run(2.0)
    bench.core.auxiliary.act(MOTOR_INTERLOCK, MIDDLE)
    bench.run(2.0)
    assert min(motors(bench)) > 1000.0


def test_the_middle_of_other_switches_changes_nothing() -> None:
    """Precision loiter, and keeping off objects (RC_Channel.cpp, do_aux_function_avoid_proximity)."""
    bench = Bench()
    for function, is_on in (
        (PRECISION_LOITER, lambda: bench.core.precision.loiters),
        (PROXIMITY_AVOIDANCE, lambda: bench.core.proximity.kept_off),
    ):
        for end in (LOW, HIGH):
            bench.core.auxiliary.act(function, end)
            bench.core.auxiliary.act(function, MIDDLE)
            assert is_on() is (end == HIGH)


def test_each_arming_with_stopped_motors_has_the_whole_time() -> None:
    """Half of DISARM_DELAY counts from this arming, not from when the motors were stopped in the one before."""
    bench = Bench(parameters={"RC8_OPTION": 32, "DISARM_DELAY": 4})
    for _ in range(2):
        bench.arm()
        bench.run(1.9)
        assert bench.core.facts.armed
        bench.run(0.2)
        assert not bench.core.facts.armed


def test_without_a_switch_for_it_the_interlock_holds_nothing() -> None:
    bench = ready()
    bench.core.auxiliary.act(MOTOR_INTERLOCK, LOW)
    bench.arm()
    bench.run(2.0)
    assert min(motors(bench)) > 1000.0


def test_the_safety_switch_takes_the_pulses_and_stops_a_rover_that_drives() -> None:
    bench = Bench("rover", vehicle=SimulatedRover(ORIGIN, 0.0, 7), parameters={"RC_OVERRIDE_TIME": 100.0})
    bench.run(20.0, lambda: bench.core.prearm.ok)
    assert bench.core.modes.set(0, bench.now_ms).ok
    bench.arm()
    bench.core.sticks.move(Sticks(throttle=0.7), bench.now_ms)
    bench.run(5.0)
    assert ground_speed(bench) > 3.0
    bench.core.vehicle_arming.switches.secure(True)
    bench.run(5.0)
    assert ground_speed(bench) < 0.1
    assert motors(bench)[2] == 0.0
    assert not bench.core.status.sensors_enabled & Sensor.MOTOR_OUTPUTS
    assert [reason.text for reason in bench.core.prearm.reasons()] == ["Hardware safety switch"]
    bench.core.vehicle_arming.switches.secure(False)
    bench.run(5.0)
    assert ground_speed(bench) > 3.0
