"""Each client alone: what it sends, when it repeats, and its one outcome."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from mavlink_bridge.clients import (
    Client,
    ClientGroup,
    CommandClient,
    CommandOutcome,
    HeartbeatWatch,
    MissionClear,
    MissionDownload,
    MissionUpload,
    Retry,
    SetCurrent,
    Target,
    TransferOutcome,
    WatchState,
    command_int,
    command_long,
)
from mavlink_bridge.clients.command import PROGRESS_MS
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.wire.codec import dialect, payload
from tests.fakes.mission_bench import waypoints

VEHICLE = Target(1, 1)
AUTOPILOT = Peer(1, 1, 1)
GCS = Peer(1, 255, 190)


class Wire:
    """One client in virtual time; `hear` and `wait` give the messages that it sends."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.now_ms = 0
        client.start(0)

    def sent(self) -> list[Any]:
        return [out.message for out in self.client.take_outgoing()]

    def hear(self, message: Any, peer: Peer = AUTOPILOT) -> list[Any]:
        self.client.handle_message(message, peer, self.now_ms)
        return self.sent()

    def wait(self, ms: int) -> list[Any]:
        end = self.now_ms + ms
        while self.now_ms < end:
            due = self.client.next_deadline_ms()
            self.now_ms = end if due is None else min(max(due, self.now_ms), end)
            self.client.handle_timeout(self.now_ms)
            if self.client.done:
                break
        return self.sent()


def names(messages: list[Any]) -> list[str]:
    return [message.get_type() for message in messages]


def request(seq: int, kind: int = 0) -> Any:
    return dialect.MAVLink_mission_request_message(255, 190, seq, kind)


def ack(result: int, kind: int = 0) -> Any:
    return dialect.MAVLink_mission_ack_message(255, 190, result, kind, 0)


# --- upload ---------------------------------------------------------------------------------------------------------
def test_upload_sends_the_items_asked_for_and_ends_with_the_ack() -> None:
    """Sc UploadMissionSendsMissionItems: home in front, requests in order, final ACK."""
    wire = Wire(MissionUpload(VEHICLE, waypoints(2)))
    (count,) = wire.sent()
    assert (count.get_type(), count.count) == ("MISSION_COUNT", 3)
    sent = [wire.hear(request(seq))[0] for seq in range(3)]
    assert [(m.get_type(), m.seq, m.command) for m in sent] == [
        ("MISSION_ITEM_INT", 0, 16),
        ("MISSION_ITEM_INT", 1, 22),
        ("MISSION_ITEM_INT", 2, 16),
    ]
    wire.hear(dialect.MAVLink_mission_ack_message(255, 190, 0, 0, 77))
    assert (wire.client.outcome, wire.client.plan_id) == (TransferOutcome.ACCEPTED, 77)
    assert wire.client.next_deadline_ms() is None


@pytest.mark.parametrize("result", range(1, 16))
def test_upload_nacks_each_have_their_outcome(result: int) -> None:
    """Sc UploadMissionNackAreHandled: 15 error codes."""
    wire = Wire(MissionUpload(VEHICLE, waypoints(2)))
    wire.hear(ack(result))
    assert wire.client.outcome == TransferOutcome(result)
    assert not wire.client.outcome.ok


def test_upload_result_that_mavlink_does_not_define_is_unknown() -> None:
    """Never an exception."""
    wire = Wire(MissionUpload(VEHICLE, waypoints(2)))
    wire.hear(ack(99))
    assert wire.client.outcome is TransferOutcome.UNKNOWN


def test_upload_accepted_before_the_last_item_is_an_error() -> None:
    """Sc UploadMissionAckArrivesTooEarly; before any request it is an old echo."""
    wire = Wire(MissionUpload(VEHICLE, waypoints(2)))
    wire.hear(ack(0))
    assert not wire.client.done
    wire.hear(request(0))
    wire.hear(ack(0))
    assert wire.client.outcome is TransferOutcome.ACK_TOO_EARLY


def test_upload_goes_on_after_invalid_sequence() -> None:
    """ArduPilot says so to a duplicate."""
    wire = Wire(MissionUpload(VEHICLE, waypoints(2)))
    wire.hear(request(0))
    wire.hear(ack(13))
    assert not wire.client.done


def test_upload_repeats_the_count_then_the_furthest_item() -> None:
    """Recovers a lost count, a lost item and a lost acknowledgement."""
    wire = Wire(MissionUpload(VEHICLE, waypoints(2), retry=Retry(250, 4)))
    wire.sent()
    assert names(wire.wait(500)) == ["MISSION_COUNT"] * 2
    for seq in (0, 1, 2, 1):
        wire.hear(request(seq))
    assert [(m.get_type(), m.seq) for m in wire.wait(250)] == [("MISSION_ITEM_INT", 2)]
    assert names(wire.wait(10_000)) == ["MISSION_ITEM_INT"] * 2
    assert wire.client.outcome is TransferOutcome.TIMEOUT


def test_upload_passes_over_other_types_senders_and_numbers() -> None:
    """A rally request, another system's, one past the end."""
    wire = Wire(MissionUpload(VEHICLE, waypoints(2)))
    wire.sent()
    assert wire.hear(request(0, kind=2)) == wire.hear(request(3)) == wire.hear(request(0), Peer(1, 2, 1)) == []
    assert wire.hear(request(0), Peer(1, 1, 158)) == []


def test_upload_cancel_tells_the_vehicle() -> None:
    """OPERATION_CANCELLED, once."""
    wire = Wire(MissionUpload(VEHICLE, waypoints(2)))
    wire.sent()
    wire.client.cancel()
    wire.client.cancel()
    assert [(m.get_type(), m.type) for m in wire.sent()] == [("MISSION_ACK", 15)]
    assert wire.client.outcome is TransferOutcome.CANCELLED


def test_upload_of_infinite_and_huge_numbers_can_be_packed() -> None:
    """Plan files hold doubles; what no float32 holds goes out as infinite and is refused by the vehicle."""
    item = MissionItem(command=16, frame=3, param1=1e300, param2=nan, x=1e9, y=-1e9, z=-1e300)
    wire = Wire(MissionUpload(VEHICLE, (item,)))
    (message,) = wire.hear(request(1))[-1:]
    assert (message.param1, message.z, message.x, message.y) == (float("inf"), float("-inf"), 2**31 - 1, -(2**31))
    assert payload(message)


# --- download -------------------------------------------------------------------------------------------------------
def item(seq: int, *, as_int: bool = True) -> Any:
    at = MissionItem(command=16, frame=3, x=1.5, y=2.5, z=float(seq))
    return write_item(at, 0, seq, GCS, as_int=as_int, current=False)


def test_download_asks_in_a_window_and_thanks() -> None:
    """Five outstanding, the next when one is here, an ACK at the end; home apart."""
    wire = Wire(MissionDownload(VEHICLE, window=2))
    assert names(wire.sent()) == ["MISSION_REQUEST_LIST"]
    assert [m.seq for m in wire.hear(dialect.MAVLink_mission_count_message(255, 190, 4, 0, 9))] == [0, 1]
    assert [m.seq for m in wire.hear(item(1))] == [2]
    assert [m.seq for m in wire.hear(item(0))] == [3]
    assert wire.hear(item(0)) == []
    wire.hear(item(3))
    assert names(wire.hear(item(2))) == ["MISSION_ACK"]
    client = wire.client
    assert (client.outcome, client.plan_id) == (TransferOutcome.ACCEPTED, 9)
    assert client.home is not None and client.home.alt == 0.0
    assert [(i.seq, i.z) for i in client.items] == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_download_repeats_only_what_is_missing() -> None:
    """Sc DownloadMissionResendsMissionRequests*."""
    wire = Wire(MissionDownload(VEHICLE, window=3, retry=Retry(250, 3)))
    assert names(wire.wait(250)) == ["MISSION_REQUEST_LIST"] * 2
    wire.hear(dialect.MAVLink_mission_count_message(255, 190, 3, 0, 0))
    wire.hear(item(1))
    assert [m.seq for m in wire.wait(250)] == [0, 2]
    assert [m.seq for m in wire.wait(5000)] == [0, 2]
    assert wire.client.outcome is TransferOutcome.TIMEOUT


def test_download_falls_back_to_float_requests() -> None:
    """A vehicle that knows no MISSION_REQUEST_INT says UNSUPPORTED."""
    wire = Wire(MissionDownload(VEHICLE, window=1))
    wire.sent()
    wire.hear(dialect.MAVLink_mission_count_message(255, 190, 2, 0, 0))
    assert names(wire.hear(ack(3))) == ["MISSION_REQUEST"]
    assert names(wire.hear(item(0, as_int=False))) == ["MISSION_REQUEST"]
    wire.hear(item(1, as_int=False))
    assert wire.client.items[0].x == 1.5


def test_download_of_an_empty_plan_ends_at_once() -> None:
    """Sc DownloadMissionEmptyList."""
    wire = Wire(MissionDownload(VEHICLE))
    wire.sent()
    assert names(wire.hear(dialect.MAVLink_mission_count_message(255, 190, 0, 0, 0))) == ["MISSION_ACK"]
    assert wire.client.outcome.ok


def test_download_waits_for_a_busy_vehicle_then_says_denied() -> None:
    """Another upload may end meanwhile."""
    wire = Wire(MissionDownload(VEHICLE, retry=Retry(250, 3)))
    wire.hear(ack(14))
    assert not wire.client.done
    wire.wait(5000)
    assert wire.client.outcome is TransferOutcome.DENIED


def test_download_of_a_plan_that_never_rests_ends() -> None:
    """PLAN_CHANGED instead of for ever."""
    wire = Wire(MissionDownload(VEHICLE, window=1))
    for plan_id in range(100):
        if wire.client.done:
            break
        wire.hear(dialect.MAVLink_mission_count_message(255, 190, 3, 0, plan_id))
        wire.hear(item(0))
    assert wire.client.outcome is TransferOutcome.PLAN_CHANGED


@pytest.mark.parametrize("result", [1, 3, 5])
def test_download_errors_each_have_their_outcome(result: int) -> None:
    """Before the count nothing can be fallen back to."""
    wire = Wire(MissionDownload(VEHICLE))
    wire.hear(ack(result))
    assert wire.client.outcome == TransferOutcome(result)


# --- clear, set current ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [0, 1, 2, 255])
def test_clear_ends_with_the_ack_of_its_type(kind: int) -> None:
    """QGroundControl sends three at once: each hears its own."""
    wire = Wire(MissionClear(VEHICLE, kind=kind))
    assert wire.sent()[0].mission_type == kind
    wire.hear(ack(0, 7))
    assert not wire.client.done
    wire.hear(ack(14, kind))
    assert wire.client.outcome is TransferOutcome.DENIED


def test_set_current_is_confirmed_by_that_number_only() -> None:
    """Sc SetCurrentWithRetransmissionWhenWrong."""
    wire = Wire(SetCurrent(VEHICLE, 3, retry=Retry(250, 3)))
    wire.sent()
    wire.hear(dialect.MAVLink_mission_current_message(2))
    assert names(wire.wait(250)) == ["MISSION_SET_CURRENT"]
    wire.hear(dialect.MAVLink_mission_current_message(3))
    assert wire.client.outcome.ok


def test_set_current_refused_by_ack() -> None:
    """Some vehicles answer INVALID_SEQUENCE."""
    wire = Wire(SetCurrent(VEHICLE, 3))
    wire.hear(ack(13))
    assert wire.client.outcome is TransferOutcome.INVALID_SEQUENCE


# --- commands -------------------------------------------------------------------------------------------------------
def command_ack(command: int, result: int, progress: int = 255, detail: int = 0) -> Any:
    return dialect.MAVLink_command_ack_message(command, result, progress, detail, 255, 190)


def test_command_long_counts_its_repetitions() -> None:
    """`confirmation` rises, so that the vehicle acts once."""
    wire = Wire(command_long(VEHICLE, 400, 1.0, retry=Retry(500, 3)))
    sent = wire.sent() + wire.wait(5000)
    assert [(m.command, m.confirmation, m.param1, m.param7) for m in sent] == [
        (400, 0, 1.0, 0.0),
        (400, 1, 1.0, 0.0),
        (400, 2, 1.0, 0.0),
    ]
    assert wire.client.outcome is CommandOutcome.TIMEOUT
    assert wire.now_ms == 1500


@pytest.mark.parametrize("outcome", [o for o in CommandOutcome if o < CommandOutcome.TIMEOUT])
def test_command_results_each_have_their_outcome(outcome: CommandOutcome) -> None:
    """MAV_RESULT, with result_param2."""
    wire = Wire(command_long(VEHICLE, 31010, 34.0))
    wire.hear(command_ack(400, 0))
    assert not wire.client.done
    wire.hear(command_ack(31010, outcome, detail=1283))
    assert (wire.client.outcome, wire.client.detail) == (outcome, 1283)


@pytest.mark.parametrize("result", [10, 77, 100, 255])
def test_command_result_that_mavlink_does_not_define_is_unknown(result: int) -> None:
    """Our own TIMEOUT number on the wire is no timeout."""
    wire = Wire(command_long(VEHICLE, 400))
    wire.hear(command_ack(400, result))
    assert wire.client.outcome is CommandOutcome.UNKNOWN


def test_command_in_progress_is_not_repeated_and_may_take_long() -> None:
    """IN_PROGRESS extends the wait; each one anew; silence ends it."""
    wire = Wire(command_long(VEHICLE, 241, 1.0))
    wire.sent()
    wire.hear(command_ack(241, 5, progress=40))
    assert wire.client.progress == 40
    assert wire.wait(PROGRESS_MS - 1) == []
    wire.hear(command_ack(241, 5))
    assert wire.client.progress is None
    assert wire.wait(PROGRESS_MS - 1) == []
    wire.hear(command_ack(241, 0))
    assert wire.client.outcome is CommandOutcome.ACCEPTED


def test_command_in_progress_without_an_end_times_out() -> None:
    """The vehicle fell silent."""
    wire = Wire(command_long(VEHICLE, 241))
    wire.hear(command_ack(241, 5))
    wire.wait(2 * PROGRESS_MS)
    assert (wire.client.outcome, wire.now_ms) == (CommandOutcome.TIMEOUT, PROGRESS_MS)


def test_command_int_carries_a_place() -> None:
    """Degrees x 1e7, frame, and NaN for what is not given."""
    wire = Wire(command_int(VEHICLE, 192, GeoPoint(-35.3632612, 149.1652301, 30.0), -1.0, 1.0))
    (message,) = wire.sent()
    assert (message.get_type(), message.frame, message.x, message.y, message.z) == (
        "COMMAND_INT",
        0,
        -353632612,
        1491652301,
        30.0,
    )
    assert message.param2 == 1.0 and message.param4 != message.param4


def test_commands_to_any_component_hear_any() -> None:
    """Target component 0."""
    wire = Wire(command_long(Target(1, 0), 400))
    wire.hear(command_ack(400, 0), Peer(1, 1, 191))
    assert wire.client.outcome is CommandOutcome.ACCEPTED


def test_answers_on_another_link_are_not_ours_when_a_link_was_named() -> None:
    """Two vehicles on two links may share their ids."""
    wire = Wire(command_long(Target(1, 1, link=4), 400))
    wire.hear(command_ack(400, 0), Peer(5, 1, 1))
    assert not wire.client.done
    assert wire.client.next_deadline_ms() == 500


# --- heartbeat ------------------------------------------------------------------------------------------------------
def heartbeat(kind: int = 2, autopilot: int = 3, base_mode: int = 81, mode: int = 4) -> Any:
    return dialect.MAVLink_heartbeat_message(kind, autopilot, base_mode, mode, 3, 3)


def test_watch_finds_the_first_autopilot_and_loses_it() -> None:
    """Ground stations, gimbals and ADSB receivers are none; 3.5 s of silence is a loss; the next one restores it."""
    watch = HeartbeatWatch()
    for kind, autopilot in ((6, 8), (26, 8), (27, 3), (2, 8)):
        watch.handle_message(heartbeat(kind, autopilot), Peer(1, 7, 1), 0)
    assert watch.state is WatchState.SEARCHING
    watch.handle_message(heartbeat(), Peer(3, 5, 1), 100)
    watch.handle_message(heartbeat(base_mode=209, mode=5), Peer(4, 6, 1), 150)
    assert watch.target == Target(5, 1, 3)
    assert (watch.armed, watch.vehicle_type) == (False, 2)
    assert watch.next_deadline_ms() == 3600
    watch.handle_timeout(3599)
    assert watch.state is WatchState.FOUND
    watch.handle_timeout(3600)
    assert watch.state is WatchState.LOST
    watch.handle_message(heartbeat(base_mode=209), Peer(9, 5, 1), 4000)
    assert (watch.state, watch.armed, watch.target) == (WatchState.FOUND, True, Target(5, 1, 9))


def test_watch_for_one_system_passes_over_others() -> None:
    """`system` names it; system 0 is nobody."""
    watch = HeartbeatWatch(system=5)
    watch.handle_message(heartbeat(), Peer(1, 4, 1), 0)
    watch.handle_message(heartbeat(), Peer(1, 0, 1), 0)
    assert watch.target is None and watch.vehicle_type is None
    watch.handle_message(heartbeat(), Peer(1, 5, 1), 0)
    assert watch.target == Target(5, 1, 1)


def test_watch_announces_itself_each_second() -> None:
    """A vehicle behind UDP answers only whom it has heard."""
    watch = HeartbeatWatch(announce=True)
    sent = []
    for now_ms in range(0, 3001, 250):
        watch.handle_timeout(now_ms)
        sent += [(now_ms, out.message.type) for out in watch.take_outgoing()]
    assert sent == [(0, 6), (1000, 6), (2000, 6), (3000, 6)]


def test_watch_loses_the_vehicle_with_its_link() -> None:
    """At once."""
    watch = HeartbeatWatch()
    watch.handle_message(heartbeat(), Peer(3, 5, 1), 0)
    watch.link_closed(4)
    assert watch.state is WatchState.FOUND
    watch.link_closed(3)
    assert watch.state is WatchState.LOST


# --- group ----------------------------------------------------------------------------------------------------------
def test_a_group_runs_clients_side_by_side_and_forgets_the_ended() -> None:
    """Each hears everything, each ends by itself."""
    group = ClientGroup()
    first = group.start(command_long(VEHICLE, 400), 0)
    second = group.start(MissionClear(VEHICLE), 0)
    assert names([out.message for out in group.take_outgoing()]) == ["COMMAND_LONG", "MISSION_CLEAR_ALL"]
    assert group.next_deadline_ms() == 250
    group.handle_message(command_ack(400, 0), AUTOPILOT, 10)
    assert isinstance(first, CommandClient) and first.done and not second.done
    assert group.busy
    group.handle_timeout(250)
    assert names([out.message for out in group.take_outgoing()]) == ["MISSION_CLEAR_ALL"]
    group.handle_message(ack(0), AUTOPILOT, 260)
    assert not group.busy and group.next_deadline_ms() is None


def test_every_client_that_a_group_may_run_is_heard_by_it() -> None:
    """The group's message names are all of theirs."""
    kinds: list[type[Client]] = [CommandClient, MissionDownload, MissionUpload, MissionClear, SetCurrent]
    assert all(kind.handles and kind.handles <= ClientGroup.handles for kind in kinds)
