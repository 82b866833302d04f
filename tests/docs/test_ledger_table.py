"""The table of flights with a real firmware is what the ledger says."""

from __future__ import annotations

from scripts import ledger


def test_the_table_is_that_of_the_ledger() -> None:
    """Its rows are those of the file's studies, and a line that is added changes the page."""
    assert ledger.main(["--check"]) == 0
    assert {(line.study, line.firmware) for line in ledger.read()} >= {("gps-loss-flown", "ArduCopter, guided")}
    first = ledger.read()[0]
    other = first._replace(ours="", theirs="comes_down")
    assert ledger.rows([other]) != ledger.rows([first._replace(ours="", theirs="")])
