"""Test descriptions of Aerialist (YAML), as used in the UAV testing competition of SBFT and ICST.

Source: github.com/skhatiri/Aerialist (README, samples/tests). `x` is north and `y` east of home, for the centre of a
box. `l` is its length along x before a rotation by `r` degrees from north to east, `w` that along y. Files are searched
in the working directory, the test's folder and its parent. Keys about Aerialist's own execution (port, speed, headless,
agent) are ignored.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from autopilot.interface.earth import is_place
from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from sitl.world.obstacles import Cylinder, Obstacle, Obstacles
from sortie.config.errors import UserError, nearest, pip_install
from sortie.config.files import text_of
from sortie.config.obstacles import box_prism
from sortie.config.tables import complaint

_LARGEST_FILE: Final = 256 << 10
_DEEPEST: Final = 20
_ALIKE: Final = 0.8  # similarity of 1: `obstacle` is `obstacles`, but `params` is not `port`
_TREE_M: Final = 0.5
_TALL_M: Final = 10.0
_ROW: Final = 7  # numbers of a box: l, w, h, x, y, z, r
_PLANNER: Final = ("ros", "avoidance")
Metres = Annotated[float, Meta(ge=-1e6, le=1e6)]
Size = Annotated[float, Meta(gt=0.0, le=10_000.0)]
Stick = Annotated[float, Meta(ge=-1.0, le=1.0)]


class SizeTable(Struct, frozen=True):
    """Length, width and height of a box, m."""

    l: Size = 1.0  # noqa: E741  # its name in the file
    w: Size = 1.0
    h: Size = _TALL_M


class PositionTable(Struct, frozen=True):
    """Position of a box, m; `r` (or `angle`): degrees."""

    x: Metres
    y: Metres
    z: Metres = 0.0
    r: Metres = 0.0
    angle: Metres | None = None


class ObstacleTable(Struct, frozen=True):
    """Obstacle: a box, a tree or an apartment."""

    position: PositionTable
    size: SizeTable = SizeTable()
    shape: Literal["BOX", "box", "TREE", "tree", "APARTMENT", "apartment"] = "BOX"


class DroneTable(Struct, frozen=True):
    """Vehicle: PX4's parameters and the mission."""

    port: int | str | None = None
    params: dict[str, float] | None = None
    params_file: str | None = None
    mission_file: str | None = None


class SimulationTable(Struct, frozen=True):
    """World of the test. `home_position`: latitude and longitude, degrees, and altitude, m AMSL."""

    simulator: str | None = None
    obstacles: Annotated[list[ObstacleTable | Metres], Meta(max_length=7_000)] | None = None
    home_position: tuple[float, float, float] | None = None


class TimedStep(Struct, frozen=True):
    """Command at a time, us since the start: a mode of PX4 (`mode`), or sticks (100)."""

    timestamp: Annotated[float, Meta(ge=0.0, le=1e11)] = 0.0
    mode: int = 100
    x: Stick = 0.0
    y: Stick = 0.0
    z: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.5
    r: Stick = 0.0


class StepsTable(Struct, frozen=True):
    commands: Annotated[list[TimedStep], Meta(max_length=100_000)] | None = None
    commands_file: str | None = None


class AssertionTable(Struct, frozen=True):
    """Expected flight: a log."""

    log_file: str | None = None


class TestFile(Struct, frozen=True):
    """Contents of a file; newer ones use `robot` and `mission`."""

    drone: DroneTable | None = None
    robot: DroneTable | None = None
    simulation: SimulationTable | None = None
    test: StepsTable | None = None
    mission: StepsTable | None = None
    assertion: AssertionTable | None = None


_STEPS_KEYS: Final = (*StepsTable.__struct_fields__, "speed")
_DRONE_KEYS: Final = DroneTable.__struct_fields__
# Keys of each section, with those of Aerialist that resemble ours.
_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "drone": _DRONE_KEYS,
    "robot": _DRONE_KEYS,
    "simulation": (*SimulationTable.__struct_fields__, "speed", "headless"),
    "test": _STEPS_KEYS,
    "mission": _STEPS_KEYS,
    "assertion": (*AssertionTable.__struct_fields__, "variable"),
}


@dataclass(frozen=True, slots=True)
class AerialistTest:
    """Parsed test. `avoids`: a planner avoids obstacles (simulator or port "ros"). `expected`: log of the expected
    flight. `home` None: the plan's."""

    plan: Path
    params: dict[str, float]
    obstacles: Obstacles
    steps: tuple[TimedStep, ...]
    avoids: bool
    home: GeoPoint | None
    expected: Path | None


def read_aerialist(path: Path) -> AerialistTest:
    """Read a test. UserError in one line: the key and its possible values."""
    file = _parsed(path)
    drone, world = file.drone or file.robot, file.simulation or SimulationTable()
    if drone is None or drone.mission_file is None:
        raise UserError(f"{path}: drone: expected a mission_file")
    steps = file.test or file.mission or StepsTable()
    home = world.home_position
    if home is not None and not is_place(*home):
        raise UserError(f"{path}: simulation.home_position: expected a latitude, a longitude and a height")
    log = None if file.assertion is None else file.assertion.log_file
    return AerialistTest(
        _found(path, drone.mission_file, "drone.mission_file"),
        _params(path, drone.params_file) | (drone.params or {}),
        Obstacles(_obstacles(path, world.obstacles or [])),
        tuple(steps.commands or _steps(path, steps.commands_file)),
        bool({str(drone.port), str(world.simulator)} & set(_PLANNER)) or drone.port == 14541,
        None if home is None else GeoPoint(*home),
        None if log is None else _found(path, log, "assertion.log_file"),
    )


def _parsed(path: Path) -> TestFile:
    if find_spec("yaml") is None:
        raise UserError(f"sortie aerialist needs yaml: {pip_install('aerialist')}")
    import yaml

    hint = "expected a test description of Aerialist"
    text = text_of(path, path, hint, _LARGEST_FILE)
    try:
        depth = 0
        for event in yaml.parse(text, yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):  # a few lines of aliases may expand to gigabytes
                raise UserError(f"{path}: expected no aliases (*name)")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise UserError(f"{path}: expected a test description, not {depth} brackets in each other")
        document = yaml.safe_load(text)
        test = msgspec.convert(document, TestFile)
    except yaml.YAMLError as error:
        raise UserError(f"{path}: {_place(error)}expected YAML") from error
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: {complaint(error, None, float | int)}") from None
    except (RecursionError, ValueError) as error:
        raise UserError(f"{path}: expected a test description of Aerialist") from error
    _check_spelling(path, document)
    return test


def _check_spelling(path: Path, document: dict[str, Any]) -> None:
    """Raise UserError for a key that is similar to one of ours, because without its obstacles every test would pass.
    Other keys belong to Aerialist."""
    for place, own, known in (
        (str(path), document, (*_KEYS, "agent")),
        *((f"{path}: {name}", document.get(name) or {}, keys) for name, keys in _KEYS.items()),
    ):
        for key in own:
            if key not in known and (hint := nearest(str(key), known, cutoff=_ALIKE)):
                raise UserError(f"{place}: unknown key {str(key)!r}{hint}")


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f"line {mark.line + 1}: {getattr(error, 'problem', None) or 'wrong'}; "


def _found(test: Path, name: str, key: str) -> Path:
    folders = (Path(), test.parent, test.parent.parent)
    try:
        found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    except (OSError, ValueError) as error:
        raise UserError(f"{test}: {key}: {name[:80]!r} is no name of a file") from error
    if found is None:
        raise UserError(f"{test}: {key}: there is no {name[:80]} here, beside the test or one folder above")
    return found


def _obstacles(path: Path, entries: Sequence[ObstacleTable | float]) -> list[Obstacle]:
    rows = [value for value in entries if isinstance(value, float)]
    if len(rows) % _ROW:
        raise UserError(
            f"{path}: simulation.obstacles: expected l, w, h, x, y, z, r of each, found {len(rows)} numbers"
        )
    flat = (rows[at : at + _ROW] for at in range(0, len(rows), _ROW))
    tables = [value for value in entries if isinstance(value, ObstacleTable)]
    if any(size <= 0.0 for at in range(0, len(rows), _ROW) for size in rows[at : at + 3]):
        raise UserError(f"{path}: simulation.obstacles: expected sizes above 0")
    tables += [ObstacleTable(PositionTable(*row[3:]), SizeTable(*row[:3])) for row in flat]
    return [_obstacle(table, f"obstacle {number}") for number, table in enumerate(tables, 1)]


def _obstacle(table: ObstacleTable, name: str) -> Obstacle:
    at, size = table.position, table.size
    if table.shape.upper() == "TREE":
        return Cylinder(name, (at.x, at.y), _TREE_M, at.z, at.z + size.h)
    turned = at.r if at.angle is None else at.angle
    return box_prism(name, (at.x, at.y), (size.l, size.w), turned, (at.z, at.z + size.h))


def _rows(test: Path, name: str, key: str) -> list[list[str]]:
    file = _found(test, name, key)
    hint = "expected a CSV table"
    lines = text_of(file, file, hint, _LARGEST_FILE).splitlines()
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines) if row]
    except csv.Error as error:
        raise UserError(f"{file}: {hint}") from error


def _params(test: Path, name: str | None) -> dict[str, float]:
    found: dict[str, float] = {}
    for number, row in enumerate([] if name is None else _rows(test, name, "drone.params_file"), 1):
        try:
            found[row[0]] = float(row[1])
        except (IndexError, ValueError) as error:
            raise UserError(f"{name}: line {number}: expected NAME,VALUE") from error
    return found


def _steps(test: Path, name: str | None) -> list[TimedStep]:
    if name is None:
        return [TimedStep(mode=3)]
    header, *rows = _rows(test, name, "test.commands_file") or [[]]
    try:
        steps: list[dict[str, Any]] = [dict(zip(header, map(float, row), strict=True)) for row in rows]
        return msgspec.convert(steps, list[TimedStep], strict=False)
    except ValueError as error:
        raise UserError(f"{name}: expected columns timestamp,mode,x,y,z,r of numbers") from error
