"""Notebooks run under the kernels of other processors: which words move with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from scalinglaws.cli import batch, terminal, writing
from scalinglaws.notebooks import files, kernels
from scalinglaws.text import counted


def chosen(only: list[str]) -> list[kernels.Setting]:
    """The settings of which the name contains one of some words; all if there is no word.

    Raises
    ------
    NoSuchKernels
        If there is none.
    """
    known = kernels.settings()
    found = [s for s in known if not only or any(word.lower() in s.name.lower() for word in only)]
    if not found:
        names = ", ".join(s.name for s in known)
        raise NoSuchKernels(f"no such kernels: {', '.join(only)}; there are {names}")
    return found


class NoSuchKernels(kernels.KernelError):
    """Kernels that were asked for and are not known."""


def tried(
    picked: list[str], settings: list[kernels.Setting], jobs: int, timeout: float, output: Path
) -> list[dict[str, Any]]:
    """Run notebooks under every setting that moves bits.

    Parameters
    ----------
    picked
        Names of the notebooks.
    settings
        The settings to try.
    jobs, timeout
        How many at a time, and seconds that one cell may take.
    output
        Folder of the executed copies.

    Returns
    -------
    list of dict
        For each setting its `name`; `moved`, where the probe has other bits; `why_not`, why it is no
        evidence, empty if it is; `of`, how many notebooks were to run, `failed`, those that did not;
        `differences` from the verdicts kept, each with `notebook`, `text`, `claim`, `verdict`.
    """
    found = []
    for shown in kernels.evidence(settings):
        result = {"name": shown.setting.name, "moved": list(shown.moved), "why_not": shown.why_not}
        result |= {"of": 0, "failed": [], "differences": []}
        found.append(result)
        if shown.why_not:
            continue
        terminal.complaints().print(f"{result['name']}: other bits in {', '.join(shown.moved)}", markup=False)
        place = output / result["name"].replace(" ", "-")
        tasks = {n: (files.read(files.locate(n)), place / f"{n}.ipynb", {}) for n in picked}
        outcomes = batch.run_all(tasks, jobs, timeout, shown.setting.variables)
        result["of"] = len(picked)
        result["failed"] = [name for name, outcome in outcomes.items() if outcome.error]
        result["differences"] = writing.as_json(
            {n: writing.compared(n, o.record) for n, o in outcomes.items() if not o.error}
        )
    return found


def problems(found: list[dict[str, Any]]) -> list[str]:
    """A line for each word or number that moved, and for each notebook that failed; or if nothing was shown."""
    lines = []
    for result in found:
        if failed := result["failed"]:
            of = counted(result["of"], "notebook")
            lines.append(f"{result['name']}: {len(failed)} of {of} failed: {', '.join(failed)}")
        lines += [f"{result['name']}: {d['notebook']}: {d['text']}" for d in result["differences"]]
    if not any(result["of"] for result in found):
        lines.append(
            "no setting gives other bits on this processor, so nothing was shown; try another machine"
        )
    return lines


def table(found: list[dict[str, Any]]) -> Table:
    """The settings, and what moved under each."""
    made = terminal.plain("kernels", "other bits in", "words", "numbers")
    for result in found:
        words = sum(d["verdict"] for d in result["differences"])
        numbers = len(result["differences"]) - words
        ran = result["of"] - len(result["failed"])
        partly = f"{ran} of {counted(result['of'], 'notebook')} ran; " if result["failed"] else ""
        cells = [f"{partly}{words or 'none'} moved", f"{numbers or 'none'} beyond drift"]
        if result["why_not"]:
            cells = [result["why_not"], "–"]
        made.add_row(*map(Text, (result["name"], ", ".join(result["moved"]) or "–", *cells)))
    return made
