"""Options of `sortie conform`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sortie.config.option import Argument, Group, Option, OptionForm, file_option, rows_of, switch
from sortie.config.settings import FIRMWARES
from sortie.config.values import VehicleSource, one_of, parse_vehicle, path, share, whole_number

_CONFORM = frozenset({"conform"})
_NONE: tuple[str, ...] = ()
JUDGED_URL: Final = Argument[str | None](
    "url", str, None,
    "Address of the vehicle to test: tcp:HOST:PORT, udpin:HOST:PORT, /dev/ttyACM0,115200. Or use --vehicle.", _CONFORM,
)  # fmt: skip
JUDGED_VEHICLE: Final = Option[VehicleSource | None](
    "vehicle", parse_vehicle, None,
    "Vehicle to start and test: sim:KIND, ardupilot:KIND[=BINARY], px4:KIND[=BINARY]; or an address.", _CONFORM,
    group=Group.OFTEN, form="SPEC",
)  # fmt: skip
JUDGED_FIRMWARE: Final = Option(
    "firmware", one_of(*FIRMWARES), FIRMWARES[0], "The autopilot that a simulated vehicle presents.", _CONFORM,
    group=Group.VEHICLE, form="ardupilot|px4",
)  # fmt: skip
JUDGED_PARAMETERS: Final = Option(
    "param", str, _NONE, "A parameter value of a simulated vehicle, or a .param file. Repeatable.", _CONFORM,
    group=Group.VEHICLE, form="NAME=VALUE|FILE", kind=OptionForm.LIST,
)  # fmt: skip
ONLY: Final = Option(
    "only", str, _NONE,
    "Run only the cases with this name, this beginning (mission.upload) or this pattern (* and ?). Repeatable.",
    _CONFORM, group=Group.OFTEN, form="NAME", kind=OptionForm.LIST,
)  # fmt: skip
LIST_CASES: Final = switch(
    "list", "Print the cases and the specification sentences that they test, and exit.", *_CONFORM
)
MAY_FLY: Final = switch(
    "may-fly",
    "The vehicle is a simulator: allow arming, flying and changes that cannot be undone.",
    *_CONFORM,
    group=Group.OFTEN,
)
JUDGED_RADIO: Final = Option[str | None](
    "radio", str, None, "Simulate a radio on the link: a name from docs/radios.md, or a TOML file.", _CONFORM,
    group=Group.LINKS, form="NAME|FILE",
)  # fmt: skip
JUDGED_LOSS: Final = Option(
    "loss", share, 0.0, "Share of frames that the link of a simulated vehicle loses in each direction, 0 to 1.",
    _CONFORM, group=Group.LINKS, form="PART",
)  # fmt: skip
JUDGED_SYSTEM: Final = Option[int | None](
    "target", whole_number(1, 255), None, "System id of the vehicle to test, when there are several.", _CONFORM,
    group=Group.LINKS, form="SYSID", otherwise="the first one heard",
)  # fmt: skip
JUDGED_SEED: Final = Option(
    "seed", whole_number(0, 2**63 - 1), 0, "Seed of the simulator and of the frame losses.", _CONFORM,
    group=Group.VEHICLE, form="N",
)  # fmt: skip
JUDGED_REPORT: Final = file_option("report", "DIR", "Write conformance.json, a page and a badge into DIR.", *_CONFORM)
JUDGED_BESIDE: Final = Option[tuple[Path, ...]](
    "beside", path, (), "A conformance.json of another vehicle, shown as a column of the page. Repeatable.", _CONFORM,
    form="FILE", kind=OptionForm.LIST,
)  # fmt: skip
CONFORM: Final = tuple(rows_of(globals()).values())
"""In the order of the help."""
