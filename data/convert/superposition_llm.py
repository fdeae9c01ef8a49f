"""Losses of 27 language models on four corpora, read off the picture that the authors' notebook keeps."""

import base64
import io
import json

import numpy as np
import pandas as pd
from matplotlib.image import imread

from scalinglaws.tables.upstream import Upstream

#: Models of each family in the order in which they are drawn, with their width.
MODELS = {
    "opt": "125m 768 350m 1024 1.3b 2048 2.7b 2560 6.7b 4096 13b 5120 30b 7168 66b 9216",
    "qwen2.5": "0.5b 896 1.5b 1536 3b 2048 7b 3584 14b 5120 32b 5120 72b 8192",
    "gpt2": "small 768 medium 1024 large 1280 xl 1600",
    "pythia": "70m 512 160m 768 410m 1024 1b 2048 1.4b 2048 2.8b 2560 6.9b 4096 12b 5120",
}
FILLS = {
    "opt": (0x1F, 0x77, 0xB4),
    "qwen2.5": (0xFF, 0x7F, 0x0E),
    "gpt2": (0x2C, 0xA0, 0x2C),
    "pythia": (0xD6, 0x27, 0x28),
}
#: Row of the picture at which a corpus's marker of the narrowest model stands, with nothing near it; and its column.
ALONE, ALONE_AT = {"wikitext": 38, "c4": 56, "pile": 165, "bookcorpus": 26}, 515
#: Rows of the ticks at losses of 1.5, 2.0, ... 4.0; columns of the first and last tick, at these values of 1/m.
TICKS, FIRST, LAST = (364, 299, 233, 167, 102, 36), (99, 0.00025), (527, 0.002)
#: Half the size of a marker in pixels; rows between the frames; the cell of the picture.
HALF, TOP, BOTTOM, CELL = 5, 12, 378, 9
#: How far a channel of a pixel may be off, of 255; two levels are rounding.
NEAR = 8
SOURCE = {
    "title": "Losses of 27 language models of four families on four corpora, digitised",
    "paper": "Liu, Liu & Gore (2025), Superposition Yields Robust Neural Scaling",
    "arxiv": "2505.10465",
    "repository": "liuyz0/SuperpositionScaling",
    "commit": "35b08b012d2d0bc0391736658cb1ce7775c80e97",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "the picture that is kept as output of cell 9 of the released notebook: rows of all 108 markers such that "
    "they, drawn one over the other in the notebook's order, give every pixel of the picture; a row is 0.0076 of loss, so "
    "that the reading error is up to 0.004, and one common to all points as large again. Of two models of one family and width that with the "
    "larger loss is taken for the smaller one. The picture is not carried over",
    "columns": {
        "family": {"unit": "text", "about": "opt, qwen2.5, gpt2 or pythia"},
        "model": {"unit": "text", "about": "family and size as the model is called"},
        "corpus": {"unit": "text", "about": "wikitext, c4, pile or bookcorpus"},
        "m": {
            "unit": "dimensions",
            "about": "width, as the notebook has it; markers stand there to a pixel",
            "min": 512,
            "max": 9216,
        },
        "loss": {"unit": "nats a token", "about": "digitised", "min": 1.4, "max": 4.2},
    },
}
UPSTREAM = [
    Upstream(
        "LLMs/nonlinearfit-3.ipynb",
        "fee471a2d3fe8c80aa34a1754642eaa4d8011d1fa08a281dd9063e15d9523c8a",
        "superposition/nonlinearfit-3.ipynb",
    )
]


def picture(notebook):
    """The picture of the cell's output: shape (rows, columns, 3), 0 to 255."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    drawn = [o["data"]["image/png"] for o in cells[CELL]["outputs"] if "image/png" in o.get("data", {})]
    return np.round(imread(io.BytesIO(base64.b64decode(drawn[-1])))[..., :3] * 255)


def around(image, row, column):
    """The pixels that a marker at a place covers, as a view."""
    return image[row - HALF : row + HALF + 1, column - HALF : column + HALF + 1]


def column_of(m):
    """The column at which a width's markers stand; they are drawn at whole pixels."""
    (first, low), (last, high) = FIRST, LAST
    return round(first + (1 / m - low) / (high - low) * (last - first) - 0.05)


def drawn(markers, rows, shades, shape, left):
    """Columns from `left` on of a picture of these markers, each over those before it."""
    canvas = np.full(shape, 255.0)
    for (family, _, corpus, m), row in zip(markers, rows, strict=True):
        shade, here = shades[corpus][..., None], around(canvas, row, column_of(m) - left)
        here[:] = here * (1 - shade) + np.array(FILLS[family]) * shade
    return canvas


def possible(image, marker, shades):
    """Rows where a marker may stand: no pixel of its body is white or of a family that is drawn before its own."""
    family, _, corpus, m = marker
    names = list(FILLS)
    earlier = [(255, 255, 255), *(FILLS[name] for name in names[: names.index(family)])]
    rows = []
    for row in range(TOP + HALF, BOTTOM - HALF):
        body = around(image, row, column_of(m))[shades[corpus] > 0.97]
        if not any((np.abs(body - fill).max(axis=-1) < NEAR).any() for fill in earlier):
            rows.append(row)
    return rows


def placed(image, markers, shades, rng):
    """Rows of markers that overlap, moved one by one until what they draw is the picture."""
    columns = [column_of(m) for *_, m in markers]
    left = min(columns) - HALF - 1
    part = image[:, left : max(columns) + HALF + 2]

    def wrong(rows):
        off = np.abs(drawn(markers, rows, shades, part.shape, left) - part)[TOP:BOTTOM]
        return int((off.max(axis=-1) > NEAR).sum())

    choices = [possible(image, marker, shades) for marker in markers]
    for _ in range(50):
        rows, before = [int(rng.choice(one)) for one in choices], np.inf
        while (now := wrong(rows)) < before:
            before = now
            for k in rng.permutation(len(markers)):
                rows[k] = min(choices[k], key=lambda row, k=k: wrong([*rows[:k], row, *rows[k + 1 :]]))
        if not now:
            return rows
    raise ValueError(f"no rows of {markers} draw the picture")


def convert(notebook):
    """One row a model and corpus, to four decimals."""
    image = picture(notebook)
    white, red = 255, FILLS["pythia"][1]
    shades = {c: (white - around(image, r, ALONE_AT)[..., 1]) / (white - red) for c, r in ALONE.items()}
    markers = []
    for family, listed in MODELS.items():
        words = listed.split()
        sizes = list(zip(words[::2], map(int, words[1::2]), strict=True))
        markers += [(family, f"{family}-{size}", corpus, m) for corpus in ALONE for size, m in sizes]
    scale, zero = np.polyfit(TICKS, np.arange(1.5, 4.1, 0.5), 1)
    columns = sorted({column_of(m) for *_, m in markers})
    groups = np.cumsum(np.diff(columns, prepend=columns[0]) > 2 * HALF)
    rng, found = np.random.default_rng(0), []
    for group in range(groups[-1] + 1):
        here = {c for c, g in zip(columns, groups, strict=True) if g == group}
        among = [marker for marker in markers if column_of(marker[-1]) in here]
        rows = placed(image, among, shades, rng)
        found += [(*marker, round(scale * row + zero, 4)) for marker, row in zip(among, rows, strict=True)]
    table = pd.DataFrame(found, columns=list(SOURCE["columns"]))
    # Two models of one width are told apart by their losses: the first is the smaller, with the larger loss.
    table["order"] = [markers.index(one[:-1]) for one in found]
    table = table.sort_values("order", ignore_index=True)
    same = table.groupby(["family", "corpus", "m"]).loss
    table["loss"] = same.transform(lambda losses: sorted(losses, reverse=True))
    return table[list(SOURCE["columns"])]
