"""Options of `sortie campaign`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sortie.config.option import Group, Option, OptionForm, rows_of, switch
from sortie.config.values import VehicleSource, parse_speedup, parse_vehicle, path, whole_number

_RUN_CAMPAIGN = frozenset({"campaign run"})
_OF_RUN = frozenset({"campaign replay", "campaign shrink", "campaign confirm"})
_OF_CAMPAIGN = frozenset({"campaign status", "campaign report", "campaign compare"}) | _OF_RUN
CAMPAIGN_ANSWERS: Final = (_OF_CAMPAIGN | _RUN_CAMPAIGN) - {"campaign report"}
"""Commands of the family that print results."""
NEW_STUDY: Final = Option[Path | None](
    "new-study", path, None, "File to write; without it, the study is printed.", Group.ARGUMENTS,
    frozenset({"campaign init"}), kind=OptionForm.ARGUMENT,
)  # fmt: skip
STUDY: Final = Option(
    "study", path, Path(), "The study, a TOML file; `sortie campaign init` writes an example.", Group.ARGUMENTS,
    _RUN_CAMPAIGN, kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
CAMPAIGN_DIR: Final = Option(
    "dir", path, Path(), "Folder of a campaign.", Group.ARGUMENTS, _OF_CAMPAIGN, kind=OptionForm.ARGUMENT, required=True
)
RUN: Final = Option(
    "run", whole_number(0, 10_000_000), 0, "Number of a run.", Group.ARGUMENTS, _OF_RUN,
    kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
OTHER_DIR: Final = Option(
    "other", path, Path(), "Folder of the newer campaign.", Group.ARGUMENTS,
    frozenset({"campaign compare"}), kind=OptionForm.ARGUMENT, required=True,
)  # fmt: skip
REPLAY_SPEEDUP: Final = Option(
    "speedup", parse_speedup, 0.0, "Speed of the simulation: 1 is real time, X is X times faster, 0 is as fast as "
    "possible.", Group.VEHICLE,
    frozenset({"campaign replay"}), form="X", unit="times real time",
)  # fmt: skip
CONFIRM_VEHICLE: Final = Option[VehicleSource | None](
    "vehicle", parse_vehicle, None, "The firmware that flies: ardupilot:copter[=BINARY].", Group.VEHICLE,
    frozenset({"campaign confirm"}), form="SPEC", required=True,
)  # fmt: skip
CONFIRM_SPEEDUP: Final = Option(
    "speedup", parse_speedup, 1.0, "Speed of ArduPilot SITL: 1 is real time.", Group.VEHICLE,
    frozenset({"campaign confirm"}), form="X", unit="times real time",
)  # fmt: skip
REPLAY_LINK: Final = Option[tuple[str, ...]](
    "link", str, (),
    "A link on which a ground station can watch, in the form of --link of `sortie fly`. Repeatable; by default there "
    "is none.",
    Group.LINKS,
    frozenset({"campaign replay"}), form="URL", kind=OptionForm.LIST,
)  # fmt: skip
SHRINK_JUDGE: Final = Option[str | None](
    "judge", str, None, "Judge (formula) that the reduced run must still fail.", Group.COMMAND,
    frozenset({"campaign shrink"}),
    form="NAME", otherwise="all judges that the run failed",
)  # fmt: skip
KEEP_PLAN: Final = switch("keep-plan", "Do not shorten the plan; only reduce the causes.", "campaign shrink")
CAMPAIGN_OUT: Final = Option(
    "out", path, Path("campaign"), "Folder for the results; runs that are already in it are not flown again.",
    Group.COMMAND,
    _RUN_CAMPAIGN, form="DIR",
)  # fmt: skip
RUN_COUNT: Final = Option[int | None](
    "runs", whole_number(1, 10_000_000), None, "Number of runs, instead of the study's.",
    Group.COMMAND, _RUN_CAMPAIGN, form="N",
    otherwise="as the study says",
)  # fmt: skip
WORKERS: Final = Option[int | None](
    "workers", whole_number(1, 4096), None, "Number of processes on this machine.", Group.COMMAND, _RUN_CAMPAIGN,
    form="N", otherwise="one for each core",
)  # fmt: skip
SCHEDULER: Final = Option[str | None](
    "scheduler", str, None, "Address of a Dask scheduler whose workers fly the runs, such as tcp://HOST:8786.",
    Group.COMMAND,
    _RUN_CAMPAIGN, form="ADDRESS", otherwise="a scheduler of its own, on loopback",
)  # fmt: skip

CAMPAIGN: Final = tuple(rows_of(globals()).values())
"""In the order of the help."""
