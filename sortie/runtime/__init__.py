"""The one loop: clocks, sockets, signals, the loader, the phases of a turn."""
