"""What all attacks have in common: they go on for a while, and count."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable


def counted(once: Callable[[], Iterable[str]], seconds: float, tries: int = 1) -> dict[str, int]:
    """Try something for some seconds, and some times at least.

    Parameters
    ----------
    once
        Tries it, and gives the kinds of what it did, each of which was survived: one as a rule,
        none where it came to nothing. It raises at the first that was not.
    seconds, tries
        For how long, and how often whatever the time.

    Returns
    -------
    dict
        Kind -> tries.
    """
    counts: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    while counts.total() < tries or time.monotonic() < deadline:
        counts.update(once())
    return dict(sorted(counts.items()))
