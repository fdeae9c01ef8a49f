"""Learners that are not networks: nearest neighbours, trees, n-grams of bytes.

Each is trained by a function that returns a `Judge`: from examples to the error or the loss
of the learner on them, whichever it has. Scikit-learn is imported by `trees` alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

#: Inputs `(examples, features)` and classes (integers).
Examples = tuple[np.ndarray, np.ndarray]
#: Error (fraction) or loss (nats an example) on inputs and classes.
Judge = Callable[[np.ndarray, np.ndarray], dict[str, float]]


def nearest(x: np.ndarray, y: np.ndarray, neighbours: int, device: str = "cpu") -> Judge:
    """Majority vote of the nearest training examples (Euclidean); of equal votes the nearer win."""
    known, classes = torch.from_numpy(x).to(device), torch.from_numpy(y).to(device)
    length = (known * known).sum(1)
    weight = 1 - 1e-3 * torch.arange(neighbours, device=device) / neighbours

    def judge(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
        found = []
        for rows in torch.from_numpy(a).to(device).split(1024):
            near = (length - 2 * rows @ known.T).topk(neighbours, largest=False).indices
            votes = torch.zeros(len(rows), int(y.max()) + 1, device=device)
            found.append(votes.scatter_add_(1, classes[near], weight.expand(len(rows), -1)).argmax(1))
        return {"error": float(np.mean(torch.cat(found).cpu().numpy() != b))}

    return judge


def trees(x: np.ndarray, y: np.ndarray, kind: str, setting: int, seed: int) -> Judge:
    """Scikit-learn's random forest (`setting` examples a leaf) or boosted trees (leaves a tree)."""
    if kind == "forest":
        from sklearn.ensemble import RandomForestClassifier

        model = RandomForestClassifier(60, min_samples_leaf=setting, random_state=seed)
    else:
        from sklearn.ensemble import HistGradientBoostingClassifier

        # At twice the rate and without the penalty it fails on tables of many classes, more so with more examples.
        more = {"max_leaf_nodes": setting, "min_samples_leaf": 5, "l2_regularization": 1.0}
        model = HistGradientBoostingClassifier(
            learning_rate=0.1, max_iter=80, early_stopping=False, random_state=seed, **more
        )
    model.fit(x, y)
    return lambda a, b: {"error": float(np.mean(model.predict(a) != b))}


def codes(grams: np.ndarray) -> np.ndarray:
    """Rows of up to eight bytes as one integer each, the last byte the most significant."""
    return grams.astype(np.uint64) @ (256 ** np.arange(grams.shape[1], dtype=np.uint64))


def occurrences(train: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How often each of `asked` occurs in `train`, and the distinct values of `train`."""
    known, count = np.unique(train, return_counts=True)
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[place] == asked, count[place], 0), known


def ngrams(contexts: np.ndarray, following: np.ndarray, longest: int, smoothing: str) -> tuple[Judge, int]:
    """Interpolated n-grams: each byte from up to `longest` bytes before it.

    From the uniform distribution up, each length mixes its counts with the p of the next
    shorter one. If a context occurred m times, c times with the byte in question, and with t
    different bytes, then p becomes (c + t p) / (m + t) for `smoothing="witten_bell"`, and
    (max(c - d, 0) + d t p) / m with d = 0.75 for `"discounting"`.

    Returns
    -------
    Judge, int
        The judge, and the number of different n-grams counted.

    Source: Witten and Bell (1991), doi:10.1109/18.87000, method C; Ney, Essen and Kneser
    (1994), doi:10.1006/csla.1994.1001, absolute discounting.
    """
    train = np.column_stack([contexts, following]).astype(np.uint8)
    full = contexts.shape[1]
    parts = [codes(train[:, full - length :]) for length in range(longest + 1)]

    def judge(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
        asked, p = np.column_stack([a, b]).astype(np.uint8), np.full(len(b), 1 / 256)
        for length, part in enumerate(parts):
            wanted = codes(asked[:, full - length :])
            seen, grams = occurrences(part, wanted)
            # Modulo 256**length a code loses its last byte, the one that follows, and is the code of the context.
            base = np.uint64(256**length)
            total = occurrences(part % base, wanted % base)[0]
            kinds = occurrences(grams % base, wanted % base)[0]
            if smoothing == "witten_bell":
                mixed = (seen + kinds * p) / np.maximum(total + kinds, 1)
            else:
                mixed = (np.maximum(seen - 0.75, 0) + 0.75 * kinds * p) / np.maximum(total, 1)
            p = np.where(total > 0, mixed, p)
        return {"loss": float(-np.log(p).mean())}

    return judge, sum(len(np.unique(part)) for part in parts)
