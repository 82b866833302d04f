"""Rows of PX4's parameters: name, type, default, and the core's parameter of the same meaning.

Names, types and defaults: PX4 1.16, parameter reference; those that MAVSDK and QGroundControl ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from autopilot.interface.records import dataclass, field
from autopilot.mav import ParameterType

INT: Final = int(ParameterType.INT32)
REAL: Final = int(ParameterType.REAL32)
RETURN_PRECISELY: Final = "RTL_PLD_MD"
FASTEST: Final = "MPC_XY_VEL_MAX"
KEPT_OFF: Final = "CP_DIST"
AVOIDED: Final = "NAV_TRAFF_AVOID"
GIMBAL: Final = "MNT_MODE_IN"


@dataclass(frozen=True, slots=True)
class Px4Param:
    """A parameter. `core`: the core's name for it, of which `factor` units are one of PX4's; "": there is none.
    `default` None: that of the core, which is the airframe's. `only`: a parameter of the core by which the kinds that
    have it are known. `minimum`, `maximum`: the recommended range. `inert`: kept and shown, without effect."""

    name: str
    type: int
    default: float | None
    core: str = ""
    factor: float = 1.0
    unit: str = ""
    description: str = ""
    only: str = ""
    values: Mapping[int, str] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    inert: bool = False


_ROTORS: Final = ((1.0, 1.0, 0.05), (-1.0, -1.0, 0.05), (1.0, -1.0, -0.05), (-1.0, 1.0, -0.05))
"""Forward, right, turning moment per thrust (counter-clockwise is positive), of airframes/10040_sihsim_quadx."""
_AXES: Final = (("KM", "Moment"), ("PX", "Position forward"), ("PY", "Position to the right"), ("PZ", "Position down"))
_AIRFRAMES: Final = {0: "Multirotor", 6: "Rover (Differential)"}
_OUTPUTS: Final = {0: "Disabled", **{100 + number: f"Motor {number}" for number in range(1, 5)}}
_SWITCH: Final = {0: "Disabled", 1: "Enabled"}
_HEARS: Final = "ADSB_TYPE"
_ON_COPTERS, _ON_ROVERS = "WPNAV_SPEED", "WP_SPEED"


def _airframe() -> tuple[Px4Param, ...]:
    """Parameters of the motors and the frame, as the metadata's actuators name them; a change has no effect."""
    found = [
        Px4Param("CA_AIRFRAME", INT, 0, description="Geometry", only=_ON_COPTERS, values=_AIRFRAMES),
        Px4Param("CA_AIRFRAME", INT, 6, description="Geometry", only=_ON_ROVERS, values=_AIRFRAMES),
    ]
    for number, (forward, right, moment) in enumerate(_ROTORS):
        for (axis, what), value in zip(_AXES, (moment, forward, right, 0.0), strict=True):
            found.append(
                Px4Param(
                    f"CA_ROTOR{number}_{axis}", REAL, value, description=f"{what} of rotor {number}", only=_ON_COPTERS
                )
            )
    return *found, Px4Param("CA_ROTOR_COUNT", INT, len(_ROTORS), description="Number of rotors", only=_ON_COPTERS)


def _outputs() -> tuple[Px4Param, ...]:
    """Parameters of what each output drives; a change has no effect."""
    return tuple(
        Px4Param(
            f"PWM_MAIN_FUNC{number}",
            INT,
            100 + number,
            description=f"Function of output {number}",
            values=_OUTPUTS,
            only="" if number < 3 else _ON_COPTERS,
        )
        for number in range(1, 5)
    )


ROWS: Final[tuple[Px4Param, ...]] = (
    Px4Param("BAT1_CAPACITY", REAL, 5100.0, "BATT_CAPACITY", 1.0, "mAh", "Battery capacity"),
    Px4Param("BAT1_N_CELLS", INT, 3, description="Cells of the battery in series"),
    Px4Param("BAT1_V_CHARGED", REAL, 4.05, unit="V", description="Voltage of a full cell"),
    Px4Param("BAT1_V_EMPTY", REAL, 3.6, unit="V", description="Voltage of an empty cell"),
    Px4Param("BAT_CRIT_THR", REAL, 0.07, "", 1.0, "", "Charge below which the battery is critical"),
    Px4Param("BAT_EMERGEN_THR", REAL, 0.05, "", 1.0, "", "Charge below which it is an emergency"),
    Px4Param("BAT_LOW_THR", REAL, 0.15, "", 1.0, "", "Charge below which it is warned of"),
    *_airframe(),
    Px4Param("CAL_ACC0_ID", INT, 1310988, "", 1.0, "", "Identity of the accelerometer"),
    Px4Param("CAL_GYRO0_ID", INT, 1310988, "", 1.0, "", "Identity of the gyroscope"),
    Px4Param("CAL_MAG0_ID", INT, 197388, "", 1.0, "", "Identity of the first compass"),
    Px4Param("COM_ARM_AUTH_ID", INT, 10, "SRT_AUTH_ID", 1.0, "", "System that authorizes arming"),
    Px4Param("COM_ARM_AUTH_REQ", INT, 0, "SRT_AUTH_REQ", 1.0, "", "Arming waits for it", values=_SWITCH),
    Px4Param("COM_ARM_AUTH_TO", REAL, 1.0, "SRT_AUTH_WAIT", 1.0, "s", "How long its answer is awaited"),
    Px4Param("COM_DISARM_LAND", REAL, 2.0, "", 1.0, "s", "Disarmed so long after a landing; 0 never"),
    Px4Param("COM_DISARM_PRFLT", REAL, 10.0, "DISARM_DELAY", 1.0, "s", "Disarmed when it has not taken off by then"),
    Px4Param("COM_DL_LOSS_T", INT, 10, "FS_GCS_TIMEOUT", 1.0, "s", "A ground station silent for this long is lost"),
    Px4Param("COM_FAIL_ACT_T", REAL, 5.0, "", 1.0, "s", "Hold before a failsafe acts"),
    Px4Param("COM_FLTMODE1", INT, -1, "", 1.0, "", "Mode of the mode switch's position 1; -1 none"),
    Px4Param("COM_FLTMODE2", INT, -1, "", 1.0, "", "Mode of the mode switch's position 2; -1 none"),
    Px4Param("COM_FLTMODE3", INT, -1, "", 1.0, "", "Mode of the mode switch's position 3; -1 none"),
    Px4Param("COM_FLTMODE4", INT, -1, "", 1.0, "", "Mode of the mode switch's position 4; -1 none"),
    Px4Param("COM_FLTMODE5", INT, -1, "", 1.0, "", "Mode of the mode switch's position 5; -1 none"),
    Px4Param("COM_FLTMODE6", INT, -1, "", 1.0, "", "Mode of the mode switch's position 6; -1 none"),
    Px4Param("COM_FLT_TIME_MAX", INT, -1, "", 1.0, "s", "Time in the air after which it returns; -1 off"),
    Px4Param("COM_LOW_BAT_ACT", INT, 0, "", 1.0, "", "0 warn, 1 return, 2 land, 3 return, then land"),
    Px4Param("COM_MOT_TEST_EN", INT, 1, "", 1.0, "", "ACTUATOR_TEST is taken", values=_SWITCH),
    Px4Param("COM_OBL_RC_ACT", INT, 0, "", 1.0, "", "What follows when setpoints stay away in Offboard"),
    Px4Param("COM_OF_LOSS_T", REAL, 1.0, "GUID_TIMEOUT", 1.0, "s", "How long setpoints may stay away in Offboard"),
    Px4Param("COM_OF_LOSS_T", REAL, 1.0, "", 1.0, "s", "How long setpoints may stay away in Offboard", only=_ON_ROVERS),
    Px4Param("COM_RC_IN_MODE", INT, 1, "", 1.0, "", "Where sticks come from"),
    Px4Param("COM_RCL_EXCEPT", INT, 0, "", 1.0, "", "Modes without sticks: 1 Mission, 2 Hold and alike, 4 Offboard"),
    Px4Param("COM_RC_LOSS_T", REAL, 0.5, "RC_OVERRIDE_TIME", 1.0, "s", "Sticks silent for this long are lost"),
    Px4Param("COM_RC_OVERRIDE", INT, 1, "", 1.0, "", "Bit 0: moved sticks take over from automatic modes"),
    Px4Param("COM_RC_STICK_OV", REAL, 30.0, "", 1.0, "%", "Deflection that does"),
    Px4Param("COM_WIND_MAX", REAL, -1.0, "", 1.0, "m/s", "Wind above which COM_WIND_MAX_ACT follows; -1 off"),
    Px4Param("COM_WIND_MAX_ACT", INT, 0, "", 1.0, "", "0 nothing, 1 warn, 2 hold, 3 return, 4 terminate, 5 land"),
    Px4Param(
        KEPT_OFF,
        REAL,
        -1.0,
        unit="m",
        description="Distance kept from obstacles in Position mode; -1 off",
        only=_ON_COPTERS,
        minimum=-1.0,
        maximum=15.0,
    ),
    Px4Param("EKF2_HGT_REF", INT, 1, "", 1.0, "", "What heights are measured by"),
    Px4Param("FLW_TGT_ALT_M", INT, 0, "", 1.0, "", "Height of following: 2 above the target, else above home"),
    Px4Param("FLW_TGT_DST", REAL, 8.0, "", 1.0, "m", "Distance from the target"),
    Px4Param("FLW_TGT_FA", REAL, 180.0, "", 1.0, "deg", "Where it follows, from the target's course: 180 behind"),
    Px4Param("FLW_TGT_HT", REAL, 8.0, "", 1.0, "m", "Height of following"),
    Px4Param("FLW_TGT_MAX_VEL", REAL, 5.0, "", 1.0, "m/s", "Speed that it may follow with"),
    Px4Param("FLW_TGT_RS", REAL, 0.1, "", 1.0, "", "How quickly following answers"),
    Px4Param("GF_ACTION", INT, 2, "", 1.0, "", "0 nothing, 1 warn, 2 hold, 3 return, 4 terminate, 5 land"),
    Px4Param("GF_MAX_HOR_DIST", REAL, 0.0, "", 1.0, "m", "Farthest from home; 0 off"),
    Px4Param("GF_MAX_VER_DIST", REAL, 0.0, "", 1.0, "m", "Highest above home; 0 off"),
    Px4Param("LND_FLIGHT_T_HI", INT, 0, "", 1.0, "", "Time in the air, of all flights together, high part"),
    Px4Param("LND_FLIGHT_T_LO", INT, 0, "", 1.0, "", "Time in the air, of all flights together, low part"),
    Px4Param("LTEST_MODE", INT, 0, "", 1.0, "", "0: the landing target moves, 1: it stands", only="PLND_TYPE"),
    Px4Param("MAV_SYS_ID", INT, 1, "SYSID_THISMAV", 1.0, "", "MAVLink system id of this vehicle"),
    Px4Param(
        "MC_ROLL_P",
        REAL,
        6.5,
        unit="1/s",
        description="Roll P gain; no effect here",
        only=_ON_COPTERS,
        minimum=0.0,
        maximum=12.0,
        inert=True,
    ),
    Px4Param("MIS_TAKEOFF_ALT", REAL, 2.5, "", 1.0, "m", "Height of a takeoff that names none"),
    Px4Param(GIMBAL, INT, -1, "", 1.0, "", "The gimbal: 0, 4 there is one; else none; after a restart"),
    Px4Param("MNT_MODE_OUT", INT, 0, "", 1.0, "", "What the gimbal speaks: 2 MAVLink's protocol 2"),
    Px4Param(
        "MNT_RATE_PITCH", REAL, 30.0, "MNT1_RC_RATE", 1.0, "deg/s", "How fast full stick turns the gimbal, both axes"
    ),
    Px4Param(
        "MNT_RATE_YAW", REAL, 30.0, "MNT1_RC_RATE", 1.0, "deg/s", "How fast full stick turns the gimbal, both axes"
    ),
    Px4Param("MPC_LAND_SPEED", REAL, 0.7, "LAND_SPEED", 100.0, "m/s", "Speed of the last part of a landing"),
    Px4Param("MPC_XY_CRUISE", REAL, 5.0, "WPNAV_SPEED", 100.0, "m/s", "Speed of missions and repositions"),
    Px4Param(
        FASTEST,
        REAL,
        12.0,
        unit="m/s",
        description="Highest horizontal speed; what is asked for beyond it is capped",
        only=_ON_COPTERS,
        minimum=0.0,
        maximum=20.0,
    ),
    Px4Param("MPC_Z_V_AUTO_DN", REAL, 1.5, "WPNAV_SPEED_DN", 100.0, "m/s", "Descent in automatic modes"),
    Px4Param("MPC_Z_V_AUTO_UP", REAL, 3.0, "WPNAV_SPEED_UP", 100.0, "m/s", "Climb in automatic modes"),
    Px4Param("NAV_ACC_RAD", REAL, 2.0, "WPNAV_RADIUS", 100.0, "m", "Within this a waypoint counts"),
    Px4Param("NAV_ACC_RAD", REAL, 2.0, "WP_RADIUS", 1.0, "m", "Within this a waypoint counts"),
    Px4Param("NAV_DLL_ACT", INT, 0, "", 1.0, "", "Without station: 1 hold, 2 return, 3 land, 5 terminate, 6 disarm"),
    Px4Param(
        AVOIDED, INT, 1, "", 1.0, "", "Other aircraft: 0 nothing, 1 warn, 2 return, 3 land, 4 hold", only="ADSB_TYPE"
    ),
    Px4Param(
        "NAV_TRAFF_A_HOR", REAL, 500.0, "", 1.0, "m", "Nearer than this to its line it is a conflict", only="ADSB_TYPE"
    ),
    Px4Param("NAV_TRAFF_A_VER", REAL, 500.0, "", 1.0, "m", "Higher or lower by more it is none", only=_HEARS),
    Px4Param("NAV_TRAFF_COLL_T", INT, 60, "", 1.0, "s", "It is one when they could meet so soon", only=_HEARS),
    Px4Param("NAV_RCL_ACT", INT, 2, "", 1.0, "", "Without sticks: 1 hold, 2 return, 3 land, 5 terminate, 6 disarm"),
    Px4Param("PLD_BTOUT", REAL, 5.0, "PLND_TIMEOUT", 1.0, "s", "A landing target not seen for this long is lost"),
    Px4Param("PLD_FAPPR_ALT", REAL, 0.1, "PLND_ALT_MIN", 1.0, "m", "Lower than this it lands without the target"),
    Px4Param("PLD_HACC_RAD", REAL, 0.2, "PLND_XY_DIST_MAX", 1.0, "m", "No descent while the target is farther off"),
    Px4Param("PLD_MAX_SRCH", INT, 3, "PLND_RET_MAX", 1.0, "", "How often a lost landing target is searched"),
    *_outputs(),
    Px4Param("RC_MAP_FLTMODE", INT, 0, "", 1.0, "", "Radio channel of the mode switch, 0 = none"),
    Px4Param("RC_MAP_PITCH", INT, 0, "", 1.0, "", "Radio channel of pitch"),
    Px4Param("RC_MAP_ROLL", INT, 0, "", 1.0, "", "Radio channel of roll"),
    Px4Param("RC_MAP_THROTTLE", INT, 0, "", 1.0, "", "Radio channel of throttle"),
    Px4Param("RC_MAP_YAW", INT, 0, "", 1.0, "", "Radio channel of yaw"),
    Px4Param("RO_SPEED_LIM", REAL, 2.0, "WP_SPEED", 1.0, "m/s", "Speed of a rover in automatic modes"),
    Px4Param("RTL_DESCEND_ALT", REAL, 30.0, "", 1.0, "m", "Height at which a return descends"),
    Px4Param("RTL_LAND_DELAY", REAL, 0.0, "", 1.0, "s", "Wait before a return lands; -1 does not land"),
    Px4Param(
        RETURN_PRECISELY,
        INT,
        0,
        "",
        1.0,
        "",
        "A return lands on a target: 0 no, 1 if it sees it, 2 it searches",
        only="PLND_TYPE",
    ),
    Px4Param("RTL_RETURN_ALT", REAL, 60.0, "RTL_ALT", 100.0, "m", "Height of a return above home"),
    Px4Param("SDLOG_MODE", INT, 1, "", 1.0, "", "Logged: 0 flights, 1 from the start on"),
    Px4Param("SENS_BOARD_X_OFF", REAL, 0.0, "", 1.0, "", "Board offset, roll"),
    Px4Param("SENS_BOARD_Y_OFF", REAL, 0.0, "", 1.0, "", "Board offset, pitch"),
    Px4Param("SENS_BOARD_Z_OFF", REAL, 0.0, "", 1.0, "", "Board offset, yaw"),
    Px4Param("SYS_AUTOSTART", INT, 10040, "", 1.0, "", "The airframe", only=_ON_COPTERS),
    Px4Param("SYS_AUTOSTART", INT, 50000, "", 1.0, "", "The airframe", only=_ON_ROVERS),
    Px4Param("SYS_FAILURE_EN", INT, 0, "SYS_FAILURE_EN", 1.0, "", "Failures may be injected"),
    Px4Param("SYS_HAS_MAG", INT, 1, "", 1.0, "", "Compasses that there are"),
    Px4Param("SYS_HITL", INT, 0, "", 1.0, "", "Hardware in the loop"),
)
