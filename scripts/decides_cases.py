"""What breaks on the leg of `scripts.decides`, and why a firmware and ours differ where they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import log10
from typing import Final

from autopilot.mav import Cmd, ParameterType
from mavlink_bridge.links.radio.profile import RadioProfile
from sortie import mavlink
from sortie.api.link import SessionLink
from sortie.config.radio import radio_of
from sortie.config.wind import ProfileAxis, Wind, WindProfile

PAD: Final = (2.0, 1.0)
"""Place of the pad, m north and east of home."""


@dataclass(frozen=True)
class Case:
    """What happens on the leg. `why`: why the two differ, where they do. `fault`: that of its name, unless another is
    told; `ours`, `theirs`: more parameters; `order`: sent in place of a fault; `pad`: it stands over home, a pad beside
    it; `above_ground`: the height of the leg counts from the ground; `radio_m`: so far the radio of the station
    reaches, None: the station is on a cable; `wind`: over height, or over the time since the fault."""

    why: str = ""
    fault: str = ""
    ours: Mapping[str, float] = field(default_factory=dict)
    theirs: Mapping[str, float] = field(default_factory=dict)
    order: Callable[[SessionLink], None] | None = None
    pad: bool = False
    above_ground: bool = False
    radio_m: float | None = None
    wind: WindProfile | None = None


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
SHEAR: Final = "wind that grows from 2 m/s at 5 m to 12 m/s at 25 m"
_SHEAR: Final = WindProfile(((5.0, Wind(2.0, 2.0, 250.0)), (25.0, Wind(12.0, 12.0, 250.0))), ProfileAxis.HEIGHT)
TURN: Final = "8 m/s of wind that turns round within 20 s"
_TURN: Final = WindProfile(
    ((0.0, Wind(8.0, 8.0, 250.0)), (10.0, Wind(8.0, 8.0, 340.0)), (20.0, Wind(8.0, 8.0, 70.0))), ProfileAxis.TIME
)
STORM: Final = "wind that grows from 4 to 20 m/s within 30 s"
_STORM: Final = WindProfile(((0.0, Wind(4.0, 4.0, 250.0)), (30.0, Wind(20.0, 20.0, 250.0))), ProfileAxis.TIME)
_FIELDS: Final = {SHEAR: _SHEAR, TURN: _TURN, STORM: _STORM}
RADIO: Final = "station behind a radio that reaches 60 m"

ARDUCOPTER_FAULTS: Final[dict[str, Case]] = {
    "gps.loss": Case(),
    "gps.glitch=50": Case(),
    "compass.loss": Case(),
    "compass.stuck": Case(),
    "baro.loss": Case(
        "no failsafe on either; Sortie goes on by GPS and accelerometers, ArduCopter climbs away without both "
        "of its barometers"
    ),
    "baro.stuck": Case("neither notices, both climb away, ArduCopter slower"),
    "gyro.stuck": Case(
        "both fall; Sortie cuts its motors when it lies over for a second, ArduCopter's crash check waits for 2 "
        "s without acceleration"
    ),
    "gyro.garbage": Case(
        "both give up the estimate at the same time and come down hard; ArduCopter's landing "
        "detector does not come to rest with such gyroscopes"
    ),
    "accel.stuck": Case(
        "EKF3's variances raise the failsafe at once, and LAND flies by the same accelerometers into the "
        "ground; Sortie leans on GPS and barometer longer"
    ),
    "accel.garbage": Case(
        "averaged over EKF3's steps the noise stays below its failsafe; Sortie gives up its estimate"
    ),
    "motor1.loss": Case(
        "both fall; Sortie cuts its motors when it lies over for a second in the air, ArduCopter's still turn on the "
        "ground"
    ),
    "motor1.loss=0.3": Case(),
    "battery.low": Case(),
    "wind.gust=12": Case(),
    "mass.add=0.5": Case(),
    "rc.loss": Case(),
    "gps.garbage": Case(),
    "gps.delayed": Case(
        "both swing on fixes that are a second late (in ArduCopter: SIM_GPS1_LAG_MS), and land; Sortie gives up its "
        "estimate sooner"
    ),
    "gps.slow": Case(),
    "compass.wrong": Case(),
    "compass.garbage": Case(),
    "baro.wrong": Case(),
    "baro.garbage": Case(),
    "gyro.off": Case(
        "Sortie cuts its motors at once without these sensors, ArduCopter's gyroscopes are failed by "
        "SIM_GYR_FAIL_MSK and it flies on without; both fall"
    ),
    "gyro.wrong": Case(
        "both go to Land, ArduCopter sooner, and it falls; Sortie has more thrust left for its descent and comes down "
        "softer"
    ),
    "accel.off": Case(
        "Sortie cuts its motors at once without these sensors, ArduCopter's accelerometers are failed by "
        "SIM_ACC_FAIL_MSK and it flies on without; both fall"
    ),
    "accel.wrong": Case(
        "Sortie has no bias of its accelerometers along the horizon that could take it up, and gives up its estimate; "
        "EKF3 has one for each axis, up to 1 m/s² (EK3_ACC_BIAS_LIM), and climbs slowly by the rest"
    ),
    "imu.loss": Case("Sortie cuts its motors at once without these sensors; both fall"),
    "battery.low=0.8": Case(),
    "motor1.loss with a parachute": Case(
        "Sortie releases it when it cuts the motors, after 1 s, and comes down on it; ArduCopter never did (it waits "
        "for a second beyond its lean and then for CHUTE_ALT_MIN, 10 m: our reading)",
        "motor1.loss",
        _CHUTE,
        _CHUTE,
    ),
    "LAND on a pad": Case(ours=_PAD | {"PLND_TYPE": 4.0}, theirs=_PAD | {"PLND_TYPE": 1.0}, order=land, pad=True),
    "LAND, pad not seen": Case(
        ours=_BLIND | {"PLND_TYPE": 4.0}, theirs=_BLIND | {"PLND_TYPE": 1.0}, order=land, pad=True
    ),
    "gcs.loss": Case(
        "both return; Sortie counts the station as lost at once, ArduCopter after FS_GCS_TIMEOUT, 5 s, and is as much "
        "later on the ground",
        ours=_STATION,
        theirs=_STATION,
    ),
    RADIO: Case(ours=_STATION, theirs=_STATION, order=leave_it_alone, radio_m=60.0),
    WINDY: Case(ours=_WINDY, theirs=_WINDY, order=leave_it_alone),
    **{name: Case(order=leave_it_alone, wind=field) for name, field in _FIELDS.items()},
    "range finder of a leg above the ground sees nothing": Case(
        "both return; Sortie after 5 s, as ArduCopter's AUTO, whose GUIDED does it at once",
        ours=_FINDER | {"RNGFND1_MAX_CM": 4000.0},
        theirs=_FINDER | {"RNGFND1_MAX": 40.0},
        order=dazzle,
        above_ground=True,
    ),
}
"""By name."""


PX4_FAULTS: Final[dict[str, Case]] = {
    "gps.loss": Case(),
    "gps.glitch=50": Case(),
    "compass.loss": Case(),
    "compass.stuck": Case(),
    "baro.loss": Case(),
    "baro.stuck": Case("neither notices; PX4's height is its GPS's (EKF2_HGT_REF 1), Sortie climbs with its barometer"),
    "gyro.stuck": Case(
        "both lose their position, go to Land and back, and fall; Sortie cuts its motors when it lies over for "
        "a second, PX4 does not"
    ),
    "gyro.garbage": Case(
        "both go to Land and back to Hold, and fall; Sortie disarms on the ground, PX4's motors turn on"
    ),
    "accel.stuck": Case(
        "EKF2 leans on an acceleration that is not there: here it sank by 3 m, another flight climbed to 42 m, a third "
        "sank to 10 m, a fourth went to Land after 12.8 s and fell; Sortie leans on GPS and barometer"
    ),
    "accel.garbage": Case("both give up their position and get it back"),
    "motor1.loss": Case(
        "both fall; Sortie cuts its motors when it lies over for a second, PX4 would terminate the flight, "
        "which CBRK_FLIGHTTERM forbids by default; its modes are those of a wreck"
    ),
    "motor1.loss=0.3": Case(),
    "battery.low": Case(
        "two batteries: Sortie's sags until it counts as an emergency, Land; PX4's own is set to 6 %, which is "
        "critical, Return. Both hold for COM_FAIL_ACT_T, 5 s, before"
    ),
    "wind.gust=12": Case(),
    "mass.add=0.5": Case(),
    "rc.loss": Case(
        ours={"NAV_RCL_ACT": 2.0, "COM_RC_IN_MODE": 0.0}, theirs={"NAV_RCL_ACT": 2.0, "COM_RC_IN_MODE": 0.0}
    ),
    "gps.stuck": Case(
        "both are misled: Sortie believes the climb rate that is stuck against its barometer, swings in height and "
        "falls; PX4's height is that of its GPS (EKF2_HGT_REF 1), and it climbs"
    ),
    "gps.garbage": Case("both lose their position and get it back in turns; PX4's Descend ended hard"),
    "gps.delayed": Case(
        "Sortie swings on fixes that are a second late until it gives up its position; EKF2 flies on: why the second "
        "does not make it swing is not known"
    ),
    "gps.slow": Case(),
    "gps.intermittent": Case(),
    "compass.wrong": Case(),
    "compass.garbage": Case(),
    "compass.intermittent": Case(),
    "baro.wrong": Case(),
    "baro.garbage": Case(),
    "baro.intermittent": Case(),
    "gyro.off": Case(
        "Sortie cuts its motors at once without these sensors; HIL_SENSOR cannot say that a sensor is ill, so "
        "that PX4 takes its 0 for rates; both fall"
    ),
    "gyro.wrong": Case("both go to Land and back, and fall"),
    "accel.off": Case(
        "Sortie cuts its motors at once without these sensors, and falls; PX4 takes its 0 for a free fall and climbs"
    ),
    "accel.wrong": Case(
        "both give up their position and get it back; PX4 climbs with the acceleration that is not there"
    ),
    "imu.loss": Case("Sortie cuts its motors at once without these sensors; both fall"),
    "motor1.loss with a parachute": Case(
        "both come down on it: Sortie cuts the motors after 1 s, PX4 terminates its flight by its failure detector",
        "motor1.loss",
        _CHUTE,
        _PX4_CHUTE,
    ),
    "Precision Landing on a pad": Case(ours=_PAD | {"PLND_TYPE": 4.0}, theirs=_PAD, order=land_precisely, pad=True),
    "Precision Landing, pad not seen": Case(
        ours=_BLIND | {"PLND_TYPE": 4.0}, theirs=_BLIND, order=land_precisely, pad=True
    ),
    "gcs.loss": Case(
        "both hold for COM_FAIL_ACT_T, 5 s, and return; Sortie counts the station as lost at once, PX4 after "
        "COM_DL_LOSS_T, 10 s",
        ours=_PX4_STATION,
        theirs=_PX4_STATION,
    ),
    RADIO: Case(ours=_PX4_STATION, theirs=_PX4_STATION, order=leave_it_alone, radio_m=60.0),
    WINDY: Case(ours=_WINDY, theirs=_WINDY, order=leave_it_alone),
    **{name: Case(order=leave_it_alone, wind=field) for name, field in _FIELDS.items()},
}
