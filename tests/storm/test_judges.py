"""Invariants that once took what is right for wrong: each with what the storm showed them."""

from __future__ import annotations

from collections import Counter
from math import nan
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
from autopilot.mav import Cmd, Result
from autopilot.safety.fence_limits import FenceType
from mavlink_bridge.wire.codec import dialect
from tests.storm.invariant import Broken
from tests.storm.invariants import flights, kept
from tests.storm.invariants.bounds import deadlines_that_are_past_are_not_repeated
from tests.storm.invariants.flights import ABORT, GO, STATUS, a_flight_command_fits_its_state, preflight_ends
from tests.storm.invariants.journals import tickets_are_settled_in_order
from tests.storm.invariants.losses import (
    FENCE_MS,
    GCS_LOSS_MS,
    LEFT_REST_MS,
    _sticks_heard,
    a_fence_is_not_left_without_its_failsafe,
    a_lost_station_is_noticed,
    an_idle_vehicle_is_disarmed,
    no_vehicle_arms_without_a_position,
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
from tests.storm.medium import Air
from tests.storm.process import Died
from tests.storm.real_process import RealProcess
from tests.storm.story import Story

HOME = GeoPoint(-35.0, 149.0, 584.0)


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


def test_a_preflight_that_begins_as_another_ends_is_one_of_its_own() -> None:
    """Three failed, each after 10 s, and MAVSDK armed anew at once (seed 3070179666417)."""
    service = SimpleNamespace(autopilot=SimpleNamespace(flights=SimpleNamespace(state=FlightState.PREFLIGHT)))
    view: Any = SimpleNamespace(service=service, life={"flight": {"at": 0}}, now_ms=0)
    assert preflight_ends(view) is None
    view.life["flight"]["at"] = view.now_ms = 20_000
    assert preflight_ends(view) is None
    view.now_ms = 49_980
    assert preflight_ends(view) is None
    view.now_ms = 50_000
    assert preflight_ends(view) == "in PREFLIGHT for 30000 ms"


def test_who_is_armed_anew_in_the_pass_of_a_disarm_has_its_whole_delay() -> None:
    """The judge looks between passes, and sees it armed each time."""
    kind = SimpleNamespace(flies=True)
    facts = SimpleNamespace(vehicle_class=kind, armed=True, landed=True)
    modes = SimpleNamespace(mode=SimpleNamespace(holds_arming=False))
    autopilot = SimpleNamespace(facts=facts, flights=None, modes=modes)
    parameters, faults = {"DISARM_DELAY": 10.0}, SimpleNamespace(active=())
    service = SimpleNamespace(autopilot=autopilot, parameters=parameters, faults=faults)
    plan, life = SimpleNamespace(firmware="ardupilot"), {"armed": {"at": 0}}
    view: Any = SimpleNamespace(service=service, plan=plan, life=life, now_ms=0)
    assert an_idle_vehicle_is_disarmed(view) is None
    life["armed"]["at"], view.now_ms = 10_000, 20_000
    assert an_idle_vehicle_is_disarmed(view) is None
    view.now_ms = 30_000
    assert an_idle_vehicle_is_disarmed(view) == "armed on the ground for 20000 ms"


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


def _answered(peer: Any, result: Result) -> str | None:
    ack = dialect.MAVLink_command_ack_message(Cmd.USER_1, result, 0, 0, 255, 190)
    view: Any = SimpleNamespace(storm=SimpleNamespace(story=Story()))
    return a_flight_command_fits_its_state(view, ack, peer, b"")


def test_answers_to_flight_commands_may_come_in_another_order() -> None:
    peer: Any = SimpleNamespace(memory={})
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
    peer = SimpleNamespace(
        station=SimpleNamespace(name="one"),
        came={("command", command): 4},
        left={("command", command): 1},
        memory={("asked", command): 0, ("answered", command): 500},
    )
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
    peer: Any = SimpleNamespace(station=SimpleNamespace(name="one"))
    store = SimpleNamespace(refused_stamp=False)
    view: Any = SimpleNamespace(now_ms=1_000, life={}, memory={}, process=SimpleNamespace(store=store))

    def verdict(stamp: int) -> str | None:
        frame = bytes((0xFD, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 3)) + stamp.to_bytes(6, "little") + bytes(6)
        return a_signature_timestamp_never_goes_back(view, None, peer, frame)

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
