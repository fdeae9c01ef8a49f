"""Held-out text that shares neither a project nor a long stretch with the text trained on.

Split document by document, a text that copies from itself leaks: one project's files share
headers, idioms and whole functions, and a model may recite what it seems to foretell. So whole
projects go to one side, and what is left in common is found letter for letter.

Source: Lee et al. (2022), arXiv:2107.06499, section 4.1, exact substrings.
"""

from __future__ import annotations

import hashlib

import numpy as np

from scalinglaws.text import counted
from scalinglaws.training.texts import Corpus

#: Multiplier of the rolling hash, odd, so that arithmetic modulo 2^64 loses no last digit.
BASE = 0x9E3779B97F4A7C15


def project_of(path: str) -> str:
    """The project of a file: its topmost folder, or a module's own name, the mark of a private one left out.

    So `decimal.py`, `_decimal.py` and `_pydecimal.py` are one project, as they share their text.
    """
    top = path.split("/")[0].removesuffix(".py")
    return top.removeprefix("_py").removeprefix("_") or top


def split_by_project(corpus: Corpus, held_out: float) -> tuple[Corpus, Corpus]:
    """Training documents and held-out ones; a project's side depends on its own name alone.

    Parameters
    ----------
    corpus
        Documents with their paths.
    held_out
        Fraction to hold out, by number of projects, on average.

    Raises
    ------
    ValueError
        If the corpus has no paths, or a side would be empty.
    """
    if not corpus.paths:
        raise ValueError(f"{corpus.name} has no paths, which say the project of a document")
    apart = {project: drawn(project) < held_out for project in map(project_of, corpus.paths)}
    if len(set(apart.values())) < 2:
        raise ValueError(f"holding out {held_out} of {counted(len(apart), 'project')} leaves a side empty")
    sides = []
    for part, wanted in (("training", False), ("held out", True)):
        kept = [i for i, path in enumerate(corpus.paths) if apart[project_of(path)] == wanted]
        documents, paths = (tuple(each[i] for i in kept) for each in (corpus.documents, corpus.paths))
        sides.append(Corpus(f"{corpus.name}, {part}", corpus.source, corpus.licence, documents, paths))
    return sides[0], sides[1]


def drawn(name: str) -> float:
    """A number in [0, 1) that belongs to a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64


def stretches(tokens: np.ndarray, length: int) -> np.ndarray:
    """Hash of every stretch of a length: uint64, shape (..., tokens - length + 1) along the last axis.

    Two different stretches among n agree by chance in some n^2 / 2^64 cases.
    """
    values = tokens.astype(np.uint64) + np.uint64(1)
    count = values.shape[-1] - length + 1
    found = np.zeros((*values.shape[:-1], max(count, 0)), np.uint64)
    for offset in range(length):
        found *= np.uint64(BASE)
        found += values[..., offset : offset + count]
    # Sums of few bytes lie close together; mixed, they are spread (splitmix64's last steps).
    found ^= found >> np.uint64(30)
    found *= np.uint64(0xBF58476D1CE4E5B9)
    return found ^ (found >> np.uint64(27))


def seen(windows: np.ndarray, training: np.ndarray, length: int) -> np.ndarray:
    """Whether a window shares a stretch of a length with the training tokens, letter for letter.

    Parameters
    ----------
    windows
        Tokens, shape (windows, tokens a window).
    training
        All tokens trained on, shape (tokens,).
    length
        Tokens of a stretch.

    Returns
    -------
    numpy.ndarray
        One boolean a window.
    """
    asked, which = np.unique(stretches(windows, length), return_inverse=True)
    found = np.zeros(len(asked), bool)
    if len(asked):
        there = stretches(training, length)
        place = np.minimum(np.searchsorted(asked, there), len(asked) - 1)
        found[place[asked[place] == there]] = True
    return found[which.reshape(len(windows), -1)].any(-1)
