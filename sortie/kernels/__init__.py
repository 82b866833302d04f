"""Build of the compiled library of a package, on any machine for all kinds of machines.

`python -m sortie.kernels` writes the library of this machine beside the sources; with `--all` those of all targets. The
flying program imports nothing of this. numba types the entries and writes LLVM code (`lowering`), LLVM optimises them
as one module for each target and writes object code (`objects`), a linker makes the library (`linking`).
"""
