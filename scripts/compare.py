"""The same mission on the built-in simulator and on the SITL of a firmware: track, timing and item events side by side.

All are flown by `sortie fly`: the simulator spoken to as that firmware, with its defaults, and the SITL with both
strategies, led by Sortie (ArduPilot's GUIDED, PX4's Hold) and by the controller's own AUTO or Mission. What is compared
are the flight logs. Writes a page and a plot (SVG) into docs/ for each firmware whose binary is named.

Wings fly many missions (`scripts.wing_missions`). ArduPlane's flights are kept in tests/data, so that the simulator is
held to them wherever there is no SITL; with ARDUPLANE_SITL they are flown anew, `--wings` compares with those kept.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from math import fsum, hypot
from pathlib import Path

from scripts.generated_page import table
from scripts.wing_flights import WingFlight, fly_ours, fly_theirs, keep, kept
from scripts.wing_measures import Measure, measures, told
from scripts.wing_missions import MISSIONS, WingMission
from scripts.wing_reasons import BESIDE_ARDUPLANE

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "examples" / "square.waypoints"
DOCS = ROOT / "docs"
LIMIT_S = 900
WIDTH, HEIGHT, MARGIN = 720, 420, 40
SIMULATOR = "built-in simulator"
COLOURS = ("#1f6fb2", "#c8501e", "#3c8a3c")

Point = tuple[float, float, float, float]  # s since takeoff, north, east, height, m from where it stood


@dataclass(frozen=True)
class Firmware:
    """One that is compared with. `key`: of --firmware and --vehicle; `variable`: names its SITL; `guided`, `native`:
    what the two flights on it are called."""

    key: str
    name: str
    variable: str
    guided: str
    native: str

    @property
    def page(self) -> Path:
        return DOCS / f"{self.key}-comparison.md"

    @property
    def plot(self) -> Path:
        return DOCS / f"{self.key}-comparison.svg"


FIRMWARES = (
    Firmware("ardupilot", "ArduPilot", "ARDUPILOT_SITL", "led by Sortie in GUIDED", "its own AUTO"),
    Firmware("px4", "PX4", "PX4_SITL", "led by Sortie in Hold", "its own Mission"),
)


@dataclass
class Flight:
    """One flight: its track, and when each item was reached, s since takeoff."""

    name: str
    track: list[Point]
    reached: dict[int, float]

    @property
    def duration_s(self) -> float:
        return self.track[-1][0] - self.track[0][0]

    @property
    def length_m(self) -> float:
        pairs = zip(self.track, self.track[1:], strict=False)
        return fsum(hypot(b[1] - a[1], b[2] - a[2]) for a, b in pairs)

    @property
    def highest_m(self) -> float:
        return max(point[3] for point in self.track)


def fly(name: str, plan: Path, *options: str) -> Flight:
    """Fly `plan` once and read its log. SystemExit with what it said when the flight fails."""
    with tempfile.TemporaryDirectory(prefix="sortie-compare-") as folder:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "sortie",
                "fly",
                str(plan),
                "--json",
                *options,
                "--state-dir",
                f"{folder}/state",
                "--log-dir",
                f"{folder}/log",
                "--link",
                "udpout:127.0.0.1:9",
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        if done.returncode != 0:
            raise SystemExit(f"{name}: the flight failed:\n{done.stderr}")
        return read(name, Path(json.loads(done.stdout.splitlines()[-1])["logs"]))


def read(name: str, folder: Path) -> Flight:
    """A flight from its log folder."""
    with (folder / "telemetry.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    north, east, down = (float(rows[0][key]) for key in ("north_m", "east_m", "down_m"))
    points = [
        (float(row["time_s"]), float(row["north_m"]) - north, float(row["east_m"]) - east, down - float(row["down_m"]))
        for row in rows
    ]
    start = next((point[0] for point in points if point[3] > 0.5), points[0][0])
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    reached = {event["seq"]: event["time_s"] - start for event in events if event["event"] == "ItemReached"}
    last = max(reached.values(), default=points[-1][0] - start)
    track = [(point[0] - start, *point[1:]) for point in points if start <= point[0] <= start + last + 1.0]
    return Flight(name, track, reached)


def apart_m(one: Flight, other: Flight) -> float:
    """The largest distance of a point of one track to the nearest point of the other, m."""
    return max(min(hypot(a[1] - b[1], a[2] - b[2], a[3] - b[3]) for b in other.track) for a in one.track)


def plot(flights: list[Flight]) -> str:
    """The tracks from above, as SVG."""
    norths = [point[1] for flight in flights for point in flight.track]
    easts = [point[2] for flight in flights for point in flight.track]
    scale = min(
        (WIDTH - 2 * MARGIN) / max(max(easts) - min(easts), 1.0),
        (HEIGHT - 2 * MARGIN) / max(max(norths) - min(norths), 1.0),
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for number, (flight, colour) in enumerate(zip(flights, COLOURS, strict=True)):
        places = " ".join(
            f"{MARGIN + (point[2] - min(easts)) * scale:.1f},{HEIGHT - MARGIN - (point[1] - min(norths)) * scale:.1f}"
            for point in flight.track
        )
        lines.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        lines.append(f'<text x="{WIDTH - 220}" y="{22 + 18 * number}" fill="{colour}">{flight.name}</text>')
    lines.append(f'<text x="{MARGIN}" y="{HEIGHT - 12}">north up; 10 m = {10 * scale:.0f} px</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def page(firmware: Firmware, plan: Path, ours: Flight, theirs: list[Flight]) -> str:
    """The page."""
    flights = [ours, *theirs]
    rows = [
        ("flight time, s", [flight.duration_s for flight in flights]),
        ("way over ground, m", [flight.length_m for flight in flights]),
        ("greatest height, m", [flight.highest_m for flight in flights]),
        ("farthest from the simulator's track, m", [0.0, *(max(apart_m(ours, f), apart_m(f, ours)) for f in theirs)]),
    ]
    rows += [
        (f"item {seq} reached, s", [flight.reached.get(seq, float("nan")) for flight in flights])
        for seq in sorted(ours.reached)
    ]
    cells = ((name, *(f"{value:.1f}" for value in values)) for name, values in rows)
    lines = table(("", *(flight.name for flight in flights)), cells)
    return f"""# The same mission on the simulator and on {firmware.name}

Made by `scripts/compare` from `{plan.name}`: one flight on the built-in simulator (`--firmware {firmware.key}`), two on
{firmware.name} SITL, one {firmware.guided} (`--strategy guided`), one by {firmware.native} (`--strategy native`).
Times count from 0.5 m of height; the distance of two tracks is that of each point to the other's nearest.

{chr(10).join(lines)}

![The tracks from above]({firmware.plot.name})
"""


def compare(firmware: Firmware, binary: str, plan: Path) -> None:
    """Fly three times, write page and plot."""
    sitl = ("--vehicle", f"{firmware.key}:copter={binary}", "--speedup", "1", "--strategy")
    ours = fly(SIMULATOR, plan, "--vehicle", "sim:copter", "--firmware", firmware.key, "--speedup", "0")
    theirs = [
        fly(f"{firmware.name}, {firmware.guided}", plan, *sitl, "guided"),
        fly(f"{firmware.name}, {firmware.native}", plan, *sitl, "native"),
    ]
    firmware.plot.write_text(plot([ours, *theirs]))
    firmware.page.write_text(page(firmware, plan, ours, theirs))
    print(f"compare: wrote {firmware.page} and {firmware.plot}", file=sys.stderr)


WINGS_PAGE = DOCS / "plane-comparison.md"


def compare_wings(binary: str | None) -> None:
    """Fly the missions of wings and write their page; with a binary ArduPlane flies them anew first."""
    flights = kept()
    if binary is not None:
        for mission in MISSIONS:
            flights[mission.name] = fly_theirs(mission, binary)
            print(f"compare: {mission.name} flown by ArduPlane", file=sys.stderr)
        keep(flights)
    rows = [(mission, measured(mission, flights[mission.name])) for mission in MISSIONS]
    WINGS_PAGE.write_text(wings_page(rows))
    print(f"compare: wrote {WINGS_PAGE}", file=sys.stderr)


def measured(mission: WingMission, theirs: WingFlight) -> list[Measure]:
    """The simulator's flight beside ArduPlane's."""
    return measures(fly_ours(mission, theirs.acted_s), theirs)


def wings_page(rows: list[tuple[WingMission, list[Measure]]]) -> str:
    """The page of the wings."""
    names = [measure.name for measure in rows[0][1]]
    cells = ((f"{one.value:.1f}" if one.holds else f"**{one.value:.1f}**" for one in found) for _, found in rows)
    titles = (f"{mission.name}: {mission.title}" for mission, _ in rows)
    lines = table(("mission", *names), ((title, *row) for title, row in zip(titles, cells, strict=True)))
    limits = ", ".join(f"{one.name.replace(',', '')} {one.most:g}" for one in rows[0][1])
    reasons = told([(mission.name, found) for mission, found in rows], BESIDE_ARDUPLANE)
    held = sum(one.holds for _, found in rows for one in found)
    return f"""# Planes and quadplanes compared with ArduPlane

Made by `scripts/compare`: the same missions by `sim:plane` and `sim:quadplane` and by ArduPlane 4.7.0-dev's SITL
(`--model plane`, `--model quadplane`) in its own AUTO, with the parameters that ArduPilot has for these models. Times
count from the end of the takeoff, energy from there to the beginning of the last item. A point of one track is compared
with the nearest of the other within 2 s and 5 % of the time; a turn is where either banks by more than 10 degrees. The
flights are near sea level: higher up, ArduPlane's SITL applies EAS2TAS twice and its airspeed sensor shows too little.

Greatest differences (limits: {limits}). {held} of {sum(len(found) for _, found in rows)} hold; the others are
bold.

{chr(10).join(lines)}

## Reasons for differences beyond the limits

{reasons}
"""


def main() -> int:
    """Compare with each firmware whose SITL is named."""
    wings = os.environ.get("ARDUPLANE_SITL")
    if wings or "--wings" in sys.argv:
        compare_wings(wings)
        return 0
    named = [(one, os.environ[one.variable]) for one in FIRMWARES if os.environ.get(one.variable)]
    if not named:
        print("compare: set ARDUPILOT_SITL or PX4_SITL to the binary of a copter's SITL", file=sys.stderr)
        return 2
    for firmware, binary in named:
        compare(firmware, binary, Path(sys.argv[1]) if len(sys.argv) > 1 else PLAN)
    return 0


if __name__ == "__main__":
    sys.exit(main())
