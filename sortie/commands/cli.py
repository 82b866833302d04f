"""Command line: click commands made from the table of options, and the conversion of errors to a line and a status.

stdout has the answer, stderr everything else. A mistake of the user causes no traceback, but one line that says what is
wrong and what is expected, with exit status 2.
"""

from __future__ import annotations

import errno
import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from textwrap import fill
from typing import Any, Final

import click
from click.exceptions import NoArgsIsHelpError

from autopilot.interface.records import dataclass, field
from sortie.config.errors import UserError
from sortie.config.given import GivenOptions, misspelt
from sortie.config.option import Group, Option, OptionForm, OptionScope, Sources
from sortie.config.options import TABLE
from sortie.config.version import VERSION
from sortie.runtime.signals import work_begins

_ADDRESSES: Final = ("--link=", "tcp:", "udp", "tcpin:", "serial:", "/dev/")
_NEGATIVE_NUMBERS: Final = {"ignore_unknown_options": True}


@dataclass(frozen=True, slots=True)
class HelpLine:
    """Command: `function` of `module` in `sortie.commands`. The module is imported when the command runs, so that
    `status` does not load what `serve` needs. `where`: kinds of vehicles with which it works."""

    module: str
    function: str
    help: str
    where: OptionScope | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


COMMANDS: Final = {
    "serve": HelpLine("serve", "serve", "Run a vehicle that ground stations can connect to, until stopped."),
    "demo": HelpLine("demo", "demo", "Run a vehicle, upload a sample mission and fly it, with live progress."),
    "fly": HelpLine("fly", "fly", "Fly one plan file to its end, then exit."),
    "rehearse": HelpLine("rehearse", "rehearse", "Check whether a plan will work, and explain what will not."),
    "conform": HelpLine("conform", "conform", "Test how well any vehicle follows the MAVLink specification."),
    "loop": HelpLine(
        "loop", "loop", "Run a depot (or drone box) that sends its vehicle on one sortie after another.",
        OptionScope.LOOP,
    ),
    "doctor": HelpLine("doctor", "doctor", "List the firmware binaries that are found, and what each can do."),
    "flash": HelpLine("flash", "flash", "Flash a flight controller over USB serial, then connect to it."),
    "radio": HelpLine("radio", "radio", "Simulate a radio between a vehicle and a ground station, until stopped."),
    "web": HelpLine("web", "web", "Serve a web page that shows vehicles, until stopped."),
    "report": HelpLine("report", "report", "Write a page about flight logs of Sortie, ArduPilot or PX4."),
    "convert": HelpLine("convert", "convert", "Convert a flight log to another file format."),
    "replay": HelpLine("replay", "replay", "Play flight logs to ground stations as if the vehicles were flying now."),
    "reproduce": HelpLine(
        "reproduce", "reproduce_incident", "Fly an incident again from its log; write a scenario and a test of it."
    ),
    "aerialist": HelpLine(
        "aerialist", "aerialist", "Fly an Aerialist test description and report how close it came to obstacles."
    ),
    "go": HelpLine("manager", "go", "Start a flight of a running vehicle."),
    "abort": HelpLine("manager", "abort", "Stop the countdown of a running vehicle."),
    "status": HelpLine("status", "status", "Show what a running vehicle is doing."),
    "param list": HelpLine("param", "list_", "Print all parameters, or those whose names match."),
    "param get": HelpLine("param", "get", "Print one parameter."),
    "param set": HelpLine(
        "param", "set_", "Set one parameter; exit status 1 when the vehicle keeps another value.",
        context=_NEGATIVE_NUMBERS
    ),
    "param load": HelpLine(
        "param", "load",
        "Set the parameters of a file that differ; parameters that the vehicle does not have are listed and skipped.",
    ),
    "param save": HelpLine("param", "save", "Write all parameters to a file."),
    "param reset": HelpLine("param", "reset", "Set one parameter back to its default."),
    "param metadata": HelpLine(
        "param", "metadata",
        "Write the parameter descriptions for Mission Planner or QGroundControl. QGroundControl also downloads "
        "them from the vehicle.",
    ),
    "campaign init": HelpLine("campaign", "init", "Write an example study to start from."),
    "campaign run": HelpLine(
        "campaign", "run", "Fly a study; runs that are already in the folder are not flown again."
    ),
    "campaign status": HelpLine("campaign", "status", "Show the progress of a campaign and its verdicts."),
    "campaign report": HelpLine("campaign", "report", "Write a report of the runs flown so far."),
    "campaign replay": HelpLine(
        "campaign", "replay", "Fly one run again, with logs; exit status 1 when the flight differs."
    ),
    "campaign shrink": HelpLine(
        "campaign_answers", "shrink", "Reduce a failed run to the fewest causes and the shortest plan."
    ),
    "campaign confirm": HelpLine(
        "campaign_confirm", "confirm", "Fly one run on ArduPilot SITL; exit status 1 when a verdict differs.",
        OptionScope.SITL,
    ),
    "campaign compare": HelpLine(
        "campaign_answers", "compare", "Compare two campaigns; exit status 1 if anything got worse."
    ),
}  # fmt: skip
_FAMILIES: Final = {
    "param": "List, get, set, load, save or reset parameters of a running vehicle.",
    "campaign": "Fly many simulated flights to answer one question, judged by formulas.",
}
_IGNORED: Final = "Accepted but ignored here (one configuration file can serve all commands)"
_HELP: Final = {"help_option_names": ["-h", "--help"]}


class GroupedCommand(click.Command):
    """Command whose help lists options by group. `rows` are in the order of `params`. Options without effect for this
    command come last."""

    def __init__(self, name: str, rows: Sequence[Option[object]], where: OptionScope | None, **given: Any) -> None:
        super().__init__(name, params=[_parameter(row) for row in rows], **given)
        self.rows = rows
        self._where = where

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options for `--help` (called by click)."""
        sections: dict[str, list[tuple[str, str]]] = {group.value: [] for group in Group}
        ignored: list[str] = []
        for row, parameter in zip(self.rows, self.params, strict=True):
            applies = self._where is None or self._where in row.applies_to
            if applies:
                sections[row.group.value].append((_written(row, parameter), _option_facts(row)))
            else:
                ignored.append(f"--{row.name}")
        helper = self.get_help_option(ctx)
        record = None if helper is None else helper.get_help_record(ctx)
        if record is not None:
            sections[Group.GENERAL.value].append(record)
        for heading, rows in sections.items():
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)
        if ignored:
            with formatter.section(_IGNORED):
                indent = " " * formatter.current_indent
                text = fill(
                    " ".join(ignored),
                    formatter.width,
                    initial_indent=indent,
                    subsequent_indent=indent,
                    break_on_hyphens=False,
                )
                formatter.write(f"{text}\n")


def _parameter(row: Option[object]) -> click.Parameter:
    """Convert an option to click. Defaults are left out, because environment and file may give the value."""
    if row.placed:
        shown = (row.form or row.key.upper()) if row.required else f"[{row.key.upper()}]"
        count = -1 if row.kind is OptionForm.ARGUMENTS else 1
        return click.Argument([row.key], type=row.read, required=row.required, metavar=shown, nargs=count)
    names = [f"--{row.name}", *([row.short] if row.short else []), row.key]
    if row.kind is OptionForm.TOGGLE:
        names[0] = f"--{row.name}/--no-{row.name}"
    if row.switched:
        return click.Option(names, is_flag=True, default=None)
    return click.Option(names, type=row.read, multiple=row.kind is OptionForm.LIST, default=None, metavar=row.form)


def _written(row: Option[object], parameter: click.Parameter) -> str:
    if row.placed:
        return row.form or row.key.upper()
    names = ", ".join((*sorted(parameter.opts, key=len), *parameter.secondary_opts))
    return f"{names} {row.form}".strip()


def _option_facts(row: Option[object]) -> str:
    facts = [row.unit, f"default: {row.fallback}" if row.fallback else ""]
    facts += [row.variable if row.sources is not Sources.COMMAND_LINE else ""]
    known = "; ".join(fact for fact in facts if fact)
    return f"{row.help}  [{known}]" if known else row.help


def _call(command: HelpLine) -> Callable[..., int]:
    """Return the function that click calls with the values of the command line."""

    def call(**values: object) -> int:
        given = GivenOptions({key: value for key, value in values.items() if value is not None and value != ()})
        for warning in misspelt(given.environment):
            print(f"sortie: {warning}", file=sys.stderr)
        function = getattr(import_module(f"sortie.commands.{command.module}"), command.function)
        if not gc.isenabled():  # switched off by `sortie.__main__`
            gc.freeze()
            gc.enable()
        work_begins()
        status: int = function(given)
        return status

    return call


def application() -> click.Group:
    app = click.Group(
        "sortie",
        callback=_root,
        invoke_without_command=True,
        context_settings=_HELP,
        help="A simulated MAVLink vehicle that installs with pip. Ground stations connect, upload a mission and watch "
        "it fly.",
        params=[click.Option(["--version"], is_flag=True, help="Print the version and exit.")],
    )
    families = {
        name: click.Group(name, help=text, short_help=text, no_args_is_help=True, context_settings=_HELP)
        for name, text in _FAMILIES.items()
    }
    for name, command in COMMANDS.items():
        family, _, member = name.rpartition(" ")
        rows = [row for row in TABLE if name in row.commands]
        made = GroupedCommand(
            member,
            rows,
            command.where,
            callback=_call(command),
            help=command.help,
            short_help=command.help,  # complete, because click would shorten it
            context_settings={**_HELP, **command.context},
        )
        (families[family] if family else app).add_command(made)
    for made_family in families.values():
        app.add_command(made_family)
    return app


@click.pass_context
def _root(context: click.Context, version: bool) -> None:
    if version:
        click.echo(f"sortie {VERSION}")
        context.exit()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _by_connect(error: click.UsageError, arguments: Sequence[str]) -> str:
    """Return a hint for a command that was given a vehicle's address as others take it."""
    options = () if error.ctx is None else [name for each in error.ctx.command.params for name in each.opts]
    addressed = any(
        given == "--link" or (given.startswith(_ADDRESSES) and option != "--connect")
        for option, given in zip(("", *arguments), arguments, strict=False)
    )
    return "; the vehicle's address is given with --connect" if "--connect" in options and addressed else ""


def run(arguments: Sequence[str]) -> int:
    """Run a command and return the exit status."""
    app = application()
    try:
        with app.make_context("sortie", list(arguments)) as context:
            status = app.invoke(context)
    except UserError as error:
        print(f"sortie: {error}", file=sys.stderr)
        return error.status
    except NoArgsIsHelpError as error:  # `sortie param` without more: its help is the answer
        print(error.format_message(), file=sys.stderr)
        return 2
    except click.UsageError as error:
        command = "sortie" if error.ctx is None else error.ctx.command_path
        hint = _by_connect(error, arguments)
        line = " ".join(((hint and error.message) or error.format_message()).split()).rstrip(".")
        print(f"sortie: {line}{hint} (see {command} --help)", file=sys.stderr)
        return 2
    except click.exceptions.Exit as end:  # --help, --version
        return end.exit_code
    except BrokenPipeError:  # `sortie ... | head`
        return 1
    except (OSError, MemoryError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.EMFILE, errno.ENFILE):
            raise
        limit = "open files; allow more (ulimit -n)" if isinstance(error, OSError) else "memory; allow more (ulimit -v)"
        print(f"sortie: not enough {limit} or ask for less", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status if isinstance(status, int) else 0
