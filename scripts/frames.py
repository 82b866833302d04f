"""Each frame of a copter and the boat, flown by a real ArduPilot in our world: the table of docs/real-firmware.md.

With the firmware's defaults, nothing tuned: a hover at 10 m (the boat: 10 s in its place), a square of 20 m, and a
landing by LAND. Usage: ARDUPILOT_SITL=FOLDER python -m scripts.frames [NAME ...] (without names all).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import degrees, hypot
from pathlib import Path
from typing import Final

from autopilot.mav import Cmd
from scripts.decides_cases import command
from scripts.generated_page import table_row, write_rows
from sitl.vehicles.frames import FRAMES
from sortie import Session, mavlink
from sortie.api.link import SessionLink

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "real-firmware.md"
HEADS: Final = ("frame", "hover: height", "hover: place", "hover: lean", "square: beside its legs", "landed", "at")
HEIGHT_M, SIDE_M, HOVER_S, STEP_S = 10.0, 20.0, 10.0, 0.1
CORNERS: Final = ((SIDE_M, 0.0), (SIDE_M, SIDE_M), (0.0, SIDE_M), (0.0, 0.0))
BOAT: Final = "boat"
NAMES: Final = (*(layout.name for layout in FRAMES.values()), BOAT)
_COPTER_GUIDED, _COPTER_LAND, _ROVER_GUIDED, _ROVER_HOLD = 4.0, 9.0, 15.0, 4.0
_ARRIVED_M, _PATIENCE_S = 1.5, 90.0
_POSITION_ONLY: Final = 0x0DF8


@dataclass
class Measured:
    """Largest deviations, m and deg, and the end: m from home, m/s at the ground."""

    height_m: float = 0.0
    place_m: float = 0.0
    lean_deg: float = 0.0
    beside_m: float = 0.0
    home_m: float = 0.0
    touchdown_mps: float = 0.0

    def row(self, name: str) -> tuple[str, ...]:
        hover, beside = f"within {self.place_m:.2f} m", f"within {self.beside_m:.1f} m"
        home = f"{self.home_m:.1f} m from home"
        if name == BOAT:
            return name, "-", hover, "-", beside, home, "-"
        lean, touchdown = f"{self.lean_deg:.1f}°", f"{self.touchdown_mps:.2f} m/s"
        return name, f"within {self.height_m:.2f} m", hover, lean, beside, home, touchdown


def fly(name: str) -> Measured:
    """One flight of this frame."""
    boat = name == BOAT
    frame = next((key for key, layout in FRAMES.items() if layout.name == name), (0, 0))
    params = {} if boat else {"FRAME_CLASS": float(frame[0]), "FRAME_TYPE": float(frame[1])}
    with Session(f"ardupilot:{BOAT if boat else 'copter'},world=ours", seed=1, params=params) as session:
        session.wait_armable(120.0)
        link, found = session.connect(), Measured()
        command(link, Cmd.DO_SET_MODE, 1.0, _ROVER_GUIDED if boat else _COPTER_GUIDED)
        command(link, Cmd.COMPONENT_ARM_DISARM, 1.0)
        if not boat:
            command(link, Cmd.NAV_TAKEOFF, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, HEIGHT_M)
            session.run_until(lambda flown: -flown.truth.position[2] > HEIGHT_M - 0.3, 40.0)
            session.run_for(5.0)
        _hover(session, found)
        _square(session, link, found)
        command(link, Cmd.DO_SET_MODE, 1.0, _ROVER_HOLD if boat else _COPTER_LAND)
        _land(session, found, boat=boat)
    return found


def _hover(session: Session, found: Measured) -> None:
    north, east, _ = session.truth.position
    for _ in range(round(HOVER_S / STEP_S)):
        session.run_for(STEP_S)
        truth = session.truth
        found.height_m = max(found.height_m, abs(truth.position[2] + HEIGHT_M))
        found.place_m = max(found.place_m, hypot(truth.position[0] - north, truth.position[1] - east))
        found.lean_deg = max(found.lean_deg, degrees(hypot(*truth.attitude[:2])))


def _square(session: Session, link: SessionLink, found: Measured) -> None:
    """Each leg is flown to its end; what lies beside it counts until then."""
    start = session.truth.position[:2]
    for corner in CORNERS:
        place = *corner, -HEIGHT_M
        link.send(
            mavlink.MAVLink_set_position_target_local_ned_message(
                0, 1, 1, 1, _POSITION_ONLY, *place, 0, 0, 0, 0, 0, 0, 0, 0
            )
        )
        end_s = session.time_s + _PATIENCE_S
        while hypot(session.truth.position[0] - corner[0], session.truth.position[1] - corner[1]) > _ARRIVED_M:
            if session.time_s > end_s:
                raise TimeoutError(f"not at {corner} within {_PATIENCE_S:g} s")
            session.run_for(STEP_S)
            found.beside_m = max(found.beside_m, _beside(session.truth.position, start, corner))
        start = corner
    session.run_for(5.0)


def _beside(place: tuple[float, ...], start: tuple[float, ...], end: tuple[float, float]) -> float:
    """Distance from the line between two places, m."""
    north, east = end[0] - start[0], end[1] - start[1]
    return abs(north * (place[1] - start[1]) - east * (place[0] - start[0])) / hypot(north, east)


def _land(session: Session, found: Measured, *, boat: bool) -> None:
    end_s = session.time_s + (STEP_S if boat else _PATIENCE_S)
    while session.state.armed and session.time_s < end_s:
        before = session.truth
        session.run_for(0.02)
        if before.position[2] < -0.02 <= session.truth.position[2]:
            found.touchdown_mps = before.velocity[2]
    found.home_m = hypot(*session.truth.position[:2])


def main(names: list[str]) -> int:
    for name in names or NAMES:
        cells = fly(name).row(name)
        print(table_row(cells), flush=True)
        write_rows(PAGE, "frames", HEADS, NAMES, cells)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
