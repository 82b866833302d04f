"""Lowering of plain Python to one LLVM module with every entry and each helper once.

numba types and lowers each function. Its work for a running process (wrappers for Python objects, optimising and
loading each function) takes two thirds of its time and is left out.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from typing import Any, Final

import llvmlite.binding as llvm
import numba
from numba.core import codegen, cpu

from autopilot.control.jit import OPTIONS, register_marked
from autopilot.control.kernels import Entry
from autopilot.control.library import FAILED, argument_kinds
from autopilot.interface.mathematics import fmod

# numba's options for functions that are not called from Python.
_BARE: Final = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def lower(entries: Iterable[Entry]) -> str:
    """Return the text of a module with a C function for each entry (`autopilot.control.library`); everything else in it
    is internal. This changes numba permanently: the process must compile nothing else."""
    plain = _prepared(entries)
    module = llvm.parse_assembly("")
    known: set[Any] = set()  # the libraries themselves: an id is given again when its object is gone
    doors = [_fmod_door(_linked(fmod, "float64(float64, float64)", module, known))]
    for entry, function in plain:
        doors.append(_door(entry, _linked(function, entry.signature, module, known)))
    for defined in module.functions:
        if not defined.is_declaration:
            defined.linkage = "internal"
            defined.visibility = "default"
    for variable in module.global_variables:
        if not variable.is_declaration:
            variable.linkage = "internal"
            variable.visibility = "default"
    return "\n".join([str(module), *doors])


def compile_ahead(entries: Iterable[Entry]) -> None:
    """Compile what the entries call, for `lower` in forked processes."""
    for entry, function in _prepared(entries):
        _compiled(function, entry.signature)


def _prepared(entries: Iterable[Entry]) -> list[tuple[Entry, Any]]:
    """Import the functions of the entries and register all that they call."""
    _keep_numba_from_finishing()
    gc.disable()  # millions of small objects stay alive
    plain = [(entry, entry.plain()) for entry in entries]
    register_marked(**_BARE)
    return plain


def _keep_numba_from_finishing() -> None:
    """Prevent numba from optimising and loading functions in this process."""
    codegen.CPUCodeLibrary._ensure_finalized = lambda self: None
    codegen.CPUCodeLibrary._optimize_functions = lambda self, module: None
    cpu.CPUContext.get_executable = lambda self, library, fndesc, env: [].append


def _compiled(function: Any, signature: str) -> Any:
    compiled = numba.njit(**OPTIONS, **_BARE)(function)
    compiled.compile(signature)
    (result,) = compiled.overloads.values()
    return result


def _linked(function: Any, signature: str, module: llvm.ModuleRef, known: set[Any]) -> str:
    """Compile `function` and its callees into `module`, and return its name there."""
    result = _compiled(function, signature)
    for library in _libraries(result.library, known):
        module.link_in(library._final_module)
    name: str = result.fndesc.llvm_func_name
    return name


def _libraries(library: Any, known: set[Any]) -> Iterator[Any]:
    """Yield a library and all that it calls, each once."""
    if library in known:
        return
    known.add(library)
    yield library
    for called in library._linking_libraries:
        yield from _libraries(called, known)


def _door(entry: Entry, name: str) -> str:
    """Return the C function that takes the arguments out of the block and lays out arrays as numba does (owner, parent,
    items, item size, address, sizes, strides)."""
    lines: list[str] = []
    words = 0

    def word() -> str:
        nonlocal words
        lines.append(f"  %p{words} = getelementptr i64, ptr %block, i64 {words}")
        lines.append(f"  %w{words} = load i64, ptr %p{words}")
        words += 1
        return f"%w{words - 1}"

    given = ["ptr %result", "ptr %error"]
    for k, (dtype, axes) in enumerate(argument_kinds(entry.signature)):
        first = word()
        if axes == 0:
            given.append(f"i64 {first}")
            continue
        size = int(dtype.lstrip("uintfloa")) // 8
        lines.append(f"  %a{k} = inttoptr i64 {first} to ptr")
        sizes = [word() for _ in range(axes)]
        strides = [f"{size}"]
        for axis in reversed(range(1, axes)):
            lines.append(f"  %s{k}.{axis} = mul i64 {strides[0]}, {sizes[axis]}")
            strides.insert(0, f"%s{k}.{axis}")
        lines.append(f"  %n{k} = sdiv exact i64 {strides[0]}, {size}")
        lines.append(f"  %m{k} = mul i64 %n{k}, {sizes[0]}")
        given += ["ptr null", "ptr null", f"i64 %m{k}", f"i64 {size}", f"ptr %a{k}"]
        given += [f"i64 {number}" for number in (*sizes, *strides)]
    result = "%value" if entry.signature.startswith("int64(") else "0"
    return "\n".join(
        [
            f"define dllexport i64 @{entry.name}(ptr %block) nounwind {{",
            "  %result = alloca i64",
            "  %error = alloca ptr",
            "  store i64 0, ptr %result",
            *lines,
            f'  %status = call i32 @"{name}"({", ".join(given)})',
            "  %value = load i64, ptr %result",
            "  %well = icmp eq i32 %status, 0",
            f"  %given = select i1 %well, i64 {result}, i64 {FAILED}",
            "  ret i64 %given",
            "}",
        ]
    )


def _fmod_door(name: str) -> str:
    """Return an internal `fmod`: object code for `%` of floats calls C's `fmod`."""
    return "\n".join(
        [
            "define internal double @fmod(double %x, double %y) nounwind {",
            "  %result = alloca double",
            "  %error = alloca ptr",
            f'  %status = call i32 @"{name}"(ptr %result, ptr %error, double %x, double %y)',
            "  %value = load double, ptr %result",
            "  ret double %value",
            "}",
        ]
    )
