"""Exponents of the loss in the width for 17 laws of frequency and ten weight decays, digitised."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Exponent of an autoencoder's loss in its width against weight decay and exponent of the frequencies, digitised",
    "paper": "Liu, Liu & Gore (2025), Superposition Yields Robust Neural Scaling",
    "arxiv": "2505.10465",
    "repository": "liuyz0/SuperpositionScaling",
    "commit": "35b08b012d2d0bc0391736658cb1ce7775c80e97",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "digitised from the vector graphic of the heat map of Figure 4b: colours inverted through the scale, which has 255 steps up to 2.43; "
    "the reading error is up to three steps, 0.03; exponents below 0 are drawn as 0",
    "columns": {
        "decay": {
            "unit": "1",
            "about": "weight decay of exp-10, below 0 growth to length 1",
            "min": -1,
            "max": 1,
        },
        "alpha": {
            "unit": "1",
            "about": "frequency of feature i is proportional to i^-alpha",
            "min": 0,
            "max": 2,
        },
        "exponent": {
            "unit": "1",
            "about": "of the loss in 1/m, n = 1000 features, six m from 10 to 100; digitised",
            "min": 0,
            "max": 2.5,
        },
    },
}

UPSTREAM = [
    Upstream(
        path="figures/Fig-4-3.pdf",
        sha256="599d192b92283f7b967c918cda012ef73f334434957b3ac3d964122b940a6d5d",
        mirror="superposition/toy_exponents_fig4b.csv",
        public=False,
    )
]


def convert(path) -> pd.DataFrame:
    """Every cell, under our names."""
    names = {
        "weight_decay": "decay",
        "data_exponent_alpha": "alpha",
        "model_exponent_alpha_m": "exponent",
    }
    return pd.read_csv(path).rename(columns=names)[list(SOURCE["columns"])]
