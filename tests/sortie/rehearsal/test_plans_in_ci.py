"""The check of a folder of plans in CI: the command of the workflow, its status, and what forges read of it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from autopilot.rehearsal.findings import RULES

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "plans"


def workflow_command() -> list[str]:
    """As the workflow has it, without its folders."""
    line = re.search(r"run: python (.*)", (EXAMPLE / "check-plans.yml").read_text())
    assert line is not None
    return shlex.split(line.group(1))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository as the workflow says: the script in ci/, plans in missions/."""
    script, folder = Path(workflow_command()[0]), tmp_path / workflow_command()[1]
    (tmp_path / script.parent).mkdir()
    (folder / "north field").mkdir(parents=True)
    shutil.copy(EXAMPLE / script.name, tmp_path / script)
    shutil.copy(ROOT / "examples" / "square.plan", folder / "good.plan")
    shutil.copy(ROOT / "examples" / "square.waypoints", folder / "good.waypoints")
    return tmp_path


def check(repository: Path) -> tuple[int, ElementTree.Element, Any]:
    """Run it: status, JUnit, SARIF."""
    done = subprocess.run(
        [sys.executable, *workflow_command()],
        cwd=repository,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    suites = ElementTree.parse(repository / "plans.xml").getroot()
    return done.returncode, suites, json.loads((repository / "plans.sarif").read_text())


def errors(sarif: Any) -> list[str]:
    return [one["ruleId"] for one in sarif["runs"][0]["results"] if one["level"] == "error"]


def spoilt(plan: Path, to: Path) -> None:
    """The square with its third item far away."""
    document = json.loads(plan.read_text())
    document["mission"]["items"][2]["params"][4] += 0.3
    to.write_text(json.dumps(document, indent=4))


def test_good_plans_pass(repository: Path) -> None:
    """Status 0, a suite for each plan, no errors."""
    status, suites, sarif = check(repository)
    assert status == 0
    assert [suite.get("name") for suite in suites] == [
        f"sortie rehearse missions/{name}" for name in ("good.plan", "good.waypoints")
    ]
    assert errors(sarif) == []


def test_a_bad_one_is_found_at_its_line(repository: Path) -> None:
    """Status 1; the forge is told the file by its path in the repository, as a URI, and the line of the item."""
    bad = repository / "missions" / "north field" / "bad.plan"
    spoilt(repository / "missions" / "good.plan", bad)
    status, suites, sarif = check(repository)
    assert status == 1
    failed = [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None]
    assert failed == ["fence-leg", "battery"]
    worst = next(one for one in sarif["runs"][0]["results"] if one["ruleId"] == "battery")
    place = worst["locations"][0]["physicalLocation"]
    assert worst["level"] == "error"
    assert place["artifactLocation"]["uri"] == "missions/north%20field/bad.plan"
    line = bad.read_text().splitlines()[place["region"]["startLine"] - 1]
    assert re.search(r'"doJumpId": 3\b', line)


def test_one_that_is_none_is_told_too(repository: Path) -> None:
    """Status 2, and a result of its own."""
    (repository / "missions" / "broken.plan").write_text("{")
    status, suites, sarif = check(repository)
    assert status == 2
    assert [case.get("name") for case in suites.iter("testcase") if case.find("error") is not None] == ["unreadable"]
    assert errors(sarif) == ["unreadable"]


def test_sarif_has_what_its_schema_requires(repository: Path) -> None:
    """SARIF 2.1.0: the properties that the schema and GitHub's code scanning want, of their types; every result is of
    a rule that the driver names."""
    spoilt(repository / "missions" / "good.plan", repository / "missions" / "bad.plan")
    (repository / "missions" / "broken.plan").write_text("{")
    _, _, sarif = check(repository)
    assert sarif["version"] == "2.1.0"
    assert sarif["$schema"] == "https://json.schemastore.org/sarif-2.1.0.json"
    (only,) = sarif["runs"]
    driver = only["tool"]["driver"]
    assert isinstance(driver["name"], str)
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    assert ids == [*RULES, "unreadable"]
    for rule in driver["rules"]:
        assert isinstance(rule["shortDescription"]["text"], str)
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
    assert only["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert only["results"]
    for one in only["results"]:
        assert one["ruleId"] in ids
        assert one["level"] in ("none", "note", "warning", "error")
        assert isinstance(one["message"]["text"], str)
        (place,) = one["locations"]
        assert re.fullmatch(r"[\w./%~-]+", place["physicalLocation"]["artifactLocation"]["uri"])
        line = place["physicalLocation"]["region"]["startLine"]
        assert isinstance(line, int)
        assert line >= 1
