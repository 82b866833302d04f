"""CONTRIBUTING.md names files, commands and commits that exist, and answers the questions of who comes next."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
QUESTIONS = (
    "heartbeat contents", "what wakes the loop", "takeover by a pilot", "docking precision",
    "which options a controller ignores", "a retry of a mission item", "a new stream", "a DataFlash column",
    "a failsafe action", "a new link type", "a new vehicle kind", "a new command line option",
)  # fmt: skip
FOLDERS = ("autopilot", "depot", "docs", "mavlink_bridge", "scripts", "sitl", "sortie", "tests")


def paths(text: str) -> list[str]:
    """Files and folders of the project in code spans: what begins with one of its folders."""
    spans = [span.split()[0] for span in re.findall(r"`([^`\n]+)`", text) if span.split()]
    return [span.rstrip(",") for span in spans if span.split("/")[0] in FOLDERS and "/" in span and "NAME" not in span]


def lost(text: str) -> list[str]:
    """Those that do not exist."""
    return [path for path in paths(text) if not (ROOT / path).exists()]


def section(title: str) -> str:
    """The text under a heading."""
    return re.split(r"^## ", PAGE.partition(f"## {title}\n")[2], maxsplit=1, flags=re.M)[0]


def test_every_file_that_it_names_exists() -> None:
    """In all of the page, with one that does not exist put in to see it found."""
    assert len(paths(PAGE)) > 40
    assert lost(PAGE) == []
    assert lost("`sortie/runtime/gone.py` (x), `scripts/test -k x`") == ["sortie/runtime/gone.py"]


def test_the_twelve_questions_are_answered_by_files() -> None:
    """Each with one at least."""
    answers = dict(
        re.findall(
            r"^\| ([^|]+) \| (.+) \|$", section("Where is it changed?").partition("Other frequent changes")[0], re.M
        )
    )
    assert tuple(answers)[2:] == QUESTIONS  # behind the table's head
    assert [question for question in QUESTIONS if not paths(answers[question])] == []


def names(text: str) -> list[str]:
    """What an answer names within its files: spans of one identifier, and words in brackets that look like one."""
    spans = [span for span in re.findall(r"`(\w+)`", text) if not (ROOT / span).exists()]
    in_brackets = re.findall(r"\(([^)`]*)\)", text)
    return spans + [word for words in in_brackets for word in re.findall(r"\b[a-z]+_[a-z_]+\b", words)]


def unknown(answer: str) -> list[str]:
    """Names that stand in none of the files that the answer names."""
    files = [ROOT / path for path in paths(answer) if (ROOT / path).is_file()]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return [name for name in names(answer) if not re.search(rf"\b{name}\b", text)]


def test_what_the_answers_name_stands_in_their_files() -> None:
    """`applies_to`, `make_link`, `precision_m` and the like, in all rows; with one planted that does not."""
    rows = re.findall(r"^\| [^|]+ \| (.+) \|$", section("Where is it changed?"), re.M)
    assert {"applies_to", "make_link", "precision_m", "base_mode"} <= {name for row in rows for name in names(row)}
    assert [name for row in rows for name in unknown(row)] == []
    assert unknown("`autopilot/core/status.py` (base_mode, system_stature)") == ["system_stature"]


def test_the_five_checks_are_those_of_the_script_and_of_the_hooks() -> None:
    """In the order in which `scripts/test` has them."""
    checks = re.findall(r"^\| `([^`]+)` \|", section("The five checks"), re.M)
    lines = (ROOT / "scripts" / "test").read_text(encoding="utf-8").splitlines()
    script = "\n".join(line for line in lines if not line.startswith("#"))
    places = [script.index(check.removesuffix(" .")) for check in checks]
    assert len(checks) == 5 and places == sorted(places)
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert [check for check in checks if check.removesuffix(" .") not in hooks] == []


def test_the_quick_run_has_folders_that_are_there() -> None:
    """And leaves out what is there: a path that has moved would be an error of pytest's, or a check less."""
    script = (ROOT / "scripts" / "test").read_text(encoding="utf-8")
    quick = script[script.index("--quick)") : script.index("esac")]
    named = re.findall(r"tests/[\w/.]+", quick)
    assert {"tests/autopilot", "tests/contracts"} <= set(named)
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert set(re.findall(r"`(tests/\w+)`", PAGE[PAGE.index("`--quick` is for") :].partition("\n\n")[0])) <= set(named)


def test_the_options_that_it_names_exist() -> None:
    """Of the three tools beside the checks."""
    known = {
        "golden": ROOT / "scripts" / "golden.py",
        "bench": ROOT / "scripts" / "bench.py",
        "test": ROOT / "scripts" / "test",
    }
    named = re.findall(r"`scripts/(\w+) (--[\w-]+)", PAGE)
    assert {("golden", "--write"), ("bench", "--against"), ("test", "--mutants"), ("test", "--long")} <= set(named)
    assert [pair for pair in named if pair[1] not in known[pair[0]].read_text(encoding="utf-8")] == []


def test_the_commits_to_look_at_are_in_the_history() -> None:
    """Where there is one: not in an archive of the sources or a shallow clone."""
    shallow = subprocess.run(
        ["git", "rev-parse", "--is-shallow-repository"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if shallow.stdout.strip() != "false":
        pytest.skip("no history here")
    commits = re.findall(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7}\b", section("Adding things"))
    assert len(commits) >= 4
    for commit in commits:
        known = subprocess.run(["git", "merge-base", "--is-ancestor", commit, "HEAD"], cwd=ROOT, check=False)
        assert known.returncode == 0, commit
