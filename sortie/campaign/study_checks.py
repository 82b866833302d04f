"""Checks of a study file, and the texts of the files that it names: plans, code, a fleet, other aircraft."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Final

from msgspec import Struct

from autopilot.mission.fence import parse_fence
from autopilot.mission.plan import Plan, parse_plan
from autopilot.vehicles.kinds import KINDS
from sortie.api.begin import standing_at
from sortie.campaign import own_code
from sortie.campaign.formulas import Formula, FormulaError, parse_formula
from sortie.campaign.plan_changes import complaint
from sortie.campaign.sampling import SEARCH, Value, check_method, grid_size, names_of
from sortie.campaign.signals import COUNTS, NUMBERS, STEP_MS, TEXTS, Array, at_boot
from sortie.campaign.study_file import FleetOf, StudyFile
from sortie.campaign.templates import PLACE, check_places, put
from sortie.config.errors import UserError, nearest
from sortie.config.files import named_path, text_of
from sortie.config.fleet_file import Layout, read_fleet
from sortie.config.formation import FORMATIONS
from sortie.config.installed import installed
from sortie.config.settings import FIRMWARES, STRATEGIES
from sortie.config.traffic import read_model, read_sky
from sortie.config.values import parse_vehicle
from sortie.config.vehicle_spec import VehicleSpec
from sortie.config.words import counted
from sortie.nodes.plan_file import read_plan

_NAME: Final = re.compile(r"[A-Za-z_]\w*")


class NamedTexts(Struct, frozen=True):
    """Texts of the files that a study names; see `sortie.campaign.study.Study`."""

    plans: dict[str, str]
    code: str
    fleet_file: str
    own_plans: list[str]
    traffic: str
    pairs: str


def check_words(file: StudyFile) -> None:
    """Raise UserError for an error in the file itself."""
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


def texts_of(file: StudyFile, folder: Path) -> NamedTexts:
    """Read the files that the study names, relative to `folder`; UserError if they do not fit it."""
    plans = {name: _plan_text(folder / named_path(name)) for name in named_plans(file)}
    code = _code_text(file, folder)
    _check_judges(file)
    _check_changes(file, plans)
    _check_containment(file, plans)
    fleet_file, own = ("", []) if file.fleet is None else _fleet(file, file.fleet, folder)
    plans |= {str(plan_file): _plan_text(plan_file) for plan_file in own if plan_file is not None}
    own_plans = ["" if plan_file is None else str(plan_file) for plan_file in own]
    return NamedTexts(plans, code, fleet_file, own_plans, *_traffic_texts(file, folder))


@lru_cache(maxsize=64)
def parsed_plan(text: str, name: str) -> Plan:
    return parse_plan(text.encode("utf-8"), name)


@lru_cache(maxsize=64)
def parsed_formula(text: str) -> Formula:
    return parse_formula(text, NUMBERS, TEXTS, COUNTS)


def robustness(formula: Formula, signals: Mapping[str, Array], _given: Mapping[str, Value]) -> float:
    return formula.robustness(signals, STEP_MS / 1000.0)


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


def run_count(file: StudyFile, runs: int | None) -> int:
    size = grid_size(file.vary) if file.sample.method == "grid" else None
    wished = runs or file.sample.runs or size
    if wished is None:
        raise UserError(f"sample.runs: the sample {file.sample.method} needs a number of runs")
    if size is not None and wished > size:
        raise UserError(f"sample.runs: the grid has {size} runs, not {wished}; leave it out to fly them all")
    return wished


def named_plans(file: StudyFile) -> list[str]:
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
    names |= {f"judge.{name}": own_code.function_of(text) for name, text in file.judge.items()}
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


def _check_judges(file: StudyFile) -> None:
    if not file.judge:
        raise UserError('judge: has no formula; expected such as low = "always(height < 30)"')
    for name, text in file.judge.items():
        try:
            if own_code.function_of(text) is None:
                _check_modes(parsed_formula(text), file)
                if not isfinite(robustness(parsed_formula(text), at_boot(), {})):
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
        fence = parse_fence(parsed_plan(text, name).fence)
        if not any([zone.inclusion for zone in fence.polygons] + [zone.inclusion for zone in fence.circles]):
            raise UserError(
                f"containment: {name} has no inclusion fence; draw one in the plan: it is the edge of the "
                "operational volume"
            )
    names = {re.split("[=@#]", strike.fault)[0] for strike in file.strikes}
    for name in file.containment.rates:
        if name not in names and not any(PLACE.search(varied) for varied in names):
            raise UserError(f"containment.rates: '{name}' is not a fault of the study{nearest(name, names)}")


def _check_changes(file: StudyFile, plans: Mapping[str, str]) -> None:
    for change in file.change:
        for name, text in plans.items():
            items = parsed_plan(text, name).items
            if change.item > len(items):
                raise UserError(f"change: item {change.item}: {name} has {counted(len(items), 'item')}")
            if bad := complaint(items[change.item - 1], change.given()):
                raise UserError(f"change: item {change.item} of {name} {bad}")
