"""What knows nothing of scattering: text of messages, warnings, threads, processes, files, devices."""
