"""Attacks on data: flipped bits and cut-off files, in tables and in compressed files that training reads."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from _tries import counted

from scalinglaws import repository
from scalinglaws.tables import loading, schema, sealing, upstream
from scalinglaws.training.arrays import File, contents

TEXT = b"".join(b"line %d of a text\n" % k for k in range(3000))


def damaged(rng: random.Random, whole: bytes) -> tuple[str, bytes]:
    """The bytes with one bit flipped, or cut off somewhere; and which of the two."""
    place = rng.randrange(len(whole))
    if rng.random() < 0.5:
        return "cut off", whole[:place]
    return "flipped bit", whole[:place] + bytes([whole[place] ^ 1 << rng.randrange(8)]) + whole[place + 1 :]


def on_a_table(rng: random.Random, data: Path) -> str:
    """Damage a file of a table: it is refused with a TableError, and nothing else."""
    folder = rng.choice(sorted(path.parent for path in data.glob("*/*/SOURCE.json")))
    path = folder / rng.choice(["SHA256SUMS", *sealing.vouched(folder)])
    whole = path.read_bytes()
    how, content = damaged(rng, whole)
    path.write_bytes(content)
    try:
        loading.verify(folder.name)
    except schema.TableError:
        return f"{how}, {path.name}"
    finally:
        path.write_bytes(whole)
    # The line break at the end of SHA256SUMS says nothing.
    assert content == whole[:-1] and path.name == "SHA256SUMS", f"{path} was {how} at no cost"
    return f"{how}, {path.name}"


def on_an_archive(rng: random.Random, mirror: Path) -> str:
    """Damage a compressed file: a TableError, or the published text; with a hash of it always an error."""
    name = rng.choice(["a.gz", "a.xz"])
    whole = gzip.compress(TEXT, mtime=0) if name == "a.gz" else lzma.compress(TEXT)
    hashed = rng.random() < 0.5
    held = hashlib.sha256(whole).hexdigest() if hashed else ""
    how, content = damaged(rng, whole)
    (mirror / name).write_bytes(content)
    file = File(name, hashlib.sha256(TEXT).hexdigest(), held=held, n_bytes=len(TEXT))
    try:
        found = contents(file)
    except schema.TableError:
        return f"{how}, {name}"
    assert found == TEXT and not hashed, f"{name} was {how} at no cost"
    return f"{how}, {name}"


def attack(rng: random.Random, seconds: float) -> dict[str, int]:
    """Damage data for some seconds.

    Returns
    -------
    dict
        Kind of damage -> tries, each of which was survived.

    Raises
    ------
    AssertionError
        At the first that was not: data that was damaged and loaded all the same.
    """
    with tempfile.TemporaryDirectory() as place:
        data, mirror = Path(place) / "data", Path(place) / "mirror"
        shutil.copytree(repository.data_folder(), data)
        mirror.mkdir()
        with (
            mock.patch.object(repository, "data_folder", lambda: data),
            mock.patch.dict(os.environ, {upstream.MIRROR_VARIABLE: str(mirror)}),
        ):

            def one() -> Iterator[str]:
                yield on_a_table(rng, data) if rng.random() < 0.7 else on_an_archive(rng, mirror)

            return counted(one, seconds)
