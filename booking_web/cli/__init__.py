"""The command line, `rantevou`."""
