"""What decides a flight computes with the project's own mathematics, so that its bytes are equal everywhere.

IEEE 754 defines `+ - * /`, the square root and rounding; each C library, each processor's numpy and each version of
Python rounds the rest as it likes: sines and powers, `math.hypot`, `random.gauss`, products of matrices, and the sum of
floats, which is compensated from Python 3.12 on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.syntax import nodes

ROOT = Path(__file__).parents[2]
PACKAGES = ("autopilot", "depot", "mavlink_bridge", "sitl", "sortie")
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


def _whole(base: ast.expr) -> bool:
    """A power of a whole number, written as one."""
    return isinstance(base, ast.Constant) and isinstance(base.value, int)


def excused(file: str) -> str | None:
    return next((place for place in ELSEWHERE if file == place or file.startswith(place + "/")), None)


def test_what_decides_a_flight_computes_alike_everywhere() -> None:
    found: list[str] = []
    needed: set[str] = set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            file = path.relative_to(ROOT).as_posix()
            here = [f"{file}:{breach}" for breach in breaches(path.read_text(encoding="utf-8"))]
            place = excused(file)
            if place is None:
                found += here
            elif here:
                needed.add(place)
    assert found == [], "take it from autopilot.interface.mathematics (arrays: autopilot.control.arrays)"
    assert sorted(ELSEWHERE.keys() - needed) == [], "nothing there needs an excuse any more"


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
