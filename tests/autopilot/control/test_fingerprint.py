"""What a compiled kernel is known by again."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from autopilot.control.jit import fingerprint


def package(folder: Path) -> ModuleType:
    module = ModuleType("package")
    module.__file__, module.__path__ = str(folder / "__init__.py"), [str(folder)]
    return module


def test_a_change_in_any_file_of_a_package_is_another_fingerprint(tmp_path: Path) -> None:
    """Also of a file that nobody has named, so that a new one cannot be forgotten."""
    (tmp_path / "__init__.py").touch()
    before = fingerprint(package(tmp_path))
    assert fingerprint(package(tmp_path)) == before
    (tmp_path / "moved.py").write_text("X = 1.0\n")
    with_file = fingerprint(package(tmp_path))
    (tmp_path / "moved.py").write_text("X = 2.0\n")
    assert len({before, with_file, fingerprint(package(tmp_path))}) == 3
