"""What can be changed in a module: one small edit each, with a name that survives edits elsewhere in the file."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
SWAPPED_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
ENUMS = {"Enum", "IntEnum", "Flag", "IntFlag", "StrEnum"}


@dataclass(frozen=True)
class Mutant:
    """One edit: `text[start:end]` of the file becomes `new`. `lines` are those of its statement, for the coverage."""

    path: str  # relative to the project, with slashes
    symbol: str  # "Class.method", or "" at the top of the module
    kind: str
    start: int
    end: int
    old: str
    new: str
    line: str  # the line that it begins in, stripped
    lines: tuple[int, int]
    at_import: bool  # runs when the module is imported: tables, enums, defaults
    twin: int = 0  # which of several with the same name

    @property
    def name(self) -> str:
        """Path, symbol, line and change: the same as long as nobody edits that very line."""
        where = f"{self.path}::{self.symbol}" if self.symbol else self.path
        change = f"{squeezed(self.old)} -> {squeezed(self.new)}"
        return f"{where}: {change} in '{self.line}'" + (f" #{self.twin}" if self.twin else "")

    def rank(self, seed: int) -> bytes:
        """Its place in a sample: an edit elsewhere leaves the order of all others as it is."""
        return hashlib.sha256(f"{seed} {self.name}".encode()).digest()

    def applied(self, text: str) -> str:
        """The text of the module with the error in it."""
        if text[self.start : self.end] != self.old:
            raise ValueError(f"{self.path} has changed since its mutants were made")
        return text[: self.start] + self.new + text[self.end :]


def squeezed(text: str) -> str:
    """One line, without the indentation of the lines behind the first."""
    return " ".join(text.split())


def enums_of(paths: list[Path]) -> dict[str, list[str]]:
    """The members of every enumeration, by the name of its class."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base).split(".")[-1] in ENUMS for base in node.bases):
                members = [
                    statement.targets[0].id
                    for statement in node.body
                    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
                ]
                found[node.name] = members
    return found


class Finder:
    """Walks one module and collects its mutants."""

    def __init__(self, root: Path, path: Path, enums: dict[str, list[str]]) -> None:
        self.path = path.relative_to(root).as_posix()
        self.text = path.read_text()
        self.enums = enums
        self.source_lines = self.text.splitlines(keepends=True)
        self.offsets = [0]
        for line in self.source_lines:
            self.offsets.append(self.offsets[-1] + len(line))
        self.symbols: list[str] = []
        self.functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        self.found: list[Mutant] = []

    def mutants(self) -> list[Mutant]:
        """All of the module, in the order of its text."""
        self.block(ast.parse(self.text).body)
        seen: dict[str, int] = {}
        numbered = []
        for mutant in self.found:
            twin = seen[mutant.name] = seen.get(mutant.name, -1) + 1
            numbered.append(Mutant(**{**mutant.__dict__, "twin": twin}))
        return numbered

    def offset(self, line: int, column: int) -> int:
        """From ast's place (columns in bytes of UTF-8) to an index of the text."""
        source = self.source_lines[line - 1]
        return self.offsets[line - 1] + len(source.encode()[:column].decode())

    def add(self, kind: str, node: ast.expr | ast.stmt, new: str, lines: tuple[int, int], at_import: bool) -> None:
        """One more edit, of the text of `node`."""
        start = self.offset(node.lineno, node.col_offset)
        end = self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        line = self.source_lines[node.lineno - 1].strip()
        symbol = ".".join(self.symbols)
        self.found.append(
            Mutant(self.path, symbol, kind, start, end, self.text[start:end], new, line, lines, at_import)
        )

    def block(self, body: list[ast.stmt]) -> None:
        """The statements of a body, without its docstring."""
        for statement in body:
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """A statement: itself, its own expressions, the statements inside."""
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Assert):
            return
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.ClassDef):
            self.nested(node.name, node.body)
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self.symbols.append(node.name)
            for default in [*node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)]:
                self.expression(default, (node.lineno, node.lineno), True)
            self.symbols.pop()
            self.functions.append(node)
            self.nested(node.name, node.body)
            self.functions.pop()
            return
        at_import = not self.functions
        lines = (node.lineno, self.header_end(node))
        self.edits_of_statement(node, lines, at_import)
        for expression in self.own_expressions(node):
            self.expression(expression, lines, at_import)
        for name in ("body", "orelse", "finalbody"):
            self.block(getattr(node, name, []))
        for inner in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            self.block(inner.body)

    def nested(self, name: str, body: list[ast.stmt]) -> None:
        self.symbols.append(name)
        self.block(body)
        self.symbols.pop()

    @staticmethod
    def header_end(node: ast.stmt) -> int:
        """The last line of the statement itself, without the blocks inside it."""
        body = getattr(node, "body", None) or getattr(node, "cases", None)
        if body:
            first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
            return max(node.lineno, first.lineno - 1)
        return node.end_lineno or node.lineno

    @staticmethod
    def own_expressions(node: ast.stmt) -> list[ast.expr]:
        """The expressions of a statement that are evaluated and can be wrong (no annotations, no texts of errors)."""
        if isinstance(node, ast.Raise):
            return []
        if isinstance(node, ast.AnnAssign):
            return [node.value] if node.value is not None else []
        if isinstance(node, ast.Assign):
            return [*node.targets, node.value]
        if isinstance(node, ast.Match):
            return [node.subject, *(case.guard for case in node.cases if case.guard is not None)]
        return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]

    def edits_of_statement(self, node: ast.stmt, lines: tuple[int, int], at_import: bool) -> None:
        """A statement that is gone, a result that is wrong, a condition that is turned round."""
        if isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
            function = self.functions[-1]
            truth = function.returns is not None and ast.unparse(function.returns) == "bool"
            text = ast.unparse(node.value)
            if not (truth and isinstance(node.value, ast.Constant | ast.Compare | ast.BoolOp)):
                self.add("return", node.value, f"(not ({text}))" if truth else "None", lines, at_import)
        removable = isinstance(node, ast.Raise | ast.AugAssign | ast.Delete | ast.Continue | ast.Break)
        called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        kept = isinstance(node, ast.Assign) and all(isinstance(t, ast.Attribute | ast.Subscript) for t in node.targets)
        if (removable or called or kept) and not at_import:
            self.add("statement", node, "pass", lines, at_import)
        if isinstance(node, ast.If | ast.While):
            self.condition(node.test, lines, at_import)

    def condition(self, test: ast.expr, lines: tuple[int, int], at_import: bool) -> None:
        """A condition turned round (comparisons and `not` have edits of their own)."""
        turned = isinstance(test, ast.Compare) or (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not))
        if not turned and not isinstance(test, ast.Constant):
            self.add("condition", test, f"(not ({ast.unparse(test)}))", lines, at_import)

    def expression(self, top: ast.expr, lines: tuple[int, int], at_import: bool) -> None:
        """Every edit inside an expression. What stands in a lambda runs later."""
        waiting: list[tuple[ast.AST, bool]] = [(top, at_import)]
        while waiting:
            node, now = waiting.pop()
            if isinstance(node, ast.JoinedStr):
                continue
            if isinstance(node, ast.expr):
                for kind, new in self.edits_of(node):
                    self.add(kind, node, new, lines, now)
            if isinstance(node, ast.IfExp):
                self.condition(node.test, lines, now)
            if isinstance(node, ast.comprehension):
                for test in node.ifs:
                    self.condition(test, lines, now)
            if isinstance(node, ast.Lambda):
                waiting.append((node.body, False))
                continue
            waiting += [(child, now) for child in ast.iter_child_nodes(node)]

    def edits_of(self, node: ast.expr) -> Iterator[tuple[str, str]]:
        """(kind, new text) of what may be wrong in this very node."""
        match node:
            case ast.Compare():
                for number, operator in enumerate(node.ops):
                    operators = list(node.ops)
                    operators[number] = COMPARISONS[type(operator)]()
                    yield "comparison", self.bracketed(ast.Compare(node.left, operators, node.comparators))
            case ast.BoolOp():
                turned = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
                yield "boolean", self.bracketed(ast.BoolOp(turned, node.values))
            case ast.UnaryOp(op=ast.Not()):
                yield "boolean", self.bracketed(node.operand)
            case ast.UnaryOp(op=ast.USub()) if not isinstance(node.operand, ast.Constant):
                yield "arithmetic", self.bracketed(node.operand)
            case ast.BinOp() if type(node.op) in ARITHMETIC and not self.is_text(node):
                yield "arithmetic", self.bracketed(ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right))
            case ast.Constant(value=bool(truth)):
                yield "constant", repr(not truth)
            case ast.Constant(value=int(number)) | ast.Constant(value=float(number)):
                yield "constant", repr(number * 2 if number >= 100 else number + 1)
            case ast.Call(func=ast.Name(id=name)) if name in SWAPPED_CALLS:
                yield "call", self.bracketed(ast.Call(ast.Name(SWAPPED_CALLS[name]), node.args, node.keywords))
            case ast.Attribute(attr=member):
                members = self.enums.get(ast.unparse(node.value).split(".")[-1], [])
                if member in members and len(members) > 1:
                    other = members[(members.index(member) + 1) % len(members)]
                    yield "enum", f"{ast.unparse(node.value)}.{other}"

    @staticmethod
    def bracketed(node: ast.expr) -> str:
        return f"({ast.unparse(ast.fix_missing_locations(node))})"

    @staticmethod
    def is_text(node: ast.BinOp) -> bool:
        """Texts and types are added too: another operator there is no error that anybody makes."""
        sides = (node.left, node.right)
        texts = any(isinstance(side, ast.JoinedStr | ast.List | ast.Tuple) for side in sides)
        words = any(isinstance(side, ast.Constant) and isinstance(side.value, str | bytes | None) for side in sides)
        names = [side.id for side in sides if isinstance(side, ast.Name)]
        return texts or words or any(name[:1].isupper() and not name.isupper() for name in names)


def mutants_of(root: Path, paths: list[Path], enums: dict[str, list[str]]) -> list[Mutant]:
    """All mutants of some modules."""
    return [mutant for path in paths for mutant in Finder(root, path, enums).mutants()]
