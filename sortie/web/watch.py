"""Vehicles on a link for the page: which there are, their messages, and requests to them. A protocol service without
I/O.

Requests run as jobs (`orders`). Jobs whose answers could be confused run one after the other, for each vehicle and lane
(commands, plans, parameters).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from autopilot.flight.lifecycle import FlightCommand, FlightState
from autopilot.mav import Cmd, VehicleType
from mavlink_bridge.clients.base import Client, Target
from mavlink_bridge.clients.command import CommandOutcome, command_long
from mavlink_bridge.clients.group import ClientGroup
from mavlink_bridge.clients.heartbeat import heartbeat_of, is_autopilot
from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from sortie.web import orders, requests
from sortie.web.picture import Facts, ShownVehicle
from sortie.web.questions import Answer, Job
from sortie.web.traffic import Traffic

SECOND_MS: Final = 1000
ASK_AFTER_MS: Final = 2500
"""Time after the first HEARTBEAT after which missing data is requested, ms."""
REQUESTED_HZ: Final = {
    "GLOBAL_POSITION_INT": 4.0, "ATTITUDE": 4.0, "SYS_STATUS": 1.0, "GPS_RAW_INT": 1.0, "MISSION_CURRENT": 1.0,
    "HOME_POSITION": 0.5, "TERRAIN_REPORT": 1.0,
}  # fmt: skip
"""Streams that the page needs."""
_LANE: Final[dict[type, str]] = {
    requests.PlanRequest: "plan", requests.UploadRequest: "plan", requests.Clear: "plan", requests.Item: "plan",
    requests.ParameterTable: "parameters", requests.SetParameter: "parameters", requests.Simulator: "parameters",
    requests.FittingsRequest: "parameters",
}  # fmt: skip
_COMMANDS: Final = "commands"
_NS: Final = 1_000_000
_TIMESYNCS: Final = 5
"""Requests whose answers are awaited: those of ten seconds."""
Reply = Callable[[Answer], None]


class _Lane:
    """Jobs of one lane of a vehicle, in sequence."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Job, Reply]] = deque()
        self.job: Job | None = None
        self.client: Client | None = None
        self.reply: Reply = lambda answer: None

    @property
    def idle(self) -> bool:
        """True when nothing runs or waits."""
        return self.job is None and not self.waiting


class VehicleWatch(Speaker):
    """Service that follows the vehicles. `traffic`: received messages; `control`: requests may change vehicles."""

    clock: Clock = "link"
    handles = frozenset(
        ("HEARTBEAT", "STATUSTEXT", "TIMESYNC", "NAMED_VALUE_INT", "CAMERA_FEEDBACK", "CAMERA_IMAGE_CAPTURED",
         "CAMERA_FOV_STATUS", "RADIO_STATUS")
    )  # fmt: skip

    def __init__(self, traffic: Traffic, *, control: bool) -> None:
        self.traffic = traffic
        self.control = control
        self.vehicles: dict[int, ShownVehicle] = {}
        self.clients = ClientGroup()
        self.news: list[tuple[str, int, Any]] = []
        """(kind, system, data) of texts and photos since the last `take_news`."""
        self._lanes: dict[tuple[int, str], _Lane] = {}
        self._requested: set[int] = set()
        self._since_ms: dict[int, int] = {}
        """Link time since which each vehicle is heard without a break."""
        self._sent_ns: deque[int] = deque(maxlen=_TIMESYNCS)
        self._due_ms = 0
        self._seconds = 0
        super().__init__()

    # --- what a page asks -------------------------------------------------------------------------------------------
    def ask(self, request: requests.AnyRequest, reply: Reply, now_ms: int) -> None:
        """Start or queue a request; `reply` is called once with its answer."""
        vehicle = self.vehicles.get(request.system)
        if vehicle is None:
            reply(Answer(False, f"no vehicle {request.system} has been heard"))
            return
        job = orders.begin(request, vehicle, control=self.control)
        if isinstance(job, Answer):
            reply(job)
        else:
            self._queue(request.system, _LANE.get(type(request), _COMMANDS), job, reply, now_ms)

    def _queue(self, system: int, name: str, job: Job, reply: Reply, now_ms: int) -> None:
        lane = self._lane(system, name)
        lane.waiting.append((job, reply))
        self._advance(lane, now_ms)

    def _lane(self, system: int, name: str) -> _Lane:
        return self._lanes.setdefault((system, name), _Lane())

    def _advance(self, lane: _Lane, now_ms: int) -> None:
        """Advance a lane as far as possible without an answer from the vehicle."""
        while True:
            if lane.job is None:
                if not lane.waiting:
                    return
                lane.job, lane.reply = lane.waiting.popleft()
                lane.client = None
            elif lane.client is not None and not lane.client.done:
                return
            try:
                lane.client = self.clients.start(next(lane.job), now_ms)
            except StopIteration as end:
                lane.job = None
                lane.reply(end.value)

    # --- a service ----------------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        kind = message.get_type()
        if kind == "HEARTBEAT":
            self._heartbeat(message, peer, now_ms)
            return
        if kind == "RADIO_STATUS":  # a modem speaks as a system of its own
            for other in self.vehicles.values():
                if other.link == peer.link:
                    other.take_radio(message)
            return
        vehicle = self.vehicles.get(peer.system)
        if vehicle is None:
            return
        if kind.startswith("CAMERA_"):
            self._camera(vehicle, message, kind)
        elif peer.component == vehicle.target.component:
            self._own(vehicle, message, kind, peer, now_ms)

    def _camera(self, vehicle: ShownVehicle, message: Message, kind: str) -> None:
        """Take a message of a camera, a component or the autopilot that triggers it."""
        if kind == "CAMERA_FOV_STATUS":
            vehicle.look(message)
            return
        photo = vehicle.picture(message)
        if photo is not None:
            self.news.append(("photo", vehicle.target.system, photo))

    def _own(self, vehicle: ShownVehicle, message: Message, kind: str, peer: Peer, now_ms: int) -> None:
        """Take a message of the autopilot."""
        if kind == "STATUSTEXT":
            vehicle.say(message, now_ms)
            self.news += [("text", peer.system, text) for text in vehicle.shown_texts if text[0] > vehicle.sent_text]
            vehicle.sent_text = vehicle.last_text
        elif kind == "TIMESYNC":
            if message.ts1 in self._sent_ns:  # others ask too, by other clocks
                vehicle.round_trip_ms = now_ms - message.ts1 // _NS
        elif message.name == "FM_STATE" and message.value in set(FlightState):
            vehicle.flight = FlightState(message.value)
            if vehicle.flight is FlightState.ARMED:
                self._ask_flight(peer.system, vehicle, now_ms)

    def _heartbeat(self, message: Message, peer: Peer, now_ms: int) -> None:
        if not is_autopilot(message, peer):
            vehicle = self.vehicles.get(peer.system)
            if vehicle is not None and message.type == VehicleType.CAMERA:
                vehicle.camera = peer.component
            return
        firmware = firmware_spoken(message.autopilot, message.type)
        target = Target(peer.system, peer.component, None, firmware)
        vehicle = self.vehicles.get(peer.system)
        if vehicle is None:
            vehicle = ShownVehicle(target, self.traffic.senders[(peer.system, peer.component)])
            self.vehicles[peer.system] = vehicle
        if peer.component == vehicle.target.component:
            vehicle.target, vehicle.link = target, peer.link  # it may return with another firmware
            if peer.system not in self._since_ms:
                self._since_ms[peer.system] = now_ms
                self._ask_flight(peer.system, vehicle, now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        for lane in tuple(self._lanes.values()):
            if lane.job is not None:
                self._advance(lane, now_ms)
        if now_ms >= self._due_ms:
            self._due_ms = now_ms + SECOND_MS
            self._each_second(now_ms)

    def _each_second(self, now_ms: int) -> None:
        self._seconds += 1
        self._out.append(Outgoing(heartbeat_of(VehicleType.GCS)))
        if self._seconds % 2:
            self._sent_ns.append(now_ms * _NS)
            self._out.append(Outgoing(dialect.MAVLink_timesync_message(0, now_ms * _NS)))
        self.traffic.note_second(now_ms)
        for system, vehicle in self.vehicles.items():
            vehicle.sample(now_ms)
            if vehicle.camera is not None:
                number = codec.id_of("CAMERA_FOV_STATUS")  # not streamed by default
                question = codec.command_message(system, vehicle.camera, Cmd.REQUEST_MESSAGE, number)
                self._out.append(Outgoing(question))
            if vehicle.lost(now_ms):
                self._forget(system)
            elif system not in self._requested and now_ms >= self._since_ms.get(system, now_ms) + ASK_AFTER_MS:
                self._requested.add(system)
                self._queue(system, _COMMANDS, _streams(vehicle, self._since_ms[system]), lambda answer: None, now_ms)
            elif vehicle.flight is FlightState.ARMED and self._lane(system, _COMMANDS).idle:
                self._ask_flight(system, vehicle, now_ms)

    def _ask_flight(self, system: int, vehicle: ShownVehicle, now_ms: int) -> None:
        self._queue(system, _COMMANDS, _flight_status(vehicle), lambda answer: None, now_ms)

    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    def _forget(self, system: int) -> None:
        """Forget what was requested: a vehicle that returns may have been switched off, and has its own rates again."""
        self._since_ms.pop(system, None)
        self._requested.discard(system)

    def link_closed(self, link: int) -> None:
        self.traffic.link_closed(link)
        for system, vehicle in self.vehicles.items():
            if vehicle.link == link:
                self._forget(system)

    # --- what a page is told ------------------------------------------------------------------------------------------
    def facts(self, now_ms: int) -> list[Facts]:
        return [vehicle.facts(now_ms) for _, vehicle in sorted(self.vehicles.items())]

    def take_news(self) -> list[tuple[str, int, Any]]:
        """Return texts and photos since the last call."""
        news, self.news = self.news, []
        return news


def _flight_status(vehicle: ShownVehicle) -> Job:
    client = command_long(vehicle.target, Cmd.USER_1, float(FlightCommand.STATUS))
    yield client
    if client.outcome is CommandOutcome.ACCEPTED:
        orders.take_flight(vehicle, client)
    return Answer(True, "")


def _streams(vehicle: ShownVehicle, since_ms: int) -> Job:
    """Request streams that are missing since this link time; existing ones keep their rates."""
    for name, rate_hz in REQUESTED_HZ.items():
        number = codec.id_of(name)
        row = vehicle.sender.rows.get(number)
        if row is not None and row.last_ms >= since_ms:
            continue
        client = command_long(vehicle.target, Cmd.SET_MESSAGE_INTERVAL, float(number), 1e6 / rate_hz)
        yield client
        if client.outcome is not CommandOutcome.ACCEPTED:
            return Answer(False, "")
    return Answer(True, "")
