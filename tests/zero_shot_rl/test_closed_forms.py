"""Plans, bases of measures and embeddings: by linear systems, linear programs and loops of numpy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linprog

from toybench.methods.zero_shot_rl import _embedding, _model, psm
from toybench.plugins import registry
from toybench.tasks.zero_shot_rl import Described, Spec, Transitions

SPEC = Spec(states=6, actions=3, discount=0.8)
DRAW = np.random.default_rng(0)
LAW = DRAW.dirichlet(np.full(6, 0.4), size=(6, 3))  # of the next state
REWARD = DRAW.uniform(size=6)


def logged(count=4000, pairs=None):
    """Transitions from pairs drawn uniformly, all or some."""
    every = np.array([(s, a) for s in range(6) for a in range(3)] if pairs is None else pairs)
    s, a = every[DRAW.integers(len(every), size=count)].T
    s1 = [DRAW.choice(6, p=LAW[i, j]) for i, j in zip(s, a, strict=True)]
    return Transitions(*(jnp.asarray(x, jnp.int32) for x in (s, a, s1)))


FULL = logged()
PART = logged(600, [(s, a) for s in range(6) for a in range(3) if (s + a) % 3 and s != 4])


def make(stem, data=FULL, **values):
    return registry.load("methods", f"zero_shot_rl/{stem}")(spec=SPEC, given=data, **values)


def counted(data):
    """Transitions [S, A, S] and which pairs were seen, by a loop."""
    counts = np.zeros((6, 3, 6))
    for s, a, t in zip(*map(np.asarray, data), strict=True):
        counts[s, a, t] += 1
    total = counts.sum(-1)
    return counts / np.maximum(total, 1)[..., None], total


def planned(transitions, seen, reward):
    """Values [S, A] by 300 backups in float64; what was never seen is worth the least return."""
    least = reward.min() / 0.2
    q = np.zeros((6, 3))
    for _ in range(300):
        q = np.where(seen > 0, transitions @ (reward + 0.8 * q.max(1)), least)
    return q


def measures(transitions, policies):
    """(1 - discount) sum_t discount^t P(s_{t+1} | s, a), one policy after the other."""
    chains = [np.einsum("sat,sa->st", transitions, p) for p in policies]
    return np.stack([0.2 * transitions @ np.linalg.inv(np.eye(6) - 0.8 * c) for c in chains])


@pytest.mark.parametrize("data", [FULL, PART], ids=["full", "part"])
def test_plans_by_backups(data: Transitions) -> None:
    transitions, total = counted(data)
    model = _model.count_model(SPEC, data)
    np.testing.assert_allclose(model.transitions, transitions, atol=1e-6)
    np.testing.assert_array_equal(model.seen > 0, total > 0)
    q = planned(transitions, total, REWARD)
    np.testing.assert_allclose(_model.plan(model, jnp.asarray(REWARD, jnp.float32), 0.8), q, rtol=1e-4)
    found = np.asarray(make("model_vi", data).policy_for((), jnp.asarray(REWARD, jnp.float32)))
    np.testing.assert_array_equal(found.argmax(1)[:4], q.argmax(1)[:4])
    if data is PART:
        np.testing.assert_allclose(found[4], 1 / 3, rtol=1e-6)  # nothing is known of it
        assert (found[:4] * (total[:4] == 0)).sum() == 0


def test_ties_are_shared() -> None:
    found = _model.best_actions(jnp.array([[1.0, 3.0, 3.0], [0.0, 0.0, 0.0], [2.0, 1.9999, -1.0]]))
    np.testing.assert_allclose(found, [[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3], [1, 0, 0]], rtol=1e-6)


def test_codebook_is_random_or_half_of_goals() -> None:
    model = _model.count_model(SPEC, FULL)
    random = np.asarray(_model.codebook(jax.random.key(0), SPEC, model, 4000, mixed=False))
    np.testing.assert_allclose(random.mean(0), 1 / 3, atol=0.04)
    np.testing.assert_allclose(random.max(-1), 1.0)
    mixed = np.asarray(_model.codebook(jax.random.key(0), SPEC, model, 40, mixed=True))
    transitions, total = counted(FULL)
    goals = {planned(transitions, total, np.eye(6)[g]).argmax(1).tobytes() for g in range(6)}
    assert all(p.argmax(1).tobytes() in goals for p in mixed[20:])
    assert len({p.argmax(1).tobytes() for p in mixed[20:]}) > 1


@pytest.mark.parametrize("stem", ["random_sf", "laplacian_sf"])
def test_as_many_features_as_states_say_any_reward(stem: str) -> None:
    method = make(stem, dims=6)
    reward = jnp.asarray(REWARD, jnp.float32)
    found = method.policy_for(method.init(jax.random.key(0)), reward)
    np.testing.assert_array_equal(found, make("model_vi").policy_for((), reward))


def test_random_features_are_orthonormal_and_random() -> None:
    method = make("random_sf", dims=3)
    first = method.init(jax.random.key(0))
    np.testing.assert_allclose(first.T @ first, np.eye(3), atol=1e-5)
    other = method.init(jax.random.key(1))
    assert float(jnp.abs(first @ first.T - other @ other.T).max()) > 0.1
    fit, *_ = np.linalg.lstsq(np.asarray(first, np.float64), REWARD, rcond=None)
    found = _model.projected(first, jnp.asarray(REWARD, jnp.float32))
    np.testing.assert_allclose(found, np.asarray(first) @ fit, atol=1e-5)


def test_laplacian_of_the_counts() -> None:
    """The projector on the smoothest directions; the smoothest is the root of the degrees."""
    counts = np.zeros((6, 6))
    for s, t in zip(np.asarray(FULL.s), np.asarray(FULL.s1), strict=True):
        counts[s, t] += 0.5
        counts[t, s] += 0.5
    degree = counts.sum(1)
    laplacian = np.eye(6) - counts / np.sqrt(np.outer(degree, degree))
    values, vectors = np.linalg.eigh(laplacian)
    assert values[0] == pytest.approx(0.0, abs=1e-9)
    found = np.asarray(make("laplacian_sf", dims=3).init(jax.random.key(0)))
    np.testing.assert_allclose(found @ found.T, vectors[:, :3] @ vectors[:, :3].T, atol=1e-4)


def test_a_projected_reward_is_planned_for() -> None:
    method = make("random_sf", dims=2)
    basis = method.init(jax.random.key(2))
    reward = np.asarray(basis @ basis.T @ jnp.asarray(REWARD, jnp.float32), np.float64)
    transitions, total = counted(FULL)
    found = np.asarray(method.policy_for(basis, jnp.asarray(REWARD, jnp.float32)))
    np.testing.assert_array_equal(found.argmax(1), planned(transitions, total, reward).argmax(1))


def test_gpi_takes_the_best_of_any_policy() -> None:
    method = make("codebook_gpi", policies=10)
    state = np.asarray(method.init(jax.random.key(0)), np.float64)
    model = _model.count_model(SPEC, FULL)
    policies = np.asarray(_model.codebook(jax.random.key(0), SPEC, model, 10, mixed=True))
    transitions, _ = counted(FULL)
    np.testing.assert_allclose(state, measures(transitions, policies), atol=1e-5)
    found = np.asarray(method.policy_for(jnp.asarray(state, jnp.float32), jnp.asarray(REWARD, jnp.float32)))
    np.testing.assert_array_equal(found.argmax(1), (state @ REWARD).max(0).argmax(1))
    improved = (measures(transitions, found[None])[0] @ REWARD * found).sum(1)
    each = np.stack([(m @ REWARD * p).sum(1) for m, p in zip(measures(transitions, policies), policies, strict=True)])
    assert (improved >= each.max(0) - 1e-6).all()


def test_visits_of_all_policies_lie_in_an_affine_set_of_few_dimensions() -> None:
    """From one start, S (A - 1) = 12 of 18: a policy that the basis never saw is in it, and in no smaller one."""
    transitions, _ = counted(FULL)
    policies = np.eye(3)[DRAW.integers(3, size=(60, 6))]
    law = measures(transitions, policies)[:, 0, 0]
    visits = (law[:, :, None] * policies).reshape(60, 18)

    def left(dims):
        basis = psm.affine_basis(jnp.asarray(visits[:50], jnp.float32), dims)
        np.testing.assert_allclose(basis.directions.T @ basis.directions, np.eye(dims), atol=2e-3)
        away = visits[50:] - np.asarray(basis.mean)
        return np.abs(away - away @ basis.directions @ basis.directions.T).max()

    assert left(12) < 1e-4
    assert left(11) > 1e-3


def test_basis_is_the_nearest_one() -> None:
    """Mean, principal directions and spread, by a decomposition in singular values."""
    x = DRAW.normal(size=(20, 7)) * np.array([5, 4, 3, 2, 1, 0.5, 0.1]) + 1.0
    basis = psm.affine_basis(jnp.asarray(x, jnp.float32), 3)
    _, _, rows = np.linalg.svd(x - x.mean(0), full_matrices=False)
    np.testing.assert_allclose(basis.mean, x.mean(0), rtol=1e-4)
    np.testing.assert_allclose(basis.directions @ basis.directions.T, rows[:3].T @ rows[:3], atol=1e-3)
    assert float(basis.spread) == pytest.approx(np.sqrt(((x - x.mean(0)) ** 2).sum(1).mean()), rel=1e-4)


def test_linear_program_against_the_simplex() -> None:
    transitions, _ = counted(FULL)
    policies = np.eye(3)[DRAW.integers(3, size=(60, 6))]
    basis = psm.affine_basis(jnp.asarray(measures(transitions, policies).reshape(60, -1), jnp.float32), 5)
    gain = np.broadcast_to(REWARD, (6, 3, 6)).reshape(-1) / 18
    phi = np.asarray(basis.directions, np.float64)
    mean = np.asarray(basis.mean, np.float64)
    exact = linprog(-gain @ phi, A_ub=-phi, b_ub=mean, bounds=(None, None))
    best = gain @ (phi @ exact.x + mean)
    found = np.asarray(jax.jit(psm.best_measure)(basis, jnp.asarray(gain, jnp.float32)))
    assert gain @ found == pytest.approx(best, rel=0.01)
    assert found.min() > -0.01
    assert best > gain @ mean * 1.02


def test_psm_acts_by_its_measure_and_beats_its_codebook() -> None:
    method = make("psm", dims=6, policies=100)
    state = method.init(jax.random.key(0))
    found = np.asarray(method.policy_for(state, jnp.asarray(REWARD, jnp.float32)))
    gain = jnp.asarray(np.broadcast_to(REWARD, (6, 3, 6)).reshape(-1) / 18, jnp.float32)
    measure = np.asarray(psm.best_measure(state, gain)).reshape(6, 3, 6)
    np.testing.assert_array_equal(found.argmax(1), (measure @ REWARD).argmax(1))
    transitions, _ = counted(FULL)
    random = np.eye(3)[DRAW.integers(3, size=(100, 6))]
    worth = lambda p: (measures(transitions, p) @ REWARD * p).sum(-1).mean(-1)  # noqa: E731
    assert worth(found[None])[0] > np.quantile(worth(random), 0.9)


def test_psm_knows_its_codebook() -> None:
    reward = jnp.asarray(REWARD, jnp.float32)
    state = {c: make("psm", codebook=c, dims=4, policies=50).init(jax.random.key(0)) for c in ("random", "mixed")}
    assert float(jnp.abs(state["random"].mean - state["mixed"].mean).max()) > 0.01
    assert make("psm", dims=4).policy_for(state["mixed"], reward).shape == (6, 3)


@pytest.mark.parametrize("alpha", [0.0, 0.05, 0.5])
def test_cql_is_stationary(alpha: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the table lies above its bound, the loss's slope is 0: by a loop over the transitions."""
    tables = []
    module = registry.load("methods", "zero_shot_rl/cql").__module__
    monkeypatch.setattr(f"{module}.best_actions", lambda q: tables.append(np.asarray(q, np.float64)) or q)
    make("cql", PART, alpha=alpha).policy_for((), jnp.asarray(REWARD, jnp.float32))
    (q,) = tables
    target, count = np.zeros((6, 3)), np.zeros((6, 3))
    for s, a, t in zip(*map(np.asarray, PART), strict=True):
        target[s, a] += REWARD[t] + 0.8 * q[t].max()
        count[s, a] += 1
    soft = np.exp(q) / np.exp(q).sum(1, keepdims=True)
    slope = count * q - target + alpha * (count.sum(1, keepdims=True) * soft - count)
    least = REWARD.min() / 0.2
    free = (q > least + 1e-4) & (count > 0)
    assert np.abs(slope[free]).max() / 600 < 1e-3
    assert (q[count == 0] <= least + 1e-5).all()
    assert free.sum() >= 5


def test_cql_without_penalty_plans_and_with_a_large_one_clones() -> None:
    reward = jnp.asarray(REWARD, jnp.float32)
    np.testing.assert_array_equal(
        make("cql", alpha=0.0).policy_for((), reward), make("model_vi").policy_for((), reward)
    )
    _, total = counted(PART)
    cloned = np.asarray(make("cql", PART, alpha=100.0).policy_for((), reward))
    np.testing.assert_array_equal(cloned.argmax(1)[[0, 1, 2, 3, 5]], total.argmax(1)[[0, 1, 2, 3, 5]])


def described(data=FULL):
    features = jnp.asarray(DRAW.normal(size=(6, 2)), jnp.float32)
    return Described(data=data, features=features, reward=jnp.asarray(REWARD, jnp.float32))


POLICIES = jnp.asarray(DRAW.dirichlet(np.ones(3), size=(7, 6)), jnp.float32)


def test_successor_features_by_a_linear_system() -> None:
    """A pair that was never seen counts as the mean of its state's transitions, a state never left as an end."""
    given = described(PART)
    transitions, total = counted(PART)
    average = (transitions * total[..., None]).sum(1) / np.maximum(total.sum(1), 1)[:, None]
    filled = np.where(total[..., None] > 0, transitions, average[:, None])
    found = _embedding.successor_features(SPEC, given, given.features, POLICIES)
    for i in range(7):
        chain = np.einsum("sat,sa->st", filled, np.asarray(POLICIES[i]))
        exact = np.linalg.solve(np.eye(6) - 0.8 * chain, chain @ np.asarray(given.features))
        np.testing.assert_allclose(found[i], exact, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found[:, 4], 0.0)


def test_pi2vec_is_the_mean_at_canonical_states_of_the_data() -> None:
    given = described(PART)
    method = make("pi2vec", given)
    state = method.init(jax.random.key(0))
    assert state.shape == (16,)
    assert set(np.asarray(state).tolist()) <= set(np.asarray(PART.s).tolist())
    every = _embedding.successor_features(SPEC, given, given.features, POLICIES)
    expected = np.mean([np.asarray(every[:, s]) for s in np.asarray(state)], axis=0)
    np.testing.assert_allclose(method.embed(state, POLICIES), expected, rtol=1e-5)


def test_linear_rewards_make_returns_linear_in_the_embedding() -> None:
    """With every state canonical once; the model's value is that linear function."""
    given = described()
    weight = jnp.array([0.7, -0.3])
    told = given._replace(reward=given.features @ weight)
    column = make("model_value", told).embed((), POLICIES)
    assert column.shape == (7, 1)
    embedded = make("pi2vec", told).embed(jnp.arange(6), POLICIES)
    np.testing.assert_allclose(column[:, 0], embedded @ weight, rtol=1e-4)


def test_canonical_actions_and_noise() -> None:
    method = make("canonical_actions", described())
    state = method.init(jax.random.key(0))
    found = np.asarray(method.embed(state, POLICIES))
    for i in range(7):
        np.testing.assert_array_equal(found[i], np.concatenate([POLICIES[i, s] for s in np.asarray(state)]))
    noise = make("random_embedding", described())
    first = noise.embed(noise.init(jax.random.key(0)), POLICIES)
    np.testing.assert_array_equal(first, noise.embed(noise.init(jax.random.key(0)), POLICIES))
    assert first.shape == (7, 16)
    assert float(jnp.abs(first - noise.embed(noise.init(jax.random.key(1)), POLICIES)).min()) > 0


def test_linear_program_at_the_size_of_the_rooms() -> None:
    """68 states, 16 directions, 23,120 constraints: 600 steps come within 2 % of the simplex."""
    task = registry.load("tasks", "zero_shot_rl/zero_shot_rooms")(side=9, coverage="full")
    world = jax.jit(task.sample)(jax.random.key(0))
    method = registry.load("methods", "zero_shot_rl/psm")(spec=task.spec, given=world.data, policies=64)
    basis = jax.jit(method.init)(jax.random.key(0))
    gain = np.broadcast_to(np.asarray(world.rewards[0]) / 340, (68, 5, 68)).reshape(-1)
    phi = np.asarray(basis.directions, np.float64)
    mean = np.asarray(basis.mean, np.float64)
    best = -linprog(-gain @ phi, A_ub=-phi, b_ub=mean, bounds=(None, None)).fun + gain @ mean
    found = np.asarray(jax.jit(psm.best_measure)(basis, jnp.asarray(gain, jnp.float32)))
    assert gain @ found == pytest.approx(best, rel=0.02)
    assert found.min() > -0.01
