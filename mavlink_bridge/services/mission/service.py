"""Mission protocol, vehicle side (https://mavlink.io/en/services/mission.html; docs/reference/mission-semantics.md, 2).

Each mission type has its own upload machine (`transfer`), so a mission and a rally upload can run at the same time.
This module handles MISSION_CLEAR_ALL of all types, MISSION_SET_CURRENT, and mission items that are guided targets.
Clock: link time, or the time of `Patience` if clients set the vehicle's speed; commands to the vehicle use vehicle
time.
"""

from __future__ import annotations

from math import isfinite

from autopilot.context.journal import Journal, SavePlan, SaveTogether
from autopilot.context.turns import earliest
from autopilot.interface.earth import on_earth
from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from autopilot.interface.result import Outcome
from autopilot.mav import Cmd, MissionResult, MissionType, Severity
from autopilot.mission.commands import PLANS
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer
from mavlink_bridge.services.mission.convert import read_item
from mavlink_bridge.services.mission.plan import MissionParts, mission_current
from mavlink_bridge.services.mission.texts import Outbox
from mavlink_bridge.services.mission.transfer import PlanTransfer, Refuses
from mavlink_bridge.services.mission.upload import Patience, UploadInput, UploadState, is_same_station

_GUIDED_ALTITUDE = 3

_INPUTS = {
    "MISSION_COUNT": UploadInput.COUNT,
    "MISSION_WRITE_PARTIAL_LIST": UploadInput.WRITE_PARTIAL,
    "MISSION_ITEM": UploadInput.ITEM,
    "MISSION_ITEM_INT": UploadInput.ITEM,
    "MISSION_REQUEST_LIST": UploadInput.LIST,
    "MISSION_REQUEST": UploadInput.REQUEST,
    "MISSION_REQUEST_INT": UploadInput.REQUEST,
    "MISSION_CLEAR_ALL": UploadInput.CLEAR,
    "MISSION_ACK": UploadInput.ACK,
}
_SILENT_ON_UNKNOWN_KIND = frozenset((UploadInput.REQUEST, UploadInput.ACK))


@dataclass(frozen=True, slots=True)
class _ClearAll:
    """MISSION_CLEAR_ALL of type 255 that is being written to disk."""

    ticket: int
    peer: Peer


class MissionService:
    """Service of missions, fence and rally points of `parts`, numbered as by `firmware`. `journal` stores plans before
    they are acknowledged. `refuses(item)`: refusal of an item beside those of the core's own table."""

    clock: Clock = "link"
    handles = frozenset((*_INPUTS, "MISSION_SET_CURRENT"))

    def __init__(
        self, parts: MissionParts, journal: Journal, firmware: Firmware = OWN, refuses: Refuses = OWN.refuses
    ) -> None:
        self._parts = parts
        self._firmware = firmware
        self._journal = journal
        self._out = Outbox()
        self._transfers = tuple(PlanTransfer(kind, parts, journal, self._out, firmware, refuses) for kind in PLANS)
        self._clear_all: _ClearAll | None = None
        self._seq_later: int | None = None  # of a MISSION_SET_CURRENT that came before its mission was stored
        self._patience: Patience | None = None

    def count_vehicle_time(self) -> None:
        """Count time limits in vehicle time, because clients set the vehicle's speed."""
        self._patience = Patience(lambda: self._parts.facts.vehicle.state.time_ms)

    # --- Service ----------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if self._patience is not None:
            now_ms = self._patience.heard(now_ms)
        name = message.get_type()
        kind = _INPUTS.get(name)
        if kind is None:
            self._set_current(message)
            return
        mission_type = message.mission_type
        if mission_type in PLANS:
            guided = self._firmware.habits.guided_items
            if kind is UploadInput.ITEM and mission_type == MissionType.MISSION and message.current in guided:
                self._guide(message, peer)
            elif mission_type != MissionType.MISSION and peer.mavlink1:
                self._refuse_mavlink1(kind, mission_type, peer)
            else:
                self._transfers[mission_type].handle(kind, message, peer, now_ms)
        elif kind is UploadInput.CLEAR and mission_type == MissionType.ALL:
            self._clear_everything(peer, now_ms)
        elif kind not in _SILENT_ON_UNKNOWN_KIND:
            self._out.ack(peer, mission_type, MissionResult.UNSUPPORTED)

    def handle_timeout(self, now_ms: int) -> None:
        """Repeat requests, abandon uploads, and acknowledge plans that are on disk."""
        if self._patience is not None:
            now_ms = self._patience.passed(now_ms)
        self._settle(now_ms)

    def next_deadline_ms(self) -> int | None:
        """Time of the next repetition or end of an upload, ms. Waiting for the journal has no deadline, because its
        completion wakes the run loop."""
        deadline_ms: int | None = None
        for transfer in self._transfers:
            if transfer.state is not UploadState.IDLE:
                deadline_ms = earliest((deadline_ms, transfer.next_deadline_ms()))
        return deadline_ms if deadline_ms is None or self._patience is None else self._patience.on_wall(deadline_ms)

    def take_outgoing(self) -> list[Outgoing]:
        return self._out.take()

    def link_closed(self, link: int) -> None:
        for transfer in self._transfers:
            transfer.link_closed(link)

    # --- facts ------------------------------------------------------------------------------------------------
    def storing(self) -> bool:
        """True while a new mission is being written to disk, or waits for the tick that swaps it in."""
        transfer = self._transfers[MissionType.MISSION]
        return transfer.state is UploadState.COMMITTING or transfer.committed.waits

    def state(self, kind: int) -> UploadState:
        """State of the machine of MAV_MISSION_TYPE 0, 1 or 2."""
        return self._transfers[kind].state

    def transfer(self, kind: int) -> PlanTransfer:
        """Machine of MAV_MISSION_TYPE 0, 1 or 2."""
        return self._transfers[kind]

    @property
    def repeats(self) -> int:
        """Number of repeated requests for items."""
        return sum(transfer.repeats for transfer in self._transfers)

    # --- what concerns no single type -------------------------------------------------------------------------
    def _set_current(self, message: Message) -> None:
        """MISSION_SET_CURRENT: answered to everybody with exactly the requested number; MAVSDK repeats the request
        until then. On a refusal the core has sent the reason. It waits for a mission that is not yet the
        vehicle's, as commands do (`services.commands.waiting`)."""
        if self.storing():
            self._seq_later = message.seq
        else:
            self._steer(message.seq)

    def _steer(self, wire_seq: int) -> None:
        count = self._transfers[MissionType.MISSION].committed.count()
        if wire_seq >= count:  # in the station's numbers, which for a PX4 are others than the core's
            self._out.text(Severity.WARNING, f"Mission: no mission item {wire_seq}: the mission has {count}")
            return
        seq = self._firmware.seq_of(wire_seq)
        if self._parts.mission_commands.set_current(seq).ok:
            self._out.announce(mission_current(self._parts, seq, self._firmware))

    def _guide(self, message: Message, peer: Peer) -> None:
        """Fly to an item with `current` 2, a guided target, or 3, a new altitude; plans do not change."""
        outcome = self._guided_outcome(message)
        result = MissionResult.ACCEPTED if outcome is not None and outcome.ok else MissionResult.ERROR
        self._out.ack(peer, MissionType.MISSION, result)

    def _guided_outcome(self, message: Message) -> Outcome | None:
        facts, height = self._parts.facts, float(message.z)
        if message.current == _GUIDED_ALTITUDE:
            return self._parts.commands.guided_altitude(message.frame, height)
        place = read_item(message, MissionType.MISSION)
        lat, lon = place.x, place.y
        if message.command != Cmd.NAV_WAYPOINT or not on_earth(lat, lon) or (lat == 0.0 and lon == 0.0):
            return None
        altitude = facts.altitude(message.frame, height, lat, lon)
        if altitude is None or not isfinite(altitude):
            return None
        above = facts.over_ground(message.frame, height)
        return self._parts.commands.guided_item(GeoPoint(lat, lon, altitude), above)

    def _refuse_mavlink1(self, kind: UploadInput, mission_type: int, peer: Peer) -> None:
        if kind is not UploadInput.ACK:
            self._out.ack(peer, mission_type, MissionResult.UNSUPPORTED)
            self._out.text(Severity.WARNING, "Need mavlink2 for item transfer", peer)

    def _clear_everything(self, peer: Peer, now_ms: int) -> None:
        """Clear all three plans or none, in one change of the journal, with one acknowledgement."""
        if self._clear_all is not None:
            if is_same_station(self._clear_all.peer, peer):
                return  # repeated while the first is being written to disk
            self._settle_clear_all(self._clear_all)
        for transfer in self._transfers:
            transfer.settle(now_ms)
        busy = any(transfer.state is UploadState.COMMITTING for transfer in self._transfers)
        owners = [transfer.owner for transfer in self._transfers]
        foreign = any(owner is not None and not is_same_station(owner, peer) for owner in owners)
        if busy or foreign or not all(self._parts.plans.may_clear(kind) for kind in PLANS):
            self._out.ack(peer, MissionType.ALL, MissionResult.DENIED)
            return
        ticket = self._journal.submit(SaveTogether(tuple(SavePlan(kind, ()) for kind in PLANS)))
        self._clear_all = _ClearAll(ticket, peer)
        for transfer in self._transfers:
            transfer.await_clear(ticket, peer)
        self._settle(now_ms)

    def _settle(self, now_ms: int) -> None:
        if self._clear_all is not None:
            self._settle_clear_all(self._clear_all)
        for transfer in self._transfers:
            if transfer.state is not UploadState.IDLE:
                transfer.handle_timeout(now_ms)
        mission = self._transfers[MissionType.MISSION].committed
        if mission.begin_at is not None:
            self._seq_later, mission.begin_at = mission.begin_at, None
        if self._seq_later is not None and not self.storing():
            seq, self._seq_later = self._seq_later, None
            self._steer(seq)

    def _settle_clear_all(self, waiting: _ClearAll) -> None:
        if self._journal.durable() < waiting.ticket:
            return
        self._clear_all = None
        failed = self._journal.failure(waiting.ticket) is not None
        self._out.ack(waiting.peer, MissionType.ALL, MissionResult.ERROR if failed else MissionResult.ACCEPTED)
