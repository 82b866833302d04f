"""Start of `sortie loop`: state directory, loop, view, result."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autopilot.interface.records import dataclass
from depot.decisions.memory import DepotMemory
from depot.names import EndedBy
from depot.settings import Profile
from depot.world.depot import new_depot
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.config.errors import UserError
from sortie.config.link_policy import check_links
from sortie.config.settings import Settings
from sortie.config.values import VehicleSource
from sortie.config.words import counted
from sortie.loop.faults import LoopFault
from sortie.loop.journal import CONTROLLER, MODEL, JournalError, LoopJournal
from sortie.loop.loop import LoopOrder, LoopSnapshot
from sortie.loop.report import EXIT, check_directory, result_of, write_report
from sortie.loop.runner import LoopRun, stored_snapshot
from sortie.loop.vehicles import carrier_of, has_controller
from sortie.loop.view import LoopView, amount
from sortie.runtime.runtime import Runtime
from sortie.runtime.sockets import Sockets
from sortie.storage.signing_keys import open_keys
from sortie.storage.store import StateLock

if TYPE_CHECKING:
    from sortie.loop.controller_loop import ControllerStart


def open_outside(
    runtime: Runtime, endpoint: Endpoint, urls: Iterable[str], *, insecure: bool, signing_key: Path | None = None
) -> None:
    """Open links on the skimmer's endpoint. UserError for one that cannot be opened, or that the network can reach
    without `insecure` or the key in the file `signing_key`."""
    keys = open_keys(None, signing_key)
    if keys.key is not None:
        keys.sign(endpoint)
    given = list(urls)
    for warning in (*keys.warnings, *check_links(given, signed=keys.key is not None, insecure=insecure)):
        print(f"sortie: {warning}", file=sys.stderr)
    for url in given:
        runtime.open(endpoint, url)


LISTEN_S = 5.0
"""Least time to listen for a vehicle that was given up, s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Arguments of the command. `seed` None: that of a stored loop, or of `settings`; `vehicle` None: none flies;
    `total` None: no limit."""

    profile: Profile
    settings: Settings
    faults: list[LoopFault]
    vehicle: VehicleSource | None
    total: int | None
    seed: int | None
    confirm: bool
    recover: bool
    report: Path | None
    as_json: bool

    @property
    def speedup(self) -> float:
        """Speed; 0 (as fast as possible) by default."""
        return self.settings.speedup or 0.0

    @property
    def kind(self) -> str:
        """Simulated vehicle, as in the journal."""
        return MODEL if self.vehicle is None else self.vehicle.frame or MODEL

    @property
    def links(self) -> tuple[str, ...]:
        """Links; none by default."""
        return self.settings.link or ()


def run_loop(start: Start) -> int:
    with ExitStack() as stack:
        lock = StateLock(start.settings.state)
        stack.callback(lock.release)
        journal = LoopJournal(start.settings.state / "loop.sqlite")
        stack.callback(journal.close)
        seed = _seed(start, journal)
        if start.report is not None:
            check_directory(start.report)
        try:
            run, ended = _run(start, stack, journal, seed)
        except (SystemExit, KeyboardInterrupt):  # a signal before the loop handles them: nothing has moved
            _tell(start, _stopped_before(start, seed, journal))
            raise
        memory, depot = run.loop.depot.memory, run.loop.world.state.depot
        result = result_of(run.profile.name, run.seed, journal.sorties(), memory, depot, ended)
        if start.report is not None:
            write_report(start.report, run, result)
        _tell(start, result)
        return 130 if ended is EndedBy.STOPPED and run.runtime.signals.number == signal.SIGINT else EXIT[ended]


def _run(start: Start, stack: ExitStack, journal: LoopJournal, seed: int) -> tuple[LoopRun, EndedBy]:
    opening = f"sortie loop: profile {start.profile.name}, seed {seed}, state in {start.settings.state}"
    real = has_controller(start.vehicle) and not (start.vehicle is not None and start.vehicle.in_our_world)
    runtime = Runtime(Sockets(), virtual_links=not real)
    stack.callback(runtime.close)
    controller = _controller(start, stack, runtime, stored_snapshot(journal))
    speedup = start.speedup if controller is None else controller.speedup
    view = LoopView(start.total, start.profile.units, paced=speedup > 0.0)
    if not start.links:
        view.terminal.say(opening)  # before the simulator is loaded
    if controller is None:
        make = carrier_of(start.profile, start.vehicle, start.settings.terrain)
    else:
        make = controller.maker()
    order = LoopOrder(start.profile, seed, start.faults, start.total, start.confirm)
    run = LoopRun(order, journal, view, speedup=speedup, runtime=runtime, make=make, kind=start.kind)
    if start.links or controller is not None:
        open_outside(
            runtime,
            run.loop.carrier.endpoint,
            start.links,
            insecure=start.settings.insecure,
            signing_key=start.settings.signing_key,
        )
    if start.settings.web:
        from sortie.nodes.page_process import PageProcess  # for those who want it

        page = PageProcess(start.settings, runtime, run.loop.carrier.endpoint, start.settings.state)
        stack.callback(page.close)
    if start.links:
        view.terminal.say(opening)
    if controller is not None:
        controller.say_texts(view.terminal.say)
    silent = has_controller(start.vehicle) and controller is None
    try:
        ended = _fly(stack, run, start.recover, silent=silent)
    except JournalError:  # nothing more can be decided, but the vehicle may be in the air
        _leave(run, controller)
        raise
    if ended is not EndedBy.STOPPED:
        _leave(run, controller)
    return run, ended


def _leave(run: LoopRun, controller: ControllerStart | None) -> None:
    """Send a flying vehicle home at the end of the loop."""
    if controller is not None and run.loop.flies:
        run.leave()
        controller.send_home()


def _controller(
    start: Start, stack: ExitStack, runtime: Runtime, snapshot: LoopSnapshot | None
) -> ControllerStart | None:
    """Return the flight controller of the skimmer, if there is one and the loop still needs it. The wait for a vehicle
    that was given up is short."""
    if start.vehicle is None or not has_controller(start.vehicle):
        return None
    from sortie.companion.build import say
    from sortie.companion.connection import NotHeard
    from sortie.loop.controller_loop import ControllerStart, check_faults

    check_faults(start.faults)
    ended = None if snapshot is None else snapshot.depot.ended_by
    flown = 0 if snapshot is None else snapshot.depot.number
    done = ended is EndedBy.SORTIES_DONE and start.total is not None and flown >= start.total
    if done or ended in (EndedBy.RETIRED, EndedBy.TOTAL_ABORT):
        return None
    patience_s = max(LISTEN_S, 2.5 * start.profile.heartbeat.period_s) if ended is EndedBy.LOST else None
    settings = start.settings.replaced(vehicle=start.vehicle)
    if settings.speedup not in (None, 1.0) and settings.vehicle.kind == "link":
        say("--speedup is ignored with a flight controller")
    try:
        return ControllerStart(settings, start.profile, stack, runtime, snapshot, patience_s=patience_s)
    except NotHeard:
        return None


def _seed(start: Start, journal: LoopJournal) -> int:
    """Return the seed of the stored loop, or of a new one. UserError when another loop is stored."""
    seed = start.settings.seed if start.seed is None else start.seed
    stored = journal.stored()
    if stored is not None:
        if stored.profile != start.profile.name or start.seed not in (None, stored.seed):
            raise UserError(
                f"state directory {start.settings.state} holds a loop of profile {stored.profile}, seed {stored.seed}; "
                f"continue with these, or choose another with --state-dir"
            )
        flown = CONTROLLER if has_controller(start.vehicle) else start.kind
        if stored.vehicle != flown and stored.vehicle not in (CONTROLLER, MODEL) and flown != CONTROLLER:
            raise UserError(
                f"state directory {start.settings.state} holds the loop of a {stored.vehicle}; continue with --vehicle "
                f"sim:{stored.vehicle}, or choose another with --state-dir"
            )
        if (stored.vehicle == CONTROLLER) != (flown == CONTROLLER):
            told = "with a flight controller" if stored.vehicle == CONTROLLER else "without a flight controller"
            raise UserError(
                f"state directory {start.settings.state} holds a loop that is flown {told}, and only there is known "
                f"where its vehicle is; continue with that, or choose another with --state-dir"
            )
        seed = stored.seed
    return seed


def _fly(stack: ExitStack, run: LoopRun, recover: bool, *, silent: bool) -> EndedBy:
    """Run to the end of the loop, which may be reached already. `silent`: its real vehicle does not answer."""
    view = run.view
    run.install_signals()
    heard = run.over is not None and not silent and run.listen()
    if recover and run.over is not None and not heard:
        view.terminal.say("sortie: --recover: no lost vehicle has been heard")
    if heard:
        if recover:
            view.terminal.say(
                "sortie: the lost vehicle is heard again: it is docked and goes to the health check (phase 8)"
            )
            run.recover()
        else:
            view.terminal.say("sortie: skimmer LOST, heard again; --recover docks it again")
    ended = run.over
    if ended is not None:
        view.terminal.say(f"sortie: this loop has ended ({ended.value})")
        return ended
    run.go_on()
    if recover:
        run.take_back()
    view.terminal.start()
    stack.callback(view.terminal.stop)
    ended = run.run()
    view.terminal.stop()
    if ended is not EndedBy.STOPPED:
        for fault in run.loop.faults.missed():
            view.terminal.say(f"sortie: fault {fault} did not begin: its moment did not come")
    return ended


def _stopped_before(start: Start, seed: int, journal: LoopJournal) -> dict[str, Any]:
    """Return the result of a start that was stopped before anything moved, from the journal."""
    snapshot = stored_snapshot(journal)
    memory = DepotMemory() if snapshot is None else snapshot.depot
    depot = new_depot(start.profile) if snapshot is None else snapshot.world.depot
    return result_of(start.profile.name, seed, journal.sorties(), memory, depot, memory.ended_by or EndedBy.STOPPED)


def _tell(start: Start, result: dict[str, Any]) -> None:
    print(json.dumps(result) if start.as_json else _summary(result, start.profile), flush=True)


def _summary(result: dict[str, Any], profile: Profile) -> str:
    sorties = result["sorties"]
    delivered = amount(fsum(sortie["delivered_kg"] for sortie in sorties), profile.units.store)
    counts = {name: sum(sortie["outcome"] == name for sortie in sorties) for name in ("completed", "aborted", "lost")}
    outcomes = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return (
        f"{result['ended_by']}: {counted(len(sorties), 'sortie')} ({outcomes or 'none ended'}), {delivered} delivered; "
        f"skimmer {result['skimmer']['state']} ({result['skimmer']['reason']})"
    )
