"""SIM_ parameters: scripts written for ArduPilot SITL set these.

Names of ArduPilot 4.6's simulator, only those that the built-in simulator obeys.
"""

from __future__ import annotations

from typing import Final

from autopilot.parameters.definition import ParameterDef, f32, i8, i16, i32

NO_YES: Final = {0: "No", 1: "Yes"}

SIMULATION: Final[tuple[ParameterDef, ...]] = (
    f32("SIM_SPEEDUP", 1, "", 0, None, "Speed of vehicle time against real time; 0 = as fast as possible"),
    f32("SIM_WIND_SPD", 0, "m/s", 0, 100, "Mean wind speed"),
    f32("SIM_WIND_DIR", 180, "deg", -360, 360, "Direction the wind comes from"),
    f32("SIM_WIND_TURB", 0, "m/s", 0, 50, "Strength of gusts (standard deviation)"),
    f32("SIM_BATT_VOLTAGE", 12.6, "V", 0, None, "Resting voltage of the battery now; its charge stays"),
    f32("SIM_BATT_CAP_AH", 5.1, "Ah", 0, None, "Charge of the full battery; 0 = endless"),
    f32("SIM_BATT_MOHM", 22, "mOhm", 0, 1000, "Resistance of the battery"),
    i8("SIM_GPS_DISABLE", 0, text="The GPS receiver is silent", values=NO_YES),
    f32("SIM_GPS_GLITCH_X", 0, "deg", -1, 1, "Error of the GPS latitude"),
    f32("SIM_GPS_GLITCH_Y", 0, "deg", -1, 1, "Error of the GPS longitude"),
    f32("SIM_GPS_GLITCH_Z", 0, "m", text="Error of the GPS altitude"),
    f32("SIM_GPS_NOISE", 0.25, "m", 0, 100, "Noise of the GPS receiver: how far a fix wanders (standard deviation)"),
    i8("SIM_GPS_NUMSATS", 10, "", 0, 40, "Satellites that the GPS receiver reports"),
    i8("SIM_BARO_DISABLE", 0, text="The barometer fails", values=NO_YES),
    f32("SIM_BARO_RND", 0.2, "m", 0, 100, "Noise of the barometer"),
    f32("SIM_BARO_GLITCH", 0, "m", text="Error of the barometer's height"),
    i8("SIM_MAG1_FAIL", 0, text="The compass fails", values=NO_YES),
    i8("SIM_ACC_FAIL_MSK", 0, text="Accelerometers that fail", bits={0: "First"}),
    i8("SIM_GYR_FAIL_MSK", 0, text="Gyroscopes that fail", bits={0: "First"}),
    i32(
        "SIM_ENGINE_FAIL",
        0,
        text="Motors that SIM_ENGINE_MUL weakens",
        bits={0: "Motor 1", 1: "Motor 2", 2: "Motor 3", 3: "Motor 4"},
    ),
    f32("SIM_ENGINE_MUL", 0, "", 0, 1, "Share of its thrust that a weakened motor gives"),
    i8("SIM_RC_FAIL", 0, text="Loss of the sticks", values={0: "No", 1: "No pulses", 2: "Throttle low"}),
    i32("SYS_FAILURE_EN", 0, text="Ground stations may inject failures (PX4's name)", values=NO_YES),
    i8("SIM_COLLIDE", 0, text="It crashes when it touches another vehicle of its fleet", values=NO_YES),
    f32("SIM_COLLIDE_RAD", 0.4, "m", 0.05, 10, "Radius at which it touches"),
    i8("SIM_TERRAIN", 1, text="The ground is that of the map, where one is given", values=NO_YES),
    i16("SIM_PIN_MASK", 0, text="Pins that are high", bits={n: f"Pin {n}" for n in range(15)}),
    i16("SIM_RATE_HZ", 400, "Hz", 400, 400, "Steps of the physics in a second", read_only=True),
)

AIRFRAME: Final = (
    f32("SIM_HOVER_W", 184, "W", 10, 10000, "Power that the battery gives at hover"),
    f32("SIM_DRAG_ROTOR", 20, "%/s", 0, 500, "Drag of the rotors: share of the air speed that is lost at hover"),
    f32("SIM_DRAG_AREA", 200, "cm2", 0, 20000, "Drag of the body: its area times its coefficient"),
)
"""Parameters of a copter's power and drag: of ours, for its frame's are in ArduPilot's JSON models."""

SHOVE: Final = (
    f32("SIM_SHOVE_X", 0, "m/s/s", None, None, "Push along the body's x axis"),
    f32("SIM_SHOVE_Y", 0, "m/s/s", None, None, "Push along the body's y axis"),
    f32("SIM_SHOVE_Z", 0, "m/s/s", None, None, "Push along the body's z axis, which is down"),
    f32("SIM_SHOVE_TIME", 0, "ms", 0, None, "How long it is pushed, from now on"),
)

CHASSIS: Final = (
    f32("SIM_DRIVE_W", 12, "W", 8, 10000, "Power that the battery gives at 2 m/s on level ground"),
    f32("SIM_DRIVE_ACC", 1, "", 0, 1, "Share of the pull for speeding up that takes current"),
)
"""Parameters of a car's power and drag."""

WINGS: Final = (
    f32("SIM_ARSPD_RND", 2, "Pa", 0, 100, "Noise of the pitot tube's pressure"),
    f32("SIM_ARSPD_FAIL", 0, "m/s", 0, 100, "Airspeed that a failed pitot tube shows; 0 = it works"),
    f32("SIM_LAUNCH_ACC", 0, "m/s/s", 0, 100, "Acceleration of a catapult; 0 = it takes off on wheels"),
    f32("SIM_LAUNCH_TIME", 0.4, "s", 0, 10, "How long the catapult pushes"),
)
"""Parameters of a plane's tube and launch: of ours the last two."""

WATER: Final = (
    f32("SIM_TIDE_SPEED", 0, "m/s", 0, 10, "Speed of the current"),
    f32("SIM_TIDE_DIR", 0, "deg", -360, 360, "Direction that the current comes from"),
)
"""Parameters of the water, for boats."""

LANDING: Final[tuple[ParameterDef, ...]] = (
    i8("PLND_ENABLED", 0, text="Land on a target", values=NO_YES),
    i8(
        "PLND_TYPE", 0, text="Who tells where the target is",
        values={0: "Nobody", 1: "LANDING_TARGET", 4: "The simulator's pads"},
    ),
    f32("PLND_YAW_ALIGN", 0, "cdeg", 0, 36000, "From the vehicle's nose to the sensor's x axis", step=10),
    f32("PLND_LAND_OFS_X", 0, "cm", -20, 20, "Lands so far in front of the target", step=1),
    f32("PLND_LAND_OFS_Y", 0, "cm", -20, 20, "Lands so far to the right of the target", step=1),
    i8("PLND_EST_TYPE", 1, text="What is believed", values={0: "The last look", 1: "Kalman filter"}),
    f32("PLND_XY_DIST_MAX", 2.5, "m", 0, 10, "No descent while the target is farther off; 0 = always"),
    i8(
        "PLND_STRICT", 1, text="What is done when the target stays lost",
        values={0: "Land there", 1: "Retry, then land there", 2: "Retry, then stay in the air"},
    ),
    i8("PLND_RET_MAX", 4, "", 0, 10, "Retries of a landing; 0 = none"),
    f32("PLND_TIMEOUT", 4, "s", 0, 20, "How long it sinks on before it retries"),
    i8(
        "PLND_RET_BEHAVE", 0, text="Where a retry goes",
        values={0: "Where the vehicle saw the target last", 1: "Over the target"},
    ),
    f32("PLND_ALT_MIN", 0.75, "m", 0, 5, "Lower than this it lands without the target; 0 = no such height"),
    f32("PLND_ALT_MAX", 8, "m", 0, 50, "Higher than this it sinks without the target; 0 = no such height"),
    i8("PLND_OPTIONS", 0, text="Options", bits={0: "The target moves", 2: "No slower at the end"}),
    i8("SIM_PLD_ENABLE", 0, text="There is a pad, and a sensor for it", values=NO_YES),
    f32("SIM_PLD_LAT", 0, "deg", -90, 90, "Latitude that SIM_PLD_N counts from; with LON 0 the start"),
    f32("SIM_PLD_LON", 0, "deg", -180, 180, "Longitude that SIM_PLD_E counts from; with LAT 0 the start"),
    f32("SIM_PLD_N", 0, "m", -1000, 1000, "Pad north of SIM_PLD_LAT"),
    f32("SIM_PLD_E", 0, "m", -1000, 1000, "Pad east of SIM_PLD_LON"),
    f32("SIM_PLD_HEIGHT", 0, "m", 0, 100, "Pad above where the vehicle was switched on"),
    f32("SIM_PLD_VN", 0, "m/s", -10, 10, "Pads move north"),
    f32("SIM_PLD_VE", 0, "m/s", -10, 10, "Pads move east"),
    f32("SIM_PLD2_N", 0, "m", -100, 100, "Second pad north of the first; with E 0 there is none"),
    f32("SIM_PLD2_E", 0, "m", -100, 100, "Second pad east of the first; with N 0 there is none"),
    f32("SIM_PLD_RATE", 10, "Hz", 0, 50, "Looks of the sensor in a second"),
    f32("SIM_PLD_FOV", 60, "deg", 1, 170, "Field of view of the sensor, a cone"),
    f32("SIM_PLD_ALT_LMT", 15, "m", 0, 100, "It sees pads at most so far below"),
    f32("SIM_PLD_DIST_LMT", 10, "m", 0, 100, "It sees pads at most so far aside"),
    f32("SIM_PLD_NOISE", 0.5, "deg", 0, 10, "Error of the direction (standard deviation)"),
    f32("SIM_PLD_DROP", 0, "%", 0, 100, "Looks that see nothing"),
    f32("SIM_PLD_DROP_S", 0, "s", 0, 60, "So long in a row; 0 = each look for itself"),
    f32("PLND_LAG", 0.02, "s", 0, 0.25, "A look is so old when it comes"),
    f32("PLND_CAM_POS_X", 0, "m", -5, 5, "Sensor in front of the vehicle's middle", step=0.01),
    f32("PLND_CAM_POS_Y", 0, "m", -5, 5, "Sensor to the right of it", step=0.01),
    f32("PLND_CAM_POS_Z", 0, "m", -5, 5, "Sensor below it", step=0.01),
    f32("PLND_ACC_P_NSE", 2.5, "", 0.5, 5, "Noise of the accelerometer for the Kalman filter"),
    i8("PLND_BUS", -1, "", None, None, "Bus of an infrared sensor", values={-1: "As the board has it"}),
    i8(
        "SIM_PLD_TYPE", 1, "", None, None, "Where the sensor sees pads",
        values={0: "In a cylinder", 1: "In a cone", 2: "In a sphere"},
    ),
    i16("SIM_PLD_YAW", 0, "deg", 0, 360, "Heading of the pad"),
)  # fmt: skip
"""Precision landing: those of ArduPilot 4.6 that are obeyed here (AC_PrecLand), and the simulated pads'. Of ArduPilot's
SIM_PLD_ there are ENABLE, LAT, LON, HEIGHT, RATE, TYPE, YAW, ALT_LMT and DIST_LMT; since LAT and LON are 32 bit
numbers, which cannot say where a pad is to less than 1.7 m, SIM_PLD_N and SIM_PLD_E count metres from there."""
