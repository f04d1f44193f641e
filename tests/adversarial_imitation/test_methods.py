"""Limits that equal another method, values by hand, and what penalties do to a reward."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import pointmass
from toybench.methods.adversarial_imitation import _adversary as parts
from toybench.plugins import registry
from toybench.tasks.adversarial_imitation import Pairs, Transitions, interpolates, steepness

TASK = registry.load("tasks", "adversarial_imitation/pointmass_imitation")()
WORLD = jax.jit(TASK.sample)(jax.random.key(0))
STEPS = 3


def method(name: str, **fields: Any) -> Any:
    cls = registry.load("methods", f"adversarial_imitation/{name}")
    return cls(spec=TASK.spec, steps=STEPS, given=WORLD.demonstrations, **fields)


def random_transitions(seed: int) -> Transitions:
    drawn = np.random.default_rng(seed).uniform(-1, 1, (2, TASK.spec.played, 2)).astype(np.float32)
    x = jnp.asarray(drawn[0])
    u = pointmass.bounded(jnp.asarray(drawn[1]))
    return Transitions(x=x, u=u, after=pointmass.move(x, u))


def trained(one: Any, seed: int = 0, steps: int = STEPS) -> Any:
    """The state after some steps on random transitions."""
    state = jax.jit(one.init)(jax.random.key(seed))
    update = jax.jit(one.update)
    for i in range(steps):
        state = update(state, random_transitions(i), jax.random.key(100 + i))
    return state


def assert_same(found: Any, wanted: Any) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), found, wanted)


STATES = {name: trained(method(name)) for name in ("gail", "gail_gp", "gail_sn")}


@pytest.mark.parametrize(
    ("name", "fields", "plain"),
    [
        ("gail_gp", {"weight": 0.0}, "gail"),
        ("gail_gp", {"target": 1e6}, "gail"),
        ("gail_small_reward", {"limit": 1e6}, "gail"),
        ("gail_gp_sn", {"weight": 0.0}, "gail_sn"),
    ],
)
def test_limits(name: str, fields: dict[str, float], plain: str) -> None:
    """Without its own part a method is another one, after some updates of everything."""
    assert_same(trained(method(name, **fields))._replace(seen=None), STATES[plain]._replace(seen=None))


def test_a_discriminator_that_knows_nothing_pays_log_2() -> None:
    """And the critics come to forecast log 2 / (1 - discount) everywhere; a rate of 0 keeps the discriminator so."""
    near = registry.load("tasks", "adversarial_imitation/pointmass_imitation")(discount=0.5)
    cls = registry.load("methods", "adversarial_imitation/gail")
    one = cls(spec=near.spec, steps=STEPS, given=WORLD.demonstrations, lr=0.003, lr_reward=0.0)
    state = jax.jit(one.init)(jax.random.key(0))
    nothing = jax.tree.map(jnp.zeros_like, state.score.params)
    state = state._replace(score=state.score._replace(params=nothing))
    batch = random_transitions(0)
    np.testing.assert_allclose(one.reward(state, batch.x, batch.u), np.log(2), rtol=1e-6)
    update = jax.jit(one.update)
    for i in range(60):
        state = update(state, batch, jax.random.key(i))
    values = np.asarray(one.value(state, batch.x, batch.u))
    assert values.mean() == pytest.approx(2 * np.log(2), rel=0.05)
    np.testing.assert_allclose(values, 2 * np.log(2), rtol=0.15)


def test_small_rewards_end() -> None:
    one = method("gail_small_reward")
    np.testing.assert_allclose(
        one.reward_of(jnp.array([-1.0, 0.0, 5.0])), [np.log1p(np.exp(-1)), np.log(2), 1.0], rtol=1e-5
    )


def test_critics_by_numpy() -> None:
    """One update of the critics alone, its targets made again: reward of now, soft minimum, smoothed action."""
    one = method("gail")
    state = STATES["gail"]
    noise = {"rows": jnp.linspace(0, 0.99, 32), "moves": jnp.full((32, 2), 0.9)}
    after, x = jax.jit(lambda s, z: parts.fit_critics(one, s, s.seen, z))(state, noise)
    rows = (np.asarray(noise["rows"]) * int(state.seen.size)).astype(int)
    batch = jax.tree.map(lambda a: a[rows], state.seen.items)
    np.testing.assert_array_equal(x, batch.x)
    action = pointmass.bounded(parts.action_of(state.target_actor, batch.after) + 0.2 * 1.2815516)
    later = np.asarray(parts.values_of(state.target_critics, batch.after, action))
    reward = one.reward(state, batch.x, batch.u)
    wanted = reward + 0.95 * (0.75 * later.min(0) + 0.25 * later.max(0))

    def loss(critics: Any) -> jax.Array:
        error = parts.values_of(critics, batch.x, batch.u) - wanted[None]
        return jnp.where(jnp.abs(error) < 1, 0.5 * error**2, jnp.abs(error) - 0.5).mean(-1).sum()

    def by_hand(lr: float) -> Any:
        gradient = jax.grad(loss)(state.critics.params)
        old = state.critics.adam[0]
        t = int(old.count) + 1
        mu = jax.tree.map(lambda m, g: (0.9 * m + 0.1 * g) / (1 - 0.9**t), old.mu, gradient)
        nu = jax.tree.map(lambda v, g: (0.999 * v + 0.001 * g**2) / (1 - 0.999**t), old.nu, gradient)
        return jax.tree.map(lambda p, m, v: p - lr * m / (jnp.sqrt(v) + 1e-8), state.critics.params, mu, nu)

    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), after.critics.params, by_hand(one.lr))
    moved = jax.tree.map(lambda a, b: a + 0.05 * (b - a), state.target_critics, after.critics.params)
    assert_same(after.target_critics, moved)


def test_the_actor_climbs_its_critic() -> None:
    state = STATES["gail"]
    x = random_transitions(7).x
    after = state
    for _ in range(20):
        after = parts.fit_actor(0.003, after, x)
    worth = [
        float(parts.values_of(s.critics.params, x, parts.action_of(s.actor.params, x))[0].mean())
        for s in (state, after)
    ]
    assert worth[1] > worth[0] + 1e-3


def test_penalties_and_layers_bound_the_slope() -> None:
    """More updates of the discriminator alone: free it is steep, penalised about 1, layered at most its last kernel."""
    steep = {}
    for name in ("gail", "gail_gp", "gail_sn"):
        one = method(name, lr_reward=0.01)
        state = trained(one, steps=12)
        batch = random_transitions(0)
        half = jnp.full((TASK.spec.demonstrated, 1), 0.5)
        played = Pairs(x=batch.x[:20], u=batch.u[:20])
        between = interpolates(WORLD.demonstrations, played, half, half)
        found = steepness(lambda p, one=one, state=state: one.score(state.score.params, p), between)
        steep[name] = float(found.max())
        if name == "gail_sn":
            last = np.linalg.norm(state.score.params["params"]["Dense_2"]["kernel"])
            assert steep[name] <= 1.05 * last
    assert steep["gail"] > 1.5 * steep["gail_gp"]
    assert steep["gail_gp"] < 1.5


def test_cloning_reproduces_what_it_was_shown() -> None:
    one = method("bc", lr=0.003, decay=0.0)
    state = jax.jit(one.init)(jax.random.key(0))
    update = jax.jit(one.update)
    for i in range(60):
        state = update(state, random_transitions(0), jax.random.key(i))
    error = np.asarray(one.act(state, WORLD.demonstrations.x) - WORLD.demonstrations.u)
    assert np.abs(error).mean() < 0.1
    assert float(TASK.evaluate(WORLD, jax.random.key(0), Bound(one, state))["imitation_return"]) > 0.6


def test_decay_by_hand() -> None:
    """At a vanishing rate times a huge decay AdamW's own step is nothing, and weights shrink by lr times decay."""
    one = method("bc", lr=1e-6, decay=2e4)
    state = jax.jit(one.init)(jax.random.key(0))
    after = jax.jit(one.update)(state, random_transitions(0), jax.random.key(0))
    before = state.params["params"]["Dense_1"]["kernel"]
    np.testing.assert_allclose(after.params["params"]["Dense_1"]["kernel"], before * 0.98**TASK.spec.updates, atol=1e-4)


class Bound:
    """A method with its state."""

    def __init__(self, one: Any, state: Any):
        self.act = lambda x: one.act(state, x)
        self.reward = lambda x, u: one.reward(state, x, u)
        self.value = lambda x, u: one.value(state, x, u)
