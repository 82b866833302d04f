"""What fails in a storm: links, disk, process, sensors, clocks. Each fault begins, and most of them end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sortie.config.faults import Fault
from tests.storm.acting import PRESSED
from tests.storm.idle import Idle
from tests.storm.medium import Air
from tests.storm.process import Died
from tests.storm.station import Station
from tests.storm.swarm import FaultPlan

if TYPE_CHECKING:
    from tests.storm.world import Storm

_CUTS = {"partition": {0, 1}, "deaf": {1}, "mute": {0}}
_DELAYS_MS = (20, 200, 1_000, 4_000)
ACTORS = ("motor.arm", "motor.disarm", "motor.arm:hang", "altitude.reset", "rate.reset:hang", "waypoint.reset")
_JUMPS_MS = (-400 * 86_400_000, -3_600_000, -70_000, -1_000, 1_000, 50_000, 7_200_000)
"""By which a clock is set: back before its last battery, by time zones, by seconds of GPS."""


class Faults:
    """See the module. `kill_at`: frames that have yet to come from a station before the process dies."""

    def __init__(self, storm: Storm) -> None:
        self._storm = storm
        self.idle = Idle(storm)
        self.kill_at: dict[str, int] = {}

    def strike(self, fault: FaultPlan) -> None:
        """Begin a fault, and end it when its time is over."""
        storm = self._storm
        storm.story.say(storm.now_ms, "fault", f"{fault.what} {fault.target} for {fault.lasts_ms} ms")
        for view in storm.views:
            view.struck(fault.what)
        if fault.what in PRESSED and not storm.over:
            storm.acting.press(fault.what, fault.target, fault.value)
        end = self._begin(fault)
        if end is not None:
            storm.at_ms(storm.now_ms + fault.lasts_ms, end)

    def _begin(self, fault: FaultPlan) -> Callable[[], None] | None:
        """What ends it; None: nothing has to."""
        storm, disk = self._storm, self._storm.disk
        match fault.what:
            case "partition" | "deaf" | "mute":
                return self._cut(storm.stations[fault.target], _CUTS[fault.what])
            case "bad air":
                return self._spoil(storm.stations[fault.target])
            case "disk slow":
                storm.disk_delay_ms = _DELAYS_MS[fault.value % 4]
                return self.end_of_slowness
            case "disk full":
                disk.full = True
                return self.end_of_fullness
            case "write fails":
                disk.fails_at = disk.operations + 1 + fault.value % 6
            case "die in a write":
                disk.dies_at = disk.operations + 1 + fault.value % 8
            case "die before telling" if storm.process is not None:
                storm.process.disk_node.dies_before_telling = True
            case "kill at a frame":
                self.kill_at[storm.stations[fault.target].name] = 1 + fault.value % 12
            case "kill":
                raise Died
            case "station gone":
                return self._take_away(storm.stations[fault.target])
            case "clock jumps":
                storm.stations[fault.target].set_clock(_JUMPS_MS[fault.value % len(_JUMPS_MS)])
            case "own clock jumps":  # a machine whose clock has no battery
                storm.clock_ms = _JUMPS_MS[fault.value % len(_JUMPS_MS)]
            case "night":
                return self._leave_alone(fault.lasts_ms)
            case "idle":
                return self.idle.begin(fault)
            case "actor":
                return self._inject(fault.target, ACTORS[fault.value % len(ACTORS)])
            case "gps.loss" | "rc.loss" | "link.loss":
                return self._inject(fault.target, fault.what)
        return None

    def came(self, station: Station) -> None:
        """A frame has come from this station: the process may die of it."""
        left = self.kill_at.get(station.name)
        if left is None:
            return
        self.kill_at[station.name] = left - 1
        if left <= 1:
            del self.kill_at[station.name]
            raise Died

    def end_all(self) -> None:
        """The storm is over: what was drawn and has not happened does not."""
        self.end_of_slowness()
        self.end_of_fullness()
        self._storm.disk.dies_at = self._storm.disk.fails_at = None
        if self._storm.process is not None:
            self._storm.process.disk_node.dies_before_telling = False
        self.kill_at.clear()

    def end_of_slowness(self) -> None:
        self._storm.disk_delay_ms = 0
        if self._storm.process is not None:
            self._storm.process.disk_node.hurry()

    def end_of_fullness(self) -> None:
        self._storm.disk.full = False

    def _leave_alone(self, lasts_ms: int) -> Callable[[], None]:
        """Nobody is there for hours; what was planned waits."""
        storm = self._storm
        there = [station for station in storm.stations if station.name in storm.wanted]
        for station in there:
            storm.hang_up(station)
        storm.put_off(lasts_ms)

        def end() -> None:
            for station in there:
                storm.connect(station)

        return end

    def _take_away(self, station: Station) -> Callable[[], None]:
        self._storm.hang_up(station)

        def end() -> None:
            self.idle.come_back(station)

        return end

    def _cut(self, station: Station, sides: set[int]) -> Callable[[], None] | None:
        link = station.link
        if link is None:
            return None
        link.cut |= sides

        def mend() -> None:
            link.cut -= sides

        return mend

    def _spoil(self, station: Station) -> Callable[[], None] | None:
        link = station.link
        if link is None:
            return None
        before = link.air
        link.set_air(Air(0.5, 0.3, 0.4, 0.2, 300))
        return lambda: link.set_air(before)

    def _inject(self, number: int, name: str) -> Callable[[], None] | None:
        storm, process = self._storm, self._storm.process
        if process is None:
            return None
        service = storm.service(number)
        name, _, value = name.partition(":")
        service.faults.add(Fault(name, value or None), service.now_ms)
        process.runtime.settle()

        def end() -> None:
            if storm.process is process:
                storm.service(number).faults.end(name, service.now_ms)

        return end
