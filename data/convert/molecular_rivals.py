"""Errors on six ADME data sets of two larger transformers and of two kinds of features without pre-training."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

COLUMNS = converter("molecular_adaptation").SOURCE["columns"]
SOURCE = converter("molecular_adaptation").SOURCE | {
    "title": "Errors, fold by fold, of MolBERT, MolFormer, descriptors and fingerprints on six ADME data sets",
    "how_obtained": "the authors' metrics of both splits, one row a model, head and fold",
    "columns": {
        "split": COLUMNS["split"],
        "model": {
            "unit": "name",
            "about": "embeddings of MolBERT (pre-trained on some 1.3 million molecules) and MolFormer (100 million); PhysChem, descriptors; ECFP4, fingerprints",
        },
        "dataset": COLUMNS["dataset"],
        "head": COLUMNS["head"],
        "fold": COLUMNS["fold"],
        "mae": COLUMNS["mae"],
        "r2": COLUMNS["r2"],
    },
}
UPSTREAM = [
    Upstream(
        "analysis_noteboks/comparison_with_clustered_pretraining_cleaned_adme_microsom/*_metrics_df.csv",
        "1c92ac2672a4e1ac1c036a7f7cb8fde216780e4387247f2e45eb53340806ba06",
        "mol-domain-adaptation/comparison_metrics.csv",
        public=False,
    )
]


def convert(path):
    """One row a model, head and fold."""
    raw = pd.read_csv(path).rename(columns={"algorithm": "head"})
    columns = list(SOURCE["columns"])
    mae, r2 = (raw[raw.metric == name].rename(columns={"value": name.lower()}) for name in ("MAE", "R2"))
    return mae.merge(r2, on=columns[:-2], validate="1:1")[columns].sort_values(
        columns[:-2], ignore_index=True
    )
