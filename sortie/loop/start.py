"""One start of `sortie loop`: state directory, loop, view, result."""

from __future__ import annotations

import json
import signal
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autopilot.depot.names import EndedBy
from autopilot.depot.settings import Profile
from sortie.errors import UserError
from sortie.loop.faults import LoopFault
from sortie.loop.journal import LoopJournal
from sortie.loop.outside import OutsideLinks
from sortie.loop.result import EXIT, result_of
from sortie.loop.runner import LoopRun
from sortie.loop.view import LoopView, mass
from sortie.store import StateLock


@dataclass(frozen=True, slots=True)
class Start:
    """What the command line asked for. `seed` None: not given, then a stored loop's or `default_seed` holds; `total`
    None: no limit."""

    profile: Profile
    faults: list[LoopFault]
    directory: Path
    total: int | None
    seed: int | None
    default_seed: int
    speedup: float
    confirm: bool
    recover: bool
    report: Path | None
    as_json: bool
    links: tuple[str, ...] = ()
    insecure: bool = False


def run_loop(start: Start) -> int:
    """Run it; returns the exit status."""
    with ExitStack() as stack:
        lock = StateLock(start.directory)
        stack.callback(lock.release)
        journal = LoopJournal(start.directory / "loop.sqlite")
        stack.callback(journal.close)
        run = _open(start, journal)
        if start.links:
            run.outside = OutsideLinks(run.loop.endpoint, start.links, insecure=start.insecure)
            stack.callback(run.outside.close)
        ended = _fly(stack, run, start.recover)
        result = result_of(run.profile.name, run.seed, run.sorties(), run.loop, ended)
        if start.report is not None:
            from sortie.loop.report import write_report

            write_report(start.report, run, result)
        print(json.dumps(result) if start.as_json else _summary(result), flush=True)
        return 130 if ended is EndedBy.STOPPED and run.signal == signal.SIGINT else EXIT[ended]


def _open(start: Start, journal: LoopJournal) -> LoopRun:
    """The state directory's loop, or a new one in it."""
    seed = start.default_seed if start.seed is None else start.seed
    stored = journal.stored()
    if stored is not None:
        if stored.profile != start.profile.name or start.seed not in (None, stored.seed):
            raise UserError(
                f"state directory {start.directory} holds a loop of profile {stored.profile}, seed {stored.seed}; "
                f"go on with these, or choose another with --state-dir"
            )
        seed = stored.seed
    return LoopRun(
        start.profile, seed, start.faults, journal, LoopView(start.total), total=start.total, speedup=start.speedup,
        confirm=start.confirm,
    )  # fmt: skip


def _fly(stack: ExitStack, run: LoopRun, recover: bool) -> EndedBy:
    """To the end of the loop, which may be there already."""
    view = run.view
    if run.over is not None and run.listen():
        if recover:
            view.say("sortie: the vehicle that was lost reports: taken back in, to be reviewed")
            run.recover()
        else:
            view.say("sortie: skimmer LOST, heard again; --recover takes it back in")
    ended = run.over
    if ended is not None:
        view.say(f"sortie: this loop has ended ({ended.value})")
        return ended
    run.go_on()
    run.install_signals()
    view.start()
    stack.callback(view.stop)
    ended = run.run()
    view.stop()
    return ended


def _summary(result: dict[str, Any]) -> str:
    sorties = result["sorties"]
    delivered = sum(sortie["delivered_kg"] for sortie in sorties)
    counts = {name: sum(sortie["outcome"] == name for sortie in sorties) for name in ("completed", "aborted", "lost")}
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return (
        f"{result['ended_by']}: {len(sorties)} sorties ({told or 'none ended'}), {mass(delivered)} delivered; skimmer "
        f"{result['skimmer']['state']} ({result['skimmer']['reason']})"
    )
