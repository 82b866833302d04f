"""The result of a loop: the JSON object of `sortie loop` with the exit status that goes with it, and `--report DIR`:
report.html with plots, report.json, and CSV tables. The page opens without a network: its plots are SVG inside it,
drawn by matplotlib."""

from __future__ import annotations

import csv
import html
import json
import os
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from depot.decisions.memory import DepotMemory
from depot.decisions.throughput import compare
from depot.names import EndedBy
from depot.world.depot import DepotResources
from sortie.config.errors import UserError
from sortie.loop.flight_plots import draw_flight
from sortie.loop.plots import draw_plots
from sortie.loop.runner import LoopRun

EXIT = {
    EndedBy.SORTIES_DONE: 0, EndedBy.RETIRED: 1, EndedBy.LOST: 1, EndedBy.TOTAL_ABORT: 3, EndedBy.STOPPED: 0,
}  # fmt: skip


def result_of(
    profile: str, seed: int, sorties: list[dict[str, Any]], memory: DepotMemory, depot: DepotResources,
    ended_by: EndedBy,
) -> dict[str, Any]:  # fmt: skip
    """See docs/reference/sortie-loop.md, "Endings and restarts". `sorties`: all that have ended."""
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


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:72em;padding:0 1em;color:#1b1f24}"
    "table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #d0d7de;padding:.25em .6em;text-align:left}"
    "td.n{text-align:right}svg{max-width:100%;height:auto}details{margin:1em 0}"
)
_SORTIE_COLUMNS = (
    "number", "outcome", "abort", "trigger", "start_s", "end_s", "t_sortie_s", "t_death_s", "harvested_kg",
    "delivered_kg",
)  # fmt: skip
_DECISION_COLUMNS = ("time_s", "sortie", "phase", "party", "name", "reason", "facts")
_TRACK_COLUMNS = ("sortie", "time_s", "lat", "lon", "alt_m")
_SHOWN_DECISIONS = 2_000


def check_directory(directory: Path) -> None:
    """Make it before anything is flown; UserError when it cannot be written, or the library that draws is missing."""
    if find_spec("matplotlib") is None:
        raise UserError("--report needs matplotlib for its plots: pip install 'sortie-mavlink[plots]'")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--report {directory}: {error.strerror}") from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise UserError(f"--report {directory}: cannot be written")


def write_report(directory: Path, run: LoopRun, result: dict[str, Any]) -> None:
    """Write all files; UserError when the directory cannot be written."""
    decisions = run.journal.decisions()
    levels = run.journal.levels()
    comparison = [msgspec.to_builtins(row) for row in compare(run.profile, result["sorties"])]
    tracks = run.tracks()
    whole = {
        **result, "throughput": comparison, "decisions": decisions, "levels": levels,
        "tracks": [{"sortie": number, "points": points} for number, points in tracks.items()],
    }  # fmt: skip
    sorties = [_flat(sortie) for sortie in result["sorties"]]
    flights = run.flights()
    plots = draw_plots(run.profile, result["sorties"], levels, tracks)
    plots[:0] = draw_flight(run.profile, flights, result["sorties"], decisions)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "report.json").write_text(json.dumps(whole), encoding="utf-8")
        _write_csv(directory / "report.csv", _SORTIE_COLUMNS, sorties)
        flat = ({**row, "facts": json.dumps(row["facts"])} for row in decisions)
        _write_csv(directory / "decisions.csv", _DECISION_COLUMNS, flat)
        points = ({"sortie": number, **point} for number, track in tracks.items() for point in track)
        _write_csv(directory / "track.csv", _TRACK_COLUMNS, points)
        page = _page(result, sorties, comparison, decisions, plots)
        (directory / "report.html").write_text(page, encoding="utf-8")
    except OSError as error:
        raise UserError(f"--report {directory}: {error.strerror}") from error


def _flat(sortie: dict[str, Any]) -> dict[str, Any]:
    phases = sortie["phases"]
    return {**sortie, "start_s": phases[0]["start_s"], "end_s": phases[-1]["end_s"]}


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def _page(
    result: dict[str, Any], sorties: list[dict[str, Any]], comparison: list[dict[str, Any]],
    decisions: list[dict[str, Any]], plots: list[tuple[str, str]],
) -> str:  # fmt: skip
    title = f"sortie loop: {result['profile']}, seed {result['seed']}"
    skimmer = result["skimmer"]
    figures = "".join(f"<h2>{html.escape(name)}</h2>{svg}" for name, svg in plots)
    shown = decisions[-_SHOWN_DECISIONS:]
    note = f"<p>The last {_SHOWN_DECISIONS} of {len(decisions)}.</p>" if len(shown) < len(decisions) else ""
    rows = [{**row, "facts": json.dumps(row["facts"])} for row in shown]
    columns = ("quantity", "equation", "unit", "predicted", "measured", "holds")
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title><style>{_STYLE}</style>"
        f"<h1>{html.escape(title)}</h1><p>Ended by {result['ended_by']}; skimmer {skimmer['state']} "
        f"({html.escape(skimmer['reason'])}); depot {result['depot']['state']}.</p>"
        f"<h2>Equation and simulation</h2>{_table(columns, comparison)}{figures}"
        f"<details><summary>Sorties ({len(sorties)})</summary>{_table(_SORTIE_COLUMNS, sorties)}</details>"
        f"<details><summary>Decisions ({len(decisions)})</summary>{note}{_table(_DECISION_COLUMNS, rows)}</details>"
        "</html>"
    )


def _table(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    head = "".join(f"<th>{html.escape(name)}" for name in columns)
    body = "".join("<tr>" + "".join(_cell(row[name]) for name in columns) for row in rows)
    return f"<table><tr>{head}{body}</table>"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"<td class=n>{value:,.6g}"
    return "<td>" if value is None else f"<td>{html.escape(str(value))}"
