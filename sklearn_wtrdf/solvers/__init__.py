"""How a calibration is minimized: one file for each solver, all ``solve(problem, init, ...) → CalibrationResult``."""
