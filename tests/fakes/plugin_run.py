"""pytest runs of tests that use the plugin, inside a test."""

from __future__ import annotations

import os
from importlib.metadata import entry_points

import numpy.fft  # noqa: F401 - compiled, so it can be loaded once only: pytester forgets what a run has loaded
import pytest

import sortie.api.testing.garage
import sortie.nodes.bin_log  # noqa: F401 - what is loaded by the first vehicle: pytester forgets what a run has loaded
from sortie.api.testing import plugin

INSTALLED = any(point.name == "sortie" for point in entry_points(group="pytest11"))


def run(pytester: pytest.Pytester, source: str, *arguments: str, apart: bool = False) -> pytest.RunResult:
    """The outcome of a test file; `apart`: in a process of its own. An environment that was installed before the plugin
    had its entry point gets it by hand."""
    pytester.makepyfile(test_it=source)
    return again(pytester, *arguments, apart=apart)


def again(pytester: pytest.Pytester, *arguments: str, apart: bool = False) -> pytest.RunResult:
    """The same files once more."""
    quiet = ("-p", "no:cacheprovider")
    if apart or "-n" in arguments:
        plugins = () if INSTALLED else ("-p", plugin.__name__)
        return pytester.runpytest_subprocess(*quiet, *plugins, *arguments)
    plugins = [] if INSTALLED else [plugin]
    return pytester.runpytest_inprocess(*quiet, "-p", "no:randomly", "-p", "no:asyncio", *arguments, plugins=plugins)


def kept(pytester: pytest.Pytester) -> dict[str, set[str]]:
    """What stays of the flights: names of files by folder."""
    logs = pytester.path / "sortie-logs"
    if not logs.exists():
        return {}
    found = {
        os.path.relpath(folder, logs): set(files) for folder, _, files in os.walk(logs) if files and folder != str(logs)
    }
    return dict(sorted(found.items()))
