"""Errors of flashing. Each text says what happened, the state of the board, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from mavlink_bridge.bootloader.protocol import REVISIONS
from mavlink_bridge.bootloader.script import Obstacle

WRONG_INPUT: Final = 2
NOT_DONE: Final = 1


class BoardState(Enum):
    """State of the board's flash; the value is its text."""

    UNTOUCHED = "nothing was erased"
    EXTERNAL_INCOMPLETE = "its external flash is incomplete"
    INCOMPLETE = "the board has no whole firmware now and stays in its bootloader"
    WRITTEN = "the firmware is written and verified, but was not started"
    VERIFIED = "the firmware is flashed and verified"


class FlashFailure(Exception):
    """Error that ends flashing. `status`: exit status. `about_file`: the firmware file is wrong for this board."""

    about_file = False

    def __init__(self, what: str, state: BoardState | str, next_step: str, status: int = NOT_DONE) -> None:
        words = state.value if isinstance(state, BoardState) else state
        super().__init__("; ".join(part for part in (what, words, next_step) if part))
        self.state = state
        self.status = status


AGAIN: Final = "run the same command again"
PLUG_AND_AGAIN: Final = f"plug it in and {AGAIN}"
CABLE: Final = f"try another cable and USB port, without a hub, and {AGAIN}"


class WrongFile(FlashFailure):
    """Wrong firmware file; the board is unchanged."""

    about_file = True


def wrong_board(board: str, firmware: str) -> FlashFailure:
    return WrongFile(
        f"the firmware is for board id {firmware}, the board is {board}",
        BoardState.UNTOUCHED,
        "take the firmware for this board (--force writes it all the same)",
        WRONG_INPUT,
    )


def too_large(size: int, flash: int, board: str, kind: str = "flash") -> FlashFailure:
    return WrongFile(
        f"the image of {size} bytes does not fit into the board's {kind} of {flash} bytes",
        BoardState.UNTOUCHED,
        f"take the firmware for this board, {board}",
        WRONG_INPUT,
    )


def cannot_open(obstacle: Obstacle, state: BoardState) -> FlashFailure:
    return FlashFailure(obstacle.what, state, obstacle.next_step, WRONG_INPUT)


def will_not_restart(port: str, result: str) -> FlashFailure:
    return FlashFailure(
        f"the autopilot on {port} refuses to restart into its bootloader ({result})",
        BoardState.UNTOUCHED,
        f"disarm it and {AGAIN}",
    )


def absent(port: str, seconds: int, state: BoardState, ports: str) -> FlashFailure:
    step = f"plug the board in with a cable that carries data and {AGAIN}" + (f" ({ports})" if ports else "")
    return FlashFailure(f"{port} has not been there for {seconds} s", state, step)


def no_board(seconds: int, ports: str) -> FlashFailure:
    return FlashFailure(
        f"no flight controller found by its USB ids in {seconds} s ({ports})",
        BoardState.UNTOUCHED,
        "plug the board in with a cable that carries data, or name its port with --port",
    )


def no_answer(port: str, seconds: int, users: Sequence[str]) -> FlashFailure:
    stop = f"stop {', '.join(users)}, which has the port open too" if users else "stop whatever else uses the port"
    return FlashFailure(
        f"no bootloader has answered on {port} for {seconds} s",
        BoardState.UNTOUCHED,
        f"unplug the board, {AGAIN}, and plug it in when asked; {stop}",
    )


def armed(port: str) -> FlashFailure:
    return FlashFailure(f"the vehicle on {port} is armed", "it was not touched", f"disarm it and {AGAIN}")


def old_bootloader(revision: int) -> FlashFailure:
    return FlashFailure(
        f"the bootloader speaks protocol revision {revision}; 2 to 5 are understood",
        BoardState.UNTOUCHED,
        "update the board's bootloader" if revision < min(REVISIONS) else "flash it with the uploader of its firmware",
    )


def bad_silicon() -> FlashFailure:
    return FlashFailure(
        "the bootloader refuses this chip (an STM32F4 with a flash error)",
        BoardState.UNTOUCHED,
        "take firmware for boards with 1 MiB of flash",
    )


def unplugged(state: BoardState, doing: str) -> FlashFailure:
    return FlashFailure(f"the board went away during {doing}", state, PLUG_AND_AGAIN)


def fallen_silent(state: BoardState, doing: str) -> FlashFailure:
    return FlashFailure(f"the board does not answer any more, during {doing}", state, f"unplug it, {PLUG_AND_AGAIN}")


def refused_twice(state: BoardState, doing: str, how: str) -> FlashFailure:
    return FlashFailure(f"{doing} failed twice ({how})", state, CABLE)


def no_mavlink(port: str, seconds: int) -> FlashFailure:
    return FlashFailure(
        "flashed and verified",
        f"no MAVLink on {port} after {seconds} s",
        "check that the firmware is of the right vehicle type, plug the board in anew, or flash another version",
    )
