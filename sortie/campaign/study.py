"""Checked study: what is flown, what varies, how it is judged.

`{wind}` in a parameter, a fault, the home, the plan's name, the radio or a change of the plan stands for the input
`wind` of [vary]. The texts of plans and code are part of the study, so a folder of results can be flown again without
the original files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from autopilot.mission.plan import Plan
from autopilot.parameters.parameters import Parameters
from sortie.api.begin import spec_of
from sortie.assembly.vehicle import stand
from sortie.campaign import own_code
from sortie.campaign.plan_changes import Change, rebuilt
from sortie.campaign.sampling import SEARCH, SPREAD, Value, at_rest, extremes, inputs, seed_of_run, written
from sortie.campaign.study_checks import (
    check_words,
    named_plans,
    parsed_formula,
    parsed_plan,
    robustness,
    run_count,
    texts_of,
)
from sortie.campaign.study_file import StudyFile, check_numbers, converted_study
from sortie.campaign.templates import PLACE, number_of, put
from sortie.config.errors import UserError
from sortie.config.files import text_of
from sortie.config.fleet_file import Layout, counted_fleet, parse_fleet
from sortie.config.installed import parameter_set
from sortie.config.parameters import given_parameters
from sortie.config.settings import FIRMWARES
from sortie.config.tables import parse_toml
from sortie.config.traffic import parse_traffic
from sortie.config.vehicle_spec import VehicleSpec
from sortie.logs.run_log import LOGGER
from sortie.nodes.plan_file import check_plan, start_of

_SEEDS: Final = 1 << 32
"""Upper limit of a seed; the seeds of a fleet's vehicles are made of one below it."""


class PlannedRun(Struct, frozen=True):
    """Run with all inputs applied. `spec`: its vehicle, or the common part of a fleet's; parameters are checked by the
    vehicle. `spacing_m`: of a fleet."""

    spec: VehicleSpec
    plan: Plan
    spacing_m: float = 0.0


class Study(Struct, frozen=True):
    """Checked study with all texts that it needs.

    `plans`: texts by their names in the study; `code`: text of its Python. `first`: number that run 0 has in the
    original study, for the seeds. `only`: remaining plan items; empty: all. `fleet_file`: text of the fleet file;
    `own_plans`: name of each vehicle's own plan, or "". `name`: name of its file, for people. `traffic`: text of the
    file of other aircraft; `pairs`: of the network that it names.
    """

    file: StudyFile = field(name="said")
    plans: dict[str, str]
    code: str
    runs: int
    first: int = 0
    only: list[int] = []
    fleet_file: str = ""
    own_plans: list[str] = []
    name: str = ""
    traffic: str = ""
    pairs: str = ""

    @classmethod
    def read(cls, path: Path | str, runs: int | None = None) -> Study:
        """Read a study file; `runs` replaces the file's number. UserError in one line: file, key, what is expected."""
        path = Path(path)
        table = parse_toml(text_of(path, path, "`sortie campaign init` writes a study to start from"), str(path))
        try:
            check_numbers(table)
            return _checked(converted_study(table, path.parent), path, runs)
        except UserError as error:
            raise UserError(f"{path}: {error.worded(error.option)}") from error

    def plan(self, given: Mapping[str, Value]) -> Plan:
        """Return the plan with these inputs. UserError when a change makes it invalid."""
        name = put(self.file.plan, given)
        plan = parsed_plan(self.plans[name], name)
        if not self.file.change and not self.only:
            return plan
        plan = rebuilt(plan, [(change.item, self._values(change, given)) for change in self.file.change], self.only)
        check_plan(plan, Path(name))
        return plan

    def plan_of(self, number: int, plan: Plan) -> Plan:
        """Return the plan of a fleet's vehicle: its own, or else `plan`."""
        name = self.own_plans[number] if self.own_plans else ""
        return parsed_plan(self.plans[name], name) if name else plan

    @staticmethod
    def _values(change: Change, given: Mapping[str, Value]) -> dict[str, float]:
        return {
            key: number_of(f"change of item {change.item}: {key}", put(value, given))
            for key, value in change.given().items()
        }

    def judges(self) -> dict[str, own_code.JudgeFunction]:
        """Return the judges by name, in the order of the file."""
        return {name: self._judge(text) for name, text in self.file.judge.items()}

    def signals_of(self, judge: str) -> frozenset[str]:
        """Return the signals that a judge reads; empty for one in Python."""
        text = self.file.judge[judge]
        return frozenset() if own_code.function_of(text) is not None else parsed_formula(text).signals

    def _judge(self, text: str) -> own_code.JudgeFunction:
        word = own_code.function_of(text)
        if word is not None:
            return own_code.judge_of(self.file.code or "", self.code, word)
        return partial(robustness, parsed_formula(text))

    def inputs(self) -> list[dict[str, Value]]:
        """Return the inputs of all runs. UserError for a search, whose inputs depend on earlier results."""
        return list(self.spread())

    def spread(self) -> Iterator[dict[str, Value]]:
        """Yield the inputs of each run of a spread sample."""
        if self.file.sample.method == SEARCH:
            raise UserError("sample.method: what a search flies is known when the runs before it have been flown")
        return inputs(self.file.vary, self.file.sample.method, self.file.sample.seed, self.runs)

    @property
    def plan_names(self) -> str:
        """Names of its plans for people; of many the first two: `hill.plan, square.plan and 3 more`."""
        names = [Path(name).name for name in named_plans(self.file)]
        if len(names) <= 3:
            return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        return f"{names[0]}, {names[1]} and {len(names) - 2} more"

    def seed(self, run: int) -> int:
        return seed_of_run(self.file.sample.seed, self.first + run)

    def planned(self, run: int, given: Mapping[str, Value]) -> PlannedRun:
        """Return the run with these inputs. UserError for an input that is not valid at its place."""
        file, plan = self.file, self.plan(given)
        sky = None if file.traffic is None else parse_traffic(self.traffic, f"traffic {file.traffic}", self.pairs)
        values = {name: number_of(f"params.{name}", put(value, given)) for name, value in file.params.items()}
        spec = spec_of(
            file.vehicle,
            "a campaign",
            home=start_of(plan) if file.home is None else put(file.home, given),
            seed=self.seed(run),
            params=values,
            faults=self.struck(given),
            firmware=file.firmware or FIRMWARES[0],
            radio=None if file.radio is None else put(file.radio, given) or None,
            traffic=sky,
            strategy=file.strategy,
        )
        spacing_m = 0.0 if file.fleet is None else number_of("fleet.spacing", put(file.fleet.spacing, given))
        return PlannedRun(spec, plan, spacing_m)

    def fleet_of(self, planned: PlannedRun) -> list[VehicleSpec]:
        fleet = self.file.fleet
        assert fleet is not None
        base = replace(planned.spec, seed=planned.spec.seed % _SEEDS)
        layout = Layout(fleet.formation, planned.spacing_m)
        if fleet.count is not None:
            return counted_fleet(fleet.count, base, layout)
        return parse_fleet(self.fleet_file, Path(), "fleet.file", base, layout)

    def struck(self, given: Mapping[str, Value]) -> list[str]:
        """Return the faults of a run with these inputs."""
        found = []
        for strike in self.file.strikes:
            text = put(strike.fault, given)
            if text and number_of(f"faults: when of {strike.fault}", put(strike.when, given)):
                found.append(text)
        return found


# --- checks -----------------------------------------------------------------------------------------------------------
def _checked(file: StudyFile, path: Path, runs: int | None) -> Study:
    check_words(file)
    texts, number = texts_of(file, path.parent), run_count(file, runs)
    own, sky = texts.own_plans, texts.traffic
    study = Study(file, texts.plans, texts.code, number, 0, [], texts.fleet_file, own, path.stem, sky, texts.pairs)
    given = next(study.spread()) if file.sample.method in SPREAD else at_rest(file.vary)
    for name, value in extremes(file.vary, file.sample.method, file.sample.seed, study.runs):
        other = file.vary[name].put(name, value)
        try:
            _check_flyable(study, given | other)
        except UserError as error:
            shown = ", ".join(f"{given_name} {written(value)}" for given_name, value in other.items())
            endless = file.vary[name].kind in ("normal", "lognormal") and file.vary[name].within is None
            cure = "; within = [LEAST, MOST] cuts its tails off" if endless else ""
            raise UserError(f"vary.{name}: with {shown}: {error.worded(error.option)}{cure}") from error
    _check_flyable(study, given)
    return study


def _check_flyable(study: Study, given: Mapping[str, Value]) -> None:
    """Raise UserError when something is invalid with these inputs."""
    planned = study.planned(0, given)
    spec = planned.spec
    params, _ = given_parameters(spec.param, spec.kind, spec.firmware, theirs=spec.flown_by is not None)
    _check_ranges(study.file, params, spec.kind)
    stand([spec], LOGGER.warning)
    if study.file.fleet is not None and not planned.spacing_m > 0.0:
        raise UserError(f"fleet.spacing: expected metres above 0, not {planned.spacing_m:g}")


def _check_ranges(file: StudyFile, params: Mapping[str, float], frame: str) -> None:
    """Raise UserError for a parameter that would not take its value, and for a drawn value outside its range. A person
    may write an unusual value, but a range must be meaningful."""
    table = Parameters(parameter_set(frame))
    drawn = {name.upper() for name, value in file.params.items() if PLACE.search(str(value))}
    for name, value in params.items():
        if name not in table:  # a parameter of a firmware
            continue
        outcome, row = table.set(name, value), table.definition(name)
        if not outcome.accepted:
            raise UserError(f"params.{outcome.warning}")
        if name in drawn and row.is_beyond(value):
            allowed = "the known values" if row.minimum is None and row.maximum is None else row.range_text
            raise UserError(f"params.{name} {value:g}: not in {allowed}")
