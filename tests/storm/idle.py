"""Standing time, and old age. A real vehicle stands for most of its hours: an idle stretch lasts hours to days, in
which stations have hung up or only HEARTBEATs go, from deadline to deadline, and now and then something happens. What
no stretch reaches is drawn as an age and a date: a process that has been up for weeks when the storm begins, and a
calendar that is about to turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from tests.storm.process import Died
from tests.storm.station import Script, Station, dialect
from tests.storm.swarm import ActPlan, FaultPlan, StormPlan, tick

if TYPE_CHECKING:
    from tests.storm.world import Storm

IDLE = "idle"
HOUR_MS = 3_600_000
HOURS = (1, 1, 3, 3, 8, 8, 24, 72)
"""Of vehicles together: twenty stand for a twentieth as long."""
HEARTBEATS_MS = 2 * HOUR_MS
"""In a longer stretch everybody hangs up."""
VISIT_MS = 60_000
AGES_MS = (1 << 24, (1 << 32) // 1000, 1 << 31, 1 << 32)
"""Vehicle times at which a number turns: whole ms in a float32, us in 32 bits, ms in 31 and in 32."""
DATES_S = (
    1_767_311_982, 1_767_484_782, 1_798_761_600, 1_835_395_200, 2_147_483_648, 2_174_083_182,
)  # fmt: skip
"""UTC, s: GPS's midnight (18 s before UTC's), its week, a year, a leap day, 31 bits of s, 1024 weeks (2038)."""
EPOCH_S = 1_767_225_600
_HAPPENS = ("visit", "visit", "visit", "kill", "power cut", "clock")
_ASKED = (
    "greet", "list parameters", "upload mission", "download mission", "set parameter", "burst", "STATUS", "fly",
    "every message",
)  # fmt: skip


def with_idle_time(plan: StormPlan) -> StormPlan:
    """The plan with stretches, an age and a date, as its seed has them."""
    random, count = Random(f"idle {plan.seed}"), len(plan.vehicles)
    end_ms = plan.minutes * 60_000
    stretches = [
        FaultPlan(
            tick(random.uniform(10_000, end_ms)),
            IDLE,
            random.choice(HOURS) * HOUR_MS // count,
            value=random.randrange(1 << 20),
        )
        for _ in range(random.choice((0, 1, 1, 1, 2)))
    ]
    age_ms, epoch_ms = 0, 0
    if random.random() < 0.4:
        age_ms = tick(random.choice(AGES_MS) - random.uniform(10_000, end_ms))
    if random.random() < 0.4:
        epoch_ms = round((random.choice(DATES_S) - EPOCH_S) * 1000 - random.uniform(10_000, end_ms))
    faults = tuple(sorted((*plan.faults, *stretches), key=lambda fault: fault.at_ms))
    return replace(plan, faults=faults, age_ms=max(age_ms, 0), epoch_ms=max(epoch_ms, 0))


class Idle:
    """Stretches of a storm."""

    def __init__(self, storm: Storm) -> None:
        self._storm = storm
        self._gone: list[Station] | None = None
        """Who comes back behind this stretch, of one in which everybody has hung up."""
        self._silent: list[Station] = []
        """Who has no streams in this stretch."""

    def come_back(self, station: Station) -> None:
        """A station that was gone before connects; in a stretch in which nobody is there for a minute only, for days of
        streams see nothing new."""
        self._storm.connect(station)
        if self._gone is not None and station not in self._gone:
            self._gone.append(station)
            self._storm.at_ms(self._storm.now_ms + VISIT_MS, self._leaving(station, self._gone))

    def _leaving(self, station: Station, gone: list[Station]) -> Callable[[], None]:
        def leave() -> None:
            if self._gone is gone:
                station.drop_all()
                self._storm.hang_up(station)

        return leave

    def begin(self, fault: FaultPlan) -> Callable[[], None]:
        """Everybody goes, or falls silent; what was planned waits. Returns what ends it."""
        storm, random = self._storm, Random(f"stretch {fault.value}")
        there = [station for station in storm.stations if station.name in storm.wanted]
        silent = fault.lasts_ms <= HEARTBEATS_MS and random.random() < 0.5
        # Who has no key asks in vain for silence; radios report each HEARTBEAT, for hours.
        self._silent = [station for station in there if not (station.intruder or station.radio)] if silent else []
        for station in there:
            station.drop_all()
            if station not in self._silent:
                storm.hang_up(station)
        self.fall_silent()
        storm.put_off(fault.lasts_ms, but_ends=True)
        for _ in range(random.randint(0, 2) + fault.lasts_ms // (12 * HOUR_MS)):
            at_ms = storm.now_ms + tick(random.uniform(0, fault.lasts_ms))
            storm.at_ms(at_ms, self._happening(random.choice(_HAPPENS), random.randrange(1 << 20), there))
        self._gone = None if silent else there

        def end() -> None:
            self._gone, self._silent = None, []
            for station in there:
                storm.connect(station)
                station.do("streams", lambda station=station: _streams(station, on=True))

        return end

    def fall_silent(self) -> None:
        """Have no streams in a silent stretch; again after each start, when a vehicle streams to everybody."""
        for station in self._silent:
            station.do("no streams", lambda station=station: _streams(station, on=False))

    def _happening(self, what: str, value: int, there: list[Station]) -> Callable[[], None]:
        def happen() -> None:
            storm = self._storm
            storm.story.say(storm.now_ms, "idle", what)
            for view in storm.views:
                view.struck(f"{IDLE}: {what}")
            match what:
                case "kill":
                    raise Died
                case "power cut":  # as when the battery is changed
                    storm.die(power=True)
                case "clock":
                    storm.clock_ms = Random(value).choice((-400, -1, 1, 400)) * 24 * HOUR_MS
                case _ if there:
                    self._visit(there[value % len(there)], value)

        return happen

    def _visit(self, station: Station, value: int) -> None:
        """Somebody looks in for a minute."""
        storm, random = self._storm, Random(value)
        stays = station.name in storm.wanted
        storm.connect(station)
        number = storm.stations.index(station)
        for what in random.sample(_ASKED, 2):
            storm.acting.begin(ActPlan(storm.now_ms, number, what, random.randrange(1 << 30)), number)

        def leave() -> None:
            station.drop_all()
            storm.hang_up(station)

        if not stays:
            storm.at_ms(storm.now_ms + VISIT_MS, leave)


def _streams(station: Station, *, on: bool) -> Script:
    """Ask for all streams, or for none."""
    station.send(dialect.MAVLink_request_data_stream_message(*station.target, 0, 4, int(on)))
    yield from station.sleep(200)
