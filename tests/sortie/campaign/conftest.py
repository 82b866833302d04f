"""A cluster in this process, and a short study with all of its flights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sortie.campaign.flown import FlownRun, fly_run
from sortie.campaign.study import Study

if TYPE_CHECKING:
    from distributed import Client


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Of two workers."""
    from sortie.campaign.execution import dask_client

    with dask_client(None, 2, processes=False) as client:
        client.wait_for_workers(2)
        yield client


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.read(Path(__file__).parents[3] / "examples" / "studies" / "gps-loss.toml", 6)


@pytest.fixture(scope="module")
def flown(study: Study) -> list[FlownRun]:
    """All runs, flown one after the other without any cluster."""
    return [fly_run(study, run, given) for run, given in enumerate(study.inputs())]
