"""Every parameter of the table is read by some code, or marked as one that has no effect; nothing is both."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from autopilot.vehicles.kinds import vehicle_class
from tests.fakes.syntax import nodes

ROOT = Path(__file__).resolve().parents[3]
KINDS = ("copter", "rover", "plane")
SCALED = ROOT / "sitl" / "vehicles" / "scaled.json"
TABLES = ROOT / "autopilot" / "parameters"
#: Logs of others, cases that judge others and the wiring of their firmware name parameters that ours need not have.
OF_OTHERS = (
    ROOT / "sortie" / "reading",
    ROOT / "sortie" / "conform",
    ROOT / "sortie" / "incident",
    ROOT / "sitl" / "vehicles" / "wiring.py",
    ROOT / "sitl" / "ardupilot",
)
#: `f"RC{channel}_{name}"` is a parameter: it begins with letters and has an underscore; others could mean anything.
MADE = re.compile(r"[A-Z]{2}.*_")
#: A part that is put in does not begin with an underscore: `f"RC{channel}_{name}"` is not RC_FS_TIMEOUT.
PART = r"[^\W_]\w*"
PLAIN = re.compile(r"[A-Z][A-Z0-9_]{3,15}")


def inert(kind: str) -> set[str]:
    return {line.name for line in vehicle_class(kind).parameters.definitions if line.inert}


def sources() -> list[Path]:
    found = [
        path for package in ("autopilot", "sitl", "mavlink_bridge", "sortie") for path in (ROOT / package).rglob("*.py")
    ]
    return [path for path in found if not {TABLES, *OF_OTHERS} & {path, *path.parents}]


def patterns(text: str) -> Iterator[str]:
    """What the strings of a module can be, as regular expressions."""
    inside: set[int] = set()
    for node in nodes(text):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            parts = [re.escape(p.value) if isinstance(p, ast.Constant) else PART for p in node.values]
            if MADE.match("".join(p.value if isinstance(p, ast.Constant) else "" for p in node.values)):
                yield "".join(parts)
    for node in nodes(text):
        plain = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside
        if plain and PLAIN.fullmatch(node.value):
            yield node.value


def read_somewhere() -> re.Pattern[str]:
    written = {pattern for path in sources() for pattern in patterns(path.read_text(encoding="utf-8"))}
    rows = json.loads(SCALED.read_text(encoding="utf-8"))
    del rows["about"]
    return re.compile("|".join(sorted(written | {name for table in rows.values() for name in table})))


@pytest.fixture(scope="module")
def is_read() -> re.Pattern[str]:
    return read_somewhere()


@pytest.mark.parametrize("kind", KINDS)
def test_what_nothing_reads_is_listed(kind: str, is_read: re.Pattern[str]) -> None:
    known = vehicle_class(kind).parameters
    by_alias = {alias.target for alias in known.aliases.values() if is_read.fullmatch(alias.name)}
    unread = {
        line.name
        for line in known.definitions
        if not line.read_only and not is_read.fullmatch(line.name) and line.name not in by_alias
    }
    assert unread - inert(kind) == set()


def test_what_is_listed_is_read_by_nothing(is_read: re.Pattern[str]) -> None:
    """Of those that have no effect on any vehicle that has them; SIMPLE is a mode, too."""
    have = {kind: {line.name for line in vehicle_class(kind).parameters.definitions} for kind in KINDS}
    marked = frozenset().union(*map(inert, KINDS))
    everywhere = [n for n in marked if all(n in inert(k) for k in KINDS if n in have[k])]
    assert len(everywhere) > 100
    modes = {spec.name for kind in KINDS for spec in vehicle_class(kind).modes.specs.values()}
    assert [name for name in everywhere if is_read.fullmatch(name) and name not in modes] == []


def test_the_scan_sees_plain_names_and_made_ones() -> None:
    """A guard that looks at nothing would find nothing."""
    found = list(patterns('x["WP_SPEED"]; y[f"RC{n}_MIN"]; z = f"{a}_B"; v = f"PSC{n}"; w = "not one"'))
    assert sorted(found) == [f"RC{PART}_MIN", "WP_SPEED"]
    assert len(sources()) > 150
