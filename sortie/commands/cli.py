"""The command line: one `typer` application, and the one place where an error becomes a line and a status.

stdout is the answer, stderr the story. Nothing a person can do wrong shows a traceback or a box: one line that says
what is wrong and what would be right, exit status 2.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from sortie.config.errors import UserError
from sortie.config.option_groups import spread

#: name: (module under `sortie.commands`, what is in it, help). A module is loaded when its command is asked for:
#: `status` must not pay for what `serve` needs. `app` marks a command with commands of its own.
COMMANDS = {
    "serve": ("serve", "serve", "Run the vehicle and its ground station links until stopped."),
    "demo": ("demo", "demo", "Serve, upload a sample mission and fly it, with live progress."),
    "fly": ("fly", "fly", "Fly one plan file to its end."),
    "loop": ("loop", "loop", "Fly sortie after sortie: the depot and its vehicle."),
    "flash": ("flash", "flash", "Flash a flight controller over USB serial, then link to it."),
    "go": ("manager", "go", "Start a flight of a running service."),
    "abort": ("manager", "abort", "Stop the countdown of a running service."),
    "status": ("status", "status", "Tell what a running service is doing."),
    "param": ("param", "app", ""),
}


def application(arguments: Sequence[str]) -> typer.Typer:
    """The commands that `arguments` may mean: one when its name is there, else all of them (help, a misspelling)."""
    app = typer.Typer(
        name="sortie",
        help="A MAVLink vehicle that installs with pip: ground stations connect, upload a mission and watch it fly.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_root)
    first = arguments[0] if arguments else ""
    for name in [first] if first in COMMANDS else [] if first == "--version" else COMMANDS:
        module, member, text = COMMANDS[name]
        found = getattr(import_module(f"sortie.commands.{module}"), member)
        if member == "app":
            app.add_typer(found, name=name)
        else:
            app.command(name, help=text)(spread(found))
    return app


# typer re-exports BadParameter only; its ancestors are what every wrong word on the command line raises.
_CommandLineError: type[Exception] = typer.BadParameter.__mro__[2]


def _root(
    context: typer.Context, version: bool = typer.Option(False, "--version", help="Print the version and exit.")
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"sortie {installed('sortie')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit status."""
    try:
        status = application(arguments)(args=list(arguments), prog_name="sortie", standalone_mode=False)
    except UserError as error:
        print(f"sortie: {error}", file=sys.stderr)
        return error.status
    except _CommandLineError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # `sortie param` alone: its help is the answer
            print(error, file=sys.stderr)
        else:
            print(f"sortie: {_one_line(error)} (see {_command_of(error)} --help)", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `sortie ... | head`: nobody reads on; keep the interpreter from trying again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (KeyboardInterrupt, typer.Abort):
        return 130
    return status if isinstance(status, int) else 0


def _command_of(error: Exception) -> str:
    """The command that did not understand its words."""
    return str(getattr(getattr(error, "ctx", None), "command_path", "sortie"))


def _one_line(error: Exception) -> str:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    return " ".join(message.split()).rstrip(".")
