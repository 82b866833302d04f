"""The simulated machine stands, lands, drives and crashes on the ground that it was given, and on no other."""

from __future__ import annotations

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.targets import Drive, Land, Leg, Pilot, PilotKind, Sticks, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from sitl.kernel import layout as M
from sitl.kernel.ground import height_below
from sitl.vehicles.airframe import default_settings
from sitl.vehicles.kinds import make_simulated
from sitl.vehicles.simulated import SimulatedMachine
from tests.fakes.terrain import HOME, Ground, hills, map_of, ramp

ALL = VehicleEvent(0)


def _standing(ground: Ground, kind: str = "copter") -> SimulatedMachine:
    machine = make_simulated(kind, HOME, 0.0, 5, map_of(ground))
    machine.set_parameter("RNGFND1_TYPE", 100.0)
    machine.set_parameter("RNGFND1_MAX_CM", 10000.0)
    _run(machine, 20.0)
    assert machine.arm().ok
    return machine


def _run(machine: SimulatedMachine, seconds: float, until: VehicleEvent = ALL) -> VehicleEvent:
    """Events of so many seconds; ends at the first of `until`."""
    end_ms, came = machine.state.time_ms + round(1000 * seconds), VehicleEvent(0)
    while machine.state.time_ms < end_ms:
        machine.advance(end_ms)
        came |= machine.take_events()
        if came & until:
            break
    return came


def _truth(machine: SimulatedMachine, field: int) -> float:
    return float(machine.state.report[field])


def test_the_kernel_reads_the_map_as_everybody_does() -> None:
    """At places all over it, to a tenth of a millimetre; beyond its edge there is nothing."""
    ground = map_of(hills)
    p = default_settings(HOME)
    p[M.P_MAP_SOUTH], p[M.P_MAP_WEST] = ground.south, ground.west
    p[M.P_MAP_PER_LAT], p[M.P_MAP_PER_LON] = ground.per_lat, ground.per_lon
    chance = np.random.default_rng(1)
    for north, east in chance.uniform(-1700.0, 1700.0, (200, 2)):
        place = to_global(HOME, (north, east, 0.0))
        assert height_below(p, ground.heights, north, east) == pytest.approx(
            ground.height_at(place.lat, place.lon), abs=1e-4
        )
    assert np.isnan(height_below(p, ground.heights, 5000.0, 0.0))


def test_it_stands_at_the_height_of_the_ground() -> None:
    """Whatever height its home was given."""
    machine = _standing(hills)
    ground = map_of(hills).height_at(HOME.lat, HOME.lon)
    assert _truth(machine, R.TRUE_ALT) == pytest.approx(ground, abs=0.02)
    assert _truth(machine, R.TRUE_GROUND) == pytest.approx(ground, abs=0.001)


def test_without_its_terrain_the_ground_is_flat() -> None:
    """SIM_TERRAIN 0: a map that rises by a tenth is not there."""
    machine = _standing(ramp(0.1))
    machine.set_parameter("SIM_TERRAIN", 0.0)
    machine.set_target(TakeOff(-20.0))
    assert _run(machine, 60.0, VehicleEvent.ARRIVED) & VehicleEvent.ARRIVED
    machine.set_target(Leg((100.0, 0.0, -20.0)))
    assert _run(machine, 60.0, VehicleEvent.ARRIVED) & VehicleEvent.ARRIVED
    assert _truth(machine, R.RANGE_FINDER) == pytest.approx(20.0, abs=1.0)
    machine.set_parameter("SIM_TERRAIN", 1.0)
    _run(machine, 0.5)
    assert _truth(machine, R.RANGE_FINDER) == pytest.approx(10.0, abs=1.0)


def test_it_lands_on_lower_and_on_higher_ground() -> None:
    """Touching down gently where the ground is, and the range finder saw it come."""
    for goal_n in (-400.0, 150.0):
        machine = _standing(ramp(0.1))
        machine.set_target(TakeOff(-40.0))
        assert _run(machine, 60.0, VehicleEvent.ARRIVED) & VehicleEvent.ARRIVED
        machine.set_target(Leg((goal_n, 0.0, -40.0)))
        assert _run(machine, 90.0, VehicleEvent.ARRIVED) & VehicleEvent.ARRIVED
        over = _truth(machine, R.TRUE_ALT) - _truth(machine, R.TRUE_GROUND)
        assert over == pytest.approx(40.0 - 0.1 * goal_n, abs=2.5)
        upright = np.cos(_truth(machine, R.TRUE_ROLL)) * np.cos(_truth(machine, R.TRUE_PITCH))
        assert _truth(machine, R.RANGE_FINDER) == pytest.approx(over / upright, abs=0.1)
        machine.set_target(Land())
        came = _run(machine, 200.0, VehicleEvent.LANDED)
        assert came & VehicleEvent.LANDED
        assert not came & VehicleEvent.CRASHED
        north = _truth(machine, R.TRUE_N)
        assert _truth(machine, R.TRUE_ALT) == pytest.approx(600.0 + 0.1 * north, abs=0.1)
        assert _truth(machine, R.TOUCHDOWN_SPEED) < 0.8  # LAND_SPEED: it slowed down above the ground, not above home


def test_flying_into_a_hill_is_a_crash() -> None:
    """The motors stop, and it lies where it struck."""
    machine = _standing(ramp(0.2))
    machine.set_target(TakeOff(-20.0))
    _run(machine, 60.0, VehicleEvent.ARRIVED)
    machine.set_target(Leg((500.0, 0.0, -20.0)))
    came = _run(machine, 60.0, VehicleEvent.CRASHED)
    assert came & VehicleEvent.CRASHED
    assert came & VehicleEvent.DISARMED
    assert not machine.state.armed
    _run(machine, 0.5)
    for axis in range(2):  # the estimate has felt the blow
        assert _truth(machine, R.VN + axis) == pytest.approx(0.0, abs=0.5)
    _run(machine, 4.5)
    assert _truth(machine, R.TRUE_N) == pytest.approx(100.0, abs=2.0)
    assert _truth(machine, R.TRUE_ALT) == pytest.approx(_truth(machine, R.TRUE_GROUND), abs=0.3)


def test_beyond_the_map_the_ground_goes_on_as_it_was() -> None:
    """No cliff where a file ends."""
    machine = make_simulated("copter", HOME, 0.0, 5, map_of(ramp(-0.02), half_deg=0.002))
    _run(machine, 20.0)
    machine.arm()
    machine.set_target(TakeOff(-20.0))
    _run(machine, 60.0, VehicleEvent.ARRIVED)
    machine.set_target(Leg((400.0, 0.0, -20.0)))
    _run(machine, 90.0, VehicleEvent.ARRIVED)
    edge = (14 / 3600 - 0.002) * 111318.845  # of its last row
    assert _truth(machine, R.TRUE_GROUND) == pytest.approx(600.0 - 0.02 * edge, abs=0.1)


def test_a_rover_goes_up_and_down_with_the_ground() -> None:
    """Its true height is the ground's wherever it is."""
    machine = _standing(ramp(0.05), "rover")
    for _ in range(8):
        machine.set_target(Drive(3.0, heading=0.0))
        _run(machine, 2.5)
        assert _truth(machine, R.TRUE_ALT) == pytest.approx(_truth(machine, R.TRUE_GROUND), abs=0.05)
    assert _truth(machine, R.TRUE_ALT) > 601.0
    assert _truth(machine, R.ALT) == pytest.approx(_truth(machine, R.TRUE_ALT), abs=1.5)


def test_a_home_without_a_height_is_refused() -> None:
    """Nothing is made up."""
    with pytest.raises(ValueError, match="no height"):
        make_simulated("copter", GeoPoint(0.0, 0.0), 0.0, 1, map_of(hills))


def test_the_range_finder_sees_between_its_limits() -> None:
    """Nothing nearer, nothing farther, and nothing at all where there is none."""
    machine = _standing(hills)
    assert _truth(machine, R.RANGE_FINDER) == 0.0  # it stands: nearer than RNGFND1_MIN_CM
    machine.set_target(TakeOff(-10.0))
    _run(machine, 60.0, VehicleEvent.ARRIVED)
    assert _truth(machine, R.RANGE_FINDER) == pytest.approx(10.0, abs=1.5)
    for name, value in (("RNGFND1_MAX_CM", 500.0), ("RNGFND1_TYPE", 0.0)):
        machine.set_parameter("RNGFND1_MAX_CM", 10000.0)
        machine.set_parameter(name, value)
        _run(machine, 0.1)
        assert _truth(machine, R.RANGE_FINDER) == 0.0


def test_a_fleet_stands_on_one_ground() -> None:
    """Each row at its own place of it."""
    from sitl.vehicles.rows import MachineRows

    ground = map_of(ramp(0.1))
    homes = [to_global(HOME, (north, 0.0, 0.0)) for north in (0.0, 100.0)]
    machines = [make_simulated("copter", home, 0.0, 1, ground) for home in homes]
    rows = MachineRows(machines)
    rows.advance(np.full(2, 1000.0))
    assert rows.reports[:, R.TRUE_GROUND] == pytest.approx([600.0, 610.0], abs=0.05)
    assert rows.state[:, L.S_FLOOR] == pytest.approx([0.0, 0.0], abs=0.001)


@pytest.mark.parametrize("over_surface", [True, False])
def test_held_height_goes_with_the_ground_that_the_range_finder_sees(over_surface: bool) -> None:
    """SURFTRAK_MODE 1 in LOITER, over ground that falls by 5 m in 100 m; else the height above the sea is held."""
    machine = _standing(ramp(-0.05))
    machine.set_target(TakeOff(-10.0))
    _run(machine, 15.0)
    over, above = _truth(machine, R.RANGE_FINDER), _truth(machine, R.TRUE_ALT)
    machine.set_target(Pilot(PilotKind.LOITER, over_surface=over_surface))
    machine.set_sticks(Sticks(pitch=0.5, throttle=0.5))
    _run(machine, 15.0)
    fallen = 0.05 * _truth(machine, R.TRUE_N)
    assert fallen > 2.5
    followed = fallen if over_surface else 0.0
    assert _truth(machine, R.TRUE_ALT) == pytest.approx(above - followed, abs=1.0)
    assert _truth(machine, R.RANGE_FINDER) == pytest.approx(over + fallen - followed, abs=1.0)
