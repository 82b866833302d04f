"""The simulated boat: afloat, without brakes, in wind and current; and what it has from the rover."""

from __future__ import annotations

import hashlib
from math import hypot, sqrt

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.targets import Hold, Leg
from autopilot.vehicles.kinds import BOAT, class_of_type
from mavlink_bridge.firmware.identity import Identity
from sitl.kernel import boat
from sitl.kernel import layout as M
from sitl.kernel.quantiles import quantiles
from sitl.vehicles.boat import (
    FREE,
    FULL_V,
    MASS,
    RUDDER,
    STALL,
    SURGE,
    SWAY,
    TIGHTEST,
    WHEELBASE,
    YAW,
    SimulatedBoat,
    default_settings,
)
from sitl.vehicles.chassis import initial_state
from sortie import Session, events
from tests.fakes import rover_core
from tests.fakes.core_bench import Bench, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.plain_kernel import printed_by
from tests.fakes.rover_core import HOLD, LOITER, away, driven, driving, place, speed

SCRIPT = "from tests.sitl.vehicles.test_boat import short_trip; print(short_trip())"
CURRENT = {"SIM_TIDE_SPEED": 0.5, "SIM_TIDE_DIR": 270.0}  # from the west

run_tick = np.errstate(over="ignore")(boat.run_tick)  # splitmix64 wraps around


@pytest.fixture(autouse=True)
def afloat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Benches of this module carry boats."""
    monkeypatch.setattr(rover_core, "chosen", "boat")


# --- the hull -----------------------------------------------------------------------------------------------------
class Hull:
    """The plant alone, with throttle and rudder in the hand; full battery, no noise of the air."""

    def __init__(self, throttle: float = 0.0, wheel: float = 0.0) -> None:
        self.s, self._rng = initial_state(0.0, 1)
        self.p = default_settings(ORIGIN)
        self.s[L.S_ARMED], self.s[L.S_THROTTLE], self.s[L.S_WHEEL] = 1.0, throttle, wheel
        self.s[M.S_VOLTS] = FULL_V

    def run(self, seconds: float) -> None:
        for _ in range(int(50 * seconds)):
            run_tick(self.s, self.p, self._rng, quantiles())


def test_full_throttle_ends_where_pull_and_resistance_are_equal() -> None:
    """STALL (1 - v / FREE) = SURGE v + SURGE v2, solved for v: about 3 m/s."""
    hull = Hull(throttle=1.0)
    hull.p[M.P_DRAG] = 0.0
    hull.run(40.0)
    a, b = SURGE[1], SURGE[0] + STALL / FREE
    assert hull.s[M.S_BODY_U] == pytest.approx((-b + sqrt(b * b + 4.0 * a * STALL)) / (2.0 * a), rel=1e-3)
    assert 2.9 < hull.s[M.S_BODY_U] < 3.2


def test_it_goes_with_the_current() -> None:
    """Without thrust it has the water's speed in the end, whichever way it points."""
    hull = Hull()
    hull.p[M.P_TIDE_N], hull.p[M.P_TIDE_E] = -0.3, 0.4
    hull.run(60.0)
    assert (hull.s[M.S_VN], hull.s[M.S_VE]) == pytest.approx((-0.3, 0.4), abs=0.01)


def test_wind_pushes_it_until_the_water_holds_as_much() -> None:
    """Leeway abeam: some centimetres a second, where windage equals the hull's resistance across."""
    hull = Hull()
    hull.s[M.S_WIND_E] = 5.0
    hull.run(40.0)
    lee = float(hull.s[M.S_VE])
    assert hull.p[M.P_SIDE_DRAG] * (5.0 - lee) ** 2 == pytest.approx(SWAY[0] * lee + SWAY[1] * lee * lee, rel=0.01)
    assert 0.02 < lee < 0.15


def test_nothing_brakes_it_but_the_water() -> None:
    """Without throttle: v after t by m dv/dt = -(a v + b v2), which is slow once it is slow."""
    hull = Hull()
    hull.p[M.P_DRAG] = 0.0
    hull.s[M.S_BODY_U] = 2.0
    hull.run(3.0)
    a, b = SURGE
    decay = np.exp(a * 3.0 / MASS)
    assert hull.s[M.S_BODY_U] == pytest.approx(a / ((a / 2.0 + b) * decay - b), rel=0.01)
    assert 0.3 < hull.s[M.S_BODY_U] < 0.7


def test_at_speed_it_turns_as_its_rudder_says() -> None:
    """Turn rate = RUDDER v2 angle / (YAW + YAW v), with the wash on top; the controller's wheelbase fits that."""
    hull = Hull(throttle=0.5, wheel=0.2)
    hull.run(20.0)
    u, r = float(hull.s[M.S_BODY_U]), float(hull.s[M.S_BODY_R])
    along, pull = u, float(hull.s[M.S_PULL])
    assert r == pytest.approx(
        0.2 * RUDDER * (along * along + hull.p[M.P_WASH] * pull) / (YAW[0] + YAW[1] * along), rel=0.02
    )
    assert r == pytest.approx(u * 0.2 / WHEELBASE, rel=0.35)


def test_without_flow_the_rudder_does_nothing() -> None:
    """Adrift it cannot be steered; a touch of throttle turns it."""
    adrift, pushed = Hull(wheel=0.5), Hull(throttle=0.2, wheel=0.5)
    adrift.run(3.0)
    pushed.run(3.0)
    assert abs(adrift.s[M.S_BODY_R]) < 1e-9
    assert pushed.s[M.S_BODY_R] > 0.1


# --- under way ----------------------------------------------------------------------------------------------------
def test_hold_drifts_and_loiter_stays_within_its_circle() -> None:
    """In half a metre a second: HOLD gives no throttle and goes along; LOITER comes back whenever it has left
    LOIT_RADIUS, and drifts in between."""
    bench = driving(HOLD, **CURRENT)
    bench.run(10.0)
    before = place(bench)
    for _ in range(10):
        bench.run(1.0)
        assert bench.vehicle.state.report[R.THROTTLE] == 0.0
    assert away(bench, *before) == pytest.approx(5.0, abs=0.5)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    bench.run(40.0)
    target = bench.core.helm.target
    assert isinstance(target, Hold) and target.position is not None
    places, pushes = [], []
    for _ in range(300):
        bench.run(1.0)
        places.append(place(bench))
        pushes.append(float(bench.vehicle.state.report[R.THROTTLE]) > 0.0)
    off = [hypot(n - target.position[0], e - target.position[1]) for n, e in places]
    assert max(off) < 2.0 + 2.0 * TIGHTEST + 0.5  # LOIT_RADIUS, and a turning circle, which a boat does not stop for
    assert np.mean([one < 3.0 for one in off]) > 0.7
    assert 0.05 < np.mean(pushes) < 0.8


def test_a_mission_is_driven_against_wind_and_current() -> None:
    """Every place is reached; on the straights the track is kept within a metre although the bow points upstream."""
    bench: Bench = driven(**CURRENT, SIM_WIND_SPD=6.0, SIM_WIND_TURB=1.0)
    assert bench.reached == [1, 2, 3]


def test_a_leg_across_the_current_is_driven_with_the_bow_upstream() -> None:
    bench = driving(**CURRENT)
    bench.core.commands.guided_target(position=(60.0, place(bench)[1], 0.0))
    bench.run(15.0)
    off = []
    for _ in range(10):
        bench.run(1.0)
        off.append(abs(float(bench.vehicle.state.report[R.CROSS_TRACK])))
    assert max(off) < 1.0
    assert -0.5 < bench.vehicle.state.yaw < -0.1
    assert speed(bench) > 1.5


def test_a_hold_time_passes_within_the_radius_although_the_water_flows() -> None:
    """Item 1 holds for 20 s: it drifts off and comes back, and the mission goes on."""
    bench = driven((waypoint(30, 0, 0, param1=20.0), waypoint(30, 30, 0)), **CURRENT)
    assert bench.reached == [1, 2]


def test_at_the_end_of_its_mission_it_stays_unless_it_is_told_to_drift() -> None:
    """Rover/system.cpp: MIS_DONE_BEHAVE is 1 for boats."""
    for settings, stays in (({}, True), ({"MIS_DONE_BEHAVE": 0.0}, False)):
        bench = driven(**CURRENT, **settings)
        bench.run(60.0)
        assert (away(bench, 0.0, 30.0) < 2.6) is stays


def test_a_flight_of_the_manager_in_a_current_ends() -> None:
    """GO on water that flows, where nothing ever stands still: armed, driven, stopped, disarmed."""
    with Session("sim:boat", seed=2, params={**CURRENT, "FM_COUNTDOWN": 1.0}) as session:
        session.upload([waypoint(20, 0, 0), waypoint(20, 15, 0)])
        session.wait_armable()
        session.go()
        session.run_until(events.MissionComplete, timeout_s=120.0)
        session.run_until(lambda one: not one.autopilot.facts.armed, timeout_s=60.0)


# --- whose it is --------------------------------------------------------------------------------------------------
def test_it_is_a_surface_boat_of_ardurover() -> None:
    identity = Identity("boat")
    assert identity.vehicle_type == 11  # MAV_TYPE_SURFACE_BOAT
    assert identity.firmware == "ArduRover"
    assert class_of_type(11) is BOAT
    values = {line.name: line.default for line in BOAT.parameters.definitions}
    assert (values["FRAME_CLASS"], values["ATC_BRAKE"], values["SIM_TIDE_SPEED"]) == (2.0, 0.0, 0.0)


def short_trip() -> str:
    """Digest of the report after boot and the first metres in a gusty wind and a current."""
    boat = SimulatedBoat(ORIGIN, 0.0, 7)
    for name, value in {**CURRENT, "SIM_WIND_SPD": 5.0, "SIM_WIND_TURB": 1.0}.items():
        boat.set_parameter(name, value)
    for until, armed in ((6000, False), (10_000, True)):
        while boat.state.time_ms < until:
            boat.advance(until)
            boat.take_events()
        if not armed:
            boat.arm(force=True)
            boat.set_target(Leg((20.0, 5.0, 0.0)))
    return hashlib.sha256(boat.state.report.tobytes()).hexdigest()


def test_compiled_and_plain_agree_bit_for_bit() -> None:
    """The same functions without numba's compiler give the same bytes, and no warning."""
    assert printed_by(SCRIPT) == short_trip()
