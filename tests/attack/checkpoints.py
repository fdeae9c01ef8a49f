"""Random damage to checkpoints: whatever is done to the file, a resumed run gives the numbers of one that was never stopped."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from scalinglaws.models import mlp
from scalinglaws.training import TrainConfig, examples, train

CONFIG = TrainConfig(steps=4, lr=1e-2, warmup=2, ema=0.9)


def flip(content: bytearray, rng: np.random.Generator) -> None:
    """One bit the other way."""
    content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))


def cut(content: bytearray, rng: np.random.Generator) -> None:
    """The end lost, as on a full disk."""
    del content[rng.integers(len(content)) :]


def blank(content: bytearray, rng: np.random.Generator) -> None:
    """A block of zeros, as after a power cut."""
    start = int(rng.integers(len(content)))
    end = min(len(content), start + 512)
    content[start:end] = bytes(end - start)


def stretch(content: bytearray, rng: np.random.Generator) -> None:
    """Bytes too many at the end."""
    content += rng.bytes(int(rng.integers(1, 64)))


Damage = Callable[[bytearray, np.random.Generator], None]
DAMAGE: Sequence[Damage] = (flip, flip, flip, cut, blank, stretch)


def trained(checkpoint: Path | None, killed_at: int = -1) -> tuple | None:
    """A small run, from its checkpoint if there is one: all its numbers; None if it was killed."""
    torch.set_num_threads(1)
    x = torch.linspace(-1, 1, 160).sin().view(32, 5)
    source, y = examples(x, torch.arange(32) % 3, 8, CONFIG.steps, 0), torch.arange(32) % 3

    def given(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        if step == killed_at:
            raise KeyboardInterrupt
        return source(step)

    model = mlp((5, 4, 3), 0)
    every = 2 if killed_at >= 0 else 0
    try:
        run = train(model, given, CONFIG, held_out=(x, y), checkpoint=checkpoint, checkpoint_every=every)
    except KeyboardInterrupt:
        return None
    weights = torch.cat([p.detach().flatten() for p in (*model.parameters(), *run.ema.parameters())])
    return run.losses, run.lrs, run.evals, weights.tolist()


def attack(
    rng: np.random.Generator, seconds: float = 0.0, tries: int = 1, damage: Sequence[Damage] = DAMAGE
) -> dict[str, int]:
    """Damage checkpoints and resume from each, for some seconds and some times at least.

    Returns
    -------
    dict
        Counts: `tries`; `set aside`, damage noticed, said and trained anew to the right numbers;
        `same`, a file that was not changed, such as zeros put for zeros; and what may not be,
        `wrong numbers` and `raw errors`.
    """
    counts = Counter(dict.fromkeys(("tries", "same", "set aside", "wrong numbers", "raw errors"), 0))
    right, until = trained(None), time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.ckpt")
        trained(path, killed_at=int(rng.integers(3, CONFIG.steps)))
        whole = path.read_bytes()
        while counts["tries"] < tries or time.monotonic() < until:
            for left in Path(folder).iterdir():
                left.unlink()
            content = bytearray(whole)
            damage[rng.integers(len(damage))](content, rng)
            path.write_bytes(content)
            counts["tries"] += 1
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                try:
                    found = trained(path)
                except Exception:
                    counts["raw errors"] += 1
                    continue
            kept = any(other.read_bytes() == content for other in Path(folder).iterdir() if other != path)
            told = any("damaged" in str(one.message) for one in said)
            if found != right or (content != whole and not (kept and told)):
                counts["wrong numbers"] += 1
            else:
                counts["same" if content == whole else "set aside"] += 1
    return dict(counts)


if __name__ == "__main__":
    print(attack(np.random.default_rng(0), 20.0))
