"""Files: S(q), S_R(q) = F(q), g(r), G(r), RDF(r) and raw scans in, text files out.

A file is a header of any kind and a table of numbers below it (`tables`, `headers`, `nexus`). What the table holds is
told by the caller, else by the names of its columns, else by the file's suffix (`columns`); the numbers can only
contradict it (`plausibility`). Every error names the file and, where there is one, the line.
"""
