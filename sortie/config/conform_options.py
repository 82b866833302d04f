"""The rows of `sortie conform` in the table of options."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sortie.config.option import Group, Option, OptionForm, file_option, rows_of, switch
from sortie.config.values import VehicleSource, one_of, parse_vehicle, path, share, whole_number

_CONFORM = frozenset({"conform"})
_NONE: tuple[str, ...] = ()
JUDGED_URL: Final = Option[str | None](
    "url", str, None, "Where a vehicle is: tcp:HOST:PORT, udpin:HOST:PORT, /dev/ttyACM0,115200; or --vehicle.",
    Group.ARGUMENTS, _CONFORM, kind=OptionForm.ARGUMENT,
)  # fmt: skip
JUDGED_VEHICLE: Final = Option[VehicleSource | None](
    "vehicle", parse_vehicle, None, "Start it: sim:KIND, ardupilot:KIND[=BINARY], px4:KIND[=BINARY]; or a connection.",
    Group.OFTEN, _CONFORM, form="SPEC",
)  # fmt: skip
JUDGED_FIRMWARE: Final = Option(
    "firmware", one_of("ardupilot", "px4"), "ardupilot", "What a simulated vehicle is spoken to as.", Group.VEHICLE,
    _CONFORM, form="ardupilot|px4",
)  # fmt: skip
JUDGED_PARAMETERS: Final = Option(
    "param", str, _NONE, "A parameter of a simulated vehicle, or a .param file of them. Repeatable.", Group.VEHICLE,
    _CONFORM, form="NAME=VALUE|FILE", kind=OptionForm.LIST,
)  # fmt: skip
ONLY: Final = Option(
    "only", str, _NONE, "Cases of this name, its beginning (mission.upload) or with * and ?. Repeatable.",
    Group.OFTEN, _CONFORM, form="NAME", kind=OptionForm.LIST,
)  # fmt: skip
LIST_CASES: Final = switch("list", "Print the cases with the sentences that they judge, and exit.", *_CONFORM)
MAY_FLY: Final = switch(
    "may-fly", "It is a simulator: arm it, fly it, change what cannot be put back.", *_CONFORM, group=Group.OFTEN
)
JUDGED_RADIO: Final = Option[str | None](
    "radio", str, None, "A model of a radio between: its name or a TOML file; docs/radios.md has them.", Group.LINKS,
    _CONFORM, form="NAME|FILE",
)  # fmt: skip
JUDGED_LOSS: Final = Option(
    "loss", share, 0.0, "Part of the frames that a simulated vehicle's link loses, each way.", Group.LINKS,
    _CONFORM, form="PART",
)  # fmt: skip
JUDGED_SYSTEM: Final = Option[int | None](
    "target", whole_number(1, 255), None, "Which of several vehicles, by its system id.", Group.LINKS, _CONFORM,
    form="SYSID", otherwise="the first that is heard",
)  # fmt: skip
JUDGED_SEED: Final = Option(
    "seed", whole_number(0, 2**63 - 1), 0, "Seed of the simulator and of what is lost.", Group.VEHICLE, _CONFORM,
    form="N",
)  # fmt: skip
JUDGED_REPORT: Final = file_option(
    "report", "DIR", "Write conformance.json, a page of it and a badge into DIR.", *_CONFORM
)
JUDGED_BESIDE: Final = Option[tuple[Path, ...]](
    "beside", path, (), "A conformance.json of another vehicle, for a column of the page. Repeatable.", Group.COMMAND,
    _CONFORM, form="FILE", kind=OptionForm.LIST,
)  # fmt: skip
CONFORM: Final = tuple(rows_of(globals()).values())
"""In the order of the help."""
