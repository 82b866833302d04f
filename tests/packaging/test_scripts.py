"""`scripts/run`: installs once, again when it must, and then nothing (scripts/bench has its cost). The installation
is a stand-in."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from autopilot.control.kernels import source_files
from tests.fakes.clone import ROOT, make_clone
from tests.fakes.patience import PATIENCE_S


@pytest.fixture
def clone(tmp_path, monkeypatch):
    folder, environment = make_clone(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return folder


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "scripts" / "run", *arguments], capture_output=True, text=True, timeout=PATIENCE_S)


def steps(folder: Path) -> list[str]:
    """What was done since the last look."""
    written = folder.parent / "written"
    done = sorted(written.read_text().split()) if written.exists() else []
    written.unlink(missing_ok=True)
    return done


INSTALLATION = ["pip", "pip", "pip", "sortie.kernels", "venv"]
"""What a flight needs, what builds, Sortie, and its library: beside each other, in any order."""
KERNEL = "autopilot/control/changed.py"


def test_alone_it_is_the_demo_and_arguments_are_passed_on(clone):
    """And nothing else is on stdout, not even on the day of the installation."""
    assert call(clone).stdout == "sortie demo\n"
    assert call(clone, "fly", "a plan.waypoints", "--json").stdout == "sortie fly a plan.waypoints --json\n"
    assert call(clone, "--once", "--speedup", "0").stdout == "sortie demo --once --speedup 0\n"  # options of the demo
    assert call(clone, "--version").stdout == "sortie --version\n"


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


def test_a_library_of_sources_that_a_pull_has_changed_is_made_anew_and_nothing_else(clone):
    """Where numba is not kept it is fetched for that; a library that fits after all is left alone."""
    call(clone)
    steps(clone)
    kernel = clone / KERNEL
    kernel.write_text("")
    os.utime(kernel, (2e9, 2e9))
    (clone.parent / "fits").touch()
    assert call(clone).stderr == ""
    (clone.parent / "fits").unlink()
    assert "compiling it" in call(clone).stderr
    assert steps(clone) == ["pip", "sortie.kernels"]


def test_every_source_of_the_library_is_looked_at_for_changes(tmp_path):
    """A source that is newer than what was installed is a change, and the same one older is none."""
    environment = (ROOT / "scripts" / "environment").read_text()
    looks = environment[environment.index("kernels_changed() {") : environment.index("# A library of other sources")]
    old, stamp, new = (tmp_path / name for name in ("old", "stamp", "new"))
    for at_s, file in enumerate((old, stamp, new), start=1000):
        file.touch()
        os.utime(file, (at_s, at_s))
    sources = [tmp_path / source.relative_to(ROOT) for source in source_files()]
    for source in sources:
        source.parent.mkdir(parents=True, exist_ok=True)
        source.touch()
        os.utime(source, (1000.0, 1000.0))
    each = "".join(f"touch -r {new} {s}; kernels_changed {stamp} || echo {s}; touch -r {old} {s}\n" for s in sources)
    script = f"root={tmp_path}\n{looks}\nkernels_changed {stamp} && echo changed\n{each}"
    assert subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout == ""


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
    for name in ("bash", "env", "dirname", "cat", "cksum", "mkdir", "rm", "flock"):
        (tools / name).symlink_to(shutil.which(name) or "/bin/false")
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setenv("PYTHON", "/nowhere/python")
    failed = call(clone)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.startswith("sortie: no Python 3.11 or newer found; install one, or name it: PYTHON=")
