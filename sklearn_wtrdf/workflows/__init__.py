"""The computations of the commands as functions: reduce a scan, fit a model, compute g(r) of one file or of many."""
