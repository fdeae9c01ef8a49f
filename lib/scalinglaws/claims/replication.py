"""One notebook's claims, its measurements, its verdicts: the table and the record.

`Replication` reads what a notebook claims and collects what it measured, prints the words that
are compared on every commit and the table of numbers, and gives the record that the runner
compares within tolerance.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from scalinglaws.claims import printing, proved
from scalinglaws.claims.claim import UNTESTABLE, WORDS, Claim, ClaimError
from scalinglaws.claims.power import power
from scalinglaws.claims.stated import Stated, stated
from scalinglaws.text import Text, number
from scalinglaws.uncertainty import Estimate


@dataclass(frozen=True)
class Verdict:
    """What was measured for a claim, and the word for it, which nothing but the measurement decides."""

    claim: Claim
    measured: float | None = None
    interval: tuple[float, float] | None = None
    how: str = ""
    note: str = ""
    unproved: str = ""

    @property
    def word(self) -> str:
        """The verdict word."""
        return UNTESTABLE if self.claim.untestable else self.claim.judge(self.measured, self.interval)

    @property
    def power(self) -> float | None:
        """The chance that an interval of this width, centred on the paper's value, excludes the rival."""
        return None if self.interval is None else power(self.claim, *self.interval)

    def record(self) -> dict[str, Any]:
        """This verdict with its claim, as plain JSON values."""
        low, high = self.interval or (None, None)
        found = {"measured": self.measured, "low": low, "high": high, "power": self.power}
        for key, value in found.items():
            if value is not None and math.isinf(value):
                found[key] = "inf" if value > 0 else "-inf"
        said = {"how": self.how, "word": self.word, "note": self.note, "unproved": self.unproved}
        return asdict(self.claim) | found | said


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


#: What a claim can be judged by: a number, the numbers of an order by name, or a number with its interval.
Measurement = float | Mapping[str, float] | Estimate


def in_numbers(claim: Claim, measurement: Measurement) -> tuple[float, tuple[float, float] | None]:
    """A measurement as `Claim.judge` takes it: the smallest gap of an order, and plain floats."""
    if isinstance(measurement, Estimate):
        return measurement.value, (measurement.low, measurement.high)
    if isinstance(measurement, Mapping):
        row = [float(measurement[name]) for name in claim.order]
        return min(a - b for a, b in itertools.pairwise(row)), None
    return float(measurement), None


@dataclass(frozen=True)
class Record:
    """The verdicts as JSON, which a notebook shows in its last code cell."""

    content: dict[str, Any]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        words = [verdict["word"] for verdict in self.content["verdicts"]]
        count = ", ".join(f"{words.count(word)} {word}" for word in WORDS if word in words)
        return {"application/json": self.content, "text/plain": f"verdicts: {count}"}


@dataclass(repr=False)
class Replication:
    """One notebook's claims, its measurements and its verdicts.

    Parameters
    ----------
    name
        The notebook; its claims are read from `data/claims/<name>.toml`.
    stated
        What is claimed, where it stands in no such file.

    Examples
    --------
    >>> two = Claim("two", "one and one is two", 2.0, rival=3.0, within=0.1, source="arithmetic", why="exact",
    ...             evidence="theory", role="arithmetic", group="sums", tolerance="the paper's own")
    >>> paper = Replication("00_example", Stated("One and one is two [two].", (two,), (Mutation("x", ("two",), "add"),)))
    >>> paper.measured("two", 1 + 1)
    'replicated'
    """

    name: str
    stated: Stated | None = None
    found: dict[str, Verdict] = field(default_factory=dict)
    checks: list[DataCheck] = field(default_factory=list)
    edits: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    falsified: list[dict[str, Any]] = field(default_factory=list)
    choices: list[dict[str, Any]] = field(default_factory=list)
    mutated: str | None = None

    def __post_init__(self) -> None:
        if self.stated is None:
            self.stated = stated(self.name)

    @property
    def declared(self) -> dict[str, Claim]:
        """The claims by id, in the order stated."""
        return {claim.id: claim for claim in self.stated.claims}

    def mutations(self, edits: Mapping[str, Callable[[Any], Any]]) -> None:
        """Say how the thing that each mutation of the claims file names is broken.

        Parameters
        ----------
        edits
            Name of the mutation -> a function of the thing replaced: of a table, it returns a
            table; of a function or a constant, another one.

        Raises
        ------
        ClaimError
            If a mutation is not stated in the claims file, or a stated one has no edit.
        """
        names = [mutation.name for mutation in self.stated.mutations]
        if unknown := [name for name in edits if name not in names]:
            raise ClaimError(f"mutations that the claims file does not state: {unknown}; it states {names}")
        if missed := [name for name in names if name not in edits]:
            raise ClaimError(f"mutations without an edit: {missed}")
        self.edits = dict(edits)

    def broken(self, thing: Any) -> Any:
        """The thing that the current mutation targets, broken."""
        (mutation,) = [m for m in self.stated.mutations if m.name == self.mutated]
        return mutation.apply(thing, self.edits[mutation.name])

    def measured(
        self,
        id: str,
        measurement: Measurement,
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
        measurement
            The measured number, which then counts as exact; for `order`, the numbers by name;
            or an `Estimate`, which brings its interval along (for `order`, of the smallest
            gap) and the fit that it rests on.
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
        claim = self.claim_of(id)
        estimate = measurement if isinstance(measurement, Estimate) else None
        if fit is None and estimate is not None:
            fit = estimate.fit
        unproved = self.reason(id, fit, unproved)
        value, bounds = in_numbers(claim, measurement)
        verdict = Verdict(claim, value, bounds, estimate.how if estimate else "", note, unproved)
        word = verdict.word  # refuses what is no number, before anything is kept
        self.found[id] = verdict
        return word

    def claim_of(self, id: str) -> Claim:
        """A claim that can be measured.

        Raises
        ------
        ClaimError
            If it is not stated, or stated as untestable.
        """
        if id not in self.declared:
            raise ClaimError(f"claim {id!r} was not stated; stated are {sorted(self.declared)}")
        if self.declared[id].untestable:
            raise ClaimError(f"claim {id!r} was stated as untestable here, yet measured")
        return self.declared[id]

    def judged(self, id: str, measurement: Measurement, choice: str = "") -> str:
        """The word that another choice would give a claim, for a table of words; nothing is measured.

        Parameters
        ----------
        id, measurement
            As in `measured`.
        choice
            The other choice in words, where it is as reasonable as the one made: it is then
            kept, and a claim whose word it flips is marked as fragile.
        """
        claim = self.claim_of(id)
        word = claim.judge(*in_numbers(claim, measurement))
        if choice:
            self.choices.append({"choice": choice, "id": id, "word": word})
        return word

    def kept(self, verdict: Verdict) -> dict[str, Any]:
        """A verdict's record, with the choices that flip its word."""
        return verdict.record() | {"fragile": self.flips(verdict)}

    def flips(self, verdict: Verdict) -> list[str]:
        """The choices, of those kept, under which a claim has another word."""
        return [
            kept["choice"]
            for kept in self.choices
            if kept["id"] == verdict.claim.id and kept["word"] != verdict.word
        ]

    def without_effect(
        self,
        how: str,
        id: str,
        measurement: Measurement,
    ) -> str:
        """The word that a claim would get where the effect was removed, or planted; kept in the record.

        Parameters
        ----------
        how
            What was done to the data, in words.
        id, measurement
            As in `measured`.

        Returns
        -------
        str
            The verdict word. Nothing is measured for the claim itself.
        """
        word = self.judged(id, measurement)
        self.falsified.append({"how": how, "id": id, "word": word})
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
        return [self.found.get(c.id, Verdict(c, note=c.untestable)) for c in self.declared.values()]

    def words(self) -> Text:
        """Ids and words, one claim a line: all that must be the same on every machine."""
        return self.marked(printing.words([(v.claim.id, v.word) for v in self.all_verdicts()]))

    def verdicts(self) -> Text:
        """The verdicts with their numbers as a table; `words` is what is compared exactly."""
        found = [self.kept(verdict) for verdict in self.all_verdicts()]
        lines = printing.verdicts(found)
        if self.checks:
            held = sum(check.holds for check in self.checks)
            lines.append(f"data checks: {held} of {len(self.checks)} hold")
            lines += [
                f"  fails: {c.label}: ours {number(c.ours)}, printed {number(c.expected)} ± {c.within}"
                for c in self.checks
                if not c.holds
            ]
        kinds = {
            v.how: [w.claim.id for w in self.found.values() if w.how == v.how] for v in self.found.values()
        }
        lines += [f"  95 % interval by {how}: {', '.join(ids)}" for how, ids in kinds.items() if how]
        lines += [
            f"  fragile: {v['id']} has another word with: {'; '.join(v['fragile'])}"
            for v in found
            if v["fragile"]
        ]
        lines += [f"  unproved: {v.claim.id}: {v.unproved}" for v in self.found.values() if v.unproved]
        return self.marked(lines)

    def marked(self, lines: list[str]) -> Text:
        """Lines as text, under a line that says so if the run is a mutated one."""
        return Text("\n".join([f"MUTATED: {self.mutated}", *lines] if self.mutated else lines))

    def __repr__(self) -> str:
        return "\n".join([self.stated.sentence, *printing.claims(self.stated.claims)])

    def _repr_html_(self) -> str:
        return printing.claims_html(self.stated)

    def record(self, scale: str, seed: int) -> Record:
        """The verdicts as JSON for the runner; show it in an untagged cell."""
        return Record(
            {
                "notebook": self.name,
                "scale": scale,
                "seed": seed,
                "mutated": self.mutated,
                "verdicts": [self.kept(verdict) for verdict in self.all_verdicts()],
                "falsified": self.falsified,
                "data_checks": [asdict(check) | {"holds": check.holds} for check in self.checks],
            }
        )
