"""What a compiled function is known by again."""

from __future__ import annotations

import ast
from pathlib import Path

from autopilot.control.kernels import fingerprint_of, source_files

ROOT = Path(__file__).parents[3]
PACKAGES = ("autopilot", "sitl", "mavlink_bridge")


def test_a_change_of_any_source_is_another_fingerprint_and_line_ends_are_none(tmp_path: Path) -> None:
    """Also of a file that nobody has named, so that a new one cannot be forgotten; also text that moves to the next."""
    first, second = tmp_path / "first.py", tmp_path / "second.py"
    first.write_bytes(b"X = 1.0\nY = 2.0\n")
    second.write_bytes(b"")
    files = [first, second]
    before = fingerprint_of(files)
    first.write_bytes(b"X = 1.0\r\nY = 2.0\r\n")
    assert fingerprint_of(files) == before
    first.write_bytes(b"X = 1.0\n")
    second.write_bytes(b"Y = 2.0\n")
    moved = fingerprint_of(files)
    first.write_bytes(b"X = 1.5\n")
    assert len({before, moved, fingerprint_of(files), fingerprint_of(files[:1])}) == 4


def imported(file: Path) -> set[str]:
    """Names of the project's modules that a file imports, also `from package import module`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.split(".")[0] in PACKAGES and module_file(name) is not None}


def module_file(name: str) -> Path | None:
    """Where a module of the project stands; None for a name inside a module, and for a package."""
    path = ROOT / (name.replace(".", "/") + ".py")
    return path if path.is_file() else None


def test_only_what_is_compiled_enters_the_fingerprint_and_all_of_it() -> None:
    """The kernels, the control functions, and all that these import: nothing is missing, so no stale kernel is ever
    flown, and nothing is too much, so an edit of a vehicle's parameters costs nobody a compilation."""
    entered = set(source_files())
    compiled = {file for file in entered if "interface" not in file.parts}
    assert {"copter.py", "arrays.py", "texture.py", "sources.py"} <= {file.name for file in compiled}
    waiting, reached = list(compiled), set(compiled)
    while waiting:
        for name in imported(waiting.pop()):
            file = module_file(name)
            assert file is not None
            if file not in reached:
                reached.add(file)
                waiting.append(file)
    assert entered == reached
