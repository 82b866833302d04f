"""Home: found, moved, set by a person, kept (docs/reference/ground-stations.md, 1.5)."""

from __future__ import annotations

import pytest

from autopilot.context.events import HomeChanged
from autopilot.context.journal import SaveHome
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.layout import IN_AIR
from autopilot.mav import Result
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import NO_POSITION_EKF, ORIGIN, FakeVehicle

SOMEWHERE = GeoPoint(ORIGIN.lat + 0.001, ORIGIN.lon, 590.0)


def test_home_is_where_the_first_position_is() -> None:
    vehicle = FakeVehicle()
    vehicle.state.report[80] = NO_POSITION_EKF
    bench = Bench(vehicle=vehicle)
    bench.run(3.0)
    assert bench.core.facts.home is None
    vehicle.find_position()
    bench.run(0.1)
    assert bench.core.facts.home == ORIGIN
    assert len(bench.events(HomeChanged)) == 1


def test_arming_moves_it_to_the_vehicle() -> None:
    bench = Bench()
    bench.vehicle.put((30.0, 0.0, 0.0))
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.facts.home == to_global(ORIGIN, (30.0, 0.0, 0.0))


@pytest.mark.parametrize(("kind", "moves"), [("rover", True), ("boat", True), ("plane", True), ("copter", False)])
def test_home_follows_a_disarmed_vehicle_but_a_copter(kind: str, moves: bool) -> None:
    """Rover::update_home, Plane::update_home. It was carried away; half a metre is noise."""
    bench = Bench(kind)
    home = bench.core.facts.home
    bench.vehicle.put((0.4, 0.0, 0.0))
    bench.run(3.0)
    assert bench.core.facts.home == home
    bench.vehicle.put((30.0, 0.0, 0.0))
    bench.run(1.0)
    assert bench.core.facts.home == (to_global(ORIGIN, (30.0, 0.0, 0.0)) if moves else home)
    assert len(bench.events(HomeChanged)) == 1 + moves


def test_home_stays_behind_a_rover_that_drives_and_follows_when_it_is_disarmed() -> None:
    bench = Bench("rover")
    home = bench.core.facts.home
    bench.arm()
    bench.vehicle.put((30.0, 0.0, 0.0))
    bench.run(3.0)
    assert bench.core.facts.home == home
    assert bench.core.arming.disarm(bench.now_ms).ok
    bench.run(1.0)
    assert bench.core.facts.home == to_global(ORIGIN, (30.0, 0.0, 0.0))


def test_home_stays_behind_a_plane_that_falls_disarmed() -> None:
    """It is an altitude, too: ArduPlane's own would be on the way down."""
    bench = Bench("plane")
    home = bench.core.facts.home
    bench.vehicle.state.report[report.LANDED_STATE] = IN_AIR
    bench.vehicle.put((30.0, 0.0, -50.0))
    bench.run(3.0)
    assert bench.core.facts.home == home


def test_home_that_a_person_set_does_not_follow() -> None:
    bench = Bench("rover")
    assert bench.core.home.set(SOMEWHERE).ok
    bench.vehicle.put((30.0, 0.0, 0.0))
    bench.run(3.0)
    assert bench.core.facts.home == SOMEWHERE


def test_a_home_that_a_person_set_stays_at_arming_and_is_kept() -> None:
    bench = Bench()
    assert bench.core.home.set(SOMEWHERE).ok
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.facts.home == SOMEWHERE
    assert SaveHome(SOMEWHERE) in bench.journal.changes


def test_set_home_here() -> None:
    bench = Bench()
    bench.vehicle.put((30.0, 0.0, -5.0))
    assert bench.core.home.set(None).ok
    assert bench.core.facts.home == to_global(ORIGIN, (30.0, 0.0, -5.0))


def test_set_home_here_without_a_position_fails() -> None:
    bench = Bench()
    bench.vehicle.lose_position()
    bench.run(0.1)
    assert bench.core.home.set(None).result is Result.FAILED


def test_a_stored_home_outlives_the_first_position() -> None:
    class Stored:
        plans: dict[int, tuple[()]] = {}  # noqa: RUF012 - a fixture
        home = SOMEWHERE
        progress = None

    bench = Bench(stored=Stored())
    bench.core.arming.arm(bench.now_ms)
    assert bench.core.facts.home == SOMEWHERE
