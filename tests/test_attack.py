"""The attacks of `make attack`, for a minute: everything that is tried is survived."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ATTACK = Path(__file__).parent / "attack"


@pytest.fixture
def driver(monkeypatch):
    """The driver as a module."""
    spec = spec_from_file_location("attack_driver", ATTACK / "__main__.py")
    spec.loader.exec_module(module := module_from_spec(spec))
    return module


def test_a_minute_of_attacks_is_survived(driver, record_property):
    done = subprocess.run(
        [sys.executable, str(ATTACK), "--minutes", "1"], capture_output=True, text=True, timeout=900
    )
    record_property("attacks", done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^(\w+) +(\w.*?) +([\d,]+) +([\d,]+)$", done.stdout, re.MULTILINE)
    assert {name for name, *_ in rows} == set(driver.names())
    assert all(tries == survived != "0" for _, _, tries, survived in rows)


def test_what_is_not_survived_is_counted_and_named_and_stops_no_other(driver, tmp_path, monkeypatch):
    (tmp_path / "bad.py").write_text("def attack(rng, seconds):\n    raise AssertionError('a row is gone')\n")
    (tmp_path / "good.py").write_text(
        "def attack(rng, seconds):\n    return {'kill': rng.randrange(9), 'flip': 2}\n"
    )
    (tmp_path / "__main__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(driver, "HERE", tmp_path)
    assert driver.names() == ["bad", "good"]
    survived, failures = driver.attacked(["bad", "good"], 240.0, 5)  # two turns each
    kills = [random.Random(f"good {seed}").randrange(9) for seed in (5, 6)]
    assert survived == {("good", "kill"): sum(kills), ("good", "flip"): 4}
    assert failures == [f"bad, --seed {seed}: AssertionError: a row is gone" for seed in (5, 6)]
    lines = driver.table(survived, failures).splitlines()
    assert lines[-3].split() == ["all", str(6 + sum(kills)), str(4 + sum(kills))]
    assert lines[3].split() == ["bad", "NOT", "SURVIVED", "1", "0"] and lines[-2:] == failures
