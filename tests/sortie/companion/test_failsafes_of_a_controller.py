"""What the controller does by itself in trouble takes the vehicle: Sortie stops commanding, says so, and looks on."""

from __future__ import annotations

from autopilot.interface.geo import to_global
from autopilot.mission.items import MissionItem
from autopilot.mission.state import MissionState
from mavlink_bridge.wire.codec import dialect
from sortie.api.testing.stand_in import HOME
from tests.fakes.controller_bench import ControllerBench, Ground
from tests.fakes.controller_flight import AUTO, LAND, RTL, SET_MODE, SQUARE, MakeBench, landed, reached, take_off


def set_parameter(bench: ControllerBench, ground: Ground, name: bytes, value: float) -> None:
    """In the controller, as a ground station does."""
    ground.heard.clear()
    ground.send(dialect.MAVLink_param_set_message(1, 1, name, value, 9))
    bench.run_until(lambda: any(m.param_id == name.decode() for m in ground.of("PARAM_VALUE")), 3.0)


def is_taken(bench: ControllerBench, ground: Ground, modes: tuple[int, ...], limit_s: float) -> None:
    """One of these modes is shown as the true one, with a warning, and nothing is sent any more."""
    bench.run_until(lambda: bool(ground.modes()) and ground.mode in modes, limit_s)
    bench.run_until(lambda: any("taken over" in text for text in ground.texts()), 2.0)
    assert not bench.vehicle.commanded
    assert bench.autopilot.sequencer.state() is not MissionState.RUNNING
    assert bench.vehicle.steering.step(bench.service.now_ms, True) == []


def test_a_lost_radio_takes_the_vehicle_home(make_bench: MakeBench) -> None:
    """FS_THR_ENABLE: RTL of the controller; it is not taken back, and comes down."""
    bench = make_bench()
    ground = take_off(bench)
    bench.run_until(lambda: 2 in reached(bench), 90.0)
    set_parameter(bench, ground, b"SIM_RC_FAIL", 1.0)
    is_taken(bench, ground, (RTL,), 10.0)
    bench.run_until(lambda: landed(bench))
    assert 3 not in reached(bench)


def test_a_fence_action_takes_the_vehicle(make_bench: MakeBench) -> None:
    """The fence is drawn in flight, and the controller returns when it is crossed: seen, told, not taken back."""
    bench = make_bench()
    far = to_global(HOME, (200.0, 0.0, 0.0))
    ground = take_off(bench, (SQUARE[0], MissionItem(16, 3, x=far.lat, y=far.lon, z=10.0), SQUARE[-1]))
    bench.run_until(lambda: 1 in reached(bench), 60.0)
    set_parameter(bench, ground, b"FENCE_TYPE", 2.0)
    set_parameter(bench, ground, b"FENCE_RADIUS", 100.0)
    set_parameter(bench, ground, b"FENCE_ENABLE", 1.0)
    is_taken(bench, ground, (RTL,), 60.0)
    bench.run_until(lambda: landed(bench), 180.0)
    assert 2 not in reached(bench)


def test_a_lost_position_is_the_controllers_affair(make_bench: MakeBench) -> None:
    """Its EKF failsafe lands it (FS_EKF_ACTION): shown as what it is; AUTO is refused while there is no position."""
    bench = make_bench()
    ground = take_off(bench)
    bench.run_until(lambda: 1 in reached(bench), 90.0)
    bench.run(3.0)
    ground.heard.clear()
    bench.controller.lose_gps()
    is_taken(bench, ground, (LAND, 2), 60.0)
    ground.heard.clear()
    ground.command(SET_MODE, 1, AUTO)
    bench.run(3.0)
    assert ground.acks(SET_MODE) == [4]
    assert bench.controller.mode != 4
    bench.run_until(lambda: landed(bench), 120.0)
