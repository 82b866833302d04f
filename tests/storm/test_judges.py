"""Invariants that once took what is right for wrong: each with what the storm showed them."""

from __future__ import annotations

from collections import Counter
from math import inf, nan
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autopilot.context.events import ArmedChanged, CurrentChanged, MissionComplete
from autopilot.flight.lifecycle import FlightState
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint
from autopilot.interface.reasons import ArmingMethod
from autopilot.interface.targets import TakeOff
from autopilot.mav import Cmd, MissionResult, Result
from autopilot.mission.items import MissionItem
from autopilot.safety.fence_limits import FenceType
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.routing.service import Peer as Address
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.wire.codec import dialect
from tests.storm import plans
from tests.storm.invariant import Broken
from tests.storm.invariants import flights, kept
from tests.storm.invariants.bounds import deadlines_that_are_past_are_not_repeated
from tests.storm.invariants.flights import ABORT, GO, STATUS, a_flight_command_fits_its_state
from tests.storm.invariants.journals import tickets_are_settled_in_order
from tests.storm.invariants.losses import (
    FENCE_MS,
    GCS_LOSS_MS,
    LEFT_REST_MS,
    _sticks_heard,
    a_fence_is_not_left_without_its_failsafe,
    a_lost_station_is_noticed,
    no_vehicle_arms_without_a_position,
)
from tests.storm.invariants.plans import (
    _announced,
    _counted,
    _item_came,
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
from tests.storm.invariants.relays import a_heartbeat_comes_through_a_relay
from tests.storm.invariants.safety import no_vehicle_flies_away
from tests.storm.invariants.signed import a_signature_timestamp_never_goes_back
from tests.storm.invariants.wires import (
    ANSWER_MS,
    _count,
    a_command_is_answered,
    a_heartbeat_is_never_missing,
    a_heartbeat_shows_the_vehicle,
)
from tests.storm.ledger import checksum
from tests.storm.medium import Air
from tests.storm.process import Died
from tests.storm.real_process import RealProcess
from tests.storm.story import Story

HOME = GeoPoint(-35.0, 149.0, 584.0)


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
    virtual = SimpleNamespace(machine=SimpleNamespace(real=False))
    view: Any = SimpleNamespace(uploads={(0, 9): whole}, memory={}, storm=virtual, firmware=OWN)
    for count, items, right in (
        (6, whole, True),
        (6, whole[:3], False),
        (4, whole[:3], True),
        (4, whole[1:4], False),
        (4, whole[:4], False),  # home is counted too
        (9, whole[:3], True),  # cut before, and still so when the process starts again (29630200)
    ):
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

    virtual = SimpleNamespace(machine=SimpleNamespace(real=False))
    view: Any = SimpleNamespace(uploads={}, memory={}, storm=virtual, firmware=OWN)
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
    view: Any = SimpleNamespace(memory={}, firmware=OWN, storm=SimpleNamespace(machine=SimpleNamespace(real=False)))
    other = _peer()
    other.station.name = "other"
    _counted(view, SimpleNamespace(mission_type=0, count=4), _peer())
    _counted(view, SimpleNamespace(mission_type=0, count=7), other)
    assert is_counted(view, 0, 3) and is_counted(view, 0, 6)
    _counted(view, SimpleNamespace(mission_type=0, count=9), _peer())
    assert not is_counted(view, 0, 3)


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


def test_a_vehicle_may_climb_away_in_a_mode_with_a_direct_throttle_and_nowhere_else() -> None:
    """ACRO without a pilot climbed to 400 m in ten minutes, while its storm stood idle for hours (storm 29200006); FBWB
    flew on at its height for 5 km (29912211)."""
    spec = SimpleNamespace(manual_throttle=False, pilot=False, position=False)
    facts = SimpleNamespace(landed=False)
    state = np.zeros(report.SIZE)
    state[[report.LAT, report.LON, report.ALT]] = HOME.lat, HOME.lon, HOME.alt + 401.0
    helm = SimpleNamespace(target=TakeOff(-60.0))
    autopilot = SimpleNamespace(modes=SimpleNamespace(spec=spec), facts=facts, helm=helm)
    vehicle = SimpleNamespace(state=SimpleNamespace(report=state))
    service = SimpleNamespace(autopilot=autopilot, vehicle=vehicle, faults=SimpleNamespace(active=()))
    view: Any = SimpleNamespace(service=service, home=HOME, life={}, kind="plane")
    assert no_vehicle_flies_away(view) == "401 m up, 0 m away"
    spec.manual_throttle = True
    assert no_vehicle_flies_away(view) is None
    spec.manual_throttle = False
    assert no_vehicle_flies_away(view) is None, "it comes back"
    facts.landed = True
    assert no_vehicle_flies_away(view)
    facts.landed, spec.pilot = False, True
    assert no_vehicle_flies_away(view), "the pilot steers, and the height is held"
    state[[report.LAT, report.ALT]] = HOME.lat + 0.05, HOME.alt + 50.0
    assert no_vehicle_flies_away(view) is None
    spec.pilot = False
    assert no_vehicle_flies_away(view) is None, "it comes back"
    facts.landed = True
    no_vehicle_flies_away(view)
    facts.landed, spec.pilot, spec.position = False, True, True
    assert no_vehicle_flies_away(view) == "50 m up, 5566 m away", "LOITER has a place"
    state[[report.LAT, report.ALT]] = HOME.lat, HOME.alt + 459.0
    assert no_vehicle_flies_away(view)
    view.kind = "quadplane"
    assert no_vehicle_flies_away(view) is None, "it was begun higher and higher"
    helm.target, view.life = TakeOff(-30.0), {}
    assert no_vehicle_flies_away(view)


@pytest.mark.parametrize(("full", "limited"), [(True, False), (False, True), (False, False)])
def test_a_reboot_may_end_where_nothing_can_be_stored_and_nowhere_else(
    tmp_path: Path, full: bool, limited: bool
) -> None:
    """A start that cannot write ends with status 2 (storm 5772, around real processes)."""
    told = tmp_path / "told"
    told.write_text("sortie: serving a copter\n")
    child, disk = SimpleNamespace(poll=lambda: 2, returncode=2), SimpleNamespace(full=full)
    process: Any = SimpleNamespace(child=child, disk=disk, _limited=limited, _reboots=True, _told=told)
    with pytest.raises(Died if full or limited else Broken):
        RealProcess._judge_death(process)


def test_sticks_for_another_vehicle_are_not_this_ones() -> None:
    """Garbage with the ids of the pilot's station was RC_CHANNELS_OVERRIDE for system 255 (storm 29330165)."""
    endpoint, faults = SimpleNamespace(system_id=1), SimpleNamespace(active=())
    service = SimpleNamespace(endpoint=endpoint, faults=faults, parameters={"SYSID_MYGCS": 255.0})
    view: Any = SimpleNamespace(service=service, now_ms=1000, life={})
    peer: Any = SimpleNamespace(station=SimpleNamespace(system=255))
    for target, heard in ((255, {}), (1, {"sticks": {"at": 1000}})):
        _sticks_heard(view, dialect.MAVLink_rc_channels_override_message(target, 1, *[1500] * 8), peer)
        assert view.life == heard


def test_a_deadline_at_once_is_not_past_before_the_first_pass_of_an_old_process() -> None:
    endpoint = SimpleNamespace(next_deadlines=lambda: (0, None))
    service = SimpleNamespace(passes=0, endpoint=endpoint)
    view: Any = SimpleNamespace(
        service=service, vehicle_ms=1 << 24, storm=SimpleNamespace(plan=SimpleNamespace(vehicles=(1,))), life={}
    )
    assert deadlines_that_are_past_are_not_repeated(view) is None
    service.passes = 1
    assert deadlines_that_are_past_are_not_repeated(view) is None, "a message has just switched it on"
    view.vehicle_ms += 20
    assert deadlines_that_are_past_are_not_repeated(view)


def test_home_is_no_item_of_a_plan_whatever_its_height() -> None:
    home = MissionItem(Cmd.NAV_WAYPOINT, 0, x=HOME.lat, y=HOME.lon, z=HOME.alt + 20 / plans.MARKS)
    assert plans.mark_of(home) == 20
    assert _told(home, 0) is None
    assert _told(MissionItem(Cmd.NAV_TAKEOFF, 0, z=584.0), 0)
    assert _told(MissionItem(Cmd.NAV_WAYPOINT, 3, x=-35.0, y=149.0, z=40.0 + 20 / plans.MARKS), 1) is None
    assert _told(MissionItem(Cmd.NAV_WAYPOINT, 3, x=-35.0, y=149.0, z=40.0 + 20 / plans.MARKS), 2)


def test_an_item_whose_height_is_no_number_has_no_mark() -> None:
    assert [plans.mark_of(MissionItem(Cmd.NAV_WAYPOINT, 3, z=height)) for height in (nan, inf)] == [None, None]


def _answered(peer: Any, result: Result) -> str | None:
    ack = dialect.MAVLink_command_ack_message(Cmd.USER_1, result, 0, 0, 255, 190)
    view: Any = SimpleNamespace(storm=SimpleNamespace(story=Story()))
    return a_flight_command_fits_its_state(view, ack, peer, b"")


def test_answers_to_flight_commands_may_come_in_another_order() -> None:
    peer = _peer()
    view: Any = SimpleNamespace(
        service=SimpleNamespace(
            endpoint=SimpleNamespace(system_id=1),
            autopilot=SimpleNamespace(flights=SimpleNamespace(state=FlightState.FLYING)),
        )
    )
    for command in (STATUS, GO, float("nan"), STATUS):
        message = dialect.MAVLink_command_long_message(1, 1, Cmd.USER_1, 0, command, 0, 0, 0, 0, 0, 0)
        flights._flight_command(view, message, peer)
    results = (Result.DENIED, Result.ACCEPTED, Result.ACCEPTED)
    assert [_answered(peer, result) for result in results] == [None] * 3
    message = dialect.MAVLink_command_long_message(1, 1, Cmd.USER_1, 0, ABORT, 0, 0, 0, 0, 0, 0)
    flights._flight_command(view, message, peer)
    assert _answered(peer, Result.TEMPORARILY_REJECTED) is None
    flights._flight_command(view, message, peer)
    assert _answered(peer, Result.ACCEPTED) is None  # the number that is none: whatever it is answered
    assert _answered(peer, Result.ACCEPTED)


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


def test_progress_that_nobody_awaits_is_given_a_ticket_too() -> None:
    """The store settles it beyond the last ticket that anybody waits for, and never beyond the last that it gave."""

    def verdict(durable: int, *, submitted: int, before: int = 0) -> str | None:
        journal = SimpleNamespace(latest=lambda: 3, durable=lambda: durable)
        view: Any = SimpleNamespace(
            service=SimpleNamespace(journal=journal),
            process=SimpleNamespace(store=SimpleNamespace(_submitted=submitted)),
            storm=SimpleNamespace(plan=SimpleNamespace(vehicles=(1,))),
            life={"durable": {"is": before}},
        )
        return tickets_are_settled_in_order(view)

    assert verdict(5, submitted=5) is None
    assert verdict(3, submitted=5, before=3) is None
    assert verdict(6, submitted=5), "beyond the last that was given"
    assert verdict(4, submitted=5, before=5), "it has fallen"


def test_a_value_may_be_told_on_another_link_when_the_next_is_set_already() -> None:
    """PARAM_VALUE is sent on each link, and a busy machine may write it to one of them later (--real 5768)."""
    one, other = (SimpleNamespace(memory={}, station=SimpleNamespace(name=name)) for name in ("one", "other"))
    endpoint, machine = SimpleNamespace(system_id=1), SimpleNamespace(real=True)
    view: Any = SimpleNamespace(
        now_ms=1_000,
        memory={},
        parameters={"WPNAV_SPEED": ()},
        service=SimpleNamespace(endpoint=endpoint),
        storm=SimpleNamespace(machine=machine),
    )

    def at(now_ms: int, value: float, told: Any = None) -> str | None:
        view.now_ms = now_ms
        message: Any = SimpleNamespace(target_system=1, param_id="WPNAV_SPEED", param_value=value)
        return (
            kept._sets(view, message, one) if told is None else kept.a_reported_value_was_set(view, message, told, b"")
        )

    at(1_000, 498.0)
    assert at(1_010, 498.0, one) is None
    for set_ms, value in ((1_020, 500.0), (1_030, 501.0)):
        at(set_ms, value)
        assert at(set_ms + 5, value, one) is None
    at(1_040, 502.0)
    assert at(1_041, 498.0, other) is None
    at(1_050 + kept.LATE_MS, 503.0)
    assert at(1_051 + kept.LATE_MS, 498.0, other) == "WPNAV_SPEED = 498", "so late it is the vehicle's value"


def test_a_rover_has_left_its_rest_at_the_first_pass_outside_of_it() -> None:
    """It stood in HOLD without a HEARTBEAT for 40 s and was told GUIDED by who was back (storm 29450063)."""
    spec = SimpleNamespace(name="HOLD")
    autopilot = SimpleNamespace(facts=SimpleNamespace(armed=True), modes=SimpleNamespace(spec=spec))
    endpoint = SimpleNamespace(muted=True)
    service = SimpleNamespace(autopilot=autopilot, parameters={"FS_GCS_ENABLE": 1.0}, endpoint=endpoint)
    life = {"station": {"at": 0}, "armed": {"at": 0}}
    view: Any = SimpleNamespace(service=service, kind="rover", life=life, now_ms=GCS_LOSS_MS)
    assert a_lost_station_is_noticed(view) is None
    endpoint.muted = False
    view.now_ms += 2 * LEFT_REST_MS  # there was no pass meanwhile
    spec.name = "GUIDED"
    assert a_lost_station_is_noticed(view) is None
    view.now_ms += LEFT_REST_MS
    assert a_lost_station_is_noticed(view) == "no failsafe 26000 ms after the last HEARTBEAT"


@pytest.mark.parametrize("lasts", [True, False])
def test_a_fix_may_be_back_since_the_last_pass(lasts: bool) -> None:
    """Its copter had a fix for two seconds, without a pass, when it was armed (storm 198545803765195893)."""
    faults = SimpleNamespace(active=(SimpleNamespace(name="gps.loss"),) * lasts)
    modes = SimpleNamespace(spec=SimpleNamespace(position=True))
    service = SimpleNamespace(autopilot=SimpleNamespace(modes=modes), faults=faults)
    life = {"fix lost": {"at": 1_000}}
    view: Any = SimpleNamespace(service=service, kind="rover", life=life, now_ms=50_000)
    wrong = no_vehicle_arms_without_a_position(view, ArmedChanged(True, ArmingMethod.MAVLINK))
    assert wrong == ("armed 49000 ms after the last fix" if lasts else None)


@pytest.mark.parametrize(("command", "one_for_all"), [(Cmd.DO_SET_MISSION_CURRENT, True), (Cmd.DO_SET_HOME, False)])
def test_a_command_that_waits_for_a_mission_has_one_answer_for_its_repetitions(command: Cmd, one_for_all: bool) -> None:
    """While the disk was slow (storm 3029554823167)."""
    peer = _peer()
    peer.came, peer.left = {("command", command): 4}, {("command", command): 1}
    peer.memory = {("asked", command): 0, ("answered", command): 500}
    endpoint = SimpleNamespace(muted=False)
    view: Any = SimpleNamespace(
        peers={0: peer},
        must_answer=lambda _: True,
        now_ms=ANSWER_MS,
        life={},
        service=SimpleNamespace(endpoint=endpoint),
    )
    assert (a_command_is_answered(view) is None) == one_for_all


@pytest.mark.parametrize("refused", [False, True])
def test_a_timestamp_may_come_again_only_where_the_disk_refused_it(refused: bool) -> None:
    """A station two hours ahead was answered 80 ms before its time was stored; it was to be refused (29601010)."""
    store = SimpleNamespace(refused_stamp=False)
    view: Any = SimpleNamespace(now_ms=1_000, life={}, memory={}, process=SimpleNamespace(store=store))

    def verdict(stamp: int) -> str | None:
        frame = bytes((0xFD, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 3)) + stamp.to_bytes(6, "little") + bytes(6)
        return a_signature_timestamp_never_goes_back(view, None, _peer(), frame)

    assert verdict(500) is None
    store.refused_stamp = refused
    assert verdict(801) is None
    assert verdict(700)
    view.life, store.refused_stamp = {}, False  # it has started again
    assert (verdict(600) is None) is refused


def test_a_mission_of_one_item_may_be_flown_again_within_a_second() -> None:
    """GUIDED and AUTO of another station made a boat begin its only waypoint anew, at which it was (29600316)."""
    view: Any = SimpleNamespace(life={}, now_ms=5_000)
    verdicts = [
        flights.a_mission_completes_once_a_run(view, event)
        for event in (MissionComplete(), CurrentChanged(1), MissionComplete(), MissionComplete())
    ]
    assert verdicts == [None, None, None, "the mission is complete twice"]


@pytest.mark.parametrize(("target", "right"), [(0, True), (1, True), (2, False)])
def test_an_upload_may_be_announced_to_all_systems(target: int, right: bool) -> None:
    """Garbage held a MISSION_COUNT for target system 0, which is everybody (29481200)."""
    view: Any = SimpleNamespace(memory={}, service=SimpleNamespace(endpoint=SimpleNamespace(system_id=1)))
    peer = _peer()
    peer.left = Counter()
    _announced(view, dialect.MAVLink_mission_count_message(target, 1, 3, 0), peer)
    asks = dialect.MAVLink_mission_request_int_message(255, 190, 2, 0)
    assert (an_item_is_requested_from_the_station_that_announced_it(view, asks, peer, b"") is None) is right


@pytest.mark.parametrize(
    ("on", "types", "right"),
    [(FenceType.CIRCLE, 2, False), (FenceType(0), 2, True), (FenceType.POLYGON, 2, True), (FenceType.CIRCLE, 4, True)],
)
def test_a_fence_that_is_off_may_be_left(on: FenceType, types: int, right: bool) -> None:
    """DO_FENCE_ENABLE had disabled it; FENCE_ENABLE was still 1, as in ArduPilot (3031749176521)."""
    state = np.zeros(report.SIZE)
    state[report.LAT], state[report.LON] = HOME.lat + 0.002, HOME.lon
    autopilot = SimpleNamespace(
        facts=SimpleNamespace(armed=True, home=HOME),
        fence=SimpleNamespace(breached=False, _switches=SimpleNamespace(on=on)),
    )
    service = SimpleNamespace(
        autopilot=autopilot,
        parameters={"FENCE_ENABLE": 1.0, "FENCE_TYPE": float(types), "FENCE_RADIUS": 100.0},
        vehicle=SimpleNamespace(state=SimpleNamespace(report=state)),
        faults=SimpleNamespace(active=[]),
    )
    view: Any = SimpleNamespace(service=service, life={}, now_ms=0)
    assert a_fence_is_not_left_without_its_failsafe(view) is None
    view.now_ms = FENCE_MS
    assert (a_fence_is_not_left_without_its_failsafe(view) is None) is right


@pytest.mark.parametrize(("again_ms", "right"), [(0, True), (20, False)])
def test_an_answer_may_be_that_of_the_same_question_before_the_plan_was_cleared(again_ms: int, right: bool) -> None:
    """The MISSION_REQUEST_LIST came twice, the second time behind a MISSION_CLEAR_ALL, in one pass; the MISSION_COUNT
    that left then was the answer to the first (29483506)."""
    address = Address(0, 255, 190)
    transfer = SimpleNamespace(_commit=None)
    peer = _peer()
    peer.memory["heard"] = {(255, 190)}
    view: Any = SimpleNamespace(
        storm=SimpleNamespace(machine=SimpleNamespace(real=False)),
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


@pytest.mark.parametrize(("number", "missing"), [(0, False), (1, True)])
def test_a_station_may_ask_for_no_heartbeat(number: int, missing: bool) -> None:
    """SET_MESSAGE_INTERVAL -1 of HEARTBEAT; of another message it excuses nothing (3053799928905)."""
    link = object()
    peer: Any = SimpleNamespace(
        memory={"link": link, "beat": 98_000}, came=Counter(), station=SimpleNamespace(name="one", link=link)
    )
    endpoint = SimpleNamespace(muted=False, system_id=1)
    view: Any = SimpleNamespace(
        service=SimpleNamespace(endpoint=endpoint), peers={"one": peer}, life={}, vehicle_ms=98_520, now_ms=98_520
    )
    _count(
        view,
        dialect.MAVLink_command_int_message(1, 1, 3, Cmd.SET_MESSAGE_INTERVAL, 0, 0, number, -1, nan, 255, -1, 1, 0),
        peer,
    )
    view.now_ms = 100_520
    assert (a_heartbeat_is_never_missing(view) is not None) is missing


@pytest.mark.parametrize(("line_beat_ms", "wrong"), [(7_000, False), (9_000, True)])
def test_a_relay_can_pass_on_only_what_comes_over_its_line(line_beat_ms: int, wrong: bool) -> None:
    """Two HEARTBEATs in a row were lost on a line that loses a twentieth (29960008 of relays only)."""
    peer = SimpleNamespace(beat_ms=6_900, station=SimpleNamespace(name="one"))
    storm: Any = SimpleNamespace(
        now_ms=10_000,
        memory={"trouble": {"until": 0}},
        line=SimpleNamespace(air=Air(0.05)),
        line_beat_ms=line_beat_ms,
        peers={"one": peer},
    )
    assert (a_heartbeat_comes_through_a_relay(storm) is not None) is wrong


@pytest.mark.parametrize(("every_ms", "wrong"), [(1_000, True), (30, False)])
def test_heartbeats_of_a_moment_may_be_older(every_ms: int, wrong: bool) -> None:
    """Modes that changed four times within 120 ms, each with its HEARTBEAT (29920486 of dense storms)."""
    autopilot = SimpleNamespace(
        facts=SimpleNamespace(armed=False), modes=SimpleNamespace(spec=SimpleNamespace(number=11))
    )
    peer: Any = SimpleNamespace(memory={})
    view: Any = SimpleNamespace(
        service=SimpleNamespace(autopilot=autopilot), plan=SimpleNamespace(firmware="ardupilot"), now_ms=0
    )
    older = dialect.MAVLink_heartbeat_message(1, 3, 1, 20, 3, 3)
    frame = bytes([0xFD, 9, 0, 0, 0, 1, 1])
    for _ in range(3):
        assert a_heartbeat_shows_the_vehicle(view, older, peer, frame) is None
        view.now_ms += every_ms
    assert (a_heartbeat_shows_the_vehicle(view, older, peer, frame) is not None) is wrong
    autopilot.modes.spec.number = 20
    assert a_heartbeat_shows_the_vehicle(view, older, peer, frame) is None
    assert peer.memory["truth"]["lies"] == 0


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
