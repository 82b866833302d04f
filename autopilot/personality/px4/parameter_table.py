"""Rows of PX4's parameters: name, type, default, and the core's equivalent parameter (`parameters.json`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, TypedDict

from autopilot.interface.records import dataclass
from autopilot.parameters.definition import ParameterDef
from autopilot.parameters.tables import ParameterRow, defined

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
    parameter."""

    definition: ParameterDef
    default: float | None
    core: str
    factor: float
    only: str

    @property
    def name(self) -> str:
        return self.definition.name


class Px4Row(ParameterRow, total=False):
    core: str
    factor: float
    only: str


class Px4Table(TypedDict):
    """The file: rows of all kinds, then those of wings; later rows of a name win."""

    rows: list[Px4Row]
    wings: list[Px4Row]


def _param(row: Px4Row) -> Px4Param:
    default = row.get("default")
    assert not isinstance(default, list), "one row is one parameter"
    whole: Px4Row = {"default": 0.0, **row}
    return Px4Param(defined(whole), default, row.get("core", ""), row.get("factor", 1.0), row.get("only", ""))


_TABLE: Final[Px4Table] = json.loads(Path(__file__).with_name("parameters.json").read_text(encoding="utf-8"))
ROWS: Final = tuple(map(_param, _TABLE["rows"]))
WING_ROWS: Final = tuple(map(_param, _TABLE["wings"]))
"""Rows of wings, then those of lift motors, which win."""
