"""Mutation testing: small errors are put into the code, and a test has to notice each of them.

`scripts/test --mutants [PACKAGE ...]` runs it; docs/decisions/structure.md, "Tests" says why it is our own. The
working tree is never written to: a mutant lives in the import system of a forked process.
"""
