"""The months in which the models of the benchmark table were first announced."""

import pandas as pd

from scalinglaws.tables.upstream import converter

SCORES = converter("obs_scaling")

SOURCE = SCORES.SOURCE | {
    "title": "Months in which the 123 open base models of obs_scaling were first announced",
    "how_obtained": "models as in obs_scaling; months typed by us, not in the authors' file: the month of the report's first version on arXiv, whose number begins with it, or of "
    "the makers' announcement where that came first; one row for each model of the benchmark table",
    "columns": {
        "model": {"unit": "name", "about": "hub name of the model"},
        "released": {
            "unit": "year",
            "about": "middle of the month of the first announcement, in years",
            "min": 2021,
            "max": 2025,
        },
        "read": {"unit": "name", "about": "where the month was read"},
    },
}
UPSTREAM = SCORES.UPSTREAM

#: How the names of models begin -> month, and where it was read; the longest beginning that fits counts.
RELEASES = {
    "01-ai/Yi-": ("2023-11", "announcement; report arXiv:2403.04652"),
    "01-ai/Yi-1.5-": ("2024-05", "announcement"),
    "EleutherAI/gpt-neo-": ("2021-03", "announcement"),
    "EleutherAI/gpt-j-": ("2021-06", "announcement"),
    "EleutherAI/gpt-neox-": ("2022-02", "announcement; report arXiv:2204.06745"),
    "EleutherAI/pythia-": ("2023-04", "arXiv:2304.01373"),
    "HuggingFaceTB/SmolLM-": ("2024-07", "announcement"),
    "LLM360/Amber": ("2023-12", "arXiv:2312.06550"),
    "Qwen/Qwen-7B": ("2023-08", "announcement; report arXiv:2309.16609"),
    "Qwen/Qwen-14B": ("2023-09", "arXiv:2309.16609"),
    "Qwen/Qwen-72B": ("2023-11", "announcement"),
    "Qwen/Qwen1.5-": ("2024-02", "announcement"),
    "Qwen/Qwen1.5-32B": ("2024-04", "announcement"),
    "Salesforce/codegen-": ("2022-03", "arXiv:2203.13474"),
    "TinyLlama/": ("2024-01", "arXiv:2401.02385"),
    "allenai/OLMo-": ("2024-02", "arXiv:2402.00838"),
    "allenai/OLMo-7B-0424": ("2024-04", "announcement"),
    "bigcode/starcoderbase": ("2023-05", "arXiv:2305.06161"),
    "bigcode/starcoder2-": ("2024-02", "arXiv:2402.19173"),
    "bigscience/bloom": ("2022-07", "announcement; report arXiv:2211.05100"),
    "cerebras/Cerebras-GPT-": ("2023-03", "announcement; report arXiv:2304.03208"),
    "cerebras/btlm-": ("2023-07", "announcement; report arXiv:2309.11568"),
    "codellama/CodeLlama-": ("2023-08", "arXiv:2308.12950"),
    "codellama/CodeLlama-70b": ("2024-01", "announcement"),
    "deepseek-ai/DeepSeek-Coder-V2": ("2024-06", "arXiv:2406.11931"),
    "deepseek-ai/DeepSeek-V2": ("2024-05", "arXiv:2405.04434"),
    "deepseek-ai/deepseek-coder-": ("2023-11", "announcement; report arXiv:2401.14196"),
    "deepseek-ai/deepseek-llm-": ("2023-11", "announcement; report arXiv:2401.02954"),
    "deepseek-ai/deepseek-moe-": ("2024-01", "arXiv:2401.06066"),
    "facebook/opt-": ("2022-05", "arXiv:2205.01068"),
    "facebook/xglm-": ("2021-12", "arXiv:2112.10668"),
    "google/gemma-": ("2024-02", "announcement; report arXiv:2403.08295"),
    "google/gemma-2-": ("2024-06", "announcement; report arXiv:2408.00118"),
    "google/gemma-2-2b": ("2024-07", "announcement; report arXiv:2408.00118"),
    "h2oai/h2o-danube-": ("2024-01", "arXiv:2401.16818"),
    "h2oai/h2o-danube2-": ("2024-04", "announcement"),
    "h2oai/h2o-danube3-": ("2024-07", "arXiv:2407.09276"),
    "huggyllama/llama-": ("2023-02", "arXiv:2302.13971"),
    "meta-llama/Llama-2-": ("2023-07", "arXiv:2307.09288"),
    "meta-llama/Meta-Llama-3-": ("2024-04", "announcement; report arXiv:2407.21783"),
    "meta-llama/Meta-Llama-3.1-": ("2024-07", "arXiv:2407.21783"),
    "microsoft/phi-1_5": ("2023-09", "arXiv:2309.05463"),
    "microsoft/phi-2": ("2023-12", "announcement"),
    "mosaicml/mpt-7b": ("2023-05", "announcement"),
    "mosaicml/mpt-30b": ("2023-06", "announcement"),
    "openlm-research/open_llama_": ("2023-06", "announcement"),
    "openlm-research/open_llama_3b_v2": ("2023-07", "announcement"),
    "openlm-research/open_llama_7b_v2": ("2023-07", "announcement"),
    "stabilityai/stablelm-base-alpha-": ("2023-04", "announcement"),
    "stabilityai/stablelm-base-alpha-7b-v2": ("2023-08", "announcement"),
    "stabilityai/stablelm-2-": ("2024-01", "announcement; report arXiv:2402.17834"),
    "tiiuae/falcon-": ("2023-05", "announcement; report of the corpus arXiv:2306.01116"),
    "tiiuae/falcon-180B": ("2023-09", "announcement; report arXiv:2311.16867"),
    "togethercomputer/RedPajama-INCITE-": ("2023-05", "announcement"),
}


def convert(results):
    """One row a model of the benchmark table, in its order."""
    models = SCORES.convert(results)["model"]
    found = [RELEASES[max((b for b in RELEASES if model.startswith(b)), key=len)] for model in models]
    months = [month.split("-") for month, _ in found]
    return pd.DataFrame(
        {
            "model": models,
            "released": [int(year) + (int(month) - 0.5) / 12 for year, month in months],
            "read": [where for _, where in found],
        }
    )
