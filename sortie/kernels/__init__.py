"""The compiled library that a package carries: made here, on any one machine for all kinds of machines.

`python -m sortie.kernels` writes the library of this machine beside the sources; with `--all` those of all targets.
Nothing of this is imported where the library flies. numba types the entries and writes LLVM's language (`lowering`),
LLVM optimises all of them as one module for each target and writes object code (`objects`), a linker makes the library
(`linking`).
"""
