"""Random damage to checkpoints: whatever is done to the file, a resumed run gives the numbers of one that was never stopped."""

from __future__ import annotations

import random
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from _tries import counted

from scalinglaws.training.classifiers import mlp
from scalinglaws.training.loop import TrainConfig, examples, train

CONFIG = TrainConfig(steps=4, lr=1e-2, warmup=2)


def flip(content: bytearray, rng: random.Random) -> None:
    """One bit the other way."""
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def cut(content: bytearray, rng: random.Random) -> None:
    """The end lost, as on a full disk."""
    del content[rng.randrange(len(content)) :]


def blank(content: bytearray, rng: random.Random) -> None:
    """A block of zeros, as after a power cut."""
    start = rng.randrange(len(content))
    end = min(len(content), start + 512)
    content[start:end] = bytes(end - start)


def stretch(content: bytearray, rng: random.Random) -> None:
    """Bytes too many at the end."""
    content += rng.randbytes(rng.randrange(1, 64))


Damage = Callable[[bytearray, random.Random], None]
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
    weights = torch.cat([p.detach().flatten() for p in model.parameters()])
    return run.losses, run.lrs, run.evals, weights.tolist()


def once(path: Path, content: bytes, right: tuple) -> None:
    """Resume from a damaged file: it is kept, that is said, and the run is made anew to the right numbers."""
    path.write_bytes(content)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = trained(path)
    assert found == right, "a damaged checkpoint resumed to other numbers"
    assert any("damaged" in str(one.message) for one in said), "that a checkpoint is damaged was not said"
    others = [other for other in path.parent.iterdir() if other != path]
    assert any(other.read_bytes() == content for other in others), "a damaged checkpoint was not kept"


def attack(
    rng: random.Random, seconds: float, tries: int = 1, damage: Sequence[Damage] = DAMAGE
) -> dict[str, int]:
    """Damage checkpoints and resume from each, for some seconds and some times at least.

    Returns
    -------
    dict
        Kind of damage -> tries, each of which was survived. Such as puts zeros for zeros does not count.

    Raises
    ------
    AssertionError
        At the first that was not.
    """
    right = trained(None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.ckpt")
        trained(path, killed_at=rng.randrange(3, CONFIG.steps))
        whole = path.read_bytes()

        def one() -> Iterator[str]:
            for left in Path(folder).iterdir():
                left.unlink()
            content, how = bytearray(whole), rng.choice(damage)
            how(content, rng)
            if content != whole:
                once(path, bytes(content), right)
                yield how.__name__

        return counted(one, seconds, tries)
