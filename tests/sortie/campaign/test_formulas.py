"""Judges against the definitions of signal temporal logic, and what a wrong one is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sortie.campaign import formulas
from sortie.campaign.formulas import FormulaError, parse_formula

NUMBERS = frozenset({"time", "x", "y", "n"})
TEXTS = frozenset({"mode"})
COUNTS = frozenset({"n"})
VALUES = st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=12)


def margins(text: str, samples: list[tuple[float, float]], modes: list[str] | None = None) -> list[float]:
    """Robustness at each sample, one second apart."""
    x, y = (np.array([sample[k] for sample in samples], np.float64) for k in (0, 1))
    signals = {
        "time": np.arange(len(samples), dtype=np.float64),
        "x": x,
        "y": y,
        "n": x,
        "mode": np.array(modes or ["AUTO"]),
    }
    return [float(value) for value in parse_formula(text, NUMBERS, TEXTS, COUNTS).margin(signals, 1.0)]


def held(values: list[float], at: int) -> float:
    """The last sample holds for ever."""
    return values[min(at, len(values) - 1)]


@given(VALUES, st.integers(0, 5), st.integers(0, 14))
def test_always_and_eventually_are_the_least_and_the_most_of_their_window(samples, first, more) -> None:
    x = [sample[0] for sample in samples]
    windows = [[held(x, t + k) for k in range(first, first + more + 1)] for t in range(len(x))]
    assert margins(f"always[{first}, {first + more}](x > 0)", samples) == [min(one) for one in windows]
    assert margins(f"eventually[{first}, {first + more}](x > 0)", samples) == [max(one) for one in windows]


@given(VALUES)
def test_without_bounds_they_reach_to_the_end(samples) -> None:
    x = [sample[0] for sample in samples]
    assert margins("always(x > 0)", samples) == [min(x[t:]) for t in range(len(x))]
    assert margins("eventually(x > 0)", samples) == [max(x[t:]) for t in range(len(x))]


@given(VALUES, st.integers(0, 4), st.integers(0, 6))
def test_until_wants_the_first_at_every_sample_before_the_second(samples, first, more) -> None:
    x, y = ([sample[k] for sample in samples] for k in (0, 1))
    expected = [
        max(min([held(y, t + k), *(held(x, t + j) for j in range(k))]) for k in range(first, first + more + 1))
        for t in range(len(x))
    ]
    assert margins(f"until[{first}, {first + more}](x > 0, y > 0)", samples) == expected


def test_until_of_a_long_flight_goes_through_its_samples_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pass for each sample was 1.2 s for a flight of 20 minutes, and 31 s for two hours."""
    passes = 0
    ahead = formulas._ahead

    def counted(values: formulas.Floats, steps: int) -> formulas.Floats:
        nonlocal passes
        passes += 1
        assert passes < 200
        return ahead(values, steps)

    monkeypatch.setattr(formulas, "_ahead", counted)
    samples = [(1.0, -1.0)] * 9999 + [(-1.0, 2.0)] * 14_401
    assert margins("until(x > 0, y > 0)", samples)[:10_000:9999] == [1.0, 2.0]
    assert margins("until[2, 9999](x > 0, y > 0)", samples)[0] == 1.0
    assert margins("until[2, 9998](x > 0, y > 0)", samples)[0] == -1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x < 5", 3.0),
        ("x >= 5", -3.0),
        ("0 < x < 3", 1.0),
        ("x > 0 and y > 0", -1.0),
        ("x > 0 or y > 0", 2.0),
        ("not x > 0", -2.0),
        ("implies(x > 0, y > 0)", -1.0),
        ("x == 2", 0.0),
        ("x != 0", 2.0),
        ("abs(y) + 2 * x - 1 > 0", 4.0),
        ("max(x, y) / min(x, 4) < 3", 2.0),
        ("mode == 'AUTO'", 1000.0),
        ("mode != 'AUTO'", -1000.0),
        ("n == 2", 1000.0),
        ("n > 1", 1000.0),
        ("3 <= n <= 5", -1000.0),
        ("implies(1 <= n and n <= 4, y > 0)", -1.0),
        ("n != 2", -1000.0),
        ("implies(n == 2, y > 0)", -1.0),
        ("implies(n == 3, y > 0)", 1000.0),
        ("implies(mode == 'AUTO', y < 0)", 1.0),
    ],
)
def test_the_margin_of_a_comparison_and_of_connectives(text: str, expected: float) -> None:
    """With x = 2, y = -1."""
    assert margins(text, [(2.0, -1.0)]) == [expected]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("always(hight < 3)", "unknown signal 'hight'"),
        ("alway(x < 3)", "did you mean always"),
        ("always[5, 2](x < 3)", "expected bounds in seconds"),
        ("always(x)", "compare it, as in x > 0"),
        ("x <", "invalid syntax; expected such as"),
        ("x < 1and y < 2", "invalid decimal literal; expected such as"),
        ("mode < 3", "is a text"),
        ("until(x > 0)", "until takes 2 formulas"),
        ("always(x = 0.1)", "'x = 0.1' is no comparison; did you mean x == 0.1, or < or >?"),
        ("x >> 0.1", ">> is no comparison; did you mean x > 0.1?"),
        ("always(y < x << 3)", "<< is no comparison; did you mean x < 3?"),
        ("x > 1 & y > 2", "& is for bits; did you mean (1) and (y)?"),
        ("(x > 1) | (y > 2)", "| is for bits; did you mean (x > 1) or (y > 2)?"),
        ("always(1 > 2)", "'1 > 2' is the same in every flight"),
        ("x > 0 or abs(-3) > 2", "'abs(-3) > 2' is the same in every flight"),
        ("x / 0 > 1", "'x / 0' divides by zero"),
        ("x > 1 / (2 - 2)", "'1 / (2 - 2)' divides by zero"),
        ("__import__('os').system('true') > 0", "is not a number"),
    ],
)
def test_a_wrong_formula_is_told_what_would_be_right(text: str, told: str) -> None:
    with pytest.raises(FormulaError) as raised:
        parse_formula(text, NUMBERS, TEXTS)
    assert told in str(raised.value)


def test_a_row_of_a_thousand_operators_is_refused_in_a_line() -> None:
    with pytest.raises(FormulaError, match="nested too deep"):
        parse_formula("height" + " + height" * 990, frozenset({"height"}), frozenset())
