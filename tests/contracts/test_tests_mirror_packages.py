"""Tests lie in the rooms of the packages, so that a module's tests are found by its path."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("autopilot", "sitl", "mavlink_bridge", "depot", "sortie")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_folder_of_tests_is_a_room_of_its_package(package: str) -> None:
    tests = ROOT / "tests" / package
    folders = {path.parent.relative_to(tests) for path in tests.rglob("test_*.py")}
    rooms = {folder for folder in folders if (ROOT / package / folder).is_dir()}
    assert rooms == folders and Path() not in rooms, sorted(map(str, folders - rooms)) or "a test beside the rooms"
