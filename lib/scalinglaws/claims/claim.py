"""A claim, what would refute it, and the words a verdict can be.

A `Claim` is stated before any result. `Claim.judge` turns a measurement into a verdict
word; nothing else does.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

REPLICATED = "replicated"
WIDER = "replicated, wider"
PARTLY = "partly"
INCONCLUSIVE = "inconclusive"
NOT_REPLICATED = "not replicated"
UNTESTABLE = "untestable here"
WORDS = (REPLICATED, WIDER, PARTLY, INCONCLUSIVE, NOT_REPLICATED, UNTESTABLE)

KINDS = ("value", "sign", "order", "bound")
EVIDENCE = ("authors' data", "third-party data", "own training", "theory")
#: What was done for a claim. recomputed: a printed number, from the authors' data by their recipe;
#: re-analysed: their data, our question or our uncertainty; independent: other data, own training,
#: theory; live: trained or simulated in the notebook; arithmetic: follows from other claims or from counting.
ROLES = ("recomputed", "re-analysed", "independent", "live", "arithmetic")
#: Tolerances that may stand although an interval excludes the paper's value: nobody chose them.
GIVEN = ("printed rounding", "Monte Carlo", "the paper's own")
CHOSEN = "named choice: "
#: What a kept verdict holds a claim to: changed afterwards, it needs `restated`.
LOCKED = ("kind", "role", "paper", "rival", "within")


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


def infinite(said: object) -> bool:
    """Whether what a claim says is a number, but no finite one."""
    return isinstance(said, float) and not math.isfinite(said)


@dataclass(frozen=True)
class Claim:
    """One statement of a paper that a measurement can refute.

    Parameters
    ----------
    id
        Short name, unique in its notebook; it is cited, so it stays.
    statement
        The claim in words.
    paper
        `value`: the paper's number. `sign`: `"+"` or `"-"`. `bound`: a region, such as
        `"> 150"` or `"75..95"`. `order`: names from large to small, `"a > b > c"`.
    source
        Where the paper's number was read.
    why
        Why this tolerance or this bound, never "because we got that".
    evidence
        One of authors' data, third-party data, own training, theory.
    role
        What was done for it: one of recomputed, re-analysed, independent, live, arithmetic.
    group
        The one thing that this claim states a part of: a table of twelve numbers is one group.
    kind
        One of value, sign, order, bound.
    rival
        What would refute it: a number or a region (`value`, `bound`). For `sign` and
        `order` it is the opposite, and need not be given.
    within
        `value`: the absolute tolerance. `order`: the smallest gap that counts (default 0).
    tolerance
        What `within` is made of: printed rounding (of so many numbers), Monte Carlo, the
        paper's own, or "named choice: " and which. Needed where `within` is.
    unit
        Unit of the number, where it has one.
    printed
        The figure the paper prints, where `paper` is a bound around it; shown, not judged.
    quote
        The paper's own words, where the claim is in words.
    pilot
        What was known of our own result when the claim was stated; empty if nothing was.
    restated
        When and why the claim was changed after its verdict had been kept.
    untestable
        If set, the reason why the claim cannot be tested here; nothing is then measured.
    unstable
        If set, says over which seeds the word changes; the word is then `inconclusive`.

    Raises
    ------
    ClaimError
        For an unknown kind, role or evidence, a missing reason, or a tolerance that lets the
        rival in.
    """

    id: str
    statement: str
    paper: float | str
    source: str
    why: str
    evidence: str
    role: str
    group: str
    kind: str = "value"
    rival: float | str | None = None
    within: float = 0.0
    tolerance: str = ""
    unit: str = ""
    printed: str = ""
    quote: str = ""
    pilot: str = ""
    restated: str = ""
    untestable: str = ""
    unstable: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ClaimError(f"claim {self.id!r}: kind {self.kind!r} is none of {KINDS}")
        if self.evidence not in EVIDENCE:
            raise ClaimError(f"claim {self.id!r}: evidence {self.evidence!r} is none of {EVIDENCE}")
        if self.role not in ROLES:
            raise ClaimError(f"claim {self.id!r}: role {self.role!r} is none of {ROLES}")
        for name in ("id", "statement", "source", "why", "group"):
            if not getattr(self, name).strip():
                raise ClaimError(f"claim {self.id!r}: say its {name}")
        if unbounded := [n for n in ("paper", "rival", "within") if infinite(getattr(self, n))]:
            raise ClaimError(
                f"claim {self.id!r}: a number, not inf or nan, belongs in {', '.join(unbounded)}"
            )
        if self.untestable:
            return
        if self.kind in ("value", "bound") and self.rival is None:
            raise ClaimError(f"claim {self.id!r}: name its rival, what would refute it")
        if self.kind == "value" and self.within <= 0:
            raise ClaimError(f"claim {self.id!r}: a value needs a tolerance, within > 0")
        if self.kind == "value" and not isinstance(self.paper, float):
            raise ClaimError(f"claim {self.id!r}: the paper's value is a number, not {self.paper!r}")
        if self.within and not (
            self.tolerance.startswith((*GIVEN, CHOSEN)) and self.tolerance.strip() != CHOSEN.strip()
        ):
            raise ClaimError(
                f"claim {self.id!r}: say what its tolerance is made of: {', '.join(GIVEN)}, or '{CHOSEN}...'"
            )
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
        # No effect at all refutes a direction as the reverse does.
        return Region(0.0, math.inf) if self.kind == "sign" and self.paper == "-" else Region(-math.inf, 0.0)

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
        word = (
            self.of_value(measured, low, high)
            if self.kind == "value"
            else self.of_region(measured, low, high)
        )
        return INCONCLUSIVE if self.unstable else word

    def of_value(self, measured: float, low: float, high: float) -> str:
        """The word for a claim of kind `value`."""
        met = self.agreeing.contains(measured, measured)
        inside = low <= self.paper <= high
        # Without an interval a number counts as exact, and the tolerance alone decides; so it does
        # where all draws agree to their last bits, whose interval is nothing but rounding.
        exact = high - low <= 1e-9 * self.within
        if self.refuting.touches(low, high):
            return INCONCLUSIVE if met or inside else NOT_REPLICATED
        if met and (inside or exact or self.tolerance.startswith(GIVEN)):
            return REPLICATED
        return WIDER if inside else NOT_REPLICATED

    def of_region(self, measured: float, low: float, high: float) -> str:
        """The word for a claim of another kind: on which side of which regions it lies."""
        if self.refuting.touches(low, high):
            return INCONCLUSIVE if self.agreeing.touches(low, high) else NOT_REPLICATED
        if self.agreeing.contains(low, high):
            return REPLICATED
        return WIDER if self.agreeing.contains(measured, measured) else PARTLY

    @property
    def locked(self) -> dict[str, float | str | None]:
        """What may not change once a verdict is kept, unless `restated` says when and why."""
        return {name: getattr(self, name) for name in LOCKED}

    def at_paper(self) -> float:
        """A measurement that agrees perfectly with the paper."""
        return float(self.paper) if self.kind == "value" else self.agreeing.inner()

    def at_rival(self) -> float:
        """A measurement that agrees perfectly with the rival."""
        return self.refuting.inner()
