"""`sortie campaign`: many flights that answer a question, on all cores or a Dask cluster."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TextIO

import msgspec

from autopilot.mission.items import numbered
from autopilot.mission.plan import Plan, format_plan
from sortie.api.begin import standing_at
from sortie.api.sample import square
from sortie.campaign.execution import Campaign, CampaignView, check_installed, dask_client
from sortie.campaign.flown import RunResult, ViewOfRun, fly_run, identity
from sortie.campaign.folder import Folder, StoredStudy, read_study, rows
from sortie.campaign.report import write_report
from sortie.campaign.sampling import SEARCH
from sortie.campaign.study import Study
from sortie.campaign.study_file import EXAMPLE, EXAMPLE_PLAN
from sortie.campaign.summary import Summary, summarize
from sortie.config.campaign_options import (
    CAMPAIGN_DIR,
    CAMPAIGN_OUT,
    NEW_STUDY,
    REPLAY_LINK,
    REPLAY_SPEEDUP,
    RUN,
    RUN_COUNT,
    SCHEDULER,
    STUDY,
    WORKERS,
)
from sortie.config.errors import UserError
from sortie.config.files import make_folder
from sortie.config.given import GivenOptions
from sortie.config.options import JSON
from sortie.config.words import counted
from sortie.logs.terminal import BAD, GOOD, Terminal


def init(given: GivenOptions) -> int:
    """Write an example study, and its plan if there is none."""
    file: Path | None = given[NEW_STUDY]
    if file is None:
        print(EXAMPLE, end="")
        return 0
    place, heading_deg = standing_at(None)
    _write_new(file, EXAMPLE)
    plan = file.with_name(EXAMPLE_PLAN)
    if plan.exists():
        made = f"wrote {file}, kept the existing {plan}"
    else:
        _write_new(plan, format_plan(Plan(items=numbered(square(place, heading_deg), 1), home=place)))
        made = f"wrote {file} and {plan}"
    print(f"sortie: {made}; to fly it: sortie campaign run {shlex.quote(str(file))}", file=sys.stderr)
    return 0


def _write_new(file: Path, text: str) -> None:
    """Write a new file. UserError when it exists or cannot be written."""
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise UserError(f"{file}: exists already; choose another name") from None
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from error


def run(given: GivenOptions) -> int:
    """Fly a study. Status 0 when all runs are flown, whatever the verdicts; 130 after Ctrl-C, with a report of the runs
    so far."""
    check_installed()
    study = Study.read(given[STUDY], given[RUN_COUNT])
    check_installed(search=study.file.sample.method == SEARCH)
    expected = identity()
    with Folder(given[CAMPAIGN_OUT], study, expected) as folder:
        status = 0
        if folder.cut:
            cut = f"{folder.path / 'results.jsonl'}: {folder.cut} bytes behind {len(folder.done)} runs are no results"
            print(f"sortie: {cut}; cut off, their runs are flown again", file=sys.stderr)
        try:
            if len(folder.done) < study.runs:
                _fly(folder, given, expected)
                if len(folder.done) < study.runs:
                    print("sortie: budget_s is over; run the same command again to continue", file=sys.stderr)
        except KeyboardInterrupt:
            print("sortie: stopped; run the same command again to continue", file=sys.stderr)
            status = 130
        folder.finish()
    write_report(given[CAMPAIGN_OUT])
    _print(summarize(given[CAMPAIGN_OUT]), given[JSON])
    print(f"sortie: {given[CAMPAIGN_OUT] / 'report.html'}", file=sys.stderr)
    return status


def _fly(folder: Folder, given: GivenOptions, expected: str) -> None:
    if given[SCHEDULER] is not None and given[WORKERS] is not None:
        raise UserError("--workers: those of --scheduler fly; leave one of the two out")
    if given[SCHEDULER] is not None:  # it has half a minute to answer
        print(f"sortie: connecting to the scheduler {given[SCHEDULER]}", file=sys.stderr)
    progress = CampaignProgress(len(folder.done), expected)
    with dask_client(given[SCHEDULER], given[WORKERS] or os.cpu_count() or 1) as client:
        if client.dashboard_link and find_spec("bokeh"):  # Dask draws it with bokeh
            print(f"sortie: Dask's dashboard: {client.dashboard_link}", file=sys.stderr)
        with progress:
            Campaign(folder, client, expected, progress.tell).run()


def _print(summary: Summary, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(summary).decode())
        return
    print(f"{summary.done} of {counted(summary.total, 'run')}, {summary.failed} failed: {summary.share:.2%}")
    if summary.interval is None:
        print("a search prefers flights that fail, so this share is not a failure rate")
    else:
        print(f"95% confidence: {summary.interval[0]:.2%} to {summary.interval[1]:.2%}")
    for name, judge in summary.judges.items():
        sure = "" if judge.interval is None else f" (95%: {judge.interval[0]:.2%} to {judge.interval[1]:.2%})"
        print(f"{name}: {judge.failed} failed{sure}, {judge.margins()}")
    if summary.results:
        print("mission results: " + ", ".join(f"{count} {name}" for name, count in summary.results.items()))
    if summary.raised:
        print(f"error of {summary.raised}; the folder errors has all of them")


def status(given: GivenOptions) -> int:
    """Print the progress of a campaign, also while another command flies it."""
    check_installed()
    _print(summarize(given[CAMPAIGN_DIR]), given[JSON])
    return 0


def report(given: GivenOptions) -> int:
    """Write the report of the runs so far."""
    check_installed()
    print(write_report(given[CAMPAIGN_DIR]))
    return 0


def replay(given: GivenOptions) -> int:
    """Fly a run again, with logs. Status 0 when its result is byte for byte that of the folder."""
    check_installed()
    folder: Path = given[CAMPAIGN_DIR]
    stored, row = flown_row(folder, given[RUN])
    logs = folder / "replays" / str(row.run)
    make_folder(logs, logs)
    watched = ViewOfRun(logs, given[REPLAY_LINK], given[REPLAY_SPEEDUP])
    again = fly_run(stored.study, row.run, row.inputs, watched)
    same = msgspec.json.encode(again.row) == msgspec.json.encode(row)
    print(json.dumps(msgspec.to_builtins(again.row)) if given[JSON] else "\n".join(_lines(again.row)))
    print(f"sortie: {'the same, byte for byte' if same else 'NOT the same as in the folder'}; {logs}", file=sys.stderr)
    if again.traceback:
        print(again.traceback, file=sys.stderr, end="")
    return 0 if same else 1


def flown_row(folder: Path, number: int) -> tuple[StoredStudy, RunResult]:
    """Return a run of a folder that this version of the program flies again as it was. UserError when there is
    none."""
    stored = read_study(folder)
    if number >= stored.study.runs:
        raise UserError(f"run {number}: the study has {stored.study.runs}, from 0 to {stored.study.runs - 1}")
    row = next((row for row in rows(folder) if row.run == number), None)
    if row is None:
        raise UserError(f"run {number}: has not been flown; `sortie campaign run` flies what is left")
    if (own := identity()) != stored.identity:
        raise UserError(
            f"{folder}: was flown by Sortie {stored.identity}, this is {own}, whose flights differ; "
            "use that version, or run the campaign again in another folder"
        )
    return stored, row


def _lines(row: RunResult) -> list[str]:
    """Return lines with the result of the mission and the verdict of each judge."""
    lines = [f"mission {row.result}" + (f": {row.reason}" if row.reason else "")]
    for name, margin in row.robustness.items():
        verdict = "holds" if margin is not None and margin >= 0.0 else "fails"
        lines.append(f"{name}: not flown" if margin is None else f"{name}: {verdict}, robustness {margin:.4g}")
    for name in ("volume", "buffer"):
        margin, exit_s = row.figures.get(f"{name}_margin_m"), row.figures.get(f"left_{name}_s")
        if margin is not None:
            since = "" if exit_s is None else f", left at {exit_s:.1f} s"
            lines.append(f"{name}: {abs(margin):.1f} m {'inside' if margin >= 0.0 else 'outside'} at the worst{since}")
    return lines


_EVERY_S: Final = 1.0
_STILL_S: Final = 30.0
"""Longest time without a line, s, so that people see that the campaign is running."""
_WIDE: Final = 30


class CampaignProgress:
    """Progress display, updated with each batch; a context manager. `start`: number of runs that were there before.
    `expected`: the identity that workers must have."""

    def __init__(
        self, start: int, expected: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._start, self._expected, self._clock = start, expected, clock
        self._terminal = Terminal(stream)
        self._began_s = clock()
        self._shown_s = self._began_s
        self._shown_done = -1
        self._refused = 0

    def __enter__(self) -> CampaignProgress:
        self._terminal.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._terminal.stop()

    def tell(self, view: CampaignView) -> None:
        """Update the display if it is time."""
        now_s = self._clock()
        while view.refused[self._refused :]:
            self._terminal.say(f"sortie: refused: {view.refused[self._refused]}, this is {self._expected}")
            self._refused += 1
        seconds = now_s - self._began_s
        if self._terminal.is_open and view.done < view.total:
            self._terminal.draw(
                now_s, lambda _: [[(bar(view), BAD if view.failed else GOOD)], live_line(view, seconds, self._start)]
            )
            return
        silent_s = now_s - self._shown_s
        fresh = view.done != self._shown_done and silent_s >= _EVERY_S
        if fresh or silent_s >= _STILL_S or view.done == view.total:
            self._shown_s, self._shown_done = now_s, view.done
            self._terminal.say(live_line(view, seconds, self._start))


def bar(view: CampaignView) -> str:
    """Draw a bar with the shares of flown and of failed runs."""
    failed, done = (round(_WIDE * count / view.total) for count in (view.failed, view.done))
    return f"[{'x' * failed}{'#' * (done - failed)}{'.' * (_WIDE - done)}] {view.done / view.total:4.0%}  x: failed"


def live_line(view: CampaignView, seconds: float, start: int) -> str:
    """Return a line about the progress after `seconds`; `start` runs were there before."""
    done = view.done - start
    runs, workers = counted(view.total, "run"), counted(view.workers, "worker")
    if not done:
        return f"sortie: {view.done} of {runs}, none flown yet by {workers}, {seconds:.0f} s"
    judges = ", ".join(f"{name} {count}" for name, count in sorted(view.by_judge.items()))
    return (
        f"sortie: {view.done} of {runs}, {view.failed} failed{f' ({judges})' if judges else ''}, "
        f"{_duration(seconds / done * (view.total - view.done))} left, "
        f"{view.flight_s / max(seconds, 1e-3):.0f} flight hours an hour, {workers}"
    )


def _duration(seconds: float) -> str:
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 7200.0 else f"{seconds / 3600.0:.1f} h"
