"""P-values that the authors' figures print, for R2, random splits and a random forest.

Source: analysis_noteboks/analysis_figures/random_splitting_analysis/R2/random-forest of the authors' repository,
at the commit of the tables: `mlm_scaling_significance.pdf`, `mtr_scaling_significance.pdf`,
`mlm_da_significance.pdf` (adaptation by MTR at 30 %) and `mlm_30_MTR_vs_literature_significance.pdf`.
"""

#: Pairs of sizes in the order 0-30, 0-60, 0-100, 30-60, 30-100, 60-100.
SIZES = {
    "mlm": {
        "Solubility": (0.048, 0.048, 0.048, 0.452, 0.452, 0.452),
        "Permeability": (0.190, 0.690, 0.190, 0.381, 0.619, 0.452),
        "HLM": (0.079, 0.048, 0.127, 0.667, 1.000, 0.667),
        "hPPB": (1.000, 1.000, 1.000, 1.000, 1.000, 1.000),
        "rPPB": (1.000, 1.000, 1.000, 0.905, 1.000, 0.905),
        "RLM": (0.048, 0.048, 0.048, 0.167, 1.000, 1.000),
    },
    "mtr": {
        "Solubility": (0.048, 0.048, 0.048, 1.000, 1.000, 1.000),
        "Permeability": (0.048, 0.048, 0.048, 1.000, 1.000, 1.000),
        "HLM": (0.048, 0.048, 0.048, 1.000, 1.000, 1.000),
        "hPPB": (0.159, 0.222, 0.095, 1.000, 1.000, 1.000),
        "rPPB": (0.222, 0.159, 0.095, 1.000, 1.000, 1.000),
        "RLM": (0.048, 0.048, 0.048, 1.000, 1.000, 1.000),
    },
}
#: Adaptation by MTR against none, after MLM on 30 %; not adjusted.
ADAPTED = {
    "Solubility": 0.008,
    "Permeability": 0.008,
    "HLM": 0.008,
    "hPPB": 0.016,
    "rPPB": 0.008,
    "RLM": 0.008,
}
#: The adapted model with MolBERT, MolFormer and descriptors; MolBERT with both; MolFormer with descriptors.
RIVALS = {
    "Solubility": (1.000, 0.048, 1.000, 0.048, 1.000, 0.048),
    "Permeability": (0.048, 0.048, 0.048, 0.048, 0.548, 0.048),
    "HLM": (0.929, 0.222, 0.929, 0.048, 0.929, 0.048),
    "hPPB": (1.000, 1.000, 0.754, 1.000, 0.889, 0.571),
    "rPPB": (0.841, 0.841, 0.278, 0.381, 0.452, 0.190),
    "RLM": (0.548, 0.048, 0.095, 0.048, 0.111, 0.048),
}
#: Data sets in which MolBERT and MolFormer differ from the adapted model with p < 0.05, by the figure of the same
#: name of each split and measure, all with a random forest.
COUNTS = {
    ("forest", "random", "R2"): (1, 3),
    ("forest", "random", "MAE"): (0, 1),
    ("forest", "random", "RMSE"): (0, 1),
    ("forest", "DataSAIL", "R2"): (0, 1),
    ("forest", "DataSAIL", "MAE"): (0, 1),
    ("forest", "DataSAIL", "RMSE"): (0, 0),
}
