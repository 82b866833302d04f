"""From the module to object code, for each kind of machine by its own baseline."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import llvmlite.binding as llvm

from sortie.kernels.targets import Machine

#: What Windows calls when a library is loaded: there is nothing to prepare.
_WINDOWS_ENTRY = "\ndefine i32 @DllMainCRTStartup(ptr %library, i32 %why, ptr %more) nounwind { ret i32 1 }\n"
_WINDOWS_ENTRY += "@_fltused = global i32 0\n"

#: What only LLVM calls, when it writes object code: it stays although nothing in the module calls it.
_KEPT: Final = '\n@llvm.compiler.used = appending global [1 x ptr] [ptr @fmod], section "llvm.metadata"\n'


def emit_object(module: str, target: Machine, first: bool) -> bytes:
    """Object code of the module's text, optimised as a whole. No option lets it fuse a multiplication with an addition
    or reorder numbers: such code rounds otherwise than plain Python. The `first` has what a library needs once."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    _set_options()
    machine = llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, opt=3, reloc="pic", codemodel="default"
    )
    text = re.sub(r"^target (triple|datalayout) = .*$", "", module, flags=re.MULTILINE)
    text += _KEPT
    if target.name.endswith("windows") and first:
        text += _WINDOWS_ENTRY
    parsed = llvm.parse_assembly(re.sub(r"@sqrt\b", "@llvm.sqrt.f64", text))  # an instruction, not C's function
    parsed.triple = target.triple
    parsed.data_layout = str(machine.target_data)
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = True
    tuning.slp_vectorization = True  # two operations alike side by side: each still rounds as it did
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(parsed, builder)
    _check(parsed)
    emitted: bytes = machine.emit_object(parsed)
    return emitted


@cache
def _set_options() -> None:
    """Leave branches of a few steps as they stand. Made into a choice between two results, as LLVM has it, both are
    waited for; nearly all of a flight's branches go the way that they went before, which a processor foresees: its
    400 Hz steps are one chain, and take 6 % less. And leave loops that fill or copy an array as loops: C's memset and
    memcpy, which LLVM would call instead, are not in a library that calls only itself."""
    for option in ("phi-node-folding-threshold=0", "two-entry-phi-node-folding-threshold=0", "disable-loop-idiom-all"):
        llvm.set_option("sortie", f"--{option}")


def _check(module: llvm.ModuleRef) -> None:
    """Check that no function of numba or C is called: nothing would provide it."""
    called = [
        function.name
        for function in module.functions
        if function.is_declaration and not function.name.startswith("llvm.")
    ]
    if called:
        raise RuntimeError(f"the compiled functions call {', '.join(called)}")
