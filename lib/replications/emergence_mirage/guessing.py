"""Abilities as Wei et al. (2022) define them: absent in smaller models, which guess, and present in a larger one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Guessing(NamedTuple):
    """Where a task leaves chance: `small` says that no smaller size does, `large` that the last one does.

    Both have the shape of the counts without their last axis; `emerges` is both together.
    """

    small: np.ndarray
    large: np.ndarray

    @property
    def emerges(self) -> np.ndarray:
        return self.small & self.large


def guessing(
    right: ArrayLike,
    questions: ArrayLike,
    chance: ArrayLike,
) -> Guessing:
    """Test counts of right answers against guessing.

    Parameters
    ----------
    right
        Counts, shape (..., sizes).
    questions, chance
        How many were asked, shape (..., sizes), and what guessing gives, a share, shape (...,).

    Returns
    -------
    Guessing
        A size is at chance within two standard errors of guessing, and better than chance above
        three. The largest size but one may be either.
    """
    questions, chance = np.asarray(questions, float), np.asarray(chance, float)[..., None]
    error = np.sqrt(chance * (1 - chance) / questions)
    off = (np.asarray(right, float) / questions - chance) / error
    return Guessing((np.abs(off[..., :-2]) <= 2).all(-1), off[..., -1] > 3)
