"""`sortie flash` around the sans-IO session: finding and opening the port, progress the story, the board on a pty."""
