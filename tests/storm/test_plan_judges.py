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
    _counted,
    _item_came,
    _item_requested,
    _mark_came,
    _reads_its_own,
    a_downloaded_item_is_that_of_the_plan,
    a_duplicate_ends_no_upload,
    a_mission_count_is_that_of_the_plan,
    a_station_reads_the_plan_that_it_has_written,
    an_item_is_requested_from_the_station_that_announced_it,
    is_counted,
    mixture,
    two_stations_do_not_upload_at_once,
)
from tests.storm.ledger import checksum

HOME = GeoPoint(-35.0, 149.0, 584.0)
VIRTUAL = SimpleNamespace(machine=SimpleNamespace(real=False))


def _peer() -> Any:
    return SimpleNamespace(memory={}, station=SimpleNamespace(name="one"))


def _told(item: MissionItem, seq: int) -> str | None:
    """The verdict on an item of a plan with mark 20 that leaves with the number `seq`."""
    items = (MissionItem(Cmd.NAV_WAYPOINT, 3, x=-35.0, y=149.0, z=40.0 + 20 / plans.MARKS, seq=1),)
    view: Any = SimpleNamespace(uploads={(0, 20): items}, firmware=OWN)
    message = write_item(item, 0, seq, Address(0, 255, 190), as_int=True, current=False)
    return a_downloaded_item_is_that_of_the_plan(view, message, _peer(), b"")


def test_a_late_count_of_a_shorter_upload_cuts_the_next() -> None:
    """A MISSION_COUNT of 5 came behind that of the next upload, of 9, of which 5 items were requested (14000)."""
    commands = (Cmd.NAV_TAKEOFF, Cmd.NAV_WAYPOINT, Cmd.NAV_LOITER_TIME, Cmd.NAV_WAYPOINT, Cmd.NAV_RETURN_TO_LAUNCH)
    whole = tuple(
        MissionItem(command, 3, x=-35.0, y=149.0, z=40.0 + 9 / plans.MARKS, seq=seq)
        for seq, command in enumerate(commands, 1)
    )
    view: Any = SimpleNamespace(uploads={(0, 9): whole}, memory={}, storm=VIRTUAL, firmware=OWN, now_ms=0)
    for count, items, right in (
        (6, whole, True),
        (6, whole[:3], False),
        (4, whole[:3], True),
        (4, whole[1:4], False),
        (4, whole[:4], False),  # home is counted too
        (9, whole[:3], True),  # cut before, and still so when the process starts again (29630200)
    ):
        view.now_ms += 20
        _counted(view, dialect.MAVLink_mission_count_message(1, 1, count, 0), _peer())
        assert (mixture(view, 0, items) is None) is right


def test_late_items_of_an_upload_may_be_among_those_of_the_next() -> None:
    """A link without delay carried two uploads in 20 ms and put items of the first behind the second MISSION_COUNT: the
    protocol cannot tell them apart (29750006)."""

    def item(seq: int, mark: int) -> MissionItem:
        return MissionItem(Cmd.NAV_WAYPOINT, 3, x=-35.0, y=149.0, z=40.0 + mark / plans.MARKS, seq=seq)

    def come(peer: Any, *messages: object) -> None:
        for message in messages:
            _mark_came(view, message, peer)

    def sent(seq: int, mark: int) -> object:
        return write_item(item(seq, mark), 0, seq, Address(0, 255, 190), as_int=True, current=False)

    view: Any = SimpleNamespace(uploads={}, memory={}, storm=VIRTUAL, firmware=OWN, now_ms=0)
    one, other, mixed = _peer(), _peer(), (item(1, 13), item(2, 14))
    other.station.name = "other"
    count = dialect.MAVLink_mission_count_message(1, 1, 3, 0)
    come(one, sent(1, 13))  # nothing was counted
    _counted(view, count, one)
    come(one, sent(1, 13))
    _counted(view, count, other)
    come(other, sent(2, 14))
    assert mixture(view, 0, mixed) == "plan 0 has items of the uploads [13, 14]"  # each came of another station
    _counted(view, count, one)
    come(one, sent(2, 14))
    assert mixture(view, 0, mixed) is not None  # they came in two uploads
    come(one, sent(1, 13))
    _counted(view, count, one)
    assert mixture(view, 0, mixed) is None
    assert mixture(view, 1, mixed) is not None  # of another kind
    _counted(view, count, one)
    _counted(view, count, one)
    assert mixture(view, 0, mixed) is None  # still so when the process starts again
    assert mixture(view, 0, (item(1, 12), item(2, 14))) is not None


def test_the_count_of_a_station_is_known_after_that_of_another() -> None:
    """A late MISSION_COUNT cut the next upload, and another station counted and was refused meanwhile (29540106)."""
    view: Any = SimpleNamespace(memory={}, firmware=OWN, storm=VIRTUAL, now_ms=0)
    other = _peer()
    other.station.name = "other"
    _counted(view, SimpleNamespace(mission_type=0, count=4), _peer())
    _counted(view, SimpleNamespace(mission_type=0, count=7), other)
    assert is_counted(view, 0, 3) and is_counted(view, 0, 6)
    for count in (9, 11):
        view.now_ms += 20
        _counted(view, SimpleNamespace(mission_type=0, count=count), _peer())
    assert not is_counted(view, 0, 3)


def test_counts_of_one_pass_may_come_behind_the_upload_that_one_of_them_has_cut() -> None:
    """A link that had stood still delivered MISSION_COUNTs of 4, 1 and 2 at once, with an item that completed the
    upload of one (30020138)."""
    view: Any = SimpleNamespace(memory={}, firmware=OWN, storm=VIRTUAL, now_ms=0)

    def counted(*counts: int) -> list[bool]:
        view.now_ms += 20
        for count in counts:
            _counted(view, SimpleNamespace(mission_type=1, count=count), _peer())
        return [is_counted(view, 1, size) for size in (1, 2, 3, 4)]

    assert counted(4) == [False, False, False, True]
    assert counted(1, 2, 2) == [True, True, False, True], "the plan of 4 may be on its way to the disk"
    assert counted(3) == [False, True, True, False]


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
        _counted(view, dialect.MAVLink_mission_count_message(1, 1, count, 0), peer)
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
    view: Any = SimpleNamespace(now_ms=100)
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
    view: Any = SimpleNamespace(now_ms=100)
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
