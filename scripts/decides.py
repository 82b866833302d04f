"""Decisions of a real ArduCopter and a real PX4 when something breaks, beside our own flight manager:
docs/decides.md.

Both of a pair fly the same body in the same world by the same commands: up to 20 m, then north at the default speed (in
GUIDED; in Hold). Five seconds into the leg something breaks; a minute later it is written down. A station says
HEARTBEAT once a second. Usage:
ARDUPILOT_SITL=.../arducopter PX4_SITL=.../bin/px4 python -m scripts.decides [NAME ...] (without names all; their rows
are written into the tables of the firmwares that are given, the others stay)
python -m scripts.decides --ours (only the cells of our own vehicle; it needs no firmware)
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from math import hypot, nan
from pathlib import Path
from typing import Final

from pymavlink import mavutil

from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.mav import Cmd, Frame, ModeFlag, VehicleType
from autopilot.personality.px4.modes import PRECISION, custom_of
from scripts.decides_cases import ARDUCOPTER_FAULTS, PAD, PX4_FAULTS, Case, command, weak_radio
from scripts.generated_page import row_of, table_row, write_rows
from sortie import Session, mavlink
from sortie.api.link import SessionLink
from sortie.api.simulation import inject

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "decides.md"
HEIGHT_M, NORTH_M, LEG_S, AFTER_S = 20.0, 300.0, 5.0, 60.0
POSITION_ONLY: Final = 0x0DF8
UNKNOWN: Final = "**not explained**"


@dataclass
class Story:
    """Decisions after the fault: modes in their order with seconds, and how it ended. `pad_m`: way to the pad that it
    should land on; `off_m`: most that the wind pushed it off its line to the north."""

    modes: list[tuple[float, str]] = field(default_factory=list)
    disarmed_s: float | None = None
    height_m: float = 0.0
    pad_m: float | None = None
    off_m: float | None = None
    fell: bool = False

    def __str__(self) -> str:
        modes = ", ".join(f"{name} after {at_s:.1f} s" for at_s, name in self.modes) or "stays"
        if self.disarmed_s is not None:
            end = f"{'**fell**, ' if self.fell else ''}disarmed after {self.disarmed_s:.0f} s"
        elif self.fell:
            end = "**fell**"
        else:
            end = f"in the air at {self.height_m:.0f} m"
        if self.pad_m is not None and self.disarmed_s is not None:
            end += f", {self.pad_m:.1f} m beside the pad"
        if self.off_m is not None:
            end += f", up to {self.off_m:.0f} m off its line"
        return f"{modes}; {end}"


def decision(cell: object) -> str:
    """Modes and end of a cell, without times and distances."""
    return re.sub(r" after [\d.]+ s| at -?\d+ m|, up to \d+ m off its line|, [\d.]+ m beside the pad", "", str(cell))


class Flight:
    """A vehicle and who watches it: `link` on a cable, `station` perhaps behind a radio, with its HEARTBEATs."""

    def __init__(self, session: Session, case: Case) -> None:
        self.session, self.case = session, case
        self.link = session.connect()
        self.station = self.link if case.radio_m is None else session.connect(radio=weak_radio(case.radio_m))
        self.fault_s: float | None = None

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(10.0 * seconds)):
            if round(10.0 * self.session.time_s) % 10 == 0:
                self.station.send(mavlink.MAVLink_heartbeat_message(VehicleType.GCS, 8, 0, 0, 0, 3))
            self._blow()
            self.session.run_for(0.1)

    def _blow(self) -> None:
        """Let the wind be what the case says of this height and time."""
        if self.case.wind is not None:
            since_s = 0.0 if self.fault_s is None else self.session.time_s - self.fault_s
            wind = self.case.wind.at(since_s, -self.session.truth.position[2])
            self.session.set_param("SIM_WIND_SPD", wind.mean_mps)
            self.session.set_param("SIM_WIND_DIR", wind.from_deg or 0.0)

    def wait_armable(self) -> None:
        """Wait with the station there: PX4 wants one before it arms, where NAV_DLL_ACT says that it counts."""
        end_s = self.session.time_s + 120.0
        while not self.session.autopilot.prearm.ok and self.session.time_s < end_s:
            self.pass_time(0.1)
        self.session.wait_armable(1.0)

    def climb(self) -> None:
        """Wait until it is high enough."""
        end_s = self.session.time_s + 60.0
        while -self.session.truth.position[2] < HEIGHT_M - 1.0:
            self.pass_time(0.1)
            if self.session.time_s > end_s:
                raise TimeoutError(f"not at {HEIGHT_M:g} m within a minute")


def lead_arducopter(flight: Flight, north_m: float) -> None:
    link, case, (home, _) = flight.link, flight.case, flight.session.stood
    command(link, Cmd.DO_SET_MODE, 1.0, 4.0)
    command(link, Cmd.COMPONENT_ARM_DISARM, 1.0)
    command(link, Cmd.NAV_TAKEOFF, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, HEIGHT_M)
    flight.climb()
    target: mavlink.MAVLink_message
    if case.above_ground:
        place = round((home.lat + north_m / METRES_PER_DEGREE) * 1e7), round(home.lon * 1e7), HEIGHT_M
        target = mavlink.MAVLink_set_position_target_global_int_message(
            0, 1, 1, Frame.GLOBAL_TERRAIN_ALT_INT, POSITION_ONLY, *place, 0, 0, 0, 0, 0, 0, 0, 0
        )
    else:
        target = mavlink.MAVLink_set_position_target_local_ned_message(
            0, 1, 1, 1, POSITION_ONLY, north_m, 0, -HEIGHT_M, 0, 0, 0, 0, 0, 0, 0, 0
        )
    link.send(target)


def lead_px4(flight: Flight, north_m: float) -> None:
    link, (home, _) = flight.link, flight.session.stood
    command(link, Cmd.COMPONENT_ARM_DISARM, 1.0)
    command(link, Cmd.NAV_TAKEOFF, 0.0, 0.0, 0.0, nan, nan, nan, home.alt + HEIGHT_M)
    flight.climb()
    place = round((home.lat + north_m / METRES_PER_DEGREE) * 1e7), round(home.lon * 1e7), home.alt + HEIGHT_M
    link.send(mavlink.MAVLink_command_int_message(1, 1, 0, Cmd.DO_REPOSITION, 0, 0, -1.0, 1.0, 0.0, nan, *place))


def px4_mode(heartbeat: mavlink.MAVLink_heartbeat_message) -> str:
    """pymavlink's name of a mode; it has none for Precision Landing."""
    if heartbeat.custom_mode == custom_of(PRECISION):
        return "PRECLAND"
    return str(mavutil.interpret_px4_mode(heartbeat.base_mode, heartbeat.custom_mode))


@dataclass(frozen=True)
class Firmware:
    """A firmware beside our own vehicle with its face. `parameters`: failsafes that act, the same on both."""

    title: str
    face: str
    real: str
    variable: str
    parameters: dict[str, float]
    faults: dict[str, Case]
    lead: Callable[[Flight, float], None]
    mode: Callable[[mavlink.MAVLink_heartbeat_message], str]


FIRMWARES: Final = (
    Firmware(
        "ArduCopter", "ardupilot", "ardupilot:copter,world=ours", "ARDUPILOT_SITL",
        {"BATT_LOW_VOLT": 10.5, "BATT_FS_LOW_ACT": 2.0, "FS_THR_ENABLE": 1.0, "FS_EKF_ACTION": 1.0, "RTL_ALT": 2000.0},
        ARDUCOPTER_FAULTS, lead_arducopter, lambda heartbeat: mavutil.mode_mapping_acm[heartbeat.custom_mode],
    ),
    Firmware(
        "PX4", "px4", "px4:copter,world=ours", "PX4_SITL",
        {"COM_LOW_BAT_ACT": 3.0, "RTL_RETURN_ALT": HEIGHT_M},
        PX4_FAULTS, lead_px4, px4_mode,
    ),
)  # fmt: skip


def fly(firmware: Firmware, vehicle: str, name: str, seed: int = 1) -> Story:
    """One flight, and what was decided in it."""
    story, case = Story(), firmware.faults.get(name, Case())
    ours = vehicle.startswith("sim:")
    face, more = (firmware.face, case.ours) if ours else ("ardupilot", case.theirs)
    with Session(vehicle, seed=seed, firmware=face, params={**firmware.parameters, **more}) as session:
        flight = Flight(session, case)
        flight.wait_armable()
        link = flight.link
        firmware.lead(flight, 0.0 if case.pad else NORTH_M)
        link.messages()
        flight.pass_time(LEG_S)
        begin_s = flight.fault_s = session.time_s
        mode = firmware.mode(heartbeats(link)[-1])
        if case.order is None:
            inject(session.service, case.fault or name)
        else:
            case.order(link)
        while session.time_s < begin_s + AFTER_S and (story.disarmed_s is None or -session.truth.position[2] > 0.5):
            before = session.truth
            if case.wind is not None:
                story.off_m = max(story.off_m or 0.0, abs(before.position[1]))
            flight.pass_time(0.1)
            now_s = session.time_s - begin_s
            if before.velocity[2] > 4.0 and -session.truth.position[2] < 0.5:
                story.fell = True  # it was stopped by the ground
            for heartbeat in heartbeats(link):
                if not heartbeat.base_mode & ModeFlag.SAFETY_ARMED:
                    story.disarmed_s = story.disarmed_s or now_s
                elif firmware.mode(heartbeat) != mode:
                    mode = firmware.mode(heartbeat)
                    story.modes.append((now_s, mode))
        north, east, down = session.truth.position
        story.height_m = -down
        if case.pad:
            story.pad_m = hypot(north - PAD[0], east - PAD[1])
    return story


def heartbeats(link: SessionLink) -> list[mavlink.MAVLink_heartbeat_message]:
    """HEARTBEATs of the autopilot that have come since."""
    return [heard for heard in link.messages("HEARTBEAT") if heard.get_srcComponent() == 1]


def title(name: str) -> str:
    """First cell of its row: a fault as `--fault` takes it, or words."""
    return name if " " in name else f"`{name}`"


def ours(firmware: Firmware, name: str) -> Story:
    """The flight of our own vehicle."""
    return fly(firmware, "sim:copter", name)


def row(firmware: Firmware, name: str, theirs: object) -> tuple[object, ...]:
    """Row of a fault; `theirs`: the firmware's flight, or its cell."""
    here, why = ours(firmware, name), firmware.faults.get(name, Case()).why
    return title(name), here, theirs, why or ("the same" if decision(here) == decision(theirs) else UNKNOWN)


def main(words: list[str]) -> int:
    only_ours, names = "--ours" in words, [word for word in words if word != "--ours"]
    for firmware in FIRMWARES:
        if not only_ours and firmware.variable not in os.environ:
            continue
        for name in names or firmware.faults:
            theirs = row_of(PAGE, firmware.title, title(name))[2] if only_ours else fly(firmware, firmware.real, name)
            cells = row(firmware, name, theirs)
            print(table_row(cells), flush=True)
            heads = ("fault", "Sortie", firmware.title, "")
            write_rows(PAGE, firmware.title, heads, [title(fault) for fault in firmware.faults], cells)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
