"""Decisions of a real ArduCopter and a real PX4 when something breaks, beside our own flight manager:
docs/decides.md.

Both of a pair fly the same body in the same world by the same commands: up to 20 m, then north at the default speed (in
GUIDED; in Hold). Five seconds into the leg something breaks; a minute later it is written down. Usage:
ARDUPILOT_SITL=.../arducopter PX4_SITL=.../bin/px4 python -m scripts.decides [FAULT ...] (without arguments all, and the
tables of the firmwares that are given are written).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Final

from pymavlink import mavutil

from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.mav import Cmd, ModeFlag
from sortie import Session, mavlink
from sortie.api.link import SessionLink
from sortie.api.simulation import inject

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "decides.md"
HEIGHT_M, NORTH_M, LEG_S, AFTER_S = 20.0, 300.0, 5.0, 60.0
POSITION_ONLY: Final = 0x0DF8

ARDUCOPTER_FAULTS: Final[dict[str, str]] = {
    "gps.loss": "",
    "gps.glitch=50": "",
    "compass.loss": "",
    "compass.stuck": "",
    "baro.loss": (
        "no failsafe on either; ours goes on by GPS and accelerometers, ArduCopter climbs away without both "
        "of its barometers"
    ),
    "baro.stuck": ("neither notices, both climb away, ArduCopter slower"),
    "gyro.stuck": (
        "both fall; ours cuts its motors when it lies over for a second, ArduCopter's crash check waits for 2"
        " s without acceleration"
    ),
    "gyro.garbage": (
        "both give up the estimate at the same time; ArduCopter's descent ends softer, and its landing detector"
        " does not come to rest with such gyroscopes"
    ),
    "accel.stuck": (
        "EKF3's variances raise the failsafe at once, and LAND flies by the same accelerometers into the "
        "ground; ours leans on GPS and barometer longer"
    ),
    "accel.garbage": ("averaged over EKF3's steps the noise stays below its failsafe; ours gives up its estimate"),
    "motor1.loss": (
        "both fall; ours cuts its motors when it lies over for a second in the air, ArduCopter disarms when "
        "it has lain on the ground"
    ),
    "motor1.loss=0.3": "",
    "battery.low": "",
    "wind.gust=12": "",
    "mass.add=0.5": "",
    "rc.loss": "",
}
"""By fault: why the two differ, where they do."""


PX4_FAULTS: Final[dict[str, str]] = {
    "gps.loss": (
        "the same; EKF2 gives up its position after EKF2_NOAID_TOUT, 5 s, ours when its uncertainty is too large"
    ),
    "gps.glitch=50": "",
    "compass.loss": "",
    "compass.stuck": "",
    "baro.loss": "",
    "baro.stuck": "neither notices; PX4's height is its GPS's (EKF2_HGT_REF 1), ours climbs with its barometer",
    "gyro.stuck": (
        "both lose their position, go to Land and back, and fall; ours cuts its motors when it lies over for a second, "
        "PX4 does not"
    ),
    "gyro.garbage": "both go to Land and back to Hold, and fall; ours disarms on the ground, PX4's motors turn on",
    "accel.stuck": (
        "EKF2 leans on an acceleration that is not there: here it climbed, another flight sank to 10 m, a third went "
        "to Land after 12.8 s and fell; ours leans on GPS and barometer"
    ),
    "accel.garbage": "both give up their position and get it back",
    "motor1.loss": (
        "both fall; ours cuts its motors when it lies over for a second, PX4 would terminate the flight, which "
        "CBRK_FLIGHTTERM forbids by default; its modes are those of a wreck"
    ),
    "motor1.loss=0.3": "",
    "battery.low": (
        "two batteries: ours sags until it counts as an emergency, Land; PX4's own is set to 6 %, which is critical, "
        "Return. Both hold for COM_FAIL_ACT_T, 5 s, before"
    ),
    "wind.gust=12": "",
    "mass.add=0.5": "",
}


@dataclass
class Story:
    """Decisions after the fault: modes in their order with seconds, and how it ended."""

    modes: list[tuple[float, str]] = field(default_factory=list)
    disarmed_s: float | None = None
    height_m: float = 0.0
    off_m: float = 0.0
    fell: bool = False

    def __str__(self) -> str:
        modes = ", ".join(f"{name} after {at_s:.1f} s" for at_s, name in self.modes) or "stays"
        if self.disarmed_s is not None:
            end = f"{'**fell**, ' if self.fell else ''}disarmed after {self.disarmed_s:.0f} s"
        elif self.fell:
            end = "**fell**"
        else:
            end = f"in the air at {self.height_m:.0f} m"
        return f"{modes}; {end}"

    @property
    def kind(self) -> tuple[tuple[str, ...], bool, bool]:
        """Decision without its times."""
        return tuple(name for _, name in self.modes), self.disarmed_s is not None, self.fell


def command(link: SessionLink, number: int, *params: float) -> None:
    filled = [*params, *[0.0] * (7 - len(params))]
    link.send(mavlink.MAVLink_command_long_message(1, 1, number, 0, *filled))
    link.receive("COMMAND_ACK", 20.0, lambda message: message.command == number)


def lead_arducopter(session: Session, link: SessionLink) -> None:
    command(link, Cmd.DO_SET_MODE, 1.0, 4.0)
    command(link, Cmd.COMPONENT_ARM_DISARM, 1.0)
    command(link, Cmd.NAV_TAKEOFF, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, HEIGHT_M)
    wait_for_height(session)
    link.send(
        mavlink.MAVLink_set_position_target_local_ned_message(
            0, 1, 1, 1, POSITION_ONLY, NORTH_M, 0, -HEIGHT_M, 0, 0, 0, 0, 0, 0, 0, 0
        )
    )


def lead_px4(session: Session, link: SessionLink) -> None:
    home, _ = session.stood
    command(link, Cmd.COMPONENT_ARM_DISARM, 1.0)
    command(link, Cmd.NAV_TAKEOFF, 0.0, 0.0, 0.0, nan, nan, nan, home.alt + HEIGHT_M)
    wait_for_height(session)
    place = round((home.lat + NORTH_M / METRES_PER_DEGREE) * 1e7), round(home.lon * 1e7), home.alt + HEIGHT_M
    link.send(mavlink.MAVLink_command_int_message(1, 1, 0, Cmd.DO_REPOSITION, 0, 0, -1.0, 1.0, 0.0, nan, *place))


def wait_for_height(session: Session) -> None:
    session.run_until(lambda flown: -flown.truth.position[2] > HEIGHT_M - 1.0, 60.0)


@dataclass(frozen=True)
class Firmware:
    """A firmware beside our own vehicle with its face. `parameters`: failsafes that act, the same on both."""

    title: str
    face: str
    real: str
    variable: str
    parameters: dict[str, float]
    faults: dict[str, str]
    lead: Callable[[Session, SessionLink], None]
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
        PX4_FAULTS, lead_px4,
        lambda heartbeat: mavutil.interpret_px4_mode(heartbeat.base_mode, heartbeat.custom_mode),
    ),
)  # fmt: skip


def fly(firmware: Firmware, vehicle: str, fault: str, seed: int = 1) -> Story:
    """One flight, and what was decided in it."""
    story = Story()
    face = firmware.face if vehicle.startswith("sim:") else "ardupilot"
    with Session(vehicle, seed=seed, firmware=face, params=firmware.parameters) as session:
        session.wait_armable(120.0)
        link = session.connect()
        firmware.lead(session, link)
        link.messages()
        session.run_for(LEG_S)
        begin_s = session.time_s
        mode = firmware.mode(heartbeats(link)[-1])
        inject(session.service, fault)
        while session.time_s < begin_s + AFTER_S and story.disarmed_s is None:
            before = session.truth
            session.run_for(0.1)
            now_s = session.time_s - begin_s
            if before.velocity[2] > 4.0 and -session.truth.position[2] < 0.5:
                story.fell = True  # it was stopped by the ground
            for heartbeat in heartbeats(link):
                if not heartbeat.base_mode & ModeFlag.SAFETY_ARMED:
                    story.disarmed_s = now_s
                elif firmware.mode(heartbeat) != mode:
                    mode = firmware.mode(heartbeat)
                    story.modes.append((now_s, mode))
        story.height_m = -session.truth.position[2]
    return story


def heartbeats(link: SessionLink) -> list[mavlink.MAVLink_heartbeat_message]:
    """HEARTBEATs of the autopilot that have come since."""
    return [heard for heard in link.messages("HEARTBEAT") if heard.get_srcComponent() == 1]


def row(firmware: Firmware, fault: str) -> str:
    ours, theirs = (fly(firmware, vehicle, fault) for vehicle in ("sim:copter", firmware.real))
    why = firmware.faults.get(fault, "") or ("the same" if ours.kind == theirs.kind else "**not explained**")
    return f"| `{fault}` | {ours} | {theirs} | {why} |"


def main(faults: list[str]) -> int:
    for firmware in FIRMWARES:
        if firmware.variable not in os.environ:
            continue
        rows = []
        for fault in faults or firmware.faults:
            rows.append(row(firmware, fault))
            print(rows[-1], flush=True)
        if not faults:
            begin, end = f"<!-- {firmware.title} -->", f"<!-- /{firmware.title} -->"
            head, _, tail = PAGE.read_text().partition(begin)
            _, _, tail = tail.partition(end)
            table = "\n".join([f"| fault | Sortie | {firmware.title} | |", "| --- | --- | --- | --- |", *rows])
            PAGE.write_text(f"{head}{begin}\n{table}\n{end}{tail}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
