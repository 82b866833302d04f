"""Parameters of what is kept off: fences, objects (AVOID_, PRX_, OA_), and other aircraft (ADSB_, AVD_).

Names, units, ranges and defaults of ArduPilot 4.6: AC_Avoid.cpp, AP_ADSB.cpp, AP_Avoidance.cpp; OA_ of 4.7:
AP_OAPathPlanner.cpp, AP_OABendyRuler.cpp, AP_OADatabase.cpp.
"""

from __future__ import annotations

from typing import Final

from autopilot.parameters.definition import ParameterDef, f32, i8, i16, i32

_COLLISION: Final = {
    0: "None", 1: "Report", 2: "Climb or descend", 3: "Move horizontally", 4: "Move perpendicularly in 3D", 5: "RTL",
    6: "Hover",
}  # fmt: skip
_RECOVERY: Final = {
    0: "Remain in AVOID_ADSB", 1: "Resume the mode before", 2: "RTL", 3: "Resume AUTO, else loiter",
}  # fmt: skip


def _avoidance(behaviour: int) -> tuple[ParameterDef, ...]:
    return (
        i8(
            "AVOID_ENABLE",
            3,
            text="What pilot modes stop at by themselves",
            bits={0: "Fence", 1: "Proximity sensor", 2: "Beacon fence"},
        ),
        f32("AVOID_MARGIN", 2, "m", 1, 10, "Distance kept from objects; from the fence it is FENCE_MARGIN"),
        i8(
            "AVOID_BEHAVE",
            behaviour,
            text="At a fence the vehicle goes along it, or stops",
            values={0: "Slide", 1: "Stop"},
        ),
        f32(
            "AVOID_BACKUP_SPD", 0.75, "m/s", 0, 2, "Speed of backing away from a fence that is nearer than FENCE_MARGIN"
        ),
        f32("AVOID_ACCEL_MAX", 3, "m/s/s", 0, 9, "Acceleration while a fence is avoided; 0 = as the mode has it"),
        f32("AVOID_BACKUP_DZ", 0.1, "m", 0, 2, "Nearer than the margin by this, an object is backed away from"),
        f32("AVOID_BACKZ_SPD", 0.75, "m/s", 0, 2, "Speed of backing away from ceiling and floor of the fence"),
    )


COPTER_AVOIDANCE: Final = (
    *_avoidance(0),
    i16(
        "AVOID_ANGLE_MAX", 1000, "cdeg", 0, 4500, "Lean angle that keeps off objects in modes without position", step=10
    ),
    f32("AVOID_DIST_MAX", 5, "m", 1, 30, "Objects farther away are left alone in modes without position"),
    f32("AVOID_ALT_MIN", 0, "m", 0, 6, "Lower than this, objects are left alone; 0 = never"),
)
ROVER_AVOIDANCE: Final = _avoidance(1)


_IGNORED: Final = tuple(
    line
    for n in range(1, 5)
    for line in (
        i16(f"PRX1_IGN_ANG{n}", 0, "deg", 0, 360, f"Middle of direction {n} that does not count"),
        i8(f"PRX1_IGN_WID{n}", 0, "deg", 0, 127, f"Width of direction {n} that does not count; 0 = none"),
    )
)
_PROXIMITY: Final = (
    i8(
        "PRX1_TYPE", 0, text="A sensor of objects around the vehicle",
        values={0: "None", 2: "MAVLink", 10: "Simulated"},
    ),
    *_IGNORED,
    f32("PRX1_MIN", 0, "m", 0, 500, "Objects nearer than this do not count; 0 = as the sensor says"),
    f32("PRX1_MAX", 0, "m", 0, 500, "Objects farther than this do not count; 0 = as the sensor says"),
    f32("SIM_PRX_MAX", 40, "m", 1, 500, "Range of the simulated proximity sensor"),
    f32("SIM_PRX_MIN", 0.2, "m", 0, 10, "Nearer than this it sees nothing"),
    f32("SIM_PRX_NOISE", 0, "m", 0, 10, "Standard deviation of its distances"),
    f32("SIM_PRX_BLIND", 0, "deg", 0, 360, "Angle behind the vehicle that it does not see"),
    f32("SIM_PRX_RATE", 10, "Hz", 0, 50, "Its looks; 0 = it is switched off"),
)  # fmt: skip
_PLANNING: Final = (
    i8(
        "OA_TYPE", 0, "", None, None, "How ways round fences and objects are planned",
        values={0: "Disabled", 1: "BendyRuler", 2: "Dijkstra", 3: "Dijkstra with BendyRuler"},
    ),
    f32("OA_MARGIN_MAX", 5, "m", 0.1, 100, "Distance that planned ways keep from fences and objects", step=1),
    f32("OA_BR_LOOKAHEAD", 15, "m", 1, 100, "BendyRuler looks so far ahead", step=1),
    f32("OA_BR_CONT_RATIO", 1.5, "", 1.1, 2, "Times the room that makes BendyRuler turn far", step=0.1),
    i16("OA_BR_CONT_ANGLE", 75, "deg", 20, 180, "Turns up to this need no more room than before", step=5),
    i16("OA_DB_SIZE", 100, "", 0, 10000, "Objects that are kept at most; 0 = none"),
    i16("OA_DB_EXPIRE", 10, "s", 0, 500, "Objects are kept so long after they were seen last; 0 = for ever"),
    f32("OA_DB_BEAM_WIDTH", 5, "deg", 1, 10, "Angle of the sensor's beam, of which an object has its radius"),
    f32("OA_DB_RADIUS_MIN", 0.01, "m", 0, 10, "Least radius of an object"),
    f32("OA_DB_DIST_MAX", 0, "m", 0, 10, "Objects farther away are not kept; 0 = all are"),
)  # fmt: skip
COPTER_PROXIMITY: Final = (
    *_PROXIMITY,
    *_PLANNING,
    f32("OA_DB_ALT_MIN", 0, "m", 0, 4, "Near home and lower than this over it no object is kept; 0 = all are"),
    f32("PRX_ALT_MIN", 1, "m", 0, 10, "Lower than this over home objects do not count"),
)
ROVER_PROXIMITY: Final = (*_PROXIMITY, *_PLANNING)


def _traffic(list_m: int, recovery: int, warn_m: int, fail_m: int) -> tuple[ParameterDef, ...]:
    return (
        i8("ADSB_TYPE", 0, text="What tells of other aircraft", values={0: "None", 1: "MAVLink"}),
        i16("ADSB_LIST_MAX", 25, "", 1, 100, "Other aircraft that are kept, the nearest", reboot=True),
        i32("ADSB_LIST_RADIUS", list_m, "m", 0, 100000, "Aircraft farther away are ignored; 0 = none"),
        i32("ADSB_ICAO_ID", 0, "", -1, 16777215, "ICAO address of the vehicle itself, whose reports are ignored"),
        i16("ADSB_LIST_ALT", 0, "m", 0, 32767, "Aircraft that much higher or lower are ignored; 0 = none"),
        i32("ADSB_ICAO_SPECL", 0, text="ICAO address that is kept wherever it is; 0 = none"),
        i8("AVD_ENABLE", 0, text="Other aircraft are avoided", values={0: "No", 1: "Yes"}),
        i8("AVD_F_ACTION", 1, text="What is done when a collision is near", values=_COLLISION),
        i8("AVD_W_ACTION", 1, text="What is done at a warning", values={0: "None", 1: "Report"}),
        i8("AVD_F_RCVRY", recovery, text="What follows when the threat is over", values=_RECOVERY),
        i8("AVD_OBS_MAX", 20, text="Aircraft that are judged at most"),
        i8("AVD_W_TIME", 30, "s", text="A warning looks so far ahead"),
        i8("AVD_F_TIME", 30, "s", text="Avoidance looks so far ahead"),
        f32("AVD_W_DIST_XY", warn_m, "m", text="Horizontal distance at the closest that is a warning"),
        i16("AVD_F_DIST_XY", fail_m, "m", text="Horizontal distance at the closest that is avoided"),
        f32("AVD_W_DIST_Z", 300, "m", text="Difference in height that is a warning"),
        i16("AVD_F_DIST_Z", 100, "m", text="Difference in height that is avoided"),
        i16("AVD_F_ALT_MIN", 0, "m", text="Below this height above the sea it is only told; 0 = never"),
    )


COPTER_TRAFFIC: Final = _traffic(2000, 2, 300, 100)
PLANE_TRAFFIC: Final = _traffic(10000, 3, 1000, 300)
