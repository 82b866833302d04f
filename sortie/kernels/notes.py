"""Note beside a library: kind of machine, fingerprint of the sources, SHA-256 of the library, digest of the code.

The last line is for `--if-needed`: after an edit of comments or docstrings the library is still right, and a new note
replaces minutes of compilation.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from autopilot.control.kernels import fingerprint, source_files
from autopilot.control.library import LibraryError, library_file, whole_note
from autopilot.interface.records import dataclass


@dataclass(frozen=True)
class KernelSources:
    """Digests of the sources of a library: of their bytes (`fingerprint`), and of their code alone."""

    fingerprint: str
    code: str

    @classmethod
    def now(cls) -> Self:
        """The sources as they are; read before they are compiled, since they may be edited meanwhile."""
        return cls(fingerprint(), code_digest(source_files()))


def code_digest(files: Sequence[Path]) -> str:
    """Digest of the code in `files`: comments, docstrings and layout do not count. Versions of Python may differ in
    it."""
    digest = hashlib.sha256()
    for source in files:
        code = ast.dump(_WithoutProse().visit(ast.parse(source.read_bytes()))).encode()
        digest.update(b"%d\n" % len(code) + code)
    return digest.hexdigest()


class _WithoutProse(ast.NodeTransformer):
    """Removes each statement that is only a string."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str) else node


def write_note(file: Path, target: str, sources: KernelSources) -> None:
    lines = (target, sources.fingerprint, hashlib.sha256(file.read_bytes()).hexdigest(), sources.code, "")
    put(file.with_suffix(".txt"), "\n".join(lines).encode())


def renew_note(target: str, sources: KernelSources, folder: Path) -> bool:
    """Write a new note if the library for `target` is complete and was made from the same code."""
    try:
        note = whole_note(target, folder)
    except LibraryError:
        return False
    if note[3] != sources.code:
        return False
    write_note(library_file(target, folder), target, sources)
    return True


def put(file: Path, data: bytes) -> None:
    """Write a file in one step: readers see the old one or the new one."""
    new = file.with_name(f"{file.name}.{os.getpid()}")
    new.write_bytes(data)
    new.replace(file)
