"""Missions with a flight controller behind Sortie, in virtual time, over links good and bad."""

from __future__ import annotations

from math import hypot
from random import Random

import pytest

from autopilot.interface import report
from autopilot.mission.items import MissionItem
from autopilot.mission.state import MissionState
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import split_frames
from sortie.api.sample import square
from sortie.api.testing.stand_in import HOME
from tests.fakes.controller_bench import STEP_MS, ControllerBench
from tests.fakes.controller_flight import (
    ARM,
    AUTO,
    LAND,
    MISSION_START,
    PAUSE,
    QUICK_PX4,
    RTL,
    SET_MODE,
    SIDE_M,
    SQUARE,
    MakeBench,
    choose,
    flown_in,
    insist,
    landed,
    paused_in,
    reached,
    take_off,
)
from tests.stand_in.real_px4 import px4_controller

RETURN = 20  # MAV_CMD_NAV_RETURN_TO_LAUNCH


class SlowLine:
    """A serial line: in each step what ten bits a byte allow, whatever is behind them waits."""

    def __init__(self, baud: int) -> None:
        self._share = baud // 10 * STEP_MS // 1000
        self._waiting = b""

    def __call__(self, data: bytes) -> bytes:
        self._waiting += data
        taken, self._waiting = self._waiting[: self._share], self._waiting[self._share :]
        return taken


class Lossy:
    """A datagram link that loses one frame in ten."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def __call__(self, data: bytes) -> bytes:
        return b"".join(frame for frame in split_frames(data) if self._random.random() >= 0.1)


def good(bench: ControllerBench) -> None:
    """A link without faults."""


def slow(bench: ControllerBench) -> None:
    bench.to_controller, bench.from_controller = SlowLine(57600), SlowLine(57600)


def fast(bench: ControllerBench) -> None:
    bench.to_controller, bench.from_controller = SlowLine(921600), SlowLine(921600)


def lossy(bench: ControllerBench) -> None:
    bench.to_controller, bench.from_controller = Lossy(2), Lossy(3)


LINES = {"good": good, "57600 baud": slow, "921600 baud": fast, "10 % loss": lossy}
#: The line between a slow one and a good one shows what they do not show only now and then.
CASES = [
    pytest.param(f"{firmware}{name}", marks=pytest.mark.long if spoil is fast else ())
    for firmware in ("", "PX4, ")
    for name, spoil in LINES.items()
]


@pytest.fixture(params=CASES)
def bench(make_bench: MakeBench, request: pytest.FixtureRequest) -> ControllerBench:
    spoil = LINES[request.param.removeprefix("PX4, ")]
    baud = 57600 if spoil is slow else None
    controller = px4_controller(QUICK_PX4, baud=baud) if request.param.startswith("PX4") else None
    made = make_bench(baud=baud, controller=controller)
    spoil(made)
    return made


def test_a_mission_is_flown_to_its_end(bench: ControllerBench) -> None:
    """Every item is reached in order and the ground station sees AUTO until the landing."""
    ground = take_off(bench)
    assert ground.mode == AUTO
    bench.run_until(lambda: bench.height > 5.0, 60.0)
    assert bench.controller.mode == flown_in(bench)
    assert ground.mode == AUTO
    bench.run_until(lambda: landed(bench))
    bench.run(1.0)
    assert reached(bench) == [1, 2, 3, 4, 5, 6]
    wire = [bench.vehicle.firmware.wire_seq(seq) for seq in (1, 2, 3, 4, 5, 6)]
    assert [message.seq for message in ground.of("MISSION_ITEM_REACHED")] == wire


def test_pause_holds_the_vehicle_and_continue_goes_on(bench: ControllerBench) -> None:
    """DO_PAUSE_CONTINUE stops the real vehicle in the middle of a leg and flies the rest afterwards."""
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.run(3.0)
    ground.command(PAUSE, 0)
    bench.run(6.0)
    assert bench.controller.ground_speed < 0.5
    assert ground.mode == paused_in(bench)
    held = bench.controller.position
    bench.run(6.0)
    assert max(abs(a - b) for a, b in zip(held, bench.controller.position, strict=True)) < 1.5
    ground.command(PAUSE, 1)
    bench.run_until(lambda: len(reached(bench)) >= 3)


def test_set_current_changes_the_leg(bench: ControllerBench) -> None:
    """After DO_SET_MISSION_CURRENT 4 the vehicle flies to item 4 and leaves out 2 and 3."""
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    choose(bench, ground, 4)
    bench.run_until(lambda: len(reached(bench)) >= 2)
    assert reached(bench)[:2] == [1, 4]


def test_a_new_mission_in_flight_is_flown(bench: ControllerBench) -> None:
    """Items that are replaced in flight are flown at their new places."""
    take_off(bench)
    bench.run_until(lambda: reached(bench)[:2] == [1, 2], 90.0)
    higher = tuple(MissionItem(i.command, i.frame, x=i.x, y=i.y, z=25.0 if i.command == 16 else i.z) for i in SQUARE)
    bench.upload(higher)
    bench.run_until(lambda: 4 in reached(bench))
    assert abs(bench.height - 25.0) < 2.0


def test_rtl_of_a_ground_station_is_the_controllers(bench: ControllerBench) -> None:
    """NAV_RETURN_TO_LAUNCH passes: the controller returns by itself, the mission pauses, the true mode is shown."""
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1, 2], 90.0)
    insist(bench, ground, RETURN)
    bench.run_until(lambda: ground.mode == RTL, 5.0)
    bench.run_until(lambda: bench.controller.mode == RTL, 1.0)
    assert bench.autopilot.sequencer.state() is not MissionState.RUNNING
    assert not bench.vehicle.commanded
    bench.run_until(lambda: landed(bench))
    assert reached(bench) == [1, 2]


def test_landing_where_it_is(bench: ControllerBench) -> None:
    """Mode LAND of a ground station brings the vehicle down without a word of Sortie's."""
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1, 2], 90.0)
    insist(bench, ground, SET_MODE, 1, LAND)
    bench.run_until(lambda: ground.mode == LAND, 5.0)
    bench.run_until(lambda: landed(bench))


def test_a_hold_time_is_counted_at_the_waypoint(make_bench: MakeBench) -> None:
    """A waypoint with 5 s of hold time keeps the vehicle there for at least that long."""
    bench = make_bench()
    first = SQUARE[1]
    held = MissionItem(16, 3, param1=5.0, x=first.x, y=first.y, z=10.0)
    take_off(bench, (SQUARE[0], held, *SQUARE[2:]))
    bench.run_until(
        lambda: (
            bench.vehicle.state.report[report.ARRIVED]
            and len(reached(bench)) == 1
            and bench.autopilot.sequencer.current_nav_index() == 2
        ),
        120.0,
    )
    began = bench.now_ms
    bench.run_until(lambda: 2 in reached(bench))
    assert 4900 <= bench.now_ms - began <= 5600


def test_speed_and_yaw_items_reach_the_controller(make_bench: MakeBench) -> None:
    """DO_CHANGE_SPEED slows the real vehicle, CONDITION_YAW turns its nose."""
    bench = make_bench()
    slow_down = MissionItem(178, 3, param1=1.0, param2=2.0)
    take_off(bench, (SQUARE[0], slow_down, *SQUARE[1:]))
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    bench.run(10.0)
    assert 1.5 < bench.controller.ground_speed < 2.3


def test_a_circle_is_flown_round_its_centre(make_bench: MakeBench) -> None:
    """LOITER_TURNS: one turn of 20 m, the height and the radius kept."""
    bench = make_bench()
    centre = SQUARE[1]
    circle = MissionItem(18, 3, param1=1.0, param3=20.0, x=centre.x, y=centre.y, z=10.0)
    take_off(bench, (SQUARE[0], circle, SQUARE[-1]))
    bench.run_until(lambda: bench.vehicle.state.report[38] > 0.1, 120.0)
    errors: list[float] = []

    def done() -> bool:
        north, east, _ = bench.controller.position
        errors.append(abs(hypot(north - SIDE_M, east) - 20.0))
        return 2 in reached(bench)

    assert bench.run_until(done, 60.0) > 10.0
    assert max(errors) < 4.0


def test_a_rover_drives_its_mission(make_bench: MakeBench) -> None:
    """The same for a rover: waypoints in GUIDED, shown as AUTO (10)."""
    bench = make_bench("rover")
    ground = bench.ground()
    bench.ready()
    bench.upload(square(HOME, takeoff=False))
    ground.command(SET_MODE, 1, 10)
    bench.run(1.0)
    ground.command(ARM, 1)
    bench.run(1.0)
    ground.command(MISSION_START)
    bench.run(2.0)
    assert ground.mode == 10
    assert bench.controller.mode == 15
    bench.run_until(lambda: reached(bench)[:4] == [1, 2, 3, 4])


def test_the_ground_station_uploads_to_sortie_not_to_the_controller(make_bench: MakeBench) -> None:
    """The mission protocol ends at Sortie: the controller's own mission stays empty."""
    bench = make_bench()
    ground = bench.ground()
    bench.ready()
    ground.send(dialect.MAVLink_mission_count_message(1, 1, 2, 0))
    bench.run(0.2)
    for seq, command in ((0, 16), (1, 22)):
        ground.send(dialect.MAVLink_mission_item_int_message(1, 1, seq, 3, command, 0, 1, 0, 0, 0, 0, 0, 0, 10.0, 0))
        bench.run(0.2)
    assert [message.type for message in ground.of("MISSION_ACK")] == [0]
    assert bench.autopilot.plans.mission.total() == 1
    assert bench.controller.total(0) == 0
