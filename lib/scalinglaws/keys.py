"""What a result rests on: its configuration, our code and the tables it loads; and the hash of these."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from scalinglaws import tables

PACKAGE = Path(__file__).resolve().parent
#: Files that do not change what a run computes.
BOOKKEEPING = {
    PACKAGE / name
    for name in (
        "__init__.py",
        "experiments/__init__.py",
        "keys.py",
        "machine.py",
        "store.py",
        "sweep.py",
        "tables.py",
        "witness.py",
        "worker.py",
    )
}

#: What a module says of its table and not of its runs: what it is called, which runs are asked for, in which order.
OF_THE_TABLE = {"SLUG", "SLUG_CI", "TITLE", "RECIPE", "TEXT", "grid", "cost", "witnesses"}


def imported(tree: ast.Module) -> Iterator[str]:
    """Full names of what a file imports from this package, at any depth of the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "scalinglaws":
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("scalinglaws."))


def shorthand() -> dict[str, str]:
    """Names that the package's top offers, each with the module that it comes from."""
    top = PACKAGE / "__init__.py"
    tree = ast.parse(top.read_text(encoding="utf-8") if top.is_file() else "")
    # They are imported when they are asked for; a block that only type checkers read says from where.
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {f"scalinglaws.{alias.name}": node.module for node in froms for alias in node.names}


def modules_of(path: Path) -> dict[Path, ast.Module]:
    """The files of this package that a file imports in any number of steps, itself included, parsed."""
    found, todo, origin = {}, [path], shorthand()
    while todo:
        file = todo.pop()
        if file in found or file in BOOKKEEPING or not file.is_file():
            continue
        found[file] = ast.parse(file.read_text(encoding="utf-8"))
        for name in imported(found[file]):
            place = PACKAGE.joinpath(*origin.get(name, name).split(".")[1:])
            todo += [place.with_suffix(".py"), place / "__init__.py"]
    return dict(sorted(found.items()))


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is a bare string, such as a docstring."""
    return isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str)


def names_of(node: ast.stmt) -> set[str]:
    """The names that a statement of a module defines by `def`, `class` or a plain assignment."""
    targets = [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]
    return {*targets, getattr(node, "name", "")} - {""}


def of_the_runs(tree: ast.Module) -> list[ast.stmt]:
    """The statements of a module but for those on its table, unless another statement uses their names."""
    apart = [node for node in tree.body if names_of(node) & OF_THE_TABLE]
    rest = [node for node in tree.body if node not in apart]
    used = {node.id for part in rest for node in ast.walk(part) if isinstance(node, ast.Name)}
    return [node for node in tree.body if node in rest or names_of(node) & used]


def dumped(tree: ast.Module) -> str:
    """A syntax tree as text, the same under every version of Python for what all of them can read."""
    more = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    return ast.dump(tree, **more).replace(", type_params=[]", "")


def code_hash(module: ModuleType) -> str:
    """Hash of the code that a run's numbers rest on.

    Comments, docstrings and layout do not count, nor does what the module itself says of its
    table (`OF_THE_TABLE`): a grid may grow or be cut without making all anew.
    """
    digest, own = hashlib.sha256(), Path(module.__file__).resolve()
    for path, tree in modules_of(own).items():
        if path == own:
            tree.body = of_the_runs(tree)
        name = path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else path.name
        digest.update(name.encode())
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and is_text(body[0]):
                body[0].value.value = ""
        digest.update(dumped(tree).encode())
    return digest.hexdigest()


def data_hashes(module: ModuleType) -> dict[str, str]:
    """Slug -> sha256 of each table that the module, or one it imports, names in a call `load("slug")`."""
    named = set()
    for tree in modules_of(Path(module.__file__).resolve()).values():
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Name("load") | ast.Attribute(attr="load"), args=[ast.Constant(slug), *_]
                ):
                    named.add(slug)
    return {slug: tables.source(slug)["sha256"] for slug in sorted(named & tables.folders().keys())}


def home(fn: Callable) -> ModuleType:
    """The module that a run function lives in.

    Raises
    ------
    ValueError
        If another process could not import the function: a lambda, a nested function,
        or one defined in a notebook.
    """
    module = inspect.getmodule(fn)
    name = getattr(fn, "__qualname__", repr(fn))
    if getattr(module, "__file__", None) is None or getattr(module, name, None) is not fn:
        raise ValueError(f"{name} cannot be imported by a worker: define it at the top level of a module")
    return module


def foundation(fn: Callable, data: str = "") -> str:
    """Hash of all that a function's results rest on besides the configuration.

    Parameters
    ----------
    fn
        A function at the top level of a module.
    data
        What else the results rest on, such as the hash of a file that `fn` reads by itself.
    """
    module = home(fn)
    parts = [fn.__qualname__, code_hash(module), data_hashes(module), data]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def canonical(value: Any) -> Any:
    """A configuration in one form only: 1, 1.0 and np.int64(1) are equal, order does not count.

    Raises
    ------
    TypeError, ValueError
        If it holds anything but text, finite numbers, booleans, None, and lists or dicts of these.
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(name): canonical(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"a configuration holds {value}")
        return int(value) if value.is_integer() else value
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"a configuration holds {value!r}: plain values only")


def key(config: dict[str, Any], rests_on: str) -> str:
    """The key of one run in a store: the hash of its configuration and its foundation."""
    text = json.dumps([rests_on, canonical(config)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
