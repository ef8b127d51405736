"""Materials and their data: compositions, patterns S(q), curves g(r), scans, and the frames that estimators read."""
