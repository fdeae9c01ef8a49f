"""One notebook's claims, its measurements, its verdicts: the table and the record.

`Replication` collects what a notebook claims and what it measured, prints the words that are
compared on every commit and the table of numbers, and gives the record that the runner compares
within tolerance.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from scalinglaws import proved
from scalinglaws.claims import UNTESTABLE, WORDS, Claim, ClaimError, Mutation
from scalinglaws.text import Text, number, shown


@dataclass
class Verdict:
    """What was measured for a claim, and the word for it."""

    claim: Claim
    measured: float | None
    low: float | None
    high: float | None
    word: str
    note: str = ""
    unproved: str = ""

    def record(self) -> dict[str, Any]:
        """This verdict with its claim, as plain JSON values."""
        found = {"measured": self.measured, "low": self.low, "high": self.high}
        for key, value in found.items():
            if value is not None and math.isinf(value):
                found[key] = "inf" if value > 0 else "-inf"
        return asdict(self.claim) | found | {"word": self.word, "note": self.note, "unproved": self.unproved}


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
        # A word that is inconclusive whatever is measured cannot change.
        testable = {c.id for c in self.declared.values() if not (c.untestable or c.unstable)}
        named = {claim for mutation in mutations for claim in mutation.changes}
        if unknown := named - testable:
            raise ClaimError(f"mutations name no testable claim: {sorted(unknown)}")
        if missed := testable - named:
            raise ClaimError(f"no mutation makes these claims fail: {sorted(missed)}")
        self.declared_mutations = list(mutations)

    def measured(
        self,
        id: str,
        value: float | Mapping[str, float] | Any,
        interval: tuple[float, float] | None = None,
        note: str = "",
        *,
        fit: Any = None,
        unproved: str = "",
    ) -> str:
        """Record what was measured for a claim and return the verdict word.

        Parameters
        ----------
        id
            The claim.
        value
            The measured number; for `order`, the numbers by name. An estimate, that is an
            object with `value`, `low` and `high` (None where there is no interval), brings
            its interval along, and where it has one its `fit`.
        interval
            95 % interval of the number (for `order`, of the smallest gap).
        note
            A short remark for the scoreboard.
        fit
            The fit that the number rests on, what was made from one (a `Bootstrap`, a
            `Jackknife`), or several of these. Needed where the fit was asked for with
            `strict=False`: then nothing else has seen to it that the optimum is proved.
        unproved
            Why a number is measured although its fit is not proved: the claim is about that
            failure. Printed with the verdicts and kept in the record, unless the fit turns
            out to be proved.

        Raises
        ------
        ClaimError
            For a claim not stated, stated as untestable, or a value that is no number; for a
            fit that is not proved, unless `unproved` says why. In a mutated run the value of
            such a fit is judged all the same: a refusal would hide what the breakage does to
            the word.
        """
        if id not in self.declared:
            raise ClaimError(f"claim {id!r} was not stated; stated are {sorted(self.declared)}")
        claim = self.declared[id]
        if claim.untestable:
            raise ClaimError(f"claim {id!r} was stated as untestable here, yet measured")
        if all(hasattr(value, part) for part in ("value", "low", "high")):
            if interval is not None:
                raise ClaimError(f"claim {id!r}: the estimate has an interval of its own; give no other")
            interval = None if value.low is None else (value.low, value.high)
            fit = getattr(value, "fit", None) if fit is None else fit
            value = value.value
        unproved = self.reason(id, fit, unproved)
        if isinstance(value, Mapping):
            row = [float(value[name]) for name in claim.order]
            value = min(a - b for a, b in itertools.pairwise(row))
        value = float(value)
        bounds = None if interval is None else (float(interval[0]), float(interval[1]))
        word = claim.judge(value, bounds)
        self.found[id] = Verdict(claim, value, *(bounds or (None, None)), word, note, unproved)
        return word

    def reason(self, id: str, fit: Any, unproved: str) -> str:
        """Why a claim may rest on what is not proved; empty where its fits, if it names any, are proved.

        Raises
        ------
        ClaimError
            If a fit is not proved and no reason is given.
        """
        rests_on = list(proved.fits(fit))
        failed = proved.failures(rests_on)
        if failed and not unproved.strip() and self.mutated is None:
            raise ClaimError(
                f"claim {id!r} rests on a fit that is not proved ({'; '.join(failed)}): mend the fit, or, "
                'if the claim is about that failure, say so with unproved="why"'
            )
        return unproved if failed or not rests_on else ""

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

    def words(self) -> Text:
        """Ids and words, one claim a line: all that must be the same on every machine."""
        found = self.all_verdicts()
        width = max(len(v.claim.id) for v in found)
        return self.marked([f"{v.claim.id:<{width}}  {v.word}" for v in found])

    def verdicts(self) -> Text:
        """The verdicts with their numbers as a table; `words` is what is compared exactly."""
        rows = [("claim", "paper", "ours", "95 % interval", "rival", "verdict")]
        for v in self.all_verdicts():
            c = v.claim
            paper = c.printed or shown(c.paper)
            absent = "–" if c.untestable else "the reverse"
            rival = absent if c.rival is None else shown(c.rival)
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
        lines += [f"  unproved: {v.claim.id}: {v.unproved}" for v in self.found.values() if v.unproved]
        return self.marked(lines)

    def marked(self, lines: list[str]) -> Text:
        """Lines as text, under a line that says so if the run is a mutated one."""
        return Text("\n".join([f"MUTATED: {self.mutated}", *lines] if self.mutated else lines))

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
