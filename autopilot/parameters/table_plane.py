"""Parameters of the plane: its modes, navigation, speeds, takeoff, landing, control, failsafes (ArduPilot 4.7,
ArduPlane/Parameters.cpp, libraries AP_TECS, AP_L1_Control, AP_Landing, APM_Control, AP_Airspeed)."""

from __future__ import annotations

from typing import Final

from autopilot.parameters.definition import ParameterDef, f32, i8, i16, i32
from autopilot.parameters.table_safety import (
    ARMING,
    FAILSAFE_COMMON,
    FENCE_COMMON,
    MISSION,
    RALLY_COMMON,
    WIND,
    battery,
)

NO_YES: Final = {0: "No", 1: "Yes"}
MODES: Final = {
    0: "Manual", 1: "Circle", 2: "Stabilize", 4: "Acro", 5: "FBWA", 6: "FBWB", 7: "Cruise", 10: "Auto", 11: "RTL",
    12: "Loiter", 13: "Takeoff", 15: "Guided", 17: "QStabilize", 18: "QHover", 19: "QLoiter", 20: "QLand", 21: "QRTL",
    25: "Loiter to QLand", 26: "Autoland",
}  # fmt: skip
PLANE_BATTERY: Final = {
    0: "Warn only", 1: "RTL", 2: "DO_LAND_START or RTL", 3: "Terminate", 4: "QLand", 6: "Loiter to QLand",
    7: "Autoland or RTL",
}  # fmt: skip

_MODES: Final[tuple[ParameterDef, ...]] = (
    *(
        i8(f"FLTMODE{n}", mode, text=f"Mode of the mode switch's position {n}", values=MODES)
        for n, mode in enumerate((11, 11, 5, 5, 0, 0), 1)
    ),
    i8("FLTMODE_CH", 8, "", 0, 16, "Radio channel of the mode switch, 0 = none"),
    i8("INITIAL_MODE", 0, text="Mode after start", values=MODES, reboot=True),
)

_NAVIGATION: Final[tuple[ParameterDef, ...]] = (
    i16("WP_RADIUS", 90, "m", 1, 32767, "A waypoint is left at most this far before it", step=1),
    i16("WP_LOITER_RAD", 60, "m", -32767, 32767, "Radius of loiters; negative: counter-clockwise", step=1),
    i16("RTL_RADIUS", 0, "m", -32767, 32767, "Radius of RTL's loiter; 0 = WP_LOITER_RAD", step=1),
    f32("RTL_ALTITUDE", 100, "m", text="Height of a return above home; -1 = the present"),
    i16("RTL_CLIMB_MIN", 0, "m", 0, 30, "RTL climbs by this much before it turns", step=1),
    i8(
        "RTL_AUTOLAND", 0, text="How a return lands",
        values={
            0: "Not", 1: "Home, then DO_LAND_START", 2: "At once by DO_LAND_START",
            3: "DO_LAND_START is for go-arounds", 4: "At once by DO_RETURN_PATH_START",
        },
    ),
    f32("NAVL1_PERIOD", 17, "s", 1, 60, "Period of the way back to the track: shorter is sharper", step=1),
    f32("NAVL1_DAMPING", 0.75, "", 0.6, 1, "Damping of the way back to the track", step=0.05),
    f32("NAVL1_XTRACK_I", 0.02, "", 0, 0.1, "Integral of the distance from the track", step=0.01),
    f32("NAVL1_LIM_BANK", 0, "deg", 0, 89, "Bank that loiters keep to by a wider radius; 0 = none", step=1),
)  # fmt: skip

_SPEEDS: Final[tuple[ParameterDef, ...]] = (
    f32("AIRSPEED_CRUISE", 12, "m/s", text="Airspeed of AUTO and the other modes that fly by themselves"),
    i16("AIRSPEED_MIN", 9, "m/s", 5, 100, "Lowest airspeed that is demanded", step=1),
    i16("AIRSPEED_MAX", 22, "m/s", 5, 100, "Highest airspeed that is demanded", step=1),
    f32("AIRSPEED_STALL", 0, "m/s", 5, 75, "Stall speed, wings level; 0 = from AIRSPEED_MIN"),
    f32("MIN_GROUNDSPEED", 0, "m/s", text="Airspeed rises so that the ground speed is at least this"),
    i8("STALL_PREVENTION", 1, text="Bank is limited, and airspeed raised, for the load", values=NO_YES),
    i8("THR_MIN", 0, "%", -100, 100, "Lowest throttle", step=1),
    i8("THR_MAX", 100, "%", 0, 100, "Highest throttle", step=1),
    i8("THR_SLEWRATE", 100, "%/s", 0, 127, "How fast the throttle may change", step=1),
    i8("TRIM_THROTTLE", 45, "%", 0, 100, "Throttle of level flight at AIRSPEED_CRUISE", step=1),
    f32("TECS_CLMB_MAX", 5, "m/s", 0.1, 20, "Climb rate at full throttle", step=0.1),
    f32("TECS_SINK_MIN", 2, "m/s", 0.1, 10, "Sink rate at the lowest throttle", step=0.1),
    f32("TECS_SINK_MAX", 5, "m/s", 0, 20, "Highest sink rate", step=0.1),
    f32("TECS_TIME_CONST", 5, "s", 3, 10, "Time constant of height and airspeed", step=0.2),
    f32("TECS_THR_DAMP", 0.5, "", 0.1, 1, "Damping of the throttle", step=0.1),
    f32("TECS_INTEG_GAIN", 0.3, "", 0, 0.5, "Integral of energy", step=0.02),
    f32("TECS_VERT_ACC", 7, "m/s/s", 1, 10, "Highest vertical acceleration", step=0.5),
    f32("TECS_RLL2THR", 10, "", 5, 30, "Throttle for the drag of a bank", step=1),
    f32("TECS_SPDWEIGHT", 1, "", 0, 2, "Pitch holds height (0), airspeed (2), or both (1)", step=0.1),
    f32("TECS_PTCH_DAMP", 0.3, "", 0.1, 1, "Damping of the pitch", step=0.1),
    i8("TECS_PITCH_MAX", 15, "deg", 0, 45, "Highest pitch; 0 = PTCH_LIM_MAX_DEG", step=1),
    i8("TECS_PITCH_MIN", 0, "deg", -45, 0, "Lowest pitch; 0 = PTCH_LIM_MIN_DEG", step=1),
    f32("TECS_HDEM_TCONST", 3, "s", 1, 5, "Time constant of the height demanded", step=0.2),
)

_TAKEOFF: Final[tuple[ParameterDef, ...]] = (
    f32("TKOFF_ALT", 50, "m", 0, 200, "Height of TAKEOFF above where it begins", step=1),
    f32("TKOFF_LVL_ALT", 10, "m", 0, 50, "Wings stay level up to this height", step=1),
    f32("TKOFF_LVL_PITCH", 15, "deg", 0, 30, "Pitch of TAKEOFF's climb", step=1),
    f32("TKOFF_DIST", 200, "m", 0, 500, "TAKEOFF loiters so far ahead of where it begins", step=1),
    f32("TKOFF_GND_PITCH", 5, "deg", -5, 10, "Pitch of the run on the ground", step=0.1),
    f32("TKOFF_THR_MINSPD", 0, "m/s", 0, 30, "Ground speed that starts the motor; 0 = none", step=0.1),
    f32("TKOFF_THR_MINACC", 0, "m/s/s", 0, 30, "Acceleration forwards that starts the motor; 0 = none", step=0.1),
    i8("TKOFF_THR_DELAY", 2, "ds", 0, 127, "From TKOFF_THR_MINACC to the motor's start", step=1),
    i8("TKOFF_THR_MAX", 0, "%", 0, 100, "Highest throttle of takeoffs; 0 = THR_MAX", step=1),
    f32("TKOFF_ROTATE_SPD", 0, "m/s", 0, 30, "Airspeed at which the nose is raised; 0 = at once", step=0.1),
    i16("LEVEL_ROLL_LIMIT", 5, "deg", 0, 45, "Bank of takeoffs and of the flare", step=1),
)

_LANDING: Final[tuple[ParameterDef, ...]] = (
    f32("LAND_FLARE_ALT", 3, "m", 0, 30, "The flare begins at this height", step=0.1),
    f32("LAND_FLARE_SEC", 2, "s", 0, 10, "The flare begins so long before touching down", step=0.1),
    f32("LAND_PITCH_DEG", 0, "deg", -20, 20, "Lowest pitch of the flare", step=0.1),
    f32("LAND_PF_ALT", 10, "m", 0, 30, "Height from which LAND_PF_ARSPD is flown", step=0.1),
    f32("LAND_PF_SEC", 6, "s", 0, 10, "Time before touching down from which LAND_PF_ARSPD is flown", step=0.1),
    f32("LAND_PF_ARSPD", 0, "m/s", 0, 30, "Airspeed before the flare; 0 = that of the approach", step=0.1),
    i8("LAND_DISARMDELAY", 20, "s", 0, 127, "A landing by itself stops the motor after this time; 0 = never", step=1),
    i8("LAND_ABORT_THR", 0, text="Full throttle of the pilot's stick aborts a landing", values=NO_YES),
    i8("LAND_WIND_COMP", 50, "%", 0, 100, "Share of the headwind by which the approach is faster", step=1),
    f32("TECS_LAND_ARSPD", -1, "m/s", -1, 127, "Airspeed of the approach; -1: between AIRSPEED_MIN and CRUISE", step=1),
    f32("TECS_LAND_SINK", 0.25, "m/s", 0, 2, "Sink rate when touching down", step=0.1),
    f32("TECS_LAND_SPDWGT", -1, "", -1, 2, "TECS_SPDWEIGHT of landings; -1: falls to 0 on the way down", step=0.1),
    f32("TECS_APPR_SMAX", 0, "m/s", 0, 20, "Highest sink rate of an approach; 0 = TECS_SINK_MAX", step=0.1),
    i16("AUTOLAND_WP_ALT", 55, "m", 0, 200, "Height at which AUTOLAND's final approach begins", step=1),
    i16("AUTOLAND_WP_DIST", 400, "m", 0, 700, "Length of AUTOLAND's final approach", step=1),
    i16("AUTOLAND_DIR_OFF", 0, "deg", -360, 360, "AUTOLAND lands in the takeoff's direction and this", step=1),
)  # fmt: skip

_CONTROL: Final[tuple[ParameterDef, ...]] = (
    f32("ROLL_LIMIT_DEG", 45, "deg", 0, 90, "Largest bank", step=1),
    f32("PTCH_LIM_MAX_DEG", 20, "deg", 0, 90, "Highest pitch", step=1),
    f32("PTCH_LIM_MIN_DEG", -25, "deg", -90, 0, "Lowest pitch", step=1),
    f32("PTCH_TRIM_DEG", 0, "deg", -45, 45, "Pitch of level flight"),
    f32("STAB_PITCH_DOWN", 2, "deg", 0, 15, "FBWA lowers the nose by this without throttle", step=0.1),
    f32("KFF_RDDRMIX", 0.5, "", 0, 1, "Rudder with the ailerons", step=0.01),
    f32("SCALING_SPEED", 15, "m/s", 0, 50, "Airspeed that the gains are for", step=0.1),
    i16("ACRO_ROLL_RATE", 180, "deg/s", 10, 500, "Roll rate of ACRO", step=1),
    i16("ACRO_PITCH_RATE", 180, "deg/s", 10, 500, "Pitch rate of ACRO", step=1),
    f32("FBWB_CLIMB_RATE", 2, "m/s", 1, 10, "Climb rate of the full stick in FBWB and CRUISE", step=0.1),
    *(
        line
        for axis, word in (("RLL", "Roll"), ("PTCH", "Pitch"))
        for line in (
            f32(f"{axis}2SRV_TCONST", 0.5, "s", 0.4, 1, f"{word}: time constant of the angle", step=0.1),
            f32(f"{axis}_RATE_P", 0.08 if axis == "RLL" else 0.04, "", 0.08, 0.35, f"{word} rate, proportional"),
            f32(f"{axis}_RATE_I", 0.15, "", 0.01, 0.6, f"{word} rate, integral"),
            f32(f"{axis}_RATE_D", 0, "", 0.001, 0.03, f"{word} rate, derivative"),
            f32(f"{axis}_RATE_FF", 0.345, "", 0, 3, f"{word} rate, feed forward"),
        )
    ),
    i16("RLL2SRV_RMAX", 0, "deg/s", 0, 180, "Highest roll rate; 0 = no limit", step=1),
    f32("PTCH2SRV_RMAX_UP", 0, "deg/s", 0, 100, "Highest rate of raising the nose; 0 = no limit", step=1),
    f32("PTCH2SRV_RMAX_DN", 0, "deg/s", 0, 100, "Highest rate of lowering the nose; 0 = no limit", step=1),
    f32("PTCH2SRV_RLL", 1, "", 0.7, 1.5, "Nose up in a bank", step=0.05),
    f32("YAW2SRV_DAMP", 0, "", 0, 2, "Yaw damping", step=0.1),
    f32("YAW2SRV_RLL", 1, "", 0.8, 1.2, "Yaw rate of a coordinated turn", step=0.05),
)  # fmt: skip

_AIRSPEED: Final[tuple[ParameterDef, ...]] = (
    i8("ARSPD_ENABLE", 1, text="There is a pitot tube", values=NO_YES),
    i8("ARSPD_TYPE", 2, text="Sensor of the pitot tube", values={0: "None", 2: "Analog"}, reboot=True),
    i8(
        "ARSPD_USE", 0, text="Its airspeed is flown by",
        values={0: "No", 1: "Yes", 2: "At zero throttle"},
    ),
    f32("ARSPD_RATIO", 2, text="Pressure to airspeed squared"),
    f32("ARSPD_OFFSET", 0, "Pa", text="Pressure at rest"),
    f32("ARSPD_WIND_MAX", 0, "m/s", 0, None, "A tube farther than this from the ground speed is not believed; 0 = off"),
)  # fmt: skip

PLANE_FLIGHT: Final = _MODES + _NAVIGATION + _SPEEDS + _TAKEOFF + _LANDING + _CONTROL + _AIRSPEED

_FENCE: Final[tuple[ParameterDef, ...]] = (
    *FENCE_COMMON,
    i8(
        "FENCE_TYPE", 4, text="Which fences act",
        bits={0: "Highest altitude", 1: "Circle about home", 2: "Polygons and circles", 3: "Lowest altitude"},
    ),
    i8(
        "FENCE_ACTION", 1, text="What a breach does",
        values={0: "Report", 1: "RTL", 6: "Guided to the return point", 8: "Autoland or RTL"},
    ),
    f32("FENCE_ALT_MAX", 100, "m", 10, 1000, "Highest altitude above home"),
    f32("FENCE_ALT_MIN", -10, "m", -100, 100, "Lowest altitude above home"),
    i8("FENCE_RET_RALLY", 0, text="The return point of FENCE_ACTION 6",
       values={0: "The fence's, or home", 1: "The nearest rally point"}),
    i16("FENCE_RET_ALT", 0, "m", 0, 32767, "Height of the return point; 0 = half-way between the limits", step=1),
    i8(
        "FENCE_AUTOENABLE", 0, text="The fence acts by itself; the lowest altitude then, too, once it was passed",
        values={
            0: "No", 1: "From takeoff to landing", 2: "From takeoff on; the lowest altitude to landing",
            3: "From arming to disarming",
        },
    ),
)  # fmt: skip

_FAILSAFE: Final[tuple[ParameterDef, ...]] = (
    *FAILSAFE_COMMON,
    i8("THR_FAILSAFE", 1, text="Watch the sticks", values={0: "No", 1: "Yes", 2: "Yes, and do nothing"}),
    i16("THR_FS_VALUE", 950, "PWM", 925, 2200, "Throttle pulse below which the radio is lost", step=1),
    i8(
        "FS_SHORT_ACTN", 0, text="What a loss of the sticks does at once",
        values={
            0: "Circle, but not in AUTO, GUIDED, LOITER", 1: "Circle", 2: "FBWA, no throttle", 3: "Nothing", 4: "FBWB",
        },
    ),
    i8(
        "FS_LONG_ACTN", 0, text="What a loss does that lasts",
        values={0: "Go on in AUTO and GUIDED, else RTL", 1: "RTL", 2: "Glide (FBWA)", 4: "Auto", 5: "Autoland"},
    ),
    f32("FS_LONG_TIMEOUT", 5, "s", 1, 300, "A loss that lasts this long is long", step=0.5),
    i8(
        "FS_GCS_ENABL", 0, text="Watch the ground station: its silence is a long loss",
        values={0: "No", 1: "Yes", 3: "In AUTO alone"},
    ),
    i8("CRASH_DETECT", 0, text="What a crash does", bits={0: "Disarm"}),
)  # fmt: skip

PLANE_SAFETY: Final = (
    *ARMING,
    *MISSION,
    *RALLY_COMMON,
    f32("RALLY_LIMIT_KM", 5, "km", 0, None, "Rally points farther than this are ignored; 0 = none is"),
    *_FENCE,
    *_FAILSAFE,
    *WIND,
    *battery(0.0, PLANE_BATTERY),
)

QUADPLANE_FLIGHT: Final[tuple[ParameterDef, ...]] = (
    i8("Q_ENABLE", 1, text="It has lift motors", values={1: "Yes"}, reboot=True),
    f32("Q_ASSIST_SPEED", 18, "m/s", 0, 100, "Lift motors help below this airspeed; 0 = never", step=0.1),
    i16("Q_TRANSITION_MS", 5000, "ms", 500, 30000, "From the lift motors to the wings, once it is fast enough"),
    i16("Q_TRANS_FAIL", 0, "s", 0, 20, "A transition to the wings that takes longer has failed; 0 = no limit", step=1),
    i8(
        "Q_TRANS_FAIL_ACT",
        0,
        "",
        None,
        None,
        "What a failed transition does",
        values={-1: "Warn only", 0: "QLand", 1: "QRTL"},
    ),
    f32("Q_TRANS_DECEL", 2, "m/s/s", 0.2, 5, "Braking on the way back to the lift motors", step=0.1),
    f32("Q_WP_SPD", 5, "m/s", 0.2, 20, "Speed on lift motors", step=0.5),
    f32("Q_WP_SPD_UP", 2.5, "m/s", 0.1, 10, "Climb on lift motors", step=0.5),
    f32("Q_WP_SPD_DN", 1.5, "m/s", 0.1, 5, "Descent on lift motors", step=0.1),
    f32("Q_LAND_FINAL_SPD", 0.5, "m/s", 0.3, 2, "Descent of the last part of a landing", step=0.1),
    f32("Q_LAND_FINAL_ALT", 6, "m", 0.5, 50, "Height at which the last part begins", step=0.1),
    i8(
        "Q_RTL_MODE",
        0,
        "",
        0,
        3,
        "Where RTL goes over to QRTL",
        values={0: "Nowhere", 1: "Over home", 2: "Circled down to Q_RTL_ALT", 3: "At once"},
    ),
    i8("Q_GUIDED_MODE", 0, text="Hover over the place of GUIDED", values={0: "Circle it", 1: "Hover"}),
    i32(
        "Q_OPTIONS",
        0,
        text="What a failsafe does in the Q modes; else it lands",
        bits={5: "QRTL", 20: "RTL, whatever bit 5 says"},
    ),
    i16("Q_RTL_ALT", 15, "m", 1, 200, "Height to which LOITER_ALT_QLAND circles down", step=1),
)
QUADPLANE_DEFAULTS: Final[tuple[tuple[str, float], ...]] = (
    ("AIRSPEED_CRUISE", 25.0), ("AIRSPEED_MIN", 13.0), ("AIRSPEED_MAX", 35.0), ("NAVL1_PERIOD", 14.0),
    ("PTCH_LIM_MAX_DEG", 30.0), ("PTCH_LIM_MIN_DEG", -30.0), ("ROLL_LIMIT_DEG", 65.0), ("ARSPD_USE", 1.0),
    ("RLL_RATE_P", 0.141), ("RLL_RATE_I", 0.2125), ("PTCH_RATE_P", 0.31), ("PTCH_RATE_I", 0.2125),
    ("FLTMODE_CH", 5.0), ("FLTMODE1", 10.0), ("FLTMODE2", 11.0), ("FLTMODE3", 12.0), ("FLTMODE4", 5.0),
    ("FLTMODE5", 19.0), ("FLTMODE6", 5.0), ("FBWB_CLIMB_RATE", 10.0), ("RALLY_INCL_HOME", 0.0), ("FENCE_OPTIONS", 1.0),
)  # fmt: skip
"""Values of the simulated quadplane, as `SITL_DEFAULTS` (Tools/autotest/default_params/quadplane.parm)."""

SITL_DEFAULTS: Final[tuple[tuple[str, float], ...]] = (
    ("AIRSPEED_CRUISE", 22.0), ("AIRSPEED_MIN", 10.0), ("AIRSPEED_MAX", 30.0), ("TRIM_THROTTLE", 50.0),
    ("PTCH_LIM_MIN_DEG", -20.0), ("PTCH_LIM_MAX_DEG", 25.0), ("ROLL_LIMIT_DEG", 65.0), ("LAND_PITCH_DEG", 1.0),
    ("LAND_FLARE_SEC", 3.0), ("ARSPD_USE", 1.0), ("WP_LOITER_RAD", 80.0), ("WP_RADIUS", 50.0), ("NAVL1_PERIOD", 15.0),
    ("RLL2SRV_RMAX", 90.0), ("RLL2SRV_TCONST", 0.25), ("RLL_RATE_D", 0.01743), ("RLL_RATE_FF", 0.237212),
    ("RLL_RATE_I", 0.25), ("RLL_RATE_P", 0.3), ("PTCH2SRV_RMAX_DN", 90.0), ("PTCH2SRV_RMAX_UP", 90.0),
    ("PTCH2SRV_TCONST", 0.25), ("PTCH_RATE_D", 0.007265), ("PTCH_RATE_FF", 0.595723), ("PTCH_RATE_I", 0.11),
    ("PTCH_RATE_P", 0.15), ("FLTMODE1", 10.0), ("FLTMODE2", 11.0), ("FLTMODE3", 12.0), ("FLTMODE4", 5.0),
    ("FLTMODE5", 2.0), ("FLTMODE6", 0.0), ("RALLY_INCL_HOME", 0.0), ("FENCE_OPTIONS", 1.0),
)  # fmt: skip
"""Values of ArduPilot's simulated plane where they differ from the firmware's (Tools/autotest/models/plane.parm), and
of ArduPlane's fence and rally points where they differ from other firmwares'."""
