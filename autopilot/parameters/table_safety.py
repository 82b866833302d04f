"""Parameters of arming, failsafes, fence, rally, battery and missions.

docs/reference/ground-stations.md, 4; docs/reference/mission-semantics.md, 3, 5; defaults of ArduPilot 4.6 (copter,
rover).
"""

from __future__ import annotations

from typing import Final

from autopilot.parameters.definition import ParameterDef, f32, i8, i16, i32

NO_YES: Final = {0: "No", 1: "Yes"}
ARMING_BITS: Final = {
    0: "All",
    1: "Barometer",
    2: "Compass",
    3: "GPS lock",
    4: "INS",
    5: "Parameters",
    6: "RC channels",
    7: "Board voltage",
    8: "Battery level",
    10: "Logging",
    11: "Safety switch",
    12: "GPS configuration",
    13: "System",
    14: "Mission",
    15: "Rangefinder",
    16: "Camera",
    17: "Authorisation",
    18: "Visual odometry",
    19: "FFT",
}
COPTER_BATTERY: Final = {
    0: "Warn only",
    1: "Land",
    2: "RTL",
    3: "SmartRTL or RTL",
    4: "SmartRTL or Land",
    5: "Terminate",
    6: "DO_LAND_START or RTL",
    7: "Brake or Land",
}
ROVER_BATTERY: Final = {
    0: "Warn only",
    1: "RTL",
    2: "Hold",
    3: "SmartRTL or RTL",
    4: "SmartRTL or Hold",
    5: "Terminate",
    6: "Loiter or Hold",
}
COPTER_LOSS: Final = {
    0: "Nothing",
    1: "RTL",
    2: "RTL (old)",
    3: "SmartRTL or RTL",
    4: "SmartRTL or Land",
    5: "Land",
    6: "DO_LAND_START or RTL",
    7: "Brake or Land",
}

ARMING: Final[tuple[ParameterDef, ...]] = (
    i32("ARMING_CHECK", 1, text="Checks that must pass before arming; 1 = all", bits=ARMING_BITS),
    i8(
        "ARMING_REQUIRE",
        1,
        text="Motors move only when armed",
        values={0: "No", 1: "Lowest pulse when disarmed", 2: "No pulse when disarmed"},
        reboot=True,
    ),
    i8("ARMING_NEED_LOC", 0, text="A position is needed to arm in any mode", values={0: "No", 1: "Yes"}),
    i8(
        "ARMING_RUDDER",
        2,
        text="Throttle down and the rudder stick to a side for two seconds",
        values={0: "Does nothing", 1: "Right arms", 2: "Right arms, left disarms"},
    ),
)

MISSION: Final[tuple[ParameterDef, ...]] = (
    i16("MIS_TOTAL", 0, text="Mission items stored, home included", read_only=True),
    i8(
        "MIS_RESTART",
        0,
        text="Entering AUTO goes on with the mission or begins it anew",
        values={0: "Go on", 1: "From the start"},
    ),
    i16(
        "MIS_OPTIONS",
        0,
        text="Mission options",
        bits={0: "Clear the mission at start-up", 2: "Go on after landing", 3: "Keep jump counts"},
    ),
    i8(
        "SRT_MIS_DO_LEG",
        1,
        text="When DO items run: with the leg to the item before them, or after it",
        values={0: "On the leg to it", 1: "When it is reached (ArduPilot)"},
    ),
    i8("SRT_REHEARSE", 0, text="Say what a rehearsal's rules find in an uploaded plan", values=NO_YES),
)

RALLY_COMMON: Final[tuple[ParameterDef, ...]] = (
    i8("RALLY_TOTAL", 0, text="Rally points stored", read_only=True),
    i8("RALLY_INCL_HOME", 1, text="Home counts as a rally point", values=NO_YES),
)
COPTER_RALLY: Final = (
    *RALLY_COMMON,
    f32("RALLY_LIMIT_KM", 0.3, "km", 0, None, "Rally points farther than this are ignored; 0 = none is"),
)
ROVER_RALLY: Final = (
    *RALLY_COMMON,
    f32("RALLY_LIMIT_KM", 0.5, "km", 0, None, "Rally points farther than this are ignored; 0 = none is"),
)

FENCE_COMMON: Final[tuple[ParameterDef, ...]] = (
    i8("FENCE_ENABLE", 0, text="The fence acts", values=NO_YES),
    f32("FENCE_RADIUS", 300, "m", 30, 10000, "Radius of the circle about home"),
    f32("FENCE_MARGIN", 2, "m", 1, 10, "Distance kept from the fence by modes that avoid it"),
    i16("FENCE_TOTAL", 0, text="Fence items stored", read_only=True),
    i16(
        "FENCE_OPTIONS",
        0,
        text="Fence options",
        bits={
            0: "No mode change after a breach until it is cleared",
            1: "Inclusion areas are united",
            2: "Say how near a limit is",
        },
    ),
    f32("FENCE_NTF_FREQ", 1, "Hz", 0, 10, "How often it is said that a limit is near; 0 = once (FENCE_OPTIONS bit 2)"),
)
COPTER_FENCE: Final = (
    *FENCE_COMMON,
    i8(
        "FENCE_TYPE",
        7,
        text="Which fences act",
        bits={0: "Highest altitude", 1: "Circle about home", 2: "Polygons and circles", 3: "Lowest altitude"},
    ),
    i8(
        "FENCE_ACTION",
        1,
        text="What a breach does",
        values={
            0: "Report",
            1: "RTL or Land",
            2: "Land",
            3: "SmartRTL, RTL or Land",
            4: "Brake or Land",
            5: "SmartRTL or Land",
        },
    ),
    f32("FENCE_ALT_MAX", 100, "m", 10, 1000, "Highest altitude above home"),
    f32("FENCE_ALT_MIN", -10, "m", -100, 100, "Lowest altitude above home"),
    i8(
        "FENCE_AUTOENABLE",
        0,
        text="The fence acts by itself; the lowest altitude then, too, once it was passed",
        values={
            0: "No",
            1: "From takeoff to landing",
            2: "From takeoff on; the lowest altitude to landing",
            3: "From arming to disarming",
        },
    ),
)
ROVER_FENCE: Final = (
    *FENCE_COMMON,
    i8("FENCE_TYPE", 6, text="Which fences act", bits={1: "Circle about home", 2: "Polygons and circles"}),
    i8(
        "FENCE_ACTION",
        1,
        text="What a breach does",
        values={
            0: "Report",
            1: "RTL or Hold",
            2: "Hold",
            3: "SmartRTL, RTL or Hold",
            4: "SmartRTL or Hold",
            5: "Terminate",
            6: "Loiter or Hold",
        },
    ),
    f32("FENCE_ALT_MAX", 100, "m", 10, 1000, "Not used by a ground vehicle"),
    f32("FENCE_ALT_MIN", -10, "m", -100, 100, "Not used by a ground vehicle"),
)

FAILSAFE_COMMON: Final[tuple[ParameterDef, ...]] = (
    f32("FS_GCS_TIMEOUT", 5, "s", 2, 120, "A ground station silent for this long is lost"),
    f32("FS_EKF_THRESH", 0.8, "", 0.6, 1, "The estimator failsafe acts above this variance"),
    f32("RC_OVERRIDE_TIME", 3, "s", 0, 120, "Sticks not renewed by a ground station for this long are lost"),
    i32(
        "RC_OPTIONS",
        32,
        text="Radio options",
        bits={
            0: "Ignore receiver",
            1: "Ignore MAVLink sticks",
            2: "Ignore receiver failsafe bit",
            5: "Throttle low is checked at arming",
        },
    ),
)
COPTER_FAILSAFE: Final = (
    *FAILSAFE_COMMON,
    i8("FS_GCS_ENABLE", 0, text="What the loss of the ground station does", values=COPTER_LOSS),
    i8(
        "FS_THR_ENABLE",
        1,
        text="What the loss of the sticks does",
        values={
            0: "Nothing",
            1: "RTL",
            2: "RTL (old)",
            3: "Land",
            4: "SmartRTL or RTL",
            5: "SmartRTL or Land",
            6: "DO_LAND_START or RTL",
            7: "Brake or Land",
        },
    ),
    i16("FS_THR_VALUE", 975, "PWM", 910, 1100, "Throttle pulse below which the radio is lost"),
    i32(
        "FS_OPTIONS",
        16,
        text="Failsafes that let the vehicle go on",
        bits={
            0: "AUTO on loss of sticks",
            1: "AUTO on loss of the ground station",
            2: "GUIDED on loss of sticks",
            3: "Landing on any failsafe",
            4: "Pilot modes on loss of the ground station",
            5: "Release gripper",
        },
    ),
    i8(
        "FS_EKF_ACTION",
        1,
        text="What the failure of the estimator does",
        values={0: "Report only", 1: "Land", 2: "AltHold", 3: "Land, also in STABILIZE"},
    ),
    i8("FS_CRASH_CHECK", 1, text="Disarm after a crash", values=NO_YES),
)
ROVER_FAILSAFE: Final = (
    *FAILSAFE_COMMON,
    i8(
        "FS_ACTION",
        2,
        text="What a failsafe does",
        values={
            0: "Nothing",
            1: "RTL",
            2: "Hold",
            3: "SmartRTL or RTL",
            4: "SmartRTL or Hold",
            5: "Terminate",
            6: "Loiter or Hold",
        },
    ),
    f32("FS_TIMEOUT", 1.5, "s", 1, 100, "A failsafe must last this long before it acts", step=0.5),
    i8("FS_GCS_ENABLE", 0, text="Watch the ground station", values={0: "No", 1: "Yes", 2: "Yes, but go on in AUTO"}),
    i8("FS_THR_ENABLE", 1, text="Watch the sticks", values={0: "No", 1: "Yes", 2: "Yes, but go on in AUTO"}),
    i16("FS_THR_VALUE", 910, "PWM", 910, 1100, "Throttle pulse below which the radio is lost"),
    i32("FS_OPTIONS", 0, text="Failsafe options", bits={0: "Also in HOLD"}),
    i8(
        "FS_EKF_ACTION",
        1,
        text="What the failure of the estimator does",
        values={0: "Nothing", 1: "Hold", 2: "Report only"},
    ),
    i8("FS_CRASH_CHECK", 0, text="What a crash does", values={0: "Nothing", 1: "Hold", 2: "Hold and disarm"}),
)

WIND: Final[tuple[ParameterDef, ...]] = (
    f32("SRT_WIND_MAX", 0, "m/s", 0, 30, "Wind above this returns the vehicle (RTL); 0 = off", step=0.5),
)

SMART_RETURN: Final[tuple[ParameterDef, ...]] = (
    f32("SRTL_ACCURACY", 2, "m", 0, 10, "SMART_RTL keeps its trail this exactly", step=0.1),
    i16("SRTL_POINTS", 300, "", 0, 500, "Points of SMART_RTL's trail; 0 = no trail"),
)


def battery(low_volt: float, actions: dict[int, str]) -> tuple[ParameterDef, ...]:
    """The battery's parameters; `actions`: values of BATT_FS_*_ACT."""
    return (
        i8(
            "BATT_MONITOR",
            4,
            text="How the battery is measured",
            values={0: "Off", 3: "Voltage", 4: "Voltage and current"},
            reboot=True,
        ),
        i8("BATT_VOLT_PIN", 13, "", -1, 127, "Pin that measures the voltage; -1 = none, and no arming", step=1),
        i32("BATT_CAPACITY", 3300, "mAh", 0, None, "Capacity of the full battery", step=50),
        f32("BATT_LOW_VOLT", low_volt, "V", 0, None, "Battery low below this voltage; 0 = off", step=0.1),
        f32("BATT_LOW_MAH", 0, "mAh", 0, None, "Battery low below this remaining charge; 0 = off", step=50),
        f32("BATT_CRT_VOLT", 0, "V", 0, None, "Battery critical below this voltage; 0 = off", step=0.1),
        f32("BATT_CRT_MAH", 0, "mAh", 0, None, "Battery critical below this remaining charge; 0 = off", step=50),
        i8("BATT_LOW_TIMER", 10, "s", 0, 120, "A low voltage must last this long"),
        i8("BATT_FS_LOW_ACT", 0, text="What a low battery does", values=actions),
        i8("BATT_FS_CRT_ACT", 0, text="What a critical battery does", values=actions),
        i8("BATT_FS_VOLTSRC", 0, text="Which voltage is judged", values={0: "Raw", 1: "Sag removed"}),
        f32("BATT_ARM_VOLT", 0, "V", 0, None, "No arming below this voltage; 0 = off", step=0.1),
        i32("BATT_ARM_MAH", 0, "mAh", 0, None, "No arming below this remaining charge; 0 = off", step=50),
        i8("BATT2_MONITOR", 0, text="Second battery", values={0: "Off"}, reboot=True),
    )


COPTER_SAFETY: Final = (
    ARMING
    + MISSION
    + COPTER_RALLY
    + COPTER_FENCE
    + COPTER_FAILSAFE
    + WIND
    + battery(10.5, COPTER_BATTERY)
    + SMART_RETURN
)
ROVER_SAFETY: Final = ARMING + MISSION + ROVER_RALLY + ROVER_FENCE + ROVER_FAILSAFE + WIND + battery(0, ROVER_BATTERY)
