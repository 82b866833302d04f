"""docs/options.md, made from the table of options."""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

from scripts.generated_page import table, write_or_check
from sortie.commands.cli import COMMANDS
from sortie.config.option import ANYWHERE, Group, Option, OptionForm, OptionScope, Sources
from sortie.config.options import TABLE
from sortie.config.settings import RUNS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "options.md"
_INTRODUCTION = """# Options

Made by `scripts/options-page` from the tables in `sortie/config/settings.py` and `sortie/config/options.py`; do not
edit.

You can set an option in several places. The first place that has it wins:

1. the command line
2. an environment variable
3. the configuration file (`--config FILE`, TOML; keys are the option names without the leading dashes)
4. the state directory, for what is stored there
5. the default

Only `--param` is different: the values from the first three places are combined. A list in an environment variable is
separated by blanks. In the file it is a TOML list, and `[param]` may be a table of NAME = VALUE. Sortie ignores a
variable with a misspelt name and prints a warning with the right name.

The column *applies to* names the vehicles for which an option has an effect: the simulator, an ArduPilot SITL that
Sortie starts (`ardupilot:`), other firmware in Sortie's simulator (`world=ours`), a flight controller that already
runs, or `sortie loop`. An empty cell means all of them. For other vehicles Sortie checks the value, prints one warning
and ignores the option.
"""
_COLUMNS = ("option", "what it does", "unit", "default", "also", "applies to")
_WHERE = {
    OptionScope.SIMULATOR: "simulator",
    OptionScope.SITL: "SITL",
    OptionScope.WORLD: "`world=ours`",
    OptionScope.CONTROLLER: "controller",
    OptionScope.LOOP: "loop",
}
_ALSO = {Sources.COMMAND_LINE: "", Sources.ENVIRONMENT: "`{}`", Sources.EVERYWHERE: "`{}`, file"}


def page() -> str:
    """The whole page, in Markdown."""
    runs = [
        row for row in TABLE if row.commands & RUNS and (len(row.commands) > 1 or row.sources is Sources.EVERYWHERE)
    ]
    parts = [_INTRODUCTION, f"\n## Options of {_names(RUNS)}\n"]
    for group in Group:
        rows = [row for row in runs if row.group is group]
        if rows:
            parts.append(f"\n### {group.value}\n\n{_table(rows, RUNS)}")
    for name in COMMANDS:
        rows = [row for row in TABLE if name in row.commands and not (name in RUNS and row in runs)]
        parts.append(f"\n## `{name}`\n\n{COMMANDS[name].help}\n")
        if rows:
            parts.append("\n" + _table(rows, frozenset({name})))
    return "".join(parts)


def _names(commands: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in COMMANDS if name in commands)


def _table(rows: list[Option[object]], commands: frozenset[str]) -> str:
    return "".join(f"{line}\n" for line in table(_COLUMNS, (_row(row, commands) for row in rows)))


def _row(row: Option[object], commands: frozenset[str]) -> list[str]:
    word = row.key.upper() if row.placed else " ".join(filter(None, (f"--{row.name}", row.form)))
    names = [
        word,
        *([f"--no-{row.name}"] if row.kind is OptionForm.TOGGLE else []),
        *([row.short] if row.short else []),
    ]
    missing = commands - row.commands
    help_ = row.help + (f" ({_names(row.commands & commands)})" if missing else "")
    where = "" if row.applies_to == ANYWHERE else ", ".join(_WHERE[one] for one in OptionScope if one in row.applies_to)
    cells = (
        ", ".join(map(_code, names)),
        help_,
        row.unit,
        "required" if row.required else row.fallback,
        _ALSO[row.sources].format(row.variable),
        where,
    )
    return [cell.replace("|", "&#124;") for cell in cells]


def _code(text: str) -> str:
    """Code in a table. A backslash before a bar is shown by the site, and an entity between backticks by all."""
    return f"<code>{escape(text)}</code>" if "|" in text else f"`{text}`"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it."""
    return write_or_check(PAGE, page(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
