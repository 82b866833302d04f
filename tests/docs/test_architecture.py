"""docs/architecture.md says what is so: its folders are the layers of `pyproject.toml`, its names those of the code."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module

import pytest

from sortie import Session
from tests.docs.test_pages import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
PACKAGES = ("sortie", "autopilot", "mavlink_bridge", "depot", "sitl")


def layers(package: str) -> list[set[str]]:
    """The layers of a package that the linter holds, the uppermost first; `__main__` only calls `commands`."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rows = next(contract["layers"] for contract in contracts if contract.get("containers") == [package])
    return [set(row.split(" | ")) for row in rows if row != "__main__"]


@pytest.mark.parametrize("package", ["sortie", "autopilot", "mavlink_bridge"])
def test_the_folders_are_the_layers(package: str) -> None:
    """One row for each layer, in their order."""
    table = PAGE.split(f"\n`{package}/`:\n\n")[1].split("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines()[2:]]
    assert [{re.sub(r"/|\.py", "", name) for name in re.findall(r"`([^`]+)`", row)} for row in rows] == layers(package)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:\w+\.)+[A-Z]\w*)`", PAGE)) - {"Autopilot.update"}))
def test_the_classes_are_there(name: str) -> None:
    """Each `module.Class`, of the package that it names or of `sortie`."""
    module, _, own = name.rpartition(".")
    path = module if module.split(".")[0] in PACKAGES else f"sortie.{module}"
    assert hasattr(import_module(path), own)


def test_the_parts_of_an_autopilot_are_those_of_the_page_in_its_order() -> None:
    """The table of turns has each with its reason."""
    section = PAGE.split("## The parts of an autopilot")[1].split("\n## ")[0]
    said = re.findall(r"^\| (\w+) \| (.+) \|$", section, re.M)[1:]
    with Session() as session:
        assert said == [(turn.part, turn.why) for turn in session.service.autopilot.turns.rows]
