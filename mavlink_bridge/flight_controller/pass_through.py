"""Messages between the controller and ground stations: passed on, answered by Sortie, or changed.

`ground` is the endpoint towards ground stations (system/1), `link` that towards the controller (component 191). Frames
to the controller pass byte for byte. Frames of the autopilot get a sequence number of each ground link, because
Sortie's own messages are sent between them; frames of other components and with unknown ids pass byte for byte
(docs/reference/real-vehicles.md, 3). With a signing key, frames are checked and signed again for the other link.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface.vehicle import Request
from autopilot.mav import Cmd, MissionType, Result, Severity
from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.flight_controller.message_ownership import (
    PLAN_MESSAGES,
    Ownership,
    TrafficMonitor,
    file_not_found,
    is_command,
    ownership_of,
    requested_mode,
)
from mavlink_bridge.flight_controller.mode_answers import ModeAnswers
from mavlink_bridge.flight_controller.transfer_turn import TransferTurn
from mavlink_bridge.flight_controller.vehicle_facade import MISSION_CURRENT, MISSION_ITEM_REACHED, VehicleFacade
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.router import target_of
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.routing.tx_queue import is_droppable
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import MavlinkFrame, unsigned

_HEARTBEAT: Final = codec.id_of("HEARTBEAT")
_COMMANDS: Final = codec.ids_of("COMMAND_INT", "COMMAND_LONG")
_COMMAND_ACK: Final = codec.id_of("COMMAND_ACK")
_MISSION_ACK: Final = codec.id_of("MISSION_ACK")
_MISSION_REPLIES: Final = codec.ids_of(
    "MISSION_ITEM", "MISSION_REQUEST", "MISSION_COUNT", "MISSION_ACK", "MISSION_REQUEST_INT", "MISSION_ITEM_INT"
)
_OURS_BY_TYPE: Final = (MissionType.MISSION, MissionType.ALL)
_NEVER: Final = codec.ids_of("RADIO_STATUS", "RADIO", "SETUP_SIGNING")


class PassThrough:
    """Filter between the two endpoints. `clocks()`: link and vehicle time. `companion`: takes what stations send to
    component 191. `plan_changed(kind)`: the controller has another plan of its own. `turn`: turns of plan transfers."""

    def __init__(
        self,
        ground: Endpoint,
        link: Endpoint,
        vehicle: FlightController,
        parts: VehicleParts,
        facade: VehicleFacade,
        clocks: Callable[[], tuple[int, int]],
        companion: Callable[[int, MavlinkFrame], None],
        plan_changed: Callable[[int], None],
        turn: TransferTurn,
    ) -> None:
        self._ground = ground
        self._link = link
        self._vehicle = vehicle
        self._parts = parts
        self._facade = facade
        self._clocks = clocks
        self._companion = companion
        self._turn = turn
        self._auto = vehicle.firmware.vehicle_class.modes.auto
        self._starts = vehicle.firmware.habits.starts_by_arming
        self._waiting: list[tuple[int, MavlinkFrame, Request]] = []  # until the controller follows targets
        self.traffic = TrafficMonitor(vehicle.motors, plan_changed)
        self.mode_answers: ModeAnswers | None = None
        """Filter for controllers that acknowledge a mode twice."""
        if not vehicle.firmware.habits.acks_what_it_does:
            self.mode_answers = ModeAnswers(lambda frame, asker: self._to_ground(frame, *asker, restamp=True))
        self.inside: set[int] = set()
        """Links of the ground endpoint to parties inside Sortie (a depot), which do not see the controller's messages
        and are not seen by it."""

    # --- from the controller --------------------------------------------------------------------------------------
    def from_controller(self, number: int, frame: MavlinkFrame) -> None:
        """Handle a valid frame of the controller's link."""
        if frame.msg_id in _NEVER:
            return
        system, component = target_of(frame)
        autopilot = (frame.system, frame.component) == (self._vehicle.address.system, self._vehicle.address.component)
        if autopilot and frame.msg_id == _MISSION_ACK and system not in (0, self._link.system_id):
            self._turn.station(self._clocks()[0], ended=True)
        if autopilot:
            self.traffic.from_controller(frame, (system, component))
            if self._is_first_of_two(frame, (system, component)):
                return
        if autopilot and frame.msg_id == _HEARTBEAT:
            self._facade.heartbeat(frame.payload)
        elif autopilot and frame.msg_id == codec.id_of("CURRENT_MODE"):
            current = replace(frame, payload=self._facade.current_mode(frame.payload))
            self._to_ground(current, system, component, restamp=True)
        elif not (autopilot and self._replaced(frame)) and (system, component) != (self._link.system_id, COMPONENT):
            self._to_ground(frame, system, component, restamp=autopilot and frame.known)

    def _is_first_of_two(self, frame: MavlinkFrame, asker: tuple[int, int]) -> bool:
        """True for an acknowledgement that must not reach its station (now)."""
        if self.mode_answers is None or frame.msg_id != _COMMAND_ACK or asker[0] in (0, self._link.system_id):
            return False
        return not self.mode_answers.passes(frame, asker, self._clocks()[1])

    def _replaced(self, frame: MavlinkFrame) -> bool:
        """True if Sortie sends this message itself."""
        number = frame.msg_id
        if number in (MISSION_CURRENT, MISSION_ITEM_REACHED):
            return True
        if number not in _MISSION_REPLIES:
            return False
        message = codec.decode(number, frame.payload)  # with `native`, replies to our own upload go to component 191
        return message is not None and message.mission_type in _OURS_BY_TYPE

    def _to_ground(self, frame: MavlinkFrame, system: int, component: int, *, restamp: bool) -> None:
        ground = self._ground
        links = ground.links() if system in (0, ground.system_id) else ground.heard(system, component)
        extra = codec.crc_extra(frame.msg_id) if restamp else None
        for number in links:
            droppable = is_droppable(frame.msg_id)
            if number in self.inside or (droppable and ground.out_queue(number).busy):
                continue
            data = unsigned(frame) if ground.has_key else frame.raw
            if extra is not None:
                data = ground.writer(number).frame(frame.msg_id, frame.payload or b"\0", extra)
            ground.append(number, data, 0, droppable=droppable)

    # --- from ground stations -------------------------------------------------------------------------------------
    def from_ground(self, number: int, frame: MavlinkFrame, system: int, component: int) -> bool:
        """Filter of the ground stations' endpoint; True: the frame is handled."""
        if frame.msg_id in _NEVER or number in self.inside:
            return False  # for Sortie; the router forwards none of these
        if system == 0 and not (frame.known and codec.definition(frame.msg_id).target_system >= 0):
            if self._vehicle.hears_stations or frame.msg_id != _HEARTBEAT:
                self._to_controller(frame)
            return False  # also for us and other ground stations
        if system not in (0, self._ground.system_id):
            return False
        if component == COMPONENT:
            self._companion(number, frame)
            return True
        if component not in (0, self._vehicle.address.component):
            self._to_controller(frame)
            return True
        return self._for_vehicle(number, frame)

    def _for_vehicle(self, number: int, frame: MavlinkFrame) -> bool:
        vehicle = self._vehicle
        match ownership_of(frame, vehicle.firmware, native=vehicle.native, breaks=vehicle.body is not None):
            case Ownership.OURS:
                return False
            case Ownership.BOTH:
                self._to_controller(frame)
                return False
            case Ownership.FLY:
                return self._take_first(number, frame)
            case Ownership.STOPS:
                self._stop_or_go_on(number, frame)
            case Ownership.HIDDEN_FILE:
                self._refuse_file(number, frame)
            case Ownership.TAKES:
                self._give_away(frame)
            case Ownership.STREAMS:
                self._set_streams(number, frame)
            case Ownership.PASS:
                self.traffic.from_ground(frame)
                if frame.msg_id in PLAN_MESSAGES:  # our plan transfers keep out of its way
                    self._turn.station(self._clocks()[0], ended=frame.msg_id == _MISSION_ACK)
                self._to_controller(frame)
        return True

    def _give_away(self, frame: MavlinkFrame) -> None:
        """Release the vehicle to the sender. The mode may be the present one, in which the last target would be flown
        on to; then the vehicle is stopped too."""
        vehicle, mode = self._vehicle, requested_mode(frame, self._vehicle.firmware)
        if mode is not None and self.mode_answers is not None and frame.msg_id in _COMMANDS:
            self.mode_answers.requested((frame.system, frame.component))
        flown = vehicle.control.follows and not vehicle.state.landed and mode == vehicle.flight_mode
        if vehicle.commanded:
            self._facade.leaving(self._clocks()[1])
            vehicle.release()
        self._to_controller(frame)
        if flown:
            vehicle.stop()

    def _set_streams(self, number: int, frame: MavlinkFrame) -> None:
        """Set a stream rate, but not slower than the service needs, because all links share the controller's port."""
        message = codec.decode(frame.msg_id, frame.payload)
        if message is not None and frame.msg_id in _COMMANDS and self._vehicle.link.streams.needs_more(message):
            self._answer(number, frame, Result.ACCEPTED)
            return
        self._to_controller(frame)
        if frame.msg_id not in _COMMANDS:
            self._vehicle.link.streams.renew(self._clocks()[1])

    def _answer(self, number: int, frame: MavlinkFrame, result: Result) -> None:
        """Send COMMAND_ACK for a command that the controller does not get."""
        message = codec.decode(frame.msg_id, frame.payload)
        if message is not None:
            self._ground.send(
                dialect.MAVLink_command_ack_message(message.command, int(result), 0, 0, frame.system, frame.component),
                number,
            )

    def _to_controller(self, frame: MavlinkFrame) -> None:
        for number in self._link.routes():
            data = unsigned(frame) if self._link.has_key else frame.raw
            self._link.append(number, data, 0, droppable=is_droppable(frame.msg_id))

    def _refuse_file(self, number: int, frame: MavlinkFrame) -> None:
        peer = Peer(number, frame.system, frame.component, frame.mavlink1)
        answer = file_not_found(codec.decode(frame.msg_id, frame.payload), peer)
        self._ground.send(answer.message, answer.link)

    # --- AUTO: first the controller, then the core ---------------------------------------------------------------
    def _take_first(self, number: int, frame: MavlinkFrame) -> bool:
        """Start a mission: refuse at once if the core would; otherwise wait until the controller follows targets before
        the core gets the command, so that the acknowledgement is true."""
        core, now_ms = self._parts, self._clocks()[1]
        if core.modes.complaint(self._auto, now_ms) is not None:
            return False
        for complaint in core.fenced_mission.complaints():
            core.announcer.say(Severity.WARNING, complaint)
        request = self._vehicle.command(self._auto)
        if request.done and request.ok and not self._starts:
            return False
        self._waiting.append((number, frame, request))
        return True

    def _stop_or_go_on(self, number: int, frame: MavlinkFrame) -> None:
        """DO_PAUSE_CONTINUE for a controller whose own pause is bad: stop it by a target and pause the mission, or go
        on."""
        message = codec.decode(frame.msg_id, frame.payload)
        assert message is not None
        if message.param1 != 0.0:
            if not self._take_first(number, frame):
                self._answer(number, frame, self._after_pause(frame, self._clocks()[1]))
            return
        if self._vehicle.commanded:
            self._facade.leaving(self._clocks()[1])
            self._vehicle.release()
        self._waiting.append((number, frame, self._vehicle.stop()))

    def settle(self) -> None:
        """Continue with frames that waited for the controller."""
        if self.traffic.started and self._parts.facts.armed:
            self.traffic.started = False
            self._start_after_arming(self._clocks()[1])
        ready = [entry for entry in self._waiting if entry[2].done]
        if not ready:
            return
        self._waiting = [entry for entry in self._waiting if not entry[2].done]
        link_ms, vehicle_ms = self._clocks()
        for number, frame, request in ready:
            if request.ok and is_command(frame, Cmd.DO_PAUSE_CONTINUE):
                self._answer(number, frame, self._after_pause(frame, vehicle_ms))
            elif request.ok and self._starts and not self._vehicle.state.armed and is_command(frame, Cmd.MISSION_START):
                self._waiting.append((number, frame, self._vehicle.arm()))
            elif request.ok:
                self._ground.deliver(number, frame, link_ms, vehicle_ms)
                self._start_after_arming(vehicle_ms)
            elif frame.msg_id in _COMMANDS:
                self._answer(number, frame, Result.FAILED)
        in_auto = self._parts.modes.mode in (self._parts.auto, self._parts.guided)
        if not (in_auto or self._waiting or self._facade.flies_mission) and self._vehicle.commanded:
            self._vehicle.release()  # the core has refused

    def _after_pause(self, frame: MavlinkFrame, now_ms: int) -> Result:
        message = codec.decode(frame.msg_id, frame.payload)
        assert message is not None
        return Result.ACCEPTED if message.param1 == 0.0 else self._parts.mission_commands.start(now_ms).result

    def _start_after_arming(self, now_ms: int) -> None:
        """Start the mission when a station has armed in AUTO and the firmware needs no MISSION_START."""
        core = self._parts
        if self._starts and core.facts.armed and core.modes.mode is core.auto and self._vehicle.state.landed:
            core.mission_commands.start(now_ms)
