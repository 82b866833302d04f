"""One `sortie serve` as a child process, with the face that `Process` has to a storm.

- Vehicle time passes `SPEEDUP` times as fast as the clock on the wall, by which stations live.
- A disk that is full and not mounted, or fails a write for a moment, is RLIMIT_FSIZE 0: no file takes a byte. A slow
  disk is a SIGSTOP of that length. A death in a write is a SIGKILL as soon as the database's log has changed.
- The machine's clock is one that may be set (`tests.storm.clock`).
"""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from autopilot.mav import Cmd
from mavlink_bridge.clients import MissionDownload, ParameterRead
from sitl.starving import ProcessSilence, waited_s
from sortie.config.errors import UserError
from sortie.config.vehicle_spec import VehicleSpec
from sortie.nodes.client import Remote
from sortie.storage.rows import ALONE, StoredState
from tests.fakes.served import ports_in_a_row
from tests.storm.clock import Clock
from tests.storm.faults import ACTORS
from tests.storm.heard import Heard, Tap
from tests.storm.invariant import Broken
from tests.storm.medium import StormLink
from tests.storm.process import Died
from tests.storm.starvation import Starvation, Threads
from tests.storm.station import Station
from tests.storm.swarm import FaultPlan

if TYPE_CHECKING:
    from tests.storm.real import RealDisk, RealMachine
    from tests.storm.world import Storm

SPEEDUP = 5
START_S, END_S = 60.0, 30.0
CLOSED_S = 1.0
"""After its links are closed a process that ends is gone."""
PASS_MS, FAILS_MS, AGAIN_MS, LOOK_S = 20, 400, 500, 0.02


class RealProcess:
    """One `sortie serve`; the face of `Process`. UserError when it does not start."""

    def __init__(
        self,
        machine: RealMachine,
        specs: list[VehicleSpec],
        directory: Path,
        disk: RealDisk,
        base_ms: int,
        storm: Storm,
        delay_ms: Callable[[], int],
        *_: object,
    ) -> None:
        self.machine, self.disk, self.storm, self.delay_ms = machine, disk, storm, delay_ms
        self.base_ms = machine.now_ms()
        self.runtime = self.disk_node = self.store = self
        self.heard = [Heard(spec.number + 1, storm.views[spec.number].vehicle_class.modes.specs) for spec in specs]
        members = [SimpleNamespace(service=heard, quiet=heard) for heard in self.heard]
        self.vehicles = SimpleNamespace(services=self.heard, members=members)
        self.early: dict[str, list[tuple[int, Any]]] = {}
        self.early_settled = 0
        self.taps: dict[str, Tap] = {}
        self.dies_before_telling = False
        self._log: tuple[int, int] | None = None
        self._stopped_ms = self._failing_ms = 0
        self._ports = ports_in_a_row(len(specs))
        self._limited = False
        self._clock = Clock(directory)
        self._clock.set(storm.clock_ms)
        environment = {name: word for name, word in os.environ.items() if not name.startswith("SORTIE_")}
        self._told = directory / "told"
        with self._told.open("wb") as told:
            self.child = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "sortie",
                    "serve",
                    "--speedup",
                    str(SPEEDUP),
                    "--state-dir",
                    str(disk.folder / "state"),
                    *self._words(specs, directory),
                ],
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                env=environment | self._clock.environment,
            )
        self._threads = Threads(self.child.pid)
        self._wait_until_it_listens()
        self._starvation = Starvation(self.storm_ms)
        self.found = {spec.label if spec.label else ALONE: self._read_back(spec) for spec in specs}

    # --- its start ------------------------------------------------------------------------------------------------
    def _words(self, specs: list[VehicleSpec], directory: Path) -> list[str]:
        if len(specs) == 1:
            (spec,) = specs
            words = ["--vehicle", f"sim:{spec.kind}", "--firmware", spec.firmware, "--seed", str(spec.seed)]
            words += [f"--home={_place(spec)}", "--link", f"tcpin:127.0.0.1:{self._ports}"]
            words += [word for param in spec.param for word in ("--param", param)]
            return words + [word for fault in self._faults(0) for word in ("--fault", fault)]
        lines = []
        for spec in specs:
            params = ", ".join(param.replace("=", " = ") for param in spec.param)
            lines += [
                "[[vehicle]]",
                f'kind = "{spec.kind}"',
                f"sysid = {spec.number + 1}",
                f'home = "{_place(spec)}"',
                f'firmware = "{spec.firmware}"',
                f"seed = {spec.seed}",
                f"params = {{ {params} }}",
                f"fault = {self._faults(spec.number)}",
            ]
        (directory / "fleet.toml").write_text("\n".join(lines))
        return ["--fleet", str(directory / "fleet.toml"), "--link", f"tcpin:127.0.0.1:{{{self._ports}+1*n}}"]

    def _faults(self, number: int) -> list[str]:
        """Those of sensors and actors that are still to come, in vehicle time: a process takes no new ones later."""
        plan = self.storm.plan
        end_ms = round(plan.minutes * 60_000)
        return [
            f"{_name(fault)}@{(fault.at_ms - self.base_ms) * SPEEDUP / 1000:.1f}"
            f"..{(min(fault.at_ms + fault.lasts_ms, end_ms) - self.base_ms) * SPEEDUP / 1000:.1f}"
            for fault in plan.faults
            if _name(fault) and fault.target == number and self.base_ms < fault.at_ms < end_ms
        ]

    def _wait_until_it_listens(self) -> None:
        if not self._wait(lambda: b"serving" in self._told.read_bytes() or self.child.poll() is not None, START_S):
            raise Broken("a service starts after any death", f"it does not serve after {START_S:g} s")
        if self.child.poll() is not None:
            raise UserError(self._told.read_text(errors="replace").strip().splitlines()[-1])

    def _wait(self, done: Callable[[], bool], limit_s: float) -> bool:
        """False where it is not done within `limit_s` besides the time for which the process waits for a processor."""
        silence = ProcessSilence(self.child.pid, limit_s)
        while not done():
            if silence.hangs():
                return False
            time.sleep(LOOK_S)
            silence.lasts(LOOK_S)
        return True

    def _read_back(self, spec: VehicleSpec) -> StoredState:
        """Plans and parameters that it has, before anybody else is on it."""
        plans, parameters = {}, {}
        with Remote(f"tcp:127.0.0.1:{self._ports + spec.number}", system=spec.number + 1) as remote:
            for kind in (0, 1, 2):
                down = MissionDownload(remote.target, kind=kind)
                remote.ask(down)
                plans[kind] = down.items
            for name in self.storm.views[spec.number].parameters:
                read = ParameterRead(remote.target, name)
                remote.ask(read)
                assert read.value is not None
                parameters[name] = read.value.value
        return StoredState(plans, parameters)

    # --- what a storm asks of a process ---------------------------------------------------------------------------
    @property
    def storm_ms(self) -> int:
        return self.machine.now_ms()

    @property
    def now_ms(self) -> int:
        """Vehicle time, at most: it does not catch up after it stood still."""
        return (self.storm_ms - self.base_ms) * SPEEDUP

    def endpoint(self, number: int) -> Any:
        return self.heard[number].endpoint

    def station_of(self, number: int, link: int) -> Station:
        return next(tap.station for tap in self.taps.values() if tap.number == link)

    def failure(self, ticket: int) -> None:
        """Nothing is known of tickets."""

    def files_and_bytes(self) -> tuple[int, int]:
        """Open files, and resident memory."""
        proc = Path(f"/proc/{self.child.pid}")
        pages = int((proc / "statm").read_text().split()[1])
        return sum(1 for _ in (proc / "fd").iterdir()), pages * resource.getpagesize()

    def settle(self) -> None:
        """Do nothing: it lives by itself."""

    hurry = settle

    def serve_links(self, link_ms: int) -> None:
        """Do nothing: as above."""

    def connect(self, station: Station, number: int, link: StormLink, *, trusted: bool = True) -> None:
        link.advance(self.storm_ms)
        try:
            self.taps[station.name] = Tap(self, number, station, link, self._ports + number)
        except ConnectionRefusedError:
            self._again(station)
            return
        station.tie(self, link)

    def hang_up(self, station: Station) -> None:
        tap = self.taps.pop(station.name, None)
        if tap is not None:
            tap.socket.close()
            station.untie()

    def step(self, until_ms: int) -> None:
        """Time passes, until something comes or is due."""
        self._judge_death()
        began_ms = self.storm_ms
        until_ms = min(self.base_ms + until_ms, began_ms + PASS_MS)
        taps = list(self.taps.values())
        ready, _, _ = select.select([tap.socket for tap in taps], [], [], max(until_ms - began_ms, 1) / 1000)
        now_ms = self.storm_ms
        self._fail(now_ms)
        for heard in self.heard:
            heard.now_ms = now_ms
        is_open = [tap.receive(now_ms) for tap in taps if tap.socket in ready]
        if not all(is_open):
            self._find_closed()
            return
        for tap in taps:
            tap.serve(now_ms)

    def _find_closed(self) -> None:
        """Judge a process that has closed a link: it reboots or is about to end, so all of them are closed."""
        with suppress(subprocess.TimeoutExpired):
            self.child.wait(CLOSED_S)
        self._judge_death()
        for tap in list(self.taps.values()):
            self.storm.hang_up(tap.station)
            self._again(tap.station)

    def _again(self, station: Station) -> None:
        if not self._reboots:
            raise Broken("links stay open", f"that of {station.name} was closed or refused by the vehicle")
        self.storm.at_ms(self.storm_ms + AGAIN_MS, lambda: self.storm.connect(station))

    @property
    def _reboots(self) -> bool:
        """Has somebody asked for it?"""
        peers = [peer for view in self.storm.views for peer in view.peers.values()]
        return any(peer.came["command", Cmd.PREFLIGHT_REBOOT_SHUTDOWN] for peer in peers)

    def _judge_death(self) -> None:
        if self.child.poll() is None:
            return
        if self._reboots and (self.disk.full or self._limited):  # and does not start: it can store nothing
            raise Died
        told = self._told.read_text(errors="replace")
        raise Broken("no service raises", f"ended with {self.child.returncode}: {told[-2000:]}")

    # --- what fails -----------------------------------------------------------------------------------------------
    def _fail(self, now_ms: int) -> None:
        """As the storm has it now: stopped, without a byte of room, with another clock, dead."""
        self._stand_still(now_ms)
        self._keep_files_from_growing(now_ms)
        self._clock.set(self.storm.clock_ms)
        log = self.disk.log_of_database()
        if (self.disk.dies_at is not None or self.dies_before_telling) and log != self._log:
            raise Died
        self._log = log
        waited_ms = round(1000 * waited_s(self.child.pid))
        starved = self._starvation.look(now_ms, waited_ms, queued=self._threads.queued())
        for heard in self.heard:  # nothing can be asked of who does not run
            heard.endpoint.muted = self._stopped_ms > 0 or starved

    def _stand_still(self, now_ms: int) -> None:
        """SIGSTOP when the disk begins to be slow, SIGCONT when that write would be done."""
        delay_ms = self.delay_ms()
        if delay_ms and not self._stopped_ms:
            self.child.send_signal(signal.SIGSTOP)
            self._stopped_ms = now_ms + delay_ms
        elif self._stopped_ms > 0 and (not delay_ms or now_ms >= self._stopped_ms):
            self.child.send_signal(signal.SIGCONT)
            self._stopped_ms = -1
        elif not delay_ms:
            self._stopped_ms = 0

    def _keep_files_from_growing(self, now_ms: int) -> None:
        if self.disk.fails_at is not None and not self._failing_ms:
            self._failing_ms = now_ms + FAILS_MS
        elif self._failing_ms and now_ms >= self._failing_ms:
            self._failing_ms, self.disk.fails_at = 0, None
        if self._limited is self.disk.grows:
            self._limited = not self._limited
            _, hard = resource.prlimit(self.child.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self.child.pid, resource.RLIMIT_FSIZE, (0 if self._limited else hard, hard))

    def die(self, *, power: bool) -> None:
        """SIGKILL. What it has sent still arrives."""
        self.child.kill()
        self.child.wait()
        for tap in self.taps.values():
            tap.socket.settimeout(END_S)
            while tap.receive(self.storm_ms):
                pass
            tap.link.arrive()
            tap.station.hand(tap.link.b.read() or b"", self.storm_ms)
            tap.socket.close()
            tap.station.untie()
        self.taps.clear()
        self.disk.dies_at = self.disk.fails_at = None

    def end(self) -> None:
        """SIGTERM."""
        self.child.terminate()
        self._wait(lambda: self.child.poll() is not None, END_S)
        log = self.disk.folder / "state" / "logs" / "run.log"
        raised = "internal error" in log.read_text(errors="replace")
        if self.child.returncode != 0 or raised:
            told = f"status {self.child.returncode}: {log.read_text()[-2000:]}"
            raise Broken("a service ends when it is told to", told)


def _place(spec: VehicleSpec) -> str:
    assert spec.home is not None
    return f"{spec.home.lat:.7f},{spec.home.lon:.7f},{spec.home.alt:g},{spec.heading_deg:g}"


def _name(fault: FaultPlan) -> str:
    """Of `--fault`; "" for what is no sensor's or actor's."""
    if fault.what == "actor":
        return ACTORS[fault.value % len(ACTORS)].replace(":", "=")
    return fault.what if fault.what in ("gps.loss", "rc.loss") else ""
