"""A part is given its callbacks when it is made, or has a list of listeners: no module hangs a function on another's
object afterwards, where nobody who reads that class would look for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.fakes.syntax import nodes, product

PLUGGED = {
    "autopilot/interface/records.py: made.__repr__": "a class that this module makes",
    "sortie/api/testing/plugin.py: COMPILER.on_first": "pytest's own way to tell a person that a kernel is compiled",
    "sortie/kernels/lowering.py: codegen.CPUCodeLibrary._ensure_finalized": "numba has no seam for it",
    "sortie/kernels/lowering.py: codegen.CPUCodeLibrary._optimize_functions": "numba has no seam for it",
    "sortie/kernels/lowering.py: cpu.CPUContext.get_executable": "numba has no seam for it",
    "sortie/runtime/signals.py: sys.unraisablehook": "Python's own",
}
_OWN = ("self", "cls")


def functions_hung_on(source: str, methods: frozenset[str]) -> Iterator[str]:
    """Attributes of other objects that are assigned a function."""
    for node in nodes(source):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Attribute) and ast.unparse(target.value) not in _OWN:
                value = ast.unparse(node.value)
                if value.startswith(("lambda ", "lambda:", "partial(")) or value.rpartition(".")[2] in methods:
                    yield ast.unparse(target)


def methods_of(sources: dict[str, str]) -> frozenset[str]:
    """Names that are a method's, and no field's or property's anywhere."""
    methods, facts = set[str](), set[str]()
    for node in (node for source in sources.values() for node in nodes(source)):
        if isinstance(node, ast.FunctionDef):
            (facts if node.decorator_list else methods).add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            facts.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            facts.add(node.id)
        elif isinstance(node, ast.arg):
            facts.add(node.arg)
    return frozenset(methods - facts)


def test_functions_are_not_hung_on_another_modules_objects() -> None:
    sources = product()
    methods = methods_of(sources)
    found = {f"{path}: {hung}" for path, source in sources.items() for hung in functions_hung_on(source, methods)}
    assert found == PLUGGED.keys()


def test_a_callback_that_is_hung_on_is_found() -> None:
    text = "fleet.on_error = self._tell\nself.on_error = other._tell\ncard.hurried = lambda: True\nx.a = y.a"
    assert list(functions_hung_on(text, frozenset({"_tell"}))) == ["fleet.on_error", "card.hurried"]
