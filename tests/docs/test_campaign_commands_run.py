"""The `sortie campaign ...` lines of the pages: a study of two flights, a worker in this process."""

# ruff: noqa: E402  # what needs the extra is imported behind the skip
from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.fakes.extras import needs

needs("campaign", "distributed", "pyarrow", "scipy")

from sortie.campaign.execution import dask_client
from sortie.campaign.flown import fly_run, identity
from sortie.campaign.folder import Folder, read_study
from sortie.campaign.study import Study
from sortie.commands.cli import run
from tests.docs.test_commands_run import KEPT, TO_RUN, at, command_of
from tests.docs.test_pages import ROOT

STUDY: Final = """
plan = "square.plan"
[vary]
wind = { uniform = [0, 2] }
[params]
SIM_WIND_SPD = "{wind}"
[sample]
runs = 2
[judge]
low = "always(height < 8)"
"""
"""Two flights that both fail."""


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study, and what has been flown of it: now, and under the other names that pages give."""
    folder = tmp_path_factory.mktemp("studied")
    shutil.copy(ROOT / "examples" / "square.plan", folder)
    for name in ("study.toml", "STUDY.toml"):
        (folder / name).write_text(STUDY)
    study = Study.read(folder / "study.toml")
    with Folder(folder / "DIR", study, identity()) as kept:
        kept.add([fly_run(study, number, given) for number, given in enumerate(study.inputs())])
        kept.finish()
    for version in ("OLD", "NEW", "OURS", "THEIRS"):
        shutil.copytree(folder / "DIR", folder / version)
    return folder


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster with one worker, in this process."""
    with dask_client(None, 1, processes=False) as client:
        yield client.scheduler.address


@pytest.mark.parametrize("line", [line for line in TO_RUN if command_of(line) in KEPT])
def test_a_campaign_is_flown_and_asked(
    line: str,
    studied: Path,
    scheduler: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Status 0, and an answer that tells of the two flights, or of the last of them."""
    at(studied, tmp_path, monkeypatch)
    words = shlex.split(line.replace(" 17", " 1"))[1:]
    if "--out" in words:
        words[words.index("--out") + 1] = str(tmp_path / "out")
        given = words.index("--scheduler") + 1 if "--scheduler" in words else None
        words = [scheduler if place == given else word for place, word in enumerate(words)]
        words += [] if given else ["--scheduler", scheduler]
    assert run(words) == 0, capsys.readouterr().err
    told = capsys.readouterr()
    match command_of(line):
        case "campaign replay":
            assert "the same, byte for byte" in told.err and "low: fails" in told.out
        case "campaign shrink":
            assert read_study(Path("DIR/shrunk/1")).study.runs == 1 and "still fails: low" in told.out
        case "campaign compare":
            assert "2 pairs of flights" in told.out
        case "campaign report":
            assert "2 of 2 flights failed" in Path(told.out.strip()).read_text()
        case _:
            assert "2 of 2 runs, 2 failed" in told.out
