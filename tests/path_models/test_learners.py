"""Each learner: a law, a number by hand, and what it does on its task."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.path_models import _rules as rules
from toybench.methods.path_models import _text_net as net
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.path_models import Corpus, Texts, TextSpec, generate

KEY = jax.random.key(8)
SPEC = TextSpec(nodes=5, longest=3, none_share=0.2)
# edges 0-1, 1-2, 2-3, 0-4; the way from 0 to 3 has to be joined, and 4 leads nowhere
TOKENS = [
    [0, 2, 0, 1, 2, 9],
    [1, 3, 1, 2, 3, 9],
    [0, 1, 0, 1, 9, 9],
    [1, 2, 1, 2, 9, 9],
    [2, 3, 2, 3, 9, 9],
    [0, 4, 0, 4, 9, 9],
    [4, 3, 5, 9, 9, 9],
]
TEXTS = Texts(tokens=jnp.asarray(np.array(TOKENS) % 9, jnp.int32), length=jnp.asarray([5, 5, 4, 4, 4, 4, 3]))
CORPUS = Corpus(texts=TEXTS, weight=jnp.ones(7))


def method(stem: str, steps: int = 50, **values: Any) -> Any:
    return registry.load("methods", f"path_models/{stem}")(spec=SPEC, given=CORPUS, steps=steps, **values)


def trained(learner: Any, steps: int = 50) -> Any:
    """The state after some steps on all texts."""

    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        return learner.update(state, TEXTS, key), None

    return jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, steps))[0])(learner.init(KEY))


def asked(learner: Any, state: Any, prompt: list[list[int]]) -> list[list[int]]:
    """Greedy paths."""
    return np.asarray(generate(Learner(learner, state).next_node, SPEC, jnp.asarray(prompt, jnp.int32))).tolist()


def logits_by_loops(params: Any, text: list[int]) -> np.ndarray:
    """Of every token of a text: the block written out in NumPy."""
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)["params"]

    def norm(x: np.ndarray, scale: dict) -> np.ndarray:
        x = x - x.mean()
        return x / np.sqrt((x**2).mean() + 1e-6) * scale["scale"] + scale["bias"]

    def dense(x: np.ndarray, layer: dict) -> np.ndarray:
        return x @ layer["kernel"] + layer.get("bias", 0.0)

    embed = p["Dense_0"]
    x = [embed["kernel"][token] + embed["kernel"][6 + i] + embed["bias"] for i, token in enumerate(text)]
    block = p["Block_0"]
    normed = [norm(v, block["Norm_0"]) for v in x]
    parts = [np.split(dense(v, block["Attention_0"]["Dense_0"]), 3) for v in normed]
    out = []
    for i, (query, _, _) in enumerate(parts):
        scores = np.array([query @ key / 32**0.5 for _, key, _ in parts[: i + 1]])
        shares = np.exp(scores - scores.max())
        mixed = sum(s * value for s, (_, _, value) in zip(shares / shares.sum(), parts, strict=False))
        y = x[i] + dense(mixed, block["Attention_0"]["Dense_1"])
        hidden = dense(norm(y, block["Norm_1"]), block["Dense_1"])
        gelu = 0.5 * hidden * (1 + np.tanh((2 / np.pi) ** 0.5 * (hidden + 0.044715 * hidden**3)))
        y = y + dense(gelu, block["Dense_0"])
        out.append(dense(norm(y, p["Norm_0"]), p["Dense_1"]))
    return np.array(out)


def log_softmax(x: np.ndarray) -> np.ndarray:
    return x - x.max() - np.log(np.exp(x - x.max()).sum())


def test_the_transformer_by_loops() -> None:
    learner = method("path_transformer")
    params = learner.init(KEY).params
    losses = []
    for tokens, length in zip(TOKENS, np.asarray(TEXTS.length), strict=True):
        by_hand = logits_by_loops(params, tokens[:length])
        got = net.logits(SPEC, params, jnp.asarray([tokens[:length]], jnp.int32))[0]
        np.testing.assert_allclose(got, by_hand, rtol=2e-3, atol=2e-4)
        losses += [-log_softmax(by_hand[i])[tokens[i + 1]] for i in range(length - 1)]
    assert float(learner.loss(params, TEXTS)) == pytest.approx(np.mean(losses), rel=1e-4)


def test_the_transformer_reads_only_what_is_written() -> None:
    learner = method("path_transformer")
    state = learner.init(KEY)
    prompt = jnp.asarray([[0, 3]])
    for length in range(1, 4):
        whole = net.logits(SPEC, state.params, jnp.asarray([[0, 3, 0, 1, 2][: 2 + length]]))[:, -1]
        for rest in (0, 4):
            path = jnp.asarray([[0, 1, 2, 3]]).at[:, length:].set(rest)
            np.testing.assert_allclose(learner.next_node(state, prompt, path, jnp.asarray(length)), whole, atol=1e-5)
    first = learner.next_node(state, prompt, jnp.zeros((1, 4), jnp.int32), jnp.asarray(0))
    np.testing.assert_allclose(first, net.logits(SPEC, state.params, prompt)[:, 1], atol=1e-5)


def test_the_transformer_learns_texts_and_decides_by_its_path() -> None:
    learner = method("path_transformer", steps=300, lr=0.01)
    state = trained(learner, 300)
    paths = asked(learner, state, [[0, 2], [1, 3], [0, 4]])
    assert [paths[0][:3], paths[1][:3], paths[2][:2]] == [[0, 1, 2], [1, 2, 3], [0, 4]]
    assert learner.decide(state, jnp.asarray([[0, 2], [0, 4], [4, 3]])).tolist() == [True, True, False]


def test_a_decision_is_a_walk_that_arrives_and_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first token's log-odds are moved by log 4, the odds of a path among the texts."""
    learner = method("path_transformer")
    state = learner.init(KEY)
    for lead, said in ((1.3, False), (1.5, True)):

        def logits(spec: TextSpec, params: Any, tokens: jax.Array, lead: float = lead) -> jax.Array:
            row = lead * jax.nn.one_hot(tokens, 6)
            return (
                row.at[:, 1]
                .set(lead * jax.nn.one_hot(tokens[:, 0], 6))
                .at[:, 2]
                .set(2 * jax.nn.one_hot(tokens[:, 1], 6))
            )

        monkeypatch.setattr(net, "logits", logits)
        assert learner.decide(state, jnp.asarray([[0, 2]])).tolist() == [said]


def test_a_direct_decision_weighs_both_answers_alike() -> None:
    learner = method("direct_decision")
    params = learner.init(KEY).params
    losses = []
    for tokens in TOKENS:
        row = logits_by_loops(params, tokens[:2])[1]
        linked = tokens[2] != 5
        margin = (row[0] - row[5]) * (1 if linked else -1)
        losses.append(np.log1p(np.exp(-margin)) / (0.8 if linked else 0.2) / 2)
        assert float(learner.margin(params, jnp.asarray([tokens[:2]]))[0]) == pytest.approx(row[0] - row[5], abs=1e-3)
    assert float(learner.loss(params, TEXTS)) == pytest.approx(np.mean(losses), rel=1e-3)


def test_a_direct_decision_learns_its_texts() -> None:
    learner = method("direct_decision", steps=200)
    state = trained(learner, 200)
    assert learner.decide(state, TEXTS.tokens[:, :2]).tolist() == [True] * 6 + [False]


def test_two_tables_by_hand() -> None:
    learner = method("two_lookup")
    state = learner.init(KEY)
    rng = np.random.default_rng(0)
    params = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape), jnp.float32), state.params)
    m, r = (np.asarray(leaf, np.float64) for leaf in params)
    steps = [
        (t[i], t[1], t[i + 1]) for t, n in zip(TOKENS, TEXTS.length.tolist(), strict=True) for i in range(2, n - 1)
    ]
    steps.append((4, 3, 5))
    losses = [-log_softmax(m[current] + r[goal])[onward] for current, goal, onward in steps]
    assert float(learner.loss(params, TEXTS)) == pytest.approx(np.mean(losses), rel=1e-5)
    gradient = jax.grad(learner.loss)(params, TEXTS)
    following = np.zeros((5, 6))
    leading = np.zeros((5, 6))
    for current, goal, onward in steps:
        wrong = (np.exp(log_softmax(m[current] + r[goal])) - np.eye(6)[onward]) / len(steps)
        following[current] += wrong
        leading[goal] += wrong
    np.testing.assert_allclose(gradient.following, following, atol=1e-6)
    np.testing.assert_allclose(gradient.leading, leading, atol=1e-6)
    path = jnp.asarray([[0, 1, 2, 3]])
    got = learner.next_node(state._replace(params=params), jnp.asarray([[0, 3]]), path, jnp.asarray(2))
    np.testing.assert_allclose(got[0, :5], (m[1] + r[3])[:5], rtol=1e-5)
    assert got[0, 5] < -1e8
    start = learner.next_node(state._replace(params=params), jnp.asarray([[0, 3]]), path, jnp.asarray(0))
    np.testing.assert_allclose(start[0], m[0] + r[3], rtol=1e-5)


def test_two_tables_learn_what_was_observed() -> None:
    learner = method("two_lookup", steps=400)
    state = trained(learner, 400)
    paths = asked(learner, state, [[0, 2], [1, 3], [0, 4]])
    assert [paths[0][:3], paths[1][:3], paths[2][:2]] == [[0, 1, 2], [1, 2, 3], [0, 4]]
    assert learner.decide(state, jnp.asarray([[0, 2], [1, 3], [4, 3]])).tolist() == [True, True, False]


def test_refusals_of_two_tables_know_the_prior() -> None:
    """A lead of less than log 4 of the step over "none" is a refusal."""
    learner = method("two_lookup")
    state = learner.init(KEY)
    for lead, said in ((1.3, False), (1.5, True)):
        params = state.params._replace(following=state.params.following.at[0, 3].set(lead))
        assert learner.decide(state._replace(params=params), jnp.asarray([[0, 3]])).tolist() == [said]
        assert asked(learner, state._replace(params=params), [[0, 3]])[0][1] == 3


def test_rules_step_where_allowed_else_where_they_may() -> None:
    allowed = jnp.zeros((3, 3, 3), bool).at[0, 2, 1].set(True)
    fallback = jnp.asarray([[False, True, True], [False, False, True], [False, False, False]])
    prompt = jnp.asarray([[0, 2], [0, 1], [2, 1]])
    path = prompt[:, :1]
    got = np.asarray(rules.step_logits(allowed, fallback, prompt, path, jnp.asarray(1)))
    assert got[0].tolist() == [rules.NEVER, 0, rules.SECOND, rules.NEVER]
    assert got[1].tolist() == [rules.NEVER, rules.SECOND, rules.SECOND, rules.NEVER]
    assert (got[2] == rules.NEVER).all()
    first = np.asarray(rules.step_logits(allowed, fallback, prompt, path, jnp.asarray(0)))
    assert first.argmax(1).tolist() == [0, 0, 2]


def test_tables_and_search_on_a_line() -> None:
    """From 0 to 3 no text shows the first step; joined, they do."""
    never = rules.NEVER
    table = method("observed_tables")
    search = method("closure_search")
    prompts = jnp.asarray([[0, 2], [1, 3], [0, 3], [4, 3]])
    assert table.decide(table.init(KEY), prompts).tolist() == [True, True, False, False]
    assert search.decide(search.init(KEY), prompts).tolist() == [True, True, True, False]
    assert asked(search, search.init(KEY), [[0, 3]]) == [[0, 1, 2, 3]]
    step = table.next_node(table.init(KEY), jnp.asarray([[0, 3]]), jnp.asarray([[0]]), jnp.asarray(1))
    assert np.asarray(step)[0].tolist() == [
        rules.NEVER,
        rules.SECOND,
        rules.NEVER,
        rules.NEVER,
        rules.SECOND,
        rules.NEVER,
    ]
    walk = method("seen_edge_walk")
    step = walk.next_node(walk.init(KEY), jnp.asarray([[0, 3]]), jnp.asarray([[0]]), jnp.asarray(1))
    assert np.asarray(step)[0].tolist() == [never, 0, never, never, 0, never]


def test_tables_arrive_where_observed_and_search_everywhere() -> None:
    problem = registry.load("tasks", "path_models/fixed_dag")()

    def run(key: jax.Array) -> dict[str, Any]:
        world = problem.sample(key)
        found = {}
        for stem in ("observed_tables", "closure_search", "seen_edge_walk"):
            learner = registry.load("methods", f"path_models/{stem}")(spec=problem.spec, given=problem.given(world))
            found[stem] = problem.evaluate(world, key, Learner(learner, learner.init(key)))
        return found

    found = jax.jit(jax.vmap(run))(jax.random.split(KEY, 4))
    table = found["observed_tables"]
    search = found["closure_search"]
    np.testing.assert_allclose(table["observed_valid"], 1, rtol=1e-6)
    np.testing.assert_allclose(search["valid"], 1, rtol=1e-6)
    np.testing.assert_allclose(search["sampled_valid"], 1, rtol=1e-6)
    assert (np.asarray(search["length_excess"]) < 0).all()
    np.testing.assert_allclose(table["unseen_share"], 0, atol=1e-4)
    for luck in (table["transitive_valid"], found["seen_edge_walk"]["valid"]):
        assert np.asarray(luck).mean() < 0.8
