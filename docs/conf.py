"""How the site is built: ``make docs``."""

import os
import re
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import matplotlib
from sphinx.ext import autosummary
from sphinx.util import logging

import sklearn_wtrdf

DOCS = Path(__file__).parent
sys.path.append(str(DOCS))

ROOT = DOCS.parent

# Examples show messages without the path on the disk of whoever built the site.
warnings.formatwarning = lambda message, category, *place: f"{category.__name__}: {message}\n"

project = "sklearn-wtrdf"
copyright = "The sklearn-wtrdf developers"
version = release = sklearn_wtrdf.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "examples"]
templates_path = ["_templates"]
default_role = "literal"

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # the docstrings say it
autosummary.WELL_KNOWN_ABBREVIATIONS += ("Eq.",)  # does not end the first sentence of a docstring
numpydoc_show_class_members = False  # the template lists them
nitpick_ignore_regex = [("py:.*", r"(matplotlib|numpy|pandas|scipy|sklearn|torch)\..*")]  # built without a network

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "within_subsection_order": "FileNameSortKey",
    "nested_sections": False,
    "backreferences_dir": "gallery/uses",
    "doc_module": ("sklearn_wtrdf",),
    "reference_url": {"sklearn_wtrdf": None},
    "image_srcset": ["2x"],
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
}

# A copy of MathJax in one file, which brings its fonts along: the site asks no other machine for anything.
mathjax_path = "tex-svg.js"
mathjax = Path(find_spec("mathjax").origin).parent / "static" / "mathjax" / "es5" / mathjax_path

# What the gallery goes back to before each example is the style of the package.
STYLE = ROOT / "sklearn_wtrdf" / "plotting" / "wtrdf.mplstyle"
matplotlib.rcParamsDefault.update(matplotlib.rc_params_from_file(STYLE, use_default_template=False))

html_theme = "pydata_sphinx_theme"
html_title = "sklearn-wtrdf"
html_static_path = ["_static", str(mathjax)]
html_css_files = ["site.css"]
html_favicon = "_static/logo.svg"
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {page: [] for page in ("index", "gallery/*", "reproduction", "repository/CHANGELOG")}
html_theme_options = {
    "logo": {
        "text": "sklearn-wtrdf",
        "image_light": "_static/logo.svg",
        "image_dark": "_static/logo.svg",
    },
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}

# Pages of the repository that are pages of the site too. Links lead to them from anywhere by their path in the
# repository, so that the same Markdown can be read there and here; other files that are linked become downloads.
SHOWN = [
    "CHANGELOG.md",
    "benchmarks/results/ratios.md",
    "benchmarks/results/transfer.md",
    "data/README.md",
    "data/materials/README.md",
    "data/simulated/README.md",
    "data/simulation/README.md",
]


def on_site(text: str, origin: Path, page: Path) -> str:
    """Return Markdown that is written to stand at `origin` with the links that it needs at `page`."""

    def link(match: re.Match) -> str:
        label, path, anchor = match.groups(default="")
        target = Path(os.path.normpath(origin.parent / path))
        name = target.relative_to(ROOT).as_posix() if target.is_relative_to(ROOT) else ""
        if target.is_dir():
            return label  # the site has no page for a folder
        if name in SHOWN:
            target = DOCS / "repository" / name
        elif target.parent == DOCS / "examples":
            target = DOCS / "gallery" / ("index.rst" if target.suffix == ".rst" else f"{target.stem}.rst")
        return f"[{label}]({Path(os.path.relpath(target, page.parent)).as_posix()}{anchor})"

    return re.sub(r"\[([^\[\]]*)\]\(([^)#:\s]+)(#[^)\s]*)?\)", link, text)


def copy_shown_pages(app) -> None:
    """Write the pages in `SHOWN` to docs/repository."""
    for name in SHOWN:
        page = DOCS / "repository" / name
        text = on_site((ROOT / name).read_text(encoding="utf-8"), ROOT / name, page)
        page.parent.mkdir(parents=True, exist_ok=True)
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def point_links_to_the_site(app, docname: str, source: list[str]) -> None:
    """Rewrite the links of a page in docs/."""
    page = Path(app.env.doc2path(docname))
    if page.suffix == ".md" and not docname.startswith("repository/"):
        source[0] = on_site(source[0], page, page)


def plain_docstring(app, what, name, obj, options, lines: list[str]) -> None:
    """Make reStructuredText of what a docstring has in plain text outside equations: |x| and names that end in _."""
    equation = False
    for i, line in enumerate(lines):
        equation = line.startswith(".. math::") or (equation and line.startswith(" "))
        if not equation and not line.lstrip().startswith((">>>", "...")):
            lines[i] = re.sub(r"\|(?=\S)|(?<=\S)\|", r"\|", re.sub(r"(\w)_,\)", r"\1\_,)", line))


def check_api_is_complete(app) -> None:
    """Warn of public names that docs/api.rst leaves out."""
    listed = (DOCS / "api.rst").read_text(encoding="utf-8").split()
    for name in sorted(set(sklearn_wtrdf.__all__) - set(listed)):
        logging.getLogger(__name__).warning("docs/api.rst lacks %s, a public name of the package", name)


def setup(app) -> None:
    """Connect them."""
    app.connect("autodoc-process-docstring", plain_docstring, priority=400)  # before numpydoc
    app.connect("builder-inited", check_api_is_complete, priority=400)  # before autosummary
    app.connect("builder-inited", copy_shown_pages)
    app.connect("source-read", point_links_to_the_site)
