"""Each line that says how to install something installs ours, not the program with our command's name on the index."""

from __future__ import annotations

import re
import shlex
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THIS = "tests/docs/test_install_lines.py"
INSTALL = re.compile(r"\b(?:pip|pipx|uv pip|uv add|uvx)3? (?:install|run)? *(?P<what>[^`\n\"]*)")
OTHERS = {
    "asyncssh",
    "dask-jobqueue",
    "dask-kubernetes",
    "mavsdk-grpc",
    "pytest",
    "pre-commit",
    "sortie",
}  # named in a sentence or beside ours; `sortie` only where a page warns of it, see below
TAKE_A_VALUE = {"-r", "-c", "--find-links", "--index-url"}


def _metadata() -> ConfigParser:
    metadata = ConfigParser()
    metadata.read(ROOT / "setup.cfg")
    return metadata


def _lines() -> list[tuple[str, str]]:
    """(file:line, what follows the installer's name) of all tracked text but the changelog's history."""
    grep = [
        "git",
        "grep",
        "-nIE",
        r"\b(pip|pipx|uv pip|uv add|uvx) ",
        "--",
        ":!CHANGELOG.md",
        f":!{THIS}",
        ":!docs/reference",
    ]
    found = subprocess.run(grep, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rows = []
    for line in found.splitlines():
        file, number, text = line.split(":", 2)
        rows += [(f"{file}:{number}", match["what"]) for match in INSTALL.finditer(text) if " install" in text]
    return rows


def _named(what: str) -> list[str]:
    """Requirements on an installer's line: no options, no paths, no shell variables, no comment, no prose behind it."""
    what = re.split(r"[`;)]| &&| #| \(|: |\. |, ", what.replace("\\[", "[").replace("\\]", "]"))[0].rstrip(".,:")
    try:
        words = shlex.split(what)
    except ValueError:
        words = shlex.split(what.partition("'")[2].partition("'")[0])
    named, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in TAKE_A_VALUE:
            skip = True
        elif not word.startswith(("-", ".", "$", "/", "examples/", "{")) and word != "install":
            named.append(word)
    return named


def test_the_distribution_has_a_name_of_its_own() -> None:
    metadata = _metadata()["metadata"]
    assert metadata["name"] == "sortie-mavlink"
    assert _metadata()["options.entry_points"]["console_scripts"].split(" =")[0].strip() == "sortie"


def _wrong(where: str, requirement: str, extras: set[str]) -> str | None:
    """How a requirement does not say what is meant, or None."""
    name, _, asked = requirement.partition("[")
    name = re.split(r"[=<>~]", name)[0]
    if name == "sortie":
        warned = "installs a program of" in (ROOT / where.partition(":")[0]).read_text()
        return None if warned else "installs somebody else's program"
    wanted = {extra for extra in asked.rstrip("]").split(",") if extra and not extra.startswith("{")}
    if name == "sortie-mavlink":
        return None if wanted <= extras else f"extras are {sorted(extras)}"
    return None if name in OTHERS or not asked else "has no extras here"


def test_an_install_line_installs_what_is_meant() -> None:
    """Ours by its name and with extras that it has; never `sortie`, which is another program."""
    extras = set(_metadata()["options.extras_require"])
    named = [(where, requirement) for where, what in _lines() for requirement in _named(what)]
    assert len(named) > 40
    wrong = [(where, asked, why) for where, asked in named if (why := _wrong(where, asked, extras)) is not None]
    assert not wrong


@pytest.mark.parametrize("requirement", ["sortie", "sortie-mavlink[unknown]", "strange[extra]"])
def test_a_planted_mistake_is_found(requirement: str) -> None:
    assert _wrong("setup.cfg:1", requirement, {"web"}) is not None


def test_both_kinds_of_lines_are_found() -> None:
    rows = [requirement for _, what in _lines() for requirement in _named(what)]
    assert "sortie-mavlink[web]" in rows and "sortie-mavlink" in rows and "asyncssh" in rows
