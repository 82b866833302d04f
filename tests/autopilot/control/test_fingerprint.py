"""What a compiled kernel is known by again."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

from autopilot.control.jit import fingerprint, source_files
from sitl.kernel.compiling import compiled_files

ROOT = Path(__file__).parents[3]


def package(folder: Path) -> ModuleType:
    module = ModuleType("package")
    module.__file__, module.__path__ = str(folder / "__init__.py"), [str(folder)]
    return module


def test_a_change_in_any_file_of_a_package_is_another_fingerprint(tmp_path: Path) -> None:
    """Also of a file that nobody has named, so that a new one cannot be forgotten."""
    (tmp_path / "__init__.py").touch()
    before = fingerprint(source_files(package(tmp_path)))
    assert fingerprint(source_files(package(tmp_path))) == before
    (tmp_path / "moved.py").write_text("X = 1.0\n")
    with_file = fingerprint(source_files(package(tmp_path)))
    (tmp_path / "moved.py").write_text("X = 2.0\n")
    assert len({before, with_file, fingerprint(source_files(package(tmp_path)))}) == 3


def imported(file: Path) -> set[str]:
    """Names of the project's modules that a file imports, also `from package import module`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.split(".")[0] in ("autopilot", "sitl") and module_file(name) is not None}


def module_file(name: str) -> Path | None:
    """Where a module of the project stands; None for a name inside a module, and for a package."""
    path = ROOT / (name.replace(".", "/") + ".py")
    return path if path.is_file() else None


def test_only_what_is_compiled_enters_the_fingerprint_and_all_of_it() -> None:
    """The kernels, the control functions, and all that these import: nothing is missing, so no stale kernel is ever
    flown, and nothing is too much, so an edit of a vehicle's parameters costs nobody a compilation."""
    entered = set(compiled_files())
    compiled = {*(ROOT / "sitl/kernel").glob("*.py"), *(ROOT / "autopilot/control").glob("*.py")}
    waiting, reached = list(compiled), set(compiled)
    while waiting:
        for name in imported(waiting.pop()):
            file = module_file(name)
            assert file is not None
            if file not in reached:
                reached.add(file)
                waiting.append(file)
    assert entered == reached
