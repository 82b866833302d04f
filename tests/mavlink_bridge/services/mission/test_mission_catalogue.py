"""ArduPilot's own tests of the mission protocol (docs/catalogue.md, 46 to 58), line by line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.mission.transfer import MAX_ITEMS
from mavlink_bridge.services.mission.upload import ABANDON_MS, UploadState
from tests.fakes.mission_bench import (
    ACCEPTED,
    CANCELLED,
    DENIED,
    ERROR,
    INVALID_SEQUENCE,
    MAVPROXY,
    NO_SPACE,
    QGC,
    Bench,
    fence_square,
    rally_points,
    waypoints,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_16_upload_flow_download_flow_timeout_and_sequence_error(bench: Bench) -> None:
    """pico_trail's four: up, down, a partial upload dropped, a wrong number refused."""
    items = waypoints(3)
    assert bench.upload(items) == [("ACK", ACCEPTED)]
    assert bench.ask_list() == [("COUNT", 4)]
    assert [bench.ask(seq) for seq in range(4)] == [[("ITEM_INT", seq)] for seq in range(4)]
    bench.count(3)
    bench.home()
    assert bench.item(items[2]) == [("ACK", INVALID_SEQUENCE)]
    assert bench.wait(9000)[-1] == ("ACK", CANCELLED)
    assert bench.stored() == items


def test_command_types_are_preserved(bench: Bench) -> None:
    """Seed 001: every command comes back as the command it was (upstream's waypoint_to_mission_item lost them)."""
    commands = (16, 22, 82, 17, 18, 19, 31, 20, 21, 92, 93, 112, 114, 115, 178, 179, 183, 189, 201, 206, 600)
    items = tuple(
        MissionItem(command=c, frame=3, param1=1.0, x=1.0, y=2.0, z=30.0, seq=n) for n, c in enumerate(commands, 1)
    )
    assert bench.upload(items) == [("ACK", ACCEPTED)]
    bench.core.tick()
    back = []
    for seq in range(1, len(items) + 1):
        bench.ask(seq)
        back.append(bench.last[0].message.command)
    assert tuple(back) == commands


def test_46_clear_during_an_upload(bench: Bench) -> None:
    """R ClearMission: another station's DENIED; the uploading station's cancels the upload, ACCEPTED."""
    bench.count(4, peer=MAVPROXY)
    assert bench.clear(peer=QGC) == [("ACK", DENIED)]
    assert bench.clear(peer=MAVPROXY) == [("ACK", ACCEPTED)]
    assert bench.service.state(0) is UploadState.IDLE


def test_47_one_item_changed_by_partial_write_keeps_its_altitude(bench: Bench) -> None:
    """R GCSMission: altitude kept to 1e-4."""
    bench.upload(waypoints(4))
    bench.core.tick()
    bench.partial(2, 2)
    bench.item(MissionItem(command=16, frame=3, x=-35.0, y=149.0, z=123.4567, seq=2))
    bench.core.tick()
    bench.ask(2)
    assert abs(bench.last[0].message.z - 123.4567) < 1e-4


def test_48_a_second_station_during_an_upload(bench: Bench) -> None:
    """R RallyUploadDownload: its COUNT DENIED, its REQUEST_LIST answered."""
    bench.upload(rally_points(2), 2)
    bench.core.tick()
    bench.count(3, 2)
    other = Peer(1, 243, 190)
    assert bench.count(3, 2, other) == [("ACK", DENIED)]
    assert bench.ask_list(2, other) == [("COUNT", 2)]


def test_49_an_abandoned_upload_then_an_empty_one(bench: Bench) -> None:
    """R same: text and OPERATION_CANCELLED to its peer; then an empty upload is ACCEPTED."""
    bench.count(3, 2)
    assert bench.wait(8000)[-1] == ("ACK", CANCELLED)
    assert (bench.last[-1].message.target_system, bench.last[-1].message.mission_type) == (255, 2)
    assert bench.texts[-1] == "Rally upload timeout"
    assert bench.count(0, 2) == [("ACK", ACCEPTED)]


def test_50_two_links_have_the_same_items_and_a_bad_seq_is_refused_in_both_forms(bench: Bench) -> None:
    """R same."""
    bench.upload(rally_points(3), 2)
    bench.core.tick()
    for peer in (QGC, Peer(7, 255, 190)):
        assert [bench.ask(seq, 2, peer) for seq in range(3)] == [[("ITEM_INT", seq)] for seq in range(3)]
        assert bench.ask(99, 2, peer, as_int=False) == [("ACK", INVALID_SEQUENCE)]
        assert bench.ask(99, 2, peer) == [("COUNT", 3), ("ACK", INVALID_SEQUENCE)]
        assert {out.link for out in bench.last} == {peer.link}


def test_51_an_item_on_a_second_link_is_taken_and_the_next_request_is_on_the_first(bench: Bench) -> None:
    """R same: another sysid DENIED; the station's own on any link."""
    bench.count(2, 2)
    first, second = rally_points(2)
    assert bench.item(first, 2, Peer(1, 243, 190)) == [("ACK", DENIED)]
    assert bench.item(first, 2, Peer(7, 255, 190)) == [("REQUEST", 1)]
    assert bench.last[0].link == QGC.link
    assert bench.item(second, 2, Peer(7, 255, 190)) == [("ACK", ACCEPTED)]
    assert bench.last[0].link == QGC.link


def test_a_late_item_of_one_station_is_no_item_of_the_next_with_the_same_ids(bench: Bench) -> None:
    """QGroundControl and Mission Planner are both 255/190. An item that the first sent twice comes when its upload has
    ended and the second, on another link, has begun: a storm had plans of both (29300003)."""
    first, second = Peer(7, 255, 190), QGC
    theirs, ours = rally_points(2), tuple(replace(point, z=90.0) for point in rally_points(2))
    bench.upload(theirs, 2, first)
    bench.core.tick()
    assert bench.count(2, 2, second) == [("REQUEST", 0)]
    assert bench.item(theirs[0], 2, first) == []
    assert bench.item(theirs[1], 2, first) == [("ACK", ACCEPTED)]
    assert bench.last[0].link == first.link
    assert bench.item(ours[0], 2, second) == [("REQUEST", 1)]
    assert bench.item(ours[1], 2, second) == [("ACK", ACCEPTED)]
    assert bench.stored(2) == ours
    bench.count(2, 2, second)
    bench.wait(ABANDON_MS - 1)
    bench.count(2, 2, second)
    bench.wait(ABANDON_MS - 1)
    assert bench.item(theirs[0], 2, first) == [("REQUEST", 1)], "the station's own second link, long after"


def test_an_item_of_an_upload_that_a_restart_cut_off_is_no_item_of_the_next_with_the_same_ids(bench: Bench) -> None:
    """The restarted vehicle knows nothing of the first upload; a storm had plans of both (29330105)."""
    first, second = Peer(7, 255, 190), QGC
    theirs, ours = rally_points(2), tuple(replace(point, z=90.0) for point in rally_points(2))
    assert bench.item(theirs[0], 2, first) == [("ACK", ERROR)]
    assert bench.count(2, 2, second) == [("REQUEST", 0)]
    assert bench.item(theirs[0], 2, first) == [("ACK", ERROR)]
    assert bench.last[0].link == first.link
    assert bench.item(ours[0], 2, second) == [("REQUEST", 1)]
    assert bench.item(ours[1], 2, second) == [("ACK", ACCEPTED)]
    assert bench.stored(2) == ours
    bench.item(ours[0], 2, second)
    assert bench.count(2, 2, second) == [("REQUEST", 0)]
    assert bench.item(ours[0], 2, second) == [("REQUEST", 1)], "its own mistake before does not count"


def test_53_partial_writes_at_the_end_and_with_a_wrong_seq(bench: Bench) -> None:
    """R same: past or across the end ERROR; wrong seq INVALID_SEQUENCE, then the right one is taken."""
    bench.upload(rally_points(3), 2)
    bench.core.tick()
    assert bench.partial(4, 4, 2) == bench.partial(2, 4, 2) == [("ACK", ERROR)]
    assert bench.partial(1, 2, 2) == [("REQUEST", 1)]
    new = [MissionItem(command=5100, frame=3, x=1.0, y=2.0, z=50.0 + seq, seq=seq) for seq in range(3)]
    assert bench.item(new[0], 2) == bench.item(new[2], 2) == [("ACK", INVALID_SEQUENCE)]
    assert bench.item(new[1], 2) == [("REQUEST", 2)]
    assert bench.item(new[2], 2) == [("ACK", ACCEPTED)]
    assert bench.stored(2) == (rally_points(3)[0], new[1], new[2])


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_54_too_many_items_have_no_space(bench: Bench, kind: int) -> None:
    """R same: 5,000 fit, home not counted; one more does not."""
    most = MAX_ITEMS + (kind == 0)
    assert bench.count(most + 1, kind) == [("ACK", NO_SPACE)]
    assert bench.count(most, kind) == [("REQUEST", 0)]


def test_54_5000_items_are_taken_whole(bench: Bench) -> None:
    """At least 5,000 items."""
    items = waypoints(MAX_ITEMS)
    assert bench.upload(items) == [("ACK", ACCEPTED)]
    assert bench.stored() == items
    assert bench.partial(MAX_ITEMS, MAX_ITEMS) == [("REQUEST", MAX_ITEMS)]
    bench.ack(ERROR)
    assert bench.partial(MAX_ITEMS + 1, MAX_ITEMS + 1) == [("ACK", ERROR)]


def test_56_a_request_past_the_end_tells_the_right_number(bench: Bench) -> None:
    """R GCSFenceInvalidPoint: MISSION_COUNT with the right number, INVALID_SEQUENCE."""
    bench.upload(fence_square(), 1)
    bench.core.tick()
    assert bench.ask(4, 1) == [("COUNT", 4), ("ACK", INVALID_SEQUENCE)]


def test_57_a_partial_write_during_an_upload_is_denied_and_the_upload_times_out(bench: Bench) -> None:
    """R FenceFullAndPartialTransfer."""
    bench.upload(fence_square(), 1)
    bench.core.tick()
    bench.count(4, 1)
    assert bench.partial(1, 2, 1) == [("ACK", DENIED)]
    assert bench.wait(8000)[-1] == ("ACK", CANCELLED)
    assert bench.texts[-1] == "Fence upload timeout"
    assert bench.stored(1) == fence_square()


def test_58_counts_of_10_then_10000_then_10(bench: Bench) -> None:
    """R MissionRetransfer: the second has a text and ends the requests; the third works."""
    assert bench.count(10) == [("REQUEST", 0)]
    assert bench.count(10_000) == [("ACK", NO_SPACE)]
    assert bench.texts == [f"Only {MAX_ITEMS} items are supported"]
    assert bench.wait(20_000) == []
    assert bench.upload(waypoints(9)) == [("ACK", ACCEPTED)]
