"""What a real ArduCopter decides when something breaks, beside our own flight manager: docs/decides.md.

Both fly the same body in the same world by the same commands: up to 20 m in GUIDED, then north at the default speed.
Five seconds into the leg something breaks; a minute later it is written down. Usage: ARDUPILOT_SITL=.../arducopter
python -m scripts.decides [FAULT ...] (without arguments all, and the page is written).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pymavlink import mavutil

from autopilot.mav import Cmd
from sortie import Session, mavlink
from sortie.api.link import SessionLink
from sortie.api.simulation import inject

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "decides.md"
VEHICLES: Final = {"Sortie": "sim:copter", "ArduCopter": "ardupilot:copter,world=ours"}
#: Failsafes that act, the same on both: low battery returns home, a lost radio too, a bad estimate lands.
PARAMETERS: Final = {
    "BATT_LOW_VOLT": 10.5, "BATT_FS_LOW_ACT": 2.0, "FS_THR_ENABLE": 1.0, "FS_EKF_ACTION": 1.0, "RTL_ALT": 2000.0,
}  # fmt: skip
HEIGHT_M, NORTH_M, LEG_S, AFTER_S = 20.0, 300.0, 5.0, 60.0
POSITION_ONLY: Final = 0x0DF8
MODES: Final = mavutil.mode_mapping_acm

FAULTS: Final[dict[str, str]] = {
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


@dataclass
class Story:
    """Decisions after the fault: modes in their order with seconds, and how it ended."""

    modes: list[tuple[float, str]] = field(default_factory=list)
    disarmed_s: float | None = None
    height_m: float = 0.0
    off_m: float = 0.0
    fell: bool = False

    def __str__(self) -> str:
        modes = ", ".join(f"{name} after {at_s:.1f} s" for at_s, name in self.modes) or "stays in GUIDED"
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


def fly(vehicle: str, fault: str, seed: int = 1) -> Story:
    """One flight, and what was decided in it."""
    story = Story()
    with Session(vehicle, seed=seed, params=PARAMETERS) as session:
        session.wait_armable(120.0)
        link = session.connect()
        command(link, Cmd.DO_SET_MODE, 1.0, 4.0)
        command(link, Cmd.COMPONENT_ARM_DISARM, 1.0)
        command(link, Cmd.NAV_TAKEOFF, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, HEIGHT_M)
        session.run_until(lambda flown: -flown.truth.position[2] > HEIGHT_M - 1.0, 60.0)
        link.send(
            mavlink.MAVLink_set_position_target_local_ned_message(
                0, 1, 1, 1, POSITION_ONLY, NORTH_M, 0, -HEIGHT_M, 0, 0, 0, 0, 0, 0, 0, 0
            )
        )
        session.run_for(LEG_S)
        begin_s, mode = session.time_s, 4
        inject(session.service, fault)
        link.messages()
        while session.time_s < begin_s + AFTER_S and story.disarmed_s is None:
            before = session.truth
            session.run_for(0.1)
            now_s = session.time_s - begin_s
            if before.velocity[2] > 4.0 and -session.truth.position[2] < 0.5:
                story.fell = True  # it was stopped by the ground
            for message in link.messages("HEARTBEAT"):
                if message.get_srcComponent() != 1:
                    continue
                if message.custom_mode != mode:
                    mode = message.custom_mode
                    story.modes.append((now_s, MODES[mode]))
                if not message.base_mode & 128:
                    story.disarmed_s = now_s
        story.height_m = -session.truth.position[2]
    return story


def row(fault: str) -> str:
    ours, theirs = (fly(vehicle, fault) for vehicle in VEHICLES.values())
    why = FAULTS.get(fault, "") or ("the same" if ours.kind == theirs.kind else "**not explained**")
    return f"| `{fault}` | {ours} | {theirs} | {why} |"


def main(faults: list[str]) -> int:
    rows = []
    for fault in faults or FAULTS:
        rows.append(row(fault))
        print(rows[-1], flush=True)
    if not faults:
        head, _, tail = PAGE.read_text().partition("<!-- measured -->")
        _, _, tail = tail.partition("<!-- /measured -->")
        table = "\n".join(["| fault | Sortie | ArduCopter | |", "| --- | --- | --- | --- |", *rows])
        PAGE.write_text(f"{head}<!-- measured -->\n{table}\n<!-- /measured -->{tail}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
