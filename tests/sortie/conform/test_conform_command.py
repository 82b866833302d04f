"""`sortie conform` as a command: lists, results for people and programs, what it refuses, what it leaves as it was."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autopilot.mav import Cmd, Severity
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader
from sitl.child import SitlError
from sortie.api.session import Session
from sortie.commands.cli import run
from sortie.config.given import GivenOptions
from sortie.conform.case import ConformityCase, Obligation
from sortie.conform.cases import chosen
from sortie.conform.cases.plans import MISSION, upload
from sortie.conform.examination import GONE_MS, Examination, ExaminationSettings
from sortie.conform.exchange import CaseFailedError, Exchange, Steps
from sortie.conform.facts import VehicleFound
from sortie.conform.report import as_json, as_junit, result_line
from tests.fakes.conformity import examine, judged
from tests.fakes.served import free_port

(PARAMETER_SET,) = chosen(["parameter.set.real.acknowledged"])


def test_list_tells_each_case_with_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each, of what --only names."""
    assert run(["conform", "--list", "--only", "fence.upload"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 20 and all("https://mavlink.io/en/" in line and line.startswith("fence.") for line in lines)
    assert run(["conform", "--list", "--only", "fence.upload", "--json"]) == 0
    assert [case["name"] for case in json.loads(capsys.readouterr().out)] == [line.split()[0] for line in lines]


def test_results_for_people_and_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON, JUnit, a page with the vehicle of another day beside, a badge; status 0 without a broken MUST."""
    arguments = ["conform", "--vehicle", "sim:copter", "--only", "heartbeat", "--only", "command.*frame*"]
    files = ["--report", str(tmp_path / "first"), "--junit", str(tmp_path / "junit.xml")]
    assert run([*arguments, *files, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"]["pass"] >= 12 and told["vehicle"].startswith("ArduPilot 4.6.2")
    (failure,) = [case for case in told["cases"] if case["verdict"] == "fail"]
    assert "DENIED came" in failure["why"] and any(
        "COMMAND_INT" in line and "[fd" in line for line in failure["exchange"]
    )
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert sum(int(suite.get("failures", "")) for suite in root) == 1
    beside = ["--beside", str(tmp_path / "first" / "conformance.json"), "--report", str(tmp_path / "second")]
    assert run([*arguments, "--firmware", "px4", *beside]) == 0
    page = (tmp_path / "second" / "conformance.html").read_text()
    assert "PX4 1.16.0 quadrotor" in page and "ArduPilot 4.6.2 quadrotor" in page and "http://" not in page
    assert "<svg" in (tmp_path / "second" / "conformance.svg").read_text()


def test_what_a_vehicle_says_neither_breaks_the_results_nor_commands_a_terminal() -> None:
    """XML has no control characters: the JUnit file could not be read."""
    with Session("sim:copter") as session:

        def steps(exchange: Exchange) -> Steps:
            session.autopilot.announcer.say(Severity.INFO, "\x1b[2J of the vehicle")
            yield from exchange.wait(500)
            raise CaseFailedError("a text \x1b[2J\x07 came")

        case = ConformityCase("text.odd", "text", Obligation.MUST, "messages/common.html", "texts show", steps)
        examination = Examination((case,), ExaminationSettings())
        examine(session, examination)
    (result,) = examination.results
    assert "\x1b" not in result_line(result)
    (failure,) = ElementTree.fromstring(as_junit(as_json(examination))).iter("failure")
    assert failure.get("message") == "MUST: a text ?[2J? came"
    assert "text=?[2J of the vehicle" in str(failure.text)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name one vehicle"),
        (["tcp:127.0.0.1:1", "--vehicle", "sim:copter"], "name one vehicle"),
        (["--vehicle", "sim:copter", "--only", "misson"], "did you mean mission"),
        (["--vehicle", "sim:copter", "--beside", "nowhere.json"], "nowhere.json"),
        (["--vehicle", "sim:copter", "--radio", "sick"], "no such radio"),
        (["--vehicle", "ardupilot:copter=/bin/true,world=ours"], "leave out ,world=ours"),
        (["--vehicle", "sim:copter", "--loss", "2"], "--loss 2: expected a share from 0 to 1"),
        (["--vehicle", "sim:copter", "--junit", "nowhere/x.xml"], "there is no folder nowhere"),
        (["--vehicle", "sim:copter", "--junit", "."], "--junit .: is a folder"),
        (["--vehicle", "sim:copter", "--report", __file__], "is a file, not a folder"),
        (["--vehicle", "sim:copter", "--beside", "/bin/sh"], "--beside /bin/sh: expected text in UTF-8, found byte"),
    ],
)
def test_what_makes_no_sense_is_said(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, status 2."""
    assert run(["conform", *arguments]) == 2
    assert words in capsys.readouterr().err


class EndedProgram:
    """A SITL that is over before anything was heard of it."""

    address = "tcp:127.0.0.1:1"
    stopped = False

    def check(self) -> None:
        raise SitlError("ArduPilot SITL ended (status 1): bad option", ended=True)

    def stop(self) -> None:
        self.stopped = True


def test_a_program_that_ends_is_no_silent_vehicle(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its last words are told, status 1."""
    child = EndedProgram()
    monkeypatch.setattr("sortie.commands.conform.LAUNCHERS", {"ardupilot": lambda *_: child})
    monkeypatch.setattr("sortie.commands.conform.judge_link", lambda *_, **__: None)
    assert run(["conform", "--vehicle", "ardupilot:copter"]) == 1
    assert capsys.readouterr().err == "sortie: ArduPilot SITL ended (status 1): bad option\n"
    assert child.stopped


def test_ctrl_c_before_a_vehicle_was_heard_is_no_silence_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 130, as at any other time."""

    def interrupted(url: str, examination: Examination, **_: object) -> None:
        examination.handle_timeout(0)
        examination.interrupt(1)

    monkeypatch.setattr("sortie.commands.conform.judge_link", interrupted)
    assert run(["conform", "tcp:127.0.0.1:1"]) == 130


def test_a_port_where_nobody_is_is_no_silent_vehicle(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No connection was made: that is told, and not that no HEARTBEAT came."""
    monkeypatch.setattr("sortie.conform.examination._DISCOVERY_MS", 200)
    port = free_port()
    assert run(["conform", f"tcp:127.0.0.1:{port}"]) == 1
    assert capsys.readouterr().err == f"sortie: no connection to tcp:127.0.0.1:{port}; is the vehicle running?\n"


def test_a_column_beside_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a page there is no place for it."""
    (tmp_path / "other.json").write_text('{"cases": []}')
    assert run(["conform", "--vehicle", "sim:copter", "--beside", str(tmp_path / "other.json")]) == 2
    assert "--beside needs --report DIR" in capsys.readouterr().err


def test_results_that_cannot_be_written_are_still_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Above all what could not be put back."""
    (tmp_path / "conformance.json").mkdir()
    words = ["--vehicle", "sim:copter", "--only", "heartbeat.type", "--report", str(tmp_path)]
    assert run(["conform", *words]) == 2
    told = capsys.readouterr()
    assert "1 case, services: 1; 1 pass" in told.out and "Is a directory" in told.err


def test_a_vehicle_that_has_gone_is_not_judged_any_further(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each case after it failed with three tries: hours of false words about it."""
    cases = chosen(["parameter"])
    found = VehicleFound(system=1, component=1, version=codec.decode(dialect.MAVLINK_MSG_ID_AUTOPILOT_VERSION, b""))
    examination = Examination(cases, ExaminationSettings(tries=3), found=found)
    now_ms = 0
    while not examination.done:
        examination.handle_timeout(now_ms)
        examination.take()
        now_ms = examination.next_deadline_ms() or now_ms
    assert examination.gone
    assert len(examination.results) < 10 < len(cases)
    assert now_ms < GONE_MS + 30_000

    def judge(given: GivenOptions, examination: Examination) -> None:
        examination.found.system, examination.gone = 1, True

    monkeypatch.setattr("sortie.commands.conform._judge", judge)
    assert run(["conform", "tcp:127.0.0.1:1", "--only", "heartbeat.type"]) == 1
    told = capsys.readouterr()
    assert told.err == "sortie: the vehicle has gone: nothing came for 30 s; 1 case not judged\n"
    assert told.out.endswith("0 cases, services: 0; none judged\n")


def test_a_vehicle_on_a_socket_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    """A running service, over TCP, in real time; it may not fly, and so what would is untested."""
    only = ["--only", "parameter.set.real.holds", "--only", "command.refused.motor-test"]
    with Session() as session:
        url, ended = session.add_link("tcpin:127.0.0.1:0").replace("tcpin", "tcp"), threading.Event()
        thread = threading.Thread(target=lambda: session.serve(until=ended.is_set, speedup=5.0))
        thread.start()
        try:
            assert run(["conform", url, *only, "--loss", "0.9", "--firmware", "px4"]) == 0
        finally:
            ended.set()
            session.wake()
            thread.join()
    told = capsys.readouterr()
    assert "pass parameter.set.real.holds" in told.err and "---- command.refused.motor-test" in told.err
    for option in ("--loss", "--firmware"):
        assert f"sortie: {option} is ignored: it is for --vehicle sim:KIND\n" in told.err


@pytest.mark.parametrize("in_case", [True, False])
def test_what_was_changed_is_put_back_after_an_interruption(in_case: bool) -> None:
    """Ctrl-C in the middle of a case that has set a parameter and has replaced the plan, or while that is being put
    back: both are as they were."""
    reached: list[int] = []

    def steps(x: Exchange) -> Steps:
        yield from upload(x, MISSION)
        yield from PARAMETER_SET.run(x)
        reached.append(x.now_ms)
        yield from x.wait(3_600_000 if in_case else 0)

    interrupted = ConformityCase("stopped.case", "stopped", Obligation.MUST, "services/mission.html", "", steps)
    with Session() as session:
        session.upload(MISSION.make(2))
        before = session.param("PILOT_TKOFF_ALT")
        link, examination = session.connect(), Examination([interrupted], ExaminationSettings())
        for _ in range(1000):
            now_ms = round(session.time_s * 1000.0)
            examination.receive(link.read(), now_ms)
            examination.handle_timeout(now_ms)
            if reached and not examination.interrupted and (in_case or examination.results):
                assert session.param("PILOT_TKOFF_ALT") != before and session.state.mission.items == MISSION.size
                examination.interrupt(now_ms)
            sent = examination.take()
            if sent:
                link.write(sent)
            elif examination.done:
                break
            else:
                session.run_for(0.1)
        assert examination.interrupted and examination.not_put_back == []
        assert session.param("PILOT_TKOFF_ALT") == before
        assert session.state.mission.items == 2


@pytest.mark.parametrize(("loss", "radio"), [(0.1, None), (0.3, None), (0.0, "sik-57600")])
def test_losses_are_no_faults_of_the_vehicle(loss: float, radio: str | None) -> None:
    """What is lost is asked for again: the verdicts are those of a good link. Where nothing is to come, an answer that
    is lost is none: such a case may be kept then."""
    only = ["command", "mission.download", "parameter.read", "parameter.list", "fence.upload.gap", "ftp.burst"]
    good = {result.case.name: result.verdict for result in judged(only).results}
    lossy = judged(only, loss=loss, radio=radio, seed=3)
    differ = {result.case.name: result.why for result in lossy.results if result.verdict is not good[result.case.name]}
    assert {name: why for name, why in differ.items() if why or not name.endswith(".other-component")} == {}


def test_a_repeated_command_counts_its_repetitions() -> None:
    """By `confirmation`, so that the vehicle acts once: a takeoff whose answer was lost was ordered again, and refused.
    Another command begins at 0."""
    exchange, reader = Exchange(VehicleFound(system=1, component=1), 1500, tries=3), FrameReader()
    order = exchange.long(Cmd.NAV_TAKEOFF, 0, 0, 0, 0, 0, 0, 10)
    for _ in range(2):
        steps = exchange.command(order)
        next(steps)
        steps.send(None)
        steps.send(None)
    frames = [codec.decode(frame.msg_id, frame.payload) for frame in reader.receive(exchange.take())]
    assert [frame.confirmation for frame in frames if frame is not None] == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    ("told", "shown"),
    [(b"6a8c9b91", "6a8c9b91"), (bytes.fromhex("000000f0918661a8"), "a8618691f0000000"), (bytes(8), "")],
)
def test_the_revision_is_a_text_or_a_number(told: bytes, shown: str) -> None:
    """ArduPilot tells the letters of the hash, PX4 its bytes as one number (AUTOPILOT_VERSION.hpp)."""
    version = dialect.MAVLink_autopilot_version_message(0, 0, 0, 0, 0, list(told), bytes(8), bytes(8), 0, 0, 0)
    assert VehicleFound(version=version).revision == shown
