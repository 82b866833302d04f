"""What a person sees of flashing, on a terminal and without one."""

from __future__ import annotations

import io

from mavlink_bridge.bootloader.upload import FlashStatus, UploadStage
from sortie.flashing.progress import FlashProgress


class Terminal(io.StringIO):
    """Says that it is one."""

    def isatty(self) -> bool:
        return True


def tell(stream: io.StringIO) -> str:
    """Erase and program in 20 s, with a line in between."""
    status = FlashStatus()
    progress = FlashProgress(status, stream)
    progress.start()
    status.begin(UploadStage.ERASE, 0, 9000)
    for now_ms in range(0, 10_000, 500):
        progress.refresh(now_ms)
    status.say("something happened")
    status.begin(UploadStage.PROGRAM, 10_000, 1000)
    for now_ms in range(10_000, 20_001, 500):
        status.done = (now_ms - 10_000) // 10
        progress.refresh(now_ms)
    status.begin(UploadStage.VERIFY, 20_000)
    status.begin(UploadStage.BOOT, 20_000)
    progress.refresh(20_100)
    status.say("the end")
    progress.stop()
    return stream.getvalue()


def test_without_a_terminal_there_are_plain_lines_with_the_time_left() -> None:
    assert tell(io.StringIO()).splitlines() == [
        "sortie: erasing",
        "sortie: something happened",
        "sortie: programming",
        *(f"sortie: programming: {part} %, {10 - part / 10:.0f} s left" for part in range(10, 100, 10)),
        "sortie: verifying",
        "sortie: starting the firmware",
        "sortie: the end",
    ]


def test_on_a_terminal_there_is_a_bar_for_each_stage() -> None:
    shown = tell(Terminal())
    for words in ("erasing", "programming", "verifying", "starting the firmware", "100%", "sortie: something happened"):
        assert words in shown
    assert "s left" not in shown
