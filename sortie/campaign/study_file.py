"""Study file as a person writes it: its keys, and messages about mistakes."""

from __future__ import annotations

import csv
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from sortie.campaign.containment import Containment
from sortie.campaign.plan_changes import Change
from sortie.campaign.sampling import Distribution, Value, written
from sortie.config.errors import UserError, nearest
from sortie.config.files import named_path, text_of
from sortie.config.tables import complaint, values_in

EXAMPLE_PLAN: Final = "mission.plan"
"""Name of the plan in `EXAMPLE`."""
EXAMPLE: Final = Path(__file__).with_suffix(".toml").read_text("utf-8")

S = TypeVar("S", bound=Struct)
Count = Annotated[int, Meta(ge=1, le=10_000_000)]
LARGEST_FLEET: Final = 250
_OURS: Final = frozenset({"columns"})
"""Fields that reading a study fills, not the file."""


class SampleSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the sample. `runs` None: all of a grid. `budget_s`: real time after which no run begins, s. `judge`:
    the one that a search is for; None: all."""

    method: str = "random"
    runs: Count | None = None
    seed: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)] = 0
    budget_s: Annotated[float, Meta(gt=0.0)] | None = None
    judge: str | None = None


class StudyFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Fault that is active when `when` is not 0."""

    fault: str
    when: Value = 1.0


class FleetOf(Struct, frozen=True, forbid_unknown_fields=True):
    """Fleet of `count` vehicles, or of a file as for --fleet, `spacing` m apart. A vehicle without a plan flies that of
    the study, moved to its place."""

    count: Annotated[int, Meta(ge=2, le=LARGEST_FLEET)] | None = None
    file: str | None = None
    spacing: Value = 25.0
    formation: str = "grid"


class StudyFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Contents of a study file; see `EXAMPLE`. `firmware`: as --firmware, for `sim`; `strategy`: as --strategy, for a
    real firmware."""

    plan: str
    judge: dict[str, str]
    vehicle: str = "sim:copter"
    firmware: str | None = None
    strategy: str | None = None
    home: str | None = None
    radio: str | None = None
    traffic: str | None = None
    limit_s: Annotated[float, Meta(gt=0.0, le=86_400.0)] = 900.0
    code: str | None = None
    client: str | None = None
    executor: str | None = None
    faults: list[str | StudyFault] = []
    params: dict[str, Value] = {}
    fleet: FleetOf | None = None
    change: list[Change] = []
    vary: dict[str, Distribution] = {}
    sample: SampleSettings = SampleSettings()
    containment: Containment | None = None

    @property
    def strikes(self) -> list[StudyFault]:
        return [fault if isinstance(fault, StudyFault) else StudyFault(fault) for fault in self.faults]


def check_numbers(value: object) -> None:
    """Raise UserError with the key of a number that is infinite or NaN (impossible in JSON)."""
    for name, entry in values_in(value):
        if isinstance(entry, float) and not isfinite(entry):
            raise UserError(f"{name}: expected a finite number, not {entry}")


def converted_study(file: dict[str, Any], folder: Path) -> StudyFile:
    """Convert the contents of a TOML file, with tables from `folder`. UserError with the key and what is expected."""
    vary = file.get("vary", {})
    if not isinstance(vary, dict):
        raise UserError("vary: expected a table of inputs, such as wind = { uniform = [0, 12] }")
    parts = {
        name: _with_table(name, _part(entry, Distribution, f"vary.{name}"), folder) for name, entry in vary.items()
    }
    whole = _part({key: value for key, value in file.items() if key != "vary"}, StudyFile, "")
    return msgspec.structs.replace(whole, vary=parts)


def _part(value: object, kind: type[S], key: str) -> S:
    """Convert a table to a struct. UserError with the key and the nearest name."""
    before = f"{key}: " if key else ""
    fields = [field for field in kind.__struct_fields__ if field not in _OURS]
    for name in value if isinstance(value, dict) else ():
        if name not in fields:
            known = ", ".join(fields)
            raise UserError(f"{before}unknown key '{name}'{nearest(name, fields)}; known are {known}")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        text = complaint(error, value, str if "at `$.judge" in str(error) else str | float | int)
        raise UserError(f"{before}{text}; `sortie campaign init` writes an example with every key") from None


def _with_table(name: str, varied: Distribution, folder: Path) -> Distribution:
    """Add the columns of a table: numbers if all values of a column are."""
    if varied.table is None:
        return _of_one_type(varied)
    path = folder / named_path(varied.table)
    hint = "expected a CSV file whose head has names"
    text = text_of(path, f"vary.{name}: {path}", hint)
    try:
        reader = csv.reader(text.splitlines(keepends=True))
        (_, head), *rows = [(reader.line_num, row) for row in reader if row] or [(1, [])]
    except csv.Error as error:
        raise UserError(f"vary.{name}: {path}: {error}; {hint}") from error
    names = [column.strip() for column in head]
    for column in names:
        if names.count(column) > 1:
            raise UserError(f"vary.{name}: {path}: two columns are called '{column}'; expected each name once")
    for number, row in rows:
        if len(row) != len(names):
            raise UserError(f"vary.{name}: {path}: line {number} has {len(row)} values, the head {len(names)} names")
        if any("\0" in value for value in row):
            raise UserError(f"vary.{name}: {path}: line {number}: holds a NUL character; expected text without")
    columns = {column: _column([row[k] for _, row in rows]) for k, column in enumerate(names)}
    return msgspec.structs.replace(varied, columns=columns)


def _of_one_type(varied: Distribution) -> Distribution:
    """Make all values of a choice or grid texts if one of them is a text, as those of a column are."""
    if not varied.is_text(""):
        return varied
    values = {kind: list(map(written, getattr(varied, kind) or [])) or None for kind in ("choice", "grid")}
    nominal = None if varied.nominal is None else written(varied.nominal)
    return msgspec.structs.replace(varied, **values, nominal=nominal)


def _column(cells: list[str]) -> list[Value]:
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        return [cell.strip() for cell in cells]
