"""Loads that the body feels, and the parachute that it hangs on, flown."""

from __future__ import annotations

import numpy as np
import pytest

from autopilot.context.events import ErrorLogged
from autopilot.interface import report as R
from autopilot.interface.reasons import ErrorSubsystem
from autopilot.interface.targets import Sticks
from autopilot.mav import Cmd, GripperAction, WinchAction
from mavlink_bridge.wire.codec import dialect as m
from sortie import Session
from sortie.config.fittings import fitted
from tests.fakes.sim_copter import climb, in_air
from tests.fakes.station_plan import HOME

LOAD_KG = 0.4
WEIGHT_N = 9.80665 * LOAD_KG


def equipped(*fittings: str, **params: float) -> Session:
    """A copter that is ready to arm."""
    given = dict(text.split("=") for text in fitted(fittings))
    session = Session(home=HOME, params={name: float(value) for name, value in given.items()} | params)
    session.wait_armable()
    return session


def order(session: Session, number: int, *params: float) -> bool:
    """True when the command is accepted."""
    done = session.autopilot.payload.command(number, params, session.service.now_ms).ok
    session.run_for(1.0)
    return done


def hover(session: Session, height_m: float) -> None:
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(height_m)
    session.run_until(lambda session: session.autopilot.helm.arrived, timeout_s=60.0)


def watts(session: Session) -> float:
    """Mean power of the next ten seconds, once it hovers again."""
    session.run_for(6.0)
    report = session.service.vehicle.state.report
    before = float(report[R.BATT_WH])
    session.run_for(10.0)
    return (float(report[R.BATT_WH]) - before) * 360.0


def test_a_load_in_the_gripper_is_felt_until_it_is_released() -> None:
    """0.4 kg more on 1.5 kg: power goes with the weight to the power of 1.5."""
    with equipped("gripper") as session:
        assert order(session, Cmd.DO_GRIPPER, 1.0, GripperAction.GRAB)
        hover(session, 10.0)
        loaded = watts(session)
        assert order(session, Cmd.DO_GRIPPER, 1.0, GripperAction.RELEASE)
        empty = watts(session)
        assert loaded / empty == pytest.approx((1.9 / 1.5) ** 1.5, rel=0.06)
        assert order(session, Cmd.DO_GRIPPER, 1.0, GripperAction.GRAB)
        assert watts(session) == pytest.approx(empty, rel=0.03), "in the air there is nothing to grab"


def test_a_delivery_puts_the_load_down_and_comes_up() -> None:
    """Tension until the load stands on the ground; then the line comes in, and the vehicle is lighter."""
    with equipped("winch", WINCH_RATE_MAX=2.0) as session:
        winch = session.autopilot.payload.winch
        hover(session, 10.0)
        assert winch.tension_n == pytest.approx(WEIGHT_N, rel=0.01)
        loaded = watts(session)
        assert order(session, Cmd.DO_WINCH, 1.0, WinchAction.DELIVER, 0.0, 0.0)
        session.run_for(1.0)
        link = session.connect()
        link.send(m.MAVLink_command_long_message(1, 1, Cmd.REQUEST_MESSAGE, 0, 9005, 0, 0, 0, 0, 0, 0))
        told = link.receive("WINCH_STATUS")
        assert told.tension == pytest.approx(LOAD_KG, rel=0.01), "kilograms on the wire"
        assert told.speed == 2.0 and 2.0 < told.line_length < 5.0
        session.run_for(6.0)
        assert winch.tension_n == 0.0, "the load stands on the ground"
        session.run_for(15.0)
        assert winch.length_m == pytest.approx(0.0, abs=0.05)
        assert watts(session) < 0.75 * loaded


def test_a_load_on_its_line_swings_and_the_vehicle_feels_it() -> None:
    """After a dash of 10 m a copter that holds its place leans to and fro with its load, in the pendulum's
    period, to a tenth, since the hold gives way as a spring does; the tension goes with it; both calm down."""
    with equipped("winch", WINCH_RATE_MAX=2.0) as session:
        hover(session, 15.0)
        assert order(session, Cmd.DO_WINCH, 1.0, WinchAction.RELATIVE_LENGTH_CONTROL, 6.0, 0.0)
        session.run_for(8.0)
        winch, r = session.autopilot.payload.winch, session.service.vehicle.state.report
        lat, lon = (float(part) for part in HOME.split(",")[:2])
        session.goto(lat + 10.0 / 111_319.5, lon, 15.0)
        session.run_for(8.0)
        tensions, leans = [], []
        for _ in range(400):
            session.run_for(0.1)
            tensions.append(winch.tension_n)
            leans.append(float(r[R.PITCH]))
        seconds, early, late = 0.1 * np.arange(400), slice(0, 100), slice(-100, None)
        periods = np.arange(3.0, 8.0, 0.02)
        heard = [abs(np.sum(np.exp(2j * np.pi * seconds / period) * leans)) for period in periods]
        fixed = 2.0 * np.pi * np.sqrt(winch.length_m / 9.80665)
        assert periods[np.argmax(heard)] == pytest.approx(fixed, rel=0.1)
        assert np.std(tensions[early]) > 0.03 * WEIGHT_N and np.mean(tensions) == pytest.approx(WEIGHT_N, rel=0.05)
        assert np.std(leans[late]) < 0.75 * np.std(leans[early]) and np.std(leans[early]) > 0.04
        assert np.std(tensions[late]) < np.std(tensions[early])


@pytest.mark.parametrize("sinks_mps", [5.0, 3.0])
def test_on_its_parachute_it_sinks_at_its_rate_and_drifts(sinks_mps: float) -> None:
    """Motors off, down at SIM_PARA_SINK, carried by the wind; it does not arm again."""
    with equipped("parachute", SIM_WIND_SPD=4.0, SIM_WIND_DIR=270.0, SIM_PARA_SINK=sinks_mps) as session:
        hover(session, 60.0)
        assert order(session, Cmd.DO_PARACHUTE, 2.0)
        assert not session.state.armed
        session.run_for(3.0)
        r = session.service.vehicle.state.report
        assert float(r[R.TRUE_VD]) == pytest.approx(sinks_mps, abs=0.3)
        assert float(r[R.TRUE_VE]) == pytest.approx(4.0, abs=1.0)
        assert max(float(pulse) for pulse in r[R.SERVO_1 : R.SERVO_1 + 4]) == 1000.0
        session.run_for(75.0 / sinks_mps)
        assert float(r[R.TRUE_CONTACT]) == 1.0
        assert not session.autopilot.arming.arm(session.service.now_ms).ok


@pytest.mark.parametrize(
    ("lost", "params"),
    [
        ((2,), {"FM_CUT_TILT": 45}),
        ((2,), {"FM_CUT_TILT": 0, "CHUTE_CRT_SINK": 6}),
        ((1, 4), {"FM_CUT_TILT": 0, "FS_CRASH_CHECK": 0}),
    ],
)
def test_a_fall_releases_it(lost: tuple[int, ...], params: dict[str, float]) -> None:
    """The flight manager cuts the motors; it sinks too fast; it leans more than 30 degrees off what is demanded, for a
    second, and is lower than before."""
    with equipped("parachute", **params) as session:
        texts = session.connect()
        hover(session, 60.0)
        for motor in lost:
            session.service.vehicle.inject_fault(f"motor{motor}.loss", 1.0, active=True)
        session.run_for(5.0)
        said = [text.text for text in texts.messages("STATUSTEXT")]
        assert "Parachute: Released" in said and "BANG!  Parachute deployed" in said
        assert float(session.service.vehicle.state.report[R.TRUE_VD]) == pytest.approx(5.0, abs=0.5)


def test_out_of_control_for_a_second_it_is_released() -> None:
    """Two motors gone it leans 30 degrees after 0.2 s, and turns over."""
    with equipped("parachute", FM_CUT_TILT=0, FS_CRASH_CHECK=0) as session:
        hover(session, 60.0)
        for motor in (1, 4):
            session.service.vehicle.inject_fault(f"motor{motor}.loss", 1.0, active=True)
        session.run_for(1.0)
        assert session.state.armed
        session.run_for(0.8)
        assert not session.state.armed


def test_its_log_tells_a_loss_of_control() -> None:
    """ERR of the subsystem CRASH_CHECK with code 2 (ArduCopter's parachute_check)."""
    bench = in_air(60.0, CHUTE_ENABLED=1, CHUTE_TYPE=10, SERVO9_FUNCTION=27, FM_CUT_TILT=0, FS_CRASH_CHECK=0)
    for motor in (1, 4):
        bench.vehicle.inject_fault(f"motor{motor}.loss", 1.0, active=True)
    bench.run(5.0, lambda: not bench.core.facts.armed)
    assert "Parachute: Released" in bench.texts
    assert ErrorLogged(ErrorSubsystem.CRASH_CHECK, 2) in bench.events(ErrorLogged)


@pytest.mark.parametrize("critical_sink", [0.0, 6.0])
def test_a_copter_that_is_rolled_by_its_pilot_keeps_it(critical_sink: float) -> None:
    """ACRO: it leans as its pilot wants, and falls meanwhile (ArduCopter's parachute_check); the parachute came out."""
    bench = in_air(150.0, CHUTE_ENABLED=1, CHUTE_TYPE=10, SERVO9_FUNCTION=27, CHUTE_CRT_SINK=critical_sink)
    assert bench.core.modes.set(1, bench.now_ms).ok
    for _ in range(40):
        bench.core.sticks.move(Sticks(roll=0.8, throttle=0.4), bench.now_ms)
        bench.run(0.1)
    assert climb(bench) < -10.0
    assert bench.core.facts.armed and "Parachute: Released" not in bench.texts


def test_a_plane_sinks_on_it_too() -> None:
    """By the drag of its wing."""
    params = {"CHUTE_ENABLED": 1, "CHUTE_TYPE": 10, "SERVO10_FUNCTION": 27, "SIM_PARA_ENABLE": 1}
    with Session("sim:plane", home=HOME, params=params) as session:
        session.wait_armable()
        session.set_mode("TAKEOFF")
        session.arm()
        session.run_for(30.0)
        assert order(session, Cmd.DO_PARACHUTE, 2.0)
        session.run_for(4.0)
        assert 3.0 < float(session.service.vehicle.state.report[R.TRUE_VD]) < 7.0
