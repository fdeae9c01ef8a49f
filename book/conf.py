"""Sphinx's settings for the book. `scalinglaws.book.build` copies them beside the pages that it makes."""

from pathlib import Path

from scalinglaws.book.address import of_repository

project = "Scaling Laws, Replicated"
author = "The developers of Scaling Laws, Replicated"
copyright = "The developers of Scaling Laws, Replicated; MIT licence"

extensions = [
    "myst_nb",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["originals"]
nitpicky = False

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

# Pages are made of what was committed: nothing is executed, and no widget asks a host for its script.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True

bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"

html_title = project
html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_extra_path = ["downloads"]
html_css_files = ["book.css"]
html_favicon = "_static/icon.svg"
html_context = {"default_mode": "auto"}
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_last_updated_fmt = None
repository = of_repository()
html_theme_options = {
    # Where the repository's address is known, each page leads to it and to its issues.
    **({"repository_url": repository} if repository else {}),
    "use_repository_button": bool(repository),
    "use_issues_button": bool(repository),
    "use_download_button": False,
    "use_fullscreen_button": False,
    "use_source_button": False,
    "max_navbar_depth": 2,
    "show_toc_level": 2,
    # The name above the sidebar leads home, and the search stands in the sidebar: no bar is needed on top.
    "home_page_in_toc": False,
    "navbar_persistent": [],
    "footer_content_items": ["copyright.html"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

# One file of MathJax 3, which draws with paths and so needs no font; the wheel's own extension
# would bring all of its files.
mathjax_path = "tex-svg.js"
mathjax3_config = {
    "tex": {"packages": {"[-]": ["require", "autoload"]}},
    "svg": {"fontCache": "local"},
    "options": {"enableMenu": False},
}


def bring_mathjax(app) -> None:
    """Put our copy of MathJax among the static files."""
    from scalinglaws.notebooks.pages import mathjax

    place = Path(app.outdir) / "_static"
    place.mkdir(parents=True, exist_ok=True)
    (place / mathjax_path).write_text(mathjax(), encoding="utf-8")


def fill_head(app, pagename, templatename, context, doctree) -> None:
    """Name the feed in every page, and say in the home page's title what this is: the name is added to all."""
    place = context["pathto"]("feed.xml", resource=True)
    context["metatags"] = (
        context.get("metatags", "")
        + f'<link rel="alternate" type="application/atom+xml" title="Verdicts that moved" href="{place}">\n'
    )
    if pagename == app.config.root_doc:
        context["title"] = "Executable replications of findings on scaling"


#: The sidebars of pages that hang in no tree, by their folder and what the theme asked for.
sidebars = {}


def remember_sidebar(app, pagename, templatename, context, doctree) -> None:
    """Make the sidebar once for all pages of a folder that hang in no tree: no entry of it is the page's own.

    A page for each module of the library hangs in none, and making the tree anew for each of them
    took a sixth of the time of the whole book.
    """
    if "orphan" not in (context.get("meta") or {}):
        return
    made, folder = context["toctree"], pagename.rpartition("/")[0]

    def toctree(**asked):
        key = (folder, *sorted(asked.items()))
        if key not in sidebars:
            sidebars[key] = made(**asked)
        return sidebars[key]

    context["toctree"] = toctree


def setup(app) -> None:
    app.connect("html-page-context", fill_head)
    # Before the theme, which asks for the tree in this event.
    app.connect("html-page-context", remember_sidebar, priority=400)
    app.connect("builder-inited", bring_mathjax)
