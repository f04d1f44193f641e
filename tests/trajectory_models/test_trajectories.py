"""The world's moves and windows by hand, masks by the authors' rule, and questions that see what they may."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import pointmass
from toybench.methods.trajectory_models import _masked as parts
from toybench.plugins import registry
from toybench.tasks.trajectory_models import History, Tokens
from toybench.tasks.trajectory_models import pointmass_model as world_of

TASK = registry.load("tasks", "trajectory_models/pointmass_model")(trajectories=30, window=6, batch=16)
WORLD = jax.jit(TASK.sample)(jax.random.key(0))
STEPS = 4


def method(name: str, **fields: Any) -> Any:
    cls = registry.load("methods", f"trajectory_models/{name}")
    return cls(spec=TASK.spec, steps=STEPS, given=WORLD.known, **fields)


def trained(one: Any, steps: int = STEPS) -> Any:
    state = jax.jit(one.init)(jax.random.key(1))
    update = jax.jit(one.update)
    for i in range(steps):
        _, batch = TASK.draw(WORLD, jax.random.key(10 + i), None)
        state = update(state, batch, jax.random.key(100 + i))
    return state


def test_moves_by_hand() -> None:
    x = jnp.array([[0.5, 0.5], [0.36, 0.0], [1.0, 0.0]])
    u = jnp.array([[3.0, 4.0], [-1.0, 0.0], [1.0, 0.0]])
    wanted = [[0.5 + 0.15 * 0.6 / 1.5, 0.5 + 0.15 * 0.8 / 1.5], [0.36, 0.0], [1.0, 0.0]]
    np.testing.assert_allclose(world_of.mean_move(x, u), wanted, rtol=1e-5)
    noisy = world_of.noisy_move(x, jnp.concatenate([u, jnp.ones((3, 2))], axis=1))
    np.testing.assert_allclose(noisy, np.array(wanted) + 0.02, rtol=1e-5)


def test_what_is_recorded() -> None:
    """Moves are the mean ones and noise of the size said; good episodes are better than noisy ones, and those than the
    aimless."""
    path = world_of.record(jax.random.key(5), 300)
    u = path.u[..., :2]
    off = np.asarray(path.x[:, 1:] - world_of.mean_move(path.x[:, :-1], u))
    assert off.std() == pytest.approx(0.02, rel=0.03)
    assert abs(off.mean()) < 0.001
    assert float(jnp.linalg.norm(u, axis=-1).max()) <= 1 + 1e-6
    good, noisy, aimless = np.asarray(world_of.tokens_of(path).g[:, 0, 0]).reshape(3, 100).mean(1)
    assert good > noisy + 0.02 > aimless + 0.1
    above = np.asarray(path.x[:100, :, 1]).mean(1) > 0
    assert 0.3 < above.mean() < 0.7


def test_returns_to_go_are_means_of_what_is_left() -> None:
    x = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (2, 4, 2)), jnp.float32)
    tokens = world_of.tokens_of(pointmass.Path(x=x, u=jnp.zeros((2, 3, 4))))
    rewards = -np.linalg.norm(np.asarray(x[:, 1:]) - np.array(pointmass.GOAL), axis=-1)
    for t in range(3):
        np.testing.assert_allclose(tokens.g[:, t, 0], rewards[:, t:].mean(1), rtol=1e-5)
    np.testing.assert_array_equal(tokens.x[..., :2], x[:, :3])
    np.testing.assert_allclose(tokens.x[:, 0, 2:], 0)
    np.testing.assert_allclose(tokens.x[:, 1:, 2:], x[:, 1:3] - x[:, :2], atol=1e-6)


def test_windows_are_cut_from_one_episode() -> None:
    windows = world_of.cut(WORLD.episodes, jnp.array([3, 7]), jnp.array([0.0, 0.9999]), 6)
    np.testing.assert_array_equal(windows.x[0], WORLD.episodes.x[3, :6])
    np.testing.assert_array_equal(windows.g[1], WORLD.episodes.g[7, 14:])
    _, batch = TASK.draw(WORLD, jax.random.key(0), None)
    assert batch.u.shape == (16, 6, 2)


def test_references() -> None:
    found = {name: TASK.evaluate(WORLD, jax.random.key(0), getattr(TASK, name)(WORLD)) for name in ("floor", "oracle")}
    assert float(found["oracle"]["normalized_return"]) == pytest.approx(1.0, abs=1e-5)
    assert float(found["oracle"]["forward_mse"]) == 0.0
    assert float(found["floor"]["normalized_return"]) < -0.5
    assert float(found["floor"]["forward_mse"]) > 5.0
    assert float(found["oracle"]["own_error"]) == pytest.approx(world_of.LEAST, rel=1e-4)
    floor = 1 - float(found["floor"]["normalized_return"])
    assert float(found["floor"]["own_error"]) == pytest.approx(floor ** (1 / 3), rel=1e-4)


class Watcher:
    """Notes nothing, acts by a code of what it is shown: the place and how much of the history is there."""

    def purpose(self) -> jax.Array:
        return jnp.array([0.0, 1.0, 0.0])

    def forward(self, x: jax.Array, u: jax.Array) -> jax.Array:
        return x[:, -1]

    def inverse(self, x: jax.Array) -> jax.Array:
        return x[:, -1, 2:]

    def act(self, history: History) -> jax.Array:
        step = 0.01 * (history.at + 1).astype(jnp.float32)
        return jnp.stack([jnp.broadcast_to(step, len(history.x)), history.u[:, 0, 0]], axis=-1)


def test_a_player_sees_its_own_last_steps() -> None:
    """Places come one by one until the window is full, and then the oldest leaves."""
    u = np.asarray(TASK.play_on(WORLD, Watcher()).u)[0, :, :2]
    np.testing.assert_allclose(u[:8, 0], [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.06, 0.06], atol=1e-6)
    np.testing.assert_allclose(u[:9, 1], [0.0, 0.01, 0.01, 0.01, 0.01, 0.01, 0.02, 0.03, 0.04], atol=1e-6)


def test_errors_count_for_what_a_learner_is_for() -> None:
    """The watcher says that it recovers actions; its error is that of what it says, in those of saying 0."""
    found = TASK.evaluate(WORLD, jax.random.key(0), Watcher())
    u = np.asarray(WORLD.test.u[:, -2])
    error = ((np.asarray(WORLD.test.x[:, -1, 2:]) - u) ** 2).mean()
    assert float(found["inverse_mse"]) == pytest.approx(error, rel=1e-4)
    assert float(found["own_error"]) == pytest.approx(error / (u**2).mean(), rel=1e-4)


class Wisher(Watcher):
    """Acts by the first and the last wish that it is shown."""

    def act(self, history: History) -> jax.Array:
        return 0.3 * history.g[:, jnp.array([0, -1]), 0]


def test_wishes_are_what_the_best_episode_had_left() -> None:
    """They move on with the window; behind the end of the episode its last one stays."""
    best = np.asarray(WORLD.episodes.g[np.asarray(WORLD.episodes.g[:, 0, 0]).argmax(), :, 0])
    wishes = np.asarray(TASK.play_on(WORLD, Wisher()).u)[0, :, :2] / 0.3
    first = np.maximum(np.arange(20) - 5, 0)  # a window has 6 states
    np.testing.assert_allclose(wishes[:, 0], best[first], rtol=1e-4)
    np.testing.assert_allclose(wishes[:, 1], best[np.maximum(np.arange(20), 5)], rtol=1e-4)


def test_attention_by_hand() -> None:
    """Weights of what is shown add to 1, in the ratios of the exponentials; hidden tokens have none."""
    logits = jnp.log(jnp.array([[[1.0, 2.0, 5.0]]]))
    shown = jnp.array([[True, True, False], [True, True, True], [False, False, False]])
    found = parts.visible_softmax(logits, shown)
    wanted = [[1 / 3, 2 / 3, 0.0], [0.125, 0.25, 0.625], [0.0, 0.0, 0.0]]
    np.testing.assert_allclose(found[:, 0, 0], wanted, atol=1e-5)


def test_random_masks_hide_the_future() -> None:
    """Counts and cuts as `create_random_autoregressize_mask` makes them; all shares and three cuts come up."""
    shown = method("masked_trajectory").shown(jax.random.key(0), 4000)
    counts = np.stack([np.asarray(part).sum(1) for part in shown])
    assert set(np.unique(counts)) <= {0, 1, 2, 3, 4, 5, 6}
    x, u, g = (np.asarray(part) for part in shown)
    last = [np.where(part.any(1), 5 - part[:, ::-1].argmax(1), -1) for part in (x, u, g)]
    assert (last[1] <= 4).all()  # the last action is never shown: a cut is at it or before
    share = np.mean([3, 3, 4, 4, 5, 5, 5, 6]) / 6  # of tokens that are shown before the cut
    assert x[:, 5].mean() == pytest.approx(0.8 / 6 * share, rel=0.15)
    assert g[:, 5].mean() == pytest.approx(0.7 / 6 * share, rel=0.2)
    assert u[:, 0].mean() == pytest.approx(5 / 6 * share, rel=0.1)


def test_questions_as_masks() -> None:
    ahead = parts.forward_mask(4)
    assert [list(map(int, m)) for m in ahead] == [[1, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    back = parts.inverse_mask(4)
    assert [list(map(int, m)) for m in back] == [[1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    now = parts.policy_mask(4, jnp.array([0, 2]))
    assert np.asarray(now.x).astype(int).tolist() == [[1, 0, 0, 0], [1, 1, 1, 0]]
    assert np.asarray(now.u).astype(int).tolist() == [[0, 0, 0, 0], [1, 1, 0, 0]]
    assert np.asarray(now.g).all()


STATE = trained(method("masked_trajectory"))


def test_what_is_hidden_is_not_seen() -> None:
    """Predictions don't change with hidden tokens, and do with shown ones."""
    one = method("masked_trajectory")
    _, batch = TASK.draw(WORLD, jax.random.key(0), None)
    shown = parts.for_all(parts.forward_mask(6), 16)
    first = parts.predict(WORLD.known, STATE.params, batch, shown)
    changed = Tokens(x=batch.x.at[:, -1].add(9.0), u=batch.u.at[:, 0].add(9.0), g=batch.g + 9.0)
    again = parts.predict(WORLD.known, STATE.params, changed, shown)
    np.testing.assert_allclose(first.x, again.x, atol=1e-4)
    seen = parts.predict(WORLD.known, STATE.params, batch._replace(u=batch.u.at[:, -2].add(1.0)), shown)
    assert float(jnp.abs(first.x - seen.x).max()) > 1e-3
    np.testing.assert_allclose(one.forward(STATE, batch.x[:, :-1], batch.u[:, -2]), first.x[:, -1], atol=1e-5)
    back = parts.predict(WORLD.known, STATE.params, batch, parts.for_all(parts.inverse_mask(6), 16))
    np.testing.assert_allclose(one.inverse(STATE, batch.x), back.u[:, -2], atol=1e-5)


def test_policies_ask_for_what_is_wished() -> None:
    one = method("masked_trajectory")
    _, batch = TASK.draw(WORLD, jax.random.key(0), None)
    wished = batch._replace(g=batch.g + 0.1)
    wanted = parts.predict(WORLD.known, STATE.params, wished, parts.policy_mask(6, jnp.full(16, 3)))
    history = History(x=batch.x, u=batch.u.at[:, 4].set(7.0), g=batch.g + 0.1, at=jnp.int32(3))
    np.testing.assert_allclose(one.act(STATE, history), wanted.u[:, 3], atol=1e-5)


def test_the_loss_by_hand() -> None:
    """All tokens count, standardised; a kind counts as much as another."""
    _, batch = TASK.draw(WORLD, jax.random.key(0), None)
    shown = parts.for_all(parts.inverse_mask(6), 16)
    found = parts.predict(WORLD.known, STATE.params, batch, shown)
    wanted = sum(
        (((np.asarray(a) - np.asarray(b)) / np.asarray(std)) ** 2).mean()
        for a, b, std in zip(found, batch, WORLD.known.std, strict=True)
    )
    loss = parts.reconstruction_loss(WORLD.known, STATE.params, batch, shown)
    assert float(loss) == pytest.approx(wanted, rel=1e-3)


def kind_of_mask(shown: Tokens) -> np.ndarray:
    """Which question each window's mask is of: 0 forward, 1 inverse, 2 policy, 3 none; [n]."""
    x, u, g = (np.asarray(part) for part in shown)
    kinds = np.full(len(x), 3)
    for kind, mask in enumerate((parts.forward_mask(6), parts.inverse_mask(6))):
        same = [(part == np.asarray(row)).all(1) for part, row in zip((x, u, g), mask, strict=True)]
        kinds[np.all(same, axis=0)] = kind
    now = x.sum(1) - 1
    places = np.arange(6)[None]
    policy = (x == (places <= now[:, None])).all(1) & (u == (places < now[:, None])).all(1) & g.all(1)
    kinds[policy] = 2
    return kinds


@pytest.mark.parametrize(("kind", "mask"), [(0, "forward"), (1, "inverse"), (2, "policy")])
def test_specialists_see_their_question(kind: int, mask: str) -> None:
    one = method(f"{mask}_specialist")
    shown = one.shown(jax.random.key(0), 200)
    assert (kind_of_mask(shown) == kind).all()
    assert np.asarray(one.purpose(None)).tolist() == [float(i == kind) for i in range(3)]
    if mask == "policy":
        assert set(np.asarray(shown.x).sum(1)) == set(range(1, 7))


def test_three_questions_are_asked_alike() -> None:
    """A third each; and all are its purpose, as they are the masked model's, which asks other ones."""
    one = method("three_questions")
    kinds = kind_of_mask(one.shown(jax.random.key(0), 3000))
    np.testing.assert_allclose(np.bincount(kinds, minlength=4) / 3000, [1 / 3, 1 / 3, 1 / 3, 0], atol=0.03)
    assert np.asarray(one.purpose(None)).tolist() == [1, 1, 1]
    random = method("masked_trajectory")
    assert np.asarray(random.purpose(None)).tolist() == [1, 1, 1]
    assert (kind_of_mask(random.shown(jax.random.key(0), 3000)) == 3).mean() > 0.9


def test_small_networks_learn_the_moves() -> None:
    """Of a few hundred updates; and an untrained one with its last layer at 0 says that nothing moves."""
    one = registry.load("methods", "trajectory_models/mlp_dynamics")(spec=TASK.spec, steps=200, given=WORLD.known)
    state = trained(one, steps=200)
    x = WORLD.test.x
    u = WORLD.test.u[:, -2]
    errors = (one.forward(state, x[:, :-1], u)[:, :2] - world_of.mean_move(x[:, -2, :2], u)) ** 2
    assert float(errors.mean()) < 0.3 * float(((x[:, -2, :2] - world_of.mean_move(x[:, -2, :2], u)) ** 2).mean())
    assert float(((one.inverse(state, x) - u) ** 2).mean()) < 0.5 * float((u**2).mean())
    still = jax.tree.map(jnp.zeros_like, state.params)
    np.testing.assert_allclose(one.forward(state._replace(params=still), x[:, :-1], u)[:, :2], x[:, -2, :2])


def test_a_masked_model_learns() -> None:
    """The loss on a batch falls over a hundred updates."""
    one = registry.load("methods", "trajectory_models/masked_trajectory")(spec=TASK.spec, steps=100, given=WORLD.known)
    start = jax.jit(one.init)(jax.random.key(1))
    after = trained(one, steps=100)
    shown = parts.for_all(parts.inverse_mask(6), len(WORLD.test.x))
    losses = [float(parts.reconstruction_loss(WORLD.known, s.params, WORLD.test, shown)) for s in (start, after)]
    assert losses[1] < 0.6 * losses[0]
