"""A suffix tells the truth: `_ms` is milliseconds, `_mps` metres per second; and the tick's length stands once."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.fakes.syntax import ROOT, nodes, product

TICK = "autopilot/interface/layout.py"
#: Words for how fast something is; with `_ms` they would say that it takes so long.
FAST = (
    "speed", "speeds", "wind", "gust", "climb", "sink", "airspeed", "groundspeed", "standing", "slow",
    "slowest", "fast", "fastest", "rest",
)  # fmt: skip
SPEED = re.compile(rf"(^|_)({'|'.join(FAST)})(_(max|min|limit|rate|mean|down|up|warn))*_ms$", re.I)
#: Keys of profiles that an earlier version had; the loader translates them.
OLD = ("sortie/loop/profile.py", "_RENAMED")


def names_of(node: ast.AST) -> Iterator[str]:
    """What an assignment, an argument, a function or a keyword names."""
    match node:
        case ast.Assign(targets=targets):
            for target in targets:
                yield from (one for part in ast.walk(target) for one in own_name(part))
        case ast.AnnAssign(target=target):
            yield from own_name(target)
        case ast.arg(arg=name) | ast.keyword(arg=str(name)) | ast.FunctionDef(name=name):
            yield name
        case ast.Dict(keys=keys):
            yield from (key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def own_name(node: ast.AST) -> Iterator[str]:
    """The last word of a target."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name


def part_of_a_millisecond(node: ast.AST) -> bool:
    """`..._MS = 0.2`: nothing here counts parts of a millisecond, so it is another unit."""
    match node:
        case ast.Assign(value=ast.Constant(value=float(value))) | ast.AnnAssign(value=ast.Constant(value=float(value))):
            return value % 1.0 != 0.0 and any(name.lower().endswith("_ms") for name in names_of(node))
    return False


def breaches(source: str, let: str | None = None) -> Iterator[int]:
    """The lines where `_ms` is no time. `let`: an assignment that may name such things."""
    lines = source.splitlines()
    free = {
        inner
        for node in nodes(source)
        if isinstance(node, ast.Assign | ast.AnnAssign) and let in names_of(node)
        for inner in ast.walk(node)
    }
    for node in nodes(source):
        if node in free:
            continue
        said = [name for name in names_of(node) if name.lower().endswith("_ms")]
        wrong = any(SPEED.search(name) for name in said) or part_of_a_millisecond(node)
        if isinstance(node, ast.FunctionDef):
            wrong = wrong or bool(said and "m/s" in (ast.get_docstring(node) or ""))
        elif said and isinstance(node, ast.Assign | ast.AnnAssign | ast.arg):
            wrong = wrong or "m/s" in lines[node.lineno - 1].partition("#")[2]
        if wrong:
            yield node.lineno  # type: ignore[attr-defined]


def test_no_speed_is_called_milliseconds() -> None:
    """Names, arguments, keys of JSON, and comments that say m/s."""
    found = []
    for name, text in product().items():
        let = OLD[1] if name == OLD[0] else None
        found += [f"{name}:{line}" for line in breaches(text, let)]
    assert not found, "\n".join(found)


def test_no_key_of_a_profile_is_one_either() -> None:
    """The built-in ones, as people copy them."""
    for path in sorted((ROOT / "sortie/loop/profiles").glob("*.toml")):
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        keys = [key for table in values.values() if isinstance(table, dict) for key in table]
        assert keys
        assert not [key for key in keys if SPEED.search(key)], path.name


@pytest.mark.parametrize(
    "planted",
    [
        "STANDING_MS: Final = 0.2", "_SLOW_MS = 1.0", "_REST_MS = 0.05", "wind_ms: float = 4.0", "wind_max_ms = 9.0",
        "def set_wind(self, speed_ms: float) -> None: ...", 'facts = {"speed_ms": 1.0}', "f(wind_ms=3.0)",
        "self.weather.wind_ms = 12.0", "_GAP_MS = 0.5", "limit_ms = 3.0  # m/s over ground",
        'def approach_ms(self) -> float:\n    """Closing speed, m/s."""', "climb_up_ms, b = 1.0, 2.0",
    ],
)  # fmt: skip
def test_a_planted_breach_is_found(planted: str) -> None:
    """Most of them stood in the code once."""
    assert set(breaches(planted)) == {1}


@pytest.mark.parametrize(
    "fine",
    [
        "now_ms = 5", "GPS_PERIOD_MS = 200.0", "wind_mps: float = 4.0", "slow_down_after_ms = 20_000",
        "window_ms = 250", '_hundredth("RTL_SPEED_MS", "RTL_SPEED", "m/s")', "restart_ms = 2000",
    ],
)  # fmt: skip
def test_what_is_no_breach_is_let_through(fine: str) -> None:
    """Times, and ArduPilot's own parameter names."""
    assert not list(breaches(fine))


def ticks(source: str) -> list[int]:
    """The lines that say how long a tick is."""
    found = []
    for node in nodes(source):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            found += [node.lineno for name in names_of(node) if name.strip("_") in ("TICK_MS", "TICK_S", "TICK_US")]
    return found


def test_the_tick_stands_once() -> None:
    """Two of them could differ."""
    assert [name for name, text in product().items() if ticks(text)] == [TICK]
    assert ticks("_TICK_MS: Final = 20") == [1]
