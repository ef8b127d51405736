"""What a user has: a composition, a pattern S(q), a curve g(r), a scan, and the frames that estimators read."""
