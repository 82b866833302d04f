"""The controller's fence and rally points: they pass, Sortie has a copy, and checks the mission against the fence."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from autopilot.interface.geo import to_global
from autopilot.mission.items import MissionItem
from mavlink_bridge.services.ftp.wire import Opcode, Operation
from mavlink_bridge.wire.codec import dialect
from sortie.api.testing.stand_in import HOME, StandIn
from tests.fakes.controller_bench import ControllerBench, Ground
from tests.fakes.controller_flight import AUTO, SET_MODE, SQUARE, MakeBench, reached

USER_1, GO = 31010, 0x20
FENCE, RALLY = 1, 2
CIRCLE_OUT, VERTEX_OUT, VERTEX_IN, CIRCLE_IN, RALLY_POINT = 5004, 5002, 5001, 5003, 5100
FAILED, ACCEPTED = 4, 0

Corner = tuple[float, float]


def place(north: float, east: float) -> tuple[float, float]:
    point = to_global(HOME, (north, east, 0.0))
    return point.lat, point.lon


def zone(command: int, radius: float, north: float, east: float) -> MissionItem:
    lat, lon = place(north, east)
    return MissionItem(command, 0, param1=radius, x=lat, y=lon)


def polygon(command: int, corners: Sequence[Corner]) -> list[MissionItem]:
    return [zone(command, float(len(corners)), north, east) for north, east in corners]


def send_plan(bench: ControllerBench, ground: Ground, kind: int, items: Sequence[MissionItem]) -> None:
    """As a ground station uploads it."""
    ground.heard.clear()
    ground.send(dialect.MAVLink_mission_count_message(1, 1, len(items), kind))
    for seq, item in enumerate(items):
        bench.run_until(lambda seq=seq: any(request.seq == seq for request in requests(ground)), 5.0)
        ground.send(
            dialect.MAVLink_mission_item_int_message(
                1,
                1,
                seq,
                item.frame,
                item.command,
                0,
                1,
                item.param1,
                0,
                0,
                0,
                round(item.x * 1e7),
                round(item.y * 1e7),
                item.z,
                kind,
            )
        )
    bench.run_until(lambda: bool(ground.of("MISSION_ACK")), 5.0)
    assert [message.type for message in ground.of("MISSION_ACK")] == [0]


def requests(ground: Ground) -> list[object]:
    return [*ground.of("MISSION_REQUEST"), *ground.of("MISSION_REQUEST_INT")]


@pytest.mark.parametrize(
    ("kind", "items"),
    [(FENCE, [zone(CIRCLE_OUT, 20.0, 300.0, 0.0)]),
     (FENCE, polygon(VERTEX_IN, [(-90, -90), (200, -90), (200, 200), (-90, 200)])),
     (RALLY, [MissionItem(RALLY_POINT, 3, x=place(50.0, 0.0)[0], y=place(50.0, 0.0)[1], z=20.0)])],
    ids=["circle", "polygon", "rally"],
)  # fmt: skip
def test_a_plan_passes_and_sortie_has_a_copy(make_bench: MakeBench, kind: int, items: list[MissionItem]) -> None:
    """The controller has it, Sortie's copy is the same; when all is cleared, both are empty."""
    bench = make_bench()
    ground = bench.ground()
    bench.run(2.0)
    send_plan(bench, ground, kind, items)
    storage = bench.autopilot.plans.storage(kind)
    bench.run_until(lambda: storage.total() == len(items), 5.0)
    assert bench.controller.total(kind) == len(items)
    for mine, sent in zip(storage.items(), items, strict=True):
        assert (mine.command, mine.param1) == (sent.command, sent.param1)
        assert abs(mine.x - sent.x) < 1e-7 and abs(mine.y - sent.y) < 1e-7
    ground.send(dialect.MAVLink_mission_clear_all_message(1, 1, kind))
    bench.run_until(lambda: storage.total() == 0, 5.0)
    assert bench.controller.total(kind) == 0


def test_all_plans_cleared_at_once_are_cleared_here_too(make_bench: MakeBench) -> None:
    """MISSION_CLEAR_ALL for all types goes to both; the controller's answer to it is not shown, but heard."""
    bench = make_bench()
    ground = bench.ground()
    bench.run(2.0)
    bench.upload(SQUARE)
    send_plan(bench, ground, FENCE, [zone(CIRCLE_OUT, 20.0, 300.0, 0.0)])
    bench.run_until(lambda: bench.autopilot.plans.fence.total() == 1, 5.0)
    ground.send(dialect.MAVLink_mission_clear_all_message(1, 1, 255))
    bench.run_until(
        lambda: bench.autopilot.plans.fence.total() == 0 and bench.autopilot.plans.mission.total() == 0, 5.0
    )
    assert bench.controller.total(FENCE) == 0
    assert [message.mission_type for message in ground.of("MISSION_ACK")][-1:] == [255]


def test_what_the_controller_had_before_is_read(make_bench: MakeBench) -> None:
    """A new service finds the rally point that is there already."""
    bench = make_bench()
    ground = bench.ground()
    bench.run(2.0)
    send_plan(bench, ground, RALLY, [MissionItem(RALLY_POINT, 3, x=place(50.0, 0.0)[0], y=place(50.0, 0.0)[1], z=20.0)])
    again = ControllerBench.__new__(ControllerBench)
    again.adopt(bench)
    again.run_until(lambda: again.autopilot.plans.rally.total() == 1, 10.0)


LOW = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 1.0, "FENCE_ALT_MAX": 20.0}
NARROW = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 2.0, "FENCE_RADIUS": 35.0}
ZONED = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 4.0}
IN_THE_WAY = polygon(VERTEX_OUT, [(28, -10), (32, -10), (32, 10), (28, 10)])
TALL = tuple(MissionItem(i.command, i.frame, x=i.x, y=i.y, z=25.0 if i.command == 16 else i.z) for i in SQUARE)


@pytest.mark.parametrize(
    ("params", "fence", "mission", "reason"),
    [(LOW, [], TALL, "Mission item 2 beyond Max Alt fence"),
     (NARROW, [], SQUARE, "Mission item 2 beyond Circle fence"),
     (ZONED, [zone(CIRCLE_IN, 30.0, 0.0, 0.0)], SQUARE, "Mission item 2 beyond Polygon fence"),
     (ZONED, IN_THE_WAY, SQUARE, "Way to mission item 2 leaves the fence")],
    ids=["height", "circle", "zone", "on the way"],
)  # fmt: skip
def test_go_is_refused_for_a_mission_that_leaves_the_fence(
    make_bench: MakeBench,
    params: dict[str, float],
    fence: list[MissionItem],
    mission: tuple[MissionItem, ...],
    reason: str,
) -> None:
    """With the item and the fence; AUTO of a ground station is warned of it. Without the fence, GO is taken."""
    bench = make_bench(params=params)
    ground = bench.ground()
    bench.run(2.0)
    if fence:
        send_plan(bench, ground, FENCE, fence)
    bench.run_until(
        lambda: bench.companion.parameter_cache.missing == () and bench.autopilot.plans.fence.total() == len(fence),
        20.0,
    )
    bench.ready()
    bench.upload(mission)
    ground.command(USER_1, GO)
    bench.run_until(lambda: any(text == f"PreArm: {reason}" for text in ground.texts()), 40.0)
    bench.run(10.0)
    assert not bench.autopilot.facts.armed and not bench.controller.armed
    ground.heard.clear()
    ground.command(SET_MODE, 1, AUTO)
    bench.run_until(lambda: reason in ground.texts(), 2.0)
    ground.send(dialect.MAVLink_param_set_message(1, 1, b"FENCE_ENABLE", 0.0, 2))
    bench.run(3.0)
    assert bench.autopilot.prearm.ok


def test_a_mission_inside_the_fence_is_flown_with_it(make_bench: MakeBench) -> None:
    """The fence is on, everything lies inside: nothing is in the way, and Sortie's own guard does nothing."""
    bench = make_bench(
        params={"FENCE_ENABLE": 1.0, "FENCE_TYPE": 7.0, "FENCE_ALT_MAX": 40.0, "FENCE_RADIUS": 300.0},
        own={"FM_COUNTDOWN": 1.0},
    )
    ground = bench.ground()
    bench.run(2.0)
    send_plan(bench, ground, FENCE, polygon(VERTEX_IN, [(-90, -90), (200, -90), (200, 200), (-90, 200)]))
    bench.ready()
    bench.upload(SQUARE)
    ground.command(USER_1, GO)
    bench.run_until(lambda: 6 in reached(bench))
    assert reached(bench) == [1, 2, 3, 4, 5, 6]


def test_a_plan_that_comes_as_a_file_is_read_when_it_is_closed(make_bench: MakeBench) -> None:
    """@MISSION/rally.dat by file transfer: no acknowledgement of the mission protocol tells of it."""
    controller = StandIn()
    bench = make_bench(controller=controller)
    ground = bench.ground()
    bench.run(5.0)
    rally = MissionItem(RALLY_POINT, 3, x=place(50.0, 0.0)[0], y=place(50.0, 0.0)[1], z=20.0)
    controller.autopilot.plans.replace(RALLY, (rally,))
    bench.run(2.0)
    assert bench.autopilot.plans.rally.total() == 0
    name = b"@MISSION/rally.dat"
    created = Operation(1, 0, Opcode.CREATE_FILE, len(name), 0, 0, 0, name)
    closed = Operation(2, 0, Opcode.TERMINATE_SESSION, 0, 0, 0, 0, b"")
    for request in (created, closed):
        ground.send(dialect.MAVLink_file_transfer_protocol_message(0, 1, 1, list(request.pack())))
        bench.run(1.0)
    assert bench.autopilot.plans.rally.total() == 1
