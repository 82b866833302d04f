"""Parameters of the rover's driving (docs/reference/mission-semantics.md, 5; docs/reference/ground-stations.md, 4;
ArduPilot 4.6)."""

from __future__ import annotations

from typing import Final

from autopilot.parameters.definition import ParameterDef, f32, i8, i16, i32
from autopilot.parameters.table_follow import FOLLOW, FOLLOW_DRIVING
from autopilot.parameters.table_safety import SMART_RETURN

MODES: Final = {
    0: "Manual",
    1: "Acro",
    3: "Steering",
    4: "Hold",
    5: "Loiter",
    6: "Follow",
    7: "Simple",
    8: "Dock",
    9: "Circle",
    10: "Auto",
    11: "RTL",
    12: "SmartRTL",
    15: "Guided",
}

ROVER_DRIVE: Final[tuple[ParameterDef, ...]] = (
    i8("MODE1", 0, text="Mode of the mode switch's position 1", values=MODES),
    i8("MODE2", 0, text="Mode of the mode switch's position 2", values=MODES),
    i8("MODE3", 0, text="Mode of the mode switch's position 3", values=MODES),
    i8("MODE4", 0, text="Mode of the mode switch's position 4", values=MODES),
    i8("MODE5", 0, text="Mode of the mode switch's position 5", values=MODES),
    i8("MODE6", 0, text="Mode of the mode switch's position 6", values=MODES),
    i8("MODE_CH", 8, "", 0, 16, "Radio channel of the mode switch, 0 = none"),
    i8("INITIAL_MODE", 4, text="Mode after start", values=MODES, reboot=True),
    i8(
        "FRAME_CLASS", 1, text="What kind of vehicle it is", values={0: "Undefined", 1: "Rover", 2: "Boat"}, reboot=True
    ),
    i8("FRAME_TYPE", 0, text="Arrangement of the wheels", values={0: "Undefined"}, reboot=True),
    f32("WP_SPEED", 2, "m/s", 0, 100, "Speed on missions and in GUIDED; acts at once", step=0.1),
    f32("WP_RADIUS", 2, "m", 0, 100, "A waypoint is reached within this distance", step=0.1),
    f32("WP_ACCEL", 0, "m/s/s", 0, 100, "Acceleration on missions; 0 = ATC_ACCEL_MAX", step=0.1),
    f32("WP_JERK", 0, "m/s/s/s", 0, 100, "How fast the acceleration may change; 0 = as the acceleration", step=0.1),
    i16("WP_PIVOT_ANGLE", 60, "deg", 0, 360, "Turn on the spot when the heading is off by more; 0 = never"),
    i16("WP_PIVOT_RATE", 60, "deg/s", 0, 360, "Turn rate on the spot"),
    f32("WP_PIVOT_DELAY", 0, "s", 0, 60, "Wait after a turn on the spot", step=0.1),
    f32("CRUISE_SPEED", 2, "m/s", 0, 100, "Speed at CRUISE_THROTTLE", step=0.1),
    i8("CRUISE_THROTTLE", 50, "%", 0, 100, "Throttle that drives at CRUISE_SPEED"),
    f32("RTL_SPEED", 0, "m/s", 0, 100, "Speed of the return; 0 = WP_SPEED", step=0.1),
    f32("LOIT_RADIUS", 2, "m", 0, 20, "LOITER corrects outside this distance"),
    i8(
        "LOIT_TYPE",
        0,
        text="How LOITER faces its place",
        values={0: "Forward or backward", 1: "Forward", 2: "Backward"},
    ),
    f32("LOIT_SPEED_GAIN", 0.5, "", 0, 5, "How strongly LOITER corrects"),
    f32("CIRC_RADIUS", 20, "m", 0, 100, "Radius of CIRCLE"),
    f32("CIRC_SPEED", 0, "m/s", 0, 10, "Speed of CIRCLE; 0 = WP_SPEED"),
    i8("CIRC_DIR", 0, text="Direction of CIRCLE", values={0: "Clockwise", 1: "Counter-clockwise"}),
    i8(
        "MIS_DONE_BEHAVE",
        0,
        text="What the end of the mission does",
        values={0: "Hold", 1: "Loiter", 2: "Acro", 3: "Manual"},
    ),
    i32("GUID_OPTIONS", 0, text="GUIDED options", bits={6: "Pilot can steer"}),
    f32("TURN_RADIUS", 0.9, "m", 0, 10, "Smallest turn"),
    f32("ATC_TURN_MAX_G", 0.6, "gravities", 0.1, 10, "Largest sideways acceleration in a turn", step=0.01),
    f32("ACRO_TURN_RATE", 180, "deg/s", 0, 360, "Highest turn rate in ACRO"),
    f32("SPEED_MAX", 0, "m/s", 0, 30, "Highest speed; 0 = from CRUISE_SPEED and CRUISE_THROTTLE", step=0.1),
    f32("ATC_ACCEL_MAX", 1, "m/s/s", 0, 10, "Highest acceleration", step=0.1),
    f32("ATC_DECEL_MAX", 0, "m/s/s", 0, 10, "Highest braking; 0 = ATC_ACCEL_MAX", step=0.1),
    i8("ATC_BRAKE", 1, text="Reverse throttle brakes", values={0: "No", 1: "Yes"}),
    f32("ATC_STOP_SPEED", 0.1, "m/s", 0, 0.5, "The vehicle stands below this speed"),
    f32("ATC_STR_ANG_P", 2, "", 1, 10, "Heading: turn rate asked for each unit of error"),
    f32("ATC_STR_ACC_MAX", 120, "deg/s/s", 0, 1000, "Highest angular acceleration", step=0.1),
    f32("ATC_STR_RAT_P", 0.2, "", 0, 2, "Turn rate, proportional", step=0.01),
    f32("ATC_STR_RAT_I", 0.2, "", 0, 2, "Turn rate, integral", step=0.01),
    f32("ATC_STR_RAT_D", 0, "", 0, 0.4, "Turn rate, derivative", step=0.001),
    f32("ATC_STR_RAT_FF", 0.2, "", 0, 3, "Turn rate, feed forward", step=0.001),
    f32("ATC_STR_RAT_IMAX", 1, "", 0, 1, "Turn rate, integral limit", step=0.01),
    f32("ATC_STR_RAT_MAX", 120, "deg/s", 0, 1000, "Highest turn rate", step=0.1),
    f32("ATC_SPEED_P", 0.2, "", 0.01, 2, "Speed, proportional", step=0.01),
    f32("ATC_SPEED_I", 0.2, "", 0, 2, "Speed, integral", step=0.01),
    f32("ATC_SPEED_D", 0, "", 0, 0.4, "Speed, derivative", step=0.001),
    f32("ATC_SPEED_FF", 0, "", 0, 0.5, "Speed, feed forward", step=0.001),
    f32("ATC_SPEED_IMAX", 1, "", 0, 1, "Speed, integral limit", step=0.01),
    i8("MOT_THR_MAX", 100, "%", 30, 100, "Highest throttle"),
    i8("MOT_THR_MIN", 0, "%", 0, 20, "Lowest throttle that moves the vehicle"),
    i8("STICK_MIXING", 0, text="The roll stick steers in modes that drive by themselves", values={0: "No", 1: "Yes"}),
    i16("MOT_SLEWRATE", 100, "%/s", 0, 1000, "How fast the throttle may change; 0 = no limit"),
    *SMART_RETURN,
    *FOLLOW,
    *FOLLOW_DRIVING,
)
