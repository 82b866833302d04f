"""Every row of the table of docs/reference/mission-semantics.md, 2.4, and what else may be wrong with a message."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isnan, nan
from typing import Any

import pytest

from autopilot.mission.commands import KNOWN_COMMANDS
from autopilot.mission.items import MissionItem
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.mission.convert import float32_range
from mavlink_bridge.services.mission.upload import UploadState
from mavlink_bridge.wire.codec import dialect
from tests.fakes.mission_bench import (
    ACCEPTED,
    DENIED,
    ERROR,
    INVALID,
    INVALID_PARAM1,
    INVALID_SEQUENCE,
    MAVPROXY,
    UNSUPPORTED,
    UNSUPPORTED_FRAME,
    Bench,
    fence_square,
    rally_points,
    waypoints,
)

GOOD = MissionItem(command=16, frame=3, x=-35.0, y=149.0, z=20.0, seq=1)
YAW = MissionItem(command=115, frame=2, seq=1)
CIRCLE = MissionItem(command=5003, frame=0, param1=50.0, x=-35.0, y=149.0)
RALLY = MissionItem(command=5100, frame=3, x=-35.0, y=149.0, z=30.0)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def uploaded(bench: Bench, item: MissionItem, kind: int = 0, *, as_int: bool = True) -> list[tuple[Any, ...]]:
    """The answer to `item` as the one item of a plan."""
    bench.count(2 if kind == 0 else 1, kind)
    if kind == 0:
        bench.home()
    return bench.item(replace(item, seq=1 if kind == 0 else 0), kind, as_int=as_int)


MISSION_ROWS = [
    *((replace(GOOD, **{f"param{n}": value}), INVALID_PARAM1 + n - 1) for n in (1, 2, 3, 4) for value in (inf, -inf)),
    (replace(GOOD, param1=nan), INVALID_PARAM1),
    *((replace(YAW, **{f"param{n}": nan}), INVALID_PARAM1 + n - 1) for n in (1, 2, 3, 4)),
    (replace(GOOD, x=90.1), 10), (replace(GOOD, x=-90.1), 10),
    (replace(GOOD, y=180.1), 11), (replace(GOOD, y=-200.0), 11),
    *((replace(GOOD, z=z), 12) for z in (nan, inf, -inf, 83_000.0, -83_000.0)),
    *((replace(GOOD, frame=frame), UNSUPPORTED_FRAME) for frame in (1, 4, 7, 8, 9, 12, 20, 255)),
    *((replace(GOOD, command=command), UNSUPPORTED) for command in (2, 300, 400, 512, 5001, 5100, 31010, 65535)),
    *((replace(GOOD, command=command), INVALID) for command in (0, 1)),
    *((MissionItem(command=177, frame=2, param1=to, param2=1.0), ERROR) for to in (0.0, 2.0, 3.0, -1.0)),
]  # fmt: skip


@pytest.mark.parametrize(("item", "result"), MISSION_ROWS)
def test_bad_mission_items_are_refused_with_their_result(bench: Bench, item: MissionItem, result: int) -> None:
    """The item's fault is told, the upload ends, the old plan stands."""
    bench.upload(waypoints(2))
    assert uploaded(bench, item) == [("ACK", result)]
    assert bench.service.state(0) is UploadState.IDLE
    assert bench.stored() == waypoints(2)
    assert bench.texts[-1].startswith("Mission item 1: ")


@pytest.mark.parametrize("item", [replace(GOOD, x=nan), replace(GOOD, y=nan)])
def test_nan_positions_as_floats_are_refused(bench: Bench, item: MissionItem) -> None:
    """Only MISSION_ITEM can carry one."""
    assert uploaded(bench, item, as_int=False) == [("ACK", 10 if item.x != item.x else 11)]


@pytest.mark.parametrize("frame", [0, 2, 3, 5, 6, 10, 11])
def test_the_frames_of_missions_round_trip_as_received(bench: Bench, frame: int) -> None:
    """docs/catalogue.md, 45, MissionFrames: stored and given back, frame and command unchanged."""
    assert uploaded(bench, replace(GOOD, frame=frame)) == [("ACK", ACCEPTED)]
    bench.ask(1)
    message = bench.last[0].message
    assert (message.frame, message.command, message.x, message.y, message.z) == (
        frame,
        16,
        -350000000,
        1490000000,
        20.0,
    )


@pytest.mark.parametrize("number", [2, 3, 4])
def test_nan_in_a_param_that_the_item_does_not_use_is_kept(bench: Bench, number: int) -> None:
    """QGroundControl sends NaN for "any yaw"."""
    assert uploaded(bench, replace(GOOD, **{f"param{number}": nan})) == [("ACK", ACCEPTED)]
    bench.ask(1)
    value = getattr(bench.last[0].message, f"param{number}")
    assert value != value


@pytest.mark.parametrize(("kind", "item", "result"), [
    (1, replace(CIRCLE, command=16), UNSUPPORTED),
    (1, replace(CIRCLE, command=5100), UNSUPPORTED),
    (1, replace(CIRCLE, frame=2), UNSUPPORTED_FRAME),
    (1, replace(CIRCLE, frame=1), UNSUPPORTED_FRAME),
    (1, replace(CIRCLE, x=91.0), 10),
    (1, replace(CIRCLE, y=181.0), 11),
    (1, replace(CIRCLE, command=5001, param1=256.0), INVALID_PARAM1),
    (1, replace(CIRCLE, param1=nan), INVALID_PARAM1),
    (1, replace(CIRCLE, param1=0.0), ERROR),
    (1, replace(CIRCLE, param1=-5.0), ERROR),
    (1, replace(CIRCLE, command=5001, param1=3.0), ERROR),
    (1, replace(CIRCLE, command=5001, param1=0.0), ERROR),
    (2, replace(RALLY, command=16), UNSUPPORTED),
    (2, replace(RALLY, frame=2), UNSUPPORTED_FRAME),
    (2, replace(RALLY, z=32768.0), 12),
    (2, replace(RALLY, z=nan), 12),
    (2, replace(RALLY, x=-90.5), 10),
])  # fmt: skip
def test_bad_fence_and_rally_items_are_refused(bench: Bench, kind: int, item: MissionItem, result: int) -> None:
    """docs/catalogue.md, 55, GCSFence: bad frame, vertex count 0 or wrong, bad position, bad radius."""
    old = fence_square() if kind == 1 else rally_points(2)
    bench.upload(old, kind)
    assert uploaded(bench, item, kind) == [("ACK", result)]
    assert bench.stored(kind) == old


def test_two_return_points_are_an_error_at_the_last_item(bench: Bench) -> None:
    """Valid item by item, not as a whole: ERROR and a text that says why; the old fence stands."""
    bench.upload(fence_square(), 1)
    back = MissionItem(command=5000, frame=0, x=-35.0, y=149.0)
    bench.count(2, 1)
    assert bench.item(replace(back, seq=0), 1) == [("REQUEST", 1)]
    assert bench.item(replace(back, seq=1), 1) == [("ACK", ERROR)]
    assert "return point" in bench.texts[-1]
    assert bench.stored(1) == fence_square()


@pytest.mark.parametrize("kind", [3, 230, 254])
def test_unknown_mission_types_are_unsupported_and_requests_for_them_silent(bench: Bench, kind: int) -> None:
    """docs/catalogue.md, 54: type 230 UNSUPPORTED."""
    assert bench.count(1, kind) == [("ACK", UNSUPPORTED)]
    assert bench.last[0].message.mission_type == kind
    assert bench.clear(kind) == bench.ask_list(kind) == bench.partial(0, 0, kind) == [("ACK", UNSUPPORTED)]
    assert bench.item(GOOD, kind) == [("ACK", UNSUPPORTED)]
    assert bench.ask(0, kind) == bench.ask(0, kind, as_int=False) == bench.ack(ERROR, kind) == []


def test_type_255_is_for_clear_all_only(bench: Bench) -> None:
    """MAV_MISSION_TYPE_ALL names no plan that could be uploaded or read."""
    assert bench.count(1, 255) == bench.ask_list(255) == [("ACK", UNSUPPORTED)]


def test_fence_and_rally_over_mavlink1_are_unsupported(bench: Bench) -> None:
    """docs/catalogue.md, 50: MAVLink 1 cannot say which plan is meant."""
    peer = Peer(1, 255, 190, mavlink1=True)
    assert bench.count(1, 2, peer) == bench.ask_list(1, peer) == bench.clear(1, peer) == [("ACK", UNSUPPORTED)]
    assert bench.texts == ["Need mavlink2 for item transfer"] * 3
    assert bench.count(3, 0, peer) == [("REQUEST", 0)]


def test_armed_and_running_clear_and_empty_uploads_are_denied(bench: Bench) -> None:
    """CLEAR_ALL; COUNT 0; COUNT 1, which is home alone. Fence and rally may go."""
    bench.upload(waypoints(2))
    bench.upload(rally_points(1), 2)
    bench.core.tick()
    bench.core.flying = True
    assert bench.clear() == bench.count(0) == bench.count(1) == [("ACK", DENIED)]
    assert bench.clear(255) == [("ACK", DENIED)]
    assert bench.last[0].message.mission_type == 255
    assert (bench.stored(0), bench.stored(2)) == (waypoints(2), rally_points(1))
    assert bench.clear(2) == [("ACK", ACCEPTED)]


def test_armed_and_running_a_new_mission_is_accepted(bench: Bench) -> None:
    """ArduPilot allows it; the core decides what is flown on."""
    bench.core.flying = True
    assert bench.upload(waypoints(3)) == [("ACK", ACCEPTED)]


def test_a_mission_that_started_during_an_upload_of_home_alone_is_not_lost(bench: Bench) -> None:
    """The rule is judged again when the plan is complete."""
    bench.upload(waypoints(2))
    bench.count(1)
    bench.core.flying = True
    assert bench.home() == [("ACK", DENIED)]
    assert bench.stored() == waypoints(2)


def test_items_that_this_vehicle_cannot_do_are_kept_and_named() -> None:
    """Accepted, as ArduPilot does, with one text for each command."""
    bench = Bench("rover")
    items = (
        MissionItem(command=22, frame=3, x=1.0, y=1.0, z=10.0, seq=1),
        replace(GOOD, seq=2),
        replace(GOOD, command=82, seq=3),
        replace(GOOD, command=82, seq=4),
        MissionItem(command=208, frame=2, seq=5),
    )
    assert bench.upload(items) == [("ACK", ACCEPTED)]
    assert bench.texts == [
        "Flight plan received",
        "Item 1 Takeoff (22) will be skipped",
        "Item 3 SplineWP (82) and 1 more skipped",
        "Item 5 Parachute (208) will be skipped",
    ]
    assert bench.stored() == items


def test_texts_about_items_are_bounded_and_fit_one_statustext(bench: Bench) -> None:
    """At most nine of them, each within 50 characters."""
    commands = sorted(command for command in KNOWN_COMMANDS if not vehicle_class("copter").carries_out(command))[:12]
    items = tuple(MissionItem(command=c, frame=3, x=1.0, y=1.0, z=1.0, seq=n) for n, c in enumerate(commands, start=1))
    assert bench.upload(items) == [("ACK", ACCEPTED)]
    assert len(bench.texts) == 10
    assert bench.texts[-1] == "4 more commands will be skipped"
    assert all(len(text) <= 50 for text in bench.texts)


@pytest.mark.parametrize("message", [
    dialect.MAVLink_mission_item_message(1, 1, 0, 3, 16, 2, 1, 0, 0, 0, 0, nan, 149.0, 20.0),
    dialect.MAVLink_mission_item_message(1, 1, 0, 3, 16, 2, 1, 0, 0, 0, 0, -35.0, 200.0, 20.0),
    dialect.MAVLink_mission_item_message(1, 1, 0, 3, 16, 2, 1, 0, 0, 0, 0, -35.0, 149.0, nan),
    dialect.MAVLink_mission_item_message(1, 1, 0, 3, 16, 2, 1, 0, 0, 0, 0, 0.0, 0.0, 20.0),
    dialect.MAVLink_mission_item_message(1, 1, 0, 3, 21, 2, 1, 0, 0, 0, 0, -35.0, 149.0, 20.0),
])  # fmt: skip
def test_bad_guided_items_are_errors_and_never_reach_the_core(bench: Bench, message: Any) -> None:
    """No place, no finite height, no waypoint."""
    assert bench.hear(message) == [("ACK", ERROR)]
    assert bench.core.targets == []


@pytest.mark.parametrize(("frame", "height"), [(0, 30.0), (5, 30.0), (3, 614.0), (6, 614.0), (10, 614.0), (11, 614.0)])
def test_guided_items_mean_the_height_of_their_frame(bench: Bench, frame: int, height: float) -> None:
    """Above sea, above home, above flat terrain at home; float and int items, target and altitude."""
    bench.hear(dialect.MAVLink_mission_item_message(1, 1, 0, frame, 16, 2, 1, 0, 0, 0, 0, -35.5, 149.25, 30.0))
    bench.hear(
        dialect.MAVLink_mission_item_int_message(1, 1, 0, frame, 16, 2, 1, 0, 0, 0, 0, -355000000, 1492500000, 30.0)
    )
    bench.hear(dialect.MAVLink_mission_item_message(1, 1, 0, frame, 16, 3, 1, 0, 0, 0, 0, 0, 0, 30.0))
    assert bench.core.targets == [(-35.5, 149.25, height), (-35.5, 149.25, height), (frame, 30.0)]


def test_a_height_above_an_unknown_home_is_an_error(bench: Bench) -> None:
    """Before the first fix nothing can be said about it."""
    bench.core.home = None
    item = dialect.MAVLink_mission_item_message(1, 1, 0, 3, 16, 2, 1, 0, 0, 0, 0, -35.5, 149.25, 30.0)
    assert bench.hear(item) == [("ACK", ERROR)]


def test_set_current_is_answered_with_the_requested_seq_to_all(bench: Bench) -> None:
    """MAVSDK resends until that very seq comes back; docs/catalogue.md, 66."""
    bench.upload(waypoints(3))
    bench.core.tick()
    assert bench.hear(dialect.MAVLink_mission_set_current_message(1, 1, 2), MAVPROXY) == [("CURRENT", 2)]
    assert bench.last[0].link is None
    message = bench.last[0].message
    assert (message.total, message.mission_state, message.mission_mode) == (3, 2, 2)
    assert message.mission_id == bench.core.mission.checksum()
    assert (message.fence_id, message.rally_points_id) == (0, 0)


def test_set_current_to_no_item_is_not_confirmed(bench: Bench) -> None:
    """The core says why by STATUSTEXT."""
    bench.upload(waypoints(3))
    bench.core.tick()
    assert bench.hear(dialect.MAVLink_mission_set_current_message(1, 1, 17)) == []
    assert bench.core.set_to == []


def test_a_count_announced_allocates_nothing(bench: Bench) -> None:
    """5,000 items announced are staged one by one as they come."""
    bench.count(5001)
    bench.home()
    upload = bench.service._transfers[0]._upload
    assert upload is not None and len(upload.items) == 1
    assert bench.ask(5000, peer=MAVPROXY) == [("COUNT", 0), ("ACK", INVALID_SEQUENCE)]


@pytest.mark.parametrize(("frame", "said"), [(10, True), (11, True), (3, False), (0, False)])
def test_heights_above_the_ground_are_said_to_be_over_flat_ground(bench: Bench, frame: int, said: bool) -> None:
    """Terrain frames are flown without terrain data: that is said once at upload."""
    items = tuple(replace(GOOD, frame=frame, seq=n) for n in (1, 2, 3))
    assert bench.upload(items) == [("ACK", ACCEPTED)]
    assert bench.texts.count("Terrain frames: ground taken as flat at home") == int(said)


def test_a_frame_says_nothing_where_there_is_no_place(bench: Bench) -> None:
    """A DO item in a terrain frame has no height that could be above the ground."""
    items = (replace(GOOD, frame=3, seq=1), MissionItem(command=178, frame=10, param1=1.0, param2=5.0, seq=2))
    assert bench.upload(items) == [("ACK", ACCEPTED)]
    assert "Terrain frames: ground taken as flat at home" not in bench.texts


def test_what_no_float32_can_hold_is_an_infinity_on_the_wire() -> None:
    """A plan file holds doubles: the largest float32 is kept on both sides of zero, what is beyond it is infinite."""
    largest = (2.0 - 2.0**-23) * 2.0**127
    for value in (largest, -largest, 0.0):
        assert float32_range(value) == value
    assert float32_range(largest * 1.01) == inf
    assert float32_range(-largest * 1.01) == -inf
    assert isnan(float32_range(nan))
