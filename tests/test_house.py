"""The house form: what a machine can see of it, in the harness and in the studies that have been brought over."""

import ast
from pathlib import Path

import house
import pytest

from toybench.plugins import registry

SECOND_EDITION: tuple[str, ...] = (
    "adversarial_imitation",
    "algorithm_simulation",
    "architecture_retrieval",
    "asynchronous_graphs",
    "boolean_functions",
    "delayed_control",
    "dynamics_models",
    "federated_graphs",
    "goal_reaching",
    "combinatorial_search",
    "flow_matching",
    "graph_algorithms",
    "graph_filters",
    "graph_generation",
    "node_embeddings",
    "communication_games",
    "conditional_generation",
    "gflownets",
    "graph_transfer",
    "graph_classification",
    "hypernetworks",
    "imitation_driving",
    "instructed_agents",
    "language_toys",
    "learning_rates",
    "local_learning",
    "local_policies",
    "network_design",
    "node_classification",
    "offline_control",
    "offline_to_online",
    "normalizing_flows",
    "optimizers",
    "particle_motion",
    "path_models",
    "policy_search",
    "posterior_sampling",
    "pre_caching",
    "preference_learning",
    "message_passing",
    "quantum_circuits",
    "permutation_learning",
    "probability_paths",
    "process_generation",
    "quality_diversity",
    "prompt_planning",
    "prompting",
    "prompted_generation",
    "quasimetric",
    "return_conditioning",
    "recommendation",
    "recourse",
    "reset_free_finetuning",
    "reward_tuning",
    "risk_sensitive_rl",
    "routing",
    "sequence_mixers",
    "symbolic_reasoning",
    "tabular_exploration",
    "trajectory_models",
    "sequence_design",
    "temporal_graphs",
    "trading",
    "trend_trading",
    "trainability",
    "transferability",
    "transduction",
    "transport_maps",
    "tree_composition",
    "value_learning",
    "weight_spaces",
    "weak_labels",
    "zero_shot_rl",
    "rule_inference",
)  # studies in the form as it is now; the others follow with their review


def written(text: str, tmp_path: Path, kind: str = "methods") -> Path:
    """A method's file with this text."""
    file = tmp_path / kind / "study" / "method.py"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return file


def found(text: str, tmp_path: Path) -> list[str]:
    return [what for _, _, what in house.faults(written(text, tmp_path))]


@pytest.mark.parametrize("file", house.harness(), ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_the_harness_keeps_the_form(file: Path) -> None:
    assert not house.faults(file)


def test_studies_keep_the_form() -> None:
    files = [file for study in SECOND_EDITION for file in house.study_files(study)]
    assert not [fault for file in files for fault in house.faults(file)]


def test_a_method_is_understood_from_three_files() -> None:
    """Its own, the study's page and one shared module; blocks are vocabulary that the studies have in common."""
    for method in (name for study in SECOND_EDITION for name in registry.methods(study)):
        own = [f for f in house.to_read(method) if "blocks" not in f.parts]
        assert len(own) <= 3, f"{method} is made of {', '.join(f.name for f in own)}"


@pytest.mark.parametrize(
    "statement",
    ["a, b = 1, 2", "a, b = (f(x) for x in y)", "(a, b), c = f(x)", "a, b = (1, 2) if c else (3, 4)"],
)
def test_packed_assignments_are_seen(statement: str, tmp_path: Path) -> None:
    assert found(f"{statement}\n", tmp_path) == ["packs several values into one statement"]


@pytest.mark.parametrize("statement", ["a, b = f(x)", "a = 1, 2", "for a, b in c: pass", "a, b = c.T", "a, b = c"])
def test_a_call_may_return_several(statement: str, tmp_path: Path) -> None:
    assert found(f"{statement}\n", tmp_path) == []


def test_unnamed_fields_are_seen(tmp_path: Path) -> None:
    """Of a class that the harness has."""
    assert found("o = Outcome(0, {}, None)\n", tmp_path) == ["makes Outcome without naming its fields"]
    assert found("o = Outcome(seed=0, curve={}, diverged_at=None)\n", tmp_path / "named") == []


def test_a_method_without_a_function_is_seen(tmp_path: Path) -> None:
    hollow = 'class Variant(Base):\n    """A label."""\n\n    rate = 2.0\n'
    assert found(hollow, tmp_path) == ["class Variant has no function"]
    state = "class State(NamedTuple):\n    params: int\n"
    assert found(state, tmp_path / "state") == []


def test_figures_count_what_they_say(tmp_path: Path) -> None:
    file = written('"""Text."""\n\n# a comment\nx = f(a + b)\n\n\ndef g():\n    """Text."""\n    return x\n', tmp_path)
    assert house.code_lines(file) == {4, 7, 9}
    names = [n for n in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(n, ast.expr)]
    assert house.expressions(file) == len(names)
