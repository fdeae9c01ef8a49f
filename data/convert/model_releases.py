"""The months in which the models of the benchmark table were first announced."""

import pandas as pd

from scalinglaws.tables.upstream import converter

SCORES = converter("obs_scaling")

SOURCE = SCORES.SOURCE | {
    "title": "Months in which the 123 open base models of obs_scaling were first announced",
    "how_obtained": "models as in obs_scaling; months typed by us, not in the authors' file, and read again at public sources: the month of the report's first version on "
    "arXiv, whose number begins with it, or of the first public weights or results where those came first; word of models to come does not count; "
    "one row for each model of the benchmark table",
    "columns": {
        "model": {"unit": "name", "about": "hub name of the model"},
        "released": {
            "unit": "year",
            "about": "middle of the month of the first announcement, in years",
            "min": 2021,
            "max": 2025,
        },
        "read": {
            "unit": "name",
            "about": "how the month is known: the report's number on arXiv, or a dated note, commit or page, with its day; not checked where no dated source was found",
        },
    },
}
UPSTREAM = SCORES.UPSTREAM

#: How the names of models begin -> month, and how it is known; the longest beginning that fits counts.
RELEASES = {
    "01-ai/Yi-": ("2023-11", "release notes 2023-11-02; report arXiv:2403.04652"),
    "01-ai/Yi-6B-200K": ("2023-11", "release notes 2023-11-05; report arXiv:2403.04652"),
    "01-ai/Yi-34B-200K": ("2023-11", "release notes 2023-11-05; report arXiv:2403.04652"),
    "01-ai/Yi-1.5-": ("2024-05", "release notes 2024-05-13"),
    "EleutherAI/gpt-neo-": ("2021-03", "release notes 2021-03-21"),
    "EleutherAI/gpt-neo-125m": ("2021-04", "first weights in the model's repository 2021-04-06"),
    "EleutherAI/gpt-j-": ("2021-06", "announcement 2021-06-04; commit of the release 2021-06-08"),
    "EleutherAI/gpt-neox-": ("2022-02", "commit of the release 2022-02-10; report arXiv:2204.06745"),
    "EleutherAI/pythia-": (
        "2023-04",
        "arXiv:2304.01373; release notes 2023-04-03 (an earlier suite was replaced)",
    ),
    "HuggingFaceTB/SmolLM-": ("2024-07", "announcement 2024-07-16, as others date it"),
    "LLM360/Amber": ("2023-12", "arXiv:2312.06550; announcement 2023-12-11"),
    "Qwen/Qwen-7B": ("2023-08", "release notes 2023-08-03; report arXiv:2309.16609"),
    "Qwen/Qwen-14B": ("2023-09", "release notes 2023-09-25; report arXiv:2309.16609"),
    "Qwen/Qwen-72B": ("2023-11", "release notes 2023-11-30"),
    "Qwen/Qwen1.5-": ("2024-02", "release notes 2024-02-05"),
    "Qwen/Qwen1.5-32B": ("2024-04", "announcement, as others date it"),
    "Salesforce/codegen-": ("2022-03", "arXiv:2203.13474; release notes March 2022"),
    "TinyLlama/TinyLlama_v1.1": (
        "2024-04",
        "the makers' collection 2024-04-02 (arXiv:2401.02385v1 has the run before)",
    ),
    "allenai/OLMo-": ("2024-02", "arXiv:2402.00838; announcement 2024-02-01"),
    "allenai/OLMo-7B-0424": ("2024-04", "announcement 2024-04-17"),
    "bigcode/starcoderbase": ("2023-05", "arXiv:2305.06161; announcement 2023-05-04"),
    "bigcode/starcoderbase-": (
        "2023-06",
        "not checked: after the report (arXiv:2305.06161), files of the 3B final 2023-06-30, a copy of the 1B 2023-07-27",
    ),
    "bigcode/starcoder2-": ("2024-02", "arXiv:2402.19173; announcement 2024-02-28"),
    "bigscience/bloom": ("2022-07", "announcement 2022-07-12, as others date it; report arXiv:2211.05100"),
    "bigscience/bloom-": (
        "2022-07",
        "announcement 2022-07-12, as others date it; report arXiv:2211.05100 (unfinished weights from May, final ones by August)",
    ),
    "cerebras/Cerebras-GPT-": ("2023-03", "announcement 2023-03-28; report arXiv:2304.03208"),
    "cerebras/btlm-": ("2023-07", "commit of the model card 2023-07-24; report arXiv:2309.11568"),
    "codellama/CodeLlama-": ("2023-08", "arXiv:2308.12950; announcement 2023-08-24"),
    "codellama/CodeLlama-70b": ("2024-01", "commit of the release 2024-01-29"),
    "deepseek-ai/DeepSeek-Coder-V2": ("2024-06", "arXiv:2406.11931; commit of the release 2024-06-17"),
    "deepseek-ai/DeepSeek-V2": ("2024-05", "arXiv:2405.04434; release notes 2024-05-06"),
    "deepseek-ai/deepseek-coder-": ("2023-11", "commit of the release 2023-11-02; report arXiv:2401.14196"),
    "deepseek-ai/deepseek-llm-": ("2023-11", "commit of the release 2023-11-29; report arXiv:2401.02954"),
    "deepseek-ai/deepseek-moe-": ("2024-01", "arXiv:2401.06066; commit of the release 2024-01-11"),
    "facebook/opt-": ("2022-05", "arXiv:2205.01068; commit of the release 2022-05-02"),
    "facebook/opt-66b": ("2022-05", "arXiv:2205.01068 (its weights 2022-06-22)"),
    "facebook/xglm-": ("2021-12", "arXiv:2112.10668; commit of the release 2021-12-20"),
    "google/gemma-": ("2024-02", "announcement 2024-02-21; report arXiv:2403.08295"),
    "google/gemma-2-": ("2024-06", "announcement 2024-06-27; report arXiv:2408.00118"),
    "google/gemma-2-2b": ("2024-07", "announcement 2024-07-31; report arXiv:2408.00118"),
    "h2oai/h2o-danube-": ("2024-01", "arXiv:2401.16818"),
    "h2oai/h2o-danube2-": ("2024-04", "last change of its files 2024-04-05; report arXiv:2401.16818v2"),
    "h2oai/h2o-danube3-": ("2024-07", "arXiv:2407.09276"),
    "huggyllama/llama-": ("2023-02", "arXiv:2302.13971; announcement 2023-02-24"),
    "meta-llama/Llama-2-": ("2023-07", "arXiv:2307.09288; release notes 2023-07-18"),
    "meta-llama/Meta-Llama-3-": ("2024-04", "release notes 2024-04-18; report arXiv:2407.21783"),
    "meta-llama/Meta-Llama-3.1-": ("2024-07", "arXiv:2407.21783; release notes 2024-07-23"),
    "microsoft/phi-1_5": ("2023-09", "arXiv:2309.05463"),
    "microsoft/phi-2": ("2023-12", "announcement 2023-12-12, as others date it (named in November)"),
    "mosaicml/mpt-7b": ("2023-05", "announcement 2023-05-05"),
    "mosaicml/mpt-30b": ("2023-06", "commit of the release 2023-06-22"),
    "openlm-research/open_llama_": (
        "2023-06",
        "release notes 2023-06-07 (checkpoints of an unfinished run in May)",
    ),
    "openlm-research/open_llama_13b": ("2023-06", "release notes 2023-06-15"),
    "openlm-research/open_llama_3b_v2": ("2023-07", "release notes 2023-07-15"),
    "openlm-research/open_llama_7b_v2": ("2023-07", "release notes 2023-07-07"),
    "stabilityai/stablelm-base-alpha-": ("2023-04", "release notes 2023-04-20"),
    "stabilityai/stablelm-base-alpha-7b-v2": ("2023-08", "release notes 2023-08-05"),
    "stabilityai/stablelm-2-": ("2024-01", "commit of the release 2024-01-18; report arXiv:2402.17834"),
    "tiiuae/falcon-": ("2023-05", "announcement, as others date it; report of the corpus arXiv:2306.01116"),
    "tiiuae/falcon-rw-1b": (
        "2023-05",
        "commit of the model card 2023-05-25; report of the corpus arXiv:2306.01116",
    ),
    "tiiuae/falcon-180B": ("2023-09", "announcement 2023-09-06; report arXiv:2311.16867"),
    "togethercomputer/RedPajama-INCITE-": ("2023-05", "commit of the model card 2023-05-05"),
    "togethercomputer/RedPajama-INCITE-Base-7B": (
        "2023-05",
        "commit of the model card 2023-05-05 (unfinished; final weights 2023-06-06)",
    ),
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
