"""A plan is acknowledged when it is durable, and swapped in in one step or not at all."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from typing import Any

import pytest

from autopilot.context.journal import SavePlan, SaveTogether
from autopilot.mav import Cmd, Severity
from autopilot.mission.items import MissionItem
from mavlink_bridge.firmware.ardupilot import home_item
from mavlink_bridge.services.mission import texts
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.services.mission.upload import UploadState
from mavlink_bridge.wire.codec import dialect
from tests.fakes.mission_bench import (
    ACCEPTED,
    DENIED,
    ERROR,
    MAVPROXY,
    QGC,
    US,
    Bench,
    fence_square,
    rally_points,
    waypoints,
)
from tests.fakes.mission_core import HOME
from tests.fakes.recording_executor import RecordingExecutor

OLD, NEW = waypoints(3), waypoints(2, lat=10.0)


@pytest.fixture
def bench() -> Bench:
    """An old plan is stored; from now on the disk takes its time."""
    bench = Bench()
    bench.upload(OLD)
    bench.core.tick()
    bench.journal.hold = True
    return bench


def settle(bench: Bench, failure: str | None = None) -> list[tuple[Any, ...]]:
    bench.journal.settle(failure)
    return bench.wait(0)


def test_no_acknowledgement_leaves_before_the_plan_is_durable(bench: Bench) -> None:
    """COMMITTING: nothing is said, nothing has changed, and there is no deadline to wake for."""
    assert bench.upload(NEW) == []
    assert bench.journal.changes[-1] == SavePlan(0, NEW)
    assert bench.service.state(0) is UploadState.COMMITTING
    assert bench.wait(60_000) == []
    assert bench.service.next_deadline_ms() is None
    assert bench.stored() == OLD
    assert settle(bench) == [("ACK", ACCEPTED)]
    assert bench.stored() == NEW


def test_a_failed_write_is_an_error_and_the_old_plan_stands(bench: Bench) -> None:
    """Storage failure: ACK ERROR and a text that says why."""
    bench.upload(NEW)
    assert settle(bench, "disk full") == [("ACK", ERROR)]
    assert bench.texts[-1] == "Mission not stored: disk full"
    assert bench.stored() == OLD
    assert bench.service.state(0) is UploadState.IDLE
    assert bench.item(NEW[-1]) == [("ACK", ERROR)]


def test_the_last_item_again_is_ignored_while_committing_and_acknowledged_after(bench: Bench) -> None:
    """The station need not know how long a disk takes."""
    bench.upload(NEW)
    assert bench.item(NEW[-1]) == []
    settle(bench)
    assert bench.item(NEW[-1]) == [("ACK", ACCEPTED)]
    assert len(bench.core.replaced) == 2


def test_another_station_reads_the_old_plan_while_committing(bench: Bench) -> None:
    """Others are served meanwhile."""
    bench.upload(NEW)
    assert bench.ask_list(peer=MAVPROXY) == [("COUNT", 4)]
    assert bench.ask(3, peer=MAVPROXY) == [("ITEM_INT", 3)]


def test_who_wrote_a_plan_reads_it_when_it_is_on_disk(bench: Bench) -> None:
    """DroneKit sends MISSION_REQUEST_LIST right after its last item, and takes the first MISSION_COUNT."""
    bench.upload(NEW)
    assert bench.ask_list() == bench.ask(2) == []
    assert settle(bench) == [("ACK", ACCEPTED), ("COUNT", 3), ("ITEM_INT", 2)]
    assert bench.last[2].message.param1 == NEW[1].param1


def test_a_plan_in_a_file_is_read_when_it_is_on_disk(bench: Bench) -> None:
    """By whom it was written the transfer does not know: MAVProxy's `wp ftpload` and `wp list` in one breath."""
    plan = (home_item(HOME), *NEW)
    messages = [write_item(item, 0, seq, US, as_int=True, current=False) for seq, item in enumerate(plan)]
    assert bench.service.transfer(0).put(messages, None) is not None
    assert bench.ask_list(peer=MAVPROXY) == []
    assert settle(bench) == [("COUNT", 3)]


def test_who_cleared_a_plan_reads_that_it_is_gone(bench: Bench) -> None:
    """MISSION_CLEAR_ALL and MISSION_REQUEST_LIST in one breath: the count is that of the empty plan."""
    assert bench.clear() == bench.ask_list() == []
    assert settle(bench) == [("ACK", ACCEPTED), ("COUNT", 0)]


def test_who_wrote_a_plan_reads_the_old_one_if_the_disk_fails(bench: Bench) -> None:
    bench.upload(NEW)
    assert bench.ask_list() == []
    assert settle(bench, "disk full") == [("ACK", ERROR), ("COUNT", 4)]


def test_what_was_acknowledged_can_be_read_at_once(bench: Bench) -> None:
    """The core swaps the plan in at its next tick; a download before that reads the new plan already."""
    bench.upload(NEW)
    settle(bench)
    assert bench.core.mission.items() == OLD
    assert bench.ask_list() == [("COUNT", 3)]
    assert bench.last[0].message.opaque_id != bench.core.mission.checksum()
    bench.ask(2)
    assert bench.last[0].message.param1 == NEW[1].param1
    bench.core.tick()
    assert bench.ask_list() == [("COUNT", 3)]
    assert bench.last[0].message.opaque_id == bench.core.mission.checksum()


def test_a_plan_that_somebody_else_sets_afterwards_is_read(bench: Bench) -> None:
    """What waited for the tick does not hide later changes (the Python API writes plans too)."""
    bench.upload(NEW)
    settle(bench)
    bench.core.tick()
    bench.core.mission.replace(OLD)
    assert bench.ask_list() == [("COUNT", 4)]


def test_clear_and_count_in_one_breath_are_both_served(bench: Bench) -> None:
    """DroneKit sends CLEAR_ALL and COUNT back to back and repeats neither."""
    assert bench.clear() == [] and bench.count(2) == []
    assert settle(bench) == [("ACK", ACCEPTED), ("REQUEST", 0)]
    bench.home()
    bench.item(NEW[0])
    assert settle(bench) == [("ACK", ACCEPTED)]
    assert bench.stored() == NEW[:1]


def test_what_waits_for_the_disk_is_bounded(bench: Bench) -> None:
    """The ninth change at once is denied."""
    bench.clear()
    assert [bench.count(2, peer=MAVPROXY) for _ in range(9)] == [[]] * 8 + [[("ACK", DENIED)]]


def test_a_lost_link_while_committing_changes_nothing(bench: Bench) -> None:
    """The plan is complete: it is stored and swapped in all the same; what that link still wanted is forgotten."""
    bench.upload(NEW)
    bench.count(3)
    bench.service.link_closed(QGC.link)
    settle(bench)
    assert bench.service.state(0) is UploadState.IDLE
    assert bench.stored() == NEW


def test_a_lost_link_ends_its_upload(bench: Bench) -> None:
    """Error, timeout, cancel, lost link: stored plan and id unchanged."""
    bench.count(3)
    bench.home()
    bench.service.link_closed(QGC.link)
    assert bench.service.state(0) is UploadState.IDLE
    assert bench.service.next_deadline_ms() is None
    assert bench.stored() == OLD


def test_a_lost_link_of_another_station_does_not(bench: Bench) -> None:
    """Only the owner's."""
    bench.count(3)
    bench.service.link_closed(QGC.link + 1)
    assert bench.service.state(0) is UploadState.RECEIVING


def test_clearing_everything_is_one_change_with_one_acknowledgement(bench: Bench) -> None:
    """Type 255: all three or none, one ACK of type 255."""
    bench.journal.hold = False
    bench.upload(fence_square(), 1)
    bench.upload(rally_points(2), 2)
    bench.core.tick()
    bench.journal.hold = True
    assert bench.clear(255) == []
    assert bench.journal.changes[-1] == SaveTogether((SavePlan(0, ()), SavePlan(1, ()), SavePlan(2, ())))
    assert [bench.service.state(kind) for kind in range(3)] == [UploadState.COMMITTING] * 3
    assert settle(bench) == [("ACK", ACCEPTED)]
    assert bench.last[0].message.mission_type == 255
    assert [bench.stored(kind) for kind in range(3)] == [()] * 3
    assert bench.texts[-3:] == ["Mission cleared", "Fence cleared", "Rally points cleared"]


def test_clearing_everything_may_fail_whole(bench: Bench) -> None:
    """Nothing is cleared, one ACK ERROR."""
    bench.clear(255)
    assert bench.clear(255) == []
    assert settle(bench, "read only") == [("ACK", ERROR)]
    assert bench.stored() == OLD
    assert bench.core.replaced == [(0, OLD)]


def test_clearing_everything_is_denied_while_anything_is_busy(bench: Bench) -> None:
    """Another station's upload, a commit under way, another clear."""
    bench.count(2, 2, MAVPROXY)
    assert bench.clear(255) == [("ACK", DENIED)]
    bench.ack(ERROR, 2, MAVPROXY)
    bench.upload(NEW)
    assert bench.clear(255) == [("ACK", DENIED)]
    settle(bench)
    assert bench.clear(255) == []
    assert bench.clear(255, MAVPROXY) == [("ACK", DENIED)]


def test_clearing_everything_drops_the_stations_own_upload(bench: Bench) -> None:
    """As clearing one type does."""
    bench.count(2, 2)
    bench.clear(255)
    assert settle(bench) == [("ACK", ACCEPTED)]
    assert bench.service.state(2) is UploadState.IDLE


def test_an_item_after_everything_was_cleared_is_an_error() -> None:
    """The plan whose last item it repeats is gone: its old acknowledgement would be a lie."""
    bench = Bench()
    items = waypoints(2)
    bench.upload(items)
    assert bench.item(items[-1]) == [("ACK", ACCEPTED)]
    assert bench.clear(255) == [("ACK", ACCEPTED)]
    assert bench.item(items[-1]) == [("ACK", ERROR)]


def test_three_clears_at_once_have_each_their_ack() -> None:
    """QGroundControl sends three MISSION_CLEAR_ALL within 1 ms, each is answered with its own type."""
    bench = Bench(hold=True)
    for kind in (0, 1, 2):
        assert bench.clear(kind) == []
    assert settle(bench) == [("ACK", ACCEPTED)] * 3
    assert [out.message.mission_type for out in bench.last] == [0, 1, 2]


def test_two_stations_that_clear_everything_in_one_pass_have_each_their_ack() -> None:
    """The disk is done with the first, which nobody knows yet, when the second comes (70000237)."""
    bench = Bench(hold=True)
    assert bench.clear(255, peer=QGC) == []
    bench.journal.settle()
    assert bench.clear(255, peer=MAVPROXY) == [("ACK", ACCEPTED)]
    assert bench.last[0].message.target_component == QGC.component and bench.last[0].link == QGC.link
    assert settle(bench) == [("ACK", ACCEPTED)]
    assert bench.last[0].link == MAVPROXY.link


def test_counts_of_a_mission_that_is_home_alone() -> None:
    """Never uploaded or cleared 0; uploaded with its home item alone 1; home is readable in any case."""
    bench = Bench()
    assert bench.ask_list() == [("COUNT", 0)]
    assert bench.ask(0) == [("ITEM_INT", 0)]
    assert bench.upload(()) == [("ACK", ACCEPTED)]
    assert bench.last[0].message.opaque_id == 0
    assert bench.ask_list() == [("COUNT", 1)]
    assert bench.partial(1, 1) == [("REQUEST", 1)]
    assert bench.item(OLD[0]) == [("ACK", ACCEPTED)]
    assert bench.ask_list() == [("COUNT", 2)]
    assert bench.clear() == [("ACK", ACCEPTED)]
    assert bench.ask_list() == [("COUNT", 0)]


def test_home_of_an_upload_is_dropped_and_the_vehicles_is_read_back(bench: Bench) -> None:
    """Command 16, frame 0, the current home; zeros while there is none."""
    assert bench.ask(0) == [("ITEM_INT", 0)]
    message = bench.last[0].message
    assert (message.command, message.frame, message.x, message.y, message.z) == (16, 0, -353632610, 1491652300, 584.0)
    bench.core.home = None
    bench.ask(0, as_int=False)
    message = bench.last[0].message
    assert (message.command, message.frame, message.x, message.y, message.z) == (16, 0, 0.0, 0.0, 0.0)


def test_fence_and_rally_have_no_home_item() -> None:
    """Item 0 is the first of the plan."""
    bench = Bench()
    bench.upload(rally_points(2), 2)
    bench.core.tick()
    assert bench.ask_list(2) == [("COUNT", 2)]
    bench.ask(0, 2)
    assert (bench.last[0].message.command, bench.last[0].message.z) == (5100, 30.0)
    assert bench.ask(2, 2, as_int=False) == [("ACK", 13)]


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_the_item_under_way_is_the_current_one_of_its_plan(index: int) -> None:
    """MISSION_ITEM_INT.current; before the first none is, and home never."""
    bench = Bench()
    bench.upload(OLD)
    bench.core.tick()
    if index:
        bench.core.sequencer.set_current(index, bench.core.mission, RecordingExecutor())
    marked = []
    for seq in range(4):
        bench.ask(seq)
        marked.append(bench.last[0].message.current)
    assert marked == [int(seq == index > 0) for seq in range(4)]


def test_a_failed_write_is_told_as_an_error(bench: Bench) -> None:
    """As any fault that a person must see to: the vehicle flies another plan than the station shows."""
    bench.upload(NEW)
    bench.journal.settle("disk full")
    bench.service.handle_timeout(bench.now_ms)
    said = [out.message for out in bench.service.take_outgoing() if out.message.get_type() == "STATUSTEXT"]
    assert [message.severity for message in said] == [Severity.ERROR]


@pytest.mark.parametrize(("x", "sent"), [(nan, 0), (inf, 2**31 - 1), (-inf, -(2**31)), (3e9, 2**31 - 1), (7.0, 7)])
def test_what_no_integer_holds_is_sent_as_the_nearest_and_nan_as_0(x: float, sent: int) -> None:
    """MISSION_ITEM_INT.x and y of a command that has no place there."""
    item = MissionItem(Cmd.DO_SET_ROI_NONE, 2, x=x, y=x)
    message = write_item(item, 0, 1, QGC, as_int=True, current=False)
    assert (message.x, message.y) == (sent, sent)


def test_float_forms_are_warned_about_once_in_each_transfer() -> None:
    """In ArduPilot's words, on the asker's link."""
    bench = Bench()
    bench.count(3)
    for item in (OLD[0], OLD[1], OLD[2]):
        bench.item(item.__class__(**{**_fields(item), "seq": item.seq - 1}), as_int=False)
    assert bench.texts[:1] == ["got MISSION_ITEM; GCS should send MISSION_ITEM_INT"]
    bench.texts.clear()
    for _ in range(2):
        bench.ask_list()
        bench.ask(0, as_int=False)
        bench.ask(1, as_int=False)
    assert bench.texts == ["got MISSION_REQUEST; use MISSION_REQUEST_INT!"] * 2


def test_whoever_has_left_takes_no_place_of_those_that_are_warned() -> None:
    """64 at a time are; a hundred that came and went, each on a link of its own, are warned one and all."""
    bench = Bench()
    for link in range(1, 101):
        bench.ask(0, as_int=False, peer=replace(QGC, link=link))
        bench.service.link_closed(link)
    assert len(bench.texts) == 100


def _fields(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__slots__}


def test_the_ground_is_asked_for_below_items_and_between_them() -> None:
    """Frame 10 counts from the ground: its own place, places on the way to it, and none without a place."""
    first = MissionItem(16, 10, x=-35.0, y=149.0, z=20.0)
    assert list(texts.places_on_ground([first])) == [(-35.0, 149.0)]
    assert list(texts.places_on_ground([MissionItem(16, 10, z=20.0), MissionItem(16, 3, x=-35.0, y=149.0)])) == []
    far = MissionItem(16, 10, x=-35.0, y=149.1, z=20.0)
    way = list(texts.places_on_ground([first, far]))
    assert way[0] == (-35.0, 149.0)
    assert way[-1] == (-35.0, 149.1)
    assert len(way) > 2


def test_a_leg_over_the_antimeridian_is_no_way_around_the_earth() -> None:
    """A kilometre of Fiji: its ground is asked for, not that of a hundred places from there to Africa and back."""
    west, east = (MissionItem(16, 10, x=-17.0, y=lon, z=50.0) for lon in (179.995, -179.995))
    ways = list(texts.places_on_ground([west, east])), list(texts.places_on_ground([east, west]))
    assert all(len(way) <= 3 for way in ways)
    assert all(179.99 < abs(lon) <= 180.0 for way in ways for _, lon in way)


def test_a_set_current_waits_for_the_mission_before_it(bench: Bench) -> None:
    """DroneKit sends it behind the last item. The last one counts."""
    bench.upload(waypoints(6))
    set_current = dialect.MAVLink_mission_set_current_message
    assert bench.hear(set_current(1, 1, 2)) == bench.hear(set_current(1, 1, 5)) == []
    assert settle(bench) == [("ACK", ACCEPTED)]
    bench.core.tick()
    assert bench.wait(0) == [("CURRENT", 5)]
    assert bench.wait(1000) == [] and bench.core.set_to == [5]
