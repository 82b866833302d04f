"""What decides a flight computes with the project's own mathematics, so that its bytes are equal everywhere.

IEEE 754 defines `+ - * /`, the square root and rounding; each C library, each processor's numpy and each version of
Python rounds the rest as it likes: sines and powers, `math.hypot`, `random.gauss`, products of matrices, and the sum of
floats, which is compensated from Python 3.12 on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.fakes.syntax import nodes, product

FUNCTIONS = frozenset((
    "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh", "atan",
    "atan2", "atanh", "cbrt", "cos", "cosh", "dist", "erf", "erfc", "exp", "exp2", "expm1", "float_power", "fmod",
    "gamma", "hypot", "lgamma", "linalg", "log", "log10", "log1p", "log2", "pow", "power", "sin", "sinh", "sumprod",
    "tan", "tanh",
))  # fmt: skip
MODULES = frozenset(("math", "cmath", "np", "numpy", "statistics", "scipy"))
DRAWS = frozenset((
    "betavariate", "expovariate", "gammavariate", "gauss", "inv_cdf", "lognormvariate", "normalvariate",
    "paretovariate", "standard_normal", "triangular", "vonmisesvariate", "weibullvariate",
))  # fmt: skip
ELSEWHERE = {
    "autopilot/interface/footprint.py": "what cameras see: shown, judged by a rehearsal",
    "mavlink_bridge/services/camera/settings.py": "how light a picture is",
    "sitl/camera": "pictures",
    "sortie/campaign/report.py": "a page",
    "sortie/campaign/search.py": "a search goes on by matrices of its processor: docs/campaigns.md says so",
    "sortie/exports": "flights in other programs' forms",
    "sortie/incident/tuning.py": "a fit to a log, from one by scipy; what it finds is written down",
    "sortie/loop/flight_plots.py": "a page",
    "sortie/reading": "logs of flights that have been",
    "sortie/rehearsal/calibration.py": "fits by scipy",
    "sortie/rehearsal/page.py": "a page",
    "sortie/reports/svg.py": "axes of a page",
    "sortie/web": "a page",
}
"""Where a last digit decides nothing: a module or a folder, and why."""
SUMS = {
    "autopilot/control/library.py": "words of arguments",
    "autopilot/interface/terrain.py": "heights that are awaited",
    "autopilot/safety/fence.py": "bits of fences",
    "depot/pilot/pilot.py": "photos",
    "mavlink_bridge/routing/service.py": "tuples",
    "mavlink_bridge/services/equipment.py": "bits of flags",
    "mavlink_bridge/services/events/book.py": "bits of parts",
    "mavlink_bridge/services/mission/service.py": "messages",
    "mavlink_bridge/services/telemetry/facts.py": "bits of failures",
    "mavlink_bridge/services/telemetry/layout.py": "bytes",
    "mavlink_bridge/wire/definitions.py": "bytes",
    "sitl/vehicles/gimbal.py": "bits of errors",
    "sortie/campaign/evidence.py": "arrays, from the left",
    "sortie/campaign/summary.py": "flights",
    "sortie/commands/progress.py": "vehicles",
    "sortie/conform/cases/flight.py": "bits of a mask",
    "sortie/logs/dataflash_columns.py": "arrays, from the left",
    "sortie/logs/dataflash_samples.py": "samples",
    "sortie/logs/directory.py": "bytes",
    "sortie/rehearsal/flown.py": "flights",
    "sortie/runtime/onlooker.py": "files and bytes",
}
"""Modules that add with `sum` what is not visibly whole, and what that is: no floats."""
BITS = (ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor)
COUNTS = frozenset(("any", "bit_count", "bool", "int", "len"))


def breaches(text: str) -> Iterator[str]:
    """`line: what`."""
    taken = {
        alias.asname or alias.name: alias.name
        for node in nodes(text)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
        for alias in node.names
    }
    for name, function in taken.items():
        if function in FUNCTIONS | {"NormalDist"}:
            yield f"import of {name}"
    for node in nodes(text):
        if isinstance(node, ast.Attribute):
            of_module = isinstance(node.value, ast.Name) and node.value.id in MODULES and node.attr in FUNCTIONS
            if of_module or node.attr in DRAWS:
                yield f"{node.lineno}: {node.attr}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and not _whole(node.left):
            yield f"{node.lineno}: **"


def sums(text: str) -> Iterator[str]:
    """Sums of what may be floats: `line: sum`."""
    for node in nodes(text):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sum":
            added = node.args[0]
            if not (isinstance(added, ast.GeneratorExp) and _counted(added.elt)):
                yield f"{node.lineno}: sum"


def _counted(added: ast.expr) -> bool:
    """What is whole at sight: a number, a truth, bits, a length."""
    if isinstance(added, ast.Call):
        function = added.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        return name in COUNTS
    if isinstance(added, ast.BinOp):
        return isinstance(added.op, BITS) or (_counted(added.left) and _counted(added.right))
    if isinstance(added, ast.BoolOp):
        return all(map(_counted, added.values))
    truth = isinstance(added, ast.Compare) or (isinstance(added, ast.UnaryOp) and isinstance(added.op, ast.Not))
    return truth or _whole(added)


def _whole(base: ast.expr) -> bool:
    """A whole number, written as one."""
    return isinstance(base, ast.Constant) and isinstance(base.value, int)


def excused(file: str) -> str | None:
    return next((place for place in ELSEWHERE if file == place or file.startswith(place + "/")), None)


def test_what_decides_a_flight_computes_alike_everywhere() -> None:
    found: list[str] = []
    needed: set[str] = set()
    for file, text in product().items():
        here = [f"{file}:{breach}" for breach in breaches(text)]
        place = excused(file)
        if place is None:
            found += here
        elif here:
            needed.add(place)
    assert found == [], "take it from autopilot.interface.mathematics (arrays: autopilot.control.arrays)"
    assert sorted(ELSEWHERE.keys() - needed) == [], "nothing there needs an excuse any more"


def test_floats_are_added_with_fsum() -> None:
    """`sum` gives other last digits from Python 3.12 on; `math.fsum` rounds once."""
    files = {file for file, text in product().items() if any(sums(text))}
    assert sorted(file for file in files - SUMS.keys() if excused(file) is None) == []
    assert sorted(SUMS.keys() - files) == [], "nothing there needs an excuse any more"


@pytest.mark.parametrize("line", ["sum(lengths)", "sum(leg.length_m for leg in legs)", "sum(1 + x for x in y)"])
def test_a_sum_that_may_be_of_floats_is_found(line: str) -> None:
    assert list(sums(line))


@pytest.mark.parametrize("line", ["sum(a < b for a in c)", "sum(1 << n for n in m)", "sum(len(x) + 1 for x in y)"])
def test_a_sum_of_whole_numbers_is_none(line: str) -> None:
    assert not list(sums(line))


@pytest.mark.parametrize(
    "line",
    [
        "from math import sin", "import math; math.exp(1.0)", "import numpy as np; np.hypot(a, b)", "a**0.5",
        "draw.gauss(0.0, 1.0)", "np.linalg.norm(a)", "radius**2", "from math import hypot as length",
        "from statistics import NormalDist", "2.0**x",
    ],
)  # fmt: skip
def test_a_breach_is_found(line: str) -> None:
    assert list(breaches(line))


@pytest.mark.parametrize(
    "line",
    [
        "from math import sqrt, fsum, pi", "np.sqrt(a)", "10**6", "2**count", "np.square(a)", "log.log(text)",
        "from autopilot.interface.mathematics import sin; sin(1.0)", "{**a, **b}",
    ],
)  # fmt: skip
def test_what_is_defined_is_none(line: str) -> None:
    assert not list(breaches(line))
