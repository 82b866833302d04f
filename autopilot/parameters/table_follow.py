"""Parameters of FOLLOW (FOLL_), of what flies and of what drives.

Names, units, ranges and defaults of ArduPilot 4.6 (AP_Follow.cpp).
"""

from __future__ import annotations

from typing import Final

from autopilot.parameters.definition import ParameterDef, f32, i8, i16

FOLLOW: Final[tuple[ParameterDef, ...]] = (
    i8("FOLL_ENABLE", 0, "", None, None, "Another vehicle may be followed", values={0: "No", 1: "Yes"}),
    i16("FOLL_SYSID", 0, "", 0, 255, "System that is followed; 0 = the first that is heard"),
    i16("FOLL_DIST_MAX", 100, "m", 1, 1000, "Not followed when it is farther away; 0 = however far"),
    i8(
        "FOLL_OFS_TYPE", 0, "", None, None, "What the offset counts from",
        values={0: "North, east, down", 1: "Heading of the other"},
    ),
    f32("FOLL_OFS_X", 0, "m", -100, 100, "Offset north, or ahead; all three 0 = as it begins", step=1),
    f32("FOLL_OFS_Y", 0, "m", -100, 100, "Offset east, or to the right", step=1),
    f32("FOLL_OFS_Z", 0, "m", -100, 100, "Offset down", step=1),
)  # fmt: skip
FOLLOW_FLYING: Final[tuple[ParameterDef, ...]] = (
    i8(
        "FOLL_YAW_BEHAVE", 1, "", None, None, "Where the nose points in FOLLOW",
        values={0: "Never changes", 1: "At the other", 2: "As the other's", 3: "Along the ground course"},
    ),
    i8("FOLL_ALT_TYPE", 1, "", None, None, "Height of the other", values={0: "Above the sea", 1: "Above home"}),
)  # fmt: skip
FOLLOW_DRIVING: Final[tuple[ParameterDef, ...]] = (
    f32("FOLL_POS_P", 0.1, "1/s", 0.01, 1, "Speed asked for each metre from the place beside the other", step=0.01),
)
