"""Attack what promises to survive kills, flips and signals, for as long as one likes, and count.

    make attack MINUTES=20
    python tests/attack --minutes 2 --seed 7 --only stores sweeps

Every module beside this one is an attack: its `attack(rng, seconds)` gets a `random.Random` and goes
on for that time, one try at least. It returns a dict of the kinds of what it did, each with its
number of tries, all of which were survived, and raises at the first that was not.
"""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: Seconds that an attack has at a time; after that it is another's turn.
TURN = 60.0


def names() -> list[str]:
    """The attacks that there are."""
    return sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))


def attacked(chosen: list[str], seconds: float, seed: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Let attacks take turns: how often each kind was survived, and for each turn that was not, its words."""
    survived: Counter[tuple[str, str]] = Counter()
    failures = []
    turns = max(1, round(seconds / len(chosen) / TURN))
    for turn in range(turns):
        for name in chosen:
            try:
                attack = importlib.import_module(name).attack
                found = attack(random.Random(f"{name} {seed + turn}"), seconds / len(chosen) / turns)
            except Exception as error:
                traceback.print_exc()
                failures.append(f"{name}, --seed {seed + turn}: {type(error).__name__}: {error}")
            else:
                survived.update({(name, kind): tries for kind, tries in found.items()})
    return survived, failures


def table(survived: Counter[tuple[str, str]], failures: list[str]) -> str:
    """Tries and survivals by kind."""
    rows = [(name, kind, tries, tries) for (name, kind), tries in sorted(survived.items())]
    rows += [(failure.split(",")[0], "NOT SURVIVED", 1, 0) for failure in failures]
    rows.append(("all", "", survived.total() + len(failures), survived.total()))
    width = max(len(kind) for _, kind, _, _ in rows)
    lines = [f"{'attack':<12} {'kind':<{width}} {'tries':>7} {'survived':>9}"]
    lines += [f"{name:<12} {kind:<{width}} {tries:>7,} {alive:>9,}" for name, kind, tries, alive in rows]
    return "\n".join([*lines, *failures])


def main() -> int:
    """The command line; 1 if a try was not survived."""
    parser = argparse.ArgumentParser(prog="python tests/attack", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=names(), choices=names(), help="these attacks")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long, all together")
    parser.add_argument("--seed", type=int, default=0, help="what the random numbers begin with")
    options = parser.parse_args()
    sys.path += [str(HERE.parent / folder) for folder in (".", "sweeps", "notebooks")]
    began = time.monotonic()
    survived, failures = attacked(options.only, 60 * options.minutes, options.seed)
    print(table(survived, failures))
    print(f"{(time.monotonic() - began) / 60:.1f} minutes, seed {options.seed}")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
