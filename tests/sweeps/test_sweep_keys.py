"""What a run is known by: its configuration, the code of its project, its data, its device."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import sweep_toys as toys
from sweeping import GRID

from scalinglaws.sweeps import imports, keys
from scalinglaws.sweeps.loaded import older_than_file
from scalinglaws.sweeps.sweep import sweep
from scalinglaws.tables import loading


def test_a_configuration_has_one_key():
    rests_on = keys.code_and_data_hash(toys.run)
    one = keys.key({"x": 1, "y": (1, 2.5), "z": None}, rests_on)
    for other in (
        {"z": None, "y": [1.0, 2.5], "x": 1.0},
        {"x": np.int64(1), "y": np.array([1, 2.5]), "z": None},
        {"x": np.float32(1), "y": [np.int8(1), np.float64(2.5)], "z": None},
    ):
        assert keys.key(other, rests_on) == one
    others = [
        {"x": 2, "y": (1, 2.5), "z": None},
        {"x": "1", "y": (1, 2.5), "z": None},
        {"x": True, "y": (1, 2.5), "z": None},
        {"x": 1, "y": (2.5, 1), "z": None},
        {"x": 1, "y": (1, 2.5)},
    ]
    assert len({keys.key(other, rests_on) for other in others} | {one}) == 6
    assert keys.key(GRID[0], rests_on) != keys.key(GRID[0], keys.code_and_data_hash(toys.cost))
    assert keys.code_and_data_hash(toys.run, data="other") != rests_on


@pytest.mark.parametrize("value", [float("nan"), np.inf, object(), {1, 2}, b"x"])
def test_odd_configurations_are_refused(value):
    with pytest.raises((TypeError, ValueError), match="configuration"):
        keys.canonical({"x": value})


def test_keys_agree_between_interpreters(repository):
    code = (
        "from scalinglaws.sweeps import keys; import sweep_toys as t; "
        "print(keys.key({'b': 1, 'a': 'x'}, keys.code_and_data_hash(t.run)))"
    )
    path = os.pathsep.join([str(repository / "tests" / "sweeps"), os.environ.get("PYTHONPATH", "")])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "1", "random")
    ]
    found = {process.communicate()[0].strip() for process in processes}
    assert found == {keys.key({"a": "x", "b": 1}, keys.code_and_data_hash(toys.run))}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of our name in which code can be edited, and a function outside that uses it."""
    folder = tmp_path / "scalinglaws"
    folder.mkdir()
    files = {
        "__init__.py": "from scalinglaws.inner import thing\n",
        "inner.py": "from scalinglaws.deep import other\n\ndef thing():\n    return other() + 1\n",
        "deep.py": '"""Deep."""\n\ndef other():\n    return 1\n',
        "unused.py": "x = 1\n",
        "sweep.py": "x = 1\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    source = "from scalinglaws import thing\nfrom scalinglaws.tables.loading import load\n\n\ndef run(x):\n"
    (tmp_path / "outside.py").write_text(f'{source}    return {{"y": thing() + len(load("some"))}}\n')
    monkeypatch.setattr(keys, "PACKAGE", folder)
    monkeypatch.setattr(keys, "BOOKKEEPING", {folder / "__init__.py", folder / "sweep.py"})
    monkeypatch.setattr(loading, "folders", lambda: {"some": tmp_path})
    hashes = {"some": "1"}
    monkeypatch.setattr(loading, "source", lambda slug: {"sha256": hashes[slug]})
    module = type(sys)("outside")
    module.__file__ = str(tmp_path / "outside.py")
    monkeypatch.setitem(sys.modules, "outside", module)
    namespace = {"__name__": "outside"}
    exec("def run(x): ...", namespace)
    module.run = namespace["run"]
    return tmp_path, module.run, hashes


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("outside.py", "thing() +", "thing() -", True),
        ("scalinglaws/inner.py", "+ 1", "+ 2", True),  # by a name that the top of the package offers
        ("scalinglaws/deep.py", "return 1", "return 2", True),
        ("scalinglaws/deep.py", "return 1", "return 1  # one", False),
        ("scalinglaws/deep.py", "Deep", "Deeper", False),
        ("scalinglaws/unused.py", "1", "2", False),
        ("scalinglaws/sweep.py", "1", "2", False),
    ],
)
def test_a_key_changes_with_the_code_that_counts(package, file, old, new, changes):
    folder, run, _ = package
    before = keys.code_and_data_hash(run)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    assert (keys.code_and_data_hash(run) != before) == changes


def test_a_key_changes_with_the_data(package):
    _, run, hashes = package
    before = keys.code_and_data_hash(run)
    hashes["some"] = "2"
    assert keys.code_and_data_hash(run) != before


def test_functions_that_no_worker_could_import_are_refused(tmp_path):
    def nested(x):
        return {}

    for fn in (nested, lambda x: {}):
        with pytest.raises(ValueError, match="top level of a module"):
            sweep(fn, [{"x": 1}], store=tmp_path / "s.sqlite")


def test_code_edited_since_it_was_loaded_is_not_run(tmp_path, monkeypatch, here):
    path = tmp_path / "edited.py"
    path.write_text("def run(x):\n    return {'y': 1}\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("edited")
    path.write_text("def run(x):\n    return {'y': 2}\n")
    os.utime(path, (1, 1))  # whatever the clock says
    with pytest.raises(
        RuntimeError, match=r"edited.py was edited after this process had loaded it, where run is"
    ):
        sweep(module.run, [{"x": 1}], store=tmp_path / "s.sqlite", executor=here)
    path.write_text("# A remark.\ndef run(x):\n    return {'y': 1}\n")
    assert sweep(module.run, [{"x": 1}], store=tmp_path / "s.sqlite", executor=here)["y"].tolist() == [1]
    # A worker that has other code says so by the hash.
    path.write_text("def run(x):\n    return {'y': 2}\n")
    with pytest.raises(RuntimeError, match="other code or data"):
        sweep(module.run, [{"x": 1}], store=tmp_path / "s.sqlite", executor=here)


def test_a_file_dated_in_the_future_is_a_file_like_any_other(tmp_path, monkeypatch, here):
    path = tmp_path / "tomorrow.py"
    path.write_text("def run(x):\n    return {'y': 1}\n")
    os.utime(path, (time.time() + 1e6,) * 2)
    monkeypatch.syspath_prepend(tmp_path)
    run = importlib.import_module("tomorrow").run
    assert sweep(run, [{"x": 1}], store=tmp_path / "s.sqlite", executor=here)["y"].tolist() == [1]


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("LIMIT = 1", "LIMIT = 2", "LIMIT"),
        ("y=1", "y=2", "default"),
        ("y: int = 3", "y: int = 4", "Thing"),
        ("x + 1", "x + 2", "Thing.method"),
        ("'a'", "'b'", "decorated"),
        ("-1", "1", "run"),
        ("LIMIT = 1", "LIMIT = 1  # a remark", None),
        ('"""Nothing."""', '"""Nothing at all."""', None),
    ],
)
def test_whatever_is_older_than_its_file_is_found(tmp_path, monkeypatch, old, new, name):
    text = '''"""Nothing."""
import functools
LIMIT = 1
def default(x, y=1): return x
class Thing:
    y: int = 3
    def method(self, x): return x + 1
@functools.lru_cache
def decorated(): return 'a'
def run(x): return [-1 for _ in range(x)]
'''
    path = tmp_path / "old.py"
    path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "old", raising=False)
    module = importlib.import_module("old")
    assert older_than_file(module, imports.read("old", path)) is None
    path.write_text(text.replace(old, new))
    found = older_than_file(module, imports.read("old", path))
    assert found == name or (name == "Thing" and found == "y"), found
