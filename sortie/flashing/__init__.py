"""`sortie flash` around the sans-IO session: finding and opening the port, showing its progress, the board on a pty."""
