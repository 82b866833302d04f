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
    i8("SIM_GPS_DISABLE", 0, "", None, None, "The GPS receiver is silent", values=NO_YES),
    f32("SIM_GPS_GLITCH_X", 0, "deg", -1, 1, "Error of the GPS latitude"),
    f32("SIM_GPS_GLITCH_Y", 0, "deg", -1, 1, "Error of the GPS longitude"),
    f32("SIM_GPS_GLITCH_Z", 0, "m", None, None, "Error of the GPS altitude"),
    i8("SIM_GPS_NUMSATS", 10, "", 0, 40, "Satellites that the GPS receiver reports"),
    i8("SIM_BARO_DISABLE", 0, "", None, None, "The barometer fails", values=NO_YES),
    f32("SIM_BARO_GLITCH", 0, "m", None, None, "Error of the barometer's height"),
    i8("SIM_MAG1_FAIL", 0, "", None, None, "The compass fails", values=NO_YES),
    i8("SIM_ACC_FAIL_MSK", 0, "", None, None, "Accelerometers that fail", bits={0: "First"}),
    i8("SIM_GYR_FAIL_MSK", 0, "", None, None, "Gyroscopes that fail", bits={0: "First"}),
    i32(
        "SIM_ENGINE_FAIL",
        0,
        "",
        None,
        None,
        "Motors that SIM_ENGINE_MUL weakens",
        bits={0: "Motor 1", 1: "Motor 2", 2: "Motor 3", 3: "Motor 4"},
    ),
    f32("SIM_ENGINE_MUL", 0, "", 0, 1, "Share of its thrust that a weakened motor gives"),
    i8("SIM_RC_FAIL", 0, "", None, None, "Loss of the sticks", values={0: "No", 1: "No pulses", 2: "Throttle low"}),
    i32("SYS_FAILURE_EN", 0, "", None, None, "Ground stations may inject failures (PX4's name)", values=NO_YES),
    i8("SIM_COLLIDE", 0, "", None, None, "It crashes when it touches another vehicle of its fleet", values=NO_YES),
    f32("SIM_COLLIDE_RAD", 0.4, "m", 0.05, 10, "Radius at which it touches"),
    i16("SIM_RATE_HZ", 400, "Hz", 400, 400, "Steps of the physics in a second", read_only=True),
)

WATER: Final = (
    f32("SIM_TIDE_SPEED", 0, "m/s", 0, 10, "Speed of the current"),
    f32("SIM_TIDE_DIR", 0, "deg", -360, 360, "Direction that the current comes from"),
)
"""Of what floats."""
