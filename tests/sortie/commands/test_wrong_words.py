"""What a person can do wrong on the command line: one line on stderr that says what would be right, exit status 2."""

from __future__ import annotations

import errno
import os
import shlex
import socket
import sys
from pathlib import Path

import pytest

from sortie.commands.cli import run
from sortie.config.errors import UserError, pip_install
from sortie.config.files import whole_or_nothing
from sortie.config.values import path

PLAN_WITHOUT_ITEMS = '{"fileType":"Plan","version":1,"mission":{"version":2,"items":[],"plannedHomePosition":[1,2,3]}}'


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    """No setting of this machine counts, and nothing is written outside of the test's folder."""
    for name in [name for name in os.environ if name.startswith("SORTIE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def one_line(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 2) -> str:
    """The line that these arguments give; there must be nothing else, no box and no traceback."""
    assert run(arguments) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.startswith("sortie: ")
    assert not set(err) & set("╭╰│─"), "a box"
    return err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--vehicel", "sim:copter"], "--vehicle"),
        (["serve", "--speedup"], "requires an argument"),
        (["serve", "extra"], "unexpected extra argument"),
        (["sevre"], "Did you mean 'serve'?"),
        (["fly"], "Missing argument 'PLAN' (see sortie fly --help)"),
        (["serve", "--count", "0"], "whole number from 1"),
        (["serve", "--count", "2", "--formation", "rign"], "grid or line or ring"),
        (["serve", "--count", "2", "--spacing", "0"], "a number above 0"),
        (["serve", "--fleet", "missing.toml"], "--print-fleet"),
        (["param", "set"], "Missing argument 'NAME' (see sortie param set --help)"),
        (["status", "tcp:127.0.0.1:5760"], "; the vehicle's address is given with --connect (see"),
        (["status", "--link", "tcp:127.0.0.1:5760"], "No such option '--link'; the vehicle's address is given with"),
        (["param", "get", "--connect", "tcp:127.0.0.1:5760"], "Missing argument 'NAME' (see sortie param get --help)"),
        (["param", "set", "tcp:127.0.0.1:5760"], "Missing argument 'VALUE'; the vehicle's address is given with"),
        (["param", "lost"], "(see sortie param --help)"),
        (["param", "load", "missing.param"], "missing.param: No such file or directory; expected a parameter file"),
        (["serve", "--home", "1,2"], "LAT,LON,ALT,HEADING"),
        (["serve", "--home", "91,0,0,0"], "LAT,LON,ALT,HEADING"),
        (["serve", "--home", "0,181,0,0"], "LAT,LON,ALT,HEADING"),
        (["serve", "--home", "0,0,nan,0"], "LAT,LON,ALT,HEADING"),
        (["serve", "--speedup", "-1"], "0 (as fast as possible)"),
        (["serve", "--speedup", "nan"], "0 (as fast as possible)"),
        (["serve", "--speedup", "fast"], "0 (as fast as possible)"),
        (["serve", "--seed", "x"], "whole number from 0"),
        (["serve", "--sysid", "0"], "whole number from 1 to 255"),
        (["serve", "--sysid", "256"], "whole number from 1 to 255"),
        (["serve", "--vehicle", "sim:coptre"], "did you mean sim:copter?"),
        (["serve", "--vehicle", "simulator"], "use sim:copter"),
        (["serve", "--param", "WPNAV_SPED=1"], "did you mean WPNAV_SPEED?"),
        (["serve", "--param", "WPNAV_SPEED=fast"], "'fast' is not a number"),
        (["serve", "--param", "WPNAV_SPEED=nan"], "finite"),
        (["serve", "--param", "missing.param"], "No such file"),
        (["serve", "--param", ""], "--param is empty: expected NAME=VALUE"),
        (["loop", "--param", "WPNAV_SPED=1"], "did you mean WPNAV_SPEED?"),
        (
            ["serve", "--link", "tcpin:127.0.0.1:0", "--metrics", "192.0.2.77:9"],
            "--metrics 192.0.2.77:9: Cannot assign",
        ),
        (["serve", "--fault", "gps.los"], "did you mean gps.loss?"),
        (["serve", "--fault", "wind.gust=nan"], "'nan' is not a number"),
        (["serve", "--fault", "gps.loss@30..20"], "the end comes before the start"),
        (["serve", "--fault", "gps.loss@soon"], "not a time in seconds"),
        (["serve", "--fault", "wind.gust=much@3"], "much"),
        (["serve", "--link", "tcpn:127.0.0.1:1"], "did you mean tcpin:127.0.0.1:5760?"),
        (["serve", "--link", "udpin:127.0.0.1:99999"], "is not a port"),
        (["serve", "--link", "tcpin:0.0.0.0:0"], "--signing-key"),
        (["serve", "--link", "tcpin:no-such-host.invalid:0"], "host 'no-such-host.invalid' is unknown"),
        (["serve", "--config", "missing.toml"], "No such file"),
        (["serve", "--log-format", "xml"], "text or json"),
        (["status", "--connect", "nowhere"], "is not a kind of link"),
        (["param", "set", "WPNAV_SPEED", "fast"], "'fast' is not a number"),
        (["param", "load", "missing.param"], "No such file"),
    ],
)
def test_each_mistake_gets_its_line(capsys, arguments, said):
    """The line names what is wrong and what would be right."""
    assert said in one_line(capsys, *arguments)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"", "empty"),
        (b"hello there, this is no plan\n", "line 1: expected a QGroundControl plan"),
        (b"{", "plan"),
        (b'{"fileType":"Plan"}', "expected"),
        (PLAN_WITHOUT_ITEMS.encode(), "no mission items"),
        (b"QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t47\t8\t400\t1\n1\t0\t3\t16\tx\t0\t0\t0\t47\t8\t20\t1\n", "line 3"),
        (b"QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t47\t8\t400\t1\n1\t0\t3\t400\t0\t0\t0\t0\t47\t8\t20\t1\n", "item 1"),
        (b"\xff\xfe\x00", "UTF-8"),
    ],
)
def test_a_broken_plan_is_named_with_the_place(capsys, tmp_path, content, said):
    """File, place, what was expected."""
    path = tmp_path / "mission.plan" if content in (b"{", b'{"fileType":"Plan"}') else tmp_path / "mission.waypoints"
    if content is not None:
        path.write_bytes(content)
    line = one_line(capsys, "fly", str(path), "--link", "tcpin:127.0.0.1:0")
    assert path.name in line
    assert said in line


@pytest.mark.parametrize("option", ["--traffic", "--obstacles", "--config", "--radio", "--fleet"])
def test_bytes_that_are_no_text_are_told_as_such(capsys, tmp_path, option):
    """Each file that a person writes, in the words for a plan."""
    file = tmp_path / "garbage.toml"
    file.write_bytes(b"a\x94")
    line = one_line(capsys, "serve", option, str(file))
    assert f"{option.removeprefix('--')} {file}: expected text in UTF-8, found byte 0x94" in line


def test_an_empty_plan_is_an_empty_file(capsys, tmp_path):
    """It is not a fault of its JSON."""
    (tmp_path / "mission.plan").write_text("")
    assert "expected a QGroundControl plan (JSON)" in (line := one_line(capsys, "fly", str(tmp_path / "mission.plan")))
    assert line.endswith("found an empty file\n")


def test_a_state_directory_that_is_a_file_is_named_so(capsys, tmp_path):
    """With the option that chooses another."""
    (tmp_path / "state").write_text("")
    line = one_line(capsys, "serve", "--link", "tcpin:127.0.0.1:0", "--state-dir", str(tmp_path / "state"))
    assert f"--state-dir {tmp_path / 'state'}: is a file, not a folder; choose another" in line


def test_logs_are_compared_only_where_there_are_two(capsys, tmp_path):
    """A tolerance without a comparison, a comparison without a log: told before a flight, not after it or never."""
    plan, log = Path(__file__).parents[3] / "examples" / "square.waypoints", tmp_path / "l.bin"
    assert "--expect LOG" in one_line(capsys, "fly", str(plan), "--within", "3")
    assert "--no-telemetry-log" in one_line(capsys, "fly", str(plan), "--expect", str(log), "--no-telemetry-log")
    assert "--against LOG" in one_line(capsys, "report", str(log), "--within", "3")


def test_a_folder_that_may_not_be_searched_is_refused_before_it_is_read(tmp_path):
    """Asking it for a file raises: `report`, `convert`, `rehearse --report` and others ended in a traceback."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)  # root may search every folder
    try:
        for place in (locked, locked / "page.html"):
            with pytest.raises(UserError, match=r"^Permission denied$"):
                path(str(place))
    finally:
        if is_root:
            os.seteuid(0)


def test_half_a_file_does_not_stay(tmp_path):
    """A full disk: what was begun goes, what was there before stays."""
    for there in (False, True):
        file = tmp_path / f"{there}.html"
        if there:
            file.write_text("before")
        with pytest.raises(OSError, match="full"), whole_or_nothing(file):
            file.write_text("half")
            raise OSError("full")
        assert file.exists() is there


def test_an_extra_is_installed_by_a_pip_that_serves_this_environment(monkeypatch):
    """The environment of scripts/run has no pip; the first one on the path would look for Sortie on the index."""
    python = shlex.quote(sys.executable)
    for pip, said in ((object(), f"{python} -m pip install"), (None, f"pip --python {python} install")):
        monkeypatch.setattr("sortie.config.errors.find_spec", {"pip": pip}.get)
        assert pip_install("web") == f"{said} 'sortie-mavlink[web]'"


def test_a_page_without_its_library_names_the_pip_of_this_environment(monkeypatch, capsys):
    """As all other commands do; it said "pip install", whose first one on the path may be another's."""
    monkeypatch.setitem(sys.modules, "sortie.web.server", None)
    assert run(["web"]) == 2
    assert pip_install("web") in capsys.readouterr().err


def test_a_busy_port_is_said(capsys):
    """Somebody else has the port: which one, and exit 2."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert str(port) in one_line(capsys, "serve", "--link", f"tcpin:127.0.0.1:{port}")


def test_a_device_that_is_not_there_is_said(capsys):
    """After the warning about a line that nothing protects: which device, and exit 2."""
    assert run(["serve", "--link", "/dev/nosuch,57600"]) == 2
    assert "/dev/nosuch" in capsys.readouterr().err.splitlines()[-1]


def test_a_bad_value_in_the_environment_counts_like_a_flag(capsys, monkeypatch):
    """SORTIE_SPEEDUP is checked as --speedup is."""
    monkeypatch.setenv("SORTIE_SPEEDUP", "abc")
    assert "SORTIE_SPEEDUP abc" in one_line(capsys, "serve")


@pytest.mark.parametrize(
    ("text", "said"),
    [("speedupp = 3\n", "did you mean speedup?"), ("speedup = [\n", "c.toml"), ('link = 3\n', "a list"),
     ("speedup = [1]\n", "a single value"), ('home = "x"\n', "LAT,LON,ALT,HEADING")],
)  # fmt: skip
def test_a_wrong_configuration_file_is_named(capsys, tmp_path, text, said):
    """Unknown keys, broken TOML, wrong kinds of values."""
    (tmp_path / "c.toml").write_text(text)
    assert said in one_line(capsys, "serve", "--config", "c.toml")


def test_unusable_directories_are_named(capsys, tmp_path):
    """A state or log directory that cannot be made: the path, the reason, the flag."""
    (tmp_path / "file").write_text("")
    assert "--state-dir" in one_line(capsys, "serve", "--state-dir", str(tmp_path / "file"))
    assert "--log-dir" in one_line(capsys, "serve", "--log-dir", str(tmp_path / "file"))


def test_a_first_item_far_away_is_refused_with_both_positions(capsys, tmp_path):
    """With --home elsewhere, more than 50 km is no mission to fly."""
    path = tmp_path / "far.waypoints"
    path.write_text("QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t47\t8\t400\t1\n1\t0\t3\t16\t0\t0\t0\t0\t47\t8\t20\t1\n")
    line = one_line(capsys, "fly", str(path), "--home", "48,8,400,0", "--link", "tcpin:127.0.0.1:0")
    assert "111 km" in line
    assert "47.000000,8.000000" in line
    assert "48.000000,8.000000" in line


def test_nobody_there_is_status_1(capsys):
    """A service that does not run is no mistake of the command line."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert "sortie serve" in one_line(capsys, "status", "--connect", f"tcp:127.0.0.1:{port}", status=1)


def test_no_command_is_answered_with_help(capsys):
    """Help on stdout, status 0; a group alone shows its own and is status 2."""
    assert run([]) == 0
    assert "fly" in capsys.readouterr().out
    assert run(["param"]) == 2
    shown = capsys.readouterr().err
    assert "load" in shown
    assert shown.count("\n") > 5


def test_the_version_is_told(capsys):
    """`sortie --version`."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("sortie ")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "not enough open files; allow more (ulimit -n) or ask for less"),
        (MemoryError(), "not enough memory; allow more (ulimit -v) or ask for less"),
    ],
)
def test_a_limit_of_the_system_is_told_in_one_line(monkeypatch, capsys, error, said):
    """A port for each of 500 vehicles is more files than most shells allow."""

    def refused(*_: object) -> None:
        raise error

    monkeypatch.setattr("mavlink_bridge.links.sockets.socket.socket", refused)
    assert said in one_line(capsys, "serve", "--speedup", "0", "--link", "tcpin:127.0.0.1:0", status=1)


def test_a_wrong_value_names_where_it_stands(tmp_path, monkeypatch, capsys):
    """A value of the environment or of the configuration file is not blamed on a flag that nobody gave."""
    monkeypatch.setenv("SORTIE_SPEEDUP", "fast")
    assert run(["demo"]) == 2
    assert capsys.readouterr().err.startswith("sortie: environment, SORTIE_SPEEDUP fast: expected")
    monkeypatch.delenv("SORTIE_SPEEDUP")
    config = tmp_path / "sortie.toml"
    config.write_text('seed = "x"\n')
    assert run(["demo", "--config", str(config)]) == 2
    assert capsys.readouterr().err.startswith(f"sortie: --config {config}: seed x: expected")


def test_what_does_not_apply_to_the_simulator_is_ignored_with_one_warning(capsys, tmp_path):
    """A strategy without a controller, a sortie's number without a loop."""
    plan = tmp_path / "short.waypoints"
    plan.write_text(
        "QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t47\t8\t400\t1\n1\t0\t3\t22\t0\t0\t0\t0\t0\t0\t5\t1\n"
        "2\t0\t3\t21\t0\t0\t0\t0\t0\t0\t0\t1\n"
    )
    flags = ["--strategy", "native", "--fault", "gps.loss@500#3", "--speedup", "0", "--link", "tcpin:127.0.0.1:0"]
    assert run(["fly", str(plan), *flags]) == 0
    ignored = [line for line in capsys.readouterr().err.splitlines() if "ignored" in line]
    assert ignored == [
        "sortie: --fault gps.loss@500#3: #3 is ignored, it counts the sorties of a loop",
        "sortie: --strategy is ignored: it is for a flight controller, not for the simulator",
    ]
