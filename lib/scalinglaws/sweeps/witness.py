"""Witnesses: short runs kept beside a table, by which the code that still makes it is known.

A table of runs takes hours to make, and any edit of the code beneath it could have changed
its numbers. So each experiment declares `witnesses(scale)`: for every branch of its grid
(scheme, arm, family, rule) a run that is over in a moment, and in which all that the numbers
rest on takes part: start, warm-up, decay of the rate, weight decay, clipping, rounding. What
they measured when the table was made stands in `witnesses.json` beside it, and the tests run
them again. They run on the CPU and on the pinned text (`scalinglaws.training.texts.pinned`), so that
they come out the same on any machine; an edit that they do not notice leaves the table valid.

Numbers that are meant to change raise the experiment's `RECIPE`; its command then makes the
table and its witnesses anew. `python -m scalinglaws.sweeps.witness SLUG ...` adds witnesses that are
declared and not kept; it never replaces one that no longer comes out.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from scalinglaws import machine, repository
from scalinglaws.caches import forget
from scalinglaws.tables import loading, schema, sealing
from scalinglaws.text import command_of
from scalinglaws.training import texts

NAME = "witnesses.json"
#: Relative difference allowed to a smooth measure. Kernels of other processors make some 1e-7.
TOLERANCE = 1e-5
#: Difference allowed to a smooth measure near zero.
NOUGHT = 1e-7
#: Examples of a counted measure, such as a test error, that may fall on the other side.
FLIPS = 2

Config = dict[str, Any]


class WitnessError(RuntimeError):
    """A table that today's code no longer makes, with what to do."""


@dataclass(frozen=True)
class Witnesses:
    """The witnesses of an experiment.

    Attributes
    ----------
    configs
        Configurations for its `run`.
    short
        What is shortened besides: name of a constant of the module, or its full path, to the
        value that it has meanwhile.
    counted
        Measures that are a fraction of some number of examples -> that number; `FLIPS` may flip.
    within
        Measures that are smooth in nothing, such as what is left after rounding -> the relative
        difference allowed.
    apart
        Measures that are not compared, as nothing determines them, such as a parameter of a fit
        that its data say nothing of.

    Notes
    -----
    All other measures are smooth if they are floats, and compared exactly if they are not.
    """

    configs: list[Config]
    short: dict[str, Any] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    within: dict[str, float] = field(default_factory=dict)
    apart: tuple[str, ...] = ()

    def departs(self, name: str, kept: Any, found: Any) -> bool:
        """Whether a measure is another one than it was."""
        if name in self.apart:
            return False
        if not isinstance(kept, float) or not isinstance(found, int | float):
            return type(kept) is not type(found) or kept != found
        if name in self.counted:
            return not abs(found - kept) * self.counted[name] < FLIPS + 0.5
        return not math.isclose(found, kept, rel_tol=self.within.get(name, TOLERANCE), abs_tol=NOUGHT)


def recipe_of(module: ModuleType) -> int:
    """The recipe of an experiment: raised by one when its numbers are meant to change."""
    return getattr(module, "RECIPE", 1)


@contextlib.contextmanager
def shortened(module: ModuleType, declared: Witnesses) -> Iterator[None]:
    """Meanwhile runs of an experiment are short, on the CPU, and read the pinned text."""
    places = []
    for path, value in declared.short.items():
        home, _, name = path.rpartition(".")
        places.append((importlib.import_module(home) if home else module, name, value))
    touched = [module, *(place for place, _, _ in places)] if places else []
    before = [(place, name, getattr(place, name)) for place, name, _ in places]
    forget(touched)
    try:
        for place, name, value in places:
            setattr(place, name, value)
        with machine.on_cpu(), texts.pinned():
            yield
    finally:
        for place, name, value in before:
            setattr(place, name, value)
        forget(touched)


def read(folder: Path) -> list[dict[str, Any]]:
    """The witnesses kept in a table's folder, each with `config` and `measured`; none if there are none.

    Raises
    ------
    TableError
        If the file was changed: the code would be accused of what happened to a file.
    """
    return json.loads(sealing.sealed(folder.name, folder, NAME)) if (folder / NAME).is_file() else []


def departures(
    module: ModuleType, scale: str, folder: Path, *, first: bool = False, where: Config | None = None
) -> list[str]:
    """Run the witnesses of an experiment again and say where they differ from those kept.

    Parameters
    ----------
    module, scale
        The experiment, and the scale of its table.
    folder
        The table's folder.
    first
        Whether to stop at the first that differs.
    where
        Values that the configurations of the witnesses must have; all are run by default.

    Returns
    -------
    list of str
        One sentence for each witness that does not come out; a witness that is declared and not
        kept, or kept and not declared, is left to `unkept`.
    """
    declared, kept = module.witnesses(scale), read(folder)
    found = []
    with shortened(module, declared):
        for witness in kept:
            config = witness["config"]
            if config not in declared.configs or config | (where or {}) != config:
                continue
            if said := compared(declared, witness, module.run(**config)):
                found.append(said)
                if first:
                    break
    return found


def compared(declared: Witnesses, witness: dict[str, Any], measured: dict[str, Any]) -> str:
    """A sentence on the measures of a witness that are others than they were; empty if none is."""
    before = witness["measured"]
    if before.keys() != measured.keys():
        return f"{witness['config']}: it measures other things: {sorted(before.keys() ^ measured.keys())}"
    others = [name for name in before if declared.departs(name, before[name], measured[name])]
    if not others:
        return ""
    return f"{witness['config']}: " + ", ".join(
        f"{name} is {measured[name]}, was {before[name]}" for name in others
    )


def unkept(module: ModuleType, scale: str, folder: Path) -> list[Config]:
    """The configurations that are declared and not kept, and those that are kept and not declared."""
    kept = [witness["config"] for witness in read(folder)]
    declared = module.witnesses(scale).configs
    return [c for c in declared if c not in kept] + [c for c in kept if c not in declared]


def check(module: ModuleType, scale: str, folder: Path) -> None:
    """See that the witnesses kept of an experiment's present recipe come out.

    Raises
    ------
    WitnessError
        If one does not; says what to do.
    """
    recipe = None
    if (folder / "SOURCE.json").is_file():
        recipe = json.loads(sealing.sealed(folder.name, folder, "SOURCE.json")).get("recipe")
    if recipe == recipe_of(module) and (others := departures(module, scale, folder)):
        raise WitnessError(
            f"the code makes other numbers than those of {folder}:\n" + "\n".join(others) + "\n"
            f"if they are meant to change, let {module.__name__} say RECIPE = {recipe + 1}; if not, mend the code"
        )


def write(module: ModuleType, scale: str, folder: Path) -> int:
    """Run the witnesses of an experiment and keep what they measured; returns how many there are."""
    declared, lines = module.witnesses(scale), []
    with shortened(module, declared):
        for config in declared.configs:
            lines.append(json.dumps({"config": config, "measured": module.run(**config)}, allow_nan=False))
    repository.write_atomically(folder / NAME, "[\n" + ",\n".join(lines) + "\n]\n")
    sealing.seal(folder, NAME)
    return len(lines)


def problem(slug: str) -> str:
    """Why today's code does not make a table, and what to do; empty if its witnesses come out."""
    about, folder = loading.source(slug), loading.folders()[slug]
    module = importlib.import_module(about["module"])
    anew = f"make data/runs/{slug} anew: {command_of(about['module'], about['scale'])}"
    if about["recipe"] != recipe_of(module):
        return f"the table is of recipe {about['recipe']}, the code of {recipe_of(module)}: {anew}"
    if others := unkept(module, about["scale"], folder):
        return f"no witness of {others[0]} is kept: python -m scalinglaws.sweeps.witness {slug}"
    if others := departures(module, about["scale"], folder):
        return "\n".join([*others, f"mend the code, or raise RECIPE of {module.__name__} and {anew}"])
    return ""


def main() -> None:
    """Keep the witnesses that tables of runs lack."""
    parser = argparse.ArgumentParser(prog="python -m scalinglaws.sweeps.witness", description=main.__doc__)
    parser.add_argument("slugs", nargs="+", metavar="SLUG", help="a folder of data/runs")
    for slug in parser.parse_args().slugs:
        try:
            about, folder = loading.source(slug), loading.folders()[slug]
            module = importlib.import_module(about["module"])
            check(module, about["scale"], folder)
            print(f"{slug}: {write(module, about['scale'], folder)} witnesses")
        except (WitnessError, schema.TableError) as error:
            sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
