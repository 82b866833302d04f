"""The state directory of a program that was not given one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sortie.config.errors import UserError
from sortie.config.values import default_state_dir


def test_a_relative_state_home_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As the XDG specification asks: otherwise each working directory has a vehicle of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for ignored in ("", "state", "./state"):
        monkeypatch.setenv("XDG_STATE_HOME", ignored)
        assert default_state_dir() == tmp_path / ".local" / "state" / "sortie"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "mine"))
    assert default_state_dir() == tmp_path / "mine" / "sortie"


def test_a_user_without_a_home_is_told_to_name_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container with a number for a user: one line."""

    def nowhere(_: type[Path]) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", classmethod(nowhere))
    with pytest.raises(UserError, match="no home folder for the state; name another with --state-dir"):
        default_state_dir()
