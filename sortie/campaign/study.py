"""Checked study: what is flown, what varies, how it is judged.

`{wind}` in a parameter, a fault, the home, the plan's name, the radio or a change of the plan stands for the input
`wind` of [vary]. The texts of plans and code are part of the study, so a folder of results can be flown again without
the original files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from math import isfinite
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from autopilot.mission.fence import parse_fence
from autopilot.mission.plan import Plan, parse_plan
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import KINDS
from sortie.api.begin import spec_of, standing_at
from sortie.assembly.vehicle import stand
from sortie.campaign import own_code
from sortie.campaign.formulas import Formula, FormulaError, parse_formula
from sortie.campaign.plan_changes import Change, complaint, rebuilt
from sortie.campaign.sampling import (
    SEARCH,
    SPREAD,
    Value,
    at_rest,
    check_method,
    extremes,
    grid_size,
    inputs,
    names_of,
    seed_of_run,
)
from sortie.campaign.signals import COUNTS, NUMBERS, STEP_MS, TEXTS, Array, at_boot
from sortie.campaign.study_file import FleetOf, StudyFault, StudyFile, check_values, converted_study
from sortie.campaign.templates import PLACE, check_places, number_of, put, written
from sortie.config.errors import UserError, nearest
from sortie.config.faults import parse_fault
from sortie.config.files import named_path, text_of
from sortie.config.fleet_file import Layout, counted_fleet, parse_fleet, read_fleet
from sortie.config.formation import FORMATIONS
from sortie.config.installed import installed, parameter_set
from sortie.config.parameters import given_parameters
from sortie.config.settings import FIRMWARES, STRATEGIES
from sortie.config.tables import parse_toml
from sortie.config.traffic import parse_traffic, read_model, read_sky
from sortie.config.values import parse_vehicle
from sortie.config.vehicle_spec import VehicleSpec
from sortie.config.words import counted
from sortie.logs.run_log import LOGGER
from sortie.nodes.plan_file import check_plan, read_plan, start_of

_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_SEEDS: Final = 1 << 32
"""Upper limit of a seed; the seeds of a fleet's vehicles are made of one below it."""
Judge = Callable[[Mapping[str, Array], Mapping[str, Value]], float]
"""Signals and inputs in, robustness out."""


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
            check_values(table)
            return _checked(converted_study(table, path.parent), path, runs)
        except UserError as error:
            raise UserError(f"{path}: {error.worded(error.option)}") from error

    @property
    def fleet(self) -> FleetOf | None:
        """Fleet of the study; None: one vehicle."""
        return self.file.fleet

    def plan(self, given: Mapping[str, Value]) -> Plan:
        """Return the plan with these inputs. UserError when a change makes it invalid."""
        name = put(self.file.plan, given)
        plan = _parsed(self.plans[name], name)
        if not self.file.change and not self.only:
            return plan
        plan = rebuilt(plan, [(change.item, self._values(change, given)) for change in self.file.change], self.only)
        check_plan(plan, Path(name))
        return plan

    def plan_of(self, number: int, plan: Plan) -> Plan:
        """Return the plan of a fleet's vehicle: its own, or else `plan`."""
        name = self.own_plans[number] if self.own_plans else ""
        return _parsed(self.plans[name], name) if name else plan

    @staticmethod
    def _values(change: Change, given: Mapping[str, Value]) -> dict[str, float]:
        return {
            key: number_of(f"change of item {change.item}: {key}", put(value, given))
            for key, value in change.given().items()
        }

    def judges(self) -> dict[str, Judge]:
        """Return the judges by name, in the order of the file."""
        return {name: self._judge(text) for name, text in self.file.judge.items()}

    def signals_of(self, judge: str) -> frozenset[str]:
        """Return the signals that a judge reads; empty for one in Python."""
        text = self.file.judge[judge]
        return frozenset() if _is_own(text) else _formula(text).signals

    def _judge(self, text: str) -> Judge:
        if text.startswith(own_code.PREFIX):
            return own_code.judge_of(self.file.code or "", self.code, text[len(own_code.PREFIX) :])
        return partial(_robustness, _formula(text))

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
        names = [Path(name).name for name in _plan_names(self.file)]
        if len(names) <= 3:
            return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        return f"{names[0]}, {names[1]} and {len(names) - 2} more"

    def seed(self, run: int) -> int:
        """Return the seed of a run."""
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
            terrain=None,
            firmware=file.firmware or FIRMWARES[0],
            radio=None if file.radio is None else put(file.radio, given) or None,
            traffic=sky,
            strategy=file.strategy,
        )
        spacing_m = 0.0 if file.fleet is None else number_of("fleet.spacing", put(file.fleet.spacing, given))
        return PlannedRun(spec, plan, spacing_m)

    def fleet_of(self, planned: PlannedRun) -> list[VehicleSpec]:
        """Return the vehicles of a run's fleet."""
        assert self.fleet is not None
        base = replace(planned.spec, seed=planned.spec.seed % _SEEDS)
        layout = Layout(self.fleet.formation, planned.spacing_m)
        if self.fleet.count is not None:
            return counted_fleet(self.fleet.count, base, layout)
        return parse_fleet(self.fleet_file, Path(), "fleet.file", base, layout)

    def struck(self, given: Mapping[str, Value]) -> list[str]:
        """Return the faults of a run with these inputs."""
        found = []
        for fault in self.file.faults:
            strike = fault if isinstance(fault, StudyFault) else StudyFault(fault)
            text = put(strike.fault, given)
            if text and number_of(f"faults: when of {strike.fault}", put(strike.when, given)):
                found.append(text)
        return found


@lru_cache(maxsize=64)
def _parsed(text: str, name: str) -> Plan:
    return parse_plan(text.encode("utf-8"), name)


@lru_cache(maxsize=64)
def _formula(text: str) -> Formula:
    return parse_formula(text, NUMBERS, TEXTS, COUNTS)


def _robustness(formula: Formula, signals: Mapping[str, Array], _given: Mapping[str, Value]) -> float:
    return formula.robustness(signals, STEP_MS / 1000.0)


# --- checks -----------------------------------------------------------------------------------------------------------
def _checked(file: StudyFile, path: Path, runs: int | None) -> Study:
    _check_sample(file)
    check_places(file)
    source = parse_vehicle(file.vehicle)
    if source.kind != "sim" and not source.in_our_world:
        raise UserError(f"vehicle: a campaign flies the simulator, not '{file.vehicle}'; use sim:copter")
    for key, word, known in (("firmware", file.firmware, FIRMWARES), ("strategy", file.strategy, STRATEGIES)):
        if word is not None and word not in known:
            raise UserError(f"{key}: expected {' or '.join(known)}, not '{word}'{nearest(word, known)}")
    if file.strategy is not None and source.kind == "sim":
        raise UserError(f"strategy: it is for a real firmware; {file.vehicle} flies its plan itself")
    if file.firmware is not None and source.kind != "sim":
        raise UserError(f"firmware: it is for sim; {file.vehicle} presents its own")
    plans = {name: _plan_text(path.parent / named_path(name)) for name in _plan_names(file)}
    code = _code_text(file, path.parent)
    _check_judges(file)
    _check_changes(file, plans)
    _check_containment(file, plans)
    fleet_file, own = ("", []) if file.fleet is None else _fleet(file, file.fleet, path.parent)
    plans |= {str(plan_file): _plan_text(plan_file) for plan_file in own if plan_file is not None}
    own_plans = ["" if plan_file is None else str(plan_file) for plan_file in own]
    number, (sky, network) = _runs(file, runs), _traffic_texts(file, path.parent)
    study = Study(file, plans, code, number, 0, [], fleet_file, own_plans, path.stem, sky, network)
    given = study.inputs()[0] if file.sample.method in SPREAD else at_rest(file.vary)
    for name, value in extremes(file.vary, file.sample.method, file.sample.seed, study.runs):
        other = file.vary[name].put(name, value)
        try:
            _check_flyable(study, given | other)
        except UserError as error:
            shown = ", ".join(f"{given_name} {written(value)}" for given_name, value in other.items())
            raise UserError(f"vary.{name}: with {shown}: {error.worded(error.option)}{_cure(file, name)}") from error
    _check_flyable(study, given)
    return study


def _cure(file: StudyFile, name: str) -> str:
    """Return a hint for an unbounded distribution."""
    endless = file.vary[name].kind in ("normal", "lognormal") and file.vary[name].within is None
    return "; within = [LEAST, MOST] cuts its tails off" if endless else ""


def _check_flyable(study: Study, given: Mapping[str, Value]) -> None:
    """Raise UserError when something is invalid with these inputs."""
    planned = study.planned(0, given)
    params, _ = given_parameters(planned.spec.param, planned.spec.kind, theirs=planned.spec.flown_by is not None)
    _check_ranges(study.file, params, planned.spec.kind)
    stand([planned.spec], LOGGER.warning)
    if study.fleet is not None and not planned.spacing_m > 0.0:
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


def _check_sample(file: StudyFile) -> None:
    method = file.sample.method
    if bad := check_method(method):
        raise UserError(f"sample.method: {bad}")
    for name, varied in file.vary.items():
        bad = "" if all(map(_NAME.fullmatch, (name, *varied.columns))) else "a name is letters, digits and _"
        if bad := bad or varied.complaint():
            raise UserError(f"vary.{name}: {bad}")
    if len(names_of(file.vary)) < sum(len(varied.names(name)) for name, varied in file.vary.items()):
        raise UserError("vary: two inputs have one name; columns of a table are inputs too")
    if method == SEARCH and not file.vary:
        raise UserError("sample.method: a search needs inputs in [vary]")
    if file.sample.judge is not None and (method != SEARCH or file.sample.judge not in file.judge):
        known = nearest(file.sample.judge, file.judge)
        raise UserError(f"sample.judge: '{file.sample.judge}' is for a search, and one of [judge]{known}")


def _runs(file: StudyFile, runs: int | None) -> int:
    size = grid_size(file.vary) if file.sample.method == "grid" else None
    wished = runs or file.sample.runs or size
    if wished is None:
        raise UserError(f"sample.runs: the sample {file.sample.method} needs a number of runs")
    if size is not None and wished > size:
        raise UserError(f"sample.runs: the grid has {size} runs, not {wished}; leave it out to fly them all")
    return wished


def _plan_names(file: StudyFile) -> list[str]:
    """Return the names of all plans that the study may fly."""
    places = PLACE.findall(file.plan)
    if not places:
        return [file.plan]
    varied = names_of(file.vary)[places[0]]
    values = varied.columns.get(places[0]) if varied.table is not None else varied.listed
    if values is None or len(places) > 1:
        raise UserError("plan: only one input can choose it, with choice or grid")
    return sorted({put(file.plan, {places[0]: value}) for value in values})


def _plan_text(path: Path) -> str:
    read_plan(path)
    return text_of(path, path)


def _traffic_texts(file: StudyFile, folder: Path) -> tuple[str, str]:
    """Return the texts of the traffic file and of the network of pairs that it names. They are checked with the first
    run."""
    if file.traffic is None:
        return "", ""
    if file.fleet is not None:
        raise UserError("traffic: encounters are of one vehicle; leave out fleet")
    path = folder / named_path(file.traffic)
    text = read_sky(path, "traffic")
    return text, read_model(text, f"traffic {file.traffic}", path.parent)


def _code_text(file: StudyFile, folder: Path) -> str:
    """Return the text of the code. UserError when the file, or a function that the study names, is missing."""
    names = {"client": file.client, "executor": file.executor}
    names |= {f"judge.{name}": text[len(own_code.PREFIX) :] for name, text in file.judge.items() if _is_own(text)}
    if file.code is None:
        named = [key for key, word in names.items() if word is not None]
        if named:
            raise UserError(f'{named[0]}: names a function, but there is no code = "FILE.py"')
        return ""
    path = folder / named_path(file.code)
    text = text_of(path, f"code: {path}", "expected a file of Python")
    own_code.check_code(file.code, text)
    for key, word in names.items():
        if word is not None:
            try:
                own_code.client_of(file.code, text, word)
            except UserError as error:
                raise UserError(f"{key}: {error}") from error
    if file.fleet is not None and (file.client or file.executor):
        raise UserError("client: a fleet flies its plan; leave out client and executor")
    return text


def _fleet(file: StudyFile, fleet: FleetOf, folder: Path) -> tuple[str, list[Path | None]]:
    """Return the text of the fleet file, and the plan of each vehicle or None."""
    if fleet.formation not in FORMATIONS:
        raise UserError(f"fleet.formation: expected {' or '.join(FORMATIONS)}{nearest(fleet.formation, FORMATIONS)}")
    if (fleet.count is None) == (fleet.file is None):
        raise UserError('fleet: expected either count = 10 or file = "fleet.toml"')
    if fleet.file is None:
        return "", []
    path = folder / named_path(fleet.file)
    try:
        base = VehicleSpec(parse_vehicle(file.vehicle).frame, None, *standing_at(None), 0)
        vehicles = read_fleet(path, base, Layout())
    except UserError as error:
        raise UserError(f"fleet.file: {error.worded(error.option)}") from error
    for vehicle in vehicles:
        if vehicle.link or vehicle.terrain is not None:
            raise UserError("fleet.file: a campaign opens no links and has no terrain; leave links and terrain out")
    return text_of(path, path), [vehicle.plan for vehicle in vehicles]


def _is_own(text: str) -> bool:
    return text.startswith(own_code.PREFIX)


def _check_judges(file: StudyFile) -> None:
    if not file.judge:
        raise UserError('judge: has no formula; expected such as low = "always(height < 30)"')
    for name, text in file.judge.items():
        try:
            if not _is_own(text):
                _check_modes(_formula(text), file)
                if not isfinite(_robustness(_formula(text), at_boot(), {})):
                    raise FormulaError("divides by zero: at boot nothing moves, and no wind is felt yet")
        except FormulaError as error:
            raise UserError(f"judge.{name}: {error}") from None


def _check_modes(formula: Formula, file: StudyFile) -> None:
    """Raise FormulaError for an unknown mode. Own Python code may add modes."""
    if file.code is not None:
        return
    known = {spec.name for kind in KINDS.values() for spec in kind.modes.specs.values()}
    known |= {plan_file.what.spec.name for plan_file in installed().modes}
    for text in formula.texts:
        if text not in known:
            raise FormulaError(f"no mode '{text}'{nearest(text, known)}; known are {', '.join(sorted(known))}")


def _check_containment(file: StudyFile, plans: Mapping[str, str]) -> None:
    """Raise UserError for an operational volume without an edge, or the rate of a fault that the study does not
    have."""
    if file.containment is None:
        return
    if file.fleet is not None:
        raise UserError("containment: is of one vehicle; leave out fleet")
    for name, text in plans.items():
        fence = parse_fence(_parsed(text, name).fence)
        if not any([zone.inclusion for zone in fence.polygons] + [zone.inclusion for zone in fence.circles]):
            raise UserError(
                f"containment: {name} has no inclusion fence; draw one in the plan: it is the edge of the "
                "operational volume"
            )
    texts = [fault.fault if isinstance(fault, StudyFault) else fault for fault in file.faults]
    names = {parse_fault(PLACE.sub("0", text)).name for text in texts if not PLACE.fullmatch(text)}
    for name in file.containment.rates:
        if name not in names and not any(PLACE.match(text) for text in texts):
            raise UserError(f"containment.rates: '{name}' is not a fault of the study{nearest(name, names)}")


def _check_changes(file: StudyFile, plans: Mapping[str, str]) -> None:
    for change in file.change:
        for name, text in plans.items():
            items = _parsed(text, name).items
            if change.item > len(items):
                raise UserError(f"change: item {change.item}: {name} has {counted(len(items), 'item')}")
            if bad := complaint(items[change.item - 1], change.given()):
                raise UserError(f"change: item {change.item} of {name} {bad}")
