"""MAVLink's events: numbers with arguments, whose texts are in a file that stations download."""
