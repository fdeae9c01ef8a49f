"""Claims, what would refute them, and the five words a verdict can be.

A `Claim` is stated before any result. `Claim.judge` turns a measurement into a verdict
word; nothing else does. A `Mutation` says how claims can be made to fail.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

REPLICATED = "replicated"
WIDER = "replicated, wider"
INCONCLUSIVE = "inconclusive"
NOT_REPLICATED = "not replicated"
UNTESTABLE = "untestable here"
WORDS = (REPLICATED, WIDER, INCONCLUSIVE, NOT_REPLICATED, UNTESTABLE)

KINDS = ("value", "sign", "order", "bound")
EVIDENCE = ("authors' data", "third-party data", "own training", "theory")


class ClaimError(ValueError):
    """A claim, a mutation or a measurement that makes no sense, with what to do."""


@dataclass(frozen=True)
class Region:
    """A stretch of the number line: `"> 11.1"`, `"<= 0.05"`, `"75..95"`, or one number."""

    low: float
    high: float

    @classmethod
    def parse(cls, spec: float | str) -> Region:
        """Read a region from a number or from text.

        Raises
        ------
        ClaimError
            If the text is none of `> x`, `>= x`, `< x`, `<= x`, `a..b`, or a number.
        """
        if isinstance(spec, (int, float)) and not isinstance(spec, bool):
            return cls(float(spec), float(spec))
        number = r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
        if m := re.fullmatch(rf"\s*([<>])=?\s*({number})\s*", str(spec)):
            edge = float(m[2])
            # The edge itself belongs to neither side, so that "> x" and "< x" are rivals.
            return (
                cls(math.nextafter(edge, math.inf), math.inf)
                if m[1] == ">"
                else cls(-math.inf, math.nextafter(edge, -math.inf))
            )
        if m := re.fullmatch(rf"\s*({number})\s*\.\.\s*({number})\s*", str(spec)):
            return cls(*sorted((float(m[1]), float(m[2]))))
        raise ClaimError(f"cannot read the region {spec!r}: write a number, '> x', '< x' or 'a..b'")

    def contains(self, low: float, high: float) -> bool:
        """Whether the whole of [low, high] lies inside."""
        return self.low <= low and high <= self.high

    def touches(self, low: float, high: float) -> bool:
        """Whether [low, high] and this region have a point in common."""
        return low <= self.high and high >= self.low

    def inner(self) -> float:
        """A point well inside, to stand for the region where one number is needed."""
        if math.isinf(self.high):
            return self.low + max(1.0, abs(self.low))
        if math.isinf(self.low):
            return self.high - max(1.0, abs(self.high))
        return 0.5 * (self.low + self.high)


@dataclass(frozen=True)
class Claim:
    """One statement of a paper that a measurement can refute.

    Parameters
    ----------
    id
        Short name, unique in its notebook.
    statement
        The claim in words.
    paper
        `value`: the paper's number. `sign`: `"+"` or `"-"`. `bound`: a region, such as
        `"> 150"` or `"75..95"`. `order`: names from large to small, `"a > b > c"`.
    rival
        What would refute it: a number or a region (`value`, `bound`). For `sign` and
        `order` it is the opposite, and need not be given.
    within
        `value`: the absolute tolerance. `order`: the smallest gap that counts (default 0).
    source
        Where the paper's number was read.
    why
        Why this tolerance or this bound, never "because we got that".
    kind
        One of value, sign, order, bound.
    evidence
        One of authors' data, third-party data, own training, theory.
    printed
        The figure the paper prints, where `paper` is a bound around it; shown, not judged.
    untestable
        If set, the reason why the claim cannot be tested here; nothing is then measured.
    unstable
        If set, says over which seeds the word changes; the word is then `inconclusive`.

    Raises
    ------
    ClaimError
        For an unknown kind or evidence, a missing reason, or a tolerance that lets the
        rival in.
    """

    id: str
    statement: str
    paper: float | str
    source: str
    why: str
    evidence: str
    rival: float | str | None = None
    kind: str = "value"
    within: float = 0.0
    printed: str = ""
    untestable: str = ""
    unstable: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ClaimError(f"claim {self.id!r}: kind {self.kind!r} is none of {KINDS}")
        if self.evidence not in EVIDENCE:
            raise ClaimError(f"claim {self.id!r}: evidence {self.evidence!r} is none of {EVIDENCE}")
        for name in ("statement", "source", "why"):
            if not getattr(self, name).strip():
                raise ClaimError(f"claim {self.id!r}: say its {name}")
        if self.untestable:
            return
        if self.kind in ("value", "bound") and self.rival is None:
            raise ClaimError(f"claim {self.id!r}: name its rival, what would refute it")
        if self.kind == "value" and self.within <= 0:
            raise ClaimError(f"claim {self.id!r}: a value needs a tolerance, within > 0")
        if self.kind == "sign" and self.paper not in ("+", "-"):
            raise ClaimError(f"claim {self.id!r}: the paper's sign is '+' or '-'")
        if self.kind == "order" and len(self.order) < 2:
            raise ClaimError(f"claim {self.id!r}: write the order as 'a > b > c'")
        if self.agreeing.touches(self.refuting.low, self.refuting.high):
            raise ClaimError(f"claim {self.id!r}: the rival lies within the tolerance")

    @property
    def order(self) -> list[str]:
        """The names of an order claim, from large to small."""
        return [name.strip() for name in str(self.paper).split(">")]

    @property
    def agreeing(self) -> Region:
        """Measurements that agree with the paper."""
        if self.kind == "value":
            return Region(self.paper - self.within, self.paper + self.within)
        if self.kind == "sign":
            return Region.parse("> 0" if self.paper == "+" else "< 0")
        if self.kind == "order":
            return Region.parse(f"> {self.within}")
        return Region.parse(self.paper)

    @property
    def refuting(self) -> Region:
        """Measurements that agree with the rival."""
        if self.rival is not None:
            return Region.parse(self.rival)
        return Region.parse("> 0" if self.kind == "sign" and self.paper == "-" else "< 0")

    def judge(self, measured: float, interval: tuple[float, float] | None = None) -> str:
        """The verdict word for a measurement.

        Parameters
        ----------
        measured
            The measured number; for `order`, the smallest gap in the stated order.
        interval
            Its 95 % interval, if it has one; without it the measurement counts as exact.

        Returns
        -------
        str
            One of `WORDS`.

        Raises
        ------
        ClaimError
            If the measurement or its interval is not finite or out of order.
        """
        if self.untestable:
            return UNTESTABLE
        low, high = interval if interval is not None else (measured, measured)
        if not math.isfinite(measured) or math.isnan(low) or math.isnan(high):
            raise ClaimError(f"claim {self.id!r}: measured {measured} [{low}, {high}] is no number")
        if not low <= measured <= high:
            raise ClaimError(f"claim {self.id!r}: {measured} lies outside its interval {interval}")
        if self.kind != "value":
            if self.agreeing.contains(low, high):
                word = REPLICATED
            else:
                word = INCONCLUSIVE if self.agreeing.touches(low, high) else NOT_REPLICATED
        else:
            met = self.agreeing.contains(measured, measured)
            inside = low <= self.paper <= high
            if not (met or inside):
                word = NOT_REPLICATED
            elif self.refuting.touches(low, high):
                word = INCONCLUSIVE
            else:
                word = REPLICATED if met else WIDER
        return INCONCLUSIVE if self.unstable else word

    def at_paper(self) -> float:
        """A measurement that agrees perfectly with the paper."""
        return float(self.paper) if self.kind == "value" else self.agreeing.inner()

    def at_rival(self) -> float:
        """A measurement that agrees perfectly with the rival."""
        return self.refuting.inner()


@dataclass(frozen=True)
class Mutation:
    """A way to break what claims rest on, and the claims whose words must then change.

    The runner executes the notebook again with `target`, a name of the notebook, replaced
    by `edit(target)`. For `target="load"`, `edit` receives and returns a table, and `table`
    says which one.

    Parameters
    ----------
    name
        What is broken, in words.
    changes
        Ids of the claims whose words must change; those of all others must not.
    edit
        A function of the thing replaced: table to table, or function to function.
    target
        Name in the notebook: `"load"`, a law, a function, a constant.
    table
        Slug of the table, for `target="load"`.
    """

    name: str
    changes: tuple[str, ...]
    edit: Callable[[Any], Any]
    target: str = "load"
    table: str = ""

    def __post_init__(self) -> None:
        if (self.target == "load") != bool(self.table):
            raise ClaimError(f"mutation {self.name!r}: give either a table (of load) or a target")
        if isinstance(self.changes, str) or not self.changes:
            raise ClaimError(f"mutation {self.name!r}: name the claims it changes, as a tuple")

    def apply(self, thing: Any) -> Any:
        """The broken version of `thing`, the notebook's object of the name `target`."""
        if self.target != "load":
            return self.edit(thing)

        def load(slug: str, *args: Any, **kwargs: Any) -> Any:
            table = thing(slug, *args, **kwargs)
            if slug != self.table:
                return table
            broken = self.edit(table.copy())
            broken.attrs = dict(table.attrs)
            return broken

        return load
