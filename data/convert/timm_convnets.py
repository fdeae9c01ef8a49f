"""Convolutional networks of timm: cost, and how many images a second they infer on a GPU and on a CPU."""

import re

import pandas as pd

from scalinglaws.tables.upstream import Upstream

RATE = {"unit": "images/s", "min": 0.5, "max": 3e5}
SOURCE = {
    "title": "Cost and speed of convolutional networks on an RTX 4090 and on a CPU",
    "paper": "timm's benchmarks (third party to the papers that use them)",
    "arxiv": "",
    "repository": "huggingface/pytorch-image-models",
    "commit": "aa4b5850c1543fa488abf260f18390eda46cf85d",
    "licence": "Apache-2.0",
    "how_obtained": "three of the repository's benchmark files, joined by model and image size; networks whose name begins "
    "as one of our families' does, so that transformers, hybrids and mixers are left out; of each network the smallest image size "
    "that all three have; none below 0.1 GMACs, which are printed to two decimals",
    "columns": {
        "model": {"unit": "name", "about": "timm's name of the architecture"},
        "family": {
            "unit": "name",
            "about": "ours: architectures that are scaled versions or close variants of each other",
        },
        "image_size": {"unit": "pixels", "about": "side of the image", "min": 64, "max": 1024},
        "mparams": {"unit": "1e6 parameters", "about": "all of them", "min": 0.1, "max": 2000},
        "gmacs": {
            "unit": "1e9 multiply-adds per image",
            "about": "one forward pass",
            "min": 0.1,
            "max": 1000,
        },
        "macts": {
            "unit": "1e6 numbers per image",
            "about": "entries of the output tensors of convolutions and linear layers",
            "min": 0.1,
            "max": 2000,
        },
        "gpu_rate": RATE | {"about": "inference on an RTX 4090, mixed precision, channels last"},
        "gpu_batch": {"unit": "images", "about": "batch of that measurement", "min": 1, "max": 1024},
        "gpu_first_rate": RATE | {"about": "the same, channels first"},
        "cpu_rate": RATE | {"about": "inference on a Core i9-10940X, fp32, one image at a time, compiled"},
    },
}
FILES = {
    "gpu": (
        "amp-nhwc-pt240-cu124-rtx4090",
        "3a7e2b69dc2a51992ac5abdbdb8a7579626dc565e3335a0836db2b84bf3516b2",
    ),
    "gpu_first": (
        "amp-nchw-pt240-cu124-rtx4090",
        "3ead09bcdd508312cd52f69eeefca1e7edae714b2fd55e2daec5d32e2325f396",
    ),
    "cpu": (
        "fp32-nchw-pt240-cpu-i9_10940x-dynamo",
        "3491328c13aac76d638ca0bf94c7fcc8a7ba69a32e83612a7b6b3deb1da9c80e",
    ),
}
UPSTREAM = [
    Upstream(f"results/benchmark-infer-{name}.csv", digest, f"timm-results/benchmark-infer-{name}.csv")
    for name, digest in FILES.values()
]
#: Family -> how the names of its networks begin, as a regular expression.
FAMILIES = {
    "convnext": r"convnext_",
    "convnextv2": r"convnextv2_",
    "csp, darknet": r"darknet|sedarknet|cspdarknet|cspresne|cs3",
    "densenet": r"densenet|rdnet",
    "dla": r"dla\d",
    "dpn": r"dpn\d",
    "ecaresnet": r"eca_?resne",
    "efficientnet": r"(tf_)?efficientnet_",
    "efficientnetv2": r"(tf_)?efficientnetv2_",
    "fbnet": r"fbnet",
    "gernet": r"gernet_",
    "ghostnet": r"ghostnet|repghostnet",
    "hardcorenas": r"hardcorenas",
    "hgnet": r"hgnet_",
    "hgnetv2": r"hgnetv2_",
    "hrnet": r"hrnet_",
    "inception": r"inception_(v|res)|(legacy_)?xception",
    "lcnet": r"lcnet_",
    "mixnet": r"(tf_)?mixnet_",
    "mnasnet": r"mnasnet|semnasnet|spnasnet",
    "mobilenetv1, v2": r"mobilenetv[12]|mobilenet_",
    "mobilenetv3": r"(tf_)?mobilenetv3_",
    "mobilenetv4": r"mobilenetv4_conv",
    "mobileone": r"mobileone_",
    "nasnet": r"p?nasnet",
    "nfnet": r"(dm_|eca_)?nfnet|nf_",
    "regnetv, z": r"regnet[vz]",
    "regnetx": r"regnetx_",
    "regnety": r"regnety_",
    "repvgg": r"repvgg",
    "res2net": r"res2ne",
    "resnest": r"resnest",
    "resnet": r"resnet(aa|blur)?\d|wide_resnet",
    "resnetrs": r"resnetrs",
    "resnetv2": r"resnetv2_",
    "resnext": r"resnext",
    "rexnet": r"rexnet",
    "selecsls": r"selecsls",
    "seresnet": r"(legacy_)?se(resnet|net)(aa)?\d",
    "seresnext": r"(legacy_)?seresnext",
    "skresnet": r"skresne",
    "tinynet": r"tinynet_",
    "tresnet": r"tresnet",
    "vgg": r"vgg\d",
    "vovnet": r"(ese_|eca_)?vovnet",
}


def family(model):
    """The family whose pattern the name begins with, or none; CLIP's ResNets end in attention and have none."""
    if "_clip" in model:
        return None
    return next((name for name, begins in FAMILIES.items() if re.match(begins, model)), None)


def measured(path, name):
    """Rates of one benchmark by model and image size, the fastest where there are two."""
    table = pd.read_csv(path, thousands=",").rename(
        columns={
            "infer_img_size": "image_size",
            "param_count": "mparams",
            "infer_gmacs": "gmacs",
            "infer_macts": "macts",
            "infer_samples_per_sec": f"{name}_rate",
            "infer_batch_size": f"{name}_batch",
        }
    )
    return table.sort_values(f"{name}_rate").drop_duplicates(["model", "image_size"], keep="last")


def joined(*paths):
    """All models and image sizes that the three benchmarks have, with the columns of the table."""
    gpu, first, cpu = (measured(path, name) for path, name in zip(paths, FILES, strict=True))
    keys = ["model", "image_size"]
    table = gpu.merge(first[[*keys, "gpu_first_rate"]], on=keys).merge(cpu[[*keys, "cpu_rate"]], on=keys)
    return table.assign(family=table.model.map(family))


def convert(*paths):
    """One row a network, ordered by family and cost."""
    table = joined(*paths).dropna(subset="family").query("gmacs >= 0.1")
    table = table.sort_values("image_size").drop_duplicates("model")
    return table[list(SOURCE["columns"])].sort_values(["family", "gmacs", "model"])
