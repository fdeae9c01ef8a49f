"""Blocks of independent networks, put together by size and resampled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Cells:
    """Means over all networks of each size, and their resamples.

    Attributes
    ----------
    sizes
        A row a size: network, width, depth.
    means
        Column of the table -> shape (1 + resamples, sizes); the first row is the estimate itself.
    """

    sizes: pd.DataFrame
    means: dict[str, np.ndarray]

    @classmethod
    def resampled(cls, table: pd.DataFrame, times: int, rng: np.random.Generator) -> Cells:
        """Average the blocks of each size, and bootstrap them, each size for itself.

        Of B blocks B - 1 are drawn, so that the spread of the resamples is not too small by 1 / B.

        Raises
        ------
        ValueError
            If sizes differ in their number of blocks.
        """
        keys = ["network", "width", "depth"]
        ordered = table.sort_values([*keys, "seed"])
        sizes = ordered[keys].drop_duplicates().reset_index(drop=True)
        count, rest = divmod(len(ordered), len(sizes))
        if rest or (ordered.groupby(keys).size() != count).any():
            raise ValueError("every size needs the same number of blocks")
        weights = np.empty((1 + times, len(sizes), count))
        weights[0] = 1 / count
        weights[1:] = rng.multinomial(count - 1, [1 / count] * count, (times, len(sizes))) / (count - 1)
        columns = ordered.drop(columns=[*keys, "seed", "draws"])
        blocks = {name: values.to_numpy().reshape(len(sizes), count) for name, values in columns.items()}
        return cls(sizes, {name: np.einsum("tsb,sb->ts", weights, each) for name, each in blocks.items()})

    def of(self, network: str, sizes: list[tuple[int, int]] | None = None) -> Cells:
        """The part that is of one network and, if these are given, of these sizes (width, depth), in their order.

        Raises
        ------
        KeyError
            If a size is not there.
        """
        found = self.sizes[self.sizes.network == network]
        if sizes is not None:
            places = dict(zip(zip(found.width, found.depth, strict=True), found.index, strict=True))
            found = found.loc[[places[size] for size in sizes]]
        at = found.index.to_numpy()
        return Cells(found.reset_index(drop=True), {name: mean[:, at] for name, mean in self.means.items()})

    def __getitem__(self, name: str) -> np.ndarray:
        """Means of a column, shape (1 + resamples, sizes)."""
        return self.means[name]

    @property
    def n(self) -> np.ndarray:
        """Widths."""
        return self.sizes.width.to_numpy(float)

    @property
    def depth(self) -> np.ndarray:
        """Depths."""
        return self.sizes.depth.to_numpy(float)

    def variance(self, name: str) -> np.ndarray:
        """Variance over networks of a column that is kept with its mean square."""
        return self[f"{name}_squared"] - self[name] ** 2


def regressed(y: np.ndarray, *terms: np.ndarray) -> np.ndarray:
    """Coefficients of a constant and of `terms` in y, by least squares with the resamples' precision for weights.

    Parameters
    ----------
    y
        Shape (1 + resamples, sizes).
    terms
        Shape (sizes,) each.

    Returns
    -------
    ndarray
        Shape (1 + terms, 1 + resamples).
    """
    design = np.column_stack([np.ones(y.shape[1]), *terms])
    spread = y[1:].std(axis=0)
    return np.linalg.lstsq(design / spread[:, None], (y / spread).T, rcond=None)[0]
