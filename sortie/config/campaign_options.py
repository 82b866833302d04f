"""The rows of `sortie campaign` in the table of options."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sortie.config.option import Group, Option, OptionForm, rows_of, switch
from sortie.config.values import VehicleSource, parse_speedup, parse_vehicle, path, whole_number

_RUN_CAMPAIGN = frozenset({"campaign run"})
_OF_RUN = frozenset({"campaign replay", "campaign shrink", "campaign confirm"})
_OF_CAMPAIGN = frozenset({"campaign status", "campaign report", "campaign compare"}) | _OF_RUN
CAMPAIGN_ANSWERS: Final = (_OF_CAMPAIGN | _RUN_CAMPAIGN) - {"campaign report"}
"""Commands of the family that print what they found."""
NEW_STUDY: Final = Option[Path | None](
    "new-study", path, None, "The file to write; without it, it is printed.", Group.ARGUMENTS,
    frozenset({"campaign init"}), kind=OptionForm.ARGUMENT,
)  # fmt: skip
STUDY: Final = Option(
    "study", path, Path(), "A TOML file; `sortie campaign init` writes one to start from.", Group.ARGUMENTS,
    _RUN_CAMPAIGN, kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
CAMPAIGN_DIR: Final = Option(
    "dir",
    path,
    Path(),
    "The folder of a campaign.",
    Group.ARGUMENTS,
    _OF_CAMPAIGN,
    kind=OptionForm.ARGUMENT,
    required=True,
)
RUN: Final = Option(
    "run", whole_number(0, 10_000_000), 0, "The number of a run.", Group.ARGUMENTS, _OF_RUN,
    kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
OTHER_DIR: Final = Option(
    "other", path, Path(), "The folder of the newer campaign, which is compared with it.", Group.ARGUMENTS,
    frozenset({"campaign compare"}), kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
REPLAY_SPEEDUP: Final = Option(
    "speedup", parse_speedup, 0.0, "1 is real time, X is X times, 0 as fast as possible.", Group.VEHICLE,
    frozenset({"campaign replay"}), form="X", unit="times real time",
)  # fmt: skip
CONFIRM_VEHICLE: Final = Option(
    "vehicle", parse_vehicle, VehicleSource(), "The controller that flies: ardupilot:copter[=BINARY].", Group.VEHICLE,
    frozenset({"campaign confirm"}), form="SPEC", required=True,
)  # fmt: skip
CONFIRM_SPEEDUP: Final = Option(
    "speedup", parse_speedup, 1.0, "How fast ArduPilot SITL flies: 1 is real time.", Group.VEHICLE,
    frozenset({"campaign confirm"}), form="X", unit="times real time",
)  # fmt: skip
REPLAY_LINK: Final = Option[tuple[str, ...]](
    "link", str, (),
    "Let a ground station watch, as --link of sortie fly has it. Repeatable; by default there is none.",
    Group.LINKS,
    frozenset({"campaign replay"}), form="URL", kind=OptionForm.LIST,
)  # fmt: skip
SHRINK_JUDGE: Final = Option[str | None](
    "judge", str, None, "The judge that the small failure has to break.", Group.COMMAND, frozenset({"campaign shrink"}),
    form="NAME", otherwise="all that the run broke",
)  # fmt: skip
KEEP_PLAN: Final = switch("keep-plan", "Leave the plan as it is: only causes get fewer and smaller.", "campaign shrink")
CAMPAIGN_OUT: Final = Option(
    "out", path, Path("campaign"), "Folder of the results; runs that it has already are not flown again.",
    Group.COMMAND,
    _RUN_CAMPAIGN, form="DIR",
)  # fmt: skip
RUN_COUNT: Final = Option[int | None](
    "runs", whole_number(1, 10_000_000), None, "Number of runs, in place of the study's.",
    Group.COMMAND, _RUN_CAMPAIGN, form="N",
    otherwise="as the study says",
)  # fmt: skip
WORKERS: Final = Option[int | None](
    "workers", whole_number(1, 4096), None, "Number of processes on this machine.", Group.COMMAND, _RUN_CAMPAIGN,
    form="N", otherwise="one for each core",
)  # fmt: skip
SCHEDULER: Final = Option[str | None](
    "scheduler", str, None, "The Dask scheduler whose workers fly, such as tcp://HOST:8786.", Group.COMMAND,
    _RUN_CAMPAIGN, form="ADDRESS", otherwise="one of its own, on loopback",
)  # fmt: skip

CAMPAIGN: Final = tuple(rows_of(globals()).values())
"""In the order of the help."""
