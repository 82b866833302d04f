"""Plans for the mission protocol: ports of the autopilot, MISSION_CURRENT (docs/reference/mission-semantics.md, item
30), and the committed plan of one mission type.

Downloads need no state: each request is answered alone.
"""

from __future__ import annotations

from typing import Protocol

from autopilot.interface.geo import GeoPoint
from autopilot.interface.result import Outcome
from autopilot.interface.vehicle import VehicleState
from autopilot.mav import MissionResult, MissionType, Severity, WireMissionState
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionSequencer, MissionState
from autopilot.mission.storage import MissionStorage
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.ardupilot import OWN, home_item
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.services.mission.texts import Outbox
from mavlink_bridge.wire.codec import dialect


class HasState(Protocol):
    """Vehicle with a state, used for its clock."""

    @property
    def state(self) -> VehicleState: ...


class ShowsMission(Protocol):
    """Port: personality that may show the mission in its own way."""

    def mission_shown(self) -> tuple[WireMissionState, bool] | None: ...


class MissionFacts(Protocol):
    """Port: facts of the vehicle that plans need."""

    @property
    def vehicle_class(self) -> VehicleClass: ...
    @property
    def vehicle(self) -> HasState: ...
    @property
    def personality(self) -> ShowsMission: ...
    @property
    def home(self) -> GeoPoint | None: ...
    def altitude(self, frame: int, z: float, lat: float, lon: float, /) -> float | None: ...
    def over_ground(self, frame: int, z: float, /) -> float | None: ...
    def param(self, name: str, /) -> float: ...


class PlanStore(Protocol):
    """Port: store of plans: `autopilot.commands.plans.Plans`, or that of a skimmer."""

    @property
    def mission(self) -> MissionStorage: ...
    @property
    def fence(self) -> MissionStorage: ...
    @property
    def rally(self) -> MissionStorage: ...
    def check(self, kind: int, items: tuple[MissionItem, ...], *, empty_circles: bool = False) -> str | None: ...
    def replace(self, kind: int, items: tuple[MissionItem, ...], /) -> None: ...
    def may_clear(self, kind: int, /) -> bool: ...


class HasNumber(Protocol):
    """Mode that is flown."""

    @property
    def number(self) -> int: ...


class SetsCurrent(Protocol):
    """Port: mission that can continue at another item."""

    def set_current(self, seq: int, /) -> Outcome: ...


class TakesTargets(Protocol):
    """Port: targets that are flown without a plan."""

    def guided_item(self, place: GeoPoint, over_ground: float | None, /) -> Outcome: ...
    def guided_altitude(self, frame: int, z: float, /) -> Outcome: ...


class Pausable(Protocol):
    """AUTO."""

    @property
    def paused(self) -> bool: ...


class MissionParts(Protocol):
    """Parts of an autopilot that store and fly plans."""

    @property
    def facts(self) -> MissionFacts: ...
    @property
    def plans(self) -> PlanStore: ...
    @property
    def sequencer(self) -> MissionSequencer: ...
    @property
    def modes(self) -> HasNumber: ...
    @property
    def auto(self) -> Pausable: ...
    @property
    def mission_commands(self) -> SetsCurrent: ...
    @property
    def commands(self) -> TakesTargets: ...


def storage(parts: MissionParts, kind: int) -> MissionStorage:
    """Storage of a MAV_MISSION_TYPE (0, 1, 2)."""
    return (parts.plans.mission, parts.plans.fence, parts.plans.rally)[kind]


NO_TOTAL = 65535
"""Value of MISSION_CURRENT.total without a mission."""
_IN_MISSION_MODE, _SUSPENDED = 1, 2  # MISSION_CURRENT.mission_mode


def wire_state(state: MissionState, total: int, paused: bool) -> WireMissionState:
    """MISSION_STATE of the sequencer's state (docs/reference/mission-semantics.md, 1.1). `paused`: by
    DO_PAUSE_CONTINUE; a mission that waits in another mode is not shown as paused, as in ArduPilot."""
    if state is MissionState.RUNNING:
        return WireMissionState.PAUSED if paused else WireMissionState.ACTIVE
    if total == 0:
        return WireMissionState.NO_MISSION
    return WireMissionState.COMPLETE if state is MissionState.COMPLETED else WireMissionState.NOT_STARTED


def mission_facts(parts: MissionParts, seq: int, firmware: Firmware) -> tuple[int, int, int, int, int, int, int]:
    """Fields of MISSION_CURRENT with `seq` (Sortie's number) and the present state. `total`: items without home, 65535
    = none. The ids are the plans' checksums, 0 = empty."""
    plans, total, autos = parts.plans, parts.plans.mission.total(), parts.facts.vehicle_class.modes.autos
    state, in_mission = parts.facts.personality.mission_shown() or (
        wire_state(parts.sequencer.state(), total, parts.auto.paused),
        parts.modes.number in autos,
    )
    return (
        firmware.wire_seq(seq),
        total or NO_TOTAL,
        state,
        _IN_MISSION_MODE if in_mission else _SUSPENDED,
        plans.mission.checksum(),
        plans.fence.checksum(),
        plans.rally.checksum(),
    )


def mission_current(parts: MissionParts, seq: int, firmware: Firmware = OWN) -> Message:
    """MISSION_CURRENT with `seq`, Sortie's number."""
    return dialect.MAVLink_mission_current_message(*mission_facts(parts, seq, firmware))


_MAX_WARNED = 64


class CommittedPlan:
    """Committed plan, as stations read it.

    The core swaps a new plan in at its next tick. A station that reads the plan right after its acknowledgement must
    get what it wrote, so the new plan is stored here until then.
    """

    def __init__(self, kind: int, parts: MissionParts, outbox: Outbox, firmware: Firmware) -> None:
        self.kind = kind
        self.firmware = firmware
        self.homes = int(kind == MissionType.MISSION and firmware.habits.home_is_item_0)
        """Number of home items on the wire."""
        self._first_index = storage(parts, kind).first_index
        self._parts = parts
        self._out = outbox
        self._fresh: tuple[MissionStorage, int] | None = None
        self._home_only = False
        self.begin_at: int | None = None
        """Number on the wire of the item that is made current for a new plan, until that is done."""
        self._warned: set[Peer] = set()

    @property
    def storage(self) -> MissionStorage:
        """Present plan for readers."""
        stored = storage(self._parts, self.kind)
        if self._fresh is None:
            return stored
        fresh, since_ms = self._fresh
        if self._parts.facts.vehicle.state.time_ms > since_ms or stored.checksum() == fresh.checksum():
            self._fresh = None
            return stored
        return fresh

    @property
    def waits(self) -> bool:
        """True until the core has swapped a new plan in."""
        fresh = self._fresh
        return fresh is not None and self.storage is fresh[0]

    def count(self) -> int:
        """MISSION_COUNT, home included. A mission uploaded with only its home item counts 1, one never uploaded or
        cleared 0."""
        total = self.storage.total()
        return total + self.homes if total else int(self._home_only)

    def all_items(self) -> tuple[MissionItem, ...]:
        """Items as numbered on the wire, home included if the plan has one."""
        home = (home_item(self._parts.facts.home),) if self.homes and self.count() else ()
        return home + self.storage.items()

    def swap_in(self, items: tuple[MissionItem, ...], *, home_only: bool, marked: int | None) -> int:
        """Give a new durable plan to the parts. `marked`: item at which it begins if the firmware does so. Returns its
        checksum."""
        fresh = MissionStorage(self._first_index)
        fresh.replace(items)
        checksum, at_marked = fresh.checksum(), self.firmware.habits.begins_at_marked
        self._home_only = home_only
        if at_marked and checksum == self.storage.checksum():
            return checksum
        self._parts.plans.replace(self.kind, items)
        self._fresh = (fresh, self._parts.facts.vehicle.state.time_ms)
        self.begin_at = marked if at_marked and items else None
        return checksum

    # --- answers ----------------------------------------------------------------------------------------------
    def begin_transfer(self, peer: Peer) -> None:
        """Note that a transfer of this station begins; it may then be warned once."""
        self._warned.discard(peer)

    def answer_list(self, peer: Peer) -> None:
        """Answer MISSION_REQUEST_LIST with the count."""
        self.begin_transfer(peer)
        self._send_count(peer)

    def answer_request(self, message: Message, peer: Peer) -> None:
        """Answer MISSION_REQUEST with MISSION_ITEM (DroneKit knows no other), MISSION_REQUEST_INT with
        MISSION_ITEM_INT. Home can be read without a mission."""
        as_int = message.get_type() == "MISSION_REQUEST_INT"
        answer = self._message(message.seq, peer, as_int=as_int)
        if answer is None:
            if as_int:
                self._send_count(peer)
            self._out.ack(peer, self.kind, MissionResult.INVALID_SEQUENCE)
            return
        if not as_int:
            self.warn_once(peer, "got MISSION_REQUEST; use MISSION_REQUEST_INT!")
        self._out.send(answer, peer)

    def messages(self, peer: Peer) -> list[Message]:
        """All items as MISSION_ITEM_INT for `peer`."""
        every = (self._message(seq, peer, as_int=True) for seq in range(self.count()))
        return [message for message in every if message is not None]

    def _message(self, seq: int, peer: Peer, *, as_int: bool) -> Message | None:
        """Item number `seq` of the wire; None: there is none."""
        item = home_item(self._parts.facts.home) if seq < self.homes else self.storage.get(self.stored(seq))
        if item is None:
            return None
        current = False
        if self.kind == MissionType.MISSION:
            item = self.firmware.item_to(item)
            current = seq >= self.homes and self.stored(seq) == self._parts.sequencer.current_nav_index()
        return write_item(item, self.kind, seq, peer, as_int=as_int, current=current)

    def stored(self, seq: int) -> int:
        """Number of an item of the wire in storage and in texts."""
        return self.firmware.seq_of(seq) if self.kind == MissionType.MISSION else seq

    def warn_once(self, peer: Peer, text: str) -> None:
        """Warn a station once per transfer, on its link only."""
        if peer not in self._warned and len(self._warned) < _MAX_WARNED:
            self._warned.add(peer)
            self._out.text(Severity.WARNING, text, peer)

    def link_closed(self, link: int) -> None:
        self._warned = {peer for peer in self._warned if peer.link != link}

    def _send_count(self, peer: Peer) -> None:
        self._out.send(
            dialect.MAVLink_mission_count_message(
                peer.system, peer.component, self.count(), self.kind, self.storage.checksum()
            ),
            peer,
        )
