"""Searches that are remembered: the same formula on the same numbers, asked again, has the same optimum.

A notebook that is broken again and again fits most of its tables many times over, since a mutation
changes one of them. So the cell that is injected before calls `remember`, which keeps what a search has
found by all that defines it: the formula's code, every number, the loss, bounds, starts and seed. Checks
of what a fit is given, its warnings and its judgement are made each time. Nothing else calls it.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from importlib import import_module
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from scalinglaws.fitting.problem import Problem

#: How many searches are kept, the last ones.
MOST = 1000
#: Where the searches stand: of a fit, of resamples, and of redrawn sets of y.
SEARCHES = tuple(
    (import_module(f"scalinglaws.fitting.{module}"), search)
    for module, search in (("estimate", "searched"), ("refits", "optima"), ("redrawn", "optima"))
)
#: Packages whose formulas rest on nothing that a notebook changes.
OURS = ("scalinglaws", "replications")


def remember() -> None:
    """Remember searches in this process from now on."""
    for module, name in SEARCHES:
        search = getattr(module, name)
        if not hasattr(search, "kept"):
            setattr(module, name, remembering(search))


def remembering(search: Callable[..., Any]) -> Callable[..., Any]:
    """A search of a problem that gives what it gave before, where all that it depends on is the same."""
    kept: OrderedDict[Hashable, Any] = OrderedDict()

    def found(problem: Problem, *more: Any) -> Any:
        known = told(problem)
        if known is None:
            return search(problem, *more)
        key = known, frozen(more)
        if key not in kept:
            kept[key] = search(problem, *more)
            if len(kept) > MOST:
                kept.popitem(last=False)
        return kept[key]

    found.kept = kept
    return found


def told(problem: Problem) -> Hashable | None:
    """Key under which a search is remembered; None if the formula may read globals, which a mutation may change."""
    law = problem.law
    formulas = [code_of(f) for f in (law.function, law.derivatives, law.curvatures) if f is not None]
    if None in formulas or law.labels or law.ties:
        return None
    numbers = hashlib.blake2b()
    for values in (*problem.columns, problem.y, problem.weights):
        numbers.update(f"{values.dtype} {values.shape} ".encode() + np.ascontiguousarray(values).tobytes())
    plain = law.columns, law.parameters, law.linear, law.positive, law.analytic, law.bounds
    options = problem.loss, problem.residual, problem.fixed, problem.bounds
    given = law.derivatives is None, law.curvatures is None
    return (*formulas, given, frozen(plain), frozen(options), numbers.digest())


def frozen(value: Any) -> Hashable:
    """Mappings, sequences, arrays and what they hold as something that can be a key."""
    if isinstance(value, Mapping):
        return tuple((key, frozen(value[key])) for key in sorted(value))
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return tuple(map(frozen, value)) if isinstance(value, list | tuple) else value


def code_of(function: Any) -> CodeType | None:
    """The code of a formula; None where it may rest on more than its arguments and on modules.

    A formula of a notebook may read other names of it, which a mutation changes.
    """
    if not isinstance(function, FunctionType) or function.__closure__ or function.__defaults__:
        return None
    code = function.__code__
    if function.__kwdefaults__ or any(isinstance(part, CodeType) for part in code.co_consts):
        return None
    if function.__module__.partition(".")[0] in OURS:
        return code
    read = [function.__globals__[name] for name in code.co_names if name in function.__globals__]
    return code if all(isinstance(value, ModuleType) for value in read) else None
