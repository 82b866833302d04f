"""Memory of the skimmer controller, its commands to the craft, and its statuses."""

from __future__ import annotations

from operator import attrgetter
from typing import Protocol

from msgspec import Struct, field

from depot.messages import FAR, MissionPlan, Status
from depot.names import SkimmerMode, SkimmerStage
from depot.physics.engines import ThrustCommand
from depot.readings import SkimmerReading
from depot.settings import HeartbeatSettings
from depot.skimmer.guidance import Guidance, GuidanceMemory

ACK_EVERY = 8
"""Heartbeats between two that ask for an acknowledgement."""


_READ = frozenset(SkimmerReading.__struct_fields__) - {"mode", "place"}  # a status has another mode and place
_AS_READ = tuple(name for name in Status.__struct_fields__ if name in _READ)
"""Fields of a status with the same names in the skimmer's reading."""
_values = attrgetter(*_AS_READ)
_NEVER = 1 << 60
"""Deadline that never comes. The opening of the window is an event of the world."""


class SkimmerVehicle(Protocol):
    """Commands of the skimmer controller to its vehicle."""

    def skimmer_reading(self) -> SkimmerReading: ...
    def whereabouts(self) -> tuple[float, float, float] | None:
        """Latitude, longitude (degrees), altitude (m above mean sea level); None: unknown."""

    def set_mode(self, mode: SkimmerMode) -> None:
        """Select the powered buses and their loads."""

    def shed(self, on: bool) -> None:
        """Switch the secondary loads off or on."""

    def configure(self) -> None:
        """Power what a launch needs and nothing else."""

    def undock(self) -> None:
        """Open the latches and leave the dock without a burn."""

    def initial_burn(self) -> None:
        """Begin the departure burn, clear of the depot."""

    def fire(self, command: ThrustCommand) -> None:
        """Fire a thruster of a craft without an autopilot."""

    def start_harvest(self, target_kg: float) -> None: ...
    def turn_back(self) -> None: ...
    def approach(self) -> None: ...
    def dispose(self) -> None: ...
    def stand_aside(self) -> None:
        """Command nothing and harvest nothing: another party controls the vehicle."""

    def resume(self) -> None:
        """Fly the plan again after control was returned on the way out or in the harvest."""


class SkimmerMemory(Struct):
    """Memory of the skimmer controller. Times are ms since the loop began. `verified`: number of the plan for which the
    craft was configured and its sensors were found working."""

    stage: SkimmerStage = SkimmerStage.DOCKED
    mode: SkimmerMode = SkimmerMode.DOCKED
    plan: MissionPlan | None = None
    verified: int = 0
    flown: int = 0  # number of the plan that was last launched
    trigger: int = 0
    trips: int = 0
    recalled: bool = False
    # party in control, until control is returned or the next launch
    controlled_by: str = field(default="", name="taken")
    seq: int = 0
    urgent_seq: int = 0  # oldest status that must be acknowledged
    repeat_ms: int | None = None
    repeat_gap_ms: int = 0
    beat_ms: int = 0
    heard_ms: int = 0
    boot_ms: int = 0
    harvest_until_ms: int | None = None
    shed: bool = False  # secondary loads are off
    least_fuel: float = FAR  # smallest margin of this flight, as a fraction of the need
    least_power: float = FAR
    out: list[Status] = field(default_factory=list)
    silent: bool = False  # the comms window is closed
    unsent: list[Status] = field(default_factory=list, name="held")  # statuses that are sent when it opens
    guidance: GuidanceMemory = field(default_factory=GuidanceMemory)


class Reports:
    """Sender of statuses: every T_HEARTBEAT, and at each change until the depot acknowledges it."""

    def __init__(
        self, memory: SkimmerMemory, vehicle: SkimmerVehicle, beats: HeartbeatSettings, guidance: Guidance | None
    ) -> None:
        self.memory = memory
        self._craft = vehicle
        self._beats = beats
        self._guidance = guidance

    def reading(self, now_ms: int) -> SkimmerReading:
        """Sensor readings, and the distance from the planned track."""
        reading = self._craft.skimmer_reading()
        if self._guidance is not None:
            reading.drift_m = max(reading.drift_m, self._guidance.off_way_m(reading, now_ms))
        return reading

    def take(self) -> list[Status]:
        out, self.memory.out = self.memory.out, []
        return out

    def acknowledged(self, seq: int) -> None:
        """Note that the depot has status `seq`."""
        memory = self.memory
        if memory.repeat_ms is not None and (seq - memory.urgent_seq) & 0xFFFF < 0x8000:
            memory.repeat_ms = None

    def undocked(self, now_ms: int) -> None:
        """Start the sortie's time and its heartbeats."""
        self.memory.boot_ms = now_ms
        self.memory.least_fuel = self.memory.least_power = FAR
        self.memory.beat_ms = now_ms + self._period_ms

    def measure(self, reading: SkimmerReading) -> None:
        """Keep the smallest margins of the flight."""
        memory = self.memory
        if reading.fuel_need_kg > 0.0:
            memory.least_fuel = min(memory.least_fuel, reading.fuel_kg / reading.fuel_need_kg - 1.0)
        if reading.power_need_wh > 0.0:
            memory.least_power = min(memory.least_power, reading.power_wh / reading.power_need_wh - 1.0)

    def next_ms(self) -> int:
        """Time of the next status, ms since the loop began."""
        memory = self.memory
        if memory.silent:
            return _NEVER
        return memory.beat_ms if memory.repeat_ms is None else min(memory.beat_ms, memory.repeat_ms)

    def due(self, reading: SkimmerReading, now_ms: int) -> None:
        """Repeat a status without acknowledgement, and send a heartbeat that is due."""
        memory = self.memory
        memory.silent, before = not reading.link_open, memory.silent
        if memory.silent:
            return
        if before:  # the window has opened: first send these statuses, in order
            memory.out += memory.unsent
            memory.unsent = []
        if memory.repeat_ms is not None and now_ms >= memory.repeat_ms:
            memory.repeat_gap_ms = min(2 * memory.repeat_gap_ms, self._period_ms)
            memory.repeat_ms = now_ms + memory.repeat_gap_ms
            self.report(now_ms, reading)
        if now_ms >= memory.beat_ms:
            memory.beat_ms = now_ms + self._period_ms
            if reading.transmits:
                self.report(now_ms, reading, ask=memory.seq % ACK_EVERY == 0)

    def announce(self, now_ms: int, reading: SkimmerReading | None = None) -> None:
        """Send a status and repeat it until it is acknowledged."""
        memory = self.memory
        memory.repeat_gap_ms = round(self._beats.poll_s * 1000.0)
        memory.repeat_ms = now_ms + memory.repeat_gap_ms
        memory.urgent_seq = (memory.seq + 1) & 0xFFFF
        self.report(now_ms, reading)

    def report(self, now_ms: int, reading: SkimmerReading | None = None, *, ask: bool = False) -> None:
        """Send one status of the present state; without power none."""
        memory = self.memory
        r = reading or self.reading(now_ms)
        if not r.powered:
            return
        memory.seq = (memory.seq + 1) & 0xFFFF
        (memory.out if r.link_open else memory.unsent).append(
            Status(
                seq=memory.seq,
                boot_ms=max(now_ms - memory.boot_ms, 0),
                stage=memory.stage,
                mode=memory.mode,
                wants_ack=ask or memory.repeat_ms is not None,
                taken_over=bool(memory.controlled_by),
                trigger=memory.trigger,
                trips=memory.trips,
                plan=memory.flown,
                loaded=0 if memory.plan is None else memory.plan.number,
                least_fuel=memory.least_fuel,
                least_power=memory.least_power,
                place=self._craft.whereabouts(),
                **dict(zip(_AS_READ, _values(r), strict=True)),
            )
        )

    @property
    def _period_ms(self) -> int:
        return round(self._beats.period_s * 1000.0)
