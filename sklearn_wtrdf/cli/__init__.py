"""The command `wtrdf`, with a file for each subcommand."""
