"""The page beside the others is what `scripts/others` writes, and its client can fly what it measures."""

from __future__ import annotations

import time

from scripts import others


def test_the_page_has_the_rows_and_the_commands_of_the_script() -> None:
    """Each with a figure for each that was measured; PX4's program cannot be had everywhere."""
    text = others.PAGE.read_text(encoding="utf-8")
    measured = text.split(others.BEGIN)[1].split(others.END)[0]
    for title, _ in others.ROWS:
        (line,) = (line for line in measured.splitlines() if line.startswith(f"| {title} |"))
        assert all(float(cell.replace(",", "")) > 0 for cell in line.strip("|").split("|")[1:])
    header = next(line for line in measured.splitlines() if line.startswith("| | "))
    columns = [cell.strip() for cell in header.strip("|").split("|")[1:]]
    assert {"Sortie", "ArduPilot SITL"} <= set(columns)
    for kind in others.KINDS:
        assert (kind.command in measured) == (kind.name in columns)
        assert kind.name in columns or f"{kind.name.split()[0]}'s program could not be had" in text


def test_medians_are_told_with_as_many_digits_as_they_are_worth() -> None:
    """Of all rounds, a column for each."""
    rows = {key: 1234.5 for _, key in others.ROWS}
    text = others.table({"A": [rows, rows | {"memory_mb": 3.14159}, rows], "B": [dict.fromkeys(rows, 0.05123)]})
    assert "| memory, MB | 1,234 | 0.051 |" in text


def test_its_client_flies_the_square_and_sees_what_it_costs() -> None:
    """On Sortie, started as it is measured: armable, some seventy vehicle seconds, a processor that has worked."""
    with others.running(others.SORTIE, others.SORTIE.fast) as (child, began_s):
        client = others.Client(child.address)
        client.next("HEARTBEAT")
        client.wait_armable()
        took_s, vehicle_s = client.fly(others.SORTIE)
        assert 0.0 < took_s < time.monotonic() - began_s
        assert 60.0 < vehicle_s < 100.0
        assert others._processor_s(child.pid) > 0.0
        assert others._memory_mb(child.pid) > 10.0
        client.link.close()
