"""One script for each question. Run them by their path, or by the command `wtrdf benchmark`."""
