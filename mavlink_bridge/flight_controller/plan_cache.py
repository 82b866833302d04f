"""Copies of the controller's fence and rally points (docs/reference/real-vehicles.md, 3).

The controller has them and acts on them; ground stations write and read them there. Sortie downloads copies at the
start, after a change that the controller accepted, after its restart, and after each flight, because another link may
have changed them. They show whether a mission keeps inside the fence, and where a return leads.

Clock: link time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.mav import MissionType
from autopilot.mission.items import MissionItem
from mavlink_bridge.clients.mission_download import MissionDownload
from mavlink_bridge.clients.outcome import TransferOutcome
from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.flight_controller.transfer_turn import TransferTurn
from mavlink_bridge.routing.service import Clock, Message, Peer, Speaker

_AGAIN_MS: Final = 10_000
_ATTEMPTS: Final = 5  # in a row; after them it waits for a change or a restart


class PlanCache(Speaker):
    """Service on the link to the controller. `keep(kind, items)` takes a copy (kind: MAV_MISSION_TYPE)."""

    clock: Clock = "link"
    handles = frozenset(("MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_ITEM", "MISSION_ACK"))

    def __init__(
        self, vehicle: FlightController, keep: Callable[[int, tuple[MissionItem, ...]], None], turn: TransferTurn
    ) -> None:
        self._vehicle = vehicle
        self._keep = keep
        self._turn = turn
        self._unread: list[int] = [MissionType.FENCE, MissionType.RALLY]
        self._attempts = 0
        self._due_ms = 0
        self._running: MissionDownload | None = None
        self._last_state = (vehicle.link.restarts, vehicle.state.armed)
        super().__init__()

    def changed(self, kind: int) -> None:
        """Download again after the controller has accepted a new plan of this kind (255: all)."""
        if kind in (MissionType.FENCE, MissionType.RALLY, MissionType.ALL):
            self._read_again((MissionType.FENCE, MissionType.RALLY) if kind == MissionType.ALL else (kind,))

    def _read_again(self, kinds: tuple[int, ...]) -> None:
        self._unread += [kind for kind in kinds if kind not in self._unread]
        self._attempts = self._due_ms = 0

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        address = self._vehicle.address
        if (peer.system, peer.component) != (address.system, address.component):
            return
        if self._running is not None and message.target_component == COMPONENT:
            self._running.handle_message(message, peer, now_ms)
            self._follow(now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        before, self._last_state = self._last_state, (self._vehicle.link.restarts, self._vehicle.state.armed)
        if self._last_state[0] != before[0] or (before[1] and not self._last_state[1]):
            self._read_again((MissionType.FENCE, MissionType.RALLY))
        if self._running is not None:
            self._running.handle_timeout(now_ms)
            self._follow(now_ms)
        elif self._unread and now_ms >= self._due_ms and not self._vehicle.link.lost:
            if not self._turn.take(self, now_ms):
                self._due_ms = self._turn.wait_ms(now_ms)
                return
            self._running = MissionDownload(self._vehicle.address, kind=self._unread.pop(0))
            self._running.start(now_ms)
            self._out += self._running.take_outgoing()

    def _follow(self, now_ms: int) -> None:
        running = self._running
        assert running is not None
        self._out += running.take_outgoing()
        if running.outcome is None:
            return
        self._running = None
        self._turn.give_back(self)
        if running.outcome is TransferOutcome.ACCEPTED:
            self._attempts, self._due_ms = 0, now_ms
            self._keep(running.kind, running.items)
        elif running.outcome is not TransferOutcome.UNSUPPORTED:  # a controller without a fence answers so
            self._attempts += 1
            self._due_ms = now_ms + _AGAIN_MS
            if self._attempts < _ATTEMPTS and running.kind not in self._unread:
                self._unread.append(running.kind)

    def next_deadline_ms(self) -> int | None:
        if self._running is not None:
            return self._running.next_deadline_ms()
        return self._due_ms if self._unread and not self._vehicle.link.lost else None
