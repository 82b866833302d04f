"""Errors of what a program gives: they name its arguments, not options of a command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sortie import Session
from sortie.config.errors import UserError


@pytest.mark.parametrize("argument", ["state_dir", "log_dir", "obstacles", "traffic", "signing_key", "terrain"])
def test_a_wrong_file_is_told_by_the_name_of_its_argument(tmp_path: Path, argument: str) -> None:
    wrong = tmp_path / "a file"
    wrong.write_bytes(b"\xff")
    given: dict[str, Path] = {argument: wrong}
    with pytest.raises(UserError, match=f"^{argument} {wrong}: ") as refused:
        Session(**given)  # type: ignore[arg-type]
    assert "--" not in str(refused.value)


def test_a_state_that_is_taken_or_no_database_is_the_argument_too(tmp_path: Path) -> None:
    """Also what advises another directory."""
    with Session(state_dir=tmp_path), pytest.raises(UserError, match=r"^state_dir .*in use.*or choose another$"):
        Session(state_dir=tmp_path)
    (tmp_path / "state.db").write_bytes(b"no database" * 1000)
    with pytest.raises(UserError, match=r"^state_dir .*: state\.db: .*or choose another$"):
        Session(state_dir=tmp_path)


def test_who_stands_inside_an_obstacle_is_told_the_argument(tmp_path: Path) -> None:
    (tmp_path / "here.toml").write_text('[[box]]\nname = "shed"\nat = [0, 0]\n')
    with pytest.raises(UserError, match=r"^obstacles: the vehicle stands inside shed; move that, or its home$"):
        Session(obstacles=tmp_path / "here.toml")
