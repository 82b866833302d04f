"""Native strategy: the controller flies the mission in its own AUTO, and Sortie follows
(docs/reference/real-vehicles.md, 3).

Component 191 uploads the mission when it has changed and before each start. The reported progress (MISSION_CURRENT,
MISSION_ITEM_REACHED) moves Sortie's sequencer, so events, flight manager, depot and logs are the same as with the other
strategy.

Clock: link time, for the upload.
"""

from __future__ import annotations

from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface.reasons import ArmingReason
from autopilot.mav import Cmd, Severity
from autopilot.mission.commands import drives_navigation, spec_of
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import SetCurrentError
from mavlink_bridge.clients.mission_upload import MissionUpload
from mavlink_bridge.clients.outcome import TransferOutcome
from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.flight_controller.transfer_turn import TransferTurn
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer

_RETRY_MS: Final = 2000
_REFUSED_MS: Final = 60_000
"""Time until a mission that the controller has refused as it is is sent again, ms."""
_PASSING: Final = frozenset((
    TransferOutcome.ERROR, TransferOutcome.NO_SPACE, TransferOutcome.DENIED, TransferOutcome.INVALID_SEQUENCE,
    TransferOutcome.OPERATION_CANCELLED, TransferOutcome.TIMEOUT, TransferOutcome.ACK_TOO_EARLY,
))  # fmt: skip
"""Outcomes that are not about the mission: the controller was busy, booting or not heard."""
_LOOK_MS: Final = 250
"""Interval of checks whether the controller has started and whether a needed home is known, ms."""
_REPEATED_MS: Final = 2500
"""Time after which a missing MISSION_ITEM_REACHED is assumed to be lost, ms, if the next item is current: PX4 repeats
it each second, ten times."""
_END_MS: Final = 1000
"""Longest time by which the mode may show the end of a mission before its last item, ms."""


class NativeMission:
    """Service on the link to the controller, and `MissionExecutor` of AUTO."""

    clock: Clock = "link"
    handles = frozenset(("MISSION_CURRENT", "MISSION_ITEM_REACHED", "MISSION_REQUEST", "MISSION_REQUEST_INT",
                         "MISSION_ACK"))  # fmt: skip

    def __init__(self, vehicle: FlightController, parts: VehicleParts, turn: TransferTurn) -> None:
        self._vehicle = vehicle
        self._firmware = vehicle.firmware
        self._parts = parts
        self._turn = turn
        self._upload: MissionUpload | None = None
        self._uploading = 0
        self._uploaded: int | None = None  # checksum of the controller's mission
        self._retry_ms = 0
        self._reached: set[int] = set()
        self._current: int | None = None
        self._lags_since_ms: int | None = None  # time at which its item changed, while the sequencer has not followed
        self._was_armed = False
        self._ended_ms: int | None = None  # it is in the mode in which missions end, and the last item is not done

    @property
    def ready(self) -> bool:
        """True if the controller has Sortie's mission."""
        return self._uploaded == self._parts.plans.mission.checksum()

    # --- MissionExecutor ------------------------------------------------------------------------------------------
    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        """Accept: the controller does it. Sortie counts its photos as with the other strategy."""
        if cmd.command == Cmd.DO_SET_CAM_TRIGG_DIST:
            params = (cmd.param1, cmd.param2, cmd.param3, cmd.param4)
            self._parts.payload.command(cmd.command, params, self._parts.facts.now_ms)
        if not drives_navigation(cmd.command):
            return CommandStartResult.COMPLETE
        self._reached.discard(cmd.seq)
        return CommandStartResult.ACCEPTED

    def verify_command(self, cmd: MissionItem) -> bool:
        """True if the controller has reported it; a landing item is done on the ground."""
        spec = spec_of(cmd.command)
        comes_down = spec is not None and spec.comes_down and self._vehicle.firmware.vehicle_class.flies
        return (comes_down and self._vehicle.state.landed) or cmd.seq in self._reached

    def on_mission_complete(self) -> None:
        """Do nothing: the controller stays where its AUTO ends."""

    # --- the service ----------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        address = self._vehicle.address
        if (peer.system, peer.component) != (address.system, address.component):
            return
        name = message.get_type()
        if name == "MISSION_ITEM_REACHED":
            if self._flies:
                self._hear_reached(self._firmware.seq_of(int(message.seq)))
        elif name == "MISSION_CURRENT":
            self._hear_current(self._firmware.seq_of(int(message.seq)), now_ms)
        elif self._upload is not None and message.target_component == COMPONENT:
            self._upload.handle_message(message, peer, now_ms)

    @property
    def _flies(self) -> bool:
        """True while the controller flies the mission as commanded."""
        modes = (self._firmware.vehicle_class.modes.auto, self._vehicle.modes.part)
        return self._vehicle.commanded and self._vehicle.flight_mode in modes

    def _hear_reached(self, seq: int) -> None:
        """Note a reached item; the controller reports it after its hold time."""
        self._reached.add(seq)
        if seq == self._parts.sequencer.current_nav_index():
            self._parts.sequencer.end_hold()

    def _hear_current(self, seq: int, now_ms: int) -> None:
        if self._lags_since_ms is None and self._current not in (None, seq):
            self._lags_since_ms = now_ms
        self._current = seq

    def _follow(self, now_ms: int) -> None:
        """Follow the controller to another item. Sortie's sequencer passes reached items by itself; otherwise the
        controller decided it (a jump, a set-current of a station)."""
        sequencer, seq = self._parts.sequencer, self._current
        current = sequencer.current_nav_index()
        if self._lags_since_ms is None or current in self._reached:
            return
        following = sequencer.next_nav(self._parts.plans.mission, current)
        if following is not None and following.seq == seq and now_ms - self._lags_since_ms < _REPEATED_MS:
            return
        self._lags_since_ms = None
        if seq is None or seq == current or not self._flies or not sequencer.running:
            return
        try:
            self._parts.auto.steer(seq)
        except SetCurrentError as error:
            self._parts.announcer.say(Severity.WARNING, f"Mission: controller is at {seq}: {error}")

    def handle_timeout(self, now_ms: int) -> None:
        self._keep_uploaded(now_ms)
        self._parts.auto.waits_for_upload = not self.ready and self._vehicle.refused_mission is None
        self._follow(now_ms)
        ahead = self._mode_ahead()
        self._vehicle.control.expect(ahead)
        self._watch_end(ahead, now_ms)
        core, vehicle = self._parts, self._vehicle
        if core.modes.mode is not core.auto or not core.sequencer.running:
            return
        if not (core.facts.armed and vehicle.commanded and self.ready):
            return
        if not vehicle.state.landed or core.helm.takeoff_allowed or not vehicle.firmware.vehicle_class.flies:
            vehicle.control.fly_natively()

    def _mode_ahead(self) -> int | None:
        """Mode that the controller enters for the present or the next item; it may show the mode before the item."""
        mission, at = self._parts.plans.mission, self._parts.sequencer.current_nav_index()
        items = (mission.get(at), self._parts.sequencer.next_nav(mission, at))
        ahead = (self._firmware.mode_of_item(item.command) for item in items if item is not None)
        at_end = self._firmware.mode_at_end if items[1] is None else None
        return next((mode for mode in ahead if mode is not None), at_end)

    def _watch_end(self, ahead: int | None, now_ms: int) -> None:
        """Release the vehicle if it stays in the mode in which missions end while its last item is not done: another
        party has taken it."""
        control, sequencer = self._vehicle.control, self._parts.sequencer
        ends = ahead is not None and ahead == self._firmware.mode_at_end == self._vehicle.flight_mode
        if not (ends and control.flies_itself) or not sequencer.running:
            self._ended_ms = None
        elif self._ended_ms is None:
            self._ended_ms = now_ms
        elif now_ms - self._ended_ms >= _END_MS:
            self._ended_ms = None
            control.release()

    def _keep_uploaded(self, now_ms: int) -> None:
        armed = self._parts.facts.armed
        if self._was_armed and not armed:
            # another party may change it by another link, so it is sent again before the next flight
            self._uploaded = None
        self._was_armed = armed
        upload = self._upload
        if upload is not None:
            upload.handle_timeout(now_ms)
            if upload.outcome is None:
                return
            self._upload = None
            self._turn.give_back(self)
            if upload.outcome is TransferOutcome.ACCEPTED:
                self._uploaded, self._vehicle.refused_mission = self._uploading, None
            else:
                self._not_taken(upload, upload.outcome, now_ms)
        mission = self._parts.plans.mission
        if self._vehicle.refused_mission is not None and self._uploading != mission.checksum():
            self._vehicle.refused_mission, self._retry_ms = None, now_ms  # it is another one
        if self.ready or not mission.total() or self._vehicle.link.lost or now_ms < self._retry_ms:
            return
        home = self._vehicle.home.position
        if self._vehicle.booting or (home is None and self._firmware.needs_home(mission.items())):
            self._retry_ms = now_ms + _LOOK_MS
            return
        if not self._turn.take(self, now_ms):
            self._retry_ms = self._turn.wait_ms(now_ms)
            return
        self._uploading = mission.checksum()
        present = self._parts.sequencer.current_nav_index() if self._flies else None  # if it changes in flight
        self._upload = MissionUpload(self._vehicle.address, mission.items(), current=present, home=home)
        self._upload.start(now_ms)

    def _not_taken(self, upload: MissionUpload, outcome: TransferOutcome, now_ms: int) -> None:
        """Announce, once for each mission, that the controller does not take it; it is sent again later."""
        passing = outcome in _PASSING
        item = f" item {self._firmware.seq_of(upload.sent - 1)}" if upload.sent and not passing else ""
        reason = ArmingReason(f"Mission{item} not taken by the flight controller: {outcome.name}")
        if self._vehicle.refused_mission != reason:
            self._vehicle.refused_mission = reason
            self._parts.announcer.say(Severity.WARNING, reason.text)
        self._retry_ms = now_ms + (_RETRY_MS if passing else _REFUSED_MS)

    def next_deadline_ms(self) -> int | None:
        if self._upload is not None:
            return self._upload.next_deadline_ms()
        if self._ended_ms is not None:
            return self._ended_ms + _END_MS
        return None if self.ready or not self._parts.plans.mission.total() else self._retry_ms

    def take_outgoing(self) -> list[Outgoing]:
        return [] if self._upload is None else self._upload.take_outgoing()
