"""`sortie report LOG...`: a page about flights, from their logs; also the pages of `sortie fly --report`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from autopilot.mission.plan import Plan
from sortie.config.errors import UserError
from sortie.config.files import ELSEWHERE, make_folder, write_file
from sortie.config.given import GivenOptions
from sortie.config.options import AGAINST, JSON, LOGS, OUT, WITHIN

if TYPE_CHECKING:
    from sortie.reading.facts import FlightFacts
    from sortie.reports.comparison import FlightComparison

MOST: Final = 4
"""Most lines that are distinguishable on one chart, even without colours."""


def report(given: GivenOptions) -> int:
    """Write a page. Status 0 with its path on stdout, 2 for an unreadable log; with --against 1 when the flights
    differ."""
    from sortie.reading.logs import find_log, read_log
    from sortie.reports.flight_page import flight_page

    logs, against = given[LOGS], given[AGAINST]
    if against is not None:
        return _against(given, logs, against)
    for option, is_given in ((JSON, given[JSON]), (WITHIN, given[WITHIN] is not None)):
        if is_given:
            raise UserError(f"--{option.name} needs --against LOG")
    if len(logs) > MOST:
        raise UserError(f"{len(logs)} logs: at most {MOST} fit side by side on one page")
    page = written_to(find_log(logs[0]).with_suffix(".html"), given[OUT])
    write_file(page, flight_page([read_log(log) for log in logs]), ELSEWHERE)
    print(page)
    return 0


def _against(given: GivenOptions, logs: tuple[Path, ...], against: Path) -> int:
    from sortie.reading.logs import find_log, read_log
    from sortie.reports.comparison import WITHIN_M, compared

    if len(logs) > 1:
        raise UserError(f"{len(logs)} logs: one is compared with --against {against}")
    here, other = read_log(logs[0]), read_log(against)
    found = compared(here, other, within_m=given[WITHIN] or WITHIN_M)
    page = written_to(find_log(logs[0]).with_suffix(".against.html"), given[OUT])
    write_comparison(page, (here, other), found)
    answer = found.as_json() | {"report": str(page)}
    print(json.dumps(answer) if given[JSON] else "\n".join([*found.lines(), str(page)]))
    return 0 if found.same else 1


def write_comparison(page: Path, flights: tuple[FlightFacts, FlightFacts], found: FlightComparison) -> None:
    """Write the page about two flights. UserError when that fails."""
    from sortie.reports.comparison_page import comparison_page

    write_file(page, comparison_page(flights, found), ELSEWHERE)


def page_of_flight(folder: Path, plan: Plan, pages: Path, *, vehicle: str | None = None) -> str | None:
    """Write the page of a new flight, with the number of its folder in the name, and return its path.

    `vehicle`: the label of a member of a fleet. None, with a line on stderr, when there is no log: the vehicle never
    armed, or a full disk kept neither log nor page.
    """
    from sortie.nodes.log_shelf import FLIGHT_LOG
    from sortie.reading.logs import read_log
    from sortie.reports.flight_page import flight_page

    if not (folder / FLIGHT_LOG).is_file():
        print(f"sortie: {folder}: no flight was logged here, so it has no page", file=sys.stderr)
        return None
    whose = "" if vehicle is None else f"vehicle-{vehicle}-"
    page = pages / f"{whose}flight-{folder.name}.html"
    try:
        facts = read_log(folder)
        facts.take_plan(plan)
        write_file(page, flight_page([facts]), "choose another folder with --report")
    except UserError as error:
        print(f"sortie: no report: {error}", file=sys.stderr)
        return None
    return str(page)


def written_to(made: Path, out: Path | None) -> Path:
    """Return the path for the file `made` with `--out`: a file, or a folder that gets the file under its name. A path
    that does not exist and has no suffix becomes a folder. UserError."""
    if out is None:
        return made
    if not out.is_dir():
        if out.suffix or out.exists():
            return out
        make_folder(out, out, ELSEWHERE)
    return out / made.name
