"""A `sortie serve` that is killed at random instants while plans and parameters are changed, and what must hold then.

Everything that was acknowledged is there after the next start; the change that was under way is there whole or not at
all.
"""

from __future__ import annotations

import subprocess
import threading
from dataclasses import replace
from math import nan
from pathlib import Path
from random import Random

from autopilot.mission.items import MissionItem
from autopilot.mission.storage import pack_item
from mavlink_bridge.clients import MissionClear, MissionDownload, MissionUpload, ParameterRead, ParameterWrite
from mavlink_bridge.clients.base import Client, Retry, Target
from sortie.nodes.client import Remote
from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import begin, wait_for
from tests.fakes.served import free_port

MISSION, FENCE, RALLY = 0, 1, 2
PARAMETERS = ("WPNAV_SPEED", "RTL_ALT", "FENCE_RADIUS")
QUICK = Retry(interval_ms=250, attempts=40)
Value = list[bytes] | float


def mission(random: Random) -> tuple[MissionItem, ...]:
    mark = random.randint(1, 10**6)
    return tuple(
        MissionItem(16, 3, param1=float(mark), param4=nan, x=-35.0 + 1e-4 * n, y=149.0, z=float(mark % 100 + n), seq=n)
        for n in range(1, random.choice((2, 12, 60)))
    )


def fence(random: Random) -> tuple[MissionItem, ...]:
    radius = float(random.randint(50, 500))
    return tuple(
        MissionItem(5003, 0, param1=radius, x=-35.0 + 1e-3 * n, y=149.0, seq=n) for n in range(random.randint(1, 9))
    )


def rally(random: Random) -> tuple[MissionItem, ...]:
    height = float(random.randint(10, 90))
    count = random.randint(1, 5)
    return tuple(MissionItem(5100, 3, x=-35.0 + 1e-3 * n, y=149.0, z=height, seq=n) for n in range(count))


def packed(items: tuple[MissionItem, ...]) -> list[bytes]:
    """Comparable, NaN included; positions as the wire has them."""
    rounded = [
        MissionItem(
            i.command,
            i.frame,
            i.param1,
            i.param2,
            i.param3,
            i.param4,
            round(i.x * 1e7) / 1e7,
            round(i.y * 1e7) / 1e7,
            i.z,
            i.autocontinue,
            i.seq,
        )
        for i in items
    ]
    return [pack_item(item) for item in rounded]


Key = tuple[int, int | str]
"""A system id, and a kind of plan or the name of a parameter."""
AT_ONCE = 3
"""Changes that are under way together, each at another vehicle."""


class KillRun:
    """`acknowledged`: what a station may rely on; `under_way`: changes that were not acknowledged when the process
    died. `vehicles`: how many it serves, on one link."""

    def __init__(self, folder: Path, seed: int, vehicles: int = 1) -> None:
        self.folder = folder
        self.random = Random(seed)
        self.systems = range(1, vehicles + 1)
        self.acknowledged: dict[Key, Value] = {}
        self.under_way: dict[Key, Value] = {}
        self.changes = 0
        self.cut_short = 0

    def round(self) -> None:
        """Start, look, change things, and kill it in the midst of that."""
        port = free_port()
        count = ("--count", str(len(self.systems))) if len(self.systems) > 1 else ()
        process = begin(self.folder, "serve", *count, "--speedup", "1", "--link", f"tcpin:127.0.0.1:{port}")
        try:
            wait_for(process, "serving")
            with Remote(f"tcp:127.0.0.1:{port}", system=1) as remote:
                for system in self.systems:
                    self._look(remote, process, system)
                self.under_way.clear()
                for _ in range(self.random.randrange(2, 9)):
                    self._change(remote, process)
                timer = threading.Timer(self.random.uniform(0.0, 0.1), process.kill)
                timer.start()
                while process.poll() is None:
                    self._change(remote, process)
                timer.join()
        finally:
            process.kill()
            process.communicate(timeout=PATIENCE_S)

    def _run(self, remote: Remote, process: subprocess.Popen[str], *machines: Client) -> bool:
        """True when all machines came to their ends; False when the process died before."""
        for machine in machines:
            remote._clients.start(machine, remote.runtime.link_ms)
        remote.run_until(lambda: all(one.done for one in machines) or process.poll() is not None, PATIENCE_S)
        return all(machine.done for machine in machines)

    def _change(self, remote: Remote, process: subprocess.Popen[str]) -> None:
        chosen = self.random.sample(self.systems, min(AT_ONCE, len(self.systems)))
        begun = [(system, *self._begun(replace(remote.target, system=system))) for system in chosen]
        self.under_way |= {(system, key): value for system, key, value, _ in begun}
        whole = self._run(remote, process, *(machine for *_, machine in begun))
        self.cut_short += not whole
        for system, key, value, machine in begun:
            if machine.done:
                assert machine.outcome == 0, machine.outcome  # type: ignore[attr-defined]  # all three have one
                self.acknowledged[system, key] = value
                del self.under_way[system, key]
                self.changes += 1

    def _begun(self, target: Target) -> tuple[int | str, Value, Client]:
        """What is changed, to what, and who sees to it."""
        random = self.random
        kind = random.choice((MISSION, MISSION, FENCE, RALLY))
        match random.randrange(6):
            case 0:
                return kind, [], MissionClear(target, kind=kind, retry=QUICK)
            case 1 | 2:
                name, number = random.choice(PARAMETERS), float(random.randint(100, 900))
                return name, number, ParameterWrite(target, name, number, retry=QUICK)
            case _:
                items = (mission, fence, rally)[kind](random)
                return kind, packed(items), MissionUpload(target, items, kind=kind, retry=QUICK)

    def _look(self, remote: Remote, process: subprocess.Popen[str], system: int) -> None:
        target = replace(remote.target, system=system)
        for kind in (MISSION, FENCE, RALLY):
            down = MissionDownload(target, kind=kind)
            assert self._run(remote, process, down)
            self._judge((system, kind), packed(down.items))
        for name in PARAMETERS:
            read = ParameterRead(target, name)
            assert self._run(remote, process, read)
            assert read.value is not None
            self._judge((system, name), read.value.value)

    def _judge(self, key: Key, found: Value) -> None:
        """What was acknowledged, or whole what was under way; from now on that counts."""
        allowed = [self.acknowledged.get(key, found)]
        if key in self.under_way:
            allowed.append(self.under_way[key])
        assert found in allowed, f"vehicle {key[0]}, {key[1]}: {found}, acknowledged {allowed}"
        self.acknowledged[key] = found
