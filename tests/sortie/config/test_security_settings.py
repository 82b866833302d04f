"""The options of security in every form in which they can be given."""

from __future__ import annotations

from pathlib import Path

import pytest

from sortie.config.errors import UserError
from sortie.config.given import resolve
from sortie.config.settings import Settings


def test_all_three_ways_give_the_same(tmp_path: Path) -> None:
    """Flags, environment, file; the flag wins."""
    file = tmp_path / "sortie.toml"
    file.write_text('signing-key = "/a/key"\ninsecure = true\nmetrics = "127.0.0.1:9100"\n')
    from_file = resolve({}, file, {})
    from_environment = resolve(
        {}, None, {"SORTIE_SIGNING_KEY": "/a/key", "SORTIE_INSECURE": "1", "SORTIE_METRICS": "127.0.0.1:9100"}
    )
    from_flags = resolve({"signing_key": Path("/a/key"), "insecure": True, "metrics": ("127.0.0.1", 9100)}, None, {})
    assert (
        from_file
        == from_environment
        == from_flags
        == Settings(signing_key=Path("/a/key"), insecure=True, metrics=("127.0.0.1", 9100))
    )
    assert resolve({"signing_key": Path("/b")}, file, {}).signing_key == Path("/b")
    assert resolve({}, None, {}).insecure is False


def test_a_wrong_word_is_an_error() -> None:
    """Not a guess: "no" is not "true"."""
    with pytest.raises(UserError, match="SORTIE_INSECURE maybe: expected true or false"):
        resolve({}, None, {"SORTIE_INSECURE": "maybe"})


def test_the_containers_command_may_open_the_network() -> None:
    """The Dockerfile's command starts: it says --insecure, and its comment says where the ports may be published."""
    text = (Path(__file__).parents[3] / "Dockerfile").read_text()
    command = next(line for line in text.splitlines() if line.startswith("CMD"))
    assert '"--insecure"' in command
    assert "127.0.0.1:5760:5760" in text
