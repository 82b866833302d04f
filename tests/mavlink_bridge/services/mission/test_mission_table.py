"""Every row of the table of docs/reference/mission-semantics.md, 2.2, one test each, named after the row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.mission.transfer import MAX_ITEMS, TABLE
from mavlink_bridge.services.mission.upload import LEFT_MS, UploadInput, UploadSender, UploadState
from tests.fakes.mission_bench import (
    ACCEPTED,
    CANCELLED,
    DENIED,
    ERROR,
    INVALID_SEQUENCE,
    MAVPROXY,
    MISSION_PLANNER,
    NO_SPACE,
    QGC,
    UNSUPPORTED,
    Bench,
    fence_square,
    rally_points,
    waypoints,
)

ITEMS = waypoints(3)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def loaded() -> Bench:
    """Idle, with three items (count 4 with home)."""
    bench = Bench()
    bench.upload(ITEMS)
    bench.core.tick()
    bench.texts.clear()
    return bench


@pytest.fixture
def receiving(loaded: Bench) -> Bench:
    """An upload of another four items runs; item 0 and 1 are in, 2 is asked for."""
    loaded.count(5)
    loaded.home()
    assert loaded.item(waypoints(4, lat=10.0)[0]) == [("REQUEST", 2)]
    return loaded


def unchanged(bench: Bench) -> bool:
    return bench.stored() == ITEMS


def test_the_table_has_every_combination() -> None:
    """State x message x sender: nothing is forgotten."""
    assert set(TABLE) == {
        (state, kind, sender) for state in UploadState for kind in UploadInput for sender in UploadSender
    }


# --- IDLE -------------------------------------------------------------------------------------------------------------
def test_idle_count_starts_an_upload(bench: Bench) -> None:
    """COUNT 1..max: MISSION_REQUEST 0."""
    assert bench.count(3) == [("REQUEST", 0)]
    assert bench.service.state(0) is UploadState.RECEIVING


def test_idle_count_0_commits_an_empty_plan(loaded: Bench) -> None:
    """COUNT 0: ACK ACCEPTED, nothing left."""
    assert loaded.count(0) == [("ACK", ACCEPTED)]
    assert loaded.stored() == ()
    assert loaded.service.state(0) is UploadState.IDLE


def test_idle_count_beyond_max_has_no_space(loaded: Bench) -> None:
    """COUNT > max: ACK NO_SPACE and a text; the plan stands."""
    assert loaded.count(MAX_ITEMS + 2) == [("ACK", NO_SPACE)]
    assert loaded.texts == ["Only 5000 items are supported"]
    assert unchanged(loaded)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (2, 3), (1, 1), (4, 4), (3, 4)])
def test_idle_write_partial_inside_the_plan_asks_for_its_first(loaded: Bench, first: int, last: int) -> None:
    """0 <= a <= b <= count: MISSION_REQUEST a."""
    assert loaded.partial(first, last) == [("REQUEST", first)]


def test_idle_write_partial_replaces_just_these_items(loaded: Bench) -> None:
    """Items a..b are new, the others are as before."""
    new = MissionItem(command=16, frame=3, x=-35.0, y=149.0, z=99.0, seq=2)
    loaded.partial(2, 2)
    assert loaded.item(new) == [("ACK", ACCEPTED)]
    assert loaded.stored() == (ITEMS[0], new, ITEMS[2])


def test_idle_write_partial_at_count_appends_one(loaded: Bench) -> None:
    """b = count appends one."""
    new = MissionItem(command=16, frame=3, x=-35.0, y=149.0, z=99.0, seq=4)
    loaded.partial(4, 4)
    assert loaded.item(new) == [("ACK", ACCEPTED)]
    assert loaded.stored() == (*ITEMS, new)


@pytest.mark.parametrize(("first", "last"), [(-1, 0), (2, 1), (0, 5), (5, 5), (-1, -1)])
def test_idle_write_partial_elsewhere_is_an_error(loaded: Bench, first: int, last: int) -> None:
    """Past or across the end, or the wrong way round: ACK ERROR."""
    assert loaded.partial(first, last) == [("ACK", ERROR)]
    assert unchanged(loaded)


def test_idle_item_is_an_error(loaded: Bench) -> None:
    """An item without an upload: ACK ERROR."""
    loaded.wait(8001)
    assert loaded.item(waypoints(1, lat=5.0)[0]) == [("ACK", ERROR)]
    assert unchanged(loaded)


def test_idle_same_last_item_gets_its_ack_again_for_8_seconds(bench: Bench) -> None:
    """The final ACK was lost: the last item again is acknowledged again, with the plan's id."""
    bench.upload(ITEMS)
    first = bench.last[0].message.opaque_id
    assert bench.item(ITEMS[-1]) == [("ACK", ACCEPTED)]
    assert bench.last[0].message.opaque_id == first != 0
    bench.wait(8000)
    assert bench.item(ITEMS[-1]) == [("ACK", ACCEPTED)]
    bench.wait(1)
    assert bench.item(ITEMS[-1]) == [("ACK", ERROR)]


def test_idle_another_item_or_station_is_no_repeated_last_item(bench: Bench) -> None:
    """Only the same item of the same station is the lost acknowledgement's."""
    bench.upload(ITEMS)
    assert bench.item(replace(ITEMS[-1], z=1.0)) == [("ACK", ERROR)]
    assert bench.item(replace(ITEMS[-1], seq=4)) == [("ACK", ERROR)]
    assert bench.item(ITEMS[-1], peer=MAVPROXY) == [("ACK", ERROR)]


def test_idle_late_duplicates_of_the_upload_are_dropped_in_silence(bench: Bench) -> None:
    """A radio may deliver an item twice, the second time after the end: an error would end the station's next step."""
    bench.upload(ITEMS)
    assert bench.item(ITEMS[-2]) == []
    assert bench.item(ITEMS[-2], peer=MAVPROXY) == [("ACK", ERROR)]
    bench.wait(8001)
    assert bench.item(ITEMS[-2]) == [("ACK", ERROR)]


def test_idle_repeated_last_item_with_nan_is_recognised(bench: Bench) -> None:
    """NaN equals nothing, yet the item is the same."""
    items = (MissionItem(command=16, frame=3, param4=float("nan"), x=1.0, y=2.0, z=3.0, seq=1),)
    assert bench.upload(items) == [("ACK", ACCEPTED)]
    assert bench.item(items[0]) == [("ACK", ACCEPTED)]


def test_idle_request_list_tells_the_count_with_home_and_id(loaded: Bench) -> None:
    """MISSION_COUNT with home item and opaque_id."""
    assert loaded.ask_list() == [("COUNT", 4)]
    message = loaded.last[0].message
    assert (message.target_system, message.target_component, message.mission_type) == (255, 190, 0)
    assert message.opaque_id == loaded.core.mission.checksum() != 0


def test_idle_ack_has_no_answer(loaded: Bench) -> None:
    """Mission Planner's last word."""
    assert loaded.ack(ACCEPTED) == [] and loaded.ack(ERROR) == []


@pytest.mark.parametrize(("as_int", "name"), [(True, "ITEM_INT"), (False, "ITEM")])
def test_idle_request_is_answered_in_its_form_without_a_list(loaded: Bench, as_int: bool, name: str) -> None:
    """MISSION_REQUEST: MISSION_ITEM; MISSION_REQUEST_INT: MISSION_ITEM_INT; no REQUEST_LIST needed."""
    assert [loaded.ask(seq, as_int=as_int)[-1] for seq in range(4)] == [(name, seq) for seq in range(4)]


def test_idle_request_marks_the_active_item(loaded: Bench) -> None:
    """`current` is 1 on the active item and on no other."""
    loaded.core.sequencer.restore(2, loaded.core.sequencer.state())
    marks = []
    for seq in range(4):
        loaded.ask(seq)
        marks.append(loaded.last[0].message.current)
    assert marks == [0, 0, 1, 0]


def test_idle_request_past_the_end_is_an_invalid_sequence(loaded: Bench) -> None:
    """seq >= count: ACK INVALID_SEQUENCE; for REQUEST_INT the count before it."""
    assert loaded.ask(4, as_int=False) == [("ACK", INVALID_SEQUENCE)]
    assert loaded.ask(4) == [("COUNT", 4), ("ACK", INVALID_SEQUENCE)]


def test_idle_clear_all_clears(loaded: Bench) -> None:
    """ACK ACCEPTED, "Mission cleared"."""
    assert loaded.clear() == [("ACK", ACCEPTED)]
    assert loaded.texts == ["Mission cleared"]
    assert loaded.stored() == ()


# --- any --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["idle", "receiving"])
@pytest.mark.parametrize("current", [2, 3])
def test_any_guided_item_is_no_upload(loaded: Bench, state: str, current: int) -> None:
    """current 2 or 3: guided target or altitude, ACK ACCEPTED or ERROR, no upload disturbed."""
    if state == "receiving":
        loaded.count(3)
        loaded.home()
    before = loaded.service.state(0)
    message = _guided(current)
    assert loaded.hear(message) == [("ACK", ACCEPTED)]
    loaded.core.guided = False
    assert loaded.hear(message) == [("ACK", ERROR)]
    assert loaded.service.state(0) is before
    assert unchanged(loaded)


def _guided(current: int) -> object:
    from mavlink_bridge.wire.codec import dialect

    return dialect.MAVLink_mission_item_message(1, 1, 0, 3, 16, current, 1, 0, 0, 0, 0, -35.3, 149.1, 30.0)


# --- RECV -------------------------------------------------------------------------------------------------------------
def test_recv_next_valid_item_asks_for_the_one_after(receiving: Bench) -> None:
    """ITEM next, valid: MISSION_REQUEST next + 1."""
    assert receiving.item(waypoints(4, lat=10.0)[1]) == [("REQUEST", 3)]


def test_recv_last_valid_item_commits(receiving: Bench) -> None:
    """Last ITEM: ACK ACCEPTED with the plan's id, "Flight plan received", the whole plan is new."""
    new = waypoints(4, lat=10.0)
    receiving.item(new[1])
    receiving.item(new[2])
    assert unchanged(receiving)
    assert receiving.item(new[3]) == [("ACK", ACCEPTED)]
    plan_id = receiving.last[0].message.opaque_id
    assert receiving.stored() == new
    assert plan_id == receiving.core.mission.checksum()
    assert receiving.texts == ["Flight plan received"]
    assert receiving.service.state(0) is UploadState.IDLE


def test_recv_invalid_item_ends_the_upload(receiving: Bench) -> None:
    """ITEM next, invalid: ACK with the fault, staging dropped, the old plan stands."""
    assert receiving.item(MissionItem(command=31999, seq=2)) == [("ACK", UNSUPPORTED)]
    assert receiving.service.state(0) is UploadState.IDLE
    assert unchanged(receiving)


def test_repeats_are_counted(bench: Bench) -> None:
    """For the metrics: one upload ends with an item out of range, another is asked for its item three times."""
    bench.count(3)
    bench.home()
    bench.item(replace(waypoints(2)[0], x=95.0))
    assert bench.service.repeats == 0
    bench.count(3)
    bench.wait(3000)
    assert bench.service.repeats == 3


def test_recv_item_accepted_before_is_dropped_in_silence(receiving: Bench) -> None:
    """A duplicate: MAVSDK would abort on any answer."""
    assert receiving.item(waypoints(4, lat=10.0)[0]) == []
    assert receiving.service.state(0) is UploadState.RECEIVING


def test_recv_item_with_wrong_seq_is_an_invalid_sequence(receiving: Bench) -> None:
    """Any other wrong seq: ACK INVALID_SEQUENCE, and the upload goes on."""
    assert receiving.item(waypoints(4, lat=10.0)[2]) == [("ACK", INVALID_SEQUENCE)]
    assert receiving.item(waypoints(4, lat=10.0)[1]) == [("REQUEST", 3)]


@pytest.mark.parametrize("peer", [MAVPROXY, Peer(1, 254, 190), Peer(2, 254, 1)])
def test_recv_item_of_another_station_is_denied(receiving: Bench, peer: Peer) -> None:
    """ITEM from another sysid or compid: ACK DENIED to it."""
    assert receiving.item(waypoints(4, lat=10.0)[1], peer=peer) == [("ACK", DENIED)]
    assert (receiving.last[0].message.target_component, receiving.last[0].link) == (peer.component, peer.link)
    assert receiving.item(waypoints(4, lat=10.0)[1]) == [("REQUEST", 3)]


def test_recv_count_of_the_same_station_restarts(receiving: Bench) -> None:
    """COUNT, same peer: restart with the new count."""
    assert receiving.count(2) == [("REQUEST", 0)]
    receiving.home()
    assert receiving.item(ITEMS[0]) == [("ACK", ACCEPTED)]
    assert receiving.stored() == ITEMS[:1]


def test_recv_count_beyond_max_drops_the_upload(receiving: Bench) -> None:
    """COUNT > max: NO_SPACE, idle."""
    assert receiving.count(MAX_ITEMS + 2) == [("ACK", NO_SPACE)]
    assert receiving.service.state(0) is UploadState.IDLE
    assert unchanged(receiving)


@pytest.mark.parametrize("peer", [MAVPROXY, MISSION_PLANNER])
def test_recv_count_and_clear_of_another_station_are_denied(receiving: Bench, peer: Peer) -> None:
    """COUNT, CLEAR_ALL, another peer: ACK DENIED to it; the same ids on another link are another station."""
    assert receiving.count(1, peer=peer) == [("ACK", DENIED)]
    assert receiving.clear(peer=peer) == [("ACK", DENIED)]
    assert receiving.service.state(0) is UploadState.RECEIVING
    assert unchanged(receiving)


def test_recv_count_of_a_station_that_was_started_anew_restarts(receiving: Bench) -> None:
    """It was killed and has the same ids on another link; its first link is silent. As in ArduPilot, whose uploads
    belong to ids. Late items of the first link are not of the new upload."""
    assert receiving.wait(LEFT_MS - 1)[-1] == ("REQUEST", 2)
    assert receiving.count(5, peer=MISSION_PLANNER) == [("ACK", DENIED)]
    receiving.wait(1)
    assert receiving.count(5, peer=MAVPROXY) == [("ACK", DENIED)]
    assert receiving.count(5, peer=MISSION_PLANNER) == [("REQUEST", 0)]
    assert receiving.last[0].link == MISSION_PLANNER.link
    assert receiving.home() == [("ACK", ERROR)]
    assert receiving.home(peer=MISSION_PLANNER) == [("REQUEST", 1)]
    new = waypoints(4, lat=10.0)
    answers = [receiving.item(item, peer=MISSION_PLANNER) for item in new]
    assert answers == [[("REQUEST", 2)], [("REQUEST", 3)], [("REQUEST", 4)], [("ACK", ACCEPTED)]]
    assert receiving.stored() == new


def test_recv_clear_of_a_station_that_was_started_anew_drops_and_clears(receiving: Bench) -> None:
    """As DroneKit begins, with CLEAR_ALL and COUNT."""
    receiving.wait(LEFT_MS)
    assert receiving.clear(peer=MISSION_PLANNER) == [("ACK", ACCEPTED)]
    assert receiving.service.state(0) is UploadState.IDLE


def test_recv_clear_of_the_same_station_drops_and_clears(receiving: Bench) -> None:
    """CLEAR_ALL, same peer: upload dropped, plan cleared, ACK ACCEPTED. It holds nothing against others then."""
    assert receiving.clear() == [("ACK", ACCEPTED)]
    assert receiving.service.state(0) is UploadState.IDLE
    assert receiving.stored() == ()
    assert receiving.clear(255, MAVPROXY) == [("ACK", ACCEPTED)]


def test_recv_reading_by_another_station_is_answered_from_the_committed_plan(receiving: Bench) -> None:
    """REQUEST_LIST, REQUEST, REQUEST_INT, another peer: the old plan."""
    assert receiving.ask_list(peer=MAVPROXY) == [("COUNT", 4)]
    assert receiving.ask(3, peer=MAVPROXY) == [("ITEM_INT", 3)]
    assert receiving.last[0].message.param1 == ITEMS[2].param1
    assert receiving.ask(3, peer=MISSION_PLANNER, as_int=False) == [("ITEM", 3)]
    assert receiving.service.state(0) is UploadState.RECEIVING


def test_recv_reading_and_partial_by_the_same_station_are_denied(receiving: Bench) -> None:
    """REQUEST_LIST, REQUEST, REQUEST_INT, same peer; WRITE_PARTIAL_LIST of anybody: ACK DENIED."""
    answers = [receiving.ask_list(), receiving.ask(1), receiving.ask(1, as_int=False), receiving.partial(1, 1)]
    assert answers == [[("ACK", DENIED)]] * 4
    assert receiving.partial(1, 1, peer=MAVPROXY) == [("ACK", DENIED)]
    assert receiving.service.state(0) is UploadState.RECEIVING


def test_recv_unsupported_asks_again_in_the_int_form(receiving: Bench) -> None:
    """ACK UNSUPPORTED from the peer: MISSION_REQUEST_INT for the rest of the upload; said twice it asks once."""
    assert receiving.ack(UNSUPPORTED) == [("REQUEST_INT", 2)]
    assert receiving.ack(UNSUPPORTED) == []
    assert receiving.item(waypoints(4, lat=10.0)[1]) == [("REQUEST_INT", 3)]


@pytest.mark.parametrize("result", [ERROR, CANCELLED, DENIED, INVALID_SEQUENCE])
def test_recv_other_error_of_the_peer_cancels_silently(receiving: Bench, result: int) -> None:
    """ACK, other error: no answer, idle, the old plan stands."""
    assert receiving.ack(result) == []
    assert receiving.service.state(0) is UploadState.IDLE
    assert unchanged(receiving)


def test_recv_accepted_of_the_peer_and_any_ack_of_others_say_nothing(receiving: Bench) -> None:
    """The upload goes on."""
    assert receiving.ack(ACCEPTED) == [] and receiving.ack(ERROR, peer=MAVPROXY) == []
    assert receiving.ack(ERROR, peer=MISSION_PLANNER) == []
    assert receiving.service.state(0) is UploadState.RECEIVING


def test_recv_silence_repeats_the_request_after_1000_ms_until_measured(bench: Bench) -> None:
    """Nothing is known of the link yet: ask for next again each second."""
    bench.count(3)
    assert bench.wait(999) == []
    assert bench.wait(1) == [("REQUEST", 0)]
    assert bench.wait(999) == []
    assert bench.wait(1) == [("REQUEST", 0)]


@pytest.mark.parametrize(("round_trip", "repeat"), [(0, 100), (20, 100), (80, 160), (200, 400), (900, 1000)])
def test_recv_repeat_adapts_to_the_round_trip(bench: Bench, round_trip: int, repeat: int) -> None:
    """Twice the measured round trip of this upload, within 100 and 1000 ms."""
    bench.count(3)
    bench.wait(round_trip)
    bench.home()
    assert bench.wait(repeat - 1) == []
    assert bench.wait(1) == [("REQUEST", 1)]


def test_recv_answers_to_repeated_requests_are_not_measured(bench: Bench) -> None:
    """Karn's rule: the answer may belong to either request."""
    bench.count(3)
    bench.wait(1500)
    bench.home()
    assert bench.wait(999) == []
    assert bench.wait(1) == [("REQUEST", 1)]


def test_recv_8_s_without_an_accepted_item_abandons(receiving: Bench) -> None:
    """ACK OPERATION_CANCELLED, "Mission upload timeout"; repetitions do not prolong it."""
    heard = receiving.wait(7999)
    assert set(heard) == {("REQUEST", 2)}
    assert receiving.wait(1) == [("ACK", CANCELLED)]
    assert receiving.texts[-1] == "Mission upload timeout"
    assert receiving.service.state(0) is UploadState.IDLE
    assert receiving.service.next_deadline_ms() is None
    assert unchanged(receiving)


def test_recv_slow_but_steady_transfer_lives(bench: Bench) -> None:
    """An item each 7.9 s is progress."""
    bench.count(4)
    bench.wait(7900)
    bench.home()
    for item in ITEMS:
        bench.wait(7900)
        last = bench.item(item)
    assert last == [("ACK", ACCEPTED)]
    assert bench.stored() == ITEMS


# --- fence and rally, side by side -----------------------------------------------------------------------------------
def test_each_mission_type_has_a_machine_of_its_own(bench: Bench) -> None:
    """A mission, a fence and a rally upload interleaved all finish."""
    fence, rally = fence_square(), rally_points(2)
    assert bench.count(4) == [("REQUEST", 0)]
    assert bench.count(4, 1) == [("REQUEST", 0)]
    assert bench.count(2, 2, MAVPROXY) == [("REQUEST", 0)]
    bench.home()
    bench.item(rally[0], 2, MAVPROXY)
    for item, corner in zip(ITEMS, fence, strict=False):
        bench.item(item)
        bench.item(corner, 1)
    assert bench.item(rally[1], 2, MAVPROXY) == [("ACK", ACCEPTED)]
    assert bench.item(fence[3], 1) == [("ACK", ACCEPTED)]
    assert (bench.stored(0), bench.stored(1), bench.stored(2)) == (ITEMS, fence, rally)
    assert bench.texts == ["Flight plan received", "Rally points received", "Fence Indexed OK"]


def test_clearing_one_type_leaves_the_others(bench: Bench) -> None:
    """Three plans, kept apart."""
    bench.upload(ITEMS)
    bench.upload(fence_square(), 1)
    assert bench.clear(1) == [("ACK", ACCEPTED)]
    assert bench.last[0].message.mission_type == 1
    assert (bench.stored(0), bench.stored(1)) == (ITEMS, ())
    assert QGC.link == bench.last[0].link
