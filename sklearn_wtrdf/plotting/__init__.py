"""Displays: plots of models and their results, in the manner of scikit-learn, and the style of all plots."""
