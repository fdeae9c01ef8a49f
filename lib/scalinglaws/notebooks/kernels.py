"""Other processors, played by this one: kernels that round otherwise, and the proof that they do.

BLAS, numpy and torch choose their kernels by the processor; each has a variable that makes it
take those of an older one. A setting counts as evidence only if a probe, in a process of its own,
gives other bits under it than without.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from scalinglaws.errors import UserError

#: Variable -> what it is of, and what it may be set to, the oldest first.
CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "OPENBLAS_CORETYPE": ("OpenBLAS", ("Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX")),
    "ATEN_CPU_CAPABILITY": ("torch", ("default", "avx2", "avx512")),
    "ONEDNN_MAX_CPU_ISA": ("oneDNN", ("SSE41", "AVX", "AVX2", "AVX512_CORE")),
    "MKL_CBWR": ("MKL", ("COMPATIBLE", "AVX2", "AVX512")),
}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
PROBE = "import json; from scalinglaws.notebooks.kernels import probe; print(json.dumps(probe()))"


class KernelError(UserError):
    """A probe that proves nothing, with what to do."""


@dataclass(frozen=True)
class Setting:
    """Kernels to take: a name for people, and the variables that ask for them."""

    name: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Evidence:
    """What a setting does to the probe.

    Attributes
    ----------
    setting
        The setting.
    moved
        The parts of the probe that have other bits than without the setting.
    why_not
        Why the setting is no evidence; empty if it is.
    """

    setting: Setting
    moved: tuple[str, ...]
    why_not: str = ""


def numpy_features() -> list[str]:
    """The kernels numpy would choose on this processor above its baseline, the oldest first."""
    from numpy._core import _multiarray_umath as core

    return [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]


def settings(features: Iterable[str] | None = None) -> list[Setting]:
    """Every setting there is to try; the probe says which of them this processor supports.

    Parameters
    ----------
    features
        What numpy may be told to leave alone; by default what it would use here. Each is
        switched off together with all newer ones, as on a processor that lacks it.
    """
    found = [
        Setting(f"{of} {choice}", {variable: choice})
        for variable, (of, choices) in CHOICES.items()
        for choice in choices
    ]
    known = list(numpy_features() if features is None else features)
    for place, name in enumerate(known):
        found.append(Setting(f"numpy without {name}", {"NPY_DISABLE_CPU_FEATURES": " ".join(known[place:])}))
    return found


def probe() -> dict[str, str]:
    """Small computations, each as a hash of its bits: what the kernels of this process do."""
    from scipy import linalg

    values = np.random.default_rng(0).random((2, 150, 150))
    square, other = values
    single = square.astype(np.float32)
    parts = {
        "numpy": [f(x) for f in (np.exp, np.log, np.sin, np.tanh, np.sum, np.std) for x in (square, single)],
        "BLAS of numpy": [square @ other, single @ single.T, square @ other[0], np.linalg.svd(square)[1]],
        "BLAS of scipy": [linalg.solve(square, other), linalg.lstsq(square[:, :9], other)[0]],
    }
    try:
        import torch
    except ImportError:
        return {name: digest(arrays) for name, arrays in parts.items()}
    one, two = (torch.from_numpy(x.astype(np.float32)) for x in values)
    signal = one[None], two[:, None, :9].contiguous()
    parts["torch"] = [f(one).numpy() for f in (torch.exp, torch.tanh, torch.erf)] + [
        torch.softmax(one, 1).numpy(),
        one.sum(0).numpy(),
    ]
    parts["matrices of torch"] = [(one @ two).numpy(), torch.nn.functional.linear(one, two, two[0]).numpy()]
    parts["convolutions of torch"] = [
        torch.nn.functional.conv1d(signal[0], signal[1][:, :, :3].expand(-1, 150, -1)).numpy()
    ]
    return {name: digest(arrays) for name, arrays in parts.items()}


def digest(arrays: Iterable[np.ndarray]) -> str:
    """sha256 of the bits of arrays, in hex."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def probed(variables: Mapping[str, str]) -> dict[str, str] | None:
    """The probe's hashes in a fresh process under some variables; None if the process dies of them."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        env=os.environ | ONE_THREAD | dict(variables),
    )
    return None if done.returncode else json.loads(done.stdout.splitlines()[-1])


def evidence(tried: Iterable[Setting]) -> list[Evidence]:
    """Which settings move bits on this processor, and where; of those with equal bits the first.

    Raises
    ------
    KernelError
        If the probe fails, or wavers, without any setting: then it can prove nothing.
    """
    plain = probed({})
    if plain is None:
        raise KernelError("the probe of the kernels does not run: is numpy, scipy and torch whole?")
    if probed({}) != plain:
        raise KernelError("the probe of the kernels gives other bits each time: no setting can be shown to")
    seen: dict[str, str] = {}
    found = []
    for setting in tried:
        hashes = probed(setting.variables)
        if hashes is None:
            found.append(Evidence(setting, (), "not on this processor: the process dies"))
            continue
        moved = tuple(part for part in plain if hashes[part] != plain[part])
        twin = seen.setdefault(json.dumps(hashes, sort_keys=True), setting.name)
        if not moved:
            found.append(Evidence(setting, (), "no other bits"))
        elif twin != setting.name:
            found.append(Evidence(setting, moved, f"the same bits as {twin}"))
        else:
            found.append(Evidence(setting, moved))
    return found
