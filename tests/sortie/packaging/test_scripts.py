"""`scripts/run`: installs once, again when it must, and then costs next to nothing. The installation is a stand-in."""

from __future__ import annotations

import resource
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LIMIT_S = 0.05
PYTHON = """#!/bin/sh
# What find_python, venv, pip and the precompilation are asked for, written down.
case "$*" in
    "-c "*) exit 0 ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && chmod +x "$3/bin/python"
        printf '#!/bin/sh\\necho "sortie $*"\\n' >"$3/bin/sortie" && chmod +x "$3/bin/sortie" ;;
    "-m pip "*) [ ! -e "$INDEX_IS_DOWN" ] || exit 1 ;;
esac
echo "$2" >>"$WRITTEN"
"""


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """The scripts and the metadata, and a Python that only pretends."""
    folder = tmp_path / "clone"
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("*.py", "benchmarks"))
    for name in ("setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    monkeypatch.setenv("PYTHON", str(python))
    monkeypatch.setenv("WRITTEN", str(tmp_path / "written"))
    monkeypatch.setenv("INDEX_IS_DOWN", str(tmp_path / "down"))
    return folder


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "scripts" / "run", *arguments], capture_output=True, text=True, timeout=60)


def steps(folder: Path) -> list[str]:
    """What was done since the last look."""
    written = folder.parent / "written"
    done = written.read_text().split() if written.exists() else []
    written.unlink(missing_ok=True)
    return done


INSTALLATION = ["venv", "pip", "sitl.precompile"]


def test_alone_it_is_the_demo_and_arguments_are_passed_on(clone):
    """And nothing else is on stdout, not even on the day of the installation."""
    assert call(clone).stdout == "sortie demo\n"
    assert call(clone, "fly", "a plan.waypoints", "--json").stdout == "sortie fly a plan.waypoints --json\n"


def test_it_installs_once_and_again_when_the_metadata_changed(clone):
    """A second run does nothing but run."""
    call(clone)
    assert steps(clone) == INSTALLATION
    call(clone)
    assert steps(clone) == []
    with (clone / "setup.cfg").open("a") as file:
        file.write("\n")
    call(clone)
    assert steps(clone) == INSTALLATION


def test_a_folder_that_was_moved_is_installed_anew(clone):
    """The programs in .venv/bin hold the path at which they were made; none of them is left."""
    call(clone)
    steps(clone)
    (clone / ".venv" / "bin" / "ruff").write_text("#!/gone/.venv/bin/python\n")
    moved = clone.rename(clone.with_name("moved"))
    assert call(moved).stdout == "sortie demo\n"
    assert steps(moved) == INSTALLATION
    assert not (moved / ".venv" / "bin" / "ruff").exists()


def test_an_installation_that_failed_is_said_and_tried_again(clone):
    """Status 2, nothing on stdout; with the index back it works."""
    (clone.parent / "down").touch()
    failed = call(clone)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "the installation failed" in failed.stderr
    (clone.parent / "down").unlink()
    assert call(clone).stdout == "sortie demo\n"


def test_no_python_is_said(clone, monkeypatch, tmp_path):
    """One line with what would help, status 2."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "env", "dirname", "cat", "cksum", "mkdir", "flock"):
        (tools / name).symlink_to(shutil.which(name) or "/bin/false")
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("PYTHON", "/nowhere/python")
    failed = call(clone)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.startswith("sortie: no Python 3.11 or newer found; install one, or name it: PYTHON=")


def test_installed_it_costs_less_than_50_ms(clone):
    """Processor time of the script and of all that it starts, the best of ten: not what else the machine is doing."""
    call(clone)
    took = []
    for _ in range(10):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([clone / "scripts" / "run"], stdout=subprocess.DEVNULL, timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(took) < LIMIT_S
