"""Main loop of the program: clocks, sockets, signals, loading of the kernel, phases of a turn."""
