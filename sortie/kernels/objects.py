"""From the module to object code, for each kind of machine by its own baseline."""

from __future__ import annotations

import re

import llvmlite.binding as llvm

from sortie.kernels.targets import Target

#: What Windows calls when a library is loaded: there is nothing to prepare.
_WINDOWS_ENTRY = "\ndefine i32 @DllMainCRTStartup(ptr %library, i32 %why, ptr %more) nounwind { ret i32 1 }\n"
_WINDOWS_ENTRY += "@_fltused = global i32 0\n"


def emit_object(module: str, target: Target) -> bytes:
    """Object code of the module's text, optimised as a whole. No option lets it fuse a multiplication with an addition
    or reorder numbers: such code rounds otherwise than plain Python."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, opt=3, reloc="pic", codemodel="default"
    )
    text = re.sub(r"^target (triple|datalayout) = .*$", "", module, flags=re.MULTILINE)
    if target.name.endswith("windows"):
        text += _WINDOWS_ENTRY
    parsed = llvm.parse_assembly(re.sub(r"@sqrt\b", "@llvm.sqrt.f64", text))  # an instruction, not C's function
    parsed.triple = target.triple
    parsed.data_layout = str(machine.target_data)
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = True
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(parsed, builder)
    _check(parsed)
    emitted: bytes = machine.emit_object(parsed)
    return emitted


def _check(module: llvm.ModuleRef) -> None:
    """Nothing of numba's or of C's may be called: there is nobody to answer."""
    called = [
        function.name
        for function in module.functions
        if function.is_declaration and not function.name.startswith("llvm.")
    ]
    if called:
        raise RuntimeError(f"the compiled functions call {', '.join(called)}")
