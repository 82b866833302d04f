"""Options of `sortie campaign`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sortie.config.option import Argument, Group, Option, OptionForm, rows_of, switch
from sortie.config.values import VehicleSource, parse_speedup, parse_vehicle, path, whole_number

_RUN_CAMPAIGN = frozenset({"campaign run"})
_OF_RUN = frozenset({"campaign replay", "campaign shrink", "campaign confirm"})
_OF_CAMPAIGN = frozenset({"campaign status", "campaign report", "campaign compare"}) | _OF_RUN
CAMPAIGN_ANSWERS: Final = (_OF_CAMPAIGN | _RUN_CAMPAIGN) - {"campaign report"}
"""Commands of the family that print results."""
NEW_STUDY: Final = Argument[Path | None](
    "new-study", path, None, "File to write; without it, the study is printed.", {"campaign init"}
)
STUDY: Final = Argument(
    "study", path, Path(), "The study, a TOML file; `sortie campaign init` writes an example.", _RUN_CAMPAIGN,
    required=True,
)  # fmt: skip
CAMPAIGN_DIR: Final = Argument("dir", path, Path(), "Folder of a campaign.", _OF_CAMPAIGN, required=True)
RUN: Final = Argument("run", whole_number(0, 10_000_000), 0, "Number of a run.", _OF_RUN, required=True)
OTHER_DIR: Final = Argument("other", path, Path(), "Folder of the newer campaign.", {"campaign compare"}, required=True)
REPLAY_SPEEDUP: Final = Option(
    "speedup", parse_speedup, 0.0,
    "Speed of the simulation: 1 is real time, X is X times faster, 0 is as fast as possible.", {"campaign replay"},
    group=Group.VEHICLE, form="X", unit="times real time",
)  # fmt: skip
CONFIRM_VEHICLE: Final = Option[VehicleSource | None](
    "vehicle", parse_vehicle, None, "The firmware that flies: ardupilot:copter[=BINARY].", {"campaign confirm"},
    group=Group.VEHICLE, form="SPEC", required=True,
)  # fmt: skip
CONFIRM_SPEEDUP: Final = Option(
    "speedup", parse_speedup, 1.0, "Speed of ArduPilot SITL: 1 is real time.", {"campaign confirm"},
    group=Group.VEHICLE, form="X", unit="times real time",
)  # fmt: skip
REPLAY_LINK: Final = Option[tuple[str, ...]](
    "link", str, (),
    "A link on which a ground station can watch, in the form of --link of `sortie fly`. Repeatable; by default there "
    "is none.", {"campaign replay"}, group=Group.LINKS, form="URL", kind=OptionForm.LIST,
)  # fmt: skip
SHRINK_JUDGE: Final = Option[str | None](
    "judge", str, None, "Judge (formula) that the reduced run must still fail.", {"campaign shrink"}, form="NAME",
    otherwise="all judges that the run failed",
)  # fmt: skip
KEEP_PLAN: Final = switch("keep-plan", "Do not shorten the plan; only reduce the causes.", "campaign shrink")
CAMPAIGN_OUT: Final = Option(
    "out", path, Path("campaign"), "Folder for the results; runs that are already in it are not flown again.",
    _RUN_CAMPAIGN, form="DIR",
)  # fmt: skip
RUN_COUNT: Final = Option[int | None](
    "runs", whole_number(1, 10_000_000), None, "Number of runs, instead of the study's.", _RUN_CAMPAIGN, form="N",
    otherwise="as the study says",
)  # fmt: skip
WORKERS: Final = Option[int | None](
    "workers", whole_number(1, 4096), None, "Number of processes on this machine.", _RUN_CAMPAIGN, form="N",
    otherwise="one for each core",
)  # fmt: skip
SCHEDULER: Final = Option[str | None](
    "scheduler", str, None, "Address of a Dask scheduler whose workers fly the runs, such as tcp://HOST:8786.",
    _RUN_CAMPAIGN, form="ADDRESS", otherwise="a scheduler of its own, on loopback",
)  # fmt: skip

CAMPAIGN: Final = tuple(rows_of(globals()).values())
"""In the order of the help."""
