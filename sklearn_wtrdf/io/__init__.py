"""Reading S(q), S_R(q) = F(q), g(r), G(r), RDF(r) and raw scans from files, and writing S(q) and G(r).

A file is a header of any form above a table of numbers (`contents`, `tables`, `numbers`, `labels`; `nexus` and `lammps`
have forms of their own). The header has entries (`headers`, `densities`, `instrument`), and words about x (`abscissa`)
and its unit (`units`). The quantity in the table is given by the caller, by the names of the columns, by words of the
header, or by the suffix of the file (`columns`, `quantities`). The numbers are checked against it: a quantity of the
same name in another convention is refused, or divided by ⟨b⟩² if composition and values agree (`conventions`), and
impossible values are refused (`plausibility`). Every error names the file and, if possible, the line.
"""
