"""Decisions of a real ArduCopter and a real PX4 when something breaks, beside our own flight manager:
docs/decides.md.

Both of a pair fly the same body in the same world by the same commands: up to 20 m, then north at the default speed (in
GUIDED; in Hold). Five seconds into the leg something breaks; a minute later it is written down. A station says HEARTBEAT
once a second. Usage:
ARDUPILOT_SITL=.../arducopter PX4_SITL=.../bin/px4 python -m scripts.decides [NAME ...] (without names all; their rows
are written into the tables of the firmwares that are given, the others stay).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import hypot, log10, nan
from pathlib import Path
from typing import Final

from pymavlink import mavutil

from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.mav import Cmd, Frame, ModeFlag, ParameterType, VehicleType
from mavlink_bridge.links.radio.profile import RadioProfile
from sortie import Session, mavlink
from sortie.api.link import SessionLink
from sortie.api.simulation import inject
from sortie.config.radio import radio_of

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "decides.md"
HEIGHT_M, NORTH_M, LEG_S, AFTER_S = 20.0, 300.0, 5.0, 60.0
POSITION_ONLY: Final = 0x0DF8
PAD: Final = (2.0, 1.0)
"""Place of the pad, m north and east of home."""
UNKNOWN: Final = "**not explained**"


@dataclass(frozen=True)
class Case:
    """What happens on the leg. `why`: why the two differ, where they do. `fault`: that of its name, unless another is
    told; `ours`, `theirs`: more parameters; `order`: sent in place of a fault; `pad`: it stands over home, a pad beside
    it; `above_ground`: the height of the leg counts from the ground; `radio_m`: so far the radio of the station
    reaches, None: the station is on a cable."""

    why: str = ""
    fault: str = ""
    ours: Mapping[str, float] = field(default_factory=dict)
    theirs: Mapping[str, float] = field(default_factory=dict)
    order: Callable[[SessionLink], None] | None = None
    pad: bool = False
    above_ground: bool = False
    radio_m: float | None = None


def command(link: SessionLink, number: int, *params: float) -> None:
    filled = [*params, *[0.0] * (7 - len(params))]
    link.send(mavlink.MAVLink_command_long_message(1, 1, number, 0, *filled))
    link.receive("COMMAND_ACK", 20.0, lambda message: message.command == number)


def land(link: SessionLink) -> None:
    command(link, Cmd.DO_SET_MODE, 1.0, 9.0)


def land_precisely(link: SessionLink) -> None:
    command(link, Cmd.DO_SET_MODE, 1.0, 4.0, 9.0)


def leave_it_alone(link: SessionLink) -> None:
    """Nothing breaks: it is the flight as a whole."""


def dazzle(link: SessionLink) -> None:
    """The range finder sees no further than 5 m from now on."""
    for name, value in (("RNGFND1_MAX", 5.0), ("RNGFND1_MAX_CM", 500.0)):  # one of them is there
        link.send(mavlink.MAVLink_param_set_message(1, 1, name.encode(), value, ParameterType.REAL32))


def weak_radio(reach_m: float) -> RadioProfile:
    """A SiK whose transmitter is so weak that it reaches no further."""
    radio = radio_of("sik-57600")
    assert radio is not None and radio.budget is not None
    lack_db = 20.0 * log10(radio.budget.range_m() / reach_m)
    return replace(radio, budget=replace(radio.budget, power_dbm=radio.budget.power_dbm - lack_db))


_CHUTE: Final = {
    "CHUTE_ENABLED": 1.0,
    "CHUTE_TYPE": 10.0,
    "SERVO10_FUNCTION": 27.0,
    "SIM_PARA_ENABLE": 1.0,
    "SIM_PARA_SINK": 3.0,
}
_PX4_CHUTE: Final = {"CBRK_FLIGHTTERM": 0.0, "PWM_MAIN_FUNC10": 401.0, "SIM_PARA_SINK": 3.0}
_PAD: Final = {
    "PLND_ENABLED": 1.0, "SIM_PLD_ENABLE": 1.0, "SIM_PLD_N": PAD[0], "SIM_PLD_E": PAD[1], "SIM_PLD_ALT_LMT": 30.0
}  # fmt: skip
_BLIND: Final = _PAD | {"SIM_PLD_DIST_LMT": 0.1}
_STATION: Final = {"FS_GCS_ENABLE": 1.0}
_WINDY: Final = {"SIM_WIND_SPD": 8.0, "SIM_WIND_DIR": 250.0, "SIM_WIND_TURB": 2.0}
_FINDER: Final = {"RNGFND1_TYPE": 100.0}
_PX4_STATION: Final = {"NAV_DLL_ACT": 2.0}
WINDY: Final = "8 m/s of wind with gusts of 2 m/s"
RADIO: Final = "station behind a radio that reaches 60 m"

ARDUCOPTER_FAULTS: Final[dict[str, Case]] = {
    "gps.loss": Case(),
    "gps.glitch=50": Case(),
    "compass.loss": Case(),
    "compass.stuck": Case(),
    "baro.loss": Case(
        "no failsafe on either; ours goes on by GPS and accelerometers, ArduCopter climbs away without both "
        "of its barometers"
    ),
    "baro.stuck": Case("neither notices, both climb away, ArduCopter slower"),
    "gyro.stuck": Case(
        "both fall; ours cuts its motors when it lies over for a second, ArduCopter's crash check waits for 2 "
        "s without acceleration"
    ),
    "gyro.garbage": Case(
        "both give up the estimate at the same time; ArduCopter's descent ends softer, and its landing "
        "detector does not come to rest with such gyroscopes"
    ),
    "accel.stuck": Case(
        "EKF3's variances raise the failsafe at once, and LAND flies by the same accelerometers into the "
        "ground; ours leans on GPS and barometer longer"
    ),
    "accel.garbage": Case("averaged over EKF3's steps the noise stays below its failsafe; ours gives up its estimate"),
    "motor1.loss": Case(
        "both fall; ours cuts its motors when it lies over for a second in the air, ArduCopter disarms when "
        "it has lain on the ground"
    ),
    "motor1.loss=0.3": Case(),
    "battery.low": Case(),
    "wind.gust=12": Case(),
    "mass.add=0.5": Case(),
    "rc.loss": Case(),
    "gps.garbage": Case(),
    "gps.delayed": Case("both land; what tells them apart was not looked into (theirs is SIM_GPS1_LAG_MS)"),
    "gps.slow": Case(),
    "compass.wrong": Case(),
    "compass.garbage": Case(),
    "baro.wrong": Case(),
    "baro.garbage": Case(),
    "gyro.off": Case(
        "ours cuts its motors at once without these sensors, ArduCopter's gyroscopes are failed by "
        "SIM_GYR_FAIL_MSK and it flies on without; both fall"
    ),
    "gyro.wrong": Case("both go to Land and fall; ArduCopter sooner, ours disarms on the ground"),
    "accel.off": Case(
        "ours cuts its motors at once without these sensors, ArduCopter's accelerometers are failed by "
        "SIM_ACC_FAIL_MSK and it flies on without; both fall"
    ),
    "accel.wrong": Case("ours gives up its estimate; EKF3 does not, and climbs slowly: not looked into"),
    "imu.loss": Case("ours cuts its motors at once without these sensors; both fall"),
    "battery.low=0.8": Case(),
    "motor1.loss with a parachute": Case(
        "ours releases it when it cuts the motors, after 1 s, and comes down on it; ArduCopter never did (it waits for "
        "a second beyond its lean and then for CHUTE_ALT_MIN, 10 m: our reading)",
        "motor1.loss",
        _CHUTE,
        _CHUTE,
    ),
    "LAND on a pad": Case(ours=_PAD | {"PLND_TYPE": 4.0}, theirs=_PAD | {"PLND_TYPE": 1.0}, order=land, pad=True),
    "LAND, pad not seen": Case(
        ours=_BLIND | {"PLND_TYPE": 4.0}, theirs=_BLIND | {"PLND_TYPE": 1.0}, order=land, pad=True
    ),
    "gcs.loss": Case(ours=_STATION, theirs=_STATION),
    RADIO: Case(ours=_STATION, theirs=_STATION, order=leave_it_alone, radio_m=60.0),
    WINDY: Case(ours=_WINDY, theirs=_WINDY, order=leave_it_alone),
    "range finder of a leg above the ground sees nothing": Case(
        ours=_FINDER | {"RNGFND1_MAX_CM": 4000.0},
        theirs=_FINDER | {"RNGFND1_MAX": 40.0},
        order=dazzle,
        above_ground=True,
    ),
}
"""By name."""


PX4_FAULTS: Final[dict[str, Case]] = {
    "gps.loss": Case(
        "the same; EKF2 gives up its position after EKF2_NOAID_TOUT, 5 s, ours when its uncertainty is too large"
    ),
    "gps.glitch=50": Case(),
    "compass.loss": Case(),
    "compass.stuck": Case(),
    "baro.loss": Case(),
    "baro.stuck": Case("neither notices; PX4's height is its GPS's (EKF2_HGT_REF 1), ours climbs with its barometer"),
    "gyro.stuck": Case(
        "both lose their position, go to Land and back, and fall; ours cuts its motors when it lies over for "
        "a second, PX4 does not"
    ),
    "gyro.garbage": Case(
        "both go to Land and back to Hold, and fall; ours disarms on the ground, PX4's motors turn on"
    ),
    "accel.stuck": Case(
        "EKF2 leans on an acceleration that is not there: here it climbed, another flight sank to 10 m, a "
        "third went to Land after 12.8 s and fell; ours leans on GPS and barometer"
    ),
    "accel.garbage": Case("both give up their position and get it back"),
    "motor1.loss": Case(
        "both fall; ours cuts its motors when it lies over for a second, PX4 would terminate the flight, "
        "which CBRK_FLIGHTTERM forbids by default; its modes are those of a wreck"
    ),
    "motor1.loss=0.3": Case(),
    "battery.low": Case(
        "two batteries: ours sags until it counts as an emergency, Land; PX4's own is set to 6 %, which is "
        "critical, Return. Both hold for COM_FAIL_ACT_T, 5 s, before"
    ),
    "wind.gust=12": Case(),
    "mass.add=0.5": Case(),
    "rc.loss": Case(
        ours={"NAV_RCL_ACT": 2.0, "COM_RC_IN_MODE": 0.0}, theirs={"NAV_RCL_ACT": 2.0, "COM_RC_IN_MODE": 0.0}
    ),
    "gps.stuck": Case(
        "not looked into: ours believes the velocity that is stuck and leans until it falls, EKF2 flies on"
    ),
    "gps.garbage": Case("both lose their position and get it back in turns; PX4's Descend ended hard"),
    "gps.delayed": Case("ours gives up its position; EKF2 flies on: not looked into"),
    "gps.slow": Case(),
    "gps.intermittent": Case(),
    "compass.wrong": Case(),
    "compass.garbage": Case(),
    "compass.intermittent": Case(),
    "baro.wrong": Case(),
    "baro.garbage": Case(),
    "baro.intermittent": Case(),
    "gyro.off": Case(
        "ours cuts its motors at once without these sensors; HIL_SENSOR cannot say that a sensor is ill, so "
        "that PX4 takes its 0 for rates; both fall"
    ),
    "gyro.wrong": Case("both go to Land and back, and fall"),
    "accel.off": Case(
        "ours cuts its motors at once without these sensors, and falls; PX4 takes its 0 for a free fall and climbs"
    ),
    "accel.wrong": Case(
        "both give up their position and get it back; PX4 climbs with the acceleration that is not there"
    ),
    "imu.loss": Case("ours cuts its motors at once without these sensors; both fall"),
    "motor1.loss with a parachute": Case(
        "both come down on it: ours cuts the motors after 1 s, PX4 terminates its flight by its failure detector",
        "motor1.loss",
        _CHUTE,
        _PX4_CHUTE,
    ),
    "Precision Landing on a pad": Case(ours=_PAD | {"PLND_TYPE": 4.0}, theirs=_PAD, order=land_precisely, pad=True),
    "Precision Landing, pad not seen": Case(
        ours=_BLIND | {"PLND_TYPE": 4.0}, theirs=_BLIND, order=land_precisely, pad=True
    ),
    "gcs.loss": Case(ours=_PX4_STATION, theirs=_PX4_STATION),
    RADIO: Case(ours=_PX4_STATION, theirs=_PX4_STATION, order=leave_it_alone, radio_m=60.0),
    WINDY: Case(ours=_WINDY, theirs=_WINDY, order=leave_it_alone),
}


@dataclass
class Story:
    """Decisions after the fault: modes in their order with seconds, and how it ended. `pad_m`: way to the pad that it
    should land on."""

    modes: list[tuple[float, str]] = field(default_factory=list)
    disarmed_s: float | None = None
    height_m: float = 0.0
    pad_m: float | None = None
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
        return f"{modes}; {end}"

    @property
    def kind(self) -> tuple[tuple[str, ...], bool, bool]:
        """Decision without its times."""
        return tuple(name for _, name in self.modes), self.disarmed_s is not None, self.fell


class Flight:
    """A vehicle and who watches it: `link` on a cable, `station` perhaps behind a radio, with its HEARTBEATs."""

    def __init__(self, session: Session, case: Case) -> None:
        self.session, self.case = session, case
        self.link = session.connect()
        self.station = self.link if case.radio_m is None else session.connect(radio=weak_radio(case.radio_m))

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(10.0 * seconds)):
            if round(10.0 * self.session.time_s) % 10 == 0:
                self.station.send(mavlink.MAVLink_heartbeat_message(VehicleType.GCS, 8, 0, 0, 0, 3))
            self.session.run_for(0.1)

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
        PX4_FAULTS, lead_px4,
        lambda heartbeat: mavutil.interpret_px4_mode(heartbeat.base_mode, heartbeat.custom_mode),
    ),
)  # fmt: skip


def fly(firmware: Firmware, vehicle: str, name: str, seed: int = 1) -> Story:
    """One flight, and what was decided in it."""
    story, case = Story(), firmware.faults.get(name, Case())
    ours = vehicle.startswith("sim:")
    face, more = (firmware.face, case.ours) if ours else ("ardupilot", case.theirs)
    with Session(vehicle, seed=seed, firmware=face, params={**firmware.parameters, **more}) as session:
        session.wait_armable(120.0)
        flight = Flight(session, case)
        link = flight.link
        firmware.lead(flight, 0.0 if case.pad else NORTH_M)
        link.messages()
        flight.pass_time(LEG_S)
        begin_s = session.time_s
        mode = firmware.mode(heartbeats(link)[-1])
        if case.order is None:
            inject(session.service, case.fault or name)
        else:
            case.order(link)
        while session.time_s < begin_s + AFTER_S and (story.disarmed_s is None or -session.truth.position[2] > 0.5):
            before = session.truth
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


def row(firmware: Firmware, name: str) -> str:
    ours, theirs = (fly(firmware, vehicle, name) for vehicle in ("sim:copter", firmware.real))
    why = firmware.faults.get(name, Case()).why
    return f"| {title(name)} | {ours} | {theirs} | {why or ('the same' if ours.kind == theirs.kind else UNKNOWN)} |"


def write(firmware: Firmware, rows: Mapping[str, str]) -> None:
    """These rows, by name, into its table."""
    begin, end = f"<!-- {firmware.title} -->", f"<!-- /{firmware.title} -->"
    head, _, tail = PAGE.read_text().partition(begin)
    table, _, tail = tail.partition(end)
    known = {line.split(" | ")[0].removeprefix("| "): line for line in table.splitlines()}
    known |= {title(name): line for name, line in rows.items()}
    lines = [known[title(name)] for name in firmware.faults if title(name) in known]
    table = "\n".join([f"| fault | Sortie | {firmware.title} | |", "| --- | --- | --- | --- |", *lines])
    PAGE.write_text(f"{head}{begin}\n{table}\n{end}{tail}")


def main(names: list[str]) -> int:
    for firmware in FIRMWARES:
        if firmware.variable not in os.environ:
            continue
        for name in names or firmware.faults:
            line = row(firmware, name)
            print(line, flush=True)
            write(firmware, {name: line})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
