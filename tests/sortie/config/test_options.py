"""The table of options: what is made of it, who has the last word, and what is ignored where."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pytest

from sortie.commands.cli import COMMANDS, application, run
from sortie.config import campaign_options, conform_options, options
from sortie.config.errors import UserError
from sortie.config.fittings import fitting_names
from sortie.config.given import GivenOptions, ignored, misspelt, resolve, without_fleet, without_page
from sortie.config.option import Group, Option, OptionForm, OptionScope, Sources
from sortie.config.options import TABLE
from sortie.config.parameters import given_parameters
from sortie.config.settings import FLIGHTS, RUNS, SETTINGS, Settings
from sortie.config.vehicle_spec import base_spec

#: A word for each row of `SETTINGS` that is not its default, and its value.
IGNORED = "Accepted but ignored here (one configuration file can serve all commands)"
SAID = {
    "vehicle": "sim:rover", "home": "1,2,3,4", "speedup": "3", "seed": "7", "param": "WPNAV_SPEED=1",
    "with": "camera,gimbal",
    "fault": "gps.loss", "strategy": "native", "link": "tcpin:127.0.0.1:1", "sysid": "9", "signing-key": "/key",
    "insecure": "true", "state-dir": "/state", "log-dir": "/logs", "log-format": "json", "telemetry-log": "false",
    "trace": "/trace", "metrics": "9100", "count": "3", "formation": "ring", "spacing": "12.5", "fleet": "/fleet.toml",
    "networks": "2", "terrain": "/tiles", "traffic": "/sky.toml", "obstacles": "/town.toml",
    "firmware": "px4", "radio": "sik-57600", "pace": "clients", "pace-lead": "0.1", "pace-limit": "9",
    "pace-quiet": "0.002", "rc": "5501",
    "web": "true", "control": "true",
    "listen": "127.0.0.1:8099", "tiles": "https://tiles.example.org/{z}/{x}/{y}.png",
}  # fmt: skip

OF_PACE = ["pace", "pace-lead", "pace-limit", "pace-quiet"]
OF_LOGS = ["log-format", "telemetry-log", "trace"]
OF_FLEETS = ["count", "formation", "spacing", "fleet", "networks"]
OF_SIMULATOR = ["seed", "with", "fault", "terrain", "traffic", "obstacles", "firmware", *OF_FLEETS, "rc", "sysid"]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of this machine counts."""
    for name in [name for name in os.environ if name.startswith("SORTIE_")]:
        monkeypatch.delenv(name)


def command_of(name: str) -> click.Command:
    """The command of this full name."""
    found: click.Command = application()
    for word in name.split():
        assert isinstance(found, click.Group)
        found = found.commands[word]
    return found


def flag_of(row: Option[object], word: str) -> list[str]:
    """The command line that says so."""
    if not row.switched:
        return [f"--{row.name}", word]
    return [f"--{row.name}" if word == "true" else f"--no-{row.name}"]


# --- the table --------------------------------------------------------------------------------------------------------
def test_each_row_is_in_the_table() -> None:
    """A row that nobody entered would be an option of no command."""
    parts = (options, campaign_options, conform_options, Settings)
    rows = [value for part in parts for value in vars(part).values() if isinstance(value, Option)]
    assert len(rows) == len(TABLE)
    assert {id(row) for row in rows} == {id(row) for row in TABLE}


def test_rows_of_one_name_are_read_alike_and_no_command_takes_both() -> None:
    """Environment and file have one meaning for each name; commands are those that exist."""
    for name in COMMANDS:
        keys = [row.key for row in TABLE if name in row.commands]
        assert len(keys) == len(set(keys)), name
    assert {name for row in TABLE for name in row.commands} <= set(COMMANDS)
    settings = [row for row in TABLE if row.sources is Sources.EVERYWHERE]
    for row in settings:
        first = SETTINGS[row.key]
        read = (row.parser, row.default, row.kind, row.applies_to, row.plain)
        assert read == (first.parser, first.default, first.kind, first.applies_to, first.plain), row.name


def test_each_command_takes_its_rows_and_each_setting_is_an_option_of_each_run() -> None:
    """Nothing that environment or configuration can say is missing on the command line."""
    for name in COMMANDS:
        taken = [parameter.name for parameter in command_of(name).params]
        assert taken == [row.key for row in TABLE if name in row.commands], name
    assert all(key == row.key for key, row in SETTINGS.items()), "a row is found by the name of its flag"
    for name in RUNS:
        assert set(SETTINGS) | {"config"} <= {parameter.name for parameter in command_of(name).params}, name


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_has_each_option_in_its_group(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is ignored by the command is named at the end, without a word of explanation for each."""
    assert run([*name.split(), "--help"]) == 0
    sections: dict[str, str] = {}
    for line in capsys.readouterr().out.splitlines():
        if line and not line.startswith(" "):
            heading = line.rstrip(":")
            sections[heading] = ""
        elif sections:
            sections[heading] += line + "\n"
    where = COMMANDS[name].where
    for row in TABLE:
        if name in row.commands:
            heading = row.group.value if where is None or where in row.applies_to else IGNORED
            shown = row.form or row.key.upper() if row.placed else f"--{row.name}"
            assert shown in sections[heading], (name, row.name)
    assert "--help" in sections[Group.GENERAL.value]


@pytest.mark.parametrize("family", [[], ["param"], ["campaign"]], ids=" ".join)
def test_the_list_of_commands_cuts_no_sentence(family: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run([*family, "--help"])
    assert "..." not in capsys.readouterr().out.partition("Commands:")[2]


@pytest.mark.parametrize("name", ["serve", "demo", "fly", "loop"])
def test_the_help_of_a_run_begins_with_what_most_runs_need(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Five options, before the some thirty others; only arguments stand above them."""
    assert run([name, "--help"]) == 0
    sections = re.split(r"^(\w.*):\n", capsys.readouterr().out, flags=re.M)[1:]
    headings = sections[::2]
    assert headings[:2] == ["Arguments", "Most runs need"] or headings[0] == "Most runs need"
    often = sections[2 * headings.index("Most runs need") + 1]
    explained = set(re.findall(r"^  (--[\w-]+)", often, re.M))
    ignored = set(sections[2 * headings.index(IGNORED) + 1].split()) if IGNORED in headings else set()
    assert {"--vehicle", "--speedup", "--param", "--link", "--state-dir"} <= explained | ignored
    assert not explained & ignored


# --- who has the last word --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", SETTINGS)
def test_flag_environment_and_file_say_the_same(key: str, tmp_path: Path) -> None:
    """By one name, with one meaning; and none of them is the default."""
    row = SETTINGS[key]
    word = SAID[row.name]
    file = tmp_path / "sortie.toml"
    quoted = word if row.switched else f'"{word}"'
    file.write_text(f"{row.name} = {f'[{quoted}]' if row.kind is OptionForm.LIST else quoted}\n")
    context = command_of("serve").make_context("serve", flag_of(row, word))
    flags = {name: value for name, value in context.params.items() if value is not None and value != ()}
    said = [resolve(flags, None, {}), resolve({}, None, {row.variable: word}), resolve({}, file, {})]
    assert said[0] == said[1] == said[2] != Settings()
    assert [one.given for one in said] == [{key}] * 3
    assert said[0].non_defaults() == [key]


def test_flag_over_environment_over_file_over_default(tmp_path: Path) -> None:
    """Each takes what those above leave; the file is named by flag or environment; parameters add up."""
    file = tmp_path / "sortie.toml"
    file.write_text('seed = 1\nspeedup = 2\nsysid = 3\nparam = ["A=1"]\n')
    environment = {"SORTIE_SPEEDUP": "4", "SORTIE_SYSID": "5", "SORTIE_PARAM": "B=2 C=3", "SORTIE_CONFIG": str(file)}
    settings = GivenOptions({"sysid": 6, "param": ("D=4",)}, environment).settings()
    assert (settings.seed, settings.speedup, settings.sysid, settings.strategy) == (1, 4.0, 6, None)
    assert settings.param == ("A=1", "B=2", "C=3", "D=4")
    other = tmp_path / "other.toml"
    other.write_text("seed = 8\n")
    assert GivenOptions({"config": other}, environment).settings().seed == 8


def test_what_a_client_is_told_has_flag_environment_default() -> None:
    """`--connect` and its kind; an option of one command is not heard from the environment."""
    assert GivenOptions({}, {})[options.CONNECT] == "tcp:127.0.0.1:5760"
    assert GivenOptions({}, {"SORTIE_CONNECT": "tcp:a:1"})[options.CONNECT] == "tcp:a:1"
    assert GivenOptions({"connect": "tcp:b:2"}, {"SORTIE_CONNECT": "tcp:a:1"})[options.CONNECT] == "tcp:b:2"
    assert GivenOptions({}, {"SORTIE_REPEAT": "3"})[options.REPEAT] == 1
    links = GivenOptions({}, {"SORTIE_LINK": "tcpin::1 udpin::2"})[Settings.link]
    assert links == ("tcpin::1", "udpin::2"), "`replay` took each letter for a link"
    with pytest.raises(UserError, match="--component 0: expected a whole number from 1 to 255"):
        command_of("param list").make_context("list", ["--component", "0"])


def test_a_misspelt_variable_is_told_with_the_near_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once; one that is near to nothing is somebody else's, and those of the table are quiet."""
    environment = {row.variable: "x" for row in TABLE if row.sources is not Sources.COMMAND_LINE}
    assert misspelt(environment | {"SORTIE_TEST_WORKERS": "2", "HOME": "x"}) == []
    wanted = "environment, SORTIE_SPEDUP: ignored, no option has this name; did you mean SORTIE_SPEEDUP?"
    assert misspelt({"SORTIE_SPEDUP": "0", "SORTIE_SEED": "1"}) == [wanted]
    monkeypatch.setenv("SORTIE_SPEDUP", "0")
    assert run(["loop", "--print-profile", "space"]) == 0
    assert capsys.readouterr().err == f"sortie: {wanted}\n"


# --- what is ignored where --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("where", "names"),
    [
        (OptionScope.SIMULATOR, ["strategy"]),
        (OptionScope.SITL, [*OF_PACE, *OF_SIMULATOR]),
        (OptionScope.WORLD, ["with", "traffic", "obstacles", "firmware", "rc"]),
        (OptionScope.CONTROLLER, ["home", "speedup", *OF_PACE, *OF_SIMULATOR]),
        (
            OptionScope.LOOP,
            [
                *OF_PACE,
                "param",
                "with",
                "firmware",
                *OF_FLEETS,
                "radio",
                "rc",
                "sysid",
                "log-format",
                "telemetry-log",
                "trace",
                "metrics",
            ],
        ),
    ],
)
def test_what_does_not_apply_is_ignored_with_one_warning(where: OptionScope, names: list[str]) -> None:
    """Everything is said at once: these are the ones that are ignored, in the order of the table."""
    settings = resolve({}, None, {SETTINGS[key].variable: SAID[SETTINGS[key].name] for key in SETTINGS})
    texts = ignored(settings.non_defaults(), where)
    assert [text.split()[0] for text in texts] == [f"--{name}" for name in names]
    assert all(" ignored" in text for text in texts)


def test_what_says_no_more_than_nothing_is_not_warned_of() -> None:
    """Real time is what a controller has anyway."""
    assert resolve({}, None, {"SORTIE_SPEEDUP": "1", "SORTIE_SEED": "0"}).non_defaults() == []


def test_what_says_how_a_fleet_is_says_nothing_of_one() -> None:
    texts = without_fleet(Settings(formation="ring", networks=2))
    assert [text.split()[0] for text in texts] == ["--formation", "--networks"]
    assert all(" ignored" in text for text in texts)
    assert without_fleet(Settings(seed=3)) == []


def test_options_of_the_page_without_a_page_are_named() -> None:
    """With --web they have their effect."""
    given = {"SORTIE_CONTROL": "1", "SORTIE_LISTEN": "127.0.0.1:0"}
    assert without_page(resolve({}, None, given)) == [
        "--control is ignored: it is for --web",
        "--listen is ignored: it is for --web",
    ]
    assert without_page(resolve({}, None, given | {"SORTIE_WEB": "1"})) == []


def test_a_flag_that_says_nothing_about_a_loop_is_ignored_with_one_warning(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Its value is still checked."""
    loop = ["loop", "--sorties", "1", "--state-dir", str(tmp_path)]
    assert run([*loop, "--metrics", "nowhere"]) == run([*loop, "--metrics", "0"]) == 2
    assert "expected HOST:PORT" in capsys.readouterr().err
    assert run([*loop, "--metrics", "127.0.0.1:1", "--trace", "x"]) == 0
    warnings = [line for line in capsys.readouterr().err.splitlines() if "ignored" in line]
    assert warnings == [
        "sortie: --trace is ignored: it has no effect on a loop",
        "sortie: --metrics is ignored: it has no effect on a loop",
    ]


def test_the_seed_of_a_loop_may_stand_in_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As it may be a flag: the same seed is the same loop."""
    file = tmp_path / "sortie.toml"
    file.write_text("seed = 5\n")
    answers = []
    for number, words in enumerate((["--seed", "5"], ["--config", str(file)], ["--seed", "6"])):
        command = ["loop", "--sorties", "2", "--json", "--speedup", "0", "--state-dir", str(tmp_path / str(number))]
        assert run([*command, *words]) == 0
        answers.append(capsys.readouterr().out.replace(str(tmp_path / str(number)), ""))
    assert answers[0] == answers[1] != answers[2]


def test_flights_take_what_a_loop_takes() -> None:
    """By the same names: one configuration file serves both."""
    taken = {name: {row.key for row in TABLE if name in row.commands and row.key in SETTINGS} for name in RUNS}
    assert all(taken[name] == taken["loop"] for name in FLIGHTS)


def test_fittings_are_parameters_before_those_that_are_given() -> None:
    """--with says several; what --param says of one of them wins; a wrong name is told the right ones."""
    settings = GivenOptions({"with_": ("camera", "gripper"), "param": ("GRIP_TYPE=0",)}, {}).settings()
    assert base_spec(settings).param == (
        "CAM1_TYPE=6",
        "GRIP_ENABLE=1",
        "GRIP_TYPE=1",
        "SERVO9_FUNCTION=28",
        "SIM_GRIP_LOAD=0.4",
        "GRIP_TYPE=0",
    )
    with pytest.raises(UserError, match="did you mean remote-id"):
        fitting_names("camera,remoteid")


def test_a_fitting_that_a_kind_has_no_place_for_is_named() -> None:
    """Rather than a parameter that its user never wrote."""
    with pytest.raises(UserError, match="EFI_TYPE") as refused:
        given_parameters(base_spec(GivenOptions({"with_": ("engine",)}, {}).settings()).param, "copter")
    assert (refused.value.option, refused.value.given) == ("with", "engine")


def test_a_read_only_parameter_is_refused_and_left_out_of_a_saved_file(tmp_path: Path) -> None:
    """A file that a station or the vehicle has saved has the totals too; both ended with a traceback."""
    with pytest.raises(UserError, match="RALLY_TOTAL is read-only; the vehicle sets it itself"):
        given_parameters(["RALLY_TOTAL=2"], "copter")
    saved = tmp_path / "saved.param"
    saved.write_text("MIS_TOTAL,3\nRTL_ALT,2000\nRALLY_TOTAL,1\n", encoding="ascii")
    values, warnings = given_parameters([str(saved)], "copter")
    assert values == {"RTL_ALT": 2000.0}
    assert warnings == [f"--param {saved}: ignored, because the vehicle sets them itself: MIS_TOTAL, RALLY_TOTAL"]
