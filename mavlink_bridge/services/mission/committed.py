"""The committed plan of one mission type, and how it is read over the link. Downloads need no state: every request is
answered alone, as often as it comes, to whoever asks."""

from __future__ import annotations

from autopilot.mav import MissionResult, MissionType, Severity
from autopilot.mission.items import MissionItem
from autopilot.mission.storage import MissionStorage
from mavlink_bridge.messages import MissionCount
from mavlink_bridge.services.base import Message, Peer
from mavlink_bridge.services.mission.convert import home_item, write_item
from mavlink_bridge.services.mission.core import MissionCore, storage
from mavlink_bridge.services.mission.outbox import Outbox

_MAX_WARNED = 64


class CommittedPlan:
    """What stations read. The core swaps a new plan in at its next tick; a station that asks earlier, right after its
    acknowledgement, must read what it wrote, so the new plan is kept here until then."""

    def __init__(self, kind: int, core: MissionCore, outbox: Outbox) -> None:
        self.kind = kind
        self.first_index = storage(core, kind).first_index
        self._core = core
        self._out = outbox
        self._fresh: tuple[MissionStorage, int] | None = None
        self._home_only = False
        self._warned: set[Peer] = set()

    @property
    def storage(self) -> MissionStorage:
        """The plan as it stands for whoever reads it now."""
        stored = storage(self._core, self.kind)
        if self._fresh is None:
            return stored
        fresh, since_ms = self._fresh
        if self._core.vehicle.state.time_ms > since_ms or stored.checksum() == fresh.checksum():
            self._fresh = None
            return stored
        return fresh

    def count(self) -> int:
        """MISSION_COUNT, home included. A mission uploaded with its home item alone counts 1, one that was never
        uploaded or was cleared 0."""
        return self.storage.count() or int(self._home_only)

    def all_items(self) -> tuple[MissionItem, ...]:
        """The plan as it is numbered on the wire, home included if the plan has one."""
        home = (home_item(self._core.home),) if self.first_index and self.count() else ()
        return home + self.storage.items()

    def swap_in(self, items: tuple[MissionItem, ...], *, home_only: bool) -> int:
        """A new plan has become durable: give it to the core. Returns its checksum."""
        fresh = MissionStorage(self.first_index)
        fresh.replace(items)
        vehicle_ms = self._core.vehicle.state.time_ms
        self._core.replace_plan(self.kind, items, vehicle_ms)
        self._fresh = (fresh, vehicle_ms)
        self._home_only = home_only
        return fresh.checksum()

    # --- answers ----------------------------------------------------------------------------------------------
    def begin_transfer(self, peer: Peer) -> None:
        """A transfer of this station begins: it may be warned once."""
        self._warned.discard(peer)

    def answer_list(self, peer: Peer) -> None:
        """MISSION_REQUEST_LIST."""
        self.begin_transfer(peer)
        self._send_count(peer)

    def answer_request(self, message: Message, peer: Peer) -> None:
        """MISSION_REQUEST is answered by MISSION_ITEM (DroneKit knows no other), the _INT form by MISSION_ITEM_INT.
        Home is readable even if there is no mission."""
        seq, plan = message.seq, self.storage
        as_int = message.get_type() == "MISSION_REQUEST_INT"
        item = home_item(self._core.home) if seq < self.first_index else plan.get(seq)
        if item is None:
            if as_int:
                self._send_count(peer)
            self._out.ack(peer, self.kind, MissionResult.INVALID_SEQUENCE)
            return
        if not as_int:
            self.warn_once(peer, "got MISSION_REQUEST; use MISSION_REQUEST_INT!")
        current = self.kind == MissionType.MISSION and seq > 0 and seq == self._core.sequencer.current_nav_index()
        self._out.send(write_item(item, self.kind, seq, peer, as_int=as_int, current=current), peer)

    def warn_once(self, peer: Peer, text: str) -> None:
        """Once in each transfer of a station, on its link only."""
        if peer not in self._warned and len(self._warned) < _MAX_WARNED:
            self._warned.add(peer)
            self._out.text(Severity.WARNING, text, peer)

    def link_closed(self, link: int) -> None:
        self._warned = {peer for peer in self._warned if peer.link != link}

    def _send_count(self, peer: Peer) -> None:
        self._out.send(
            MissionCount(peer.system, peer.component, self.count(), self.kind, self.storage.checksum()), peer
        )
