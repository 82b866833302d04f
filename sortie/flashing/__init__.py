"""Program around the flashing session of `sortie flash`: finding and opening the port, progress display, a simulated
board on a pty."""
