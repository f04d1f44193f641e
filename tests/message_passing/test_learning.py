"""What each mechanism is for, learnt on small tasks with tuning seeds."""

import pytest

from toybench.engine import trial
from toybench.engine.cells import TUNING
from toybench.plugins import registry
from toybench.tasks.message_passing.hub_mean import HubMean
from toybench.tasks.message_passing.support_sentences import SupportSentences
from toybench.tasks.message_passing.tree_lookup import TreeLookup


def final(task, stem, metric, steps, **fields):
    """A metric after training, of one seed."""
    method = registry.load("methods", f"message_passing/{stem}")(**fields)
    outcomes, _ = trial.run(task, method, [TUNING], steps, 1)
    return outcomes[0].curve[metric][-1]


def test_choices_leave_other_neighbours_out():
    task = HubMean(trees=256)
    errors = {stem: final(task, stem, "error", 300) for stem in ("cognn", "mean_gnn")}
    assert errors["cognn"] < 0.4 < 0.6 < errors["mean_gnn"]


def test_soft_gates_learn_too():
    assert final(HubMean(trees=256), "soft_gates", "error", 300) < 0.5


def test_sums_show_some_of_the_hubs():
    assert 0.3 < final(HubMean(trees=256), "sum_gnn", "error", 300) < 0.95


def test_rewiring_reaches_leaves_that_one_layer_cannot():
    task = TreeLookup(depth=2, width=16, batch=32)
    errors = {stem: final(task, stem, "error", 400, layers=1) for stem in ("pr_mpnn", "gin", "random_rewiring")}
    assert errors["pr_mpnn"] < 0.2
    assert errors["gin"] > 0.9
    assert 0.4 < errors["random_rewiring"] < 1.0


def test_two_layers_see_two_levels():
    assert final(TreeLookup(depth=2, width=16, batch=32), "gin", "error", 400, lr=0.004) < 0.6


@pytest.mark.parametrize(("stem", "lr"), [("virtual_node", 0.004), ("attention_all", 0.008)])
def test_short_cuts_reach_the_leaves(stem, lr):
    assert final(TreeLookup(depth=2, width=16, batch=32), stem, "error", 500, layers=1, lr=lr) < 0.7


def test_sentences_are_found_by_attention():
    task = SupportSentences(sentences=5, noise=0.0)
    recall = {
        stem: final(task, stem, "bridge_recall", 800, lr=0.008)
        for stem in ("propagate_selector", "independent_scorer", "pooled_context")
    }
    f1 = final(task, "independent_scorer", "support_f1", 400, lr=0.004)
    assert recall["propagate_selector"] > max(recall["independent_scorer"], recall["pooled_context"]) + 0.1
    assert f1 > 0.5  # the first sentence is found without the others
