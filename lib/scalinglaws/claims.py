"""Claims, what would refute them, and the five words a verdict can be.

A `Claim` is stated before any result. `Claim.judge` turns a measurement into a
`Verdict`; nothing else does. `Replication` collects the claims of one notebook, what
was measured, and prints the table and the record that the runner compares.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
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


@dataclass
class Verdict:
    """What was measured for a claim, and the word for it."""

    claim: Claim
    measured: float | None
    low: float | None
    high: float | None
    word: str
    note: str = ""

    def record(self) -> dict[str, Any]:
        """This verdict with its claim, as plain JSON values."""
        found = {"measured": self.measured, "low": self.low, "high": self.high}
        for key, value in found.items():
            if value is not None and math.isinf(value):
                found[key] = "inf" if value > 0 else "-inf"
        return asdict(self.claim) | found | {"word": self.word, "note": self.note}


def number(x: float | None, digits: int = 4) -> str:
    """A number as tables print it: four significant digits, no exponent where avoidable."""
    if x is None:
        return "–"
    if math.isinf(x):
        return "∞" if x > 0 else "-∞"
    if x != 0 and not 1e-3 <= abs(x) < 1e6:
        return f"{x:.{digits - 1}e}"
    text = f"{x:.{max(0, digits - 1 - math.floor(math.log10(abs(x))))}f}" if x else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass
class DataCheck:
    """A number read out of a table we load, compared with where it was printed."""

    label: str
    ours: float
    expected: float
    within: float

    @property
    def holds(self) -> bool:
        return abs(self.ours - self.expected) <= self.within


class Text(str):
    """Text that a notebook shows as it is, without quotes."""

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Record:
    """The verdicts as JSON, which a notebook shows in its last code cell."""

    content: dict[str, Any]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        words = [verdict["word"] for verdict in self.content["verdicts"]]
        count = ", ".join(f"{words.count(word)} {word}" for word in WORDS if word in words)
        return {"application/json": self.content, "text/plain": f"verdicts: {count}"}


@dataclass
class Replication:
    """One notebook's claims, its measurements and its verdicts.

    Examples
    --------
    >>> paper = Replication("00_example")
    >>> paper.claims(Claim("two", "one and one is two", 2.0, rival=3.0, within=0.1,
    ...                    source="arithmetic", why="exact", evidence="theory"))
    >>> paper.measured("two", 1 + 1)
    'replicated'
    """

    name: str
    declared: dict[str, Claim] = field(default_factory=dict)
    declared_mutations: list[Mutation] = field(default_factory=list)
    found: dict[str, Verdict] = field(default_factory=dict)
    checks: list[DataCheck] = field(default_factory=list)
    mutated: str | None = None

    def claims(self, *claims: Claim) -> None:
        """State the claims, before any result."""
        for claim in claims:
            if claim.id in self.declared:
                raise ClaimError(f"claim {claim.id!r} is stated twice")
            self.declared[claim.id] = claim

    def mutations(self, *mutations: Mutation) -> None:
        """Say how each claim can be made to fail; together they name every testable one."""
        testable = {c.id for c in self.declared.values() if not c.untestable}
        named = {claim for mutation in mutations for claim in mutation.changes}
        if unknown := named - testable:
            raise ClaimError(f"mutations name no testable claim: {sorted(unknown)}")
        if missed := testable - named:
            raise ClaimError(f"no mutation makes these claims fail: {sorted(missed)}")
        self.declared_mutations = list(mutations)

    def measured(
        self,
        id: str,
        value: float | Mapping[str, float],
        interval: tuple[float, float] | None = None,
        note: str = "",
    ) -> str:
        """Record what was measured for a claim and return the verdict word.

        Parameters
        ----------
        id
            The claim.
        value
            The measured number; for `order`, the numbers by name.
        interval
            95 % interval of the number (for `order`, of the smallest gap).
        note
            A short remark for the scoreboard.

        Raises
        ------
        ClaimError
            For a claim not stated, stated as untestable, or a value that is no number.
        """
        if id not in self.declared:
            raise ClaimError(f"claim {id!r} was not stated; stated are {sorted(self.declared)}")
        claim = self.declared[id]
        if claim.untestable:
            raise ClaimError(f"claim {id!r} was stated as untestable here, yet measured")
        if isinstance(value, Mapping):
            row = [float(value[name]) for name in claim.order]
            value = min(a - b for a, b in zip(row, row[1:], strict=False))
        value = float(value)
        bounds = None if interval is None else (float(interval[0]), float(interval[1]))
        word = claim.judge(value, bounds)
        self.found[id] = Verdict(claim, value, *(bounds or (None, None)), word, note)
        return word

    def data_check(self, label: str, ours: float, expected: float, within: float) -> bool:
        """Compare a number read out of a loaded table with its printed value; no claim."""
        self.checks.append(DataCheck(label, float(ours), float(expected), within))
        return self.checks[-1].holds

    def all_verdicts(self) -> list[Verdict]:
        """Every claim's verdict in the order stated.

        Raises
        ------
        ClaimError
            If a testable claim was not measured.
        """
        missing = [c.id for c in self.declared.values() if not c.untestable and c.id not in self.found]
        if missing:
            raise ClaimError(f"claims stated but never measured: {missing}")
        return [
            self.found.get(c.id, Verdict(c, None, None, None, UNTESTABLE, c.untestable))
            for c in self.declared.values()
        ]

    def verdicts(self) -> Text:
        """The verdict table, text only, in digits that are stable across machines."""
        rows = [("claim", "paper", "ours", "95 % interval", "rival", "verdict")]
        for v in self.all_verdicts():
            c = v.claim
            paper = c.printed or (number(c.paper) if isinstance(c.paper, (int, float)) else c.paper)
            rival = number(c.rival) if isinstance(c.rival, (int, float)) else c.rival
            if rival is None:
                rival = "–" if c.untestable else "the reverse"
            span = "–" if v.low is None else f"[{number(v.low)}, {number(v.high)}]"
            rows.append((c.id, paper, number(v.measured), span, rival, v.word))
        widths = [max(len(row[i]) for row in rows) for i in range(6)]
        lines = ["  ".join(x.ljust(w) for x, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        if self.checks:
            held = sum(check.holds for check in self.checks)
            lines.append(f"data checks: {held} of {len(self.checks)} hold")
            lines += [
                f"  fails: {c.label}: ours {number(c.ours)}, printed {number(c.expected)} ± {c.within}"
                for c in self.checks
                if not c.holds
            ]
        if self.mutated:
            lines.insert(0, f"MUTATED: {self.mutated}")
        return Text("\n".join(lines))

    def record(self, scale: str, seed: int) -> Record:
        """The verdicts as JSON for the runner; show it in an untagged cell."""
        return Record(
            {
                "notebook": self.name,
                "scale": scale,
                "seed": seed,
                "mutated": self.mutated,
                "verdicts": [verdict.record() for verdict in self.all_verdicts()],
                "data_checks": [asdict(check) | {"holds": check.holds} for check in self.checks],
            }
        )
