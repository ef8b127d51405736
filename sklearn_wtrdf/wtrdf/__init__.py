"""WT-RDF+, the method of the paper: g(r) as a wavelet integral over S_R(q), calibrated on a reference g(r)."""
