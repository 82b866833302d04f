"""Sortie's own messages to ground stations that see it and the controller as one vehicle.

The controller's telemetry passes (`pass_through`). Sortie sends the mission's progress, texts, the flight manager's
state, and the controller's HEARTBEAT with mode AUTO while Sortie flies the mission in GUIDED.

Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.events import Event, FlightStateChanged, ModeChanged, StatusText
from autopilot.context.turns import earliest, next_multiple
from autopilot.mav import Result, VehicleType
from autopilot.mission.events import CurrentChanged, ItemReached, MissionCleared, MissionComplete
from mavlink_bridge.clients.heartbeat import heartbeat_of
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Speaker, WithoutMessages
from mavlink_bridge.services.mission.plan import mission_current
from mavlink_bridge.services.telemetry.announcements import TextQueue
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import boot_ms, dialect, id_of
from mavlink_bridge.wire.framing import FrameWriter

MISSION_CURRENT: Final = id_of("MISSION_CURRENT")
MISSION_ITEM_REACHED: Final = id_of("MISSION_ITEM_REACHED")
_CURRENT_MODE_BYTES: Final = 9
_MODE_OFFSET: Final = 0  # of custom_mode in HEARTBEAT's payload
_PERIOD_MS: Final = 1000
_LEAVING_MS: Final = 500
_BEAT_MS: Final = 900
"""Least interval of unchanged HEARTBEATs to stations, ms, if the controller is asked for more than they need."""
_OWN_TEXTS: Final = 0x8000
"""First id of text chunks; the controller counts from 0."""


class ControllerRates:
    """Rates of streams (`RateRequests`): only the controller has streams."""

    def set_message_interval(self, link: int, msg_id: int, interval_us: int) -> Result:
        return Result.ACCEPTED

    def message_interval(self, link: int, msg_id: int) -> int:
        return 0


class VehicleFacade(WithoutMessages, Speaker):
    """Service on the ground stations' endpoint, which also answers its command service."""

    clock: Clock = "vehicle"
    decided = core_called = True  # texts of a controller are always sent on
    flows = False
    skipped = 0  # it has no streams to leave out
    rates = ControllerRates()

    def __init__(self, parts: VehicleParts, vehicle: FlightController, ground: Endpoint, identity: Identity) -> None:
        self.identity = identity
        self._parts = parts
        self._vehicle = vehicle
        self._ground = ground
        self._texts = TextQueue(first_id=_OWN_TEXTS)
        super().__init__()
        self._due_ms = 0
        self._heartbeat: bytes | None = None  # the controller's last one
        self._fresh = False  # it has not been sent to stations
        self._shown_ms = self._now_ms = 0
        self._beat_ms = _BEAT_MS if "HEARTBEAT" in vehicle.firmware.rates.always else 0
        # (mode, ms): a station has just commanded to leave this mode; valid until then
        self._leaving: tuple[int, int] | None = None
        self._companions: dict[int, FrameWriter] = {}

    # --- HEARTBEAT ------------------------------------------------------------------------------------------------
    @property
    def flies_mission(self) -> bool:
        """True while Sortie flies the mission in the controller's GUIDED or AUTO."""
        core, modes = self._parts, self._vehicle.firmware.vehicle_class.modes
        ours = core.modes.mode is core.auto and self._vehicle.commanded
        return ours and self._vehicle.flight_mode in (modes.guided, modes.auto)

    @property
    def shown_mode(self) -> int:
        """custom_mode that ground stations see."""
        firmware = self._vehicle.firmware
        auto = firmware.vehicle_class.modes.auto
        return firmware.custom_mode(auto if self.flies_mission else self._vehicle.flight_mode)

    def heartbeat(self, payload: bytes) -> None:
        """Take a HEARTBEAT of the controller. It is sent on in this pass, when control is decided."""
        heartbeat = payload.ljust(codec.base_size(0), b"\0")
        self._fresh = self._fresh or heartbeat != self._heartbeat or self._now_ms - self._shown_ms >= self._beat_ms
        self._heartbeat = heartbeat
        if self._leaving is not None and self._custom_mode() != self._leaving[0]:
            self._leaving = None

    def current_mode(self, payload: bytes) -> bytes:
        """Payload of the controller's CURRENT_MODE with the mode that the HEARTBEAT shows."""
        if not self.flies_mission:
            return payload
        mode = self.shown_mode.to_bytes(4, "little")
        return mode + mode + payload.ljust(_CURRENT_MODE_BYTES, b"\0")[8:]

    def leaving(self, now_ms: int) -> None:
        """Hold HEARTBEATs back for a moment after a station has taken the vehicle: until the controller has received
        it, they would show GUIDED, which no station has requested."""
        if self._heartbeat is not None:
            self._leaving = self._custom_mode(), now_ms + _LEAVING_MS

    def _custom_mode(self) -> int:
        assert self._heartbeat is not None
        return int.from_bytes(self._heartbeat[_MODE_OFFSET : _MODE_OFFSET + 4], "little")

    def send_heartbeat(self) -> None:
        """Send the last HEARTBEAT on all links, if there is one."""
        self._show()

    def _show(self, link: int | None = None) -> None:
        if self._heartbeat is None or self._leaving is not None:
            return
        self._fresh = self._fresh and link is not None
        self._shown_ms = self._now_ms
        payload = bytearray(self._heartbeat)
        if self.flies_mission:
            payload[_MODE_OFFSET : _MODE_OFFSET + 4] = self.shown_mode.to_bytes(4, "little")
        extra = codec.crc_extra(0)
        assert extra is not None
        for number in self._ground.links() if link is None else (link,):
            frame = self._ground.writer(number).frame(0, bytes(payload), extra)
            self._ground.append(number, frame, 0)

    # --- messages of component 191 -------------------------------------------------------------------------------
    def send_as_companion(self, message: Message, link: int | None = None) -> None:
        """Send a message as component 191 to one link, or to all."""
        msg_id, payload, extra = codec.payload(message)
        for number in self._ground.links() if link is None else (link,):
            writer = self._companions.setdefault(number, FrameWriter(self._ground.system_id, COMPONENT))
            self._ground.append(number, writer.frame(msg_id, payload, extra), 0)

    # --- for the command service ---------------------------------------------------------------------------------
    def banner(self) -> list[Message]:
        return []

    def request_message(self, link: int, msg_id: int, p2: float) -> Result:
        """Send MISSION_CURRENT; all other messages are the controller's."""
        if msg_id != MISSION_CURRENT:
            return Result.UNSUPPORTED
        self._out.append(Outgoing(self._progress(), link))
        return Result.ACCEPTED

    # --- the service ----------------------------------------------------------------------------------------------
    def open_link(self, link: int, *, rates_hz: Mapping[str, float] | None = None, fixed: bool = False) -> None:
        """Send the last HEARTBEAT to a new link."""
        self._show(link)

    def load(self) -> bool:
        """Do nothing: no kernel is needed."""
        return False

    def alone(self) -> None:
        """Do nothing: streams are the controller's."""

    def handle_events(self, events: Iterable[Event], now_ms: int) -> None:
        """Handle the events that the core announced in this pass."""
        for event in events:
            match event:
                case ModeChanged():
                    self._show()
                case CurrentChanged() | MissionCleared() | MissionComplete():
                    self._ground.send(self._progress())
                case ItemReached(seq):
                    self._ground.send(
                        dialect.MAVLink_mission_item_reached_message(self._vehicle.firmware.wire_seq(seq))
                    )
                case FlightStateChanged(state):
                    self._ground.send(dialect.MAVLink_named_value_int_message(boot_ms(now_ms), b"FM_STATE", state))
                case StatusText():
                    self._texts.push(event)
        self._send_texts(now_ms)

    def _progress(self) -> Message:
        return mission_current(self._parts, self._parts.sequencer.current_nav_index(), self._vehicle.firmware)

    def _send_texts(self, now_ms: int) -> None:
        for message in self._texts.take(now_ms):
            self._ground.send(message)

    def handle_timeout(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self._send_texts(now_ms)
        if self._leaving is not None and now_ms >= self._leaving[1]:
            self._leaving, self._fresh = None, True
        if self._fresh:
            self._show()
        if now_ms >= self._due_ms and self._ground.links():
            self._due_ms = next_multiple(now_ms, _PERIOD_MS)
            self._out.append(Outgoing(self._progress()))
            self.send_as_companion(heartbeat_of(VehicleType.ONBOARD_CONTROLLER))

    def next_deadline_ms(self) -> int | None:
        leaving_ms = None if self._leaving is None else self._leaving[1]
        return earliest((self._due_ms if self._ground.links() else None, self._texts.next_deadline_ms(), leaving_ms))

    def link_closed(self, link: int) -> None:
        self._companions.pop(link, None)
