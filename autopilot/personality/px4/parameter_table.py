"""Rows of PX4's parameters: name, type, default, and the core's equivalent parameter (`parameters.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypedDict

from autopilot.interface.records import dataclass
from autopilot.mav import ParameterType

RETURN_PRECISELY: Final = "RTL_PLD_MD"
FASTEST: Final = "MPC_XY_VEL_MAX"
KEPT_OFF: Final = "CP_DIST"
AVOIDED: Final = "NAV_TRAFF_AVOID"
GIMBAL: Final = "MNT_MODE_IN"
LAND_DELAY: Final = "RTL_LAND_DELAY"
RETURN_TYPE: Final = "RTL_TYPE"
WINGS: Final = "AIRSPEED_CRUISE"
"""A parameter of the core that identifies planes."""


@dataclass(frozen=True, slots=True)
class Px4Param:
    """A parameter. `core`: the core's equivalent, with `factor` of its units per unit of PX4's; "": none. `default`
    None: the core's, which fits the airframe. `only`: a parameter of the core that identifies the kinds with this
    parameter. `minimum`, `maximum`: the recommended range. `inert`: kept and shown, without effect."""

    name: str
    type: int
    default: float | None
    core: str
    factor: float
    unit: str
    description: str
    only: str
    values: Mapping[int, str]
    minimum: float | None
    maximum: float | None
    inert: bool


class Px4Row(TypedDict, total=False):
    """A row of the file: `type` is a name of MAV_PARAM_TYPE, `values` has labels by number."""

    name: str
    type: str
    default: float
    core: str
    factor: float
    unit: str
    range: tuple[float, float]
    text: str
    only: str
    values: Mapping[str, str]
    inert: bool


class Px4Table(TypedDict):
    """The file: rows of all kinds, then those of wings; later rows of a name win."""

    rows: list[Px4Row]
    wings: list[Px4Row]


def _param(row: Px4Row) -> Px4Param:
    low, high = row.get("range", (None, None))
    return Px4Param(
        name=row["name"],
        type=int(ParameterType[row["type"]]),
        default=row.get("default"),
        core=row.get("core", ""),
        factor=row.get("factor", 1.0),
        unit=row.get("unit", ""),
        description=row["text"],
        only=row.get("only", ""),
        values={int(number): label for number, label in row.get("values", {}).items()},
        minimum=low,
        maximum=high,
        inert=row.get("inert", False),
    )


_TABLE: Final[Px4Table] = json.loads(Path(__file__).with_name("parameters.json").read_text(encoding="utf-8"))
ROWS: Final = tuple(map(_param, _TABLE["rows"]))
WING_ROWS: Final = tuple(map(_param, _TABLE["wings"]))
"""Rows of wings, then those of lift motors, which win."""
