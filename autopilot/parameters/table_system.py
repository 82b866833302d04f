"""Parameters of the system: identity, flight manager, statistics, sensors, radio channels, outputs.

The sensor values stand for a calibrated vehicle: with them the setup pages of ground stations pass
(docs/reference/ground-stations.md, 4: accelerometer offsets and compass offsets that are not all zero, radio limits
that are not the untouched ones).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from autopilot.parameters.definition import ParameterDef, f32, i8, i16, i32
from autopilot.parameters.table_payload import (
    AUTHORIZATION,
    BUTTONS,
    GENERATOR,
    GRIPPER,
    LANDING_GEAR,
    LIGHT,
    PARACHUTE,
    RELAYS,
    REMOTE_ID,
    SPRAYER,
    WINCH,
)

NO_YES: Final = {0: "No", 1: "Yes"}
ROTATIONS: Final = {0: "None", 2: "Yaw 90", 4: "Yaw 180", 6: "Yaw 270", 8: "Roll 180"}

IDENTITY: Final[tuple[ParameterDef, ...]] = (
    i16("SYSID_THISMAV", 1, "", 1, 255, "MAVLink system id of this vehicle", reboot=True, strict=True),
    i16("SYSID_MYGCS", 255, "", 1, 255, "System id of the ground station that may send sticks and whose loss counts"),
)

FLIGHT_MANAGER: Final[tuple[ParameterDef, ...]] = (
    i16("FM_COUNTDOWN", 60, "s", 0, 255, "Countdown from GO to takeoff"),
    f32("FM_AUTO_GO", 0, "s", 0, 3600, "GO by itself this long after start-up, once; 0 = wait for GO"),
    f32("FM_DURATION", 0, "s", 0, 86400, "A flight begun by GO lands after this time; 0 = when its mission ends"),
    i8("FM_PROFILE", 0, text="What GO flies", values={0: "The mission", 1: "Hover at 5 m for FM_DURATION"}),
    i8("FM_ARM_EARLY", 1, text="Arm before the countdown, or at its end", values={0: "At its end", 1: "Before"}),
    f32("FM_CUT_TILT", 45, "deg", 0, 90, "Motors are cut when the vehicle leans more than this for 0.5 s; 0 = off"),
    f32("FM_CUT_ALT", 0, "m", 0, 10000, "Motors are cut above this height; 0 = off"),
)

STATISTICS: Final[tuple[ParameterDef, ...]] = (
    i16("STAT_BOOTCNT", 0, text="How often it was switched on", read_only=True),
    i32("STAT_FLTTIME", 0, "s", text="Time armed, of all flights together", read_only=True),
    i32("STAT_RUNTIME", 0, "s", text="Time switched on, to its last disarming or end", read_only=True),
    i32("STAT_RESET", 1, "s", text="Seconds since 2016 to the last reset; set to 0 it resets these counts"),
)

LOGS: Final[tuple[ParameterDef, ...]] = (
    i8("LOG_DISARMED", 0, text="Log while disarmed", values={0: "No", 1: "Yes", 2: "Not on USB"}),
    f32("LOG_FILE_RATEMAX", 0, "Hz", 0, 1000, "Most records of a kind in a second; 0 = all"),
    f32("LOG_DARM_RATEMAX", 0, "Hz", 0, 1000, "Most records of a kind in a second while disarmed; 0 = all"),
)

SENSORS: Final[tuple[ParameterDef, ...]] = (
    i8("AHRS_EKF_TYPE", 3, text="Estimator", values={3: "EKF3"}, reboot=True),
    i8("AHRS_ORIENTATION", 0, text="How the board is mounted", values=ROTATIONS, reboot=True),
    i8("EK3_ENABLE", 1, text="The estimator runs", values=NO_YES, reboot=True),
    i8("GPS1_TYPE", 1, text="First GPS receiver", values={0: "None", 1: "Auto"}, reboot=True),
    i8("EK3_SRC1_POSXY", 3, text="Where the position comes from", values={0: "None", 3: "GPS"}),
    i8("EK3_SRC1_VELXY", 3, text="Where the speed comes from", values={0: "None", 3: "GPS"}),
    i8("EK3_SRC1_POSZ", 1, text="Where the height comes from", values={0: "None", 1: "Barometer", 3: "GPS"}),
    i8("EK3_SRC1_VELZ", 3, text="Where the climb rate comes from", values={0: "None", 3: "GPS"}),
    i8("EK3_SRC1_YAW", 1, text="Where the heading comes from", values={0: "None", 1: "Compass"}),
    i16("GPS_HDOP_GOOD", 140, "", 100, 900, "HDOP x 100 that is good enough to arm"),
    i32("BARO1_DEVID", 65540, text="Identity of the barometer", read_only=True),
    i32("BARO2_DEVID", 0, text="Identity of the second barometer; 0 = none", read_only=True),
    i32("BARO3_DEVID", 0, text="Identity of the third barometer; 0 = none", read_only=True),
    f32("INS_ACCOFFS_X", 0.001, "m/s/s", -3.5, 3.5, "Accelerometer offset, x"),
    f32("INS_ACCOFFS_Y", 0.001, "m/s/s", -3.5, 3.5, "Accelerometer offset, y"),
    f32("INS_ACCOFFS_Z", 0.001, "m/s/s", -3.5, 3.5, "Accelerometer offset, z"),
    f32("INS_ACCSCAL_X", 1.001, "", 0.8, 1.2, "Accelerometer scale, x"),
    f32("INS_ACCSCAL_Y", 1.001, "", 0.8, 1.2, "Accelerometer scale, y"),
    f32("INS_ACCSCAL_Z", 1.001, "", 0.8, 1.2, "Accelerometer scale, z"),
    f32("INS_GYROFFS_X", 0, "rad/s", text="Gyroscope offset, x"),
    f32("INS_GYROFFS_Y", 0, "rad/s", text="Gyroscope offset, y"),
    f32("INS_GYROFFS_Z", 0, "rad/s", text="Gyroscope offset, z"),
    i32("INS_ACC_ID", 2753028, text="Identity of the accelerometer", read_only=True),
    i32("INS_GYR_ID", 2752772, text="Identity of the gyroscope", read_only=True),
    i8(
        "INS_ENABLE_MASK",
        127,
        text="Inertial sensors that are used",
        bits={0: "First", 1: "Second", 2: "Third"},
        reboot=True,
    ),
    i8("INS_USE", 1, text="Use the first inertial sensor", values=NO_YES),
    i16("INS_GYRO_FILTER", 20, "Hz", 0, 256, "Gyroscope filter"),
    i16("INS_ACCEL_FILTER", 20, "Hz", 0, 256, "Accelerometer filter"),
    i8("COMPASS_ENABLE", 1, text="There is a compass", values=NO_YES, reboot=True),
    i8("COMPASS_USE", 1, text="Use the first compass for yaw", values=NO_YES),
    i8("COMPASS_USE2", 0, text="Use the second compass for yaw", values=NO_YES),
    i8("COMPASS_USE3", 0, text="Use the third compass for yaw", values=NO_YES),
    i32("COMPASS_DEV_ID", 97539, text="Identity of the first compass", read_only=True),
    i32("COMPASS_DEV_ID2", 0, text="Identity of the second compass; 0 = none", read_only=True),
    i32("COMPASS_DEV_ID3", 0, text="Identity of the third compass; 0 = none", read_only=True),
    i32("COMPASS_PRIO1_ID", 97539, text="Identity of the compass used first", reboot=True),
    i32("COMPASS_PRIO2_ID", 0, text="Identity of the compass used second; 0 = none", reboot=True),
    i32("COMPASS_PRIO3_ID", 0, text="Identity of the compass used third; 0 = none", reboot=True),
    f32("COMPASS_OFS_X", 5, "mG", -400, 400, "Offset of the first compass, x", step=1),
    f32("COMPASS_OFS_Y", 13, "mG", -400, 400, "Offset of the first compass, y", step=1),
    f32("COMPASS_OFS_Z", -18, "mG", -400, 400, "Offset of the first compass, z", step=1),
    f32("COMPASS_OFS2_X", 0, "mG", -400, 400, "Offset of the second compass, x", step=1),
    f32("COMPASS_OFS2_Y", 0, "mG", -400, 400, "Offset of the second compass, y", step=1),
    f32("COMPASS_OFS2_Z", 0, "mG", -400, 400, "Offset of the second compass, z", step=1),
    f32("COMPASS_OFS3_X", 0, "mG", -400, 400, "Offset of the third compass, x", step=1),
    f32("COMPASS_OFS3_Y", 0, "mG", -400, 400, "Offset of the third compass, y", step=1),
    f32("COMPASS_OFS3_Z", 0, "mG", -400, 400, "Offset of the third compass, z", step=1),
    f32("COMPASS_DEC", 0, "rad", -3.142, 3.142, "Declination; used when COMPASS_AUTODEC is 0", step=0.01),
    i8("COMPASS_AUTODEC", 1, text="Take the declination from the place", values=NO_YES),
    i8("COMPASS_LEARN", 0, text="Learn offsets in flight", values={0: "No", 3: "Yes"}),
    i8(
        "COMPASS_EXTERNAL",
        1,
        text="The first compass is outside the board",
        values={0: "No", 1: "Yes", 2: "Yes, by force"},
    ),
    i8(
        "COMPASS_EXTERN2",
        0,
        text="The second compass is outside the board",
        values={0: "No", 1: "Yes", 2: "Yes, by force"},
    ),
    i8(
        "COMPASS_EXTERN3",
        0,
        text="The third compass is outside the board",
        values={0: "No", 1: "Yes", 2: "Yes, by force"},
    ),
    i8("COMPASS_ORIENT", 0, text="How the first compass is mounted", values=ROTATIONS),
    i8("COMPASS_ORIENT2", 0, text="How the second compass is mounted", values=ROTATIONS),
    i8("COMPASS_ORIENT3", 0, text="How the third compass is mounted", values=ROTATIONS),
)

RC_CHANNELS: Final = 16
SERVO_OUTPUTS: Final = 16


#: ArduPilot's auxiliary functions that a switch can have here (`autopilot.modes.auxiliary`).
_COMMON_OPTIONS: Final = {
    0: "Do Nothing", 4: "RTL", 7: "Save WP", 9: "Camera Trigger", 11: "Fence", 15: "Sprayer", 16: "Auto Mode",
    19: "Gripper Release", 24: "Auto Mission Reset", 28: "Relay1 On/Off", 31: "Motor Emergency Stop",
    34: "Relay2 On/Off", 35: "Relay3 On/Off", 36: "Relay4 On/Off", 42: "SmartRTL", 46: "RC Override Enable",
    52: "Acro", 55: "Guided", 56: "Loiter", 58: "Clear Waypoints", 66: "Relay5 On/Off", 67: "Relay6 On/Off",
    85: "Generator", 153: "Arm/Disarm", 163: "Mount Lock",
    212: "Mount1 Roll", 213: "Mount1 Pitch", 214: "Mount1 Yaw",
}  # fmt: skip
_FLYING_OPTIONS: Final = {
    21: "Parachute Enable", 22: "Parachute Release", 23: "Parachute 3pos", 29: "Landing Gear",
}  # fmt: skip
COPTER_OPTIONS: Final = _COMMON_OPTIONS | _FLYING_OPTIONS | {
    2: "Flip", 18: "Land", 32: "Motor Interlock", 33: "Brake Mode", 37: "Throw", 39: "PrecLoiter Enable",
    44: "Winch Enable", 57: "Follow", 60: "ZigZag", 61: "ZigZag SaveWP", 68: "Stabilize", 69: "PosHold",
    70: "AltHold", 72: "Circle",
}  # fmt: skip
ROVER_OPTIONS: Final = _COMMON_OPTIONS | {51: "Manual", 53: "Steering", 54: "Hold"}
PLANE_OPTIONS: Final = {n: name for n, name in (_COMMON_OPTIONS | _FLYING_OPTIONS).items() if n != 42} | {
    51: "Manual", 72: "Circle", 77: "Takeoff", 92: "FBWA", 94: "Landing abort", 150: "Cruise", 179: "Autoland",
}  # fmt: skip


def _rc_channel(n: int, throttle_trim: int, options: Mapping[int, str]) -> tuple[ParameterDef, ...]:
    trim = throttle_trim if n == 3 else 1500
    lines = [
        i16(f"RC{n}_MIN", 1000, "PWM", 800, 2200, f"Lowest pulse of radio channel {n}"),
        i16(f"RC{n}_TRIM", trim, "PWM", 800, 2200, f"Neutral pulse of radio channel {n}"),
        i16(f"RC{n}_MAX", 2000, "PWM", 800, 2200, f"Highest pulse of radio channel {n}"),
        i8(f"RC{n}_REVERSED", 0, text=f"Radio channel {n} is reversed", values=NO_YES),
        i16(
            f"RC{n}_DZ",
            30 if n == 3 else 20 if n <= 4 else 0,
            "PWM",
            0,
            200,
            f"Dead zone about the neutral pulse of radio channel {n}",
        ),
        i16(f"RC{n}_OPTION", 0, text=f"What a switch on radio channel {n} does", values=options),
    ]
    return tuple(lines)


def _servo_output(n: int, function: int) -> tuple[ParameterDef, ...]:
    return (
        i16(f"SERVO{n}_MIN", 1100 if function == 0 else 1000, "PWM", 500, 2200, f"Lowest pulse of output {n}"),
        i16(f"SERVO{n}_MAX", 1900 if function == 0 else 2000, "PWM", 800, 2200, f"Highest pulse of output {n}"),
        i16(f"SERVO{n}_TRIM", 1500, "PWM", 800, 2200, f"Neutral pulse of output {n}"),
        i8(f"SERVO{n}_REVERSED", 0, text=f"Output {n} is reversed", values=NO_YES),
        i16(f"SERVO{n}_FUNCTION", function, text=f"What drives output {n}; 0 = free for DO_SET_SERVO", reboot=True),
    )


def _radio(throttle_trim: int, options: Mapping[int, str]) -> tuple[ParameterDef, ...]:
    """Parameters of a calibrated radio: sticks in the middle, a copter's throttle at its low end."""
    return (
        i8("RCMAP_ROLL", 1, "", 1, 16, "Radio channel of roll (steering)", reboot=True),
        i8("RCMAP_PITCH", 2, "", 1, 16, "Radio channel of pitch", reboot=True),
        i8("RCMAP_THROTTLE", 3, "", 1, 16, "Radio channel of throttle", reboot=True),
        i8("RCMAP_YAW", 4, "", 1, 16, "Radio channel of yaw", reboot=True),
        *(line for n in range(1, RC_CHANNELS + 1) for line in _rc_channel(n, throttle_trim, options)),
    )


COPTER_OUTPUTS: Final = tuple(
    line for n in range(1, SERVO_OUTPUTS + 1) for line in _servo_output(n, {1: 33, 2: 34, 3: 35, 4: 36}.get(n, 0))
)
ROVER_OUTPUTS: Final = tuple(
    line for n in range(1, SERVO_OUTPUTS + 1) for line in _servo_output(n, {1: 26, 3: 70}.get(n, 0))
)
PLANE_OUTPUTS: Final = tuple(
    line for n in range(1, SERVO_OUTPUTS + 1) for line in _servo_output(n, {1: 4, 2: 19, 3: 70, 4: 21}.get(n, 0))
)

TERRAIN: Final[tuple[ParameterDef, ...]] = (
    i8("TERRAIN_ENABLE", 1, text="Heights of the ground are used, and asked for where they are needed",
       values={0: "No", 1: "Yes"}),
    i16("TERRAIN_SPACING", 100, "m", 1, 1000, "From height to height in the data that a ground station sends", step=1),
)  # fmt: skip

_COMMON: Final = (
    IDENTITY
    + GRIPPER
    + FLIGHT_MANAGER
    + STATISTICS
    + LOGS
    + SENSORS
    + TERRAIN
    + RELAYS
    + REMOTE_ID
    + AUTHORIZATION
    + LIGHT
    + BUTTONS
    + GENERATOR
)
COPTER_SYSTEM: Final = _COMMON + PARACHUTE + LANDING_GEAR + SPRAYER + WINCH + _radio(1000, COPTER_OPTIONS)
ROVER_SYSTEM: Final = _COMMON + SPRAYER + _radio(1500, ROVER_OPTIONS)
PLANE_SYSTEM: Final = _COMMON + PARACHUTE + LANDING_GEAR + _radio(1000, PLANE_OPTIONS)
