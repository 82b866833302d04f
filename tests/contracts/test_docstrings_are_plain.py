"""A docstring begins with a noun or a verb of the field, so that its first line is understood without its neighbours;
no variable is called `one`; and no two classes share a name."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.syntax import nodes

ROOT = Path(__file__).parents[2]
OBSCURE = re.compile(
    r"(What|Its?|Nothing|Nobody|Who|Whose|Which|Why|Where|How|When|One|Those|Something|Somebody|Another|Of|As|Is|Does|Has"
    r"|The same|All (of|that))\b"
)

CLASS = re.compile(r"^ *class (\w+)", re.MULTILINE)
PACKAGES = ("autopilot", "mavlink_bridge", "sitl", "depot", "sortie")


def _obscure(source: str) -> Iterator[int]:
    """Lines of strings that stand alone, as docstrings and those of attributes do, and begin with such a word."""
    for node in nodes(source):
        match node:
            case ast.Expr(ast.Constant(str() as text)) if OBSCURE.match(text.lstrip()):
                yield node.lineno


def _called_one(source: str) -> Iterator[int]:
    for node in nodes(source):
        match node:
            case ast.Name("one", ast.Store()) | ast.arg("one"):
                yield node.lineno


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_begin_with_a_noun_or_a_verb_and_variables_say_what_they_are(package: str) -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / package).rglob("*.py")}
    obscure = [f"{path}:{line}" for path, text in texts.items() for line in _obscure(text)]
    assert obscure == []
    called = [f"{path}:{line}" for path, text in texts.items() for line in _called_one(text)]
    assert called == []


def test_no_two_classes_share_a_name() -> None:
    """A name that is searched for leads to one thing."""
    texts = [path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    names = Counter(name for text in texts for name in CLASS.findall(text))
    assert sorted(name for name, count in names.items() if count > 1) == []


def test_a_planted_docstring_and_variable_are_found() -> None:
    source = '"""Height, m."""\nclass A:\n    """What it is."""\n    n = [1 for one in ()]\n    """How many."""\n'
    assert sorted(_obscure(source)) == [3, 5]
    assert list(_called_one(source)) == [4]
