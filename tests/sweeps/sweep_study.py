"""Studies as a person writes them, swept by the tests in processes of their own."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from scalinglaws import machine, repository
from scalinglaws.sweeps import store
from scalinglaws.sweeps.sweep import sweep
from scalinglaws.tables import loading


def study(folder: str, name: str, answer: str, device: str, values: dict[str, float]) -> None:
    """Sweep a study of a person's own: write what its run gives, how many runs that took, and warnings.

    Where runs train is given, and for each table its only value.
    """
    os.chdir(folder)
    os.environ["DEVICE"] = device
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True  # it would outlive an edit within the same second
    machine.device, repository.data_folder = lambda: device, lambda: Path(folder, "data")
    for slug, value in values.items():
        about = {"title": slug, "columns": {"v": {"unit": "1", "about": "a value", "min": 0, "max": 10}}}
        loading.save(Path("data", "runs", slug), pd.DataFrame({"v": [value]}), about)
    path = Path("s.sqlite")
    with (
        open(answer, "w") as file,
        contextlib.redirect_stderr(file),
        ThreadPoolExecutor(1) as executor,
        warnings.catch_warnings(record=True) as said,
    ):
        warnings.simplefilter("always")
        before = len(store.read(path))
        table = sweep(importlib.import_module(name).run, [{"x": 1}], store=path, executor=executor)
        if table["run_status"][0] != "done":
            raise RuntimeError(table["run_traceback"][0])
        print(
            table["y"][0], len(store.read(path)) - before, *(one.message for one in said), sep="\n", file=file
        )
