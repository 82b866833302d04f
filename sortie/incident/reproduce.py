"""Reproduction of an incident: scenario from a log, flight of the scenario, comparison of both.

The scenario is flown several times. The first flight shows how much earlier our vehicle lifts off after arming, and
arming is delayed by that. Then drag and wind are fitted by flying (`sortie.incident.tuning`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from autopilot.interface.records import dataclass
from sortie.api.session import Session
from sortie.config.errors import UserError
from sortie.config.files import ELSEWHERE, make_folder, write_file
from sortie.config.values import VehicleSource
from sortie.incident.build import Built, build
from sortie.incident.conduct import conduct, read_flown, session_arguments
from sortie.incident.evidence import Evidence, read_evidence
from sortie.incident.happened import differences, happened_in, rests_from
from sortie.incident.scenario import PLAN, SCENARIO, HappenedInFlight, Origin, Scenario, write_scenario
from sortie.incident.signals import Basis
from sortie.incident.tuning import LETS_GO, OffTrack, fit_of, let_go, tuned
from sortie.reading.facts import FlightFacts
from sortie.reports.comparison import FlightComparison, Since, compared

FLOWN: Final = "flown"
CHANGED: Final = "changed"
"""Folders of the flights' logs."""
TEST: Final = "test_incident.py"
NEAR_M: Final = 5.0
_TOGETHER_S: Final = 0.02
_LEAST_ROOM: Final = 1 << 20
"""Least free space for a log, bytes."""


@dataclass(frozen=True, slots=True)
class ReproducedIncident:
    """Repeated incident. `near`: share of the flight within `NEAR_M` of the logged one. `missing`: events that did not
    happen again."""

    scenario: Scenario
    log: Evidence
    flown: Evidence
    happened: HappenedInFlight
    found: FlightComparison
    near: float
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    cause: str

    @property
    def same(self) -> bool:
        """True when the incident happened again: the same failsafes within a second, and the same end."""
        return not self.missing


def reproduce(log: Path, folder: Path, theirs: VehicleSource | None = None) -> tuple[Built, ReproducedIncident]:
    """Write the folder of an incident: scenario, plan, test, repeated flight. `theirs`: a firmware in our world that
    flies it after our vehicle has shown drag and wind. UserError."""
    found = read_evidence(log)
    if theirs is not None:
        _check_firmware(found, theirs)
    built = build(found, log)
    make_folder(folder, folder, ELSEWHERE)
    if built.plan is not None:
        write_file(folder / PLAN, built.plan, ELSEWHERE)
    scenario = msgspec.structs.replace(built.scenario, log=os.path.relpath(log, folder))
    if not found.ours and _rolls(scenario):
        scenario = _wheels(scenario, found, folder, built.origins)
    first = fly(scenario, folder, folder / FLOWN)
    again = happened_in(first[0])
    arm_s = 0.0 if found.ours else _armed_later(built.scenario.happened, again)
    scenario = msgspec.structs.replace(scenario, arm_s=arm_s)
    built.origins["arm_s"] = Origin("ours leaves the ground so much sooner after arming", Basis.FITTED)
    logged = dict(built.origins)
    if not found.ours and scenario.kind.flies and None not in (scenario.happened.liftoff_s, again.liftoff_s):
        scenario = _tuned(scenario, found, folder, built.origins)
    if theirs is not None:
        scenario = msgspec.structs.replace(with_its_own(scenario, built, logged), vehicle=str(theirs), arm_s=0.0)
        built.origins["vehicle"] = Origin(f"flown by {theirs.kind}, in Sortie's simulator")
        first = fly(scenario, folder, folder / FLOWN)
        scenario = msgspec.structs.replace(scenario, arm_s=_armed_later(scenario.happened, happened_in(first[0])))
    built.scenario = scenario
    write_file(folder / SCENARIO, write_scenario(scenario, built.origins), ELSEWHERE)
    write_file(folder / TEST, _test_of(scenario), ELSEWHERE)
    flown = first if scenario.arm_s == 0.0 else fly(scenario, folder, folder / FLOWN)
    return built, beside(scenario, found, *flown)


def _check_firmware(found: Evidence, theirs: VehicleSource) -> None:
    """Raise UserError when this firmware did not fly the log, or is not in our world."""
    needed = f"{found.firmware.name.lower()}:{found.kind}"
    if not theirs.in_our_world or f"{theirs.kind}:{theirs.frame}" != needed:
        raise UserError(f"for this log use {needed}=BINARY,world=ours", option="vehicle", given=str(theirs))


def with_its_own(scenario: Scenario, built: Built, logged: Mapping[str, Origin]) -> Scenario:
    """Return the scenario with the firmware's own parameters from the log, without those that were fitted for our
    vehicle."""
    own = [name for name in fit_of(scenario).params if not name.startswith("SIM_")]
    params = {name: value for name, value in scenario.params.items() if name not in own}
    for name in own:
        built.origins.pop(f"params.{name}", None)
        if name in built.scenario.params:
            params[name] = built.scenario.params[name]
            built.origins[f"params.{name}"] = logged[f"params.{name}"]
    return msgspec.structs.replace(scenario, params=params)


def _rolls(scenario: Scenario) -> bool:
    """Check whether it took off on wheels."""
    kind = scenario.kind
    return kind.has_stall_speed and not kind.hovers and scenario.happened.liftoff_s is not None


def _wheels(scenario: Scenario, found: Evidence, folder: Path, origins: dict[str, Origin]) -> Scenario:
    """Return the scenario with wheels that leave the ground where those of the log did."""
    fitted, rolled_m = let_go(scenario, found.facts, lambda tried: fly(tried, folder, folder / FLOWN)[0].facts)
    origins[f"params.{LETS_GO}"] = Origin(f"by flying it: it rolled {rolled_m:.0f} m until it climbed", Basis.FITTED)
    return fitted


def _tuned(scenario: Scenario, found: Evidence, folder: Path, origins: dict[str, Origin]) -> Scenario:
    """Return the scenario with the drag or air density, and the wind, that come closest to the log."""

    def facts(tried: Scenario) -> FlightFacts:
        return fly(tried, folder, folder / FLOWN)[0].facts

    after, before_m, after_m = tuned(scenario, OffTrack(found.facts, scenario, facts))
    words = f"by flying it: {before_m:.1f} m off the log's track before, {after_m:.1f} m after"
    for name in (*fit_of(scenario).params, "SIM_WIND_SPD", "SIM_WIND_DIR"):
        if after.params.get(name) != scenario.params.get(name):
            measured = origins.get(f"params.{name}")
            origins[f"params.{name}"] = Origin(f"{measured.words}, then {words}" if measured else words, Basis.FITTED)
    return after


def again(scenario: Scenario, folder: Path) -> ReproducedIncident:
    """Fly a scenario, possibly edited, and compare it with its log. UserError when that is missing."""
    return beside(scenario, read_evidence(folder / scenario.log), *fly(scenario, folder, folder / FLOWN))


def fly_changed(
    before: ReproducedIncident, folder: Path, changes: Mapping[str, str], without: Iterable[str] = ()
) -> ReproducedIncident:
    """Fly the scenario with changes and compare it with the flight without them."""
    scenario = before.scenario.changed(changes, without)
    flown, notes = fly(scenario, folder, folder / CHANGED)
    found = beside(scenario, before.log, flown, notes)
    since = found.found.since
    return replace(found, found=compared(before.flown.facts, flown.facts, within_m=NEAR_M, since=since))


def fly(scenario: Scenario, folder: Path, logs: Path) -> tuple[Evidence, tuple[str, ...]]:
    """Fly the scenario with its plan in `folder`, and read the log in the folder `logs`, which is made anew. Second:
    notes on refused commands."""
    shutil.rmtree(logs, ignore_errors=True)
    with Session(**session_arguments(scenario), log_dir=logs) as session:
        notes = conduct(session, scenario, folder)
    try:
        return read_flown(scenario, logs), notes
    except UserError as error:
        if shutil.disk_usage(logs).free < _LEAST_ROOM:
            raise UserError(f"{logs}: No space left on device; {ELSEWHERE}") from error
        why = f"; {'; '.join(notes)}" if notes else ""
        raise UserError(f"the scenario did not fly: {error}{why}", 1) from error


def _armed_later(log: HappenedInFlight, flown: HappenedInFlight) -> float:
    if log.liftoff_s is None or flown.liftoff_s is None:
        return 0.0
    later_s = round(log.liftoff_s - flown.liftoff_s, 2)
    return 0.0 if abs(later_s) < _TOGETHER_S else later_s


def beside(scenario: Scenario, log: Evidence, flown: Evidence, notes: tuple[str, ...]) -> ReproducedIncident:
    happened = happened_in(flown)
    flies = None not in (scenario.happened.liftoff_s, happened.liftoff_s) and not log.ours
    since = fit_of(scenario).since if flies else Since.ARMED
    found = compared(log.facts, flown.facts, within_m=NEAR_M, since=since)
    end_s = rests_from(log, scenario.happened) - _begins_s(scenario, since)
    inside = [metres for at_s, metres in found.distance if at_s <= end_s]
    near = sum(metres <= NEAR_M for metres in inside) / max(len(inside), 1)
    missing = tuple(differences(scenario.happened, happened))
    cause = _cause(scenario, found, since)
    return ReproducedIncident(scenario, log, flown, happened, found, near, missing, notes, cause)


def _begins_s(scenario: Scenario, since: Since) -> float:
    """Return this moment in the log, s since arming."""
    return 0.0 if since is Since.ARMED else scenario.happened.liftoff_s or 0.0


def _cause(scenario: Scenario, found: FlightComparison, since: Since) -> str:
    """Describe the probable cause of the first difference in a sentence."""
    if found.first_s is None:
        return "They agree."
    if found.cut_s is not None:
        return "They agree for as long as both last."
    at_s = found.first_s + _begins_s(scenario, since)
    before = [fault for fault in scenario.fault if fault.from_s <= at_s + 0.5]
    if before:
        fault = max(before, key=lambda fault: fault.from_s)
        return f"{fault.name} began {at_s - fault.from_s:.1f} s before: the simulator models its effect differently."
    deeds = [deed for deed in scenario.do if 0.0 < deed.at_s <= at_s + 0.5 and at_s - deed.at_s < 5.0]
    if deeds:
        deed = deeds[-1]
        what = deed.mode or (f"command {deed.command}" if deed.command is not None else "a parameter")
        return f"It follows {what} at {deed.at_s:.1f} s, which Sortie carries out differently."
    if not scenario.kind.flies:
        return "No fault, mode or command precedes it: likely how Sortie turns and brakes."
    if "SIM_WIND_SPD" not in scenario.params:
        return "No fault, mode or command precedes it: likely wind, which the log does not show."
    return "No fault, mode or command precedes it: likely gusts, or how Sortie turns and brakes."


def _test_of(scenario: Scenario) -> str:
    trouble = scenario.happened.trouble()
    told = trouble or "nothing that a failsafe or a crash would tell"
    return _TEST.format(log=Path(scenario.log).name, told=told) + (_SHOULD_NOT if trouble else "")


_TEST: Final = '''"""Incident of {log}: {told}.

scenario.toml says how it is flown, and where each line comes from; change it there.
"""

from pathlib import Path

import pytest

from sortie.incident import fly_again

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def flight(sortie_vehicles):
    return fly_again(HERE, sortie_vehicles)


def test_it_happens_again(flight):
    """The failsafes of the log within a second, and the same end."""
    assert flight.missing == []
'''
_SHOULD_NOT: Final = '''

def test_it_should_not_happen(flight):
    """Fails until a change of scenario.toml, or of the vehicle, keeps it from happening."""
    assert flight.failsafes == []
    assert not flight.crashed
'''
