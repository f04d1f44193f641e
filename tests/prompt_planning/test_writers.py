"""Writers of paths: the network by hand, what sees what, programs, and what a few updates teach."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.decode import token_nll
from toybench.methods.prompt_planning import _network as network
from toybench.methods.prompt_planning.random_arm import following
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.prompt_planning import Batch, Prompt, PromptSpec
from toybench.tasks.prompt_planning.lattice_maze import mazes

KEY = jax.random.key(8)
forced = jax.jit(network.forced_logits, static_argnums=0)
forced_loss = jax.jit(network.forced_loss, static_argnums=0)
before_path = jax.jit(network.before_path, static_argnums=0)
written = jax.jit(network.written, static_argnums=0)
STAR = PromptSpec(names=6, edges=4, path=2, directed=True)
MAZE = PromptSpec(names=9, edges=8, path=8, directed=False)


def task(stem: str, **knobs: Any) -> Any:
    return registry.load("tasks", f"prompt_planning/{stem}")(**knobs)


def method(stem: str, spec: PromptSpec, steps: int = 100, **values: Any) -> Any:
    return registry.load("methods", f"prompt_planning/{stem}")(spec=spec, steps=steps, **values)


def small() -> Any:
    return task("star_graph", arms=2, reach=2, names=6)


@pytest.fixture(scope="module")
def stars() -> Batch:
    return jax.jit(lambda key: small().graphs(key, 64))(KEY)


@pytest.fixture(scope="module")
def maze() -> Batch:
    return jax.jit(task("lattice_maze").sample)(KEY).judged


@pytest.fixture(scope="module")
def params() -> dict[bool, Any]:
    return {spec.directed: network.start(spec, KEY, 0.01, 10).params for spec in (STAR, MAZE)}


def norm(x: np.ndarray, p: Any) -> np.ndarray:
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * p["scale"] + p["bias"]


def by_hand(params: Any, tokens: np.ndarray, sees: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits and residuals of one text of tokens [t, 2], head by head."""
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params["params"])
    x = np.stack([p["embedding"][a] + p["embedding"][b] for a, b in tokens])
    for layer in range(2):
        block = p[f"Block_{layer}"]
        seen = norm(x, block["Norm_0"])
        heads = np.split(seen @ block["Attention_0"]["Dense_0"]["kernel"], 4, axis=1)
        mixed = np.zeros_like(x)
        for head, both in enumerate(heads):
            q, k, v = np.split(both, 3, axis=1)
            logits = np.where(sees, q @ k.T / np.sqrt(8), -np.inf)
            weights = np.exp(logits - logits.max(1, keepdims=True))
            mixed[:, 8 * head : 8 * head + 8] = weights / weights.sum(1, keepdims=True) @ v
        x = x + mixed @ block["Attention_0"]["Dense_1"]["kernel"]
        inner = norm(x, block["Norm_1"]) @ block["Dense_1"]["kernel"] + block["Dense_1"]["bias"]
        inner = inner * (1 + np.tanh(np.sqrt(2 / np.pi) * (inner + 0.044715 * inner**3))) / 2
        x = x + inner @ block["Dense_0"]["kernel"] + block["Dense_0"]["bias"]
    return norm(x, p["Norm_0"]) @ p["Dense_0"]["kernel"] + p["Dense_0"]["bias"], x


def test_forced_logits_by_hand(stars: Batch, params: Any) -> None:
    """Rows: 7 each for tails, heads, starts, goals and nodes, 2 for places, 1 for none."""
    sees = np.array(
        [
            [1, 1, 1, 1, 1, 0, 0],
            [1, 1, 1, 1, 1, 0, 0],
            [1, 1, 1, 1, 1, 0, 0],
            [1, 1, 1, 1, 1, 0, 0],
            [1, 1, 1, 1, 1, 0, 0],
            [1, 1, 1, 1, 1, 1, 0],
            [1, 1, 1, 1, 1, 1, 1],
        ],
        bool,
    )
    np.testing.assert_array_equal(network.mask(STAR), sees)
    found = forced(STAR, params[True], stars.prompt, stars.path)
    held = before_path(STAR, params[True], stars.prompt)
    for i in range(3):
        tokens = [(a, 7 + b) for a, b in stars.prompt.edges[i].tolist()]
        tokens.append((14 + int(stars.prompt.ends[i, 0]), 21 + int(stars.prompt.ends[i, 1])))
        tokens.extend((28 + int(node), 35 + place) for place, node in enumerate(stars.path[i]))
        logits, residual = by_hand(params[True], np.array(tokens), sees)
        np.testing.assert_allclose(found[i], logits[4:6], rtol=2e-3, atol=2e-4)
        np.testing.assert_allclose(held[i, 1], residual[4], rtol=2e-3, atol=2e-4)


def test_a_cell_has_one_vector_in_edges_and_paths(maze: Batch, params: Any) -> None:
    tokens = np.asarray(network.prompt_tokens(MAZE, maze.prompt))
    assert tokens[:, :-1].max() == 8
    assert np.asarray(network.place_tokens(MAZE, maze.path))[:, :, 0].max() == 9
    vectors = network.node_vectors(MAZE, params[False])
    np.testing.assert_array_equal(vectors, params[False]["params"]["embedding"][:9])
    assert network.rows(MAZE).total == 3 * 10 + 8 + 1
    turned = maze.prompt._replace(edges=maze.prompt.edges[:, :, ::-1])
    both = [forced(MAZE, params[False], p, maze.path) for p in (maze.prompt, turned)]
    np.testing.assert_allclose(*both, atol=1e-5)


def test_edges_are_a_set_whose_ends_are_told_apart(stars: Batch, params: Any) -> None:
    plain = forced(STAR, params[True], stars.prompt, stars.path)
    shuffled = stars.prompt._replace(edges=stars.prompt.edges[:, ::-1])
    turned = stars.prompt._replace(edges=stars.prompt.edges[:, :, ::-1])
    np.testing.assert_allclose(forced(STAR, params[True], shuffled, stars.path), plain, atol=1e-5)
    assert np.abs(forced(STAR, params[True], turned, stars.path) - plain).max() > 1e-3


def test_no_node_is_read_before_it_is_written(maze: Batch, params: Any) -> None:
    plain = forced(MAZE, params[False], maze.prompt, maze.path)
    other = forced(MAZE, params[False], maze.prompt, maze.path.at[:, 3].set(0))
    np.testing.assert_allclose(other[:, :4], plain[:, :4], atol=1e-5)
    assert np.abs(other[:, 4:] - plain[:, 4:]).max() > 1e-3


def test_the_loss_by_hand(maze: Batch, params: Any) -> None:
    """Of the nodes up to the goal, and of one end where there is room for it."""
    logits = np.asarray(forced(MAZE, params[False], maze.prompt, maze.path), np.float64)
    logp = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    each = []
    for i, path in enumerate(np.asarray(maze.path).tolist()):
        length = sum(node < 9 for node in path)
        each.extend(-logp[i, place, path[place]] for place in range(min(length + 1, 8)))
    assert float(forced_loss(MAZE, params[False], maze)) == pytest.approx(np.mean(each), rel=1e-4)


def test_paths_are_written_node_by_node(maze: Batch, params: Any) -> None:
    few = jax.tree.map(lambda leaf: leaf[:16], maze)
    path = np.zeros((16, 8), np.int32)
    for place in range(8):
        logits = forced(MAZE, params[False], few.prompt, jnp.asarray(path))
        path[:, place] = np.asarray(logits)[:, place].argmax(1)
        if place:
            path[path[:, place - 1] == 9, place] = 9
    np.testing.assert_array_equal(written(MAZE, params[False], few.prompt), path)


def test_going_on_is_the_likeliest_node_after_the_true_ones(stars: Batch, params: Any) -> None:
    learner = method("teacher_forcing", STAR)
    state = network.State(params=params[True], moments=())
    likeliest = np.asarray(forced(STAR, params[True], stars.prompt, stars.path)).argmax(2)
    np.testing.assert_array_equal(jax.jit(learner.go_on)(state, stars.prompt, stars.path), likeliest)


def test_one_node_arms_leave_nothing_to_force() -> None:
    """The goal is learned from the token before the path: both losses are one function of the parameters."""
    spec = task("star_graph", arms=2, reach=1, names=4).spec
    batch = jax.jit(lambda key: task("star_graph", arms=2, reach=1, names=4).graphs(key, 16))(KEY)
    learner = method("teacherless", spec)

    def dummies(params: Any) -> jax.Array:
        return token_nll(learner.logits(params, batch.prompt), batch.path).mean()

    params = learner.init(KEY).params
    one = jax.jit(jax.grad(dummies))(params)
    other = jax.jit(jax.grad(lambda p: network.forced_loss(spec, p, batch)))(params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), one, other)
    assert max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(one)) > 1e-2


def test_reversed_targets_are_forced_from_the_goal(stars: Batch) -> None:
    """Its update is that of teacher forcing on the path turned round, and it writes in the path's own order."""
    backwards = method("reversed_targets", STAR, lr=0.01)
    forwards = method("teacher_forcing", STAR, lr=0.01)
    state = backwards.init(KEY)
    turned = stars._replace(path=stars.path[:, ::-1])
    own = jax.jit(backwards.update)(state, stars, KEY)
    other = jax.jit(forwards.update)(state, turned, KEY)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), own.params, other.params)
    np.testing.assert_array_equal(
        jax.jit(backwards.write)(own, stars.prompt), written(STAR, own.params, stars.prompt)[:, ::-1]
    )


@pytest.mark.parametrize("slots", ["causal", "open"])
def test_dummies_see_the_prompt_and_one_another(stars: Batch, slots: str) -> None:
    learner = method("teacherless", STAR, lr=0.01, slots=slots)
    state = learner.init(KEY)
    sees = np.asarray(network.mask(STAR, slots_see_one_another=slots == "open"))
    assert sees[5, 6] == (slots == "open") and sees[:, :5].all() and not sees[:5, 5:].any()
    tokens = [(a, 7 + b) for a, b in stars.prompt.edges[0].tolist()]
    tokens.append((14 + int(stars.prompt.ends[0, 0]), 21 + int(stars.prompt.ends[0, 1])))
    tokens.extend([(37, 35), (37, 36)])
    logits, _ = by_hand(state.params, np.array(tokens), sees)
    np.testing.assert_allclose(
        jax.jit(learner.logits)(state.params, stars.prompt)[0], logits[4:6], rtol=2e-3, atol=2e-4
    )
    np.testing.assert_array_equal(
        learner.go_on(state, stars.prompt, stars.path), learner.write(state, stars.prompt), strict=True
    )


@pytest.mark.parametrize("stem", ["teacher_forcing", "reversed_targets", "teacherless"])
def test_one_look_up_is_learned(stem: str) -> None:
    """In arms of two nodes the first is one look-up from the goal: all find it."""
    world = small()
    learner = method(stem, world.spec, steps=300, lr=0.01)

    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        return learner.update(state, world.graphs(key, 32), key), None

    keys = jax.random.split(KEY, 300)
    state, _ = jax.jit(lambda s: jax.lax.scan(step, s, keys))(learner.init(KEY))
    test = jax.jit(lambda key: world.graphs(key, 256))(jax.random.key(1))
    right = jax.jit(learner.write)(state, test.prompt) == test.path
    assert float(right[:, 0].mean()) > 0.8
    assert float((jax.jit(learner.go_on)(state, test.prompt, test.path) == test.path)[:, 1].mean()) > 0.9


def test_a_random_arm_follows_edges(stars: Batch) -> None:
    prompt = Prompt(
        edges=jnp.asarray([[[4, 1], [0, 5], [0, 4], [5, 2]]], jnp.int32), ends=jnp.asarray([[0, 1]], jnp.int32)
    )
    learner = method("random_arm", STAR)
    np.testing.assert_array_equal(following(prompt.edges, jnp.asarray([4])), [1])
    np.testing.assert_array_equal(learner.write((), prompt), [[5, 2]])
    np.testing.assert_array_equal(learner.go_on((), prompt, jnp.asarray([[4, 1]])), [[5, 1]])
    found = small().evaluate(stars, KEY, Learner(learner, ()))
    assert float(found["rest_accuracy"]) == 1
    assert 0.3 < float(found["first_accuracy"]) < 0.7


def test_a_bag_of_edges_holds_every_edge(maze: Batch) -> None:
    """The 12 edges have independent features, and a bag is their sum."""
    learner = method("edge_feature_bag", MAZE)
    state = learner.init(KEY)
    lattice = jnp.asarray([[[a, b]] for a, b in mazes().lattice], jnp.int32)
    each = np.asarray(learner.residual(state, Prompt(edges=lattice, ends=lattice[:, 0])))[:, 0]
    assert np.linalg.matrix_rank(each, tol=1e-3) == 12
    whole = learner.residual(state, maze.prompt)[:, 0]
    known = mazes().lattice.tolist()
    for i, edges in enumerate(np.asarray(maze.prompt.edges[:4]).tolist()):
        places = [known.index(edge) for edge in edges]
        np.testing.assert_allclose(whole[i], each[places].sum(0), rtol=1e-4)


def test_a_sum_of_additive_tokens_holds_degrees_only() -> None:
    """Two trees whose cells have as many edges each, and whose edges differ, have the same sum."""
    found = mazes()
    degrees = np.zeros((192, 9), int)
    for tree, edges in enumerate(found.edges):
        np.add.at(degrees[tree], edges.reshape(-1), 1)
    _, group = np.unique(degrees, axis=0, return_inverse=True)
    alike = np.flatnonzero(group == np.bincount(group).argmax())
    assert len(alike) > 1
    vectors = np.random.default_rng(0).normal(size=(9, 5))
    sums = vectors[found.edges[alike]].sum((1, 2))
    np.testing.assert_allclose(sums, np.broadcast_to(sums[:1], sums.shape))


def test_before_its_first_update_the_transformer_is_the_untrained_one(maze: Batch) -> None:
    learner = method("path_transformer", MAZE, lr=0.01)
    untrained = method("untrained_transformer", MAZE)
    state = jax.jit(learner.init)(KEY)
    other = jax.jit(untrained.init)(KEY)
    few = jax.tree.map(lambda leaf: leaf[:16], maze.prompt)
    for question in ("residual", "write"):
        answers = [jax.jit(getattr(m, question))(s, few) for m, s in ((learner, state), (untrained, other))]
        np.testing.assert_array_equal(*answers)
    np.testing.assert_array_equal(learner.embedding(state), untrained.embedding(other))


def test_a_path_transformer_learns_mazes() -> None:
    world = task("lattice_maze")
    learner = method("path_transformer", MAZE, steps=60, lr=0.01)
    trees = jnp.arange(192)

    def step(state: Any, key: jax.Array) -> tuple[Any, jax.Array]:
        batch, _ = world.questions(key, trees, 32)
        return learner.update(state, batch, key), network.forced_loss(MAZE, state.params, batch)

    _, losses = jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, 60)))(learner.init(KEY))
    assert float(losses[-10:].mean()) < 0.75 * float(losses[0])
