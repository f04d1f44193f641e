"""The forward-backward learners: their losses by loops in float64, penalties of weight 0, and what training does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.zero_shot_rl import _forward_backward as fb
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.zero_shot_rl import Spec, Transitions

SPEC = Spec(states=4, actions=3, discount=0.8)
DATA = Transitions(s=jnp.array([0, 1, 2, 3, 0, 2]), a=jnp.array([0, 1, 2, 0, 1, 1]), s1=jnp.array([1, 2, 2, 0, 3, 1]))
STEMS = ("fb", "vc_fb", "mc_fb")


def make(stem, **values):
    return registry.load("methods", f"zero_shot_rl/{stem}")(spec=SPEC, given=DATA, steps=50, **values)


def networks(seed):
    return fb.start_networks(jax.random.key(seed), SPEC)


def forward(net, s, z):
    """F(s, ., z) [A, d] of one state and task, in float64."""
    w = jax.tree.map(lambda x: np.asarray(x, np.float64), net)
    first = np.maximum(w.state[s] + z @ w.task, 0)
    second = np.maximum(first @ w.hidden + w.hidden_bias, 0)
    return (second @ w.last + w.last_bias).reshape(3, 20)


def core(net, slow, z):
    """Bellman and orthonormality losses, by loops over all pairs of rows."""
    rows = [tuple(int(x[i]) for x in DATA) for i in range(6)]
    back = np.asarray(net.backward, np.float64)
    old = np.asarray(slow.backward, np.float64)
    bellman, squares, diagonal, norms = [], [], [], []
    for i, (s, a, s1) in enumerate(rows):
        ahead = forward(slow, s1, z[i])
        after = ahead[(ahead @ z[i]).argmax()]
        now = forward(net, s, z[i])[a]
        for j, (_, _, t) in enumerate(rows):
            if i == j:
                diagonal.append(now @ back[t])
                norms.append(back[t] @ back[t])
            else:
                bellman.append((now @ back[t] - 0.8 * after @ old[t]) ** 2)
                squares.append((back[s1] @ back[t]) ** 2)
    return 0.5 * np.mean(bellman) - np.mean(diagonal) + np.mean(squares) - 2 * np.mean(norms)


def log_sum_exp(x):
    return np.log(np.exp(x - x.max()).sum()) + x.max()


def penalty(stem, net, z):
    rows = [tuple(int(x[i]) for x in DATA) for i in range(6)]
    every = [forward(net, s, z[i]) for i, (s, _, _) in enumerate(rows)]
    if stem == "vc_fb":
        return np.mean([log_sum_exp(f @ z[i]) - f[rows[i][1]] @ z[i] for i, f in enumerate(every)])
    back = np.asarray(net.backward, np.float64)
    each = [log_sum_exp(f @ back[t]) - f[rows[i][1]] @ back[t] for i, f in enumerate(every) for _, _, t in rows]
    return np.mean(each)


@pytest.mark.parametrize("stem", STEMS)
def test_losses_by_loops(stem: str) -> None:
    net = networks(0)
    slow = networks(1)
    z = np.random.default_rng(0).normal(size=(6, 20))
    found = fb.measure(net, DATA, jnp.asarray(z, jnp.float32))
    expected = core(net, slow, z)
    if stem == "fb":
        method = make(stem)
    else:
        method = make(stem, alpha=0.7)
        expected += 0.7 * penalty(stem, net, z)
    assert float(method.loss(found, slow, DATA)) == pytest.approx(expected, rel=1e-3)


def test_targets_are_constants() -> None:
    """The gradient of the slow copy is 0, and so is that of the task vectors by B."""
    net = networks(0)
    z = fb.task_vectors(net, DATA, jax.random.key(0))
    found = fb.measure(net, DATA, z)
    gradient = jax.grad(lambda slow: fb.bellman_loss(found, slow, DATA, 0.8))(networks(1))
    assert all(float(jnp.abs(g).max()) == 0.0 for g in gradient)
    drawn = jax.grad(lambda n: fb.task_vectors(n, DATA, jax.random.key(0)).sum())(net)
    assert all(float(jnp.abs(g).max()) == 0.0 for g in drawn)


@pytest.mark.parametrize("stem", STEMS[1:])
def test_without_weight_a_penalty_changes_nothing(stem: str) -> None:
    plain = make("fb")
    ours = make(stem, alpha=0.0)
    strong = make(stem, alpha=2.0)
    key = jax.random.key(0)
    states = [jax.jit(m.update)(m.init(key), DATA, key) for m in (plain, ours, strong)]
    jax.tree.map(np.testing.assert_array_equal, states[0].params, states[1].params)
    assert float(jnp.abs(states[2].params.last - states[0].params.last).max()) > 1e-4


def test_task_vectors_are_on_the_sphere_half_of_them_of_states() -> None:
    net = networks(0)
    batch = Transitions(*(jnp.tile(x, 300) for x in DATA))
    z = np.asarray(fb.task_vectors(net, batch, jax.random.key(0)))
    np.testing.assert_allclose((z**2).sum(1), 20.0, rtol=1e-4)
    known = np.asarray(fb.on_sphere(net.backward))
    own = np.abs(z[:, None] - known[None]).max(-1).min(1) < 1e-4
    assert own.mean() == pytest.approx(0.5, abs=0.05)
    assert len(np.unique(z[own].round(3), axis=0)) == 4
    np.testing.assert_allclose(z[~own].mean(0), 0.0, atol=0.15)


def test_a_reward_becomes_a_task_by_the_data() -> None:
    method = make("fb")
    state = method.init(jax.random.key(0))
    reward = np.array([0.0, 1.0, 0.5, 0.0])
    back = np.asarray(state.params.backward, np.float64)
    z = np.mean([reward[t] * back[t] for t in np.asarray(DATA.s1)], axis=0)
    z *= np.sqrt(20) / np.linalg.norm(z)
    found = np.asarray(method.policy_for(state, jnp.asarray(reward, jnp.float32)))
    for s in range(4):
        assert found[s].argmax() == (forward(state.params, s, z) @ z).argmax()
    np.testing.assert_allclose(found.sum(1), 1.0)


def test_the_slow_copy_follows() -> None:
    method = make("fb", rate=0.25)
    state = method.init(jax.random.key(0))
    after = method.update(state, DATA, jax.random.key(1))
    expected = 0.75 * np.asarray(state.target.backward) + 0.25 * np.asarray(after.params.backward)
    np.testing.assert_allclose(after.target.backward, expected, rtol=1e-5)


def test_apart_leaves_out_the_diagonal() -> None:
    assert float(fb.apart(jnp.array([[9.0, 1.0, 2.0], [3.0, 9.0, 4.0], [5.0, 6.0, 9.0]]))) == pytest.approx(3.5)


@pytest.fixture(scope="module")
def trained():
    """All three after 800 batches of few trajectories, and `fb` after 800 of all pairs."""
    runs = {}
    for stem, knobs, values in (
        ("fb", {"coverage": "full"}, {}),
        ("fb", {}, {}),
        ("vc_fb", {}, {"alpha": 3.0}),
        ("mc_fb", {}, {"alpha": 3.0}),
    ):
        task = registry.load("tasks", "zero_shot_rl/zero_shot_rooms")(**knobs)
        world = jax.jit(task.sample)(jax.random.key(0))
        method = registry.load("methods", f"zero_shot_rl/{stem}")(
            spec=task.spec, given=task.given(world), steps=800, **values
        )

        def step(state, key, task=task, world=world, method=method):
            _, batch = task.draw(world, key, None)
            return method.update(state, batch, jax.random.fold_in(key, 1)), None

        run = jax.jit(lambda s, keys, step=step: jax.lax.scan(step, s, keys)[0])
        state = run(method.init(jax.random.key(7)), jax.random.split(jax.random.key(1), 800))
        runs[stem, task.coverage] = (task, world, method, state)
    return runs


def test_training_finds_policies_for_rewards_that_it_never_saw(trained) -> None:
    task, world, method, state = trained["fb", "full"]
    before = task.evaluate(world, jax.random.key(0), Learner(method, method.init(jax.random.key(7))))
    after = task.evaluate(world, jax.random.key(0), Learner(method, state))
    assert float(after["zero_shot_return"]) > 0.35
    assert float(after["zero_shot_return"]) > float(before["zero_shot_return"]) + 0.3


def test_backward_vectors_become_orthonormal(trained) -> None:
    """Their second moments over the data come near to the identity on the span that they have."""
    _, world, _, state = trained["fb", "full"]
    back = np.asarray(state.params.backward)[np.asarray(world.data.s1)]
    values = np.linalg.eigvalsh(back.T @ back / len(back))
    assert np.median(values) == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize("stem", STEMS[1:])
def test_penalties_push_down_what_the_data_lack(stem: str, trained) -> None:
    """Implied values of unseen actions fall below those of seen ones, which they don't without a penalty."""

    def gap(which):
        _, world, _, state = trained[which, "low"]
        seen = np.zeros((20, 5), bool)
        seen[np.asarray(world.data.s), np.asarray(world.data.a)] = True
        visited = np.flatnonzero(seen.any(1) & ~seen.all(1))
        z = np.asarray(fb.on_sphere(state.params.backward[world.data.s1[:40]]))
        gaps = []
        for task in z:
            many = jnp.broadcast_to(jnp.asarray(task), (20, 20))
            values = np.asarray(fb.forward(state.params, jnp.arange(20), many) @ task)
            gaps.append([values[s][seen[s]].mean() - values[s][~seen[s]].mean() for s in visited])
        return np.mean(gaps)

    assert gap(stem) > gap("fb") + 0.5
    assert gap(stem) > 0
