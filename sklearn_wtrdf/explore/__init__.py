"""`wtrdf explore`: S(q) in, g(r) with its band on a page in the browser, served by this machine.

What the page asks is a state (`state`), what it is told a plain function of it (`answers`), the same in Python and as a
command (`recipe`), drawn by `figures`. `page` lays it out, `desk` gives the work to processes, `server` decides who may
ask. The page holds no mathematics: estimators and functions of the package answer.
"""
