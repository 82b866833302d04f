"""What `serve --pace clients` tells the person about clients that do not follow."""

from __future__ import annotations

import pytest

from sortie.assembly.pace import FirstSaid


def test_the_first_client_that_does_not_follow_is_told_and_all_are_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """One that comes and goes would fill a terminal."""
    told: list[str] = []
    said = FirstSaid(told.append)
    with caplog.at_level("WARNING"):
        said.warn("a did not follow within 5 s")
        said.warn("b did not follow within 5 s")
    assert told == ["sortie: a did not follow within 5 s; run.log tells when it happens again"]
    assert [record.message for record in caplog.records] == [
        "a did not follow within 5 s",
        "b did not follow within 5 s",
    ]
    # a terminal that shows the log leaves out what was told
    shown_already = [getattr(record, "told", False) for record in caplog.records]
    assert shown_already == [True, False]
