"""Legends of plots."""


def legend_texts(ax):
    """Return the texts in the legend of axes."""
    return [text.get_text() for text in ax.get_legend().get_texts()]
