"""From counts to S(q): what a material of known composition must scatter decides the factor between the two."""
