"""The package: one version, extras that are named where they are missing, a wheel that flies by itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sortie.config.version import VERSION

ROOT = Path(__file__).parents[2]


def test_the_version_stands_in_one_place() -> None:
    """The package's metadata is made of it, everything else asks for it; the changelog has it."""
    assert "version = attr: sortie.config.version.VERSION" in (ROOT / "setup.cfg").read_text().splitlines()
    tracked = subprocess.run(
        ["git", "grep", "-lF", f'"{VERSION}"', "--", "*.py"], cwd=ROOT, capture_output=True, text=True
    )
    assert tracked.stdout == "sortie/config/version.py\n"
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] in ("Unreleased", VERSION) and VERSION in headings


def test_the_workflow_calls_what_a_person_calls() -> None:
    """`scripts/test` and `scripts/build`, and nothing else that checks; then the wheels fly, from the library, on each
    system that has one."""
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert re.findall(r"^      - run: (.*)$", text, re.MULTILINE) == [
        "scripts/test",
        "scripts/build",
        "scripts/build",
        "python -m pip install --find-links dist --pre sortie-mavlink",
        "sortie demo --once --speedup 0 --json",
    ]
    flies = text[text.index("  flies:") :]
    assert set(re.findall(r"os: ([a-z0-9.-]+)", flies)) == {
        "ubuntu-24.04",
        "ubuntu-24.04-arm",
        "macos-15",
        "macos-15-intel",
        "windows-2025",
    }
    assert "alpine" in flies and "SORTIE_KERNEL: library" in flies


@pytest.mark.long
def test_the_wheel_flies_in_an_empty_environment_without_the_sources(tmp_path: Path) -> None:
    """`scripts/build`: sdist, wheel, installation, a flight, and the example project with its own clients."""
    probe = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", tmp_path / "probe", "msgspec"]
    if subprocess.run(probe, capture_output=True).returncode != 0:
        pytest.skip("no package index is reached from here: an empty environment stays empty")
    done = subprocess.run([ROOT / "scripts" / "build", tmp_path], capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith(" flies")
    assert {path.suffix for path in tmp_path.iterdir() if path.is_file()} == {".whl", ".gz"}
    (project,) = [line for line in done.stdout.splitlines() if "examples/project: " in line]
    assert re.search(r": [5-9] passed\b", project) and not re.search("failed|error|skipped", project)
