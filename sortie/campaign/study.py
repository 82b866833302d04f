"""The file of a study: what is flown, what varies, how it is judged.

`{wind}` in a parameter, a fault, the home or the vehicle stands for the input `wind` of [vary]. The text of the plan
becomes part of the study, so that a folder of results can be flown again without the files it was made from.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from autopilot.mission.plan import Plan, parse_plan
from sortie.api.begin import checked_params, standing_at
from sortie.campaign.formulas import Formula, FormulaError, parse_formula
from sortie.campaign.sampling import Value, Vary, check_method, grid_size, inputs, seed_of_run
from sortie.campaign.signals import NUMBERS, TEXTS
from sortie.config.errors import UserError, nearest
from sortie.config.values import parse_vehicle
from sortie.nodes.build import make_vehicle, parse_faults
from sortie.nodes.plan_file import read_plan

EXAMPLE: Final = """\
# A study for `sortie campaign run FILE --out DIR`.
plan = "mission.plan"                        # from this file's folder
vehicle = "sim:copter"
limit_s = 900                                # vehicle time after which a flight is ended
faults = ["gps.loss@{gps_at}"]               # as --fault has them; {name} is an input of [vary]
# home = "-35.363261,149.165230,584,353"     # else the plan's

[params]                                     # as --param has them
SIM_WIND_SPD = "{wind}"                      # m/s

[vary]                                       # uniform, normal, lognormal, choice or grid
wind = { uniform = [0, 12] }
gps_at = { uniform = [20, 120] }             # s since boot

[sample]
method = "lhs"                               # random, lhs (Latin hypercube), sobol or grid
runs = 100                                   # of a grid: all of it
seed = 1

[judge]                                      # each holds at 0 or above
low = "always(height < 30)"
comes_down = "eventually(time > 10 and landed > 0)"
stays_near = "always(plan_distance < 20)"
"""

S = TypeVar("S", bound=Struct)
Count = Annotated[int, Meta(ge=1, le=10_000_000)]
_PLACE = re.compile(r"\{(\w*)\}")
_NAME = re.compile(r"[A-Za-z_]\w*")


class Sample(Struct, frozen=True, forbid_unknown_fields=True):
    """How the runs are spread. `runs`: None for all of a grid."""

    method: str = "random"
    runs: Count | None = None
    seed: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)] = 0


class Said(Struct, frozen=True, forbid_unknown_fields=True):
    """A file as it is written; see `EXAMPLE`."""

    plan: str
    judge: dict[str, str]
    vehicle: str = "sim:copter"
    home: str | None = None
    limit_s: Annotated[float, Meta(gt=0.0, le=86_400.0)] = 900.0
    faults: list[str] = []
    params: dict[str, Value] = {}
    vary: dict[str, Vary] = {}
    sample: Sample = Sample()


class Wanted(Struct, frozen=True):
    """What one run flies, all inputs in their places."""

    vehicle: str
    home: str | None
    seed: int
    params: dict[str, float]
    faults: list[str]


class Study(Struct, frozen=True):
    """A study that has been checked. `plan_name`: the plan's file, `plan_text` what is in it."""

    said: Said
    plan_name: str
    plan_text: str
    runs: int

    @classmethod
    def read(cls, path: Path | str, runs: int | None = None) -> Study:
        """The study in a file; `runs`: so many instead of the file's. UserError: one line with file, key and what would
        be right."""
        path = Path(path)
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}; `sortie campaign init` writes a study to start from") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: {error}") from error
        try:
            return _checked(_converted(said), path, runs)
        except UserError as error:
            raise UserError(f"{path}: {error.worded(error.option)}") from error

    def plan(self) -> Plan:
        """What is flown."""
        return parse_plan(self.plan_text.encode("utf-8"), self.plan_name)

    def judges(self) -> dict[str, Formula]:
        """By name, in the order of the file."""
        return {name: parse_formula(text, NUMBERS, TEXTS) for name, text in self.said.judge.items()}

    def inputs(self) -> list[dict[str, Value]]:
        """Of each run, in order of run number."""
        return inputs(self.said.vary, self.said.sample.method, self.said.sample.seed, self.runs)

    def wanted(self, run: int, given: dict[str, Value]) -> Wanted:
        """What a run flies. UserError where an input does not fit its place."""
        kind = parse_vehicle(self.said.vehicle).frame
        values = {name: _number(f"params.{name}", _put(value, given)) for name, value in self.said.params.items()}
        home = None if self.said.home is None else _put(self.said.home, given)
        struck = [text for text in (_put(fault, given) for fault in self.said.faults) if text]
        seed = seed_of_run(self.said.sample.seed, run)
        return Wanted(self.said.vehicle, home, seed, checked_params(values, kind), struck)


def _converted(said: dict[str, Any]) -> Said:
    vary = said.get("vary", {})
    if not isinstance(vary, dict):
        raise UserError("vary: expected a table of inputs, such as wind = { uniform = [0, 12] }")
    parts = {name: _part(one, Vary, f"vary.{name}") for name, one in vary.items()}
    whole = _part({key: value for key, value in said.items() if key != "vary"}, Said, "")
    return msgspec.structs.replace(whole, vary=parts)


def _part(said: object, kind: type[S], key: str) -> S:
    """A table as a struct. UserError with the key, and the name that was nearly right."""
    before = f"{key}: " if key else ""
    for name in said if isinstance(said, dict) else ():
        if name not in kind.__struct_fields__:
            known = ", ".join(kind.__struct_fields__)
            raise UserError(f"{before}unknown key '{name}'{nearest(name, kind.__struct_fields__)}; known are {known}")
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError as error:
        found = re.fullmatch(r"(.*) - at `\$\.?(.*)`", str(error))
        text = str(error) if found is None else f"{found[2]}: {found[1]}"
        text = text.replace("`", "")
        raise UserError(f"{before}{text}; `sortie campaign init` shows what may stand there") from None


def _checked(said: Said, path: Path, runs: int | None) -> Study:
    plan_path = path.parent / Path(said.plan).expanduser()
    read_plan(plan_path)
    method = said.sample.method
    if complaint := check_method(method):
        raise UserError(f"sample.method: {complaint}")
    for name, one in said.vary.items():
        complaint = "" if _NAME.fullmatch(name) else "a name is letters, digits and _"
        if complaint := complaint or one.complaint():
            raise UserError(f"vary.{name}: {complaint}")
    _check_places(said)
    if parse_vehicle(said.vehicle).kind != "sim":
        raise UserError(f"vehicle: a campaign flies the simulator, not '{said.vehicle}'; use sim:copter")
    if not said.judge:
        raise UserError('judge: holds no formula; expected such as low = "always(height < 30)"')
    for name, text in said.judge.items():
        try:
            parse_formula(text, NUMBERS, TEXTS)
        except FormulaError as error:
            raise UserError(f"judge.{name}: {error}") from None
    size = grid_size(said.vary) if method == "grid" else None
    wished = runs or said.sample.runs or size
    if wished is None:
        raise UserError(f"sample.runs: the sample {method} needs a number of runs")
    if size is not None and wished > size:
        raise UserError(f"sample.runs: the grid has {size} runs, not {wished}; leave it out to fly them all")
    study = Study(said, plan_path.name, plan_path.read_text(encoding="utf-8"), wished)
    wanted = study.wanted(0, study.inputs()[0])
    machine = make_vehicle(parse_vehicle(said.vehicle).frame, *standing_at(wanted.home), wanted.seed)
    parse_faults(wanted.faults, machine.fault_names())
    return study


def _check_places(said: Said) -> None:
    """Every {name} is an input, and every input has a place."""
    used: set[str] = set()
    for key, text in _templates(said):
        for name in _PLACE.findall(text):
            if name not in said.vary:
                raise UserError(f"{key}: {{{name}}} is no input of [vary]{nearest(name, said.vary)}")
            used.add(name)
    for name in said.vary:
        if name not in used:
            raise UserError(f"vary.{name}: nothing uses {{{name}}}; expected it in params, faults or home")


def _templates(said: Said) -> Iterator[tuple[str, str]]:
    """Key and text of each place where an input may stand."""
    if said.home is not None:
        yield "home", said.home
    for number, fault in enumerate(said.faults, 1):
        yield f"faults: {number}", fault
    for name, value in said.params.items():
        if isinstance(value, str):
            yield f"params.{name}", value


def _put(template: Value, given: dict[str, Value]) -> str:
    """The template with the inputs in their places."""
    return _PLACE.sub(lambda match: written(given[match[1]]), str(template))


def written(value: Value) -> str:
    """An input as a command line has it: no exponent, whatever its size."""
    return value if isinstance(value, str) else f"{value:.6f}".rstrip("0").rstrip(".")


def _number(key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"{key}: '{text}' is not a number") from None
