"""The command line: a file for each command, and what is shown on a terminal."""
