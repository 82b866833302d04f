"""Encounters with other aircraft as a real ArduCopter and a real PX4 decide them, beside our own flight manager:
tables of docs/traffic.md.

Both of a pair fly the same body in the same world, which tells them of the same aircraft once a second: they hover at
30 m, 100 m north of home, in GUIDED or in a mission, and it passes. Usage: ARDUPILOT_SITL=.../arducopter
PX4_SITL=.../bin/px4 python -m scripts.encounters [NUMBER ...] (without numbers all; the tables of the firmwares that
are given are written).
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import cos, fsum, hypot, radians, sin
from pathlib import Path
from typing import Final

from autopilot.interface.geo import Ned, to_global
from autopilot.mav import Cmd, ModeFlag
from autopilot.mission.items import MissionItem
from scripts.decides import FIRMWARES, POSITION_ONLY, Firmware, command, heartbeats
from scripts.generated_page import table_row, write_rows
from sortie import Session, mavlink
from sortie.api.link import SessionLink

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "traffic.md"
OUT_M, UP_M, BEGIN_S, LOOK_S = 100.0, 30.0, 90.0, 0.1
"""Place of the vehicle north of home and above it; when the aircraft appears, vehicle time; time between two looks."""
AWAY_M, SPEED_MPS, AFTER_S = 3000.0, 50.0, 30.0
"""From where it passes until when it appears; how long after it has passed the flight is watched."""
EVENTS: Final = (10236960, 10664053, 7144644, 1801328)
"""Numbers of PX4's events that tell of a conflict: reported, returning, landing, holding."""


@dataclass(frozen=True)
class Meeting:
    """An aircraft that comes from `from_deg` of the vehicle, and passes `beside_m` to its left and `up_m` above it;
    `climb_mps`. It is the parameters of the pair that differ. `why`: the reason where the two decide otherwise."""

    words: str
    params: Mapping[str, float]
    from_deg: float = 0.0
    beside_m: float = 0.0
    up_m: float = 0.0
    climb_mps: float = 0.0
    speed_mps: float = SPEED_MPS
    why: str = ""

    @property
    def passes_s(self) -> float:
        """Vehicle time at which it is beside the place where the vehicle hovers."""
        return BEGIN_S + AWAY_M / self.speed_mps

    def at(self, time_s: float) -> Ned:
        """Place then, NED m from home."""
        course, to_go_s = radians(self.from_deg + 180.0), self.passes_s - time_s
        along, left = -self.speed_mps * to_go_s, self.beside_m
        north, east = along * cos(course) + left * sin(course), along * sin(course) - left * cos(course)
        return OUT_M + north, east, -(UP_M + self.up_m - self.climb_mps * to_go_s)

    def traffic(self) -> str:
        """The file of it."""
        knots = [[time_s, *self.at(time_s)[:2], -self.at(time_s)[2]] for time_s in (BEGIN_S, self.passes_s + AFTER_S)]
        return f'[[aircraft]]\ncallsign = "N123AB"\nemitter = "light"\nknots = {knots}\n'


def avoid(action: int, recovery: int) -> dict[str, float]:
    return {"AVD_F_ACTION": action, "AVD_F_RCVRY": recovery}


STICK: Final = "the throttle stick of ArduCopter's SITL is down: in LOITER it sinks, and lands; ours has no transmitter"
HOLD: Final = "PX4 1.16 orders NAV_LOITER_UNLIM, which its commander does not know: it only warns"
HEIGHT: Final = "PX4 1.16 compares heights with NAV_TRAFF_A_HOR too, and never looks at NAV_TRAFF_A_VER"
ARDUCOPTER: Final = (
    Meeting("head-on, 10 m lower", avoid(2, 1), up_m=-10.0),
    Meeting("head-on, 15 m higher", avoid(2, 1), up_m=15.0),
    Meeting("head-on, 30 m to the east", avoid(3, 1), beside_m=30.0),
    Meeting("from the east", avoid(3, 2), from_deg=90.0),
    Meeting("from the north-east, 20 m lower", avoid(4, 1), from_deg=45.0, up_m=-20.0),
    Meeting("head-on", avoid(5, 1)),
    Meeting("head-on, 20 m to the east", avoid(6, 1), beside_m=20.0, why=STICK),
    Meeting("head-on", avoid(1, 1)),
    Meeting("head-on, 150 m to the east", avoid(2, 0), beside_m=150.0),
    Meeting("from behind, 30 m higher, sinking", avoid(4, 3), from_deg=180.0, up_m=30.0, climb_mps=-1.0),
)


def traff(action: int, **more: float) -> dict[str, float]:
    return {"NAV_TRAFF_AVOID": action, **more}


PX4: Final = (
    Meeting("head-on", traff(1)),
    Meeting("head-on", traff(2)),
    Meeting("head-on, 10 m lower", traff(3), up_m=-10.0),
    Meeting("from the east", traff(4), from_deg=90.0, why=HOLD),
    Meeting("head-on, 400 m to the east", traff(2), beside_m=400.0),
    Meeting("head-on, 600 m to the east", traff(2), beside_m=600.0),
    Meeting("head-on, 400 m higher", traff(4), up_m=400.0, why=HOLD),
    Meeting("from the north-east, 200 m higher", traff(2, NAV_TRAFF_A_VER=100), from_deg=45.0, up_m=200.0, why=HEIGHT),
    Meeting("head-on, slow", traff(3, NAV_TRAFF_COLL_T=20), speed_mps=30.0),
    Meeting("from behind, 30 m higher, sinking", traff(4), from_deg=180.0, up_m=30.0, climb_mps=-1.0, why=HOLD),
)
TABLES: Final = {"ArduCopter": ARDUCOPTER, "PX4": PX4}
PARAMETERS: Final = {
    "ArduCopter": {"AVD_ENABLE": 1.0, "AVD_F_TIME": 20.0, "RTL_ALT": 1500.0, "ADSB_TYPE": 1.0},
    "PX4": {"RTL_RETURN_ALT": UP_M, "RTL_MIN_DIST": 0.0},
}


@dataclass
class Passing:
    """Decisions of one flight: modes with seconds since the aircraft appeared, the closest that it came, m, how
    often it was told, and when the vehicle was disarmed."""

    modes: list[tuple[float, str]] = field(default_factory=list)
    closest_m: float = 1e9
    told: int = 0
    landed_s: float | None = None

    @property
    def kind(self) -> tuple[tuple[str, ...], bool]:
        """Decision without its times: modes in their order, each once."""
        return tuple(dict.fromkeys(name for _, name in self.modes)), self.told > 0

    def __str__(self) -> str:
        if not self.modes:
            return "reported" if self.told else "nothing"
        (first_s, first), *rest = self.modes
        times = sum(name == first for _, name in self.modes)
        often = f" ({times} times)" if times > 1 else ""
        return f"{first}{often} at {first_s:.0f} s" + (f", ends in {rest[-1][1]}" if rest else "")


def take_off_arducopter(session: Session, link: SessionLink) -> None:
    command(link, Cmd.DO_SET_MODE, 1.0, 4.0)
    command(link, Cmd.COMPONENT_ARM_DISARM, 1.0)
    command(link, Cmd.NAV_TAKEOFF, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, UP_M)
    session.run_until(lambda flown: -flown.truth.position[2] > UP_M - 1.0, 60.0)
    link.send(
        mavlink.MAVLink_set_position_target_local_ned_message(
            0, 1, 1, 1, POSITION_ONLY, OUT_M, 0, -UP_M, 0, 0, 0, 0, 0, 0, 0, 0
        )
    )


def take_off_px4(session: Session, link: SessionLink) -> None:
    there = to_global(session.stood[0], (OUT_M, 0.0, 0.0))
    hover = MissionItem(Cmd.NAV_LOITER_UNLIM, 3, x=there.lat, y=there.lon, z=UP_M)
    session.upload([MissionItem(Cmd.NAV_TAKEOFF, 3, z=UP_M), hover])
    session.start()


TAKE_OFF: Final[Mapping[str, Callable[[Session, SessionLink], None]]] = {
    "ArduCopter": take_off_arducopter,
    "PX4": take_off_px4,
}


def fly(firmware: Firmware, vehicle: str, meeting: Meeting, seed: int = 1) -> Passing:
    """One flight, and what was decided in it."""
    found, face = Passing(), firmware.face if vehicle.startswith("sim:") else "ardupilot"
    with tempfile.TemporaryDirectory() as folder:
        sky = Path(folder) / "sky.toml"
        sky.write_text(meeting.traffic())
        params = {**PARAMETERS[firmware.title], **meeting.params}
        with Session(vehicle, seed=seed, firmware=face, params=params, traffic=sky) as session:
            session.wait_armable(80.0)
            link = session.connect()
            TAKE_OFF[firmware.title](session, link)
            session.run_for(BEGIN_S - 2.0 - session.time_s)
            north, _, down = session.truth.position
            assert north > OUT_M - 2.0 and -down > UP_M - 1.0, "it does not hover yet"
            mode = firmware.mode(heartbeats(link)[-1])
            link.messages()
            before = relative(session, meeting)
            while session.time_s < meeting.passes_s + AFTER_S:
                session.run_for(LOOK_S)
                now = relative(session, meeting)
                if session.time_s > BEGIN_S + LOOK_S:
                    found.closest_m = min(found.closest_m, nearest(before, now))
                before = now
                for message in link.messages():
                    found.told += tells(message)
                    if message.get_type() == "HEARTBEAT" and message.get_srcComponent() == 1:
                        if not message.base_mode & ModeFlag.SAFETY_ARMED:
                            found.landed_s = found.landed_s or session.time_s - BEGIN_S
                        elif firmware.mode(message) != mode:
                            mode = firmware.mode(message)
                            found.modes.append((session.time_s - BEGIN_S, mode))
    return found


def tells(message: mavlink.MAVLink_message) -> bool:
    """True of a message to ground stations that tells of a conflict."""
    match message.get_type():
        case "COLLISION":
            return True
        case "STATUSTEXT":
            return str(message.text).startswith("Traffic alert ")
        case "EVENT":
            return message.id & 0xFFFFFF in EVENTS
    return False


def relative(session: Session, meeting: Meeting) -> Ned:
    """The aircraft from the vehicle, NED m."""
    (n, e, d), (north, east, down) = meeting.at(session.time_s), session.truth.position
    return n - north, e - east, d - down


def nearest(before: Ned, now: Ned) -> float:
    """Least distance of a straight way from one to the other, m."""
    way = [b - a for a, b in zip(before, now, strict=True)]
    squared = fsum(part * part for part in way)
    share = 0.0 if squared == 0.0 else -fsum(a * part for a, part in zip(before, way, strict=True)) / squared
    share = min(max(share, 0.0), 1.0)
    return hypot(*(a + share * part for a, part in zip(before, way, strict=True)))


def row(firmware: Firmware, number: int) -> tuple[str, ...]:
    meeting = TABLES[firmware.title][number - 1]
    ours, theirs = (fly(firmware, vehicle, meeting) for vehicle in ("sim:copter", firmware.real))
    said = ", ".join(
        f"{name.removeprefix('NAV_TRAFF_').removeprefix('AVD_')} {value:g}" for name, value in meeting.params.items()
    )
    why = meeting.why or ("the same" if ours.kind == theirs.kind else "**not explained**")
    cells = (cell for passing in (theirs, ours) for cell in (str(passing), f"{passing.closest_m:.0f} m"))
    return f"{number} {meeting.words}", said, *cells, why


def main(numbers: list[str]) -> int:
    for firmware in FIRMWARES:
        if firmware.variable not in os.environ:
            continue
        order = [f"{number} {meeting.words}" for number, meeting in enumerate(TABLES[firmware.title], 1)]
        heads = ("encounter", "parameters", firmware.title, "closest", "Sortie", "closest", "")
        for number in map(int, numbers or range(1, len(order) + 1)):
            cells = row(firmware, number)
            print(table_row(cells), flush=True)
            write_rows(PAGE, firmware.title, heads, order, cells)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
