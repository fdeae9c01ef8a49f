"""Tables of our own runs: their witnesses come out, and a change of the code beneath them does not pass."""

from __future__ import annotations

import functools
import importlib
import json
import random
import re
import shutil
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from replications.data_pruning import images, perceptron
from replications.isoflop_from_scratch import counts
from replications.knowledge_capacity import runs
from replications.layerwise_weight_decay import weight_decay
from replications.learning_curves import runs as learning_curves
from replications.rectified_finetuning_law import fits
from replications.superposition import runs as superposition
from replications.width_depth_commute import networks
from scalinglaws import fitting, machine, repository
from scalinglaws.sweeps import keys, witness
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables import loading, schema, sealing
from scalinglaws.training import decoder, loop, texts

RUNS = [slug for slug, folder in loading.folders().items() if folder.parent.name == "runs"]
#: Tables whose runs begin with a warm-up that their witnesses keep.
WARMED = (
    "isoflop_from_scratch_projects_small",
    "knowledge_capacity",
    "learning_curves",
    "data_pruning_images_small",
    "layerwise_weight_decay_weight_decay_small",
    "width_transfer_arms_small",
)


def module_of(slug: str):
    return importlib.import_module(loading.source(slug)["module"])


def is_trained(slug: str) -> bool:
    """Whether the runs of a table go through the training loop."""
    return Path(loop.__file__) in {file.path for file in keys.code_of(module_of(slug)).files}


#: The counts of n-grams use the loop for the order alone in which its runs read the text.
COUNTED = "isoflop_from_scratch_counts"
TRAINED = tuple(slug for slug in RUNS if is_trained(slug) and slug != COUNTED)


@pytest.mark.parametrize("slug", RUNS)
def test_todays_code_makes_the_table(slug):
    if found := witness.problem(slug):
        pytest.fail(f"data/runs/{slug}: {found}", pytrace=False)


@pytest.mark.parametrize("slug", RUNS)
def test_every_branch_of_the_grid_has_a_witness(slug):
    about, module = loading.source(slug), module_of(slug)
    branches = [name for name, column in module.COLUMNS.items() if "min" not in column]
    branches += ["zero"] * (slug == "rectified_finetuning_law_fits") + ["depth"] * (
        slug == "knowledge_capacity"
    )
    grid, witnesses = module.grid(about["scale"]), module.witnesses(about["scale"]).configs
    # Sets that only a mirror or a network can give are other data for the same code.
    here = {
        "learning_curves": {"data": {"flights", "mnist1d", "python"}},
        "data_pruning_images": {"data": {"digits"}},
    }.get(slug, {})
    # Of the curves of one law any will do.
    for name in set(branches) - {"dataset", "model", "status", "corpus", "domain"}:
        asked = {config[name] for config in grid if name in config}
        assert asked & here.get(name, asked) <= {config.get(name) for config in witnesses}, name


@pytest.mark.parametrize("slug", RUNS)
def test_a_witness_that_is_a_row_of_the_table_agrees_with_it(slug):
    about, module, table = loading.source(slug), module_of(slug), loading.load(slug)
    rows = {json.dumps(config): row for row, config in enumerate(module.grid(about["scale"]))}
    declared, found = module.witnesses(about["scale"]), 0
    if declared.short:
        pytest.skip("its witnesses are shortened by more than their configurations say")
    for one in witness.read(loading.folders()[slug]):
        if (row := rows.get(json.dumps(one["config"]))) is None:
            continue
        found += 1
        for name, value in one["measured"].items():
            kept = table.loc[row, name]
            assert not declared.departs(name, value, kept.item() if hasattr(kept, "item") else kept), name
    if slug == "rectified_finetuning_law_fits":
        assert found == len(declared.configs)


def config_with(monkeypatch, **changed):
    """Let every run be trained with other choices than it asks for."""
    original = loop.TrainConfig.__init__

    def init(self, *args, **kwargs):
        original(self, *args, **kwargs)
        for name, value in changed.items():
            object.__setattr__(self, name, value)

    monkeypatch.setattr(loop.TrainConfig, "__init__", init)


def rates_by(monkeypatch, factor):
    original = loop.TrainConfig.factor
    monkeypatch.setattr(loop.TrainConfig, "factor", lambda self, step: factor * original(self, step))


def decay_by(monkeypatch, factor):
    original = loop.optimiser_of

    def optimiser_of(model, config):
        optimiser = original(model, config)
        for group in optimiser.param_groups:
            group["weight_decay"] *= factor
        return optimiser

    monkeypatch.setattr(loop, "optimiser_of", optimiser_of)


def no_groups(monkeypatch, parametrisation):
    original = decoder.Decoder.groups

    def groups(self):
        alike = [{"params": list(self.parameters()), "scale": 1.0, "decay": 1.0}]
        return alike if self.parametrisation == parametrisation else original(self)

    monkeypatch.setattr(decoder.Decoder, "groups", groups)


def other_order(monkeypatch):
    original = loop.batches
    for module in (loop, importlib.import_module("replications.isoflop_from_scratch.projects")):
        monkeypatch.setattr(module, "batches", lambda n, b, steps, seed: original(n, b, steps, seed + 1))


def temperature(monkeypatch):
    original = decoder.Decoder._initialise

    def initialise(self, seed):
        original(self, seed)
        for block in self.blocks:
            block.temperature = block.head_width**-0.5

    monkeypatch.setattr(decoder.Decoder, "_initialise", initialise)


def plain_rounding(monkeypatch):
    monkeypatch.setattr(runs, "gptq", lambda w, inputs, scale, top: runs.nearest(w, scale, top))


def cut_off(monkeypatch):
    def nearest(weight, scale, top):
        return (weight / scale).trunc().clamp(-top, top) * scale

    monkeypatch.setattr(runs, "nearest", nearest)


def alike(monkeypatch):
    def grouped(model, width, decay):
        return [{"params": list(model.parameters()), "scale": 1.0, "decay": decay}]

    monkeypatch.setattr(weight_decay, "grouped", grouped)


def largest_logit(monkeypatch):
    original = images.margins

    def margins(model, x):
        assert original(model, x).shape == (len(x),)
        return images.logits(model, torch.from_numpy(x)).amax(1).numpy()

    monkeypatch.setattr(images, "margins", margins)


def mean_direction(monkeypatch):
    def hebb(rows):
        return rows.mean(0) / np.linalg.norm(rows.mean(0))

    monkeypatch.setattr(perceptron, "max_margin", hebb)


def other_loss(monkeypatch):
    robust = functools.partial(fitting.fit, loss=fitting.huber(1e-3))
    monkeypatch.setattr(fits, "fit", robust)


def more_leaves(monkeypatch):
    original = learning_curves.trees
    monkeypatch.setattr(
        learning_curves, "trees", lambda x, y, kind, setting, seed: original(x, y, kind, 2 * setting, seed)
    )


def one_smoothing(monkeypatch):
    original = learning_curves.ngrams
    monkeypatch.setattr(
        learning_curves, "ngrams", lambda x, y, longest, smoothing: original(x, y, longest, "witten_bell")
    )


def discounted(monkeypatch):
    original = counts.ngrams
    monkeypatch.setattr(counts, "ngrams", lambda x, y, longest, _: original(x, y, longest, "discounting"))


def steeper(monkeypatch):
    original = superposition.rate
    monkeypatch.setattr(superposition, "rate", lambda step, steps: 1.2 * original(step, steps))


def stronger_branches(monkeypatch):
    original = networks.scales
    monkeypatch.setattr(networks, "scales", lambda network, depth: 1.05 * original(network, depth))


#: What is changed -> how, and the tables that must notice.
PLANTED = {
    "the groups of muP removed": (lambda m: no_groups(m, "mup"), ["width_transfer_arms_small"]),
    "the groups of u-muP removed": (lambda m: no_groups(m, "unit"), ["width_transfer_arms_small"]),
    "a cosine for a line": (lambda m: config_with(m, schedule="cosine"), ["width_transfer_arms_small"]),
    "a second beta of 0.95": (
        lambda m: config_with(m, betas=(0.9, 0.95)),
        ["isoflop_from_scratch_projects_small", "width_transfer_arms_small", "knowledge_capacity"],
    ),
    "a start of 0.03 for 0.02": (
        lambda m: m.setattr(decoder, "SIGMA", 0.03),
        [
            "isoflop_from_scratch_projects_small",
            "width_transfer_arms_small",
            "knowledge_capacity",
            "layerwise_weight_decay_weight_decay_small",
        ],
    ),
    "ten times the weight decay": (
        lambda m: decay_by(m, 10),
        [
            "isoflop_from_scratch_projects_small",
            "knowledge_capacity",
            "learning_curves",
            "data_pruning_images_small",
            "layerwise_weight_decay_weight_decay_small",
        ],
    ),
    "no clipping": (lambda m: config_with(m, clip=0.0), ["isoflop_from_scratch_projects_small"]),
    "rounding for GPTQ": (plain_rounding, ["knowledge_capacity"]),
    "a rate times 1.2": (lambda m: rates_by(m, 1.2), TRAINED),
    "no warm-up": (lambda m: config_with(m, warmup=0), WARMED),
    "a line for a cosine": (
        lambda m: config_with(m, schedule="linear"),
        ["knowledge_capacity", "learning_curves", "data_pruning_images_small"],
    ),
    "a decay of the rate where there was none": (
        lambda m: config_with(m, schedule="cosine"),
        ["isoflop_from_scratch_projects_small", "layerwise_weight_decay_weight_decay_small"],
    ),
    "a rate that ends at nought": (lambda m: config_with(m, final=0.0), ["knowledge_capacity"]),
    "Adam's eps of 1e-6": (
        lambda m: config_with(m, eps=1e-6),
        ["isoflop_from_scratch_projects_small", "width_transfer_arms_small"],
    ),
    "another order of the data": (
        other_order,
        ["isoflop_from_scratch_projects_small", "learning_curves", "data_pruning_images_small"],
    ),
    "muP's attention divided by the root of the width": (temperature, ["width_transfer_arms_small"]),
    "weights cut off, not rounded": (cut_off, ["knowledge_capacity"]),
    "one rate for matrices and the rest": (alike, ["layerwise_weight_decay_weight_decay_small"]),
    "the largest logit for the margin": (largest_logit, ["data_pruning_images_small"]),
    "the mean of the examples for the maximum margin": (mean_direction, ["data_pruning_perceptron"]),
    "a robust loss for squares": (other_loss, ["rectified_finetuning_law_fits"]),
    "trees with twice the leaves": (more_leaves, ["learning_curves"]),
    "one smoothing for both n-grams": (one_smoothing, ["learning_curves"]),
    "n-grams mixed otherwise": (discounted, [COUNTED]),
    "a rate of Adam by hand times 1.2": (steeper, ["superposition_small"]),
    "branches that are 1.05 times as strong": (stronger_branches, ["width_depth_commute"]),
}


#: Witnesses that are run again, where some will do.
FOCUS = {
    "isoflop_from_scratch_projects_small": {"width": 16},
    "learning_curves": {"data": "python"},
    "data_pruning_images_small": {"f": 1.0},
    "rectified_finetuning_law_fits": {"law": "shift"},
}


@pytest.mark.parametrize(
    ("change", "slug"), [(change, slug) for change, (_, slugs) in PLANTED.items() for slug in slugs]
)
def test_a_planted_change_is_caught(change, slug, monkeypatch):
    PLANTED[change][0](monkeypatch)
    where = {"trees with twice the leaves": {"family": "boosting"}, "the largest logit for the margin": {}}
    found = witness.departures(
        module_of(slug),
        loading.source(slug)["scale"],
        loading.folders()[slug],
        first=True,
        where=where.get(change, FOCUS.get(slug)),
    )
    assert found, f"{slug} does not notice: {change}"
    assert " is " in found[0] and ", was " in found[0]


def test_every_table_has_a_planted_change():
    assert {slug for _, slugs in PLANTED.values() for slug in slugs} == set(RUNS)


TOY = types.SimpleNamespace(
    __name__="toy",
    FACTOR=3,
    witnesses=lambda scale: Witnesses([{"x": 1.0}, {"x": 2.0}], counted={"error": 100}, within={"y": 0.1}),
)


@pytest.fixture
def toy(tmp_path):
    """An experiment of three measures, with its witnesses kept, and how to change a measure."""
    module = types.SimpleNamespace(**vars(TOY))
    base = {"loss": 2.0, "error": 0.25, "y": 1.0, "status": "good", "count": 3, "none": None}
    change: dict = {}
    module.run = lambda x: base | change
    assert witness.write(module, "full", tmp_path) == 2
    (tmp_path / "SOURCE.json").write_text('{"recipe": 1}')
    sealing.seal(tmp_path)
    return module, tmp_path, change


@pytest.mark.parametrize(
    ("name", "same", "other"),
    [
        ("loss", 2.0 + 1.9e-5, 2.0 + 2.1e-5),
        ("error", 0.27, 0.28),
        ("y", 1.09, 1.2),
        ("status", "good", "bad"),
        ("count", 3, 4),
        ("none", None, 0.0),
        ("loss", 2, None),
        ("loss", 2.0, float("nan")),
        ("error", 0.25, float("nan")),
        ("count", 3, True),
    ],
)
def test_a_measure_departs_beyond_what_is_stated(toy, name, same, other):
    module, folder, change = toy
    change[name] = same
    assert witness.departures(module, "full", folder) == []
    change[name] = other
    assert len(witness.departures(module, "full", folder)) == 2
    assert len(witness.departures(module, "full", folder, first=True)) == 1
    with pytest.raises(witness.WitnessError, match="RECIPE = 2"):
        witness.check(module, "full", folder)
    # Numbers that were meant to change say so.
    module.RECIPE = 2
    witness.check(module, "full", folder)


def test_a_witness_that_is_not_kept_is_named(toy):
    module, folder, _ = toy
    module.witnesses = lambda scale: Witnesses([{"x": 2.0}, {"x": 5.0}])
    assert witness.unkept(module, "full", folder) == [{"x": 5.0}, {"x": 1.0}]
    (folder / witness.NAME).unlink()
    assert witness.read(folder) == [] and len(witness.unkept(module, "full", folder)) == 2


def test_a_shortened_run_leaves_no_trace():
    module = types.ModuleType("short")
    module.STEPS = 100
    module.steps = functools.lru_cache(lambda: module.STEPS)
    module.steps()
    before = texts.python_text()
    with witness.shortened(
        module, Witnesses([], short={"STEPS": 2, "replications.learning_curves.subsets.WINDOW": 4})
    ):
        from replications.learning_curves import subsets

        assert (module.steps(), subsets.WINDOW) == (2, 4)
        assert texts.python_text() is texts.python_excerpt and machine.device() == "cpu"
    assert (module.steps(), subsets.WINDOW) == (100, 256) and texts.python_text() is before
    with (
        pytest.raises(RuntimeError, match="trouble"),
        witness.shortened(module, Witnesses([], short={"STEPS": 2})),
    ):
        raise RuntimeError("trouble")
    assert module.steps() == 100


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The cheapest table of all, in a folder where it may be damaged."""
    copy = tmp_path / "data"
    shutil.copytree(
        repository.data_folder() / "runs" / "data_pruning_perceptron",
        copy / "runs" / "data_pruning_perceptron",
    )
    monkeypatch.setattr(repository, "data_folder", lambda: copy)
    return copy / "runs" / "data_pruning_perceptron"


def test_a_table_that_the_code_does_not_make_is_named_with_its_command(copied, monkeypatch):
    assert witness.problem("data_pruning_perceptron") == ""
    anew = re.escape("python -m replications.data_pruning.perceptron --scale full")
    monkeypatch.setattr(perceptron, "RECIPE", 2, raising=False)
    assert re.search(f"recipe 1, the code of 2: .*{anew}", witness.problem("data_pruning_perceptron"))
    monkeypatch.delattr(perceptron, "RECIPE")
    with monkeypatch.context() as change:
        mean_direction(change)
        assert re.search(
            f"(?s)margin is .*, was .*raise RECIPE .*{anew}", witness.problem("data_pruning_perceptron")
        )
        # And the witnesses are not replaced by those of other code.
        monkeypatch.setattr("sys.argv", ["witness", "data_pruning_perceptron"])
        before = (copied / witness.NAME).read_bytes()
        with pytest.raises(SystemExit, match="other numbers"):
            witness.main()
        assert (copied / witness.NAME).read_bytes() == before
    (copied / witness.NAME).unlink()
    assert witness.problem("data_pruning_perceptron").endswith(
        "python -m scalinglaws.sweeps.witness data_pruning_perceptron"
    )
    witness.main()
    # The same runs and the same numbers, but for the last digits, which are the processor's.
    assert witness.problem("data_pruning_perceptron") == ""
    written = json.loads((copied / witness.NAME).read_bytes())
    assert [run["config"] for run in written] == [run["config"] for run in json.loads(before)]


def test_a_flipped_witness_accuses_no_code(copied):
    """One digit of what was measured: the code would be told that it makes other numbers."""
    path, rng = copied / witness.NAME, random.Random(0)
    whole = path.read_bytes()
    for _ in range(50):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        for call in (witness.problem, loading.verify):
            with pytest.raises(schema.TableError, match=r"witnesses\.json has sha256 .*restore it with git"):
                call("data_pruning_perceptron")
    loading.load("data_pruning_perceptron")
    path.write_bytes(whole)
    sums = copied / "SHA256SUMS"
    lines = sums.read_bytes()
    sums.write_bytes(b"".join(lines.splitlines(keepends=True)[:2]))
    with pytest.raises(schema.TableError, match="SHA256SUMS says nothing of it"):
        loading.verify("data_pruning_perceptron")
    sums.write_bytes(lines)
    path.unlink()
    with pytest.raises(schema.TableError, match=r"witnesses\.json is missing"):
        loading.verify("data_pruning_perceptron")


def test_witnesses_that_are_written_vouch_for_no_other_file(copied, monkeypatch):
    (copied / witness.NAME).unlink()
    (copied / "table.csv").write_bytes((copied / "table.csv").read_bytes() + b"\n")
    monkeypatch.setattr("sys.argv", ["witness", "data_pruning_perceptron"])
    witness.main()
    assert sealing.vouched(copied).keys() == {"SOURCE.json", "table.csv", witness.NAME}
    with pytest.raises(schema.TableError, match=r"table\.csv has sha256"):
        loading.verify("data_pruning_perceptron")


def test_a_network_of_no_matter_is_trained_where_it_is_asked():
    assert machine.device() in ("cpu", "cuda")
    with machine.on_cpu():
        assert machine.device() == "cpu"
        assert next(nn.Linear(1, 1).to(machine.device()).parameters()).device.type == "cpu"
