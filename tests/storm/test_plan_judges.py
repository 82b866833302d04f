"""Invariants of missions, fences and rally points that once took what is right for wrong."""

from __future__ import annotations

from collections import Counter
from math import inf, nan
from types import SimpleNamespace
from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, MissionResult
from autopilot.mission.items import MissionItem
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.routing.service import Peer as Address
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.wire.codec import dialect
from tests.storm import plans
from tests.storm.invariants import kept
from tests.storm.invariants.plans import (
    _announced,
    _asks_anew,
    _item_came,
    _item_requested,
    _reads_its_own,
    a_downloaded_item_is_that_of_the_plan,
    a_duplicate_ends_no_upload,
    a_mission_count_is_that_of_the_plan,
    a_station_reads_the_plan_that_it_has_written,
    an_item_is_requested_from_the_station_that_announced_it,
    two_stations_do_not_upload_at_once,
)
from tests.storm.invariants.whole import _count_came, _item_came_behind, is_counted, mixture
from tests.storm.ledger import checksum

HOME = GeoPoint(-35.0, 149.0, 584.0)
VIRTUAL = SimpleNamespace(machine=SimpleNamespace(real=False))


def _peer() -> Any:
    return SimpleNamespace(memory={}, station=SimpleNamespace(name="one"), speaker=(255, 190))


def _told(item: MissionItem, seq: int) -> str | None:
    """The verdict on an item of a plan with mark 20 that leaves with the number `seq`."""
    items = (MissionItem(Cmd.NAV_WAYPOINT, 3, x=-35.0, y=149.0, z=40.0 + 20 / plans.MARKS, seq=1),)
    view: Any = SimpleNamespace(uploads={(0, 20): items}, firmware=OWN)
    message = write_item(item, 0, seq, Address(0, 255, 190), as_int=True, current=False)
    return a_downloaded_item_is_that_of_the_plan(view, message, _peer(), b"")


class Wire:
    """Missions by a wire that delivers late: `count` and `item` come, by the link of a station with these ids."""

    def __init__(self, *uploads: tuple[MissionItem, ...]) -> None:
        uploaded = {(0, min(plans.marks(upload))): upload for upload in uploads}
        self.view: Any = SimpleNamespace(uploads=uploaded, memory={}, storm=VIRTUAL, firmware=OWN, now_ms=0)

    def count(self, count: int, link: str = "one", ids: tuple[int, int] = (255, 190)) -> None:
        """Home is one of them."""
        _count_came(self.view, SimpleNamespace(mission_type=0, count=count), self._from(link, ids))

    def items(self, *items: MissionItem, link: str = "one", ids: tuple[int, int] = (255, 190)) -> None:
        for item in items:
            message = write_item(item, 0, item.seq, Address(0, 1, 1), as_int=True, current=False)
            _item_came_behind(self.view, message, self._from(link, ids))

    def _from(self, link: str, ids: tuple[int, int]) -> Any:
        return SimpleNamespace(memory={}, station=SimpleNamespace(name=link), speaker=ids)

    def is_whole(self, items: tuple[MissionItem, ...]) -> bool:
        return mixture(self.view, 0, items) is None


def _upload(mark: int, *commands: Cmd) -> tuple[MissionItem, ...]:
    """A mission; only items with a place show whose it is."""
    return tuple(
        MissionItem(command, 3, z=40.0 + mark / plans.MARKS if command == Cmd.NAV_WAYPOINT else 0.0, seq=seq)
        for seq, command in enumerate(commands, 1)
    )


WAY, JUMP = Cmd.NAV_WAYPOINT, Cmd.DO_JUMP


def test_a_late_count_of_a_shorter_upload_cuts_the_next() -> None:
    """A MISSION_COUNT of 5 came behind that of the next upload, of 9, of which 5 items were requested (14000)."""
    whole = _upload(9, Cmd.NAV_TAKEOFF, WAY, Cmd.NAV_LOITER_TIME, WAY, Cmd.NAV_RETURN_TO_LAUNCH)
    wire = Wire(whole)
    wire.count(6)
    assert wire.is_whole(whole)
    assert not wire.is_whole(whole[:3]), "nothing has come"
    wire.items(*whole[:3])
    assert not wire.is_whole(whole[:3]), "six were counted"
    wire.count(4)
    assert not wire.is_whole(whole[:3]), "they came before"
    wire.items(*whole[:4])
    assert wire.is_whole(whole[:3])
    assert not wire.is_whole(whole[1:4])
    assert not wire.is_whole(whole[:4]), "home is counted too"
    for count in range(10, 20):
        wire.view.now_ms += 20
        wire.count(count)
    assert wire.is_whole(whole[:3]), "still so when the process starts again (29630200)"
    assert not wire.is_whole(whole[:2])


def test_late_items_of_an_upload_may_be_among_those_of_the_next() -> None:
    """A link without delay carried two uploads in 20 ms and put items of the first behind the second MISSION_COUNT: the
    protocol cannot tell them apart (29750006). One of them had no mark by which it is known."""
    one, other = _upload(13, WAY, WAY, WAY), _upload(14, WAY, JUMP, WAY)
    mixed, unmarked = (one[0], other[1], other[2]), (one[0], other[1], one[2])
    wire = Wire(one, other)
    wire.count(4)
    wire.items(*one)
    wire.count(4)
    wire.items(*other)
    assert not wire.is_whole(mixed) and not wire.is_whole(unmarked), "they came in two uploads"
    wire.items(one[0])
    assert wire.is_whole(mixed) and not wire.is_whole(unmarked)
    wire.items(one[2])
    assert wire.is_whole(unmarked)
    assert not wire.is_whole((one[0], other[2])), "each has its number"


def test_items_of_two_stations_are_one_plan_only_with_the_same_ids() -> None:
    """A vehicle knows a station by its ids, whichever link its items come by; a MISSION_COUNT by another is refused
    while an upload is running."""
    one, other = _upload(2, WAY, WAY, WAY), _upload(3, WAY, WAY, WAY)
    mixed = (one[0], *other[1:])
    for ids, right in (((255, 190), True), ((245, 190), False)):
        wire = Wire(one, other)
        wire.count(4)
        wire.items(one[0])
        wire.count(9, "two", ids)
        wire.items(*other, link="two", ids=ids)
        assert wire.is_whole(mixed) is right


def test_counts_of_one_pass_may_come_behind_the_upload_that_one_of_them_has_cut() -> None:
    """A link that had stood still delivered MISSION_COUNTs of 4, 1 and 2 at once, with an item that completed the
    upload of one (30020138); another station counted and was refused meanwhile (29540106)."""
    wire = Wire()
    for count in range(10, 40):
        wire.count(count)
    wire.count(5, "two", (245, 190))
    assert all(is_counted(wire.view, 0, count - 1) for count in (5, *range(10, 40)))
    for count in range(50, 57):
        wire.view.now_ms += 20
        wire.count(count)
    assert [is_counted(wire.view, 0, count - 1) for count in (39, 5, 50)] == [False, True, True]


@pytest.mark.parametrize("radio", ["", "rfd900x"])
def test_who_asks_while_a_plan_is_being_stored_may_hear_of_the_one_before(radio: str) -> None:
    """The last item of a fence and a MISSION_REQUEST_LIST came in one pass: the count was that of the fence before, and
    left behind the acknowledgement of the new one (199232723922603169). One that waited for a radio may be older."""
    stored = SimpleNamespace(plans=((1, (None,)),))
    ledger = SimpleNamespace(kept=stored, allowed=lambda: ())
    sizes = {1: {2: 20_000, 4: 19_000, 5: 5_000}}
    plan = SimpleNamespace(firmware="ardupilot")
    view: Any = SimpleNamespace(ledger=ledger, plan=plan, life={"plan sizes": sizes}, now_ms=20_000)
    peer: Any = SimpleNamespace(station=SimpleNamespace(radio=radio))
    for count, right in ((2, True), (1, True), (3, False), (4, bool(radio)), (5, False)):
        message = dialect.MAVLink_mission_count_message(1, 1, count, 1)
        assert (a_mission_count_is_that_of_the_plan(view, message, peer, b"") is None) is right


def test_around_a_real_process_an_accepted_plan_may_be_cut_by_any_count_that_was_sent() -> None:
    """A MISSION_COUNT of 6 began an upload although one of 11 was sent behind it: 5 items of 10 were accepted (real
    6952)."""
    items = tuple(
        MissionItem(Cmd.NAV_WAYPOINT, 3, x=-35.0, y=149.0, z=40.0 + 9 / plans.MARKS, seq=seq) for seq in range(1, 11)
    )
    real = SimpleNamespace(machine=SimpleNamespace(real=True))
    view: Any = SimpleNamespace(uploads={(0, 9): items}, memory={}, storm=real, firmware=OWN, now_ms=9)
    peer = _peer()
    peer.station.model = SimpleNamespace(float_items=False)
    kept._begin(view, peer, 9, "plan", 0)
    for count in (6, 11):
        _count_came(view, dialect.MAVLink_mission_count_message(1, 1, count, 0), peer)
    for size, right in ((10, True), (5, True), (6, False), (4, False), (9, False)):
        ack = dialect.MAVLink_mission_ack_message(255, 190, 0, 0, checksum(items[:size]))
        assert (kept.an_accepted_plan_was_sent(view, ack, peer, b"") is None) is right, size


def test_home_is_no_item_of_a_plan_whatever_its_height() -> None:
    home = MissionItem(Cmd.NAV_WAYPOINT, 0, x=HOME.lat, y=HOME.lon, z=HOME.alt + 20 / plans.MARKS)
    assert plans.mark_of(home) == 20
    assert _told(home, 0) is None
    assert _told(MissionItem(Cmd.NAV_TAKEOFF, 0, z=584.0), 0)
    assert _told(MissionItem(Cmd.NAV_WAYPOINT, 3, x=-35.0, y=149.0, z=40.0 + 20 / plans.MARKS), 1) is None
    assert _told(MissionItem(Cmd.NAV_WAYPOINT, 3, x=-35.0, y=149.0, z=40.0 + 20 / plans.MARKS), 2)


def test_an_item_whose_height_is_no_number_has_no_mark() -> None:
    assert [plans.mark_of(MissionItem(Cmd.NAV_WAYPOINT, 3, z=height)) for height in (nan, inf)] == [None, None]


def test_an_item_ahead_of_an_upload_that_was_begun_anew_is_refused_rightly() -> None:
    view: Any = SimpleNamespace(now_ms=100, life={})
    peer = _peer()
    for seq in (4, 0):
        request = dialect.MAVLink_mission_request_int_message(255, 190, seq, 0)
        assert a_duplicate_ends_no_upload(view, request, peer, b"") is None
    for seq in (1, 0):
        item = MissionItem(Cmd.NAV_WAYPOINT, 3, seq=seq)
        _item_came(view, write_item(item, 0, seq, Address(0, 1, 1), as_int=True, current=False), peer)
    refusal = dialect.MAVLink_mission_ack_message(255, 190, MissionResult.INVALID_SEQUENCE, 0, 0)
    assert a_duplicate_ends_no_upload(view, refusal, peer, b"") is None
    asked = dialect.MAVLink_mission_request_int_message(255, 190, 2, 0)
    assert a_duplicate_ends_no_upload(view, asked, peer, b"") is None
    assert a_duplicate_ends_no_upload(view, refusal, peer, b"")


def test_a_refusal_may_answer_a_request_past_the_end_that_comes_with_a_late_item() -> None:
    """A link repeated a MISSION_REQUEST of the plan before, and an item, behind the upload of a shorter plan
    (3068219038329)."""
    view: Any = SimpleNamespace(now_ms=100, life={})
    peer = _peer()
    asked = dialect.MAVLink_mission_request_int_message(255, 190, 8, 0)
    refusal = dialect.MAVLink_mission_ack_message(255, 190, MissionResult.INVALID_SEQUENCE, 0, 0)
    item = write_item(MissionItem(Cmd.NAV_WAYPOINT, 3, seq=5), 0, 5, Address(0, 1, 1), as_int=True, current=False)
    assert a_duplicate_ends_no_upload(view, asked, peer, b"") is None
    view.now_ms = 120
    _item_requested(view, dialect.MAVLink_mission_request_int_message(1, 1, 12, 0), peer)
    _item_came(view, item, peer)
    assert a_duplicate_ends_no_upload(view, refusal, peer, b"") is None
    view.now_ms = 140
    assert a_duplicate_ends_no_upload(view, asked, peer, b"") is None
    _item_came(view, item, peer)
    assert a_duplicate_ends_no_upload(view, refusal, peer, b"")
    _asks_anew(view, dialect.MAVLink_mission_count_message(1, 1, 9, 0), _peer())
    assert a_duplicate_ends_no_upload(view, refusal, peer, b"") is None, "begun anew on another link"


@pytest.mark.parametrize(("target", "right"), [(0, True), (1, True), (2, False)])
def test_an_upload_may_be_announced_to_all_systems(target: int, right: bool) -> None:
    """Garbage held a MISSION_COUNT for target system 0, which is everybody (29481200)."""
    view: Any = SimpleNamespace(memory={}, service=SimpleNamespace(endpoint=SimpleNamespace(system_id=1)))
    peer = _peer()
    peer.left = Counter()
    _announced(view, dialect.MAVLink_mission_count_message(target, 1, 3, 0), peer)
    asks = dialect.MAVLink_mission_request_int_message(255, 190, 2, 0)
    assert (an_item_is_requested_from_the_station_that_announced_it(view, asks, peer, b"") is None) is right


@pytest.mark.parametrize(("again_ms", "right"), [(0, True), (20, False)])
def test_an_answer_may_be_that_of_the_same_question_before_the_plan_was_cleared(again_ms: int, right: bool) -> None:
    """The MISSION_REQUEST_LIST came twice, the second time behind a MISSION_CLEAR_ALL, in one pass; the MISSION_COUNT
    that left then was the answer to the first (29483506)."""
    address = Address(0, 255, 190)
    transfer = SimpleNamespace(_commit=None)
    peer = _peer()
    peer.memory["heard"] = {(255, 190)}
    view: Any = SimpleNamespace(
        storm=VIRTUAL,
        service=SimpleNamespace(missions=SimpleNamespace(transfer=lambda kind: transfer)),
        process=SimpleNamespace(stations_on=lambda number, link: [peer.station]),
        number=0,
        now_ms=1_000,
    )
    question = dialect.MAVLink_mission_request_list_message(1, 1, 1)
    _reads_its_own(view, question, peer)
    transfer._commit = SimpleNamespace(peer=address)
    view.now_ms += again_ms
    _reads_its_own(view, question, peer)
    count = dialect.MAVLink_mission_count_message(255, 190, 0, 1)
    assert (a_station_reads_the_plan_that_it_has_written(view, count, peer, b"") is None) is right


@pytest.mark.parametrize(
    ("radio", "after_ms", "wrong"), [("rfd900x", 340, False), ("", 340, True), ("rfd900x", 20_000, True)]
)
def test_a_request_may_wait_for_the_radio_of_the_station_before(radio: str, after_ms: int, wrong: bool) -> None:
    """A request of item 3 was sent when the upload was lost, and left a radio 0.3 s later (29860073)."""
    before: Any = SimpleNamespace(station=SimpleNamespace(name="before", radio=radio))
    owner: Any = SimpleNamespace(station=SimpleNamespace(name="owner", radio=""))
    view: Any = SimpleNamespace(life={}, now_ms=80_000)

    def asked(peer: Any, seq: int) -> str | None:
        return two_stations_do_not_upload_at_once(
            view, dialect.MAVLink_mission_request_message(255, 190, seq), peer, b""
        )

    assert [asked(before, seq) for seq in (0, 1, 2)] == [None] * 3
    assert asked(owner, 0) is None
    view.now_ms += after_ms
    assert (asked(before, 3) is not None) is wrong
    assert asked(owner, 1) is None
