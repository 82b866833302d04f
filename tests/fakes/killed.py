"""A `sortie serve` that is killed at random instants while plans and parameters are changed, and what must hold then.

Everything that was acknowledged is there after the next start; the change that was under way is there whole or not at
all.
"""

from __future__ import annotations

import subprocess
import threading
from math import nan
from pathlib import Path
from random import Random

from autopilot.mission.items import MissionItem
from autopilot.mission.storage import pack_item
from mavlink_bridge.clients import MissionClear, MissionDownload, MissionUpload, ParameterRead, ParameterWrite
from mavlink_bridge.clients.base import Client, Retry
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
            i.command, i.frame, i.param1, i.param2, i.param3, i.param4, round(i.x * 1e7) / 1e7, round(i.y * 1e7) / 1e7,
            i.z, i.autocontinue, i.seq,
        )
        for i in items
    ]  # fmt: skip
    return [pack_item(item) for item in rounded]


class KillRun:
    """`acknowledged`: what a station may rely on, by plan kind or parameter name; `under_way`: the change that was not
    acknowledged when the process died."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = Random(seed)
        self.acknowledged: dict[int | str, Value] = {}
        self.under_way: tuple[int | str, Value] | None = None
        self.changes = 0
        self.cut_short = 0

    def round(self) -> None:
        """Start, look, change things until the kill."""
        port = free_port()
        process = begin(self.folder, "serve", "--speedup", "1", "--link", f"tcpin:127.0.0.1:{port}")
        try:
            wait_for(process, "serving")
            with Remote(f"tcp:127.0.0.1:{port}") as remote:
                self._look(remote, process)
                timer = threading.Timer(self.random.uniform(0.0, 0.25), process.kill)
                timer.start()
                while process.poll() is None:
                    self._change(remote, process)
                timer.join()
        finally:
            process.kill()
            process.communicate(timeout=PATIENCE_S)

    def _run(self, remote: Remote, process: subprocess.Popen[str], machine: Client) -> bool:
        """True when the machine came to its end; False when the process died before."""
        remote._clients.start(machine, remote.runtime.link_ms)
        remote.run_until(lambda: machine.done or process.poll() is not None, 30.0)
        return machine.done

    def _change(self, remote: Remote, process: subprocess.Popen[str]) -> None:
        random, target = self.random, remote.target
        kind = random.choice((MISSION, MISSION, FENCE, RALLY))
        machine: Client
        key: int | str = kind
        value: Value
        match random.randrange(6):
            case 0:
                machine, value = MissionClear(target, kind=kind, retry=QUICK), []
            case 1 | 2:
                key = random.choice(PARAMETERS)
                value = float(random.randint(100, 900))
                machine = ParameterWrite(target, key, value, retry=QUICK)
            case _:
                items = (mission, fence, rally)[kind](random)
                machine, value = MissionUpload(target, items, kind=kind, retry=QUICK), packed(items)
        self.under_way = (key, value)
        if self._run(remote, process, machine):
            assert machine.outcome == 0, machine.outcome  # type: ignore[attr-defined]  # all three have one
            self.acknowledged[key] = value
            self.under_way = None
            self.changes += 1
        else:
            self.cut_short += 1

    def _look(self, remote: Remote, process: subprocess.Popen[str]) -> None:
        for kind in (MISSION, FENCE, RALLY):
            down = MissionDownload(remote.target, kind=kind)
            assert self._run(remote, process, down)
            self._judge(kind, packed(down.items))
        for name in PARAMETERS:
            read = ParameterRead(remote.target, name)
            assert self._run(remote, process, read)
            assert read.value is not None
            self._judge(name, read.value.value)
        self.under_way = None

    def _judge(self, key: int | str, found: Value) -> None:
        """What was acknowledged, or whole what was under way; from now on that counts."""
        allowed = [self.acknowledged.get(key, found)]
        if self.under_way is not None and self.under_way[0] == key:
            allowed.append(self.under_way[1])
        assert found in allowed, f"{key}: {found}, acknowledged {allowed}"
        self.acknowledged[key] = found
