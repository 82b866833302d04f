"""A storm at a depot: sorties of `space` with faults of the world, on a simulated disk, by a process that dies at any
commit or in any write and goes on from its journal."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from depot.decision import Decision
from depot.names import EndedBy
from depot.settings import Profile
from sortie.config.errors import UserError
from sortie.loop.faults import NAMES, parse_loop_fault
from sortie.loop.journal import LoopJournal
from sortie.loop.loop import LoopOrder
from sortie.loop.runner import LoopRun
from sortie.runtime.node import QuietNode
from tests.storm.disk import Disk, mounted
from tests.storm.invariant import Broken, When, by_occasion
from tests.storm.process import Died
from tests.storm.story import Story
from tests.storm.verdict import Verdict

PROFILE = Profile()
MOST_TURNS = 60_000
"""Of a life: a loop that needs more stalls."""
SEEDS = 1 << 63
"""Those that a loop takes; a storm whose parents were children too has a greater one."""
END = "T+900000"
"""A no-go without an end would rightly wait for ever: each fault has one."""


@dataclass(frozen=True)
class DeathPlan:
    """The process dies before its `at_turn`-th commit, or in a write behind it; or the write fails, which ends it."""

    at_turn: int
    how: str = "kill"
    value: int = 0


@dataclass(frozen=True)
class DepotPlan:
    """`faults` as on the command line; `power`: a death is a loss of power."""

    seed: int
    total: int = 1
    faults: tuple[str, ...] = ()
    deaths: tuple[DeathPlan, ...] = ()
    power: bool = False

    @property
    def summary(self) -> str:
        return f"a depot, {self.total} sorties, {len(self.faults)} faults, {len(self.deaths)} deaths"


def draw_depot(seed: int) -> DepotPlan:
    """The depot's storm of a seed."""
    random = Random(f"depot {seed}")
    names = random.sample(NAMES, random.choice((0, 1, 2, 4, 8)))
    deaths = tuple(_death(random) for _ in range(random.choice((0, 1, 3, 6))))
    return DepotPlan(
        seed, random.choice((1, 2, 3)), tuple(_fault(random, name) for name in names), deaths, random.random() < 0.5
    )


def _death(random: Random) -> DeathPlan:
    turn = round(10.0 ** random.uniform(0.0, 3.0))
    return DeathPlan(turn, random.choice(("kill", "kill", "write", "fails")), random.randrange(8))


def _fault(random: Random, name: str) -> str:
    if random.random() < 0.7:
        when = f"phase{random.randint(1, 8)}+{random.choice((0, random.randint(0, 60_000)))}"
    else:
        when = f"T+{random.randint(0, 700_000)}"
    return f"{name}@{when}..{END}{random.choice(('', '#1', '#2', '#*'))}"


class _Reaper(QuietNode):
    """Ends the process in a turn, before its commit."""

    endpoints = ()
    now_ms = 0

    def __init__(self, storm: DepotStorm, death: DeathPlan | None) -> None:
        self._storm, self._death = storm, death
        self._turns = 0

    def commit(self, link_ms: int) -> None:
        self._turns += 1
        if self._turns > MOST_TURNS:
            raise Broken("a loop ends", f"not after {MOST_TURNS} turns")
        if self._death is None or self._turns != self._death.at_turn:
            return
        disk = self._storm.disk
        match self._death.how:
            case "kill":
                raise Died
            case "write":
                disk.dies_at = disk.operations + 1 + self._death.value
            case "fails":
                disk.fails_at = disk.operations + 1 + self._death.value


@dataclass
class Told:
    """A person who reads what the loop says: `decisions` (time, name), `sorties` by number. In the place of its
    `LoopView`."""

    decisions: Counter[tuple[int, str]] = field(default_factory=Counter)
    sorties: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def terminal(self) -> Told:
        return self

    def say(self, text: str) -> None:
        """Nothing that is judged."""

    def refresh(self, loop: object) -> None:
        """Nothing that is judged."""

    def decided(self, decisions: list[Decision]) -> None:
        self.decisions.update((decision.time_ms, decision.name) for decision in decisions)

    def closed(self, report: dict[str, Any]) -> None:
        self.sorties[report["number"]] = report


class DepotStorm:
    """See the module. `told`: what people were told, over all lives."""

    def __init__(self, plan: DepotPlan, directory: Path) -> None:
        self.plan, self.directory = plan, directory
        self.story = Story()
        self.disk = Disk(f"disk {plan.seed}")
        self.told = Told()
        self.ended: EndedBy | None = None
        self.now_ms = 0
        self._occasions = by_occasion()

    def run(self) -> Verdict[DepotPlan]:
        """To the loop's end, or to the first invariant that does not hold."""
        broken = None
        with mounted(str(self.directory), self.disk):
            try:
                deaths = [*self.plan.deaths, None]
                while self.ended is None and deaths:
                    self._live(deaths.pop(0))
            except Broken as reason:
                broken = reason
            except Exception as error:  # noqa: BLE001 - the loop has raised
                broken = Broken("no service raises", f"{type(error).__name__}: {error}")
        if broken is not None:
            self.story.say(self.now_ms, "INVARIANT", str(broken))
        return Verdict(self.plan, broken, self.story, 0.0, self.now_ms)

    def _live(self, death: DeathPlan | None) -> None:
        """A process, from its start to its death or the loop's end."""
        journal: LoopJournal | None = None
        try:
            journal = LoopJournal(self.directory / "loop.sqlite")
            self._call(When.DEPOT_START, journal)
            faults = [parse_loop_fault(text) for text in self.plan.faults]
            order = LoopOrder(PROFILE, self.plan.seed % SEEDS, faults, self.plan.total)
            told: Any = self.told  # one who reads
            run = LoopRun(order, journal, told, speedup=0.0, together_s=0.0)
            self.story.say(run.loop.now_ms, "depot", "goes on" if run.resumed else "begins")
            run.runtime.remove(run.record)
            run.runtime.add(_Reaper(self, death))
            run.runtime.add(run.record)
            try:
                self.ended = run.run()
            finally:
                self.now_ms = run.loop.now_ms
            self.story.say(self.now_ms, "depot", f"ends: {self.ended.name}")
            self._call(When.DEPOT_END, journal)
        except (Died, UserError) as end:
            self.story.deaths += 1
            self.story.say(self.now_ms, "depot", f"{type(end).__name__} {death}")
        finally:
            self.disk.dead = True
            if journal is not None:
                journal.close()
            self.disk.crash(power=self.plan.power)

    def _call(self, when: When, journal: LoopJournal) -> None:
        for each in self._occasions.get((when, ""), ()):
            wrong = each.holds(self, journal)
            if wrong is not None:
                raise Broken(each.name, f"depot: {wrong}")


def decisions_of(journal: LoopJournal) -> list[tuple[int, str]]:
    """Time (ms) and name of each that the journal has, in its order."""
    return list(journal._db.execute("SELECT time_ms, name FROM decision ORDER BY id"))


def sorties_of(journal: LoopJournal) -> list[dict[str, Any]]:
    """Records of those that have ended."""
    return [json.loads(row[0]) for row in journal._db.execute("SELECT record FROM sortie ORDER BY number")]


def run_depot(plan: DepotPlan) -> Verdict[DepotPlan]:
    """Run a storm at a depot."""
    with tempfile.TemporaryDirectory(prefix="storm-") as directory:
        return DepotStorm(plan, Path(directory)).run()
