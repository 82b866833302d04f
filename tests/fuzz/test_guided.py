"""What the fuzzer says at its end is a row of the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import guided

TOLD = "Done 77 runs in 1 second(s)\nstat::number_of_executed_units: 77\nstat::average_exec_per_sec:     77\n"


@pytest.mark.parametrize(("status", "findings"), [(0, 0), (77, 1)])
def test_a_run_is_counted(status: int, findings: int) -> None:
    row = guided.Guided(status, TOLD, 0.25, "abc").row("plan")
    assert (row.parser, row.commit, row.core_hours, row.inputs, row.findings) == ("plan", "abc", 0.25, 77, findings)


def test_a_parser_goes_on_where_it_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = tmp_path / "asked.py"
    asked.write_text("import sys; print(*sys.argv[1:], file=sys.stderr)")
    monkeypatch.setattr(guided, "HARNESS", asked)
    folder = tmp_path / "formula"
    first = guided.fuzz("formula", 5, folder)
    assert "formula -max_total_time=5 " in first.told and first.told.rstrip().endswith(str(folder / "corpus"))
    (whole,) = (folder / "corpus").iterdir()
    whole.rename(folder / "corpus" / "reached")
    guided.fuzz("formula", 5, folder)
    assert [file.name for file in (folder / "corpus").iterdir()] == ["reached"]
