"""A storm: vehicles in a process that may die, stations around it, faults; all in one virtual time, from a plan."""

from __future__ import annotations

import heapq
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from random import Random
from types import SimpleNamespace
from unittest.mock import patch

from autopilot.interface.geo import GeoPoint
from mavlink_bridge.wire import codec
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US
from sortie.config.errors import UserError
from sortie.config.values import DEFAULT_HOME
from sortie.config.vehicle_spec import VehicleSpec
from sortie.nodes.vehicle import VehicleService
from sortie.storage.rows import ALONE, Entry
from tests.storm import invariants as _all_invariants
from tests.storm.acting import Acting
from tests.storm.disk import mounted
from tests.storm.faults import Faults
from tests.storm.invariant import Broken
from tests.storm.keys import FOREIGN_KEY, KEY
from tests.storm.medium import Air, StormLink, StormRadio
from tests.storm.models import BY_NAME, MAVPROXY, RESCUER
from tests.storm.packages import PackageError, installed
from tests.storm.process import Died, Machine, Process, Simulated
from tests.storm.station import Station
from tests.storm.story import Story
from tests.storm.swarm import TICK_MS, StormPlan, VehiclePlan
from tests.storm.verdict import Verdict
from tests.storm.view import View

assert _all_invariants
HOME = GeoPoint(*DEFAULT_HOME[:3])
RECOVERY_MS = 30 * 60_000
"""After the last fault all have landed, or the reason is named."""
START_MS = 60_000
"""In which a process that died or rebooted last is there again."""
CLOSING_MS = 8_000
"""In which a flight that is over is closed."""
_ENDS = frozenset(("start", "end", "mend", "end_of_slowness", "end_of_fullness"))
CLOCKS_MS = (0, -3_600_000, -400 * 86_400_000)
RESTART_MS = (200, 1_000, 5_000)


class Storm:
    """See the module. `directory`: where the lock and the key of the process lie; its database is on the simulated
    disk."""

    def __init__(self, plan: StormPlan, directory: Path, machine: Machine) -> None:
        self.plan, self.machine = plan, machine
        self.story = Story()
        self.now_ms = 0
        self.random = Random(f"world {plan.seed}")
        self.directory = directory
        self.disk = machine.disk
        self.disk_delay_ms = 0
        self.process: Process | None = None
        self.over = False
        self.vehicle_ms = self.flown_ms = self.steps = 0
        self.stations = [
            Station(f"{each.model}/{number}", BY_NAME[each.model], self.story, each.vehicle)
            for number, each in enumerate(plan.stations)
        ]
        for number, (station, each) in enumerate(zip(self.stations, plan.stations, strict=True)):
            station.trusted, station.intruder, station.radio = each.trusted, each.intruder, each.radio
            station.epoch_ms = plan.epoch_ms
            if plan.signed and each.signs:
                station.use_key(FOREIGN_KEY if each.intruder else KEY, number + 1)
        self.airs = {station.name: each.air for station, each in zip(self.stations, plan.stations, strict=True)}
        self.at = {station.name: each.vehicle for station, each in zip(self.stations, plan.stations, strict=True)}
        self.wanted = {station.name for station in self.stations}
        """Stations that are on their links, as soon as there is a process."""
        self.views = [View(self, number, vehicle) for number, vehicle in enumerate(plan.vehicles)]
        self.acting = Acting(self)
        self._by_label = {view.label: view for view in self.views}
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._end_ms = round(plan.minutes * 60_000)
        self._links = 0
        self.faults = Faults(self)
        self.clock_ms = 0
        """By which the machine's clock is wrong."""
        self.tape: deque[bytes] = deque(maxlen=400)
        """What stations have signed."""

    # --- facts ----------------------------------------------------------------------------------------------------
    def service(self, number: int) -> VehicleService:
        """Of a vehicle, now. Died: there is no process."""
        if self.process is None:
            raise LookupError("no process")
        return self.process.vehicles.members[number].service

    def unix_us(self) -> int:
        """UTC by the machine's clock."""
        return VIRTUAL_EPOCH_US + (self.plan.epoch_ms + self.process_ms + self.clock_ms) * 1000

    def specs(self) -> list[VehicleSpec]:
        """As a person would have asked for them."""
        alone = len(self.plan.vehicles) == 1
        return [self._spec(number, vehicle, alone=alone) for number, vehicle in enumerate(self.plan.vehicles)]

    def _spec(self, number: int, vehicle: VehiclePlan, *, alone: bool) -> VehicleSpec:
        home = GeoPoint(HOME.lat + 0.0004 * number, HOME.lon, HOME.alt)
        return VehicleSpec(
            vehicle.kind,
            None if alone else number + 1,
            home,
            float(DEFAULT_HOME[3]),
            vehicle.seed,
            param=vehicle.params,
            firmware=vehicle.firmware,
            number=number,
            alone=alone,
        )

    # --- time -----------------------------------------------------------------------------------------------------
    def at_ms(self, at_ms: int, act: Callable[[], None]) -> None:
        """Call `act` at this time, to the tick."""
        self._order += 1
        heapq.heappush(self._events, (-(-at_ms // TICK_MS) * TICK_MS, self._order, act))

    def put_off(self, by_ms: int, *, but_ends: bool = False) -> None:
        """All that is planned happens later by so much; `but_ends`: what ends or comes back by itself does not wait."""
        self._events = [
            (at_ms if but_ends and act.__name__ in _ENDS else at_ms + by_ms, order, act)
            for at_ms, order, act in self._events
        ]
        heapq.heapify(self._events)
        self._end_ms += by_ms

    def run(self) -> Verdict[StormPlan]:
        """To its end, or to the first invariant that does not hold."""
        broken, machine = None, self.machine
        with mounted(str(self.directory), self.disk), ExitStack() as stack:
            stack.callback(self._close)
            try:
                self._prepare()
                while self.now_ms < self._end_ms:
                    self._pass_until(self._end_ms)
                self._recover()
                machine.leave(self)
            except Broken as reason:
                broken = reason
                self.story.say(self.now_ms, "INVARIANT", str(reason))
        vehicle_s = self.vehicle_ms * len(self.plan.vehicles) / 1000.0
        return Verdict(self.plan, broken, self.story, vehicle_s, self.now_ms, self.flown_ms / 1000.0, self.steps)

    def _prepare(self) -> None:
        self.start()
        for number, act in enumerate(self.plan.acts):
            self.at_ms(act.at_ms, lambda act=act, number=number: self.acting.begin(act, number))
        for fault in self.plan.faults:
            self.at_ms(fault.at_ms, lambda fault=fault: self.faults.strike(fault))

    def _pass_until(self, end_ms: int, done: Callable[[], bool] = lambda: False) -> None:
        while self.now_ms < end_ms and not done():
            limit_ms = min(end_ms, self._events[0][0] if self._events else end_ms)
            if limit_ms > self.now_ms:
                self._step(limit_ms)
            while self._events and self._events[0][0] <= self.now_ms:
                self._live(heapq.heappop(self._events)[2])
            for view in self.views:
                view.passed()

    def _live(self, act: Callable[[], None]) -> None:
        """Do what may kill the process."""
        try:
            act()
            if self.process is not None and self.disk.dead:  # in a write that the program waited for
                raise Died
        except Died:
            self.die()

    def _step(self, limit_ms: int) -> None:
        """Time passes to the next thing that happens, at most to `limit_ms`."""
        away = [station for station in self.stations if station.process is None]
        dues = [due for station in away if (due := station.due_ms()) is not None]
        limit_ms = min([limit_ms, *(max(-(-due // TICK_MS) * TICK_MS, self.now_ms + TICK_MS) for due in dues)])
        if self.process is None:
            self.now_ms = self.machine.rest(limit_ms)
        else:
            self._live(lambda: self._run_process(limit_ms))
        for station in away:
            station.look(self.now_ms)

    def _run_process(self, limit_ms: int) -> None:
        assert self.process is not None
        before = self.process.runtime.now_ms
        try:
            self.process.runtime.step(limit_ms - self.process.base_ms)
            self._write_without_wires()
        finally:
            self.now_ms = max(self.now_ms, self.process.storm_ms)
            passed_ms = self.process.runtime.now_ms - before
            self.vehicle_ms += passed_ms
            self.flown_ms += passed_ms * sum(view.flies for view in self.views)
            self.steps += 1

    def _write_without_wires(self) -> None:
        """Let the disk go on where no station is on a wire. When it is done it wakes the program."""
        assert self.process is not None
        if self.machine.real:
            return
        store, runtime = self.process.store, self.process.runtime
        waited = store.waiting
        self.process.disk_node.serve_links(runtime.now_ms)
        if waited and not store.waiting:
            runtime.settle()

    # --- the process ----------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Switch it on; where its state cannot be used, again after a while."""
        try:
            key = KEY if self.plan.signed else None
            self.process = self.machine.begin(
                self.specs(),
                self.directory,
                self.disk,
                self.now_ms,
                self,
                self._delay,
                self.unix_us,
                key,
                self.plan.age_ms,
            )
        except UserError as error:
            why = str(error).replace(str(self.directory), "STATE")  # the folder is not the seed's
            self.story.say(self.now_ms, "process", f"does not start: {why}")
            for view in self.views:
                view.refused(str(error))
            self.disk.full = False
            if self.disk.dead:
                self.disk.crash(power=self.plan.power)
            self.at_ms(self.now_ms + 5_000, self.start)
            return
        self.now_ms = max(self.now_ms, self.process.storm_ms)
        self.story.say(self.now_ms, "process", f"starts, number {self.story.deaths + 1}")
        for view in self.views:
            view.started(self.process)
        if self.disk.dead:  # in what it wrote first: some of it may be on the disk
            self.die()
            return
        for station in self.stations:
            if station.name in self.wanted:
                self.connect(station)
            if station.intruder and self.story.deaths:  # what was heard in the life before may be heard anew
                station.do("replay", partial(self.acting.replay, station, Random(f"replay {self.story.deaths}")))
        self.faults.idle.fall_silent()

    def _delay(self) -> int:
        return self.disk_delay_ms

    def connect(self, station: Station) -> None:
        """On a new link, if there is a process."""
        self.wanted.add(station.name)
        if self.process is None or station.process is not None:
            return
        self._links += 1
        seed, air = self.plan.seed * 1000 + self._links, self.airs[station.name]
        link = StormRadio(station.radio, seed, air) if station.radio else StormLink(seed, air)
        station.firmware = self.views[self.at[station.name]].firmware
        self.process.connect(station, self.at[station.name], link, trusted=station.trusted)

    def hang_up(self, station: Station) -> None:
        """Leave, until it connects again."""
        self.wanted.discard(station.name)
        if self.process is not None and station.process is not None:
            self.process.hang_up(station)

    def die(self, *, power: bool | None = None) -> None:
        """It is gone now; a supervisor starts it again. `power`: with it or not; None: as the plan has it."""
        process = self.process
        if process is None:
            return
        self.story.deaths += 1
        power = self.plan.power if power is None else power
        if power and self.plan.signed:  # the clock of a machine without a battery for it
            self.clock_ms = Random(f"clock {self.plan.seed} {self.story.deaths}").choice(CLOCKS_MS)
        self.now_ms = -(-max(self.now_ms, process.storm_ms) // TICK_MS) * TICK_MS
        self.story.say(self.now_ms, "process", "dies, with the power" if power else "dies")
        process.die(power=power)
        self.process = None
        for view in self.views:
            view.died()
        self.disk.full = False
        self.at_ms(self.now_ms + self.random.choice(RESTART_MS), self.start)

    # --- witness --------------------------------------------------------------------------------------------------
    def submitted(self, ticket: int, vehicle: str, change: Entry) -> None:
        view = self._by_label.get(vehicle)
        if view is not None:
            view.ledger.submit(ticket, change)

    def settled(self, durable: int) -> None:
        if self.process is not None and not self.disk.dead:
            for view in self.views:
                view.ledger.settle(durable, self.process.store.failure)

    def left(self, number: int, station: Station, data: bytes, frames: Sequence[bytes]) -> None:
        self.story.hear(self.process_ms, data)
        self.views[number].left(station, frames)

    def came(self, number: int, station: Station, data: bytes) -> None:
        self.story.hear(self.process_ms, data)
        self.faults.came(station)
        if station.signer is not None and not station.intruder:
            self.tape.append(data)

    @property
    def process_ms(self) -> int:
        """The storm's time within a pass."""
        return self.now_ms if self.process is None else self.process.storm_ms

    def raised(self, error: Exception, where: str) -> None:
        """A service has raised."""
        if isinstance(error, Broken):
            raise error
        if isinstance(error, PackageError):
            self.story.say(self.now_ms, "package", f"raises in {where}")
            return
        raise Broken("no service raises", f"{where}: {type(error).__name__}: {error}")

    # --- the end --------------------------------------------------------------------------------------------------
    def _recover(self) -> None:
        """All faults end, and a patient person with a good link brings everybody home."""
        self.over = True
        self._events = [event for event in self._events if event[2].__name__ in _ENDS]
        heapq.heapify(self._events)
        self.faults.end_all()
        for station in self.stations:
            station.drop_all()
            self.hang_up(station)
        self._pass_until(self.now_ms + 6_000)
        self._pass_until(self.now_ms + START_MS, lambda: self.process is not None)
        if self.process is None:
            raise Broken("a service starts after any death", "it did not, with all faults over")
        rescuers = [self._rescuer(view.number) for view in self.views]
        self._pass_until(self.now_ms + START_MS, lambda: all(map(self._hears, self.views, rescuers)))
        if not all(map(self._hears, self.views, rescuers)):
            raise Broken("a service starts after any death", "a vehicle is not heard, with all faults over")
        for view, rescuer in zip(self.views, rescuers, strict=True):
            self.acting.rescue(rescuer, view.number)
        self._pass_until(self.now_ms + RECOVERY_MS, lambda: not any(rescuer.busy for rescuer in rescuers))
        self._pass_until(self.now_ms + CLOSING_MS)
        for view, rescuer in zip(self.views, rescuers, strict=True):
            view.ended(rescuer)

    def _rescuer(self, number: int) -> Station:
        """Who looks after a vehicle, connected to it or, while it reboots, about to be."""
        service = self.service(number)
        for fault in service.faults.active:
            service.faults.end(fault.name, service.now_ms)
        model = RESCUER if self.machine.real else MAVPROXY
        rescuer = Station(f"rescuer/{number}", model, self.story, number)
        self.stations.append(rescuer)
        self.airs[rescuer.name], self.at[rescuer.name] = Air(), number
        self.connect(rescuer)
        return rescuer

    @staticmethod
    def _hears(view: View, rescuer: Station) -> bool:
        """Has it had a HEARTBEAT on its link? Before, nobody knows whether the motors run."""
        return rescuer.link is not None and "beat" in view.peer(rescuer).memory

    def _close(self) -> None:
        if self.process is not None:
            with suppress(Broken):  # something is broken already: what still arrives says nothing new
                self.process.die(power=False)
            self.process = None


def run(plan: StormPlan) -> Verdict[StormPlan]:
    """Run a storm. What its vehicles tell of their computer (ONBOARD_COMPUTER_STATUS) is the storm's, not ours."""
    disk = SimpleNamespace(total=1 << 36, used=1 << 35, free=1 << 35)
    with (
        tempfile.TemporaryDirectory(prefix="storm-") as directory,
        patch("shutil.disk_usage", lambda _: disk),
        patch("sortie.nodes.computer._memory_mib", lambda: 80),
        ExitStack() as stack,
    ):
        if plan.package:
            stack.enter_context(installed(plan.seed))
        return Storm(plan, Path(directory), Simulated(plan.seed)).run()


__all__ = ["ALONE", "Storm", "Verdict", "codec", "run"]
