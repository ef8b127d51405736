"""Helpers that do not depend on scattering: messages, warnings, threads, processes, files, devices."""
