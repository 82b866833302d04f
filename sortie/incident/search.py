"""Search for a single change that avoids an incident: each change is flown with several seeds, and the best come
first."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from sortie.config.errors import UserError
from sortie.incident.happened import happened_in
from sortie.incident.reproduce import ReproducedIncident, fly
from sortie.incident.scenario import HappenedInFlight, Scenario
from sortie.runtime.workers import in_processes

CRITERIA: Final[Mapping[str, Callable[[HappenedInFlight], bool]]] = {
    "crash": lambda happened: happened.crashed,
    "failsafe": lambda happened: bool(happened.failsafes),
}
"""Ends to be avoided, by the word of --search."""
SEEDS: Final = 5
"""Flights of each change: the scenario's seed, then the following ones."""
AS_IT_WAS: Final = "no change"


class TriedChange(msgspec.Struct, frozen=True):
    """Result of a change. `happened`: number of its `flights` with the incident; `ended`: end of the first one."""

    change: str
    happened: int
    flights: int
    ended: str

    @property
    def avoids(self) -> bool:
        """True when it happened in none of the flights, and there were flights."""
        return self.happened == 0 and self.flights > 0


class FlownOnce(msgspec.Struct, frozen=True):
    """Flight of a change. `happened` None: it did not fly, for the reason in `words`."""

    happened: bool | None
    words: str


def search(found: ReproducedIncident, folder: Path, criterion: str, changes: tuple[str, ...]) -> list[TriedChange]:
    """Fly each change alone, beside the flight without changes; those with the fewest incidents come first, those that
    did not fly last. `changes`: NAME=VALUE; none: `usual_changes`."""
    if not CRITERIA[criterion](found.happened):
        raise UserError(f"no {criterion} happened in the flight again: there is nothing to avoid", 1)
    scenario = found.scenario
    named = {AS_IT_WAS: scenario}
    refused: list[TriedChange] = []
    for change in changes or usual_changes(scenario):
        try:
            named[change] = _changed(scenario, change)
        except UserError as error:
            refused.append(TriedChange(change, 0, 0, str(error)))
    seeds = 1 if scenario.source.in_our_world else SEEDS  # a real firmware needs a processor for a minute
    orders = [
        msgspec.structs.replace(order, seed=order.seed + more) for order in named.values() for more in range(seeds)
    ]
    flying = partial(fly_once, folder=folder, criterion=criterion)
    flown = in_processes(flying, orders, 1 if scenario.source.in_our_world else os.cpu_count() or 1)
    tried = [_judged(change, flown[seeds * number : seeds * (number + 1)]) for number, change in enumerate(named)]
    return sorted([*tried, *refused], key=lambda row: row.happened / row.flights if row.flights else 2.0)


def _changed(scenario: Scenario, change: str) -> Scenario:
    name, _, text = change.partition("=")
    return scenario.changed({name: text}) if text else scenario.changed({}, (name.removeprefix("without "),))


def _judged(change: str, flights: list[FlownOnce]) -> TriedChange:
    known = [flight for flight in flights if flight.happened is not None]
    return TriedChange(change, sum(flight.happened is True for flight in known), len(known), flights[0].words)


def fly_once(scenario: Scenario, folder: Path, criterion: str) -> FlownOnce:
    """Fly a scenario with its plan in `folder`, without keeping its log."""
    with tempfile.TemporaryDirectory() as name:
        try:
            happened = happened_in(fly(scenario, folder, Path(name) / "flown")[0])
        except UserError as error:
            return FlownOnce(None, str(error))
    modes = ", ".join(f"{mode} at {at_s:.1f} s" for at_s, mode in happened.modes)
    return FlownOnce(CRITERIA[criterion](happened), ("crashed; " if happened.crashed else "") + modes)


_USUAL: Final = {
    "ardupilot": (
        "WPNAV_SPEED/2", "WP_SPEED/2", "WPNAV_ACCEL=100", "ANGLE_MAX=2000", "FS_EKF_ACTION=2", "FS_EKF_THRESH=0.6",
        "FS_EKF_THRESH=1.0", "BATT_FS_LOW_ACT=1", "FS_THR_ENABLE=3", "FS_ACTION=2", "FS_LONG_ACTN=1",
        "FS_CRASH_CHECK=0", "RTL_ALT=1500", "FENCE_ENABLE=0",
    ),
    "px4": (
        "MPC_XY_CRUISE/2", "MPC_ACC_HOR=1.5", "MPC_TILTMAX_AIR=30", "COM_LOW_BAT_ACT=2", "NAV_DLL_ACT=2",
        "NAV_RCL_ACT=2", "RTL_RETURN_ALT=15", "GF_ACTION=0",
    ),
}  # fmt: skip
"""Changes by firmware: another value, or (/) a share of the current one."""


def usual_changes(scenario: Scenario) -> tuple[str, ...]:
    """Return usual single changes for this vehicle: without each fault, without wind, slower, lower, other
    failsafes."""
    changes = [f"without {name}" for name in dict.fromkeys(fault.name for fault in scenario.fault)]
    if scenario.wind or scenario.params.get("SIM_WIND_SPD"):
        changes.append("wind=0")
    served = scenario.defaults
    for usual in _USUAL[scenario.firmware]:
        name, slower, share = usual.partition("/")
        if name.partition("=")[0] not in served:
            continue
        before = scenario.params.get(name, served[name]) if slower else 0.0
        changes.append(f"{name}={before / float(share):g}" if slower else usual)
    return tuple(changes)
