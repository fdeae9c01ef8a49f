"""Errors on six ADME data sets of transformers pre-trained on more or fewer molecules and adapted in four ways."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Errors, fold by fold, of transformers pre-trained on 0 to 100 % of GuacaMol and adapted to six ADME data sets",
    "paper": "Sultan et al. (2025), Transformers for Molecular Property Prediction: Domain Adaptation Efficiently Improves Performance",
    "arxiv": "2503.03360",
    "repository": "uds-lsv/domain-adaptation-molecular-transformers",
    "commit": "a67b3c222884574521930845da340a4bd7e3c007",
    "licence": "MIT",
    "how_obtained": "the authors' metrics of both splits, one row a model, head and fold; models without pre-training, which the "
    "authors list under both objectives with the same figures, stand once, with the objective none",
    "columns": {
        "split": {
            "unit": "name",
            "about": "how folds were made: random, or datasail, which keeps similar molecules in one fold",
        },
        "objective": {
            "unit": "name",
            "about": "of the pre-training: mlm, masked tokens; mtr, regression of some 210 descriptors; none",
        },
        "size": {
            "unit": "%",
            "about": "share of GuacaMol that was pre-trained on; all is some 1.3 million molecules",
            "min": 0,
            "max": 100,
        },
        "adaptation": {
            "unit": "name",
            "about": "of the pre-trained model to the molecules of the data set, without their labels: none, MLM, MTR, or CL (contrastive)",
        },
        "dataset": {
            "unit": "name",
            "about": "HLM and RLM, clearance by human and rat liver microsomes; Permeability, MDR1-MDCK efflux; Solubility; hPPB and rPPB, unbound in human and rat plasma; logarithms all",
        },
        "head": {
            "unit": "name",
            "about": "what was fitted to the frozen embeddings: random-forest, svm, linear",
        },
        "fold": {
            "unit": "number",
            "about": "of the cross-validation; the same molecules for all models and heads of a data set and split",
            "min": 0,
            "max": 4,
        },
        "mae": {"unit": "log10 units", "about": "mean absolute error on the fold", "min": 0, "max": 1000},
        "r2": {"unit": "share", "about": "coefficient of determination on the fold", "min": -1e9, "max": 1},
    },
}
UPSTREAM = [
    Upstream(
        "analysis_noteboks/results_with_clustered_pretraining_cleaned_adme_microsom/*_metrics_df.csv",
        "6a755569865b884a48310abb886a7e400b8be5891f506540d50aa697c03c78da",
        "mol-domain-adaptation/results_metrics.csv",
        public=False,
    )
]


def convert(path):
    """One row a model, head and fold."""
    raw = pd.read_csv(path).rename(columns={"train_size": "size", "da": "adaptation", "algorithm": "head"})
    raw["adaptation"] = raw.adaptation.replace("No DA", "none")
    raw["objective"] = raw.objective.where(raw["size"] > 0, "none")
    raw["value"] = raw.value.round(10)  # the same model under either objective, but for the last bit
    raw = raw.drop_duplicates()
    columns = list(SOURCE["columns"])
    mae, r2 = (raw[raw.metric == name].rename(columns={"value": name.lower()}) for name in ("MAE", "R2"))
    # A model without pre-training that had other figures under the other objective would be refused here.
    return mae.merge(r2, on=columns[:-2], validate="1:1")[columns].sort_values(
        columns[:-2], ignore_index=True
    )
