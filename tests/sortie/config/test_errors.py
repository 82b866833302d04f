"""A user's error is one line that fits on a screen, whatever it quotes."""

from __future__ import annotations

from sortie.config.errors import UserError


def test_what_it_quotes_cannot_command_a_terminal() -> None:
    """Neither from a file nor in the name of one."""
    error = UserError("x.toml: expected a number, found \x1b]0;root\x07\n2", option="home", given="\x1b[2J")
    assert str(error) == "--home ?[2J: x.toml: expected a number, found ?]0;root? 2"


def test_the_middle_of_a_long_quotation_is_left_out() -> None:
    told = str(UserError("found " + "x" * 100_000 + "; expected a number"))
    assert len(told) < 2_100
    assert told.startswith("found xxx") and "xxx [...] xxx" in told and told.endswith("; expected a number")
    assert str(UserError("y" * 2_000)) == "y" * 2_000
