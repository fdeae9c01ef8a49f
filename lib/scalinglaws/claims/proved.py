"""Which fits a measurement rests on, and whether their optimum is proved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scalinglaws.claims import ClaimError
from scalinglaws.fitting import Fit
from scalinglaws.text import article


def fits(resting_on: Any) -> Iterator[Fit]:
    """The fits behind what a measurement rests on.

    Parameters
    ----------
    resting_on
        A `Fit`; something made from one that holds it as `.fit`, such as a `Bootstrap`, a
        `Jackknife` or an `Extrapolation`; several of these, as a mapping or an iterable; or None.

    Raises
    ------
    ClaimError
        For anything else, since a proof that cannot be looked up is none.
    """
    if isinstance(resting_on, Fit):
        yield resting_on
    elif isinstance(getattr(resting_on, "fit", None), Fit):
        yield resting_on.fit
    elif isinstance(resting_on, Mapping):
        yield from fits(resting_on.values())
    elif isinstance(resting_on, Iterable) and not isinstance(resting_on, str):
        for one in resting_on:
            yield from fits(one)
    elif resting_on is not None:
        raise ClaimError(
            f"fit= takes a Fit, what was made from one (a Bootstrap, a Jackknife), or several; "
            f"not {article(type(resting_on).__name__)}"
        )


def failures(found: Iterable[Fit]) -> list[str]:
    """One sentence for each fit whose optimum is not proved."""
    return [f"{fit.status.name}: {fit.message or fit.status.value}" for fit in found if not fit.proved]
