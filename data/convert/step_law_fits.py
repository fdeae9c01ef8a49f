"""The 1,000 fits of Step Law that its authors released: exponents and constants of rate and batch."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

NAMES = {
    "lr_intercept": ("rate_constant", "logarithm of the learning rate, at one parameter and one token"),
    "lr_coefN": ("rate_of_params", "exponent of the parameters in the learning rate"),
    "lr_coefD": ("rate_of_tokens", "exponent of the tokens in the learning rate"),
    "bs_intercept": ("batch_constant", "logarithm of the batch [tokens], at one token of training"),
    "bs_coefD": ("batch_of_tokens", "exponent of the tokens in the batch"),
}
SOURCE = converter("step_law_dense").SOURCE | {
    "title": "Step Law: the released bootstrap fits of its two power laws",
    "how_obtained": "all 1,000 rows and columns; which runs were resampled the file does not say",
    "columns": {
        name: {"unit": "none", "about": about, "min": -20, "max": 20} for name, about in NAMES.values()
    },
}
UPSTREAM = [
    Upstream(
        path="data/1004_fitted_lr_bs_scaling_model_parameters.csv",
        sha256="2252afbba5530e6ba6167e8101bd2b9082a018a58cb5922cc8672891a7f4336c",
        mirror="steplaw/1004_fitted_lr_bs_scaling_model_parameters.csv",
    ),
]


def convert(path) -> pd.DataFrame:
    """The five columns under plain names, in the order of the file."""
    return pd.read_csv(path)[list(NAMES)].rename(columns={k: name for k, (name, _) in NAMES.items()})
