"""What the expert shows, what a learner gets to see of its own episodes, and what is measured."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import pointmass
from toybench.plugins import registry
from toybench.tasks.adversarial_imitation import (
    Pairs,
    classification_loss,
    interpolates,
    minimax_reward,
    spectrally_normalised,
    steepness,
    steepness_penalty,
)

TASK = registry.load("tasks", "adversarial_imitation/pointmass_imitation")
WORLDS = jax.jit(jax.vmap(TASK().sample))(jax.random.split(jax.random.key(0), 40))


class Walker:
    """Acts by a rule; its reward and value are made up."""

    def __init__(self, rule: Any):
        self.act = rule

    def explore(self, x: jax.Array, noise: jax.Array) -> jax.Array:
        return self.act(x) + noise

    def reward(self, x: jax.Array, u: jax.Array) -> jax.Array:
        return 3 * x[:, 0] + 4 * u[:, 1]

    def value(self, x: jax.Array, u: jax.Array) -> jax.Array:
        return 10 * x[:, 0]


def world_of(i: int) -> Any:
    return jax.tree.map(lambda a: a[i], WORLDS)


def random_pairs(count: int, seed: int) -> Pairs:
    drawn = np.random.default_rng(seed).uniform(-1, 1, (2, count, 2)).astype(np.float32)
    return Pairs(x=jnp.asarray(drawn[0]), u=jnp.asarray(drawn[1]))


def test_demonstrations_are_the_experts() -> None:
    """On one side, with its noise, outside of the disc; both sides come up, and every phase of the walk."""
    shown = WORLDS.demonstrations
    assert shown.x.shape == (40, 20, 2)
    sides = np.asarray(WORLDS.side)
    assert 10 < (sides == 1).sum() < 30
    assert set(np.unique(sides)) == {-1.0, 1.0}
    assert (np.asarray(shown.x[..., 1]) * sides[:, None] > -0.25).all()
    assert (np.linalg.norm(shown.x, axis=-1) >= pointmass.RADIUS).all()
    wanted = pointmass.waypoint_expert(shown.x.reshape(-1, 2), jnp.repeat(WORLDS.side, 20))
    at_goal = np.linalg.norm(np.asarray(wanted), axis=-1) < 0.5
    error = np.asarray(shown.u.reshape(-1, 2) - wanted)[at_goal]
    assert error.std() == pytest.approx(0.1, rel=0.1)
    first = np.linalg.norm(np.asarray(shown.x.reshape(40, 4, 5, 2))[:, :, 0] - np.array(pointmass.START), axis=-1)
    assert (first < 0.15).any() and (first > 0.3).any()  # the first pair shown is the first step's, or the fourth's


def test_returns_of_the_references() -> None:
    """Standing still and walking straight on, by hand; the expert's way is as long as two straight lines."""
    world = world_of(0)
    one = TASK()
    key = jax.random.key(1)
    assert float(one.evaluate(world, key, one.oracle(world))["imitation_return"]) == pytest.approx(1.0, abs=1e-5)
    assert float(one.evaluate(world, key, one.floor(world))["imitation_return"]) == pytest.approx(0.0, abs=1e-5)
    stands = np.linalg.norm(np.asarray(world.starts) - np.array(pointmass.GOAL), axis=-1).mean()
    assert float(world.still) == pytest.approx(-20 * stands, rel=1e-5)
    straight = Walker(lambda x: pointmass.towards(x, jnp.broadcast_to(jnp.array(pointmass.GOAL), x.shape)))
    assert float(one.evaluate(world, key, straight)["imitation_return"]) < 0.5
    other_side = Walker(lambda x: pointmass.waypoint_expert(x, jnp.full(len(x), -world.side)))
    assert float(one.evaluate(world, key, other_side)["imitation_return"]) == pytest.approx(1.0, abs=0.05)


def test_made_up_rewards_are_measured() -> None:
    """A linear reward is as steep everywhere as its coefficients; the value is asked on the learner's own episodes."""
    world = world_of(1)
    metrics = TASK().evaluate(world, jax.random.key(1), Walker(lambda x: jnp.zeros_like(x)))
    assert float(metrics["reward_lipschitz"]) == pytest.approx(5.0, rel=1e-5)
    assert float(metrics["q_max"]) == pytest.approx(10 * float(world.starts[:, 0].max()), rel=1e-5)


def test_a_learner_sees_its_own_episodes() -> None:
    """Transitions follow the world's moves, actions are short, and noise is the task's."""
    one = TASK()
    walker = Walker(lambda x: jnp.full_like(x, 0.9))
    world, seen = one.draw(world_of(0), jax.random.key(2), walker)
    assert seen.x.shape == (one.spec.played, 2)
    assert float(jnp.linalg.norm(seen.u, axis=-1).max()) <= 1 + 1e-6
    np.testing.assert_allclose(seen.after, pointmass.move(seen.x, seen.u), atol=1e-6)
    episodes = np.asarray(seen.x).reshape(4, 20, 2)
    np.testing.assert_allclose(episodes[:, 1:], np.asarray(seen.after).reshape(4, 20, 2)[:, :-1], atol=1e-6)
    assert (np.abs(episodes[:, 0] - np.array(pointmass.START)) <= pointmass.SPREAD + 1e-6).all()
    _, again = one.draw(world, jax.random.key(2), walker)
    np.testing.assert_array_equal(seen.u, again.u)


def test_knobs_say_how_much_is_shown() -> None:
    few = TASK(demonstrations=2, rate=10, d_steps=5)
    assert (few.spec.demonstrated, few.spec.d_steps) == (4, 5)
    assert few.sample(jax.random.key(0)).demonstrations.x.shape == (4, 2)
    plain = TASK().sample(jax.random.key(3))
    np.testing.assert_array_equal(plain.demonstrations.u, TASK(d_steps=5).sample(jax.random.key(3)).demonstrations.u)


def test_interpolates_move_states_and_actions_apart() -> None:
    a = random_pairs(5, seed=0)
    b = random_pairs(5, seed=1)
    ones = jnp.ones((5, 1))
    ends = interpolates(a, b, 0 * ones, ones)
    np.testing.assert_allclose(ends.x, a.x)
    np.testing.assert_allclose(ends.u, b.u, atol=1e-6)


def test_steepness_and_its_penalty_by_hand() -> None:
    """f = |x|^2 + 2 u_1 has the gradient (2 x, 2, 0); of lengths 2, 3 and 1 only what is above 1 costs."""
    pairs = random_pairs(6, seed=2)
    found = steepness(lambda p: (p.x**2).sum(-1) + 2 * p.u[:, 0], pairs)
    np.testing.assert_allclose(found, np.sqrt(4 * (np.asarray(pairs.x) ** 2).sum(-1) + 4), rtol=1e-5)
    slopes = jnp.array([[2.0, 0.0], [0.0, 3.0], [0.6, 0.8]])
    three = random_pairs(3, seed=3)
    penalty = steepness_penalty(lambda p: (slopes * p.x).sum(-1), three, 1.0)
    assert float(penalty) == pytest.approx((1.0 + 4.0 + 0.0) / 3, abs=1e-4)
    flat = jax.grad(lambda c: steepness_penalty(lambda p: c * p.x[:, 0], three, 1.0))(0.0)
    assert float(flat) == 0.0  # and no NaN where there is no slope


def test_the_discriminators_loss_by_hand() -> None:
    real = np.array([0.3, -1.2], np.float32)
    fake = np.array([0.5, -2.0], np.float32)
    uniform = np.array([0.0, 1.0], np.float32)
    labels = np.array([0.7, 1.2])
    d = 1 / (1 + np.exp(-real.astype(float)))
    e = 1 / (1 + np.exp(-fake.astype(float)))
    wanted = -(labels * np.log(d) + (1 - labels) * np.log(1 - d)).mean() - np.log(1 - e).mean()
    found = classification_loss(jnp.asarray(real), jnp.asarray(fake), jnp.asarray(uniform))
    assert float(found) == pytest.approx(wanted, rel=1e-5)
    np.testing.assert_allclose(minimax_reward(jnp.asarray(fake)), -np.log(1 - e), rtol=1e-5)


@pytest.mark.parametrize("shape", [(4, 48), (48, 48)])
def test_spectral_norms_are_one(shape: tuple[int, int]) -> None:
    """As NumPy finds them; the largest singular value of a normal matrix is close to the next one: within 5 %."""
    kernel = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    norm = np.linalg.svd(np.asarray(spectrally_normalised(jnp.asarray(kernel))))[1][0]
    assert norm == pytest.approx(1.0, abs=0.05)
    assert norm >= 1.0 - 1e-5  # a power iteration comes from below
