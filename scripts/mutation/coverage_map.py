"""Which tests run which line: the suite is run once under `coverage`, with a context for each test."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import coverage
import pytest

from scripts.mutation.operators import Mutant


@dataclass
class FileMap:
    """What the tests of one file take, and which lines each of them runs, by path."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[str, list[int]]] = field(default_factory=dict)


@dataclass
class CoverageMap:
    """The tests of each line, the processor time of each test, and the modules that each file of tests imports."""

    seconds: dict[str, float] = field(default_factory=dict)  # of a test, by its id
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)  # tests by path and line
    imported: dict[str, list[str]] = field(default_factory=dict)  # paths of modules by path of a file of tests

    def tests_for(self, mutant: Mutant) -> list[str]:
        """Tests that run the mutant, those first that are about its module, the quick before the slow.

        What runs at import is used by whoever uses the module: every test that runs any line of it, then every test
        of a file that imports it.
        """
        lines = self.lines.get(mutant.path, {})
        if mutant.at_import:
            found = {test for tests in lines.values() for test in tests}
            found |= {test for test in self.seconds if mutant.path in self.imported.get(file_of(test), [])}
        else:
            found = {test for line in range(mutant.lines[0], mutant.lines[1] + 1) for test in lines.get(line, [])}
        return sorted(found, key=lambda test: (self.distance(test, mutant.path), self.seconds.get(test, 0.0), test))

    def distance(self, test: str, path: str) -> int:
        """How near a test is to a module: it imports it, it lies in the folder of its package, it only comes along."""
        file = file_of(test)
        if path in self.imported.get(file, []):
            return 0
        return 1 if file.split("/")[-2:-1] == path.split("/")[-2:-1] else 2


def file_of(test: str) -> str:
    """The path in a test's id."""
    return test.partition("::")[0]


def imports_of(root: Path, path: Path) -> list[str]:
    """The project's modules that a file imports, as paths."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            module = root / (name.replace(".", "/") + ".py")
            if module.is_file():
                found.append(module.relative_to(root).as_posix())
    return found


class Contexts:
    """A plugin of pytest: a context for each test, and its processor time."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.measured = measured
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.measured.switch_context(item.nodeid)
        began = time.process_time()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - began
        self.measured.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


def measure(root: Path, paths: list[str], files: list[str]) -> dict[str, FileMap]:
    """Runs some files of tests, in a process of its own: coverage must be there before any module of the project is."""
    with tempfile.TemporaryDirectory() as folder:
        measured = coverage.Coverage(data_file=f"{folder}/data", include=[str(root / path) for path in paths])
        contexts = Contexts(measured)
        measured.start()
        options = ["-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not long and not client", "--no-header"]
        pytest.main([*options, *files], plugins=[contexts])
        measured.stop()
        for test in contexts.failed:  # who fails already tells nothing of a mutant
            print(f"left out, it fails without any mutant: {test}", file=sys.stderr)
            contexts.seconds.pop(test, None)
        found = {file: FileMap() for file in files}
        for test, seconds in contexts.seconds.items():
            found[file_of(test)].seconds[test] = round(seconds, 4)
        data = measured.get_data()
        for path in paths:
            for line, tests in data.contexts_by_lineno(str(root / path)).items():
                for test in set(tests) & contexts.seconds.keys():
                    found[file_of(test)].lines.setdefault(test, {}).setdefault(path, []).append(line)
    return found


def forked_measure(root: Path, paths: list[str], files: list[str], result: Path) -> None:
    """The same in a forked process, which writes its result to a file."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            found = measure(root, paths, files)
            result.write_text(json.dumps({file: vars(each) for file, each in found.items()}))
            status = 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    if os.waitpid(process, 0)[1] != 0:
        raise SystemExit("no coverage: the tests do not pass")


def digest(root: Path, names: list[str]) -> str:
    """Of the content of some files and folders."""
    hashed = hashlib.sha256(sys.version.encode())
    for name in names:
        for path in sorted((root / name).rglob("*.py")) if (root / name).is_dir() else [root / name]:
            hashed.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return hashed.hexdigest()[:20]


def files_of_tests(root: Path, names: list[str]) -> list[str]:
    """All files of tests in some folders, and those that some patterns name."""
    paths = [path for name in names for path in (root.glob(name) if "*" in name else (root / name).rglob("test_*.py"))]
    return sorted({path.relative_to(root).as_posix() for path in paths})


def coverage_map(root: Path, paths: list[str], tests: list[str]) -> CoverageMap:
    """The map of this tree. Files of tests that are as they were when they were last measured are not run again."""
    store = root / "build" / "mutants-coverage.json"
    known = json.loads(store.read_text()) if store.is_file() else {}
    below = digest(root, [*paths, "tests/fakes", "tests/stand_in"])
    found = files_of_tests(root, tests)
    keys = {file: f"{below} {digest(root, [file])}" for file in found}
    missing = [file for file in found if known.get(file, {}).get("key") != keys[file]]
    if missing:
        store.parent.mkdir(exist_ok=True)
        forked_measure(root, paths, missing, store.with_suffix(".new"))
        fresh = json.loads(store.with_suffix(".new").read_text())
        known |= {file: {"key": keys[file], **each} for file, each in fresh.items()}
        store.write_text(json.dumps(known))
    whole = CoverageMap()
    for file in found:
        whole.imported[file] = imports_of(root, root / file)
        whole.seconds |= known[file]["seconds"]
        for test, lines_of in known[file]["lines"].items():
            for path, lines in lines_of.items():
                for line in lines:
                    whole.lines.setdefault(path, {}).setdefault(line, []).append(test)
    return whole
