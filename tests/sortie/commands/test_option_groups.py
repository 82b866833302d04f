"""Options are said once, for all commands that share them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from typing import Annotated

import pytest
import typer

from sortie.commands.cli import application, run
from sortie.config.option_groups import spread
from sortie.config.options import LoopRun, Reach, Run
from sortie.config.settings import Settings

SHARED = ("serve", "demo", "fly", "loop")


def options_of(command: str) -> set[str]:
    """The long names of a command's options."""
    group = typer.main.get_command(application([]))
    found = group.commands[command]  # type: ignore[attr-defined]
    return {name for one in found.params for name in (*one.opts, *one.secondary_opts) if name.startswith("--")}


def test_each_setting_is_an_option_of_each_command_that_runs_a_vehicle() -> None:
    """Nothing that environment or configuration can say is missing on the command line."""
    names = {entry.name for entry in fields(Settings)}
    assert {entry.name for entry in fields(Run)} - {"config"} == names
    assert [entry.name for entry in fields(LoopRun)] == [entry.name for entry in fields(Run)]
    wanted = {f"--{name.replace('_', '-')}" for name in names | {"config"}}
    for command in SHARED:
        assert wanted <= options_of(command), command


def test_a_group_becomes_its_fields() -> None:
    """In the place of the parameter, with their defaults; the command gets the group."""
    seen: list[object] = []

    def command(name: str, *, reach: Reach, loud: bool = False) -> int:
        seen.append((name, reach, loud))
        return 7

    spread_out = spread(command)
    assert list(inspect.signature(spread_out).parameters) == ["name", "connect", "signing_key", "loud"]
    assert spread_out(name="x", connect="tcp:h:1", signing_key=None, loud=True) == 7
    assert seen == [("x", Reach("tcp:h:1"), True)]


def test_a_group_without_defaults_is_a_mistake() -> None:
    """It shows when the command is made."""

    @dataclass
    class Group:
        name: Annotated[str, typer.Option("--name")]

    def command(group: Group) -> int:
        return 0

    command.__annotations__["group"] = Group
    with pytest.raises(AssertionError):
        spread(command)


def test_a_flag_that_says_nothing_about_a_loop_is_ignored_with_one_warning(
    capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    """Its value is still checked."""
    loop = ["loop", "--sorties", "1", "--state-dir", str(tmp_path)]
    assert run([*loop, "--metrics", "nowhere"]) == 2
    assert "expected HOST:PORT" in capsys.readouterr().err
    assert run([*loop, "--metrics", "127.0.0.1:1", "--trace", "x"]) == 0
    warnings = [line for line in capsys.readouterr().err.splitlines() if "ignored" in line]
    assert warnings == [
        "sortie: --trace is ignored: it says nothing about a loop",
        "sortie: --metrics is ignored: it says nothing about a loop",
    ]
