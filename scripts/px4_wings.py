"""Missions of wings by the simulator spoken to as a PX4, and by a real PX4 that flies the same bodies: ways, times and
what was decided.

Both are flown by one station, as MAVSDK and QGroundControl do it: upload, arm, mode Mission. `python -m
scripts.px4_wings` writes the page; with PX4_SITL, the binary of a SITL, the real one flies them anew first.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import degrees
from pathlib import Path
from typing import Final

import numpy as np

from autopilot.mav import Cmd, LandedState, MissionType
from autopilot.mission.items import MissionItem
from autopilot.parameters.files import parse_parameters
from autopilot.personality.px4.parameter_table import WING_ROWS
from scripts.generated_page import table, table_row
from scripts.wing_flights import Row, WingFlight
from scripts.wing_measures import HEIGHT_M, LEG_M, TURN_M, Laid, Measure, airspeeds, nearest, times, told
from scripts.wing_reasons import BESIDE_PX4
from sitl.px4.launcher import VARIABLE
from sortie import Session
from tests.fakes.px4_sitl import world_line
from tests.fakes.px4_station import EXTENDED_SYS_STATE, LOCAL_POSITION_NED, MISSION, RETURN, SessionLine, Station

ROOT: Final = Path(__file__).resolve().parents[1]
KEPT: Final = ROOT / "tests" / "data" / "px4-wings-world.json"
PAGE: Final = ROOT / "docs" / "px4-wings-comparison.md"
FIRST_LEG, DOWN_M = 2, 1.0
"""Looked at is what lies behind the first place, until it is as low as this: takeoff and rollout are of the body."""
VFR_HUD, LOOK_S, LONGEST_S, RELATIVE = 74, 0.2, 900.0, 6
UPRIGHT, ON_WINGS = 3.0, 4.0
Place = tuple[int, float, float, float, dict[str, float]]


def at(command: int, north: float, east: float, up: float, **params: float) -> Place:
    """An item at a place, m beside home."""
    return command, north, east, up, params


@dataclass(frozen=True)
class Px4Mission:
    """One mission. `kind`: plane or quadplane; `returns_at`: item in which, 5 s after its begin, Return is set;
    `params`: set on both."""

    name: str
    title: str
    kind: str
    items: Sequence[Place]
    returns_at: int | None = None
    params: dict[str, float] = field(default_factory=dict)


UP: Final = at(Cmd.NAV_TAKEOFF, 200, 0, 40, param1=12.0)
SQUARE: Final = [at(Cmd.NAV_WAYPOINT, *place, 60) for place in ((500, 0), (500, 500), (-300, 500))]
PATTERN: Final = [
    at(Cmd.DO_LAND_START, 0, 0, 0),
    at(Cmd.NAV_LOITER_TO_ALT, -700, 0, 40, param1=1.0, param2=80.0, param4=1.0),
    at(Cmd.NAV_LAND, 0, 0, 0),
]
LIFT: Final = at(Cmd.NAV_VTOL_TAKEOFF, 0, 0, 30)
WIDE: Final = [at(Cmd.NAV_WAYPOINT, *place, 60) for place in ((500, 0), (500, 500), (0, 500))]
DOWN: Final = at(Cmd.NAV_VTOL_LAND, 0, 0, 0)
MISSIONS: Final = (
    Px4Mission("square", "legs, and QGroundControl's landing pattern", "plane", [UP, *SQUARE, *PATTERN]),
    Px4Mission(
        "loiter-time",
        "60 s of a circle",
        "plane",
        [UP, at(Cmd.NAV_LOITER_TIME, 600, 200, 60, param1=60.0, param3=100.0), *SQUARE[1:], *PATTERN],
    ),
    Px4Mission(
        "to-height",
        "a circle up to 120 m",
        "plane",
        [UP, at(Cmd.NAV_LOITER_TO_ALT, 600, 0, 120, param1=1.0, param2=80.0, param4=1.0), *SQUARE[1:], *PATTERN],
    ),
    Px4Mission(
        "speeds",
        "airspeeds of 13 and 17 m/s",
        "plane",
        [
            UP,
            SQUARE[0],
            at(Cmd.DO_CHANGE_SPEED, 0, 0, 0, param2=13.0, param3=-1.0),
            SQUARE[1],
            at(Cmd.DO_CHANGE_SPEED, 0, 0, 0, param2=17.0, param3=-1.0),
            SQUARE[2],
            *PATTERN,
        ],
    ),
    Px4Mission("return", "Return in flight, into the landing", "plane", [UP, *SQUARE, *PATTERN], returns_at=2),
    Px4Mission("v-square", "VTOL takeoff, legs, VTOL landing", "quadplane", [LIFT, *WIDE, DOWN]),
    Px4Mission(
        "v-changes",
        "transitions as items, as MAVSDK sends them",
        "quadplane",
        [
            at(Cmd.NAV_TAKEOFF, 0, 0, 30),
            at(Cmd.DO_VTOL_TRANSITION, 0, 0, 0, param1=ON_WINGS),
            *WIDE,
            at(Cmd.DO_VTOL_TRANSITION, 0, 0, 0, param1=UPRIGHT),
            at(Cmd.NAV_WAYPOINT, 0, 300, 40),
            at(Cmd.NAV_LAND, 0, 300, 0),
        ],
    ),
    Px4Mission(
        "v-loiter",
        "40 s of a circle",
        "quadplane",
        [LIFT, at(Cmd.NAV_LOITER_TIME, 500, 200, 60, param1=40.0, param3=80.0), WIDE[2], DOWN],
    ),
    Px4Mission(
        "v-return",
        "Return in flight, into QGroundControl's VTOL landing pattern",
        "quadplane",
        [LIFT, *WIDE, PATTERN[0], at(Cmd.NAV_LOITER_TO_ALT, 0, 400, 40, param1=1.0, param2=80.0, param4=1.0), DOWN],
        returns_at=3,
    ),
    Px4Mission("v-home", "Return home, RTL_TYPE 0", "quadplane", [LIFT, *WIDE, DOWN], 3, {"RTL_TYPE": 0.0}),
)
NOT_ALIKE: Final = {"NPFG_DAMPING": 0.7}
"""Defaults of PX4 that our airframes have otherwise."""


def alike(kind: str) -> dict[str, float]:
    """Parameters by which ours is PX4's airframe of the same body (`sitl/px4/world_*.parm`)."""
    own = parse_parameters((ROOT / "sitl" / "px4" / f"world_{kind}.parm").read_bytes())
    known = {row.name for row in WING_ROWS if row.core}
    return {name: value for name, value in own.items() if name in known} | NOT_ALIKE


@dataclass
class Px4Flight:
    """A flight; of mode, VTOL state, landed state and current item each value in turn, from the ground until it is
    disarmed."""

    flight: WingFlight
    decided: dict[str, list[str]]


def fly(mission: Px4Mission, station: Station) -> Px4Flight:
    """Fly it once and look, five times a second."""
    station.run(12.0)
    station.until(lambda: bool(station.of("HOME_POSITION")) and station.armable, 120.0)
    for message_id in (EXTENDED_SYS_STATE, LOCAL_POSITION_NED, VFR_HUD):
        station.stream(message_id, 1.0 / LOOK_S)
    for name, value in mission.params.items():
        station.set_param(name, value)
    station.upload(tuple(_item(station, place) for place in mission.items), MissionType.MISSION)
    station.run(1.0)
    assert station.set_mode(MISSION) == 0
    station.arm()
    rows: list[Row] = []
    began: list[tuple[float, int]] = []
    states: list[tuple[str, ...]] = []
    items: list[str] = []
    acted_s: float | None = None
    origin = station.place
    while not rows or ((station.armed or len(rows) < 50) and rows[-1][0] - rows[0][0] < LONGEST_S):
        station.run(LOOK_S)
        position, air = station.of("LOCAL_POSITION_NED")[-1], station.of("VFR_HUD")[-1]
        now_s = position.time_boot_ms / 1000.0
        if rows and now_s <= rows[-1][0]:
            continue
        place = (position.x - origin[0], position.y - origin[1], origin[2] - position.z)
        bank = degrees(station.of("ATTITUDE")[-1].roll)
        rows.append((now_s, *place, float(air.airspeed), bank, 0.0))
        seq = int(station.of("MISSION_CURRENT")[-1].seq) + 1
        if not began or began[-1][1] != seq:
            began.append((now_s, seq))
        system = station.of("EXTENDED_SYS_STATE")[-1]
        if station.armed and (states or system.landed_state != LandedState.ON_GROUND):
            states.append((f"{station.mode[0]}.{station.mode[1]}", str(system.vtol_state), str(system.landed_state)))
            items.append(str(seq - 1))
        due = mission.returns_at is not None and began[-1][1] == mission.returns_at + 1 and acted_s is None
        if due and now_s - began[-1][0] > 5.0:
            acted_s = now_s
            assert station.set_mode(RETURN) == 0
    found = list(zip(*states, strict=True))
    decided = {name: _turns(values) for name, values in zip(("mode", "vtol", "landed"), found, strict=True)}
    decided["item"] = _turns(items)
    return Px4Flight(WingFlight.of(rows, began, acted_s), decided)


def _item(station: Station, place: Place) -> MissionItem:
    command, north, east, up, params = place
    if not (north or east or up) and command not in (Cmd.NAV_LAND, Cmd.NAV_VTOL_LAND):
        return MissionItem(command, 2, **params)
    lat, lon = station.beside_home(north, east)
    return MissionItem(command, RELATIVE, x=lat, y=lon, z=up, **params)


def _turns(values: Sequence[str]) -> list[str]:
    return [value for at, value in enumerate(values) if at == 0 or values[at - 1] != value]


@contextmanager
def real(mission: Px4Mission, binary: Path) -> Iterator[Station]:
    """PX4, flying our body."""
    with (
        tempfile.TemporaryDirectory(prefix="sortie-px4-") as folder,
        world_line(binary, Path(folder), mission.kind, {}) as line,
    ):
        yield Station(line)


def fly_ours(mission: Px4Mission) -> Px4Flight:
    """By the simulator, in virtual time."""
    with Session(vehicle=f"sim:{mission.kind}", firmware="px4", seed=3, params=alike(mission.kind)) as session:
        return fly(mission, Station(SessionLine(session)))


def measured(mission: Px4Mission, ours: Px4Flight, theirs: Px4Flight) -> list[Measure]:
    """Measures of ways between the same items; of times where both fly at one airspeed."""
    laid = [Laid.of(one.flight, one.flight.track[-1][0]) for one in (ours, theirs)]
    known = np.union1d(laid[0].part, laid[1].part)
    one, other = ((part, np.searchsorted(known, part.part)) for part in laid)
    legs = turns = height = (0.0, 0.0)
    for (a, of_a), (b, of_b) in ((one, other), (other, one)):
        flown = (of_a >= FIRST_LEG) & (a.rows[:, 3] > DOWN_M)
        for number in np.flatnonzero(flown)[::5]:
            near = np.abs(of_b - of_a[number]) <= 1
            if near.sum() < 2:
                continue
            far, up, turned = nearest(a.rows[number], b.rows[near], b.turns[near])
            at_s = float(a.rows[number, 0])
            if turned or a.turns[number]:
                turns = max(turns, (far, at_s))
            else:
                legs, height = max(legs, (far, at_s)), max(height, (up, at_s))
    return [
        Measure("track on legs, m", legs[0], LEG_M, legs[1]),
        Measure("track in turns, m", turns[0], TURN_M, turns[1]),
        Measure("height on legs, m", height[0], HEIGHT_M, height[1]),
        airspeeds(*laid),
        times(*(_from_first_place(each.flight) for each in (ours, theirs))),
    ]


def _from_first_place(flight: WingFlight) -> WingFlight:
    """Times since the first place behind the takeoff was reached."""
    first_s = sorted(flight.items.values())[1]
    return WingFlight(flight.track, {seq: at_s - first_s for seq, at_s in flight.items.items() if at_s > first_s})


def keep(flights: dict[str, Px4Flight]) -> None:
    """Write the real one's flights down, a row each second."""
    lines = []
    for name, one in flights.items():
        track = [[round(value, 1) for value in row] for row in one.flight.track[:: round(1.0 / LOOK_S)]]
        items = {str(seq): round(at_s, 1) for seq, at_s in one.flight.items.items()}
        kept_one = {"items": items, "decided": one.decided, "track": track}
        lines.append(f"{json.dumps(name)}: {json.dumps(kept_one, separators=(',', ':'))}")
    KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def kept() -> dict[str, Px4Flight]:
    """The real one's flights as they were written down."""
    return {
        name: Px4Flight(
            WingFlight([tuple(row) for row in one["track"]], {int(k): v for k, v in one["items"].items()}),
            one["decided"],
        )
        for name, one in (json.loads(KEPT.read_text()) if KEPT.is_file() else {}).items()
    }


def page(rows: list[tuple[Px4Mission, list[Measure], list[str]]]) -> str:
    """The page."""
    names = list(dict.fromkeys(one.name for _, found, _ in rows for one in found))
    lines = table(("mission", "decisions", *names), ())
    for mission, found, apart in rows:
        of = {one.name: one for one in found}
        cells = [_cell(of[name]) for name in names]
        decisions = f"**{', '.join(apart)}**" if apart else "alike"
        lines.append(table_row((f"{mission.name}: {mission.title}", decisions, *cells)))
    known = {one.name: one.most for _, found, _ in rows for one in found}
    limits = ", ".join(f"{name.replace(',', '')} {most:g}" for name, most in known.items())
    reasons = told([(mission.name, found) for mission, found, _ in rows], BESIDE_PX4)
    held = sum(one.holds for _, found, _ in rows for one in found)
    return f"""# Planes and VTOLs compared with PX4

Made by `python -m scripts.px4_wings`: the same missions by `sim:plane` and `sim:quadplane` with `--firmware px4`, and
by PX4 1.16 (commit a8618691) that flies the same two simulated bodies ([`world=ours`](real-firmware.md#px4)). Missions
are uploaded and started over MAVLink as by MAVSDK and QGroundControl. Only the autopilots differ; both have the
parameters of `sitl/px4/world_*.parm`. PX4's flights are kept in tests/data; with `PX4_SITL` they are flown again.

*Decisions* are the sequences of modes, VTOL states, landed states (EXTENDED_SYS_STATE) and current items from the
ground until the vehicle is disarmed. The takeoff up to the first waypoint and the rollout are not compared. Tracks and
heights are compared item by item; times count from the first waypoint after the takeoff. Energy is not compared,
because PX4 has its own model of the battery.

Greatest differences (limits: {limits}). {held} of {sum(len(found) for _, found, _ in rows)} hold; the others are
bold.

{chr(10).join(lines)}

## Reasons for differences beyond the limits

{reasons}
"""


def _cell(measure: Measure) -> str:
    return f"{measure.value:.1f}" if measure.holds else f"**{measure.value:.1f}**"


def apart(ours: Px4Flight, theirs: Px4Flight) -> list[str]:
    """What was decided otherwise."""
    return [name for name, values in theirs.decided.items() if ours.decided[name] != values]


def main() -> int:
    """Fly, and write the page."""
    flights, binary = kept(), os.environ.get(VARIABLE)
    if binary:
        for mission in MISSIONS:
            with real(mission, Path(binary)) as station:
                flights[mission.name] = fly(mission, station)
        keep(flights)
    rows = []
    for mission in MISSIONS:
        ours, theirs = fly_ours(mission), flights[mission.name]
        rows.append((mission, measured(mission, ours, theirs), apart(ours, theirs)))
    PAGE.write_text(page(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
