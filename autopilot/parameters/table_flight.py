"""Parameters of the copter's flight: missions, returning, landing, pilot modes, control.

Values and units of ArduPilot 4.6 (docs/reference/mission-semantics.md, 5; docs/reference/ground-stations.md, 4).
"""

from __future__ import annotations

from typing import Final

from autopilot.parameters.definition import ParameterDef, f32, i8, i16, i32
from autopilot.parameters.table_follow import FOLLOW, FOLLOW_FLYING
from autopilot.parameters.table_payload import PLACING

WEATHERVANE: Final = {0: "Off", 1: "Nose in", 2: "Nose or tail in", 3: "Side in", 4: "Tail in"}
MODES: Final = {
    0: "Stabilize",
    1: "Acro",
    2: "AltHold",
    3: "Auto",
    4: "Guided",
    5: "Loiter",
    6: "RTL",
    7: "Circle",
    9: "Land",
    14: "Flip",
    16: "PosHold",
    17: "Brake",
    18: "Throw",
    21: "SmartRTL",
    23: "Follow",
    24: "ZigZag",
}

COPTER_MODES: Final[tuple[ParameterDef, ...]] = (
    i8("FLTMODE1", 7, text="Mode of the mode switch's position 1", values=MODES),
    i8("FLTMODE2", 9, text="Mode of the mode switch's position 2", values=MODES),
    i8("FLTMODE3", 6, text="Mode of the mode switch's position 3", values=MODES),
    i8("FLTMODE4", 3, text="Mode of the mode switch's position 4", values=MODES),
    i8("FLTMODE5", 5, text="Mode of the mode switch's position 5", values=MODES),
    i8("FLTMODE6", 0, text="Mode of the mode switch's position 6", values=MODES),
    i8("FLTMODE_CH", 5, "", 0, 16, "Radio channel of the mode switch, 0 = none"),
    i8("INITIAL_MODE", 0, text="Mode after start", values=MODES, reboot=True),
    i8(
        "FRAME_CLASS",
        1,
        text="Number and arrangement of the motors; this vehicle is a quadrotor",
        values={0: "Undefined", 1: "Quad"},
        reboot=True,
    ),
    i8(
        "FRAME_TYPE",
        1,
        text="Where the motors sit about the nose",
        values={0: "Plus", 1: "X", 2: "V", 3: "H"},
        reboot=True,
    ),
    i16("ANGLE_MAX", 3000, "cdeg", 1000, 8000, "Largest lean angle in all modes", step=10),
    i8("DISARM_DELAY", 10, "s", 0, 127, "An armed vehicle that sits on the ground disarms after this time; 0 = never"),
)

COPTER_MISSION: Final[tuple[ParameterDef, ...]] = (
    f32(
        "WPNAV_SPEED",
        1000,
        "cm/s",
        10,
        2000,
        "Horizontal speed on missions, in GUIDED and in RTL; acts at once",
        step=50,
    ),
    f32("WPNAV_RADIUS", 200, "cm", 5, 1000, "A waypoint is reached within this distance", step=1),
    f32("WPNAV_SPEED_UP", 250, "cm/s", 10, 1000, "Climb speed on missions", step=50),
    f32("WPNAV_SPEED_DN", 150, "cm/s", 10, 500, "Descent speed on missions", step=10),
    f32("WPNAV_ACCEL", 250, "cm/s/s", 50, 500, "Horizontal acceleration on missions", step=10),
    f32("WPNAV_ACCEL_Z", 100, "cm/s/s", 50, 500, "Vertical acceleration on missions", step=10),
    f32("WPNAV_ACCEL_C", 0, "cm/s/s", 0, 500, "Acceleration in corners; 0 = twice WPNAV_ACCEL", step=10),
    f32("WPNAV_JERK", 1, "m/s/s/s", 1, 20, "How fast the horizontal acceleration may change on missions"),
    i8(
        "WP_YAW_BEHAVIOR",
        2,
        text="Where the nose points on missions and in RTL",
        values={
            0: "Never changes",
            1: "To the next waypoint",
            2: "To the next waypoint, not in RTL",
            3: "Along the ground course",
        },
    ),
    i32(
        "AUTO_OPTIONS",
        0,
        text="What AUTO may do by itself",
        bits={
            0: "Allow arming",
            1: "Allow takeoff without raising throttle",
            2: "Ignore pilot yaw",
            7: "Allow weathervaning",
        },
    ),
    i32(
        "GUID_OPTIONS",
        0,
        text="What GUIDED may do by itself",
        bits={
            0: "Allow arming from transmitter",
            2: "Ignore pilot yaw",
            3: "Thrust instead of climb rate",
            4: "Do not stabilise horizontal position",
            5: "Do not stabilise horizontal velocity",
            6: "Waypoint navigation for position targets",
            7: "Allow weathervaning",
        },
    ),
    f32("GUID_TIMEOUT", 3, "s", 0.1, 5, "Velocity and attitude targets that are not renewed end after this time"),
    f32("CIRCLE_RADIUS", 1000, "cm", 0, 200000, "Radius of LOITER_TURNS items without one, and of CIRCLE", step=100),
    f32("CIRCLE_RATE", 20, "deg/s", -90, 90, "Turn rate of CIRCLE, positive clockwise", step=1),
    i16(
        "CIRCLE_OPTIONS",
        1,
        text="CIRCLE options; the sticks change neither radius nor rate here",
        bits={0: "Sticks change radius and rate", 1: "Nose along the course", 2: "Centre is where it begins"},
    ),
)

COPTER_RETURN: Final[tuple[ParameterDef, ...]] = (
    i32(
        "RTL_ALT",
        1500,
        "cm",
        0,
        300000,
        "RTL climbs at least to this height above home; never below the present",
        step=1,
    ),
    i8("RTL_ALT_TYPE", 0, text="What RTL_ALT counts from on the way home", values={0: "Home", 1: "Terrain"}),
    i16("RTL_ALT_FINAL", 0, "cm", 0, 1000, "RTL ends hovering at this height; 0 = land", step=1),
    i16("RTL_CLIMB_MIN", 0, "cm", 0, 3000, "RTL climbs at least by this much first", step=10),
    i16("RTL_SPEED", 0, "cm/s", 0, 2000, "Horizontal speed in RTL; 0 = WPNAV_SPEED", step=50),
    i32("RTL_LOIT_TIME", 5000, "ms", 0, 60000, "Time RTL hovers above home before it descends", step=1000),
    f32(
        "RTL_CONE_SLOPE",
        3,
        "",
        0,
        10,
        "Near home RTL climbs less: height at most this times the distance; 0 = off",
        step=0.1,
    ),
    i16("LAND_SPEED", 50, "cm/s", 30, 200, "Descent speed of the last part of a landing", step=10),
    i16("LAND_SPEED_HIGH", 0, "cm/s", 0, 500, "Descent speed of the first part; 0 = WPNAV_SPEED_DN", step=10),
    i16("LAND_ALT_LOW", 1000, "cm", 100, 10000, "Height at which the last part begins", step=10),
    i8("LAND_REPOSITION", 1, text="The pilot may move the landing spot", values={0: "No", 1: "Yes"}),
)

COPTER_RANGE_FINDER: Final[tuple[ParameterDef, ...]] = (
    i8(
        "RNGFND1_TYPE", 0, text="A range finder that looks down",
        values={0: "None", 1: "Simulated, on a pin", 100: "Simulated"},
    ),
    f32("RNGFND1_SCALING", 3, "m/V", 0, None, "Metres of a volt on its pin"),
    i8("RNGFND1_PIN", -1, text="Pin that it is on"),
    f32("SIM_SONAR_SCALE", 12.1212, "m/V", text="Metres of a volt that the simulator puts on its pin"),
    i16("RNGFND1_MIN_CM", 20, "cm", 0, 10000, "It sees nothing that is nearer", step=1),
    i16("RNGFND1_MAX_CM", 700, "cm", 1, 20000, "It sees nothing that is farther away", step=1),
)  # fmt: skip

COPTER_PILOT: Final[tuple[ParameterDef, ...]] = (
    f32(
        "PILOT_TKOFF_ALT",
        0,
        "cm",
        0,
        1000,
        "Height a pilot's takeoff climbs to; lowest takeoff height offered",
        step=10,
    ),
    i16("PILOT_SPEED_UP", 250, "cm/s", 50, 500, "Highest climb rate of the sticks", step=10),
    i16("PILOT_SPEED_DN", 0, "cm/s", 0, 500, "Highest descent rate of the sticks; 0 = PILOT_SPEED_UP", step=10),
    i16("PILOT_ACCEL_Z", 250, "cm/s/s", 50, 500, "Vertical acceleration of the sticks", step=10),
    f32("PILOT_Y_RATE", 202.5, "deg/s", 1, 360, "Highest yaw rate of the sticks"),
    f32("PILOT_THR_FILT", 0, "Hz", 0, 10, "Throttle filter; 0 = off", step=0.5),
    i16("THR_DZ", 100, "PWM", 0, 300, "Throttle dead zone about mid stick", step=1),
    f32("LOIT_SPEED", 1250, "cm/s", 20, 3500, "Highest horizontal speed in LOITER", step=50),
    f32("LOIT_ACC_MAX", 500, "cm/s/s", 100, 981, "Highest acceleration in LOITER", step=1),
    f32("LOIT_ANG_MAX", 0, "deg", 0, 45, "Largest lean angle in LOITER; 0 = two thirds of ANGLE_MAX", step=1),
    f32("LOIT_BRK_ACCEL", 250, "cm/s/s", 25, 250, "Braking in LOITER when the sticks are released", step=1),
    f32("LOIT_BRK_JERK", 500, "cm/s/s/s", 500, 5000, "How fast braking builds up in LOITER", step=1),
    f32("LOIT_BRK_DELAY", 1, "s", 0, 2, "Time from released sticks to braking in LOITER", step=0.1),
    f32("ACRO_RP_RATE", 360, "deg/s", 1, 1080, "Highest roll and pitch rate in ACRO"),
    f32("ACRO_Y_RATE", 202.5, "deg/s", 1, 360, "Highest yaw rate in ACRO"),
    i8(
        "ACRO_TRAINER",
        2,
        text="Centred sticks level the vehicle in ACRO",
        values={0: "No", 1: "Yes", 2: "Yes, and the lean is limited"},
    ),
    f32("TKOFF_SLEW_TIME", 2, "s", 0.25, 5, "Time in which throttle builds up at takeoff"),
    i16("PILOT_THR_BHV", 0, "", None, None, "Throttle behaviour", bits={2: "Disarm at touchdown"}),
)

COPTER_CONTROL: Final[tuple[ParameterDef, ...]] = (
    f32("PSC_POSXY_P", 1, "1/s", 0.5, 2, "Horizontal position: speed asked for each metre of error"),
    f32("PSC_VELXY_P", 2, "", 0.1, 6, "Horizontal velocity, proportional"),
    f32("PSC_VELXY_I", 1, "", 0.02, 1, "Horizontal velocity, integral"),
    f32("PSC_VELXY_D", 0.25, "", 0, 1, "Horizontal velocity, derivative"),
    f32("PSC_VELXY_IMAX", 1000, "cm/s/s", 0, 4500, "Horizontal velocity, integral limit", step=10),
    f32("PSC_POSZ_P", 1, "1/s", 0.5, 4, "Height: climb rate asked for each metre of error"),
    f32("PSC_VELZ_P", 5, "", 1, 10, "Climb rate, proportional"),
    f32("PSC_ACCZ_P", 0.5, "", 0.2, 1.5, "Vertical acceleration, proportional"),
    f32("PSC_ACCZ_I", 1, "", 0, 3, "Vertical acceleration, integral"),
    f32("PSC_ANGLE_MAX", 0, "deg", 0, 45, "Largest lean of position control; 0 = ANGLE_MAX"),
    f32("PSC_JERK_XY", 5, "m/s/s/s", 1, 20, "How fast horizontal acceleration may change"),
    f32("PSC_JERK_Z", 5, "m/s/s/s", 5, 50, "How fast vertical acceleration may change"),
    f32("ATC_ANG_RLL_P", 4.5, "1/s", 3, 12, "Roll angle: rate asked for each unit of error"),
    f32("ATC_ANG_PIT_P", 4.5, "1/s", 3, 12, "Pitch angle: rate asked for each unit of error"),
    f32("ATC_ANG_YAW_P", 4.5, "1/s", 3, 12, "Yaw angle: rate asked for each unit of error"),
    f32("ATC_RAT_RLL_P", 0.135, "", 0.01, 0.5, "Roll rate, proportional", step=0.005),
    f32("ATC_RAT_RLL_I", 0.135, "", 0.01, 2, "Roll rate, integral", step=0.01),
    f32("ATC_RAT_RLL_D", 0.0036, "", 0, 0.05, "Roll rate, derivative", step=0.001),
    f32("ATC_RAT_PIT_P", 0.135, "", 0.01, 0.5, "Pitch rate, proportional", step=0.005),
    f32("ATC_RAT_PIT_I", 0.135, "", 0.01, 2, "Pitch rate, integral", step=0.01),
    f32("ATC_RAT_PIT_D", 0.0036, "", 0, 0.05, "Pitch rate, derivative", step=0.001),
    f32("ATC_RAT_YAW_P", 0.18, "", 0.1, 2.5, "Yaw rate, proportional", step=0.005),
    f32("ATC_RAT_YAW_I", 0.018, "", 0.01, 1, "Yaw rate, integral", step=0.01),
    f32("ATC_RAT_YAW_D", 0, "", 0, 0.02, "Yaw rate, derivative", step=0.001),
    f32("ATC_ACCEL_R_MAX", 110000, "cdeg/s/s", 0, 180000, "Largest angular acceleration in roll", step=1000),
    f32("ATC_ACCEL_P_MAX", 110000, "cdeg/s/s", 0, 180000, "Largest angular acceleration in pitch", step=1000),
    f32("ATC_ACCEL_Y_MAX", 27000, "cdeg/s/s", 0, 72000, "Largest angular acceleration in yaw", step=1000),
    f32("ATC_RATE_R_MAX", 0, "deg/s", 0, 1080, "Largest roll rate; 0 = no limit", step=1),
    f32("ATC_RATE_P_MAX", 0, "deg/s", 0, 1080, "Largest pitch rate; 0 = no limit", step=1),
    f32("ATC_RATE_Y_MAX", 0, "deg/s", 0, 1080, "Largest yaw rate; 0 = no limit", step=1),
    f32("ATC_SLEW_YAW", 6000, "cdeg/s", 500, 18000, "Turn rate of automatic yaw on missions", step=100),
    f32("ATC_INPUT_TC", 0.15, "s", 0, 1, "Time constant of angle demands", step=0.01),
    i8("ATC_RATE_FF_ENAB", 1, text="Feed forward of the body rate demand", values={0: "No", 1: "Yes"}),
    f32("MOT_SPIN_ARM", 0.1, "", 0, 0.3, "Motor output when armed at rest"),
    f32("MOT_SPIN_MIN", 0.15, "", 0, 0.3, "Lowest motor output in flight"),
    f32("MOT_SPIN_MAX", 0.95, "", 0.9, 1, "Highest motor output"),
    f32("MOT_THST_EXPO", 0.65, "", -1, 1, "Bend of the curve from output to thrust"),
    f32("MOT_THST_HOVER", 0.35, "", 0.2, 0.8, "Share of full thrust that hovers"),
    i16("MOT_PWM_MIN", 1000, "PWM", 0, 2000, "Pulse for no output"),
    i16("MOT_PWM_MAX", 2000, "PWM", 0, 2000, "Pulse for full output"),
    f32("MOT_SPOOL_TIME", 0.5, "s", 0.05, 2, "Time from rest to flight power"),
)

#: ArduPilot's knob and autotune: a tuning page asks for them by name.
COPTER_KNOBS: Final[tuple[ParameterDef, ...]] = (
    i8("TUNE", 0, text="What the knob on radio channel 6 tunes", values={0: "None"}),
    f32("TUNE_MIN", 0, text="Value at the knob's low end"),
    f32("TUNE_MAX", 0, text="Value at the knob's high end"),
    i8(
        "AUTOTUNE_AXES", 7, text="Axes that autotune would tune", bits={0: "Roll", 1: "Pitch", 2: "Yaw"}
    ),
    i8(
        "SIMPLE", 0, text="Positions of the mode switch in simple mode",
        bits={n: f"SwitchPos{n + 1}" for n in range(6)},
    ),
    i8(
        "SUPER_SIMPLE", 0, text="Positions of the mode switch in super simple mode",
        bits={n: f"SwitchPos{n + 1}" for n in range(6)},
    ),
)  # fmt: skip

COPTER_THROW: Final[tuple[ParameterDef, ...]] = (
    i8(
        "THROW_NEXTMODE", 18, "", None, None, "Mode after a throw",
        values={3: "Auto", 4: "Guided", 5: "Loiter", 6: "RTL", 9: "Land", 17: "Brake", 18: "Throw"},
    ),
    i8("THROW_TYPE", 0, "", None, None, "How it is thrown", values={0: "Upwards", 1: "Dropped"}),
    i8("THROW_MOT_START", 0, "", None, None, "Motors before the throw", values={0: "Stopped", 1: "Running"}),
    i16("THROW_ALT_MIN", 0, "m", 0, None, "A throw counts only above this height; 0 = at any"),
    i16("THROW_ALT_MAX", 0, "m", 0, None, "A throw counts only below this height; 0 = at any"),
    f32("THROW_ALT_DCSND", 1, "m", 0, None, "Dropped, it is caught so far below"),
    f32("THROW_ALT_ACSND", 3, "m", 0, None, "Thrown upwards, it is caught so far above"),
)  # fmt: skip

COPTER_WEATHERVANE: Final[tuple[ParameterDef, ...]] = (
    i8(
        "WVANE_ENABLE", 0, "", None, None, "Turns into the wind in AUTO and GUIDED, where their options allow it",
        values=WEATHERVANE | {-1: "Only in takeoff and landing"},
    ),
    f32("WVANE_GAIN", 1, "", 0.5, 4, "Turn rate for each degree of lean", step=0.1),
    f32("WVANE_ANG_MIN", 1, "deg", 0, 10, "Smaller angles do not count", step=0.1),
    f32("WVANE_HGT_MIN", 0, "m", 0, 50, "Only above this height; 0 = at any", step=1),
    f32("WVANE_SPD_MAX", 2, "m/s", 0, 50, "Only below this ground speed; 0 = at any", step=0.1),
    f32("WVANE_VELZ_MAX", 1, "m/s", 0, 5, "Only below this vertical speed; 0 = at any", step=0.1),
    i8(
        "WVANE_TAKEOFF", -1, "", None, None, "Direction in takeoffs", values=WEATHERVANE | {-1: "As WVANE_ENABLE"},
    ),
    i8("WVANE_LAND", -1, "", None, None, "Direction in landings", values=WEATHERVANE | {-1: "As WVANE_ENABLE"}),
    i32("WVANE_OPTIONS", 0, "", None, None, "Weathervane options", bits={0: "Pitch counts with nose or tail in"}),
)  # fmt: skip

COPTER_FLIGHT: Final = (
    COPTER_MODES
    + COPTER_MISSION
    + COPTER_RETURN
    + COPTER_RANGE_FINDER
    + PLACING
    + COPTER_PILOT
    + COPTER_CONTROL
    + COPTER_KNOBS
    + COPTER_THROW
    + COPTER_WEATHERVANE
    + FOLLOW
    + FOLLOW_FLYING
)
