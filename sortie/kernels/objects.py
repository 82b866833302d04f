"""Object code of the module for each kind of machine, by its baseline."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import llvmlite.binding as llvm

from sortie.kernels.targets import Machine

# Entry point that Windows calls when a library is loaded; nothing needs preparation.
_WINDOWS_ENTRY = "\ndefine i32 @DllMainCRTStartup(ptr %library, i32 %why, ptr %more) nounwind { ret i32 1 }\n"
_WINDOWS_ENTRY += "@_fltused = global i32 0\n"

# Functions that only LLVM calls when it writes object code.
_USED: Final = '\n@llvm.compiler.used = appending global [1 x ptr] [ptr @fmod], section "llvm.metadata"\n'


def emit_object(module: str, target: Machine, first: bool) -> bytes:
    """Emit object code of the module, optimised as a whole. No option allows fused multiply-add or reordering, which
    would round differently from plain Python. The `first` part contains what a library needs once."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    _set_options()
    machine = llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, opt=3, reloc="pic", codemodel="default"
    )
    text = re.sub(r"^target (triple|datalayout) = .*$", "", module, flags=re.MULTILINE)
    text += _USED
    if target.name.endswith("windows") and first:
        text += _WINDOWS_ENTRY
    parsed = llvm.parse_assembly(re.sub(r"@sqrt\b", "@llvm.sqrt.f64", text))  # an instruction, not C's function
    parsed.triple = target.triple
    parsed.data_layout = str(machine.target_data)
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = True
    tuning.slp_vectorization = True  # two equal operations at once; each still rounds the same
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(parsed, builder)
    _check(parsed)
    emitted: bytes = machine.emit_object(parsed)
    return emitted


@cache
def _set_options() -> None:
    """Set options of LLVM. Short branches stay branches: LLVM would compute both results and select, but nearly all
    branches of a flight are predictable, so the chain of 400 Hz steps takes 6 % less. Loops that fill or copy arrays
    stay loops, because the library must not call C's memset and memcpy."""
    for option in ("phi-node-folding-threshold=0", "two-entry-phi-node-folding-threshold=0", "disable-loop-idiom-all"):
        llvm.set_option("sortie", f"--{option}")


def _check(module: llvm.ModuleRef) -> None:
    """Check that no function of numba or C is called, because the library provides none."""
    called = [
        function.name
        for function in module.functions
        if function.is_declaration and not function.name.startswith("llvm.")
    ]
    if called:
        raise RuntimeError(f"the compiled functions call {', '.join(called)}")
