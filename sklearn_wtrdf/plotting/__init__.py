"""Displays: pictures of a model, in the manner of scikit-learn's, and the style of all pictures."""
