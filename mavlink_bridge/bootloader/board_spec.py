"""What a simulated board is, and what goes wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Literal

from mavlink_bridge.bootloader.protocol import Op, Status

Family = Literal["ardupilot", "px4"]


@dataclass(frozen=True, slots=True)
class BoardSpec:
    """Sizes in bytes; `external_flash` 0: none. `revision`: of the protocol."""

    board_id: int = 140
    board_revision: int = 0
    flash: int = 1_966_080
    external_flash: int = 0
    revision: int = 5
    family: Family = "ardupilot"


@dataclass(slots=True)
class Faults:
    """What goes wrong. `(op, n)` is the n-th time, from 1, that this command comes.

    `answers`: the status to give instead of doing it; `mute_at`, `unplug_at`: before it is answered; `flip_at`: one bit
    of its data is another; `wrong_crc`: which GET_CRC lie; `mute_after`: bytes received until silence; `noise`: bytes
    before one reply in `noise_every`.
    """

    answers: dict[tuple[Op, int], Status] = field(default_factory=dict)
    mute_at: tuple[Op, int] | None = None
    unplug_at: tuple[Op, int] | None = None
    flip_at: tuple[Op, int] | None = None
    wrong_crc: frozenset[int] = frozenset()
    mute_after: int | None = None
    noise: Random | None = None
    noise_every: int = 10
    erase_ms: int = 9000
