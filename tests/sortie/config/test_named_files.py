"""Files that a user names: one check of all, whatever reads them."""

from __future__ import annotations

import os
import re
import sys
import tracemalloc
from pathlib import Path

import pytest

from sortie.commands.cli import run
from sortie.config.errors import UserError
from sortie.config.files import check_place, content_of, text_of, write_file
from sortie.config.words import counted

PLAN = str(Path(__file__).parents[3] / "examples" / "square.waypoints")
PIPE = "it.plan"
NAMES = (
    ("fly", PIPE),
    ("rehearse", PIPE),
    ("rehearse", PLAN, "--flights", "2", "--wind", PIPE),
    ("fly", PLAN, "--param", PIPE),
    ("fly", PLAN, "--traffic", PIPE),
    ("fly", PLAN, "--obstacles", PIPE),
    ("fly", "--fleet", PIPE),
    ("serve", "--config", PIPE),
    ("serve", "--signing-key", PIPE),
    ("serve", "--radio", PIPE),
    ("loop", "--profile", PIPE),
    ("flash", PIPE),
    ("param", "load", PIPE),
    ("conform", "--vehicle", "sim:copter", "--report", "page", "--beside", PIPE),
    ("report", PIPE),
    ("reproduce", PIPE),
    ("reproduce", "it.toml"),
)


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
@pytest.mark.parametrize("words", NAMES, ids=" ".join)
def test_a_pipe_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """Opening one waits for a writer, for ever."""
    monkeypatch.chdir(tmp_path)
    for name in (PIPE, "it.toml"):
        os.mkfifo(name)
    assert run([*words, *(("--state-dir", "state") if words[0] in ("fly", "serve", "loop") else ())]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert "it.plan: a pipe or a device; write its content into a file first" in line.replace("it.toml", PIPE)


@pytest.mark.parametrize(
    "words",
    [("serve", "--log-dir"), ("serve", "--state-dir"), ("fly", PLAN, "--report"), ("report",), ("campaign", "run")],
    ids=" ".join,
)
def test_a_name_that_is_too_long_is_refused(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    assert run([*words, "x" * 300]) == 2
    assert capsys.readouterr().err.endswith("xxx: File name too long\n")


@pytest.mark.parametrize(
    "words",
    [
        ("fly", PLAN, "--log-dir"),
        ("fly", PLAN, "--state-dir"),
        ("fly", PLAN, "--report"),
        ("rehearse", PLAN, "--junit"),
    ],
    ids=" ".join,
)
def test_an_empty_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """`--state-dir "$UNSET"` was the folder that the shell was in, and the vehicle's state was written there."""
    monkeypatch.chdir(tmp_path)
    assert run([*words, ""]) == 2
    assert capsys.readouterr().err == f"sortie: {words[-1]}: expected a path, found nothing\n"


@pytest.mark.parametrize("words", NAMES[:-1], ids=" ".join)
def test_a_home_of_nobody_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """The shell leaves such a name as it is."""
    monkeypatch.chdir(tmp_path)
    named = ["~nobody-here/it.plan" if word == PIPE else word for word in words]
    assert run([*named, *(("--state-dir", "state") if words[0] in ("fly", "serve", "loop") else ())]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert re.search("~nobody-here/it.plan: (No such file or directory|neither a known profile .* nor a file)", line)


@pytest.mark.parametrize("name", ["link", "param"])
def test_a_zero_in_a_name_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """No argument can have one, but a configuration file: the system raises ValueError for it."""
    file = tmp_path / "sortie.toml"
    file.write_text(rf'{name} = ["/dev/tty\u0000"]')
    assert run(["serve", "--config", str(file), "--state-dir", str(tmp_path)]) == 2
    told = f"sortie: --config {file}: {name}.1: holds a NUL character; expected text without\n"
    assert capsys.readouterr().err == told


def test_a_device_is_refused() -> None:
    """It has no end."""
    with pytest.raises(OSError, match="a pipe or a device"):
        content_of(Path(os.devnull))


def test_a_folder_is_no_large_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        content_of(tmp_path, 10)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """A disk image under the name of a study."""
    with (tmp_path / "s.toml").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UserError, match="larger than 32 MB"):
        text_of(tmp_path / "s.toml", "here")


def test_a_small_file_is_read_into_little_memory(tmp_path: Path) -> None:
    """Room for the largest one was asked for, which a process with a limit (`ulimit -v 160000`) does not get."""
    (tmp_path / "s.toml").write_bytes(b"a = 1")
    tracemalloc.start()
    try:
        assert content_of(tmp_path / "s.toml") == b"a = 1"
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_byte_order_mark_is_none_of_the_text(tmp_path: Path) -> None:
    """As an editor of Windows saves it, with its ends of lines."""
    (tmp_path / "s.toml").write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    assert text_of(tmp_path / "s.toml", "here") == "a = 1\nb = 2\n"


def test_a_file_that_cannot_be_made_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only disk refuses to delete what is not there, too."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(UserError, match="Read-only file system"):
        write_file(tmp_path / "junit.xml", "text")


def test_a_file_that_may_not_be_made_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`conform --junit` said so after minutes of cases. Root may write everywhere."""
    check_place(tmp_path / "junit.xml", "--junit")
    (tmp_path / "older.xml").write_text("")
    monkeypatch.setattr(os, "access", lambda path, way: path != tmp_path and way == os.W_OK)
    check_place(tmp_path / "older.xml", "--junit")
    with pytest.raises(UserError, match=r"^--junit \S+junit\.xml: Permission denied$"):
        check_place(tmp_path / "junit.xml", "--junit")


def test_one_is_no_plural() -> None:
    assert [counted(count, "item") for count in (0, 1, 2)] == ["0 items", "1 item", "2 items"]
