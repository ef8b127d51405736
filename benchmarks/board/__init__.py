"""The leaderboard: every method for S(q) → g(r) on many simulated materials, measured as laboratories measure.

`conditions` makes a measurement of an ideal S(q), `scores` compares a curve with the truth, `cells` runs every method
on every measurement, `page` writes the results. The methods themselves are in the folder `methods`.
"""
