"""Judges: formulas of signal temporal logic over the signals of a flight, and their robustness.

A formula has Python's syntax, is parsed with `ast`, and is never executed: comparisons of arithmetic over signals and
numbers, `and`, `or`, `not`, `implies(f, g)`, `always(f)`, `eventually(f)`, `until(f, g)`, with bounds in seconds as in
`always[0, 5](f)`. Robustness is that of Donzé and Maler ("Robust satisfaction of temporal logic over real-valued
signals", 2010): the margin of a comparison; min and max for connectives and over time. It is positive where the formula
holds; its size says how much the signals may change before that changes. Samples are evenly spaced. After the last
sample its value holds, so a window beyond the end sees the last value.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Final, TypeGuard

import numpy as np
from numpy.typing import NDArray

from autopilot.interface.records import dataclass
from sortie.config.errors import nearest

Floats = NDArray[np.float64]
Signals = Mapping[str, NDArray[np.generic]]
Margin = Callable[[Signals, float], Floats]
"""Robustness at each sample, from signals and sampling interval in s."""
Bounds = tuple[float, float | None]
"""Seconds from now; None: to the end."""

YES: Final = 1000.0
"""Robustness of a comparison without distance (for example of item numbers). It is larger than that of any measured
value, so the measured value counts. With 0 for "equal", implies(item == 2, height > 5) could never be broken."""
TEMPORAL: Final = ("always", "eventually", "until")
FUNCTIONS: Final[Mapping[str, tuple[int, Callable[..., Floats]]]] = {
    "abs": (1, np.abs), "min": (2, np.minimum), "max": (2, np.maximum),
}  # fmt: skip
"""By name: number of arguments, and the function."""
_LARGEST: Final = sys.float_info.max
_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Floats, Floats], Floats]]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
}  # fmt: skip

_MEANT: Final[Mapping[type[ast.operator], str]] = {
    ast.RShift: ">> is no comparison; did you mean {left} > {right}?",
    ast.LShift: "<< is no comparison; did you mean {left} < {right}?",
    ast.BitAnd: "& is for bits; did you mean ({left}) and ({right})?",
    ast.BitOr: "| is for bits; did you mean ({left}) or ({right})?",
}
"""Complaints about Python operators that formulas do not have, with the probable meaning."""
_TRUTHS: Final[Mapping[type[ast.cmpop], Callable[[Floats, Floats], NDArray[np.bool_]]]] = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal, ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}  # fmt: skip


class FormulaError(ValueError):
    """Error in a formula, with a correction."""


@dataclass(frozen=True, slots=True)
class Formula:
    """Parsed judge. `signals`: the signals that it uses; `texts`: the texts that it compares with."""

    margin: Margin
    signals: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()

    def robustness(self, signals: Signals, step_s: float) -> float:
        """Calculate the robustness at the first sample: above 0 it holds, below it does not; 0 counts as held."""
        with np.errstate(divide="ignore", invalid="ignore"):  # visible in the robustness itself
            return float(self.margin(signals, step_s)[0])


def parse_formula(
    text: str, numbers: frozenset[str], texts: frozenset[str], counts: frozenset[str] = frozenset()
) -> Formula:
    """Parse a formula over the signals `numbers`, and `texts`, which can only be compared with a text. `counts`:
    numbers without distance, which are equal or not. Raises FormulaError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)  # of `height < 1and ..`; else it is printed
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:  # the last two: too many brackets
        reason = error.msg if isinstance(error, SyntaxError) else str(error) or "nested too deep"
        raise FormulaError(f"{reason}; expected such as always(height < 30)") from None
    reader = _FormulaReader(numbers, texts, counts)
    try:
        margin = reader.formula(tree)
    except RecursionError:  # a chain of operators is as deep as it is long
        raise FormulaError("nested too deep; expected such as always(height < 30)") from None
    return Formula(margin, frozenset(_names(tree) & (numbers | texts)), frozenset(reader.compared))


# --- over time --------------------------------------------------------------------------------------------------------
def _steps(bounds: Bounds, step_s: float, count: int) -> tuple[int, int]:
    """Convert bounds to samples, at most the last one."""
    first = min(round(bounds[0] / step_s), count)
    last = count if bounds[1] is None else min(round(bounds[1] / step_s), count)
    return first, last


def _ahead(values: Floats, steps: int) -> Floats:
    """Shift values by `steps` samples; the last value holds."""
    at = np.minimum(np.arange(values.size) + steps, values.size - 1)
    return np.asarray(values[at], np.float64)


def _lowest(values: Floats, first: int, last: int) -> Floats:
    """Return for each sample the smallest value from `first` to `last` samples later."""
    if last >= values.size:
        return _ahead(np.minimum.accumulate(values[::-1])[::-1], first)
    extended = np.concatenate([values, np.full(last, values[-1])])
    windows = np.lib.stride_tricks.sliding_window_view(extended, last - first + 1)
    return np.asarray(windows[first : first + values.size].min(axis=1), np.float64)


def _until(holds: Floats, comes: Floats, first: int, last: int) -> Floats:
    """Return for each sample the best over the window of min(`comes` then, `holds` at all samples before).

    Windows are joined from windows of 1, 2, 4 ... samples: a window's best is that of its first part, or that of its
    second part if `holds` at all samples of the first."""
    best, through = np.full(holds.size, -np.inf), np.full(holds.size, np.inf)
    joined, size, left = 0, 1, last - first + 1
    part, held = comes, holds
    while left:
        if left & 1:
            best = np.maximum(best, np.minimum(through, _ahead(part, joined)))
            through = np.minimum(through, _ahead(held, joined))
            joined += size
        part = np.maximum(part, np.minimum(held, _ahead(part, size)))
        held = np.minimum(held, _ahead(held, size))
        size, left = 2 * size, left >> 1
    best = _ahead(best, first)
    return np.minimum(_lowest(holds, 0, first - 1), best) if first else best


# --- the words --------------------------------------------------------------------------------------------------------
class _FormulaReader:
    """Converts a syntax tree to functions."""

    def __init__(self, numbers: frozenset[str], texts: frozenset[str], counts: frozenset[str]) -> None:
        self._numbers = numbers
        self._counts = counts
        self._texts = texts
        self.compared: set[str] = set()

    def formula(self, node: ast.expr) -> Margin:
        if isinstance(node, ast.BoolOp):
            parts = [self.formula(part) for part in node.values]
            join = np.minimum if isinstance(node.op, ast.And) else np.maximum
            return lambda signals, step: reduce(join, (part(signals, step) for part in parts))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.formula(node.operand)
            return lambda signals, step: -inner(signals, step)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        _check_operator(node)
        text = ast.unparse(node)
        raise FormulaError(f"'{text}' is not true or false; compare it, as in {text} > 0")

    def _call(self, node: ast.Call) -> Margin:
        word, bounds = self._word(node.func)
        count = 2 if word in ("until", "implies") else 1
        if word not in (*TEMPORAL, "implies"):
            known = (*TEMPORAL, "implies")
            raise FormulaError(f"'{word}' is none of {', '.join(known)}{nearest(word, known)}")
        if node.keywords:
            name, value = node.keywords[0].arg, ast.unparse(node.keywords[0].value)
            raise FormulaError(f"'{name} = {value}' is no comparison; did you mean {name} == {value}, or < or >?")
        if len(node.args) != count:
            raise FormulaError(f"{word} takes {count} formula{'s' if count > 1 else ''}: '{ast.unparse(node)}'")
        parts = [self.formula(part) for part in node.args]
        if word == "implies":
            return lambda signals, step: np.maximum(-parts[0](signals, step), parts[1](signals, step))
        return _over_time(word, bounds, parts)

    def _word(self, node: ast.expr) -> tuple[str, Bounds]:
        if isinstance(node, ast.Name):
            return node.id, (0.0, None)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in TEMPORAL:
            ends = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
            seconds = [end.value for end in ends if isinstance(end, ast.Constant) and _is_number(end.value)]
            if len(ends) == len(seconds) == 2 and 0 <= seconds[0] <= seconds[1]:
                return node.value.id, (float(seconds[0]), float(seconds[1]))
        raise FormulaError(f"'{ast.unparse(node)}': expected bounds in seconds, such as always[0, 5](height < 30)")

    def _comparison(self, node: ast.Compare) -> Margin:
        sides = [node.left, *node.comparators]
        pairs = zip(sides, node.ops, sides[1:], strict=False)
        parts = [self._pair(left, op, right) for left, op, right in pairs]
        return lambda signals, step: reduce(np.minimum, (part(signals, step) for part in parts))

    def _pair(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Margin:
        if not _names(left) | _names(right):
            text = ast.unparse(ast.Compare(left, [op], [right]))
            raise FormulaError(f"'{text}' is the same in every flight; expected a signal in it, such as height < 30")
        if isinstance(left, ast.Name) and left.id in self._texts:
            return self._text_is(left.id, op, right)
        a, b = self._value(left), self._value(right)
        counted = any(isinstance(side, ast.Name) and side.id in self._counts for side in (left, right))
        if type(op) in _TRUTHS and counted:
            truth = _TRUTHS[type(op)]
            return lambda signals, step: np.where(truth(a(signals, step), b(signals, step)), YES, -YES)
        if isinstance(op, ast.Lt | ast.LtE):
            return lambda signals, step: b(signals, step) - a(signals, step)
        if isinstance(op, ast.Gt | ast.GtE):
            return lambda signals, step: a(signals, step) - b(signals, step)
        if isinstance(op, ast.Eq):
            return lambda signals, step: -np.abs(a(signals, step) - b(signals, step))
        if isinstance(op, ast.NotEq):
            return lambda signals, step: np.abs(a(signals, step) - b(signals, step))
        raise FormulaError(f"'{ast.unparse(left)} ... {ast.unparse(right)}': compare with <, <=, >, >=, == or !=")

    def _text_is(self, name: str, op: ast.cmpop, right: ast.expr) -> Margin:
        """Compare a text signal: `YES` or -`YES`, because texts have no distance."""
        if not isinstance(op, ast.Eq | ast.NotEq) or not (
            isinstance(right, ast.Constant) and isinstance(right.value, str)
        ):
            raise FormulaError(f"'{name}' is a text: compare it with == or != and one in quotes")
        text, sign = right.value, YES if isinstance(op, ast.Eq) else -YES
        self.compared.add(text)
        return lambda signals, step: sign * np.where(signals[name] == text, 1.0, -1.0)

    def _value(self, node: ast.expr) -> Margin:
        if isinstance(node, ast.Constant) and _is_number(node.value):
            number = float(node.value)
            return lambda signals, step: np.full(len(signals["time"]), number)
        if isinstance(node, ast.Name):
            return self._signal(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self._value(node.operand)
            return lambda signals, step: -inner(signals, step)
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            join, a, b = _ARITHMETIC[type(node.op)], self._value(node.left), self._value(node.right)
            if isinstance(node.op, ast.Div) and not _names(node.right):
                with np.errstate(all="ignore"):
                    if b({"time": np.zeros(1)}, 0.0)[0] == 0.0:
                        raise FormulaError(f"'{ast.unparse(node)}' divides by zero")
            return lambda signals, step: join(a(signals, step), b(signals, step))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            return self._function(node.func.id, node)
        _check_operator(node)
        raise FormulaError(f"'{ast.unparse(node)}' is not a number; expected signals, numbers, + - * /, abs, min, max")

    def _signal(self, name: str) -> Margin:
        if name in self._texts:
            raise FormulaError(f"'{name}' is a text: compare it with == or != and one in quotes")
        if name not in self._numbers:
            known = sorted(self._numbers | self._texts)
            raise FormulaError(f"unknown signal '{name}'{nearest(name, known)}; known are {', '.join(known)}")
        return lambda signals, step: np.asarray(signals[name], np.float64)

    def _function(self, word: str, node: ast.Call) -> Margin:
        count, function = FUNCTIONS[word]
        if len(node.args) != count or node.keywords:
            raise FormulaError(f"{word} takes {count} number{'s' if count > 1 else ''}: '{ast.unparse(node)}'")
        parts = [self._value(part) for part in node.args]
        return lambda signals, step: function(*(part(signals, step) for part in parts))


def _over_time(word: str, bounds: Bounds, parts: list[Margin]) -> Margin:
    """Apply `always`, `eventually` or `until` to the parts."""

    def margin(signals: Signals, step_s: float) -> Floats:
        values = [part(signals, step_s) for part in parts]
        first, last = _steps(bounds, step_s, values[0].size)
        if word == "until":
            return _until(values[0], values[1], first, last)
        return _lowest(values[0], first, last) if word == "always" else -_lowest(-values[0], first, last)

    return margin


def _check_operator(node: ast.expr) -> None:
    """Raise FormulaError for a Python operator that formulas do not have."""
    if isinstance(node, ast.BinOp) and type(node.op) in _MEANT:
        left, right = ast.unparse(node.left), ast.unparse(node.right)
        raise FormulaError(f"'{ast.unparse(node)}': {_MEANT[type(node.op)].format(left=left, right=right)}")


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - set(FUNCTIONS)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST
