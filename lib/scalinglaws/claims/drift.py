"""How fresh verdicts differ from those kept, what that means, and what became of the old ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scalinglaws.claims.claim import LOCKED

#: Fits agree across machines to about 1e-8; anything beyond the four printed digits is drift.
RELATIVE = 1e-3
#: What is kept of a verdict that another one replaces.
REMEMBERED = ("measured", "low", "high", "word")


@dataclass(frozen=True)
class Difference:
    """One way in which a fresh record is not the one kept.

    Attributes
    ----------
    text
        What differs, in a sentence that says whether the verdict changed.
    verdict
        Whether a word changed (or came, or went, or a data check fails), and not only a number.
    claim
        Id of the claim that was kept and has another number or word now, or is gone; otherwise empty.
    stated
        Whether the claim itself is another one than the verdict was kept for, and does not say so.
    """

    text: str
    verdict: bool
    claim: str = ""
    stated: bool = False

    def __str__(self) -> str:
        return self.text


def allowed(kept: dict[str, Any]) -> float:
    """How far a number may drift: a tenth of the claim's tolerance, or `RELATIVE` if that is more."""
    return max(kept["within"] / 10, RELATIVE * abs(kept["measured"]))


def number_moved(fresh: dict[str, Any], kept: dict[str, Any]) -> str:
    """By how much a number lies beyond the drift allowed, in words; empty if it does not."""
    ours, theirs = fresh["measured"], kept["measured"]
    if not isinstance(ours, float) or not isinstance(theirs, float):
        return ""
    off, drift = abs(ours - theirs), allowed(kept)
    if off <= drift:
        return ""
    share = f", {off / kept['within']:.2g} of its tolerance" if kept["within"] else ""
    # Nothing may drift that was nought, with no tolerance around it.
    times = f"{off / drift:.2g} times the drift allowed" if drift else "where it was nought"
    return f"off by {off:.2g}, {times}{share}"


def same(now: Any, then: Any) -> bool:
    """Whether a claim says the same: a number to its last bits, which a sum or a product may leave others."""
    if isinstance(now, float) and isinstance(then, float):
        return math.isclose(now, then, rel_tol=1e-12)
    return now == then


def restated(fresh: dict[str, Any], kept: dict[str, Any]) -> str:
    """What a claim holds its verdict to now, and held it to when that was kept, where the two differ."""
    changed = [name for name in LOCKED if name in kept and not same(fresh[name], kept[name])]
    return "; ".join(f"{name} was {kept[name]!r} and is {fresh[name]!r}" for name in changed)


def differences(fresh: dict[str, Any], kept: dict[str, Any], numbers: bool = True) -> list[Difference]:
    """How a fresh record differs from the one kept: words exactly, numbers beyond drift.

    Parameters
    ----------
    fresh, kept
        Verdict records.
    numbers
        With False only words and data checks are compared.
    """
    old = {verdict["id"]: verdict for verdict in kept["verdicts"]}
    new = {verdict["id"]: verdict for verdict in fresh["verdicts"]}
    found = [Difference(f"claim {claim!r} is gone", True, claim) for claim in old if claim not in new]
    for claim, verdict in new.items():
        if claim not in old:
            found.append(Difference(f"claim {claim!r} is new: {verdict['word']}", True))
            continue
        was = old[claim]
        if verdict["word"] != was["word"]:
            text = f"claim {claim!r} was {was['word']!r} and is now {verdict['word']!r}: the verdict changed"
            far = number_moved(verdict, was)
            found.append(Difference(f"{text}; its number is {far or 'within drift'}", True, claim))
        elif numbers and (far := number_moved(verdict, was)):
            text = (
                f"claim {claim!r} measured {was['measured']:.6g} and now measures {verdict['measured']:.6g}"
            )
            text += f": {far}; the verdict is {was['word']!r} as before"
            found.append(Difference(text, False, claim))
        # What excused an earlier change excuses no other.
        if (said := restated(verdict, was)) and verdict.get("restated", "") in ("", was.get("restated", "")):
            text = (
                f"claim {claim!r} was stated otherwise when its verdict was kept ({said}): say when and why"
            )
            found.append(Difference(f"{text}, as restated in its claims file", True, claim, True))
    checks = [check for check in fresh["data_checks"] if not check["holds"]]
    return found + [Difference(f"data check fails: {check['label']}", True) for check in checks]


def advice(found: Sequence[Difference], names: str) -> str:
    """What somebody should do whose verdicts differ from those kept.

    Parameters
    ----------
    found
        The differences, at least one.
    names
        Names of the notebooks, as one types them.
    """
    changed = sum(difference.verdict for difference in found)
    if changed:
        count = (
            f"{changed} of these {len(found)} differences change" if changed > 1 else "A difference changes"
        )
        head = f"{count} a verdict."
    else:
        head = "No verdict changed: every word is the one kept, and only numbers moved."
    return (
        f"{head} If you changed code, data or a claim on purpose, 'scalinglaws run {names} --write --moved "
        '"why"\' keeps the new ones, and the old ones in their history. If you changed nothing, compare '
        "'pip freeze' with requirements.lock, and let "
        f"'scalinglaws check --kernels {names}' show whether the processor decides; then please report it."
    )


def succeeded(fresh: dict[str, Any], kept: dict[str, Any] | None, why: str, when: str) -> dict[str, Any]:
    """A fresh record as it is kept: with the history of each claim, and the claims that are gone.

    Parameters
    ----------
    fresh
        The record to keep.
    kept
        The one that it replaces; None the first time.
    why
        Why words or numbers moved, where they did.
    when
        The day on which they did, as YYYY-MM-DD.

    Returns
    -------
    dict
        `fresh`, where each verdict that ever moved has a `history`: what it was before, the
        oldest first, each with the reason that moved it and the day. `withdrawn` holds the claims that
        are no longer made, likewise.
    """
    old = {verdict["id"]: verdict for verdict in kept["verdicts"]} if kept else {}
    moved = {difference.claim for difference in differences(fresh, kept)} if kept else set()

    def history(id: str) -> list[dict[str, Any]]:
        before = old.get(id, {}).get("history", [])
        was = {key: old[id][key] for key in REMEMBERED} if id in moved else {}
        return [*before, was | {"why": why, "when": when}] if was else before

    now = {verdict["id"]: verdict for verdict in fresh["verdicts"]}
    gone = [old[id] | {"history": history(id)} for id in old if id not in now]
    withdrawn = (kept or {}).get("withdrawn", []) + gone
    verdicts = [v | ({"history": history(id)} if history(id) else {}) for id, v in now.items()]
    return fresh | {"verdicts": verdicts} | ({"withdrawn": withdrawn} if withdrawn else {})
