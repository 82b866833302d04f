"""Between the controller and the ground stations: what passes, what Sortie answers itself, and what is shown.

Two endpoints meet here: `ground`, which is the vehicle (system/1) to ground stations, and `link`, which is component
191 to the controller. Towards the controller frames pass byte for byte. From it, frames of the autopilot get a sequence
number of each ground link, since Sortie's own messages come in between; those of other components, and ids that the
dialect does not know, pass byte for byte (docs/reference/real-vehicles.md, 3). Where there is a signing key, what was
signed for one link is checked, stripped, and signed anew for the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from autopilot.interface.vehicle import Request
from autopilot.mav import MissionType, Result, Severity
from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.flight_controller.message_ownership import (
    PLAN_MESSAGES,
    Ownership,
    TrafficMonitor,
    file_not_found,
    mode_asked,
    ownership_of,
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

if TYPE_CHECKING:
    from autopilot.commands.vehicle_parts import VehicleParts

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
    """See the module. `clocks()` gives link and vehicle time now, for what is delivered later. `companion` gets what
    ground stations send to component 191, `plan_changed(kind)` hears that the controller has another plan of its own.
    `turn`: turns of plan transfers with the controller."""

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
        self._waiting: list[tuple[int, MavlinkFrame, Request]] = []  # until the controller follows our targets
        self.traffic = TrafficMonitor(vehicle.motors, plan_changed)
        self.mode_answers: ModeAnswers | None = None
        """Answers to modes, where the controller acknowledges a mode twice."""
        if not vehicle.firmware.habits.acks_what_it_does:
            self.mode_answers = ModeAnswers(lambda frame, asker: self._to_ground(frame, *asker, restamp=True))
        self.inside: set[int] = set()
        """Links of the ground endpoint that lead to parties within Sortie (a depot): what they say is for Sortie alone,
        and the controller's telemetry is not for them."""

    # --- from the controller --------------------------------------------------------------------------------------
    def from_controller(self, number: int, frame: MavlinkFrame) -> None:
        """A sound frame came in on the controller's link."""
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
            shown = replace(frame, payload=self._facade.current_mode(frame.payload))
            self._to_ground(shown, system, component, restamp=True)
        elif not (autopilot and self._replaced(frame)) and (system, component) != (self._link.system_id, COMPONENT):
            self._to_ground(frame, system, component, restamp=autopilot and frame.known)

    def _is_first_of_two(self, frame: MavlinkFrame, asker: tuple[int, int]) -> bool:
        """An acknowledgement to a station that is not its answer, or not yet."""
        if self.mode_answers is None or frame.msg_id != _COMMAND_ACK or asker[0] in (0, self._link.system_id):
            return False
        return not self.mode_answers.passes(frame, asker, self._clocks()[1])

    def _replaced(self, frame: MavlinkFrame) -> bool:
        """Sortie says this itself."""
        number = frame.msg_id
        if number in (MISSION_CURRENT, MISSION_ITEM_REACHED):
            return True
        if number not in _MISSION_REPLIES:
            return False
        message = codec.decode(number, frame.payload)  # `native`: what belongs to our own upload is for 191
        return message is not None and message.mission_type in _OURS_BY_TYPE

    def _to_ground(self, frame: MavlinkFrame, system: int, component: int, *, restamp: bool) -> None:
        ground = self._ground
        links = ground.links() if system in (0, ground.system_id) else ground.heard(system, component)
        extra = codec.crc_extra(frame.msg_id) if restamp else None
        for number in links:
            droppable = is_droppable(frame.msg_id)
            if number in self.inside or (droppable and ground.congested(number)):
                continue
            data = unsigned(frame) if ground.has_key else frame.raw
            if extra is not None:
                data = ground.writer(number).frame(frame.msg_id, frame.payload or b"\0", extra)
            ground.append(number, data, 0, droppable=droppable)

    # --- from ground stations -------------------------------------------------------------------------------------
    def from_ground(self, number: int, frame: MavlinkFrame, system: int, component: int) -> bool:
        """The gate of the ground stations' endpoint: True = taken."""
        if frame.msg_id in _NEVER or number in self.inside:
            return False  # for Sortie itself, and the router passes none of these on
        if system == 0 and not (frame.known and codec.definition(frame.msg_id).target_system >= 0):
            if self._vehicle.hears_stations or frame.msg_id != _HEARTBEAT:
                self._to_controller(frame)
            return False  # it may concern us as well, and other ground stations
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
                return True
            case Ownership.TAKES:
                self._give_away(frame)
            case Ownership.STREAMS:
                self._set_streams(number, frame)
            case Ownership.PASS:
                self.traffic.from_ground(frame)
                self._watch_transfer(frame)
                self._to_controller(frame)
        return True

    def _give_away(self, frame: MavlinkFrame) -> None:
        """Whoever sends this flies the vehicle from now on. The mode that is flown already is not entered anew, and its
        target would be flown on to: so the vehicle is stopped as well."""
        vehicle, mode = self._vehicle, mode_asked(frame, self._vehicle.firmware)
        if mode is not None and self.mode_answers is not None and frame.msg_id in _COMMANDS:
            self.mode_answers.asked((frame.system, frame.component))
        flown = vehicle.control.follows and not vehicle.state.landed and mode == vehicle.flight_mode
        if vehicle.commanded:
            self._facade.leaving(self._clocks()[1])
            vehicle.release()
        self._to_controller(frame)
        if flown:
            vehicle.stop()

    def _watch_transfer(self, frame: MavlinkFrame) -> None:
        """Ours keep out of the way of a station's."""
        if frame.msg_id in PLAN_MESSAGES:
            self._turn.station(self._clocks()[0], ended=frame.msg_id == _MISSION_ACK)

    def _set_streams(self, number: int, frame: MavlinkFrame) -> None:
        """Links share the controller's port: nobody gets a stream slower than the service needs it."""
        message = codec.decode(frame.msg_id, frame.payload)
        if message is not None and frame.msg_id in _COMMANDS and self._vehicle.link.streams.needs_more(message):
            self._answer(number, frame, Result.ACCEPTED)
            return
        self._to_controller(frame)
        if frame.msg_id not in _COMMANDS:
            self._vehicle.link.streams.renew(self._clocks()[1])

    def _answer(self, number: int, frame: MavlinkFrame, result: Result) -> None:
        """COMMAND_ACK of a command that the controller does not get, or not yet."""
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

    # --- AUTO: first the controller, then the core ----------------------------------------------------------------
    def _take_first(self, number: int, frame: MavlinkFrame) -> bool:
        """A mission is to be flown. If the core would refuse, it does so at once; else the controller must be in the
        mode that follows targets before the core hears of it, so that the acknowledgement means what it says."""
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
        """DO_PAUSE_CONTINUE for a controller that flies the mission itself and would pause it badly: stopped by a
        target, and the mission paused; or flown on."""
        message = codec.decode(frame.msg_id, frame.payload)
        assert message is not None
        if message.param1 != 0.0:
            self._take_first(number, frame)
            return
        if self._vehicle.commanded:
            self._facade.leaving(self._clocks()[1])
            self._vehicle.release()
        self._waiting.append((number, frame, self._vehicle.stop()))

    def settle(self) -> None:
        """Go on with what has waited for the controller."""
        if self.traffic.started and self._parts.facts.armed:
            self.traffic.started = False
            self._start_as_it_does(self._clocks()[1])
        ready = [entry for entry in self._waiting if entry[2].done]
        if not ready:
            return
        self._waiting = [entry for entry in self._waiting if not entry[2].done]
        link_ms, vehicle_ms = self._clocks()
        for number, frame, request in ready:
            if request.ok and self._is_pause(frame):
                self._answer(number, frame, self._after_pause(frame, vehicle_ms))
            elif request.ok:
                self._ground.deliver(number, frame, link_ms, vehicle_ms)
                self._start_as_it_does(vehicle_ms)
            elif frame.msg_id in _COMMANDS:
                self._answer(number, frame, Result.FAILED)
        if ready and not self._facade.flies_mission and self._vehicle.commanded:
            self._follow_refusal()

    def _is_pause(self, frame: MavlinkFrame) -> bool:
        return ownership_of(frame, self._vehicle.firmware, native=self._vehicle.native) is Ownership.STOPS

    def _after_pause(self, frame: MavlinkFrame, now_ms: int) -> Result:
        message = codec.decode(frame.msg_id, frame.payload)
        assert message is not None
        return Result.ACCEPTED if message.param1 == 0.0 else self._parts.mission_commands.start(now_ms).result

    def _start_as_it_does(self, now_ms: int) -> None:
        """Begin the mission when a station has armed and chosen AUTO, where that means flying and nobody sends
        MISSION_START."""
        core = self._parts
        if self._starts and core.facts.armed and core.modes.mode is core.auto and self._vehicle.state.landed:
            core.mission_commands.start(now_ms)

    def _follow_refusal(self) -> None:
        """The core has not entered AUTO after all: then nobody flies the controller's GUIDED but itself."""
        if self._parts.modes.mode not in (self._parts.auto, self._parts.guided):
            self._vehicle.release()
