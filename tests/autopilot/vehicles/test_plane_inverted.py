"""Wings upside down: DO_INVERTED_FLIGHT and its switch, as in two of ArduPilot's tests."""

from __future__ import annotations

from math import degrees

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Sticks
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.modes.auxiliary import HIGH, INVERTED, LOW
from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.autopilot.vehicles.test_quadplane_upright import up
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN

M = PlaneMode
OVER, UPRIGHT = item(Cmd.DO_INVERTED_FLIGHT, param1=1.0), item(Cmd.DO_INVERTED_FLIGHT, param1=0.0)


def bank(bench: Bench) -> float:
    """By which it lies on its back or beside it, 0 .. 180 deg."""
    return abs(degrees(bench.vehicle.state.report[R.TRUE_ROLL]))


def height(bench: Bench) -> float:
    return float(-bench.vehicle.state.report[R.TRUE_D])


def flying(mode: PlaneMode, *items: MissionItem) -> Bench:
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7))
    bench.run(30.0, lambda: bench.core.prearm.ok)
    bench.upload(items or (takeoff(80.0), waypoint(3000.0, 0.0, 80.0)))
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == 2)
    bench.run(15.0)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    return bench


def test_a_mission_flies_a_leg_upside_down_and_the_next_upright() -> None:
    legs = waypoint(600.0, 0.0, 50.0), OVER, waypoint(1200.0, 0.0, 50.0), UPRIGHT, waypoint(1800.0, 0.0, 50.0)
    bench = flying(M.AUTO, takeoff(50.0), *legs)
    seen: dict[int, list[tuple[float, float]]] = {}
    while bench.core.modes.number == M.AUTO:
        bench.run(0.5)
        seen.setdefault(bench.core.sequencer.current_nav_index(), []).append((bank(bench), height(bench)))
    assert "Set inverted 1" in bench.texts and "Set inverted 0" in bench.texts
    over, upright = seen[4], seen[6]
    assert all(at > 150.0 for at, _ in over[16:]) and len(over) > 40, "8 s after it has rolled over, to the end"
    assert all(at < 30.0 for at, _ in upright[16:-2])
    assert all(35.0 < up < 65.0 for _, up in over + upright[:-2])
    assert bench.vehicle.state.report[R.NAV_PITCH] < 0.2


def test_a_change_of_the_mode_ends_it_but_not_that_of_the_switch() -> None:
    bench = flying(M.AUTO, takeoff(50.0), waypoint(200.0, 0.0, 80.0), OVER, waypoint(3000.0, 0.0, 80.0))
    bench.run(30.0, lambda: bank(bench) > 150.0)
    assert bench.core.modes.set(M.LOITER, bench.now_ms).ok
    bench.run(6.0)
    assert bank(bench) < 80.0
    assert bench.core.auxiliary.act(INVERTED, HIGH).ok
    bench.run(8.0)
    assert bench.core.modes.set(M.RTL, bench.now_ms).ok
    bench.run(8.0)
    assert bank(bench) > 100.0
    assert bench.core.auxiliary.act(INVERTED, LOW).ok
    bench.run(6.0)
    assert bank(bench) < 80.0


@pytest.mark.parametrize(("sticks", "roll", "pitch"), [
    (Sticks(throttle=0.8), 180.0, 0.0),
    (Sticks(roll=0.5, throttle=0.8), -147.5, 0.0),
    (Sticks(pitch=-0.5, throttle=0.8), 180.0, -12.0),
])  # fmt: skip
def test_a_pulled_stick_lowers_the_nose_of_one_on_its_back(sticks: Sticks, roll: float, pitch: float) -> None:
    """It counts from its back; as in ArduPlane's FBWA, pulling points to the sky that the pilot's wings know."""
    bench = flying(M.FBWA)
    bench.core.auxiliary.act(INVERTED, HIGH)
    bench.vehicle.set_sticks(Sticks(throttle=0.8))
    bench.run(8.0)
    bench.vehicle.set_sticks(sticks)
    bench.run(4.0)
    now = bench.vehicle.state.report
    off = (degrees(now[R.ROLL]) - roll + 180.0) % 360.0 - 180.0
    assert abs(off) < 4.0 and degrees(now[R.PITCH]) == pytest.approx(pitch, abs=4.0)


def test_an_item_of_another_number_changes_nothing() -> None:
    bench = flying(
        M.AUTO, takeoff(50.0), waypoint(300.0, 0.0, 50.0), item(210, param1=2.0), waypoint(3000.0, 0.0, 50.0)
    )
    bench.run(30.0, lambda: bench.core.sequencer.current_nav_index() == 4)
    bench.run(8.0)
    assert bank(bench) < 30.0 and not any(text.startswith("Set inverted") for text in bench.texts)


def test_lift_motors_turn_it_upright_at_once() -> None:
    bench = up(height=60.0)
    assert bench.core.modes.set(M.CRUISE, bench.now_ms).ok
    bench.run(30.0)
    bench.core.auxiliary.act(INVERTED, HIGH)
    bench.run(10.0)
    assert bank(bench) > 170.0 and bench.vehicle.state.report[R.ASSISTS] == 0.0
    lost = height(bench)
    assert bench.core.modes.set(M.QHOVER, bench.now_ms).ok
    bench.run(2.0)
    assert bank(bench) < 8.0 and lost - height(bench) < 3.0
