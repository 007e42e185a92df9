"""Who asks: agents, their evaluation, and the command line.  Importing this package loads nothing."""
