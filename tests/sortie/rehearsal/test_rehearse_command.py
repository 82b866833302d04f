"""`sortie rehearse`: its status, its lines, and what it writes for other programs."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autopilot.rehearsal.findings import RULES
from sortie.commands.cli import run

ROOT = Path(__file__).parents[3]
SQUARE = ROOT / "examples" / "square.waypoints"
PLANS = ROOT / "tests" / "data" / "plans"


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """The square, with a waypoint in the middle (the third, on line 5) so far away that the battery ends before it."""
    rows = SQUARE.read_text().splitlines()
    fields = rows[4].split("\t")
    fields[8] = str(float(fields[8]) + 0.3)
    rows[4] = "\t".join(fields)
    plan = tmp_path / "far.waypoints"
    plan.write_text("\n".join(rows) + "\n")
    return plan


def test_a_good_plan_is_a_go(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0, and the verdict is the only line."""
    assert run(["rehearse", str(SQUARE)]) == 0
    assert re.fullmatch(r"GO: 6 items, about \d+ s, \d+ m, [\d.]+ Wh; 0 errors, 0 warnings\n", capsys.readouterr().out)


def test_a_bad_plan_is_a_no_go_with_the_worst_first(far: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 1; a line says where, what, what would mend it, and by which rule."""
    assert run(["rehearse", str(far)]) == 1
    verdict, first = capsys.readouterr().out.splitlines()[:2]
    assert verdict.startswith("NO-GO: 6 items")
    assert re.fullmatch(r"error: mission item 3: the battery of 58 Wh ends .*; shorten the plan.* \[battery\]", first)


@pytest.mark.parametrize(
    "words", [["gone.plan"], [str(SQUARE), "--vehicle", "tcp:127.0.0.1:1"], [str(PLANS / "fence-as-items.waypoints")]]
)
def test_bad_input_is_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there, a vehicle that is none, a plan without items."""
    assert run(["rehearse", *words]) == 2
    assert capsys.readouterr().out == ""


def test_json_has_the_same(far: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, with the rules' names."""
    assert run(["rehearse", str(far), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["go"]
    assert (told["findings"][0]["rule"], told["findings"][0]["item"]) == ("battery", 3)
    assert told["distance_m"] > 60_000.0


def test_parameters_and_home_count(far: Path) -> None:
    """With a battery that never ends the same plan is a go, and from 300 km away the square is none."""
    assert run(["rehearse", str(far), "--param", "SIM_BATT_CAP_AH=0"]) == 0
    assert run(["rehearse", str(SQUARE), "--home", "40,8,0,0"]) == 1


def test_static_does_not_fly(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever --flights says."""
    assert run(["rehearse", str(SQUARE), "--flights", "3", "--wind", "4,7", "--static", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["flown"] is None


def test_junit_has_a_case_for_each_rule(far: Path, tmp_path: Path) -> None:
    """What is found fails its case, and no other."""
    run(["rehearse", str(far), "--junit", str(tmp_path / "junit.xml")])
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    failed = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
    assert failed == ["battery"]
    assert [case.get("name") for case in suite.iter("testcase")] == list(RULES)
    assert suite.get("failures") == "1"


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_a_name_with_control_characters_breaks_no_junit(tmp_path: Path) -> None:
    """XML has none."""
    plan = tmp_path / "sq\x1b[2J.waypoints"
    plan.write_bytes(SQUARE.read_bytes())
    assert run(["rehearse", str(plan), "--static", "--junit", str(tmp_path / "junit.xml")]) == 0
    assert "sq?[2J.waypoints" in str(ElementTree.parse(tmp_path / "junit.xml").getroot().get("name"))


def test_sarif_shows_a_finding_at_the_line_of_its_item(far: Path, tmp_path: Path) -> None:
    """Of a text file its row."""
    run(["rehearse", str(far), "--sarif", str(tmp_path / "found.sarif")])
    (only,) = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    first = only["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert (first["ruleId"], first["level"]) == ("battery", "error")
    assert place == {"artifactLocation": {"uri": far.as_posix()}, "region": {"startLine": 5}}
    assert {rule["id"] for rule in only["tool"]["driver"]["rules"]} == set(RULES)


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="their names of files are Unicode")
def test_sarif_and_junit_name_a_plan_whose_name_is_no_utf8(far: Path, tmp_path: Path) -> None:
    """Both ended with a traceback."""
    odd = tmp_path / os.fsdecode(b"n\xff.waypoints")
    odd.write_bytes(far.read_bytes())
    run(["rehearse", str(odd), "--sarif", str(tmp_path / "found.sarif"), "--junit", str(tmp_path / "found.xml")])
    (only,) = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    place = only["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("/n%FF.waypoints")
    assert r"n\udcff.waypoints" in (tmp_path / "found.xml").read_text()


def test_sarif_finds_the_item_of_a_plan_of_qgroundcontrol(tmp_path: Path) -> None:
    """By its doJumpId."""
    plan = ROOT / "examples" / "square.plan"
    run(["rehearse", str(plan), "--vehicle", "sim:rover", "--sarif", str(tmp_path / "found.sarif")])
    (only,) = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    line = only["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert re.search(r'"doJumpId": 1\b', plan.read_text().splitlines()[line - 1])


def test_sarif_finds_items_of_a_survey_and_rally_points(tmp_path: Path) -> None:
    """By their order in the file: numbers of a ground station may begin anywhere."""
    document = json.loads((ROOT / "examples" / "survey.plan").read_text())
    document["rallyPoints"] = {"points": [[-35.3633, 149.1653, 20], [-35.40, 149.1653, 20]], "version": 2}
    text = re.sub(
        r'"doJumpId": (\d+)', lambda one: f'"doJumpId": {int(one.group(1)) + 40}', json.dumps(document, indent=1)
    )
    plan = tmp_path / "survey.plan"
    plan.write_text(text)
    run(["rehearse", str(plan), "--sarif", str(tmp_path / "found.sarif")])
    (only,) = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    lines = {one["ruleId"]: one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in only["results"]}
    assert '"doJumpId": 44' in text.splitlines()[lines["photo-unknown"] - 1]
    assert "-35.4" in text.splitlines()[lines["rally-far"]]


SARIF_OBJECTS: dict[str, tuple[set[str], set[str]]] = {
    "log": ({"version", "runs"}, {"$schema"}),
    "run": ({"tool"}, {"columnKind", "results"}),
    "tool": ({"driver"}, set()),
    "driver": ({"name"}, {"rules"}),
    "rule": ({"id"}, {"shortDescription", "help", "defaultConfiguration"}),
    "result": ({"message"}, {"ruleId", "level", "locations"}),
    "location": (set(), {"physicalLocation"}),
    "physicalLocation": ({"artifactLocation"}, {"region"}),
    "artifactLocation": (set(), {"uri"}),
    "region": ({"startLine"}, set()),
    "text": ({"text"}, set()),
    "configuration": (set(), {"level"}),
}
"""Of the objects of SARIF 2.1.0 that are written: what its schema requires, and what else is used of what it allows. By
hand: no package carries the schema, and it is not ours to pass on. (The published one finds nothing either.)"""


def test_sarif_has_what_its_schema_requires_and_nothing_that_it_forbids(far: Path, tmp_path: Path) -> None:
    """Each object: required and known properties, and the values that the schema limits."""
    run(["rehearse", str(far), "--sarif", str(tmp_path / "found.sarif")])
    log = json.loads((tmp_path / "found.sarif").read_text())

    def known(kind: str, one: dict[str, object]) -> None:
        required, others = SARIF_OBJECTS[kind]
        assert required <= one.keys() <= required | others, (kind, one)

    known("log", log)
    assert (log["version"], log["$schema"]) == ("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json")
    (only,) = log["runs"]
    known("run", only)
    known("tool", only["tool"])
    known("driver", only["tool"]["driver"])
    assert only["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    levels = {"none", "note", "warning", "error"}
    rules = only["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        known("rule", rule)
        known("text", rule["shortDescription"])
        known("text", rule["help"])
        known("configuration", rule["defaultConfiguration"])
        assert rule["defaultConfiguration"]["level"] in levels
    assert only["results"]
    for result in only["results"]:
        known("result", result)
        known("text", result["message"])
        assert result["message"]["text"]
        assert result["level"] in levels
        for place in result["locations"]:
            known("location", place)
            known("physicalLocation", place["physicalLocation"])
            known("artifactLocation", place["physicalLocation"]["artifactLocation"])
            known("region", place["physicalLocation"]["region"])
            assert re.fullmatch(r"[^\s<>\"{}|\\^`]*", place["physicalLocation"]["artifactLocation"]["uri"])
            assert isinstance(line := place["physicalLocation"]["region"]["startLine"], int)
            assert line >= 1


def test_the_page_has_the_table_of_rules() -> None:
    """docs/rehearse.md names each rule as it is."""
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (\w+) \| (.*) \| (.*) \|$", (ROOT / "docs" / "rehearse.md").read_text(), re.M
    )
    assert rows == [(rule.name, rule.severity.value, rule.what, rule.mend) for rule in RULES.values()]
