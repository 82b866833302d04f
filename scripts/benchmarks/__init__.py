"""What `scripts/bench` measures."""


class NotHere(Exception):
    """A program that a measurement needs and this machine lacks: it says so, and the others go on."""
