"""The world around simulated vehicles, shared by all vehicles of a run: other aircraft and obstacles, from the seed."""
