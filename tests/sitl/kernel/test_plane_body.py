"""The plane's body alone: lift, stall, trim, energy, wheels, and its coefficients as data."""

from __future__ import annotations

from math import atan, degrees, exp, hypot, pi, radians

import numpy as np
import pytest

from autopilot.control.kernels import Entry
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.targets import Leg
from sitl.kernel import layout as M
from sitl.kernel import plane
from sitl.kernel.quantiles import quantiles
from sitl.vehicles.aerodynamics import SKYWALKER, Airframe
from sitl.vehicles.plane import default_settings, initial_state
from sortie.kernels.entries import ENTRIES
from tests.fakes.aerosonde import AEROSONDE
from tests.fakes.plane_flight import PlaneFlight, stall_speed
from tests.fakes.simulated_run import HOME

BODIES = pytest.mark.parametrize("body", [SKYWALKER, AEROSONDE], ids=["skywalker", "aerosonde"])
run_tick = np.errstate(over="ignore")(plane.run_tick)  # splitmix64 wraps around


class Body:
    """The plant alone in still air of sea level's density, with the surfaces in the hand, as plain Python."""

    def __init__(self, body: Airframe, speed: float, pitch: float = 0.0, height: float = 500.0) -> None:
        self.p = default_settings(HOME, 8, body)
        self.s, self.rng = initial_state(0.0, 1)
        self.s[M.S_VN], self.s[M.S_PD], self.s[M.S_CONTACT] = speed, -height, 0.0
        self.s[M.S_Q0], self.s[M.S_Q2] = np.cos(pitch / 2.0), np.sin(pitch / 2.0)
        self.s[L.S_ARMED] = 1.0

    def run(self, seconds: float) -> Body:
        for _ in range(round(seconds / L.TICK)):
            run_tick(self.s, self.p, self.rng[0] if self.rng.ndim == 2 else self.rng, quantiles())
        return self

    @property
    def energy(self) -> float:
        """Per mass, with that of turning."""
        v = self.s[M.S_VN : M.S_VN + 3]
        return float(0.5 * v @ v - L.GRAVITY * self.s[M.S_PD])


@BODIES
def test_lift_falls_beyond_the_stall(body: Airframe) -> None:
    """Linear below it, that of a flat plate behind it, the most of it just before."""
    p = default_settings(HOME, 8, body)
    angles = np.radians(np.arange(-10.0, 80.0, 0.25))
    lift = np.array([plane.lift_of(p, angle) for angle in angles])
    linear = body.lift[0] + body.lift[1] * angles
    calm = np.abs(angles) < body.stall - 12.0 / body.sharpness
    assert np.allclose(lift[calm], linear[calm])
    highest = angles[lift.argmax()]
    assert body.stall - 5.0 / body.sharpness < highest < body.stall
    behind = angles > body.stall + 10.0 / body.sharpness
    plate = 2.0 * np.sin(angles) ** 2 * np.cos(angles)
    assert np.allclose(lift[behind], plate[behind], atol=0.02)


@BODIES
def test_below_its_stall_speed_the_wings_do_not_carry_it(body: Airframe) -> None:
    """The most lift at `stall_speed` is the weight, within a tenth."""
    p = default_settings(HOME, 8, body)
    most = max(plane.lift_of(p, radians(angle)) for angle in np.arange(0.0, 40.0, 0.1))
    speed = stall_speed(body)
    assert 0.5 * 1.225 * speed**2 * body.area * most == pytest.approx(body.mass * L.GRAVITY, rel=0.1)
    assert speed == pytest.approx({2.0: 4.4, 11.0: 11.0}[body.mass], abs=0.3)


@BODIES
def test_a_glide_loses_the_energy_that_drag_takes(body: Airframe) -> None:
    """Without thrust what is left of potential and kinetic energy falls by drag times way, and by nothing else."""
    flown = Body(body, 22.0)
    flown.s[L.S_ELEVATOR] = 0.05
    before, taken = flown.energy, 0.0
    for _ in range(100):
        flown.run(L.TICK)
        f, v = flown.s[M.S_FX : M.S_FX + 3], flown.s[M.S_TRUE_SPEED]
        alpha = flown.s[M.S_ALPHA]
        drag = -(f[0] * np.cos(alpha) + f[2] * np.sin(alpha))
        assert drag > 0.0
        taken += drag * v * L.TICK
    assert before - flown.energy == pytest.approx(taken, rel=0.03)


def test_level_flight_is_where_the_coefficients_have_it() -> None:
    """At 22 m/s lift is the weight and thrust the drag: angle of attack, throttle and elevator by hand."""
    flight = PlaneFlight().airborne()
    flight.vehicle.set_target(Leg((5000.0, 0.0, -80.0)))
    flight.fly(60.0)
    flight.forget()
    flight.fly(10.0)
    body = SKYWALKER
    speed, density = float(np.mean(flight.seen(R.TRUE_AIR_SPEED))), float(flight.vehicle._s[M.S_AIR_DENSITY])
    press = 0.5 * density * speed**2 * body.area
    alpha = (body.mass * L.GRAVITY / press - body.lift[0]) / body.lift[1]
    lift = body.lift[0] + body.lift[1] * alpha
    drag = press * (body.drag[0] + lift**2 * body.area / (pi * body.oswald * body.span**2))
    assert degrees(float(np.mean(flight.seen(R.TRUE_ALPHA)))) == pytest.approx(degrees(alpha), abs=0.3)
    assert float(np.mean(flight.seen(R.THROTTLE))) == pytest.approx(drag / body.thrust[0], abs=0.02)
    assert speed == pytest.approx(22.0 * (1.225 / density) ** 0.5, abs=0.5)


@BODIES
def test_the_body_is_stable(body: Airframe) -> None:
    """Pitched up and let go it comes back to its own angle, and rolled it does not turn on by itself."""
    flown = Body(body, 25.0, radians(6.0)).run(4.0)
    assert abs(flown.s[M.S_WY]) < 0.25
    assert abs(flown.s[M.S_BETA]) < 0.01
    assert -0.3 < flown.s[M.S_ALPHA] < 0.3


@pytest.mark.parametrize(
    ("surface", "rate"),
    [(L.S_AILERON, M.S_WX), (L.S_ELEVATOR, M.S_WY), (L.S_RUDDER, M.S_WZ)],
    ids=["roll", "pitch", "yaw"],
)
@BODIES
def test_each_surface_turns_it_the_way_of_its_name(body: Airframe, surface: int, rate: int) -> None:
    """Right aileron up rolls right, elevator up raises the nose, rudder right turns right."""
    turned, free = Body(body, 25.0), Body(body, 25.0)
    turned.s[surface] = 0.2
    assert turned.run(0.2).s[rate] > free.run(0.2).s[rate] + 0.02


def test_a_surface_follows_as_its_servo_does() -> None:
    """A lag of SIM_SERVO_SPEED, 0.14 s, and never faster than 60 degrees in that time."""
    flown = Body(SKYWALKER, 22.0)
    flown.s[L.S_AILERON] = 1.0
    assert flown.run(0.14).s[M.S_TRUE_AILERON] == pytest.approx(1.0 - exp(-1.0), abs=0.02)
    assert flown.run(1.0).s[M.S_TRUE_AILERON] == pytest.approx(1.0, abs=0.001)
    flown.s[L.S_AILERON] = -1.0
    assert flown.run(L.TICK).s[M.S_TRUE_AILERON] == pytest.approx(1.0 - 9.52 * L.TICK, abs=0.002)


def test_a_propeller_loses_thrust_with_airspeed_where_its_data_say_so() -> None:
    """That of the Aerosonde pulls 84 N standing and 37 N at 25 m/s; ArduPilot's model pulls the same at any speed."""
    pulls = {}
    for body in (SKYWALKER, AEROSONDE):
        for speed in (0.0, 25.0):
            flown = Body(body, speed)
            flown.s[L.S_THROTTLE] = 1.0
            pulls[body, speed] = flown.run(0.6).s[M.S_PULL]
    assert pulls[SKYWALKER, 0.0] == pytest.approx(28.0, abs=0.5) == pulls[SKYWALKER, 25.0]
    assert pulls[AEROSONDE, 0.0] == pytest.approx(82.0, abs=2.0)  # it has begun to move
    assert pulls[AEROSONDE, 25.0] == pytest.approx(37.0, abs=4.0)


def test_the_flow_angle_is_the_arc_tangent() -> None:
    for angle in np.linspace(-3.1, 3.1, 401):
        y, x = np.sin(angle), np.cos(angle)
        assert plane.flow_angle(y, x) == pytest.approx(angle, abs=2e-9)
    assert plane.flow_angle(0.2, 1.0) == pytest.approx(atan(0.2), abs=1e-9)


def test_it_stands_still_in_wind_and_rolls_ahead_only() -> None:
    """Disarmed on its wheels in 8 m/s across it neither rolls nor turns; armed with throttle it rolls straight."""
    flight = PlaneFlight({"SIM_WIND_SPD": 8.0, "SIM_WIND_DIR": 90.0})
    flight.fly(20.0)
    assert hypot(flight.now(R.TRUE_N), flight.now(R.TRUE_E)) < 0.5
    assert abs(degrees(flight.now(R.TRUE_YAW))) < 5.0
    assert abs(degrees(flight.now(R.TRUE_ROLL))) < 5.0


@pytest.mark.parametrize(("throttle", "metres"), [(100.0, 39.0), (80.0, 50.0), (60.0, 105.0)])
def test_its_run_on_the_ground_ends_at_any_throttle(throttle: float, metres: float) -> None:
    """At full throttle ArduPlane's SITL is 2.6 m high after 38 m (tests/data/arduplane-sitl.json). Its nose rises on
    the ground, if slowly; kept level, it rolled for 60 m, and at 80 % for ever."""
    flight = PlaneFlight({"TKOFF_THR_MAX": throttle}).airborne(20.0)
    up = flight.seen(R.TRUE_D) < -2.6
    assert flight.seen(R.TRUE_N)[up][0] == pytest.approx(metres, abs=6.0)
    assert 0.5 < degrees(flight.seen(R.TRUE_PITCH)[flight.seen(R.TRUE_D) > -0.02].max()) < 4.0


def test_a_thrown_plane_leaves_the_hand_at_speed() -> None:
    """SIM_LAUNCH_ACC for SIM_LAUNCH_TIME when the throttle comes up, and never again in the air."""
    flight = PlaneFlight({"SIM_LAUNCH_ACC": 25.0, "SIM_LAUNCH_TIME": 0.4})
    rolled = PlaneFlight()
    for one in (flight, rolled):
        one.airborne(30.0)
    fast = [
        one.seen(R.TRUE_AIR_SPEED)[5] for one in (flight, rolled)
    ]  # a throttle takes a second to open (THR_SLEWRATE)
    assert fast[0] > fast[1] + 5.0


def test_its_kernel_is_in_the_library() -> None:
    assert any(isinstance(entry, Entry) and entry.name == "advance_plane" for entry in ENTRIES)
