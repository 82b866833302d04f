"""Result of a loop: the JSON object and exit status of `sortie loop`, and the files of `--report DIR`: report.html with
charts, report.json and CSV tables. The page opens without a network."""

from __future__ import annotations

import csv
import html
import json
import os
from collections.abc import Iterable, Sequence
from math import fsum
from pathlib import Path
from typing import Any, Final

import msgspec

from depot.decisions.memory import DepotMemory
from depot.decisions.record import SortieReport
from depot.decisions.throughput import compare
from depot.names import EndedBy
from depot.settings import Profile
from depot.world.depot import DepotResources
from sortie.config.errors import UserError
from sortie.config.files import files_of, make_folder
from sortie.loop.flight_plots import draw_flight
from sortie.loop.journal import StoredDecision
from sortie.loop.plots import draw_plots
from sortie.loop.runner import LoopRun
from sortie.loop.view import amount, span
from sortie.reports.page import html_page, wide_table

EXIT = {
    EndedBy.SORTIES_DONE: 0, EndedBy.RETIRED: 1, EndedBy.LOST: 1, EndedBy.TOTAL_ABORT: 3, EndedBy.STOPPED: 0,
}  # fmt: skip


def result_of(
    profile: str,
    seed: int,
    sorties: Sequence[SortieReport],
    memory: DepotMemory,
    depot: DepotResources,
    ended_by: EndedBy,
) -> dict[str, Any]:
    """Make the JSON object (docs/reference/sortie-loop.md, "Endings and restarts"). `sorties`: all ended ones."""
    return {
        "profile": profile,
        "seed": seed,
        "sorties": sorties,
        "skimmer": {"state": memory.skimmer.value, "reason": memory.reason, "heard_again": memory.heard_again},
        "depot": {
            "state": "TOTAL_ABORT" if memory.leaving or memory.ended_by is EndedBy.TOTAL_ABORT else "NOMINAL",
            "tanks": {
                tank.name: {"species": tank.species, "kg": round(tank.kg, 3), "capacity_kg": tank.capacity_kg}
                for tank in depot.tanks
            },
        },
        "ended_by": ended_by.value,
    }


_SORTIE_COLUMNS = (
    "number", "outcome", "abort", "trigger", "start_s", "end_s", "t_sortie_s", "t_death_s", "harvested_kg",
    "delivered_kg",
)  # fmt: skip
_DECISION_COLUMNS = ("time_s", "sortie", "phase", "party", "name", "reason", "facts")
_TRACK_COLUMNS = ("sortie", "time_s", "lat", "lon", "alt_m")
_SHOWN_DECISIONS = 2_000


def check_directory(directory: Path) -> None:
    """Make the directory before the flight. UserError when it is not writable."""
    make_folder(directory, f"--report {directory}")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise UserError(f"--report {directory}: cannot be written")


def write_report(directory: Path, run: LoopRun, result: dict[str, Any]) -> None:
    """Write all files. UserError when the directory is not writable."""
    decisions = run.journal.decisions()
    levels = run.journal.levels()
    comparison = [msgspec.to_builtins(row) for row in compare(run.profile, result["sorties"])]
    tracks = run.tracks()
    whole = {
        **result,
        "throughput": comparison,
        "decisions": decisions,
        "levels": levels,
        "tracks": [{"sortie": number, "points": points} for number, points in tracks.items()],
    }
    spans = [(sortie["phases"][0]["start_s"], sortie["phases"][-1]["end_s"]) for sortie in result["sorties"]]
    sorties = [{**s, "start_s": a, "end_s": b} for s, (a, b) in zip(result["sorties"], spans, strict=True)]
    flights = run.flights()
    plots = draw_plots(run.profile, result["sorties"], levels, tracks)
    plots[:0] = draw_flight(run.profile, flights, result["sorties"], decisions)
    with files_of(f"--report {directory}"):
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "report.json").write_text(json.dumps(whole), encoding="utf-8")
        _write_csv(directory / "report.csv", _SORTIE_COLUMNS, sorties)
        flat = ({**row, "facts": json.dumps(row["facts"])} for row in decisions)
        _write_csv(directory / "decisions.csv", _DECISION_COLUMNS, flat)
        points = ({"sortie": number, **point} for number, track in tracks.items() for point in track)
        _write_csv(directory / "track.csv", _TRACK_COLUMNS, points)
        page = _page(run.profile, result, sorties, comparison, decisions, plots)
        (directory / "report.html").write_text(page, encoding="utf-8")


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


# --- the page ---------------------------------------------------------------------------------------------------------
def _page(
    profile: Profile,
    result: dict[str, Any],
    sorties: list[dict[str, Any]],
    comparison: list[dict[str, Any]],
    decisions: Sequence[StoredDecision],
    figures: list[str],
) -> str:
    """Write the page: summary, sorties, charts, equations, all decisions."""
    shown = decisions[-_SHOWN_DECISIONS:]
    note = f"<p>The last {_SHOWN_DECISIONS} of {len(decisions)}.</p>" if len(shown) < len(decisions) else ""
    body = (
        f"{_story(profile, result)}<h2>Sorties</h2>{_sorties(profile, sorties)}{''.join(figures)}"
        f"<h2>Equation and simulation</h2>{_comparison(comparison)}"
        f"<details><summary>Decisions ({len(decisions)})</summary>{note}{_decisions(shown)}</details>"
    )
    return html_page(f"Loop of {result['profile']}, seed {result['seed']}", body)


_ENDS: Final = {
    EndedBy.SORTIES_DONE: "All sorties that were asked for have ended", EndedBy.RETIRED: "The skimmer was retired",
    EndedBy.LOST: "The skimmer was lost", EndedBy.TOTAL_ABORT: "The depot has left: total abort",
    EndedBy.STOPPED: "It was stopped",
}  # fmt: skip


def _story(profile: Profile, result: dict[str, Any]) -> str:
    """Describe the outcome of the loop and its sorties, worst first."""
    sorties, skimmer, ended = result["sorties"], result["skimmer"], EndedBy(result["ended_by"])
    broken = [sortie for sortie in sorties if sortie["outcome"] != "completed"]
    kind = "bad" if EXIT[ended] else "look" if broken else "good"
    sign = {"bad": "✗", "look": "!", "good": "✓"}[kind]
    brought = amount(fsum(sortie["delivered_kg"] for sortie in sorties), profile.units.store)
    rows = [f"Sortie {sortie['number']} {_outcome(sortie)}." for sortie in broken]
    rows.append(f"Skimmer {skimmer['state']}: {skimmer['reason']}; depot {result['depot']['state']}.")
    items = "".join(f"<li>{html.escape(row)}" for row in rows)
    return (
        f'<section class="verdict {kind}"><strong>{sign} {html.escape(_ENDS[ended])}</strong>'
        f"<p>Sorties: {len(sorties)}, completed: {len(sorties) - len(broken)}; {html.escape(brought)} delivered.</p>"
        f"<ul>{items}</ul></section>"
    )


def _outcome(sortie: dict[str, Any]) -> str:
    abort = "" if sortie["abort"] is None else f", {sortie['abort']}"
    why = "" if sortie["trigger"] is None else f": {str(sortie['trigger']).replace('_', ' ')}"
    return f"{sortie['outcome'].replace('_', ' ')}{abort}{why}"


def _sorties(profile: Profile, sorties: list[dict[str, Any]]) -> str:
    unit = profile.units.store
    heads = ("Sortie", "How it ended", "Began", "Took", "Planned", "Silence allowed", "Harvested", "Delivered")
    rows = [
        [
            str(sortie["number"]),
            _outcome(sortie),
            _time(sortie["start_s"]),
            _time(sortie["end_s"] - sortie["start_s"]),
            _time(sortie["t_sortie_s"]),
            _time(sortie["t_death_s"]),
            amount(sortie["harvested_kg"], unit),
            amount(sortie["delivered_kg"], unit),
        ]
        for sortie in sorties
    ]
    return _table("Sorties", heads, rows, figures=range(2, 8))


def _time(seconds: float | None) -> str:
    return "–" if seconds is None else span(seconds * 1000.0)


def _comparison(rows: Iterable[dict[str, Any]]) -> str:
    heads = ("Quantity", "Predicted", "Measured", "Unit", "Holds", "Equation")
    words = {None: "", True: "✓ yes", False: "✗ no"}
    cells = [
        [
            row["quantity"],
            _number(row["predicted"]),
            _number(row["measured"]),
            row["unit"],
            words[row["holds"]],
            row["equation"],
        ]
        for row in rows
    ]
    return _table("Equation and simulation", heads, cells, figures=range(1, 3))


def _number(value: float | None) -> str:
    """Format a number with three digits, without exponent."""
    if value is None:
        return "–"
    digits = 0 if abs(value) >= 100.0 else 2 if abs(value) < 10.0 else 1
    return f"{value:,.{digits}f}"


def _decisions(decisions: Iterable[StoredDecision]) -> str:
    heads = ("Time", "Sortie", "Phase", "Who", "Decision", "Reason", "Facts")
    rows = [
        [
            _time(decision["time_s"]),
            str(decision["sortie"]),
            str(decision["phase"]),
            decision["party"],
            decision["name"].replace("_", " "),
            decision["reason"],
            _facts(decision["facts"]),
        ]
        for decision in decisions
    ]
    return _table("Decisions", heads, rows, figures=range(3))


def _facts(facts: object) -> str:
    """Format names and values for people."""
    match facts:
        case dict():
            return "; ".join(f"{str(name).replace('_', ' ')} {_facts(value)}" for name, value in facts.items())
        case list():
            return ", ".join(_facts(fact) for fact in facts) or "none"
        case bool():
            return "yes" if facts else "no"
        case float():
            return f"{facts:,.4g}" if abs(facts) < 1000.0 else f"{facts:,.0f}"
        case None:
            return "–"
        case _:
            return str(facts).replace("_", " ")


def _table(name: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, figures: range) -> str:
    head = "".join(
        f'<th scope="col"{" class=figure" if number in figures else ""}>{html.escape(word)}'
        for number, word in enumerate(heads)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{' class=figure' if number in figures else ''}>{html.escape(cell)}" for number, cell in enumerate(row)
        )
        for row in rows
    )
    return wide_table(name, f"<tr>{head}{body}")
