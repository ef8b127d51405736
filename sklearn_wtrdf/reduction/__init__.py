"""From the counts of a diffractometer to S(q), for a material of known composition."""
