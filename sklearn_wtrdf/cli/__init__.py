"""The command `wtrdf`, a file for each of its parts."""
