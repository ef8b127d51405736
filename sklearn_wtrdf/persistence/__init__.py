"""Models in files, and which classes a file may hold."""
