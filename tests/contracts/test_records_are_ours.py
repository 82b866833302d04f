"""Classes of data are `autopilot.interface.records`': the standard library's cost a start 0.7 ms each."""

from __future__ import annotations

import ast

from autopilot.control.kernels import source_files
from tests.fakes.syntax import ROOT, nodes, product


def takes_the_standard_one(source: str) -> bool:
    """Does it import `dataclass` from the standard library?"""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "dataclasses"
        and any(one.name == "dataclass" for one in node.names)
        for node in nodes(source)
    )


def test_no_module_takes_the_standard_dataclass() -> None:
    """But sources of kernels: a library is known by all that they import."""
    assert takes_the_standard_one("from dataclasses import dataclass, field")
    exempt = {*source_files(), ROOT / "autopilot/interface/records.py"}
    found = [name for name, text in product().items() if ROOT / name not in exempt and takes_the_standard_one(text)]
    assert found == [], "from autopilot.interface.records import dataclass"
