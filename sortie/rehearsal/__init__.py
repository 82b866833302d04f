"""Rehearsal: check whether a plan will work, and explain why not (docs/rehearse.md)."""
