"""A core made of plain attributes, and a bench that runs the telemetry service in virtual time on a real endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from autopilot.interface import report as r
from autopilot.interface.geo import GeoPoint
from autopilot.interface.vehicle import VehicleState
from autopilot.mav import Sensor
from autopilot.mission.items import MissionItem
from autopilot.mission.state import MissionState
from autopilot.mission.storage import MissionStorage
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.services.telemetry.service import TelemetryService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.message_reader import MessageReader

ORIGIN = GeoPoint(-35.363261, 149.165230, 584.0)
GCS = 255
SENSORS = 1 | 2 | 4 | 8 | 32


def flying_report(time_ms: float = 0.0) -> Any:
    """A report vector in which every value differs from its neighbours."""
    vector = np.linspace(0.1, 0.9, r.SIZE)
    vector[r.TIME_MS] = time_ms
    vector[r.LAT], vector[r.LON], vector[r.ALT] = -35.362, 149.166, 612.25
    vector[r.EKF_FLAGS] = 831
    vector[r.GPS_FIX], vector[r.GPS_SATS] = 3, 14
    vector[r.LANDED_STATE], vector[r.ARMED] = 2, 1
    vector[r.SENSORS_PRESENT] = vector[r.SENSORS_HEALTHY] = SENSORS
    return vector


@dataclass
class FakeSequencer:
    """The facts that a sequencer gives to telemetry."""

    nav_index: int = 0
    phase: MissionState = MissionState.IDLE

    def current_nav_index(self) -> int:
        return self.nav_index

    def state(self) -> MissionState:
        return self.phase


def storage_of(count: int) -> MissionStorage:
    """`count` waypoints behind the home item."""
    storage = MissionStorage(first_index=1)
    storage.replace(tuple(MissionItem(16, x=float(i), z=10.0) for i in range(count)))
    return storage


def plans(mission: int = 3, fence: int = 0) -> SimpleNamespace:
    """Plans of so many items."""
    return SimpleNamespace(mission=storage_of(mission), fence=storage_of(fence), rally=MissionStorage())


@dataclass
class FakeCore:
    """What telemetry reads of an `Autopilot`, to be set by a test."""

    kind: str = "copter"
    mode_number: int = 3
    base_mode: int = 81 + 8 + 128
    system_status: int = 4
    home: GeoPoint | None = ORIGIN
    prearm_ok: bool = True
    sensors_enabled: int = SENSORS | 1024 | 2048
    sensors_present: int = 0
    battery_level: int = 0
    fence_breach: tuple[int, int, int, int] = (0, 0, 0, 0)
    fence_enabled: bool = False
    radio_pulses: tuple[float, ...] = (1500.0, 1500.0, 1000.0, 1500.0, 1815.0, *[1000.0] * 3, *[0.0] * 8)
    modes_revision: int = 0
    paused: bool = False
    sequencer: FakeSequencer = field(default_factory=FakeSequencer)
    plans: Any = field(default_factory=plans)
    vehicle: Any = field(default_factory=lambda: SimpleNamespace(state=VehicleState(flying_report()), origin=ORIGIN))

    # --- the parts that telemetry takes ---------------------------------------------------------------------------
    @property
    def auto(self) -> SimpleNamespace:
        return SimpleNamespace(paused=self.paused)

    @property
    def facts(self) -> SimpleNamespace:
        return SimpleNamespace(
            vehicle=self.vehicle,
            home=self.home,
            vehicle_class=vehicle_class(self.kind),
            now_ms=0,
            has_position=True,
            parameters=SimpleNamespace(version=0),
            set_origin=None,
            param=lambda name, default=0.0: default,
            personality=SimpleNamespace(
                shown_modes=lambda: (self.mode_number, self.mode_number),
                standard_mode=lambda number: 0,
                mission_shown=lambda: None,
                landed_as=lambda: 0 if self.kind == "rover" else None,
            ),
        )

    @property
    def status(self) -> SimpleNamespace:
        failed = (0 if self.prearm_ok else Sensor.PREARM_CHECK) | (Sensor.BATTERY if self.battery_level else 0)
        return SimpleNamespace(
            system=self.system_status,
            base_mode=self.base_mode,
            sensors_enabled=self.sensors_enabled,
            sensors_present=self.sensors_enabled | self.sensors_present,
            sensors_failed=failed,
        )

    @property
    def modes(self) -> SimpleNamespace:
        mode = SimpleNamespace(takes_targets=self.mode_number == vehicle_class("copter").modes.guided)
        spec = SimpleNamespace(autopilot=bool(self.base_mode & 8))
        return SimpleNamespace(
            number=self.mode_number, intended=self.mode_number, revision=self.modes_revision, mode=mode, spec=spec
        )

    @property
    def helm(self) -> SimpleNamespace:
        return SimpleNamespace(target=None)

    @property
    def sticks(self) -> SimpleNamespace:
        return SimpleNamespace(pulses=self.radio_pulses)

    @property
    def fence(self) -> SimpleNamespace:
        return SimpleNamespace(breach=self.fence_breach, enabled=self.fence_enabled)

    @property
    def failsafes(self) -> SimpleNamespace:
        return SimpleNamespace(battery_level=self.battery_level, sticks=SimpleNamespace(lost=False))


@dataclass(frozen=True)
class Heard:
    """A message that a ground station read on a link, and when (vehicle time, ms)."""

    time_ms: int
    link: int
    message: Message

    @property
    def name(self) -> str:
        return str(self.message.get_type())


class Bench:
    """Core, endpoint and service; `run` moves time by ticks or by deadlines and reads what the links send."""

    def __init__(self, core: FakeCore | None = None, *, compiled: bool = False, **options: Any) -> None:
        self.core = core or FakeCore()
        self.endpoint = Endpoint(1)
        self.service = TelemetryService(cast(Any, self.core), self.endpoint, Identity(self.core.kind), **options)
        if compiled:
            assert self.service.load()
        self.endpoint.add_service(self.service)
        self.now_ms = 0
        self.wake_ups = 0
        self.heard: list[Heard] = []
        self.bytes: dict[int, bytes] = {}
        self._parsers: dict[int, MessageReader] = {}

    def open(self, *, quiet: bool = False, **options: Any) -> int:
        link = self.endpoint.open_link("test", quiet=quiet)
        self.service.open_link(link, **options)
        self._parsers[link], self.bytes[link] = MessageReader(), b""
        return link

    def close(self, link: int) -> None:
        self.read()
        self.endpoint.close_link(link)

    def request_stream(self, link: int, group: int, hz: int, start: int = 1) -> None:
        message = dialect.MAVLink_request_data_stream_message(1, 1, group, hz, start)
        self.service.handle_message(message, Peer(link, GCS, 190), self.now_ms)

    def events(self, *events: object) -> list[Heard]:
        """The core announces `events` now; what the links hear of it before anything else."""
        before = len(self.heard)
        self.service.handle_events(list(events), self.now_ms)
        self.read()
        return self.heard[before:]

    def run(self, until_ms: int, *, by_ticks: bool = False) -> None:
        """Until `until_ms` inclusive."""
        while True:
            self.core.vehicle.state.report[r.TIME_MS] = self.now_ms
            self.wake_ups += 1
            self.endpoint.handle_timeouts(0, self.now_ms)
            self.read()
            following = self.now_ms + 20
            if not by_ticks:
                deadline = self.endpoint.next_deadlines()[1]
                following = until_ms + 20 if deadline is None else max(following, -(-deadline // 20) * 20)
            if following > until_ms:
                self.now_ms = until_ms
                return
            self.now_ms = following

    def read(self) -> None:
        for link in self.endpoint.links():
            data = self.endpoint.take_bytes(link)
            self.bytes[link] += data
            for message in self._parsers[link].parse_buffer(data):
                self.heard.append(Heard(self.now_ms, link, message))

    def times(self, name: str, link: int | None = None) -> list[int]:
        """When this message was heard."""
        return [one.time_ms for one in self.of(name, link)]

    def of(self, name: str, link: int | None = None) -> Iterator[Heard]:
        return (one for one in self.heard if one.name == name and link in (None, one.link))

    def last(self, name: str) -> Message:
        return [*self.of(name)][-1].message
