"""Sortie between a controller and ground stations, in vehicle time.

The controller is a stand-in, whose time is virtual; or ArduPilot SITL, when ARDUPILOT_SITL names one, or PX4 SITL, when
PX4_SITL does, whose clock is waited for. The tests are the same. Its `controller` is what to ask for what the
controller itself has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autopilot.core.wiring import NothingStored
from autopilot.mission.items import MissionItem
from mavlink_bridge.flight_controller.controller import COMPONENT, FlightController
from mavlink_bridge.flight_controller.finder import Finder
from mavlink_bridge.routing.endpoint import Endpoint, raise_error
from mavlink_bridge.routing.link_redundancy import LinkRedundancy
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import MavlinkFrame
from sortie.api.testing.stand_in import StandIn
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US
from sortie.companion.service import build_companion
from sortie.nodes.vehicle import VehicleService
from sortie.storage.rows import StoredState
from tests.fakes.memory_journal import MemoryJournal
from tests.stand_in.px4 import NUMBERS, PAIRS, Px4StandIn
from tests.stand_in.real import RealController, binary
from tests.stand_in.real_px4 import RealPx4

STEP_MS = 100
"""Both look at their link four times for each message of 5 Hz: what costs a test its time is the looks."""
_LEAST_STEPS = 25
"""Time jumps when a real controller is ahead: so many steps are waited for, whatever the time is."""
_COMES_DOWN = {"RTL_ALT": 1000.0, "RTL_LOIT_TIME": 0.0, "LAND_SPEED": 100.0}
"""A third of a short flight would be a climb to 15 m, a wait there, and the last 10 m at half a metre per second."""
Carry = Callable[[bytes], bytes]


class Ground:
    """A ground station 255/190 on a link of its own; `heard` is all that came, as (name, message, frame). Modes are
    ArduPilot's numbers whatever the controller runs: `px4` says them in its way."""

    def __init__(self, service: VehicleService, name: str = "ground", system: int = 255, *, px4: bool = False) -> None:
        self._service = service
        self._px4 = px4
        self._beat_ms = 0
        self.silent = False
        """It sends no HEARTBEAT any more."""
        self.endpoint = Endpoint(system, 190, on_frame=self._hear)
        self._link = self.endpoint.open_link("sortie")
        self.number = service.endpoint.open_link(name)
        self.heard: list[tuple[str, Any, MavlinkFrame]] = []

    def _hear(self, link: int, frame: MavlinkFrame) -> None:
        message = codec.decode(frame.msg_id, frame.payload)
        if message is not None:
            self.heard.append((message.get_type(), message, frame))

    def send(self, message: Any) -> None:
        self.endpoint.send(message)

    def command(self, number: int, *params: float) -> None:
        """COMMAND_LONG to the vehicle."""
        if number == 176 and self._px4:
            params = (params[0], *map(float, PAIRS[int(params[1])]))
        filled = [*params, *[0.0] * (7 - len(params))]
        self.send(dialect.MAVLink_command_long_message(1, 1, number, 0, *filled))

    def exchange(self, now_ms: int) -> bool:
        if self._px4 and now_ms >= self._beat_ms and not self.silent:
            self._beat_ms = now_ms + 1000
            self.send(dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
        out = self.endpoint.take_bytes(self._link)
        if out:
            self._service.receive(self.number, out, now_ms)
        back = self._service.endpoint.take_bytes(self.number)
        if back:
            self.endpoint.receive(self._link, back, now_ms, now_ms)
        return bool(out or back)

    def of(self, name: str) -> list[Any]:
        """All messages of a name."""
        return [message for kind, message, _ in self.heard if kind == name]

    def acks(self, command: int) -> list[int]:
        return [int(ack.result) for ack in self.of("COMMAND_ACK") if ack.command == command]

    def modes(self) -> list[int]:
        """custom_mode of the vehicle's HEARTBEATs."""
        told = [int(m.custom_mode) for kind, m, frame in self.heard if kind == "HEARTBEAT" and frame.component == 1]
        return [NUMBERS[mode >> 16 & 0xFF, mode >> 24 & 0xFF] for mode in told] if self._px4 else told

    @property
    def mode(self) -> int:
        """The last of them."""
        return self.modes()[-1]

    def texts(self) -> list[str]:
        return [message.text for message in self.of("STATUSTEXT")]


class ControllerBench:
    """`controller`: a given stand-in in place of the usual one; `native` None: as its firmware has it; `step_ms`: how
    often both look at their link. `to_controller`, `from_controller` may spoil what goes over it (loss, delay);
    `plugged` False: nothing passes."""

    def __init__(
        self,
        kind: str = "copter",
        *,
        params: Mapping[str, float] | None = None,
        own: Mapping[str, float] | None = None,
        seed: int = 1,
        baud: int | None = None,
        native: bool | None = None,
        controller: StandIn | Px4StandIn | RealPx4 | None = None,
        step_ms: int = STEP_MS,
    ) -> None:
        self.step_ms = step_ms
        self.controller = _controller(kind, params, seed) if controller is None else controller
        self.now_ms = 0
        self._native = native
        self._connect(own or {}, baud)

    def adopt(
        self, other: ControllerBench, stored: StoredState | None = None, own: Mapping[str, float] | None = None
    ) -> None:
        """Be a new service, which finds `stored`, for the controller of another bench, whose service was killed."""
        self.controller, self.now_ms, self._native = other.controller, other.now_ms, other._native
        self.step_ms = other.step_ms
        self._connect(own or {}, None, stored)

    def _connect(self, own: Mapping[str, float], baud: int | None, stored: StoredState | None = None) -> None:
        self.plugged = True
        self.to_controller: Carry = bytes
        self.from_controller: Carry = bytes
        self.link = Endpoint(255, COMPONENT)
        self.link.redundancy = LinkRedundancy()
        self.number = self.link.open_link("controller")
        finder = Finder()
        self.link.add_service(finder)
        while finder.found is None:
            self.pass_time()
            self.link.receive(self.number, self.controller.take(), self.now_ms, 0)
        found = finder.found
        self.link.identify(found.system, COMPONENT)
        native = found.firmware.habits.strategy == "native" if self._native is None else self._native
        self.vehicle = FlightController(found.firmware, found.system, found.custom_mode, baud=baud, native=native)
        self.journal = MemoryJournal()
        self._zero_ms = self.now_ms
        self.companion = build_companion(
            self.vehicle,
            self.link,
            self.journal,
            stored or NothingStored(),
            own,
            {},
            name="bench",
            epoch_us=VIRTUAL_EPOCH_US,
            on_error=raise_error,
        )
        self.service = self.companion.service
        self.autopilot = self.service.autopilot
        self.events: list[Any] = []
        self.service.observers.append(lambda events, now_ms: self.events.extend(events))
        self.grounds: list[Ground] = []

    def ground(self, system: int = 255) -> Ground:
        """One more ground station."""
        px4 = isinstance(self.controller, Px4StandIn | RealPx4)
        station = Ground(self.service, f"ground {len(self.grounds)}", system, px4=px4)
        self.grounds.append(station)
        return station

    def step(self) -> None:
        """`step_ms`; more when a real controller is ahead."""
        self.pass_time()
        self.hear_controller()
        self.service.run_to(self.now_ms - self._zero_ms, self.now_ms)
        for station in self.grounds:
            while station.exchange(self.now_ms):
                pass
        self.tell_controller()

    def pass_time(self) -> None:
        self.now_ms = max(self.now_ms + self.step_ms, self.controller.time_ms // self.step_ms * self.step_ms)
        self.controller.run_to(self.now_ms)

    def hear_controller(self) -> None:
        data = self.from_controller(self.controller.take())
        if data and self.plugged:
            self.hand(self.number, data)

    def hand(self, number: int, data: bytes) -> None:
        """Bytes of the controller come in on a link, as from the runtime."""
        self.link.receive(number, data, self.now_ms, self.service.now_ms)
        self.service.heard(self.link, self.now_ms)

    def tell_controller(self) -> None:
        data = self.to_controller(self.link.take_bytes(self.number))
        if data and self.plugged:
            self.controller.receive(data, self.now_ms)

    def run(self, seconds: float) -> None:
        end_ms = self.now_ms + int(seconds * 1000.0)
        while self.now_ms < end_ms:
            self.step()

    def run_until(self, condition: Callable[[], bool], limit_s: float = 300.0) -> float:
        """Until it holds; seconds that it took. AssertionError when the limit passes."""
        begin, steps = self.now_ms, 0
        while not condition():
            late = self.now_ms - begin >= limit_s * 1000.0 and steps >= _LEAST_STEPS
            assert not late, f"not within {limit_s} s: {self.story()}"
            self.step()
            steps += 1
        return (self.now_ms - begin) / 1000.0

    def story(self) -> str:
        """How things stand, for a failed test."""
        texts = [event.text for event in self.events if hasattr(event, "text")]
        state = self.vehicle.state
        return (
            f"mode {self.autopilot.modes.spec.name}, controller {self.vehicle.flight_mode}, commanded "
            f"{self.vehicle.commanded}, at {state.position}, target {self.vehicle.steering.target}, said {texts[-12:]}"
        )

    def ready(self) -> None:
        """Until the vehicle may be armed and is known."""
        self.run_until(self._may_be_armed, 120.0)
        while not self._stays_armable():  # a real filter may still change its mind
            self.run_until(self._may_be_armed, 120.0)

    def _may_be_armed(self) -> bool:
        return self.autopilot.prearm.ok and self.vehicle.home.position is not None and self.vehicle.state.has_position

    def _stays_armable(self) -> bool:
        if isinstance(self.controller, RealController | RealPx4):
            self.run(2.0)
        return self._may_be_armed()

    def upload(self, items: tuple[MissionItem, ...]) -> None:
        """A mission, as if a ground station had sent it."""
        self.autopilot.plans.replace(0, items)
        self.step()

    @property
    def height(self) -> float:
        """Above where it was switched on, m."""
        return -self.controller.position[2]

    def close(self) -> None:
        """End a real controller's process."""
        self.controller.close()


def _controller(kind: str, params: Mapping[str, float] | None, seed: int) -> StandIn | RealController:
    params = {**(_COMES_DOWN if kind == "copter" else {}), **(params or {})}
    program = binary(kind)
    return StandIn(kind, params=params, seed=seed) if program is None else RealController(kind, program, params=params)
