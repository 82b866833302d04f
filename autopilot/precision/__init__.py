"""Precision landing: where the pad is, by who looks for it, and what a landing does that has lost it."""
