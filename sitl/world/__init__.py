"""The world around simulated vehicles, one for all of a run: other aircraft and obstacles, from the seed."""
