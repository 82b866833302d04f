"""DO_MOTOR_TEST turns the motors that it names, one after the other, on a simulated copter that is disarmed."""

from __future__ import annotations

from math import nan

import pytest

from autopilot.interface import report as R
from autopilot.mav import Cmd, MotorTestThrottle
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.setup.motors import MotorTest
from mavlink_bridge.wire.codec import dialect
from sitl.vehicles.kinds import make_simulated
from sortie import Session
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import ready
from tests.fakes.station_plan import HOME

STILL = [1000.0] * 4


def command(first: int, kind: int, throttle: float, seconds: float, count: int) -> Command:
    return Command(Cmd.DO_MOTOR_TEST, (first, kind, throttle, seconds, count, nan, nan), 0, Peer(1, 255, 190))


def pulses(bench: Bench) -> list[float]:
    bench.run(0.1)
    return [round(float(pulse)) for pulse in bench.vehicle.state.report[R.SERVO_1 : R.SERVO_1 + 4]]


@pytest.mark.parametrize(("frame", "outputs"), [(0, (1, 4)), (1, (4, 2))])
def test_motors_turn_one_after_the_other_with_a_pause(frame: int, outputs: tuple[int, int]) -> None:
    bench = ready(FRAME_TYPE=frame)
    test = MotorTest(bench.core.facts)
    assert test.begin(command(2, MotorTestThrottle.PWM, 1300, 2.0, 2), 0).ok
    seen = []
    for now_ms in (0, 2000, 3000, 5000):
        ended = test.advance(now_ms)
        seen.append((pulses(bench), ended, test.next_deadline_ms()))
    first, second = ([1300.0 if n == output else 1000.0 for n in range(1, 5)] for output in outputs)
    assert seen == [(first, False, 2000), (STILL, False, 3000), (second, False, 5000), (STILL, True, None)]


def test_percent_is_of_the_range_of_pulses() -> None:
    bench = ready(MOT_PWM_MIN=1100, MOT_PWM_MAX=1900)
    test = MotorTest(bench.core.facts)
    assert test.begin(command(1, MotorTestThrottle.PERCENT, 50, 1.0, 1), 0).ok
    assert pulses(bench)[0] == 1500.0


def test_a_quadplane_knows_whole_percents() -> None:
    """As ArduPlane (motor_test.cpp)."""
    bench = Bench("quadplane", vehicle=make_simulated("quadplane", ORIGIN, 0.0, 1))
    bench.run(30.0)
    test = MotorTest(bench.core.facts)
    assert test.begin(command(1, MotorTestThrottle.PERCENT, 90.1, 1.0, 1), 0).ok
    bench.run(0.1)
    assert max(float(bench.vehicle.state.report[R.SERVO_1 + 4 + n]) for n in range(4)) == 1900.0


def test_arming_ends_it() -> None:
    bench = ready()
    test = MotorTest(bench.core.facts)
    test.begin(command(1, MotorTestThrottle.PWM, 1300, 9.0, 4), 0)
    test.stop()
    assert pulses(bench) == STILL
    assert not test.runs


def test_lift_motors_turn_as_those_of_a_quadrotor_in_x() -> None:
    """Motors 4 and 2, on outputs 8 and 6, as in MotorTest of ArduPilot's QuadPlane tests; the pusher stands still."""
    bench = Bench("quadplane", vehicle=make_simulated("quadplane", ORIGIN, 0.0, 1))
    bench.run(5.0)
    test = MotorTest(bench.core.facts)
    assert test.begin(command(2, MotorTestThrottle.PWM, 1300, 2.0, 2), 0).ok
    seen = []
    for now_ms in (0, 2000, 3000, 5000):
        test.advance(now_ms)
        bench.run(0.1)
        seen.append([round(float(pulse)) for pulse in bench.vehicle.state.report[R.SERVO_1 + 2 : R.SERVO_1 + 8]])
    still = [1000.0, 1500.0, *STILL]
    assert seen == [[1000, 1500, 1000, 1000, 1000, 1300], still, [1000, 1500, 1000, 1300, 1000, 1000], still]


def test_a_plane_without_lift_motors_has_none_to_test() -> None:
    """FAILED, as by ArduPlane with Q_ENABLE 0."""
    assert not MotorTest(Bench("plane").core.facts).begin(command(1, MotorTestThrottle.PWM, 1300, 2.0, 1), 0).ok


@pytest.mark.parametrize(("kind", "pulse"), [("sim:copter", 1000.0), ("sim:rover", 1500.0)])
def test_no_seconds_stop_the_motors(kind: str, pulse: float) -> None:
    """As stations stop all: motor 0, nothing, 0 s. It was refused, and the motor ran on."""
    with Session(kind, home=HOME) as session:
        session.wait_armable()
        link = session.connect()
        heard = []
        for numbers in ((1, 0, 20, 8, 1), (1, 0, 20, 8, 1), (0, 0, 0, 0, 0)):
            link.send(dialect.MAVLink_command_long_message(1, 1, Cmd.DO_MOTOR_TEST, 0, *numbers, 0, 0))
            session.run_for(0.5)
            heard += link.messages()
        assert [message.result for message in heard if message.get_type() == "COMMAND_ACK"] == [0, 0, 0]
        texts = [m.text for m in heard if m.get_type() == "STATUSTEXT" and "motor test" in m.text]
        servos = session.service.vehicle.state.report[R.SERVO_1 : R.SERVO_1 + 4]
        assert session.state.armed is False
        assert servos[0] == pulse
        assert texts == ["starting motor test", "finished motor test"]


@pytest.mark.parametrize("wrong", [command(5, 0, 10, 1, 1), command(1, 0, 101, 1, 1), command(1, 9, 10, 1, 1)])
def test_what_there_is_not_is_refused(wrong: Command) -> None:
    assert not MotorTest(ready().core.facts).begin(wrong, 0).ok


@pytest.mark.parametrize(("kind", "throttle"), [(MotorTestThrottle.PWM, 1812), (MotorTestThrottle.PERCENT, 62.4)])
@pytest.mark.parametrize(("motor", "output"), [(1, 2), (2, 0)])
def test_what_drives_is_armed_for_it(kind: int, throttle: float, motor: int, output: int) -> None:
    """As ArduRover: its motor or its steering has the pulse for as long as was said, then it is disarmed."""
    with Session("sim:rover", home=HOME) as session:
        session.wait_armable()
        link = session.connect()
        link.send(dialect.MAVLink_command_long_message(1, 1, Cmd.DO_MOTOR_TEST, 0, motor, kind, throttle, 5, 1, 0, 0))
        assert link.receive("COMMAND_ACK").result == 0
        session.run_for(4.0)
        assert session.state.armed
        servos = session.service.vehicle.state.report[R.SERVO_1 : R.SERVO_1 + 3]
        assert [round(float(pulse)) for pulse in servos][output] == 1812
        session.run_for(2.0)
        assert not session.state.armed
        assert session.service.vehicle.state.report[R.SERVO_1 + output] == 1500.0


def test_a_test_of_no_length_does_not_leave_what_drives_armed() -> None:
    with Session("sim:rover", home=HOME) as session:
        session.wait_armable()
        link = session.connect()
        link.send(dialect.MAVLink_command_long_message(1, 1, Cmd.DO_MOTOR_TEST, 0, 1, 0, 0, 0, 1, 0, 0))
        assert link.receive("COMMAND_ACK").result == 0
        session.run_for(1.0)
        assert not session.state.armed


@pytest.mark.parametrize("wrong", [(3, 1, 1600), (1, 0, -101)])
def test_what_drives_has_two_outputs_and_goes_backwards_as_well(wrong: tuple[float, float, float]) -> None:
    with Session("sim:rover", home=HOME) as session:
        test = MotorTest(session.autopilot.facts)
        assert not test.begin(command(int(wrong[0]), int(wrong[1]), wrong[2], 1.0, 1), 0).ok
        assert test.begin(command(1, MotorTestThrottle.PERCENT, -100, 1.0, 1), 0).ok
