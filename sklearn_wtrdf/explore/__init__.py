"""`wtrdf explore`: a page in the browser, served by this machine, that computes g(r) with its band from S(q).

A request of the page is a list of samples and settings (`schema`), from which `solve` computes solutions. `export`
writes the same computation as Python code and as commands. `layout` and `callbacks` define the page, `figures` and
`views` draw solutions, `workers` distributes the work to processes, and `server` controls access. All mathematics is in
the rest of the package.
"""
