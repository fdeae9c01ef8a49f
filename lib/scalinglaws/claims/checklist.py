"""The reporting checklist of the (Mis)Fitting survey, filled as far as objects know.

The survey (Li, Kudugunta and Zettlemoyer, 2025, arXiv:2502.18969) read some fifty papers
on scaling laws and found that most leave out what another group would need. Its checklist
has four groups: the law, the training set-up, the collection of the data, the fit. The
wording of the items is ours.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.text import Text, command_of, counted

BLANK = "____"

#: Group -> keyword -> the question it answers.
ITEMS: dict[str, dict[str, str]] = {
    "The law": {
        "form": "which formula",
        "variables": "which measured quantities enter it, in which units",
        "parameters": "which numbers are estimated, which are held fixed",
        "derivation": "where the form comes from",
        "assumptions": "what ties the variables together or must be true for the form to hold",
    },
    "The training set-up": {
        "models": "how many models, of which sizes",
        "training_data": "what they were trained on, how much of it, is any repeated",
        "counting": "how parameters, tokens and FLOPs are counted",
        "hyperparameters": "learning rate, batch and the like: which, and how chosen",
        "shape": "how width and depth grow with size",
        "schedule": "is the learning-rate schedule matched to each run's length",
        "training_code": "is the training code open",
    },
    "The collection of the data": {
        "checkpoints": "final or intermediate checkpoints",
        "modified": "are checkpoints averaged, cooled down or otherwise changed",
        "metric": "what is measured, on which set",
        "dropped": "which points are left out, and why",
        "collection_code": "is the code that made the table open",
    },
    "The fit": {
        "objective": "what is minimised: sum or mean, which loss, log or not",
        "weights": "do some points count more",
        "algorithm": "which optimiser, with which tolerances",
        "starts": "from where it starts, and how many starts agree",
        "goodness": "how the quality of the fit was judged",
        "held_out": "was it tested on points it had not seen",
        "intervals": "how uncertain the estimates are, and how that was found",
        "fit_data": "is the table that was fitted released",
    },
}


KEYWORDS = [key for group in ITEMS.values() for key in group]


def span(values: np.ndarray) -> str:
    """The range of a column in words."""
    low, high = float(np.min(values)), float(np.max(values))
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def from_runs(runs: pd.DataFrame) -> dict[str, str]:
    """What a table of runs knows: how many, and the range of each standard column."""
    known = {}
    if len(runs):
        sizes = f", n_params {span(runs['n_params'])}" if "n_params" in runs else ""
        distinct = f", {counted(runs['n_params'].nunique(), 'distinct size')}" if "n_params" in runs else ""
        known["models"] = f"{counted(len(runs), 'run')}{sizes}{distinct}"
    described = runs.attrs.get("columns", {})
    measured = [c for c in ("n_params", "n_tokens", "flops", "loss") if c in runs]
    if measured:
        known["variables"] = ", ".join(
            f"{c} {span(runs[c])}" + (f" ({described[c]['unit']})" if c in described else "")
            for c in measured
        )
    if "repository" in runs.attrs:
        about = runs.attrs
        known["fit_data"] = f"yes: {about['repository']}@{about['commit'][:8]}, licence: {about['licence']}"
    elif "module" in runs.attrs:  # where it lies now, whatever it was called when it made the table
        known["fit_data"] = f"yes: made by `{command_of(runs.attrs['module'], runs.attrs['scale'])}`"
    return known


def known_answers(fit: Any, runs: pd.DataFrame | None, answers: Mapping[str, str]) -> dict[str, str]:
    """Keyword -> answer, of the items that anybody answers; see `checklist`.

    Raises
    ------
    ValueError
        As `checklist` does.
    """
    if unknown := sorted(set(answers) - set(KEYWORDS)):
        raise ValueError(f"no such item of the checklist: {unknown}; items are {', '.join(KEYWORDS)}")
    if wrong := sorted(key for key, answer in answers.items() if not isinstance(answer, str)):
        raise ValueError(f"answer in words (text), not so for: {wrong}")
    known = {} if runs is None else from_runs(runs)
    known |= {} if fit is None else fit.report()
    known |= {key: answer for key, answer in answers.items() if answer.strip()}
    return {key: " ".join(answer.split()) for key, answer in known.items()}


def checklist(fit: Any = None, runs: pd.DataFrame | None = None, **answers: str) -> Text:
    """The filled checklist as a text table; what nobody answered shows as `____`.

    Works for fits, regressions and simulations alike: leave `fit` out and answer in
    words. Where an item makes no sense, say so ("none: no model is trained here").

    Parameters
    ----------
    fit
        A `scalinglaws.Fit`; fills form, variables, parameters, objective, weights,
        algorithm, starts, goodness and, where it has some, intervals.
    runs
        The table that was analysed; fills models, variables and, for a table that came
        from `load`, fit_data.
    **answers
        Answers in words; they go before what the objects say. The keywords, by group:

        - law: `form`, `variables`, `parameters`, `derivation`, `assumptions`
        - training: `models`, `training_data`, `counting`, `hyperparameters`, `shape`,
          `schedule`, `training_code`
        - collection: `checkpoints`, `modified`, `metric`, `dropped`, `collection_code`
        - fit: `objective`, `weights`, `algorithm`, `starts`, `goodness`, `held_out`,
          `intervals`, `fit_data`

    Returns
    -------
    Text
        Shown as it is by a notebook.

    Raises
    ------
    ValueError
        For a keyword that is no item of the checklist, or an answer that is no text.
    """
    known = known_answers(fit, runs, answers)
    width = max(map(len, KEYWORDS))
    lines = []
    for group, items in ITEMS.items():
        lines += [*([""] if lines else []), group.upper()]
        for key, question in items.items():
            label = f"  {key.replace('_', ' '):<{width}}  "
            answer = known.get(key) or f"{BLANK} ({question})"
            lines.append(
                textwrap.fill(
                    answer,
                    width=100,
                    initial_indent=label,
                    subsequent_indent=" " * len(label),
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )
    return Text("\n".join(lines))
