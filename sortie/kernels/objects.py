"""From the module to object code, for each kind of machine by its own baseline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import llvmlite.binding as llvm


@dataclass(frozen=True)
class Target:
    """A kind of machine. `name`: as `autopilot.control.library.this_target` says it; `triple`: LLVM's; `linker`: zig's;
    `tag`: a wheel's."""

    name: str
    triple: str
    cpu: str
    linker: str
    tag: str


TARGETS: Final = (
    Target("x86_64-linux", "x86_64-unknown-linux-gnu", "x86-64-v2", "x86_64-linux-musl",
           "manylinux_2_28_x86_64.musllinux_1_1_x86_64"),
    Target("aarch64-linux", "aarch64-unknown-linux-gnu", "generic", "aarch64-linux-musl",
           "manylinux_2_28_aarch64.musllinux_1_1_aarch64"),
    Target("x86_64-macos", "x86_64-apple-macosx11.0.0", "x86-64-v2", "x86_64-macos.11.0-none", "macosx_11_0_x86_64"),
    Target("aarch64-macos", "arm64-apple-macosx11.0.0", "apple-m1", "aarch64-macos.11.0-none", "macosx_11_0_arm64"),
    Target("x86_64-windows", "x86_64-pc-windows-gnu", "x86-64-v2", "x86_64-windows-gnu", "win_amd64"),
)  # fmt: skip


def target_named(name: str) -> Target:
    """The one of that name; KeyError where there is none."""
    return {target.name: target for target in TARGETS}[name]


def emit_object(module: str, target: Target) -> bytes:
    """Object code of the module's text, optimised as a whole. No option lets it fuse a multiplication with an addition
    or reorder numbers: such code rounds otherwise than plain Python."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, opt=3, reloc="pic", codemodel="default"
    )
    text = re.sub(r"^target (triple|datalayout) = .*$", "", module, flags=re.MULTILINE)
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
