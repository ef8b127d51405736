"""Saving and loading models, and the classes that a file may contain."""
