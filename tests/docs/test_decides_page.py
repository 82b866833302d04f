"""docs/decides.md says what our own vehicle does now; its other column is flown where the firmwares are."""

from __future__ import annotations

import pytest

from scripts.decides import FIRMWARES, PAGE, Firmware, decision, ours, title
from scripts.generated_page import row_of


def test_a_decision_has_neither_times_nor_distances() -> None:
    assert decision("LAND after 8.0 s; disarmed after 42 s, 0.3 m beside the pad") == "LAND; disarmed"
    assert decision("stays; in the air at -0 m, up to 12 m off its line") == "stays; in the air"
    assert decision("LAND after 3.1 s; **fell**, disarmed after 35 s") != decision(
        "LAND after 3.0 s; disarmed after 5 s"
    )


@pytest.mark.parametrize("firmware", FIRMWARES, ids=lambda firmware: firmware.title)
def test_our_column_is_what_is_flown(firmware: Firmware) -> None:
    """One row, of a fault after which it stays in the air; `scripts/test --long` flies all."""
    assert row_of(PAGE, firmware.title, "`battery.low`")[1] == str(ours(firmware, "battery.low"))


@pytest.mark.long
@pytest.mark.parametrize("firmware", FIRMWARES, ids=lambda firmware: firmware.title)
def test_all_of_our_column_is_what_is_flown(firmware: Firmware) -> None:
    page = {name: row_of(PAGE, firmware.title, title(name))[1] for name in firmware.faults}
    assert {name: str(ours(firmware, name)) for name in firmware.faults} == page
