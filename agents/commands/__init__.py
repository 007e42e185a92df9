"""One module a subcommand: a frozen dataclass of its flags, and `run(config) -> Exit`."""
