"""The pages say what is so: their Python runs, their command lines are understood, their links lead somewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
from pathlib import Path

import pytest

from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.kinds import COPTER, ROVER
from scripts.site_pages import FLOWN
from sortie.commands.cli import application
from sortie.config.options import TABLE

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
STATIONS = ("qgroundcontrol", "mission-planner", "mavproxy", "mavsdk", "dronekit", "python")


def blocks(page: Path, kind: str) -> list[str]:
    """The fenced blocks of one kind."""
    return re.findall(rf"^```{kind}(?: [^\n]*)?\n(.*?)^```", page.read_text(), re.M | re.S)


def test_there_is_a_page_for_each_station_and_one_for_python():
    """Issue 3's list."""
    assert {f"{name}.md" for name in STATIONS} <= {page.name for page in PAGES}


@pytest.mark.parametrize("number", range(len(blocks(ROOT / "docs" / "python.md", "python"))))
def test_the_python_page_runs(number, tmp_path, monkeypatch):
    """Each block alone, as a reader would paste it."""
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks(ROOT / "docs" / "python.md", "python")[number], f"python.md, block {number}", "exec"), {})


def command_lines() -> list[tuple[str, str]]:
    """(page, line) of every `sortie ...` in a block or in a span of code."""
    found = []
    for page in PAGES:
        text = page.read_text()
        fenced = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.M | re.S)
        lines = [line for block in fenced for line in block.splitlines()]
        lines += re.findall(r"^    (sortie .*)$", text, re.M)
        lines += re.findall(r"`(sortie [a-z][^`\n]*)`", text)
        commands = [line.partition(" #")[0].strip().removesuffix(" &") for line in lines if line.startswith("sortie ")]
        found += [(page.name, command) for command in commands]
    return found


@pytest.mark.parametrize(("page", "line"), command_lines())
def test_each_command_line_is_understood(page, line, monkeypatch):
    """Every option exists, and every value is one that it takes."""
    for name in [name for name in os.environ if name.startswith("SORTIE_")]:
        monkeypatch.delenv(name)
    words = shlex.split(line)[1:]
    command = application()
    while hasattr(command, "commands"):
        assert words[0] in command.commands, f"{page}: {line}"
        command, words = command.commands[words[0]], words[1:]
    if len(words) == 0:
        words = ["x" for parameter in command.params if parameter.required]  # only named in a sentence
    command.make_context(command.name, words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    """Relative links exist; pages of flights that are flown for the site are those of `scripts/site_pages.py`."""
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        if target.startswith("../flights/"):
            assert Path(target).stem in FLOWN
            continue
        assert (page.parent / target).exists(), f"{page.name} -> {target}"


def test_parameters_named_on_the_pages_exist():
    """A name in the form of a parameter is one."""
    known = set(Parameters(COPTER.parameters).names()) | set(Parameters(ROVER.parameters).names())
    prefixes = {name.partition("_")[0] for name in known} - {"MIS", "MAV"}
    for name in STATIONS:
        text = (ROOT / "docs" / f"{name}.md").read_text()
        for word in re.findall(r"\b([A-Z]+[0-9]*_[A-Z0-9_]*[A-Z0-9])\b", text):
            if word.partition("_")[0] in prefixes:
                assert word in known, f"{name}.md: {word}"


def script(name):
    """One of the scripts as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["parameters_page", "options_page", "invariants_page", "nights_page", "ledger"])
def test_a_page_of_a_table_is_what_the_table_says(name):
    """`scripts/parameters-page` and its likes have been run since their tables changed."""
    assert script(name).main(["--check"]) == 0, f"run scripts/{name.replace('_', '-')}"


def test_a_stale_parameters_page_is_noticed(tmp_path, monkeypatch, capsys):
    """The check has been seen to fail: another word, a missing page; and writing mends it."""
    module = script("parameters_page")
    page = tmp_path / "parameters.md"
    monkeypatch.setattr(module, "PAGE", page)
    assert module.main(["--check"]) == 1
    page.write_text(module.page().replace("WPNAV_SPEED", "WPNAV_SPED"))
    assert module.main(["--check"]) == 1
    assert "run scripts/parameters-page" in capsys.readouterr().err
    assert module.main([]) == 0
    assert module.main(["--check"]) == 0
    assert all(f"`{name}`" in page.read_text() for name in Parameters(ROVER.parameters).names())


def test_what_differs_between_kinds_stands_on_the_page_for_each():
    """A fence's action 6 of a plane, the unit of a rover's return: only the first kind's were there."""
    rows = {row.split("`")[1]: row for row in script("parameters_page").page().splitlines() if row.startswith("| `")}
    assert "*Plane, quadplane:* What a breach does. 0 Report, 1 RTL, 6 Guided" in rows["FENCE_ACTION"]
    assert "4 As 1, but not the pitch" in rows["STICK_MIXING"] and "*Rover, boat:*" in rows["STICK_MIXING"]
    assert "| int16 (rover float, boat float) | cm/s (rover m/s, boat m/s) |" in rows["RTL_SPEED"]
    assert "*Copter.*" in rows["WPNAV_SPEED"]


def test_a_stale_options_page_is_noticed(tmp_path, monkeypatch, capsys):
    """As the one of parameters; and each option of each command stands on it."""
    module = script("options_page")
    page = tmp_path / "options.md"
    monkeypatch.setattr(module, "PAGE", page)
    assert module.main(["--check"]) == 1
    page.write_text(module.page().replace("--speedup", "--speed"))
    assert module.main(["--check"]) == 1
    assert "run scripts/options-page" in capsys.readouterr().err
    assert module.main([]) == 0
    assert module.main(["--check"]) == 0
    for row in TABLE:
        words = (row.key.upper(),) if row.placed else (f"`--{row.name}", f"<code>--{row.name}")
        assert any(word in page.read_text() for word in words), row.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_backslash_is_shown_in_a_table(page):
    """Code between backticks is shown as it is written: of a bar in it the site shows the backslash too."""
    rows = [line for line in page.read_text().splitlines() if line.startswith("|")]
    assert not [row for row in rows if re.search(r"`[^`]*\\\|[^`]*`", row)]
