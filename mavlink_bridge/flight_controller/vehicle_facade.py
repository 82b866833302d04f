"""Face of Sortie itself for ground stations while a controller is behind it, as part of the one vehicle they see.

The controller's own telemetry passes (`pass_through`); from Sortie come the mission's progress, its texts, the flight
manager's state, and HEARTBEAT: the controller's, with the mode shown as AUTO while Sortie flies the mission in GUIDED.

Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from autopilot.context.events import Event, FlightStateChanged, ModeChanged, StatusText
from autopilot.context.turns import earliest, next_multiple
from autopilot.mav import Result, VehicleType
from autopilot.mission.events import CurrentChanged, ItemReached, MissionCleared, MissionComplete
from mavlink_bridge.clients.heartbeat import heartbeat_of
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker, WithoutMessages
from mavlink_bridge.services.mission.plan import mission_current
from mavlink_bridge.services.telemetry.announcements import TextQueue
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import boot_ms, dialect, id_of
from mavlink_bridge.wire.framing import FrameWriter

if TYPE_CHECKING:
    from autopilot.commands.vehicle_parts import VehicleParts

MISSION_CURRENT: Final = id_of("MISSION_CURRENT")
MISSION_ITEM_REACHED: Final = id_of("MISSION_ITEM_REACHED")
_CURRENT_MODE_BYTES: Final = 9
_MODE_OFFSET: Final = 0  # of custom_mode in HEARTBEAT's payload
_PERIOD_MS: Final = 1000
_LEAVING_MS: Final = 500
_BEAT_MS: Final = 900
"""So often, of a controller that is asked for more HEARTBEATs than stations want."""
_OWN_TEXTS: Final = 0x8000
"""Chunks of texts have ids from here on: the controller counts from 0."""


class VehicleFacade(WithoutMessages, Speaker):
    """A service of the ground stations' endpoint, and what its command service asks for messages."""

    clock: Clock = "vehicle"
    decided = asked = True  # a controller's words are passed on, whatever has been decided
    flows = False
    skipped = 0  # it streams nothing that could be left out

    def __init__(self, parts: VehicleParts, vehicle: FlightController, ground: Endpoint, identity: Identity) -> None:
        self.identity = identity
        self._parts = parts
        self._vehicle = vehicle
        self._ground = ground
        self._texts = TextQueue(first_id=_OWN_TEXTS)
        super().__init__()
        self._due_ms = 0
        self._heartbeat: bytes | None = None  # the controller's last one
        self._fresh = False  # it has to be shown
        self._shown_ms = self._now_ms = 0
        self._beat_ms = _BEAT_MS if "HEARTBEAT" in vehicle.firmware.rates.always else 0
        self._left: tuple[int, int] | None = None  # the mode that a station has just asked it to leave; until when, ms
        self._companions: dict[int, FrameWriter] = {}

    # --- HEARTBEAT ------------------------------------------------------------------------------------------------
    @property
    def flies_mission(self) -> bool:
        """True while Sortie flies the mission, in the controller's GUIDED."""
        core, modes = self._parts, self._vehicle.firmware.vehicle_class.modes
        ours = core.modes.mode is core.auto and self._vehicle.commanded
        return ours and self._vehicle.flight_mode in (modes.guided, modes.auto)

    @property
    def shown_mode(self) -> int:
        """custom_mode as ground stations see it."""
        firmware = self._vehicle.firmware
        auto = firmware.vehicle_class.modes.auto
        return firmware.custom_mode(auto if self.flies_mission else self._vehicle.flight_mode)

    def heartbeat(self, payload: bytes) -> None:
        """The controller has sent a HEARTBEAT with this payload: it is shown in this pass, when it is known whose the
        vehicle is now."""
        heartbeat = payload.ljust(codec.base_size(0), b"\0")
        self._fresh = self._fresh or heartbeat != self._heartbeat or self._now_ms - self._shown_ms >= self._beat_ms
        self._heartbeat = heartbeat
        if self._left is not None and self._custom_mode() != self._left[0]:
            self._left = None

    def current_mode(self, payload: bytes) -> bytes:
        """The payload of the controller's CURRENT_MODE as stations see it: with the mode that HEARTBEAT shows."""
        if not self.flies_mission:
            return payload
        shown = self.shown_mode.to_bytes(4, "little")
        return shown + shown + payload.ljust(_CURRENT_MODE_BYTES, b"\0")[8:]

    def leaving(self, now_ms: int) -> None:
        """A ground station takes the vehicle with what goes to the controller now. Until the controller has heard of
        it, its HEARTBEATs tell of the past, of GUIDED, which nobody has asked for: they are kept back for a moment."""
        if self._heartbeat is not None:
            self._left = self._custom_mode(), now_ms + _LEAVING_MS

    def _custom_mode(self) -> int:
        assert self._heartbeat is not None
        return int.from_bytes(self._heartbeat[_MODE_OFFSET : _MODE_OFFSET + 4], "little")

    def send_heartbeat(self) -> None:
        """The last one again, on all links; nothing before the controller was heard."""
        self._show()

    def _show(self, link: int | None = None) -> None:
        if self._heartbeat is None or self._left is not None:
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

    # --- the companion's own voice --------------------------------------------------------------------------------
    def send_as_companion(self, message: Message, link: int | None = None) -> None:
        """A message of component 191 to a ground station's link, None: to all."""
        msg_id, payload, extra = codec.payload(message)
        for number in self._ground.links() if link is None else (link,):
            writer = self._companions.setdefault(number, FrameWriter(self._ground.system_id, COMPONENT))
            self._ground.append(number, writer.frame(msg_id, payload, extra), 0)

    # --- what the command service asks ------------------------------------------------------------------------
    def set_message_interval(self, link: int, msg_id: int, interval_us: int) -> Result:
        """Only the controller streams."""
        return Result.ACCEPTED

    def message_interval(self, link: int, msg_id: int) -> int:
        return 0

    def banner(self) -> list[Message]:
        return []

    def request_message(self, link: int, peer: Peer, msg_id: int, p2: float) -> Result:
        """MISSION_CURRENT; everything else is the controller's."""
        if msg_id != MISSION_CURRENT:
            return Result.UNSUPPORTED
        self._out.append(Outgoing(self._progress(), link))
        return Result.ACCEPTED

    # --- the service ----------------------------------------------------------------------------------------------
    def open_link(self, link: int, *, rates_hz: Mapping[str, float] | None = None, fixed: bool = False) -> None:
        """A new link hears the last HEARTBEAT at once."""
        self._show(link)

    def load(self) -> bool:
        """Do nothing: no kernel has to be loaded."""
        return False

    def alone(self) -> None:
        """Streams are the controller's."""

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
        if self._left is not None and now_ms >= self._left[1]:
            self._left, self._fresh = None, True
        if self._fresh:
            self._show()
        if now_ms >= self._due_ms and self._ground.links():
            self._due_ms = next_multiple(now_ms, _PERIOD_MS)
            self._out.append(Outgoing(self._progress()))
            self.send_as_companion(heartbeat_of(VehicleType.ONBOARD_CONTROLLER))

    def next_deadline_ms(self) -> int | None:
        left_ms = None if self._left is None else self._left[1]
        return earliest((self._due_ms if self._ground.links() else None, self._texts.next_deadline_ms(), left_ms))

    def link_closed(self, link: int) -> None:
        self._companions.pop(link, None)
