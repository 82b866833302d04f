"""The kernel's rows: every field has a place of its own, and code asks a row for its own fields only."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autopilot.interface import layout as L
from autopilot.interface import report
from autopilot.interface.fields import Fields
from sitl.kernel import layout as M
from tests.fakes.syntax import nodes

ROOT = Path(__file__).parents[2]
FOLDERS = ("autopilot/control", "sitl/kernel", "sitl/vehicles")
#: What the rows are called in compiled code and in what fills them, and how their fields begin.
PREFIX = {"s": "S_", "p": "P_", "t": "T_", "state": "S_", "settings": "P_"}


def test_fields_follow_one_another() -> None:
    """Also into a second module, and with blocks in between."""
    first = Fields("S_")
    names: dict[str, object] = {}
    names["S_A"], names["S_B"] = first.take(2)
    names["S_MATRIX"] = first.block(9)
    names["S_C"] = first.block(1)
    first.seal(names)
    assert names == {"S_A": 0, "S_B": 1, "S_MATRIX": 2, "S_C": 11}
    second = Fields("S_", after=first)
    assert second.take(1) == (12,)
    assert second.size == 13


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("S_B = 3", "S_B = 3 is no place"),  # inside the matrix, counted by hand
        ("S_B = S_A", "S_B overlaps S_A"),
        ("S_B = 0", "S_B = 0 is no place"),  # where the row's first part has its own
        ("S_TIME = S.block(1)", "S_TIME is declared twice"),
        ("S.block(4)", "nothing is called"),
    ],
)
def test_an_overlap_fails_at_import(planted: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layout that was counted by hand is no module."""
    text = """
from autopilot.interface.fields import Fields
_first = Fields("S_")
S_TIME = _first.block(1)
_first.seal(globals())
del S_TIME
S = Fields("S_", after=_first)
S_A = S.block(1)
S_MATRIX = S.block(9)
{}
S.seal(globals())
"""
    (tmp_path / "planted_layout.py").write_text(text.format(planted))
    (tmp_path / "sound_layout.py").write_text(text.format("S_B = S.block(1)"))
    monkeypatch.syspath_prepend(tmp_path)
    assert importlib.import_module("sound_layout").S_B == 11
    with pytest.raises(ValueError, match=said):
        importlib.import_module("planted_layout")
    for name in ("planted_layout", "sound_layout"):
        sys.modules.pop(name, None)


def test_a_reserve_that_is_used_up_fails() -> None:
    """Places that were kept for later end where the next group begins."""
    fields = Fields("")
    fields.take(4)
    fields.reserve_to(6)
    assert fields.block(1) == 6
    with pytest.raises(ValueError, match="used up"):
        fields.reserve_to(5)


def test_the_rows_are_as_long_as_their_fields() -> None:
    """Control first, then the machine."""
    assert L.STATE.size == M.S_Q0 and M.STATE_SIZE == M.S_TENSION + 1
    assert L.SETTINGS.size == M.P_MASS and M.SETTINGS_SIZE == M.P_OUT_OTHERS + 7 * M.MOST_OTHERS
    assert report.SIZE > report.ACC_D


# --- who asks which row ---------------------------------------------------------------------------------------------
def misread(text: str) -> Iterator[str]:
    """Places where a row is asked for a field of another row."""
    for node in nodes(text):
        if not isinstance(node, ast.Subscript):
            continue
        row = node.value.attr.lstrip("_") if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        for index in ast.walk(node.slice):
            if not isinstance(index, ast.Attribute) or not isinstance(index.value, ast.Name):
                continue
            owner, field = index.value.id, index.attr
            fits = owner == "R" if row == "r" else owner != "R" and field.startswith(PREFIX.get(row, ""))
            if owner in ("L", "M", "R") and row in (*PREFIX, "r") and not fits:
                yield f"line {node.lineno}: {row}[{owner}.{field}]"


@pytest.mark.parametrize("folder", FOLDERS)
def test_code_asks_a_row_for_its_own_fields(folder: str) -> None:
    """State for S_, settings for P_, targets for T_, the report for the report's."""
    files = sorted((ROOT / folder).glob("*.py"))
    assert files
    assert [f"{file.name} {found}" for file in files for found in misread(file.read_text())] == []


@pytest.mark.parametrize(
    "planted", ["s[L.P_ACCEL]", "p[M.S_Q0 + 1]", "t[L.KIND_HOLD]", "r[L.S_ARMED]", "s[R.ARMED]", "self._s[M.P_MASS]"]
)
def test_a_planted_breach_is_found(planted: str) -> None:
    assert len(list(misread(f"x = {planted}"))) == 1


def test_gravity_stands_once() -> None:
    """A number of physics that stands twice can differ."""
    found = [
        str(file.relative_to(ROOT))
        for package in ("autopilot", "sitl", "depot", "mavlink_bridge", "sortie")
        for file in sorted((ROOT / package).rglob("*.py"))
        for node in nodes(file.read_text())
        if isinstance(node, ast.Constant) and node.value == 9.80665
    ]
    assert found == ["autopilot/interface/layout.py"]
