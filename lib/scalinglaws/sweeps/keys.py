"""What a result rests on: its configuration, the code of its project and the tables it loads; and the hash of these.

The code is every module of the run function's own project and of this package that it imports
in any number of steps, wherever the import stands. Installed packages do not count; the record
of a run names the versions of those that matter most.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from scalinglaws import machine
from scalinglaws.sweeps import imports
from scalinglaws.sweeps.imports import Source
from scalinglaws.tables import loading

PACKAGE = Path(__file__).resolve().parents[1]
#: Files that do not change what a run computes.
BOOKKEEPING = {
    PACKAGE / name
    for name in (
        "__init__.py",
        "machine.py",
        "repository.py",
        "sweeps/__init__.py",
        "sweeps/cluster.py",
        "sweeps/command.py",
        "sweeps/imports.py",
        "sweeps/interrupts.py",
        "sweeps/keys.py",
        "sweeps/loaded.py",
        "sweeps/pool.py",
        "sweeps/salvage.py",
        "sweeps/store.py",
        "sweeps/sweep.py",
        "sweeps/witness.py",
        "sweeps/worker.py",
        "tables/__init__.py",
        "tables/description.py",
        "tables/loading.py",
        "tables/sealing.py",
        "tables/upstream.py",
    )
}
# Claims are judged when the runs are done.
BOOKKEEPING |= set((PACKAGE / "claims").glob("*.py"))

#: What a module says of its table and not of its runs: what it is called, which runs are asked for, in which order.
OF_THE_TABLE = {"SLUG", "SLUG_CI", "TITLE", "RECIPE", "TEXT", "grid", "cost", "witnesses"}


#: What reads tables. A use that does not name one may read any.
READERS = {
    f"scalinglaws.tables.{name}"
    for name in (
        "loading.load",
        "loading.source",
        "loading.folders",
        "loading.folder_of",
        "sealing.sealed",
        "upstream.converter",
        "upstream.convert",
        "upstream.rebuild",
        "upstream.rebuilt",
    )
} | {
    "scalinglaws.repository.data_folder",
    # Handed on whole, a module may be asked for any of its names.
    "scalinglaws",
    "scalinglaws.repository",
    "scalinglaws.tables",
    "scalinglaws.tables.loading",
    "scalinglaws.tables.sealing",
    "scalinglaws.tables.upstream",
}


@dataclass(frozen=True)
class Code:
    """The code that a run function rests on.

    Parameters
    ----------
    files
        Its files, in an order that is the same on every machine.
    unknown
        What else may count and could not be found, in words.
    """

    files: tuple[Source, ...]
    unknown: tuple[str, ...] = ()


def shorthand() -> dict[str, str]:
    """Names that the package's top offers, each with the module that it comes from."""
    top = PACKAGE / "__init__.py"
    tree = ast.parse(top.read_text(encoding="utf-8") if top.is_file() else "")
    # They stand under `if TYPE_CHECKING`, since at run time each is imported when it is first asked for.
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    within = [node for node in froms if (node.module or "").split(".")[0] == "scalinglaws"]
    return {f"scalinglaws.{alias.name}": node.module for node in within for alias in node.names}


def ours(name: str, offered: dict[str, str]) -> list[tuple[str, Path]]:
    """The file of this package in which a name lies. Its `__init__.py` only import, and count for what is asked of them."""
    if name == "scalinglaws.*":
        return [file for one in offered for file in ours(one, offered)]
    place = PACKAGE.joinpath(*offered.get(name, name).split(".")[1:])
    return [(name, file) for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]


def own_name(module: ModuleType) -> str:
    """The full name of a module, also of one that was started as a program."""
    spec = getattr(module, "__spec__", None)
    return spec.name if spec else Path(module.__file__).stem


def label(source: Source) -> str:
    """What a file is called in the hash: the same on every machine."""
    inside = source.path.is_relative_to(PACKAGE)
    return source.path.relative_to(PACKAGE).as_posix() if inside else source.name


def code_of(module: ModuleType) -> Code:
    """The files of a module's project, and of this package, that it imports in any number of steps, itself included."""
    own, offered, installed = Path(module.__file__).resolve(), shorthand(), imports.libraries()
    home = imports.project(Source(own_name(module), own, b""))
    counted, unknown, todo = {}, [], [(own_name(module), own)]
    importlib.invalidate_caches()
    while todo:
        name, path = todo.pop()
        inside = path.is_relative_to(PACKAGE) or path == own or path.is_relative_to(home)
        if (
            path in counted
            or path in BOOKKEEPING
            or not (inside or not imports.is_installed(path, installed))
        ):
            continue
        if not path.is_file():
            unknown.append(f"{name} is not a file of its own ({path}): an edit of it is not noticed")
            continue
        source = counted[path] = imports.read(name, path)
        for wanted in source.imported():
            if wanted.split(".")[0] == "scalinglaws":
                todo += ours(wanted, offered)
            else:
                todo += imports.files_of(wanted.removesuffix(".*"), path)
        # A library module of this package may load others to describe them, never to compute with them.
        if source.loads_unnamed_code() and (path == own or not path.is_relative_to(PACKAGE)):
            beneath = imports.all_files(source)
            todo += beneath or []
            which = "what is not beneath" if beneath else "what is beneath"
            unknown.append(
                f"{path.name} loads code that it does not name: an edit of {which} {imports.project(source)} is not noticed"
            )
    files = sorted(counted.values(), key=lambda source: label(source).split("/"))
    return Code(tuple(files), tuple(sorted(unknown)))


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


def hash_of(code: Code, own: Path) -> str:
    """Hash of the code that a run's numbers rest on, of which one file is the run function's own.

    Comments, docstrings and layout do not count, nor does what that file says of its table
    (`OF_THE_TABLE`): a grid may grow or be cut without making all anew.
    """
    digest = hashlib.sha256()
    for source in code.files:
        digest.update(label(source).encode())
        if source.tree is None:
            digest.update(source.content)
            continue
        tree = ast.Module(of_the_runs(source.tree) if source.path == own else source.tree.body, [])
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and is_text(body[0]):
                body[0].value.value = ""  # in place: nobody else reads it
        digest.update(dumped(tree).encode())
    return digest.hexdigest()


def meanings(name: str, modules: dict[str, Source], offered: dict[str, str]) -> set[str]:
    """The full names that a name may stand for, followed through the modules that only hand it on."""
    found, todo = set(), [name]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        if name in offered:
            todo.append(f"{offered[name]}.{name.rpartition('.')[2]}")
        parts = name.split(".")
        for depth in range(len(parts) - 1, 0, -1):
            if source := modules.get(".".join(parts[:depth])):
                first, rest = parts[depth], parts[depth + 1 :]
                starts = [source.bindings[first]] if first in source.bindings else []
                starts = starts or [f"{star}.{first}" for star in source.stars]
                todo += [".".join([start, *rest]) for start in starts]
                break
    return found


def tables_named(code: Code) -> set[str] | None:
    """Slugs of the tables that the code may read; None if it does not name them, and may read any."""
    modules, offered = {source.name: source for source in code.files}, shorthand()
    named = set()
    for source in code.files:
        for name, text in source.uses:
            names = meanings(name, modules, offered)
            if source.stars:
                names |= meanings(f"{source.name}.{name}", modules, offered)
            if names & READERS:
                if text is None:
                    return None
                named.add(text)
    return named


def data_hashes(code: Code) -> dict[str, str]:
    """Slug -> sha256 of each table that the code may read."""
    named = tables_named(code)
    if named is not None and not named:
        return {}
    there = loading.folders().keys()
    return {
        slug: loading.source(slug)["sha256"] for slug in sorted(there if named is None else named & there)
    }


def module_of(fn: Callable) -> ModuleType:
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


def asks_for_device(fn: Callable, code: Code) -> bool:
    """Whether a function's module has a `device`, or its code (by `code_of`) asks `machine.device`."""
    modules, offered = {source.name: source for source in code.files}, shorthand()
    names = {name for source in code.files for name, _ in source.uses}
    return hasattr(module_of(fn), "device") or any(
        "scalinglaws.machine.device" in meanings(name, modules, offered) for name in names
    )


def device_used(fn: Callable) -> str:
    """Where the runs of a function train in this process, as a `device` of their module decides, else `machine.device`."""
    module = module_of(fn)
    return machine.device_of(module) if hasattr(module, "device") else machine.device()


def code_and_data_hash(fn: Callable, data: str = "", device: str = "", code: Code | None = None) -> str:
    """Hash of all that a function's results rest on besides the configuration.

    Parameters
    ----------
    fn
        A function at the top level of a module.
    data
        What else the results rest on, such as the hash of a file that `fn` reads by itself.
    device
        Where the runs train, by `device_used`.
    code
        Its code, by `code_of`, where somebody has looked at it just now.
    """
    module = module_of(fn)
    code = code or code_of(module)
    own = Path(module.__file__).resolve()
    parts = [fn.__qualname__, hash_of(code, own), data_hashes(code), data, device]
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
    """The key of one run in a store: the hash of its configuration and of what the run rests on."""
    text = json.dumps([rests_on, canonical(config)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
