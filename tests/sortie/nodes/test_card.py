"""The card of a camera: what counts as written, and who waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mavlink_bridge.services.ftp.files import FileComesError
from sitl.camera.darkroom import Job
from sortie.assembly.pace import pace_pictures
from sortie.config.settings import Settings
from sortie.nodes.camera_card import Card, PictureReported

NAME = "100SORTI/IMG_0001.JPG"


def begun(folder: Path, heard: Sequence[bool] = ()) -> tuple[Card, Job]:
    """A card on which one picture is being written, beside other things; `heard`: what was said to its vehicle."""
    card = Card(lambda: bool(heard))
    card.keep_in(folder)
    assert card.next_file() == NAME
    job = Job(card.folder / NAME, 0, cast("Any", None))
    card.written_by(NAME, job)
    card.reported = PictureReported.TAKEN_UNTIL_HEARD
    return card, job


def finish(card: Card, job: Job) -> None:
    (card.folder / NAME).write_bytes(b"picture")
    job.end("")


@pytest.mark.parametrize("beside", ["100SORTI/IMG_0007_edited.JPG", "100SORTI/IMG_copy.JPG", "mySORTI/IMG_0001.JPG"])
def test_a_start_goes_on_behind_the_last_picture_whatever_lies_beside_it(tmp_path: Path, beside: str) -> None:
    """A copy that a person has put there began the numbers anew, and the pictures were overwritten."""
    for name in ("100SORTI/IMG_0003.JPG", NAME, "001SORTI/IMG_0005.JPG", beside):
        (tmp_path / "DCIM" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "DCIM" / name).touch()
    card = Card(lambda: False)
    card.keep_in(tmp_path)
    assert (card.stored, card.next_file()) == (4, "100SORTI/IMG_0004.JPG")


def test_a_picture_that_is_being_written_holds_up_nobody(tmp_path: Path) -> None:
    """It is told of, and comes; it is not in the directory yet, and the card is in use."""
    card, job = begun(tmp_path)
    assert card.written(NAME) == ""
    assert card.writing()
    assert card.entries("100SORTI") == []
    with pytest.raises(FileComesError):
        card.open(NAME, "")
    finish(card, job)
    assert card.open(NAME, "").read(0, 100) == b"picture"
    assert [one.name for one in card.entries("100SORTI")] == ["IMG_0001.JPG"]
    assert not card.writing()


def test_who_reads_in_another_thread_waits_for_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By HTTP: where it is written when he has waited for it; he does not wait for what nobody writes."""
    card, job = begun(tmp_path)
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        finish(card, job)
        return True

    monkeypatch.setattr(job, "wait", wait)
    card.await_file("100SORTI/IMG_0002.JPG")
    assert not waited
    card.await_file(NAME)
    assert len(waited) == 1 and (card.folder / NAME).read_bytes() == b"picture"


def test_what_was_not_written_is_said_when_somebody_asks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Written down once, with the reason; nobody waits for it."""
    card, job = begun(tmp_path)
    job.end("No space left on device")
    for _ in range(2):
        assert (card.written(NAME), card.writing()) == ("No space left on device", False)
    assert [record.getMessage() for record in caplog.records] == [f"picture {NAME}: No space left on device"]


def test_pictures_that_fail_alike_are_written_down_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With the first one's name; then another reason, then that it is over."""
    card, job = begun(tmp_path)
    full, gone = "No space left on device", "No such file or directory"
    for number, problem in enumerate((full, full, full, gone, gone, "", "", full), 1):
        name = NAME.replace("1.", f"{number}.")
        if number > 1:
            job = Job(card.folder / name, 0, cast("Any", None))
            card.written_by(name, job)
        job.end(problem)
        assert card.written(name) == problem
    said = [record.getMessage().replace("100SORTI/IMG_000", "") for record in caplog.records]
    assert said == [
        f"picture 1.JPG: {full}",
        f"picture 4.JPG: {gone}",
        "pictures are written again, from 6.JPG on",
        f"picture 8.JPG: {full}",
    ]


@pytest.mark.parametrize(
    ("pace", "speedup", "alone", "among_others"),
    [("wall", None, False, False), ("wall", 1.0, False, False), ("wall", 4.0, True, False), ("wall", 0.0, True, False),
     ("clients", None, False, False), ("clients", 4.0, False, False)],
)  # fmt: skip
def test_a_picture_is_told_of_when_it_is_there(
    pace: str, speedup: float | None, alone: bool, among_others: bool, tmp_path: Path
) -> None:
    """By the wall, and paced by clients, whose time waits for it; at other speeds as soon as somebody has spoken, and
    before that at once: what is told must not depend on the machine."""
    heard: list[bool] = []
    card, job = begun(tmp_path, heard)
    service: Any = SimpleNamespace(camera=SimpleNamespace(card=card))
    pace_pictures(Settings(pace=pace, speedup=speedup), service)
    assert card.written(NAME) == ("" if alone else None)
    heard.append(True)
    assert card.written(NAME) == ("" if among_others else None)
    finish(card, job)
    assert card.written(NAME) == ""


def test_who_is_told_to_end_does_not_wait_for_all_pictures(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A signal ends a program within seconds, however many are still to be written; how many were not is said."""
    card, job = begun(tmp_path)
    card.close(hurried=True)
    assert not job.done
    assert [record.getMessage() for record in caplog.records] == [
        "pictures that were not waited for, since the program was told to end: 1"
    ]
    assert not card.writing()
