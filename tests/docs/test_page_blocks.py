"""The Python and pytest blocks of pages that have no test of their own pass, as a reader would paste them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sortie import Session
from sortie.campaign import Study
from sortie.commands.cli import run as command_line
from sortie.config.fleet_file import EXAMPLE
from tests.docs.test_pages import ROOT, blocks
from tests.fakes.plugin_run import run

pytest_plugins = ["pytester"]

DOCS = ROOT / "docs"
TESTS = [
    (page, number)
    for page in ("first-hour/test.md", "how-to/bad-radio.md", "how-to/swarms.md", "radios.md")
    for number in range(len(blocks(DOCS / page, "python")))
]
SCRIPTS = [("fleets.md", 0), ("rehearse.md", 0), ("campaigns.md", 0)]


def _at(folder: Path) -> None:
    """The files that the pages name."""
    plan = re.search(
        r'^```text title="field.waypoints"\n(.*?)^```', (DOCS / "first-hour" / "mission.md").read_text(), re.M | re.S
    )
    assert plan is not None
    (folder / "field.waypoints").write_text(plan[1])
    shutil.copy(ROOT / "examples" / "square.plan", folder / "mission.plan")
    (folder / "fleet.toml").write_text(EXAMPLE)
    assert command_line(["campaign", "init", str(folder / "study.toml")]) == 0


@pytest.mark.parametrize(("page", "number"), TESTS)
def test_a_page_s_tests_pass(pytester: pytest.Pytester, page: str, number: int) -> None:
    """Each block alone, as a test file; beside the plan that the first hour makes."""
    _at(pytester.path)
    source = blocks(DOCS / page, "python")[number]
    result = run(pytester, source)
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] == len(re.findall(r"^def test_", source, re.M))


def test_the_sleeps_of_a_dronekit_script_are_the_vehicle_s(pytester: pytest.Pytester) -> None:
    """The fixture of the page, with a test that sleeps for five minutes."""
    fixture = blocks(DOCS / "how-to" / "dronekit-sitl.md", "python")[1]
    test = "\n\ndef test_it(sortie_server):\n    time.sleep(300)\n    assert sortie_server.vehicle.time_s > 300\n"
    assert run(pytester, fixture + test).parseoutcomes()["passed"] == 1


@pytest.mark.parametrize(("page", "number"), SCRIPTS)
def test_a_page_s_python_runs(page: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder with the files that it names."""
    _at(tmp_path)
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks(DOCS / page, "python")[number], f"{page}, block {number}", "exec"), {})


def test_a_study_takes_the_changes_of_its_page(tmp_path: Path) -> None:
    """The study that `sortie campaign init` writes, with the blocks of its page behind it and their inputs."""
    _at(tmp_path)
    change, containment = blocks(DOCS / "campaigns.md", "toml")
    names = re.findall(r"\{(\w+)\}", change)
    inputs = "".join(f"{name} = {{ choice = [0, 1] }}\n" for name in names)
    study = tmp_path / "study.toml"
    study.write_text(study.read_text().replace("\n[vary] ", f"\n[vary]\n{inputs}#", 1) + change + containment)
    said = Study.read(study).file.containment
    assert said is not None and said.rates["gps.loss"].per_hour == 1e-4
    assert set(names) <= set(Study.read(study).inputs()[0]) and len(names) == 4


def test_a_radio_is_read_as_its_page_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of `--radio mine.toml`."""
    (block,) = blocks(DOCS / "radios.md", "toml")
    (tmp_path / "mine.toml").write_text(block)
    monkeypatch.chdir(tmp_path)
    with Session(radio="mine.toml") as session:
        assert session.connect() is not None
