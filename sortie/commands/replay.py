"""`sortie replay LOG...`: logs as vehicles on links; ground stations see the recorded flights."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from mavlink_bridge.routing.network import MEMBERS
from sortie.config.errors import UserError
from sortie.config.given import GivenOptions
from sortie.config.link_policy import check_links
from sortie.config.options import FROM, LOGS, REPLAY_ONCE
from sortie.config.settings import Settings
from sortie.config.values import DEFAULT_LINKS
from sortie.incident.player import Player
from sortie.incident.reader import read_recording
from sortie.incident.shown import ShownRecording, ShownRecordings
from sortie.logs.run_log import log_error
from sortie.logs.terminal import Line, Terminal
from sortie.runtime.runtime import Runtime

_AS_FAST_AS_LINKS: Final = 1e6
_STEP_MS: Final = 10_000
_HELP: Final = "space pauses, left and right go 10 s, up and down change the speed, Ctrl-C ends it"


def replay(given: GivenOptions) -> int:
    """Play logs until SIGTERM (status 0) or Ctrl-C (130), with --once until their end (0). Status 2 for an unreadable
    log."""
    paths, first = given[LOGS], given[Settings.sysid] or 1
    if first + len(paths) - 1 > MEMBERS:
        raise UserError(f"{len(paths)} logs from system {first} on; system ids of vehicles end at {MEMBERS}")
    urls = given[Settings.link] or DEFAULT_LINKS
    for warning in check_links(urls, signed=False, insecure=given[Settings.insecure], a_log=True):
        print(f"sortie: {warning}", file=sys.stderr)
    speed, begin_s = given[Settings.speedup], given[FROM]
    shown = [
        ShownRecording(
            read_recording(path),
            system,
            speed=1.0 if speed is None else speed or _AS_FAST_AS_LINKS,
            begin_s=begin_s,
            on_error=log_error,
        )
        for system, path in enumerate(paths, start=first)
    ]
    _check_begin(shown, begin_s or 0.0)
    return _show(ShownRecordings(shown), urls, once=given[REPLAY_ONCE])


def _check_begin(shown: Sequence[ShownRecording], begin_s: float) -> None:
    """Raise UserError when all logs end before the start time."""
    seconds = max((each.player.last_ms - each.player.first_ms) / 1000.0 for each in shown)
    if begin_s > seconds:
        raise UserError(f"--from {begin_s:g}: the log ends after {seconds:.0f} s")


def _show(node: ShownRecordings, urls: tuple[str, ...], *, once: bool) -> int:
    runtime, terminal = Runtime(), Terminal()
    try:
        runtime.add(node)
        addresses = [runtime.open(node.network, url) for url in urls]
        runtime.install_signals()
        for recording in node.shown:
            player, facts = recording.player, recording.recording.facts
            seconds = (player.last_ms - player.first_ms) / 1000.0
            terminal.say(
                f"sortie: system {recording.endpoint.system_id} is {facts.name} ({facts.vehicle}), {seconds:.0f} s"
            )
            if facts.cut:
                terminal.say(f"sortie: {facts.name}: {facts.cut}")
        terminal.say(f"sortie: connect a ground station: {', '.join(addresses)}")
        terminal.start()
        with keys_of_terminal() as pressed:

            def look(wall_s: float) -> None:
                for key in pressed():
                    for recording in node.shown:
                        _act(recording.player, key)
                terminal.draw(wall_s, lambda height: _lines(node)[:height])

            runtime.run(lambda: once and node.over, look, every_s=0.1)
    finally:
        terminal.stop()
        runtime.close()
    return runtime.signals.exit_status or 0


def _act(player: Player, key: str) -> None:
    match key:
        case " ":
            player.paused = not player.paused
        case "right" | "left":
            player.jump(player.at_ms + (_STEP_MS if key == "right" else -_STEP_MS))
        case "up" | "down":
            player.speed *= 2.0 if key == "up" else 0.5


def _lines(node: ShownRecordings) -> list[Line]:
    lines: list[Line] = []
    for recording in node.shown:
        player = recording.player
        at_s, end_s = (player.at_ms - player.first_ms) / 1000.0, (player.last_ms - player.first_ms) / 1000.0
        state = "paused" if player.paused else "at its end" if player.over else f"{player.speed:g}x"
        lines.append([f"system {recording.endpoint.system_id}", f"{at_s:8.1f} s of {end_s:.1f} s", state])
    return [*lines, _HELP]


# --- keys of a terminal -----------------------------------------------------------------------------------------------
_ARROWS: Final = {"\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\x1b[D": "left"}


@contextmanager
def keys_of_terminal() -> Iterator[Callable[[], list[str]]]:
    """Yield a function that returns the keys pressed since its last call (`keys_of`). None without a terminal and on
    Windows. Ctrl-C remains a signal."""
    if sys.platform == "win32" or not (sys.stdin.isatty() and sys.stderr.isatty()):
        yield list
        return
    import termios
    import tty

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    tty.setcbreak(number)
    try:
        yield lambda: keys_of(_waiting(number))
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


def _waiting(number: int) -> str:
    ready, _, _ = select.select([number], [], [], 0.0)
    return os.read(number, 256).decode("utf-8", "replace") if ready else ""


def keys_of(text: str) -> list[str]:
    """Convert a terminal's input to keys: letters, and arrows as "up", "down", "left" and "right"."""
    found: list[str] = []
    while text:
        arrow = _ARROWS.get(text[:3])
        found.append(arrow or text[0])
        text = text[3:] if arrow else text[1:]
    return found
