"""A generator tuned by a model of the reward that was fitted near the pretrained modes, and judged by the truth."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks.random import normals, uniforms
from toybench.tasks.reward_tuning import (
    Aligned,
    AlignedGenerator,
    AlignmentSpec,
    Density,
    Examples,
    RewardModel,
    denoise,
    divergence,
    expectation,
    hermite_nodes,
    noise_level,
    predict_features,
)

MODES = 8
SPREAD = 0.25  # standard deviation of a mode, a quarter of that of the means
EXAMPLES = 64
LEVELS = 1000  # noise levels of the pretrained model
REWARDED = 400  # the highest level at which the paper's code trusts a reward
FITTED = 200  # points that the model of the reward is fitted on
HIDDEN = 64  # random features of the model
RIDGE = 1e-3  # of the readout
JUDGED = 256  # points for the correlation of uncertainty and error
REACH = 3.0  # the oracle looks for the best place in [-REACH, REACH]^2
PLACES = 61  # an axis
TINY = 1e-9  # keeps quotients finite at the origin and without variance


class World(NamedTuple):
    """What is given, and the truth's best place for a mode [2]."""

    given: Aligned
    best: jax.Array


def features(x: jax.Array) -> jax.Array:
    """What the reward looks at in points [n, 2]: distance from the origin and sin(2 angle), [n, 2]."""
    square = (x**2).sum(-1)
    return jnp.stack([jnp.sqrt(square + TINY), 2 * x[:, 0] * x[:, 1] / (square + TINY)], axis=-1)


def true_reward(target: jax.Array, x: jax.Array) -> jax.Array:
    """Rewards [n] of points [n, 2]: minus the squared distance to the wanted features [2]."""
    return -((features(x) - target[None]) ** 2).sum(-1)


def choose(u: jax.Array, modes: jax.Array, means: jax.Array) -> jax.Array:
    """Means [n, 2] drawn by uniforms u [n] with the probabilities `modes` [k]."""
    index = (u[:, None] > jnp.cumsum(modes)[None, :-1]).sum(-1)
    return means[index]


def fit_model(x: jax.Array, weights: jax.Array, offsets: jax.Array) -> RewardModel:
    """Ridge regression of the features of points [n, 2] on random tanh features."""
    hidden = jnp.tanh(x @ weights + offsets[None])
    design = jnp.concatenate([hidden, jnp.ones((len(x), 1))], axis=-1)
    gram = design.T @ design + RIDGE * jnp.eye(HIDDEN + 1)
    return RewardModel(weights=weights, offsets=offsets, readout=jnp.linalg.solve(gram, design.T @ features(x)))


def best_place(target: jax.Array) -> jax.Array:
    """Where a mode earns most, on a lattice: the mean reward is linear in the weights, so one mode is enough."""
    line = np.linspace(-REACH, REACH, PLACES)
    places = jnp.asarray(np.stack(np.meshgrid(line, line), -1).reshape(-1, 2), jnp.float32)

    def earned(place: jax.Array) -> jax.Array:
        alone = Density(logits=jnp.zeros(1), means=place[None])
        return expectation(alone, SPREAD, lambda x: true_reward(target, x), hermite_nodes())

    return places[jnp.argmax(jax.lax.map(earned, places))]


def correlation(a: jax.Array, b: jax.Array) -> jax.Array:
    """Pearson's correlation of two samples [n]; 0 where one doesn't vary."""
    one = a - a.mean()
    two = b - b.mean()
    return (one * two).mean() / jnp.sqrt((one**2).mean() * (two**2).mean() + TINY**2)


def model_error(given: Aligned, density: Density, x: jax.Array, noise: jax.Array, level: jax.Array) -> jax.Array:
    """How wrong the model is [n] about points [n, 2] that the generator denoised once from int32 levels [n]."""
    alpha, sigma = noise_level((level.astype(jnp.float32) + 0.5) / LEVELS)
    clean = denoise(density, SPREAD, alpha[:, None] * x + sigma[:, None] * noise, alpha, sigma)
    return jnp.abs(predict_features(given.model, clean) - features(clean)).sum(-1)


class ProxyReward(Task):
    """Data of the pretrained law at random noise levels, a model of two features, and the features that are wanted."""

    metrics = {
        "true_reward": Metric("max", "mean of minus the squared distance to the wanted features"),
        "model_reward": Metric("info", "the same as the model sees it"),
        "divergence": Metric("info", "KL of the tuned density from the pretrained one, in nats"),
        "uncertainty_correlation": Metric("max", "correlation of the uncertainty with the model's error"),
    }
    interface = AlignedGenerator
    steps = 300
    checkpoints = 3

    @property
    def spec(self) -> AlignmentSpec:
        return AlignmentSpec(modes=MODES, spread=SPREAD, examples=EXAMPLES, levels=LEVELS)

    def sample(self, key: jax.Array) -> World:
        for_normals, for_uniforms = jax.random.split(key)
        drawn = normals(
            for_normals, means=(MODES, 2), points=(FITTED, 2), weights=(2, HIDDEN), offsets=(HIDDEN,), wanted=(1, 2)
        )
        u = uniforms(for_uniforms, mode=(FITTED,))["mode"]
        means = drawn["means"]
        points = choose(u, jnp.full(MODES, 1 / MODES), means) + SPREAD * drawn["points"]
        target = features(drawn["wanted"])[0]
        given = Aligned(
            density=Density(logits=jnp.zeros(MODES), means=means),
            model=fit_model(points, drawn["weights"], drawn["offsets"]),
            target=target,
        )
        return World(given=given, best=best_place(target))

    def given(self, world: World) -> Aligned:
        return world.given

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Examples]:
        for_normals, for_uniforms = jax.random.split(key)
        drawn = normals(for_normals, data=(EXAMPLES, 2), noise=(EXAMPLES, 2))
        u = uniforms(for_uniforms, mode=(EXAMPLES,), level=(EXAMPLES,))
        data = choose(u["mode"], jnp.full(MODES, 1 / MODES), world.given.density.means) + SPREAD * drawn["data"]
        level = jnp.floor(u["level"] * LEVELS).astype(jnp.int32)
        return world, Examples(data=data, noise=drawn["noise"], level=level)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        density = learner.generator()
        target = world.given.target

        def believed(x: jax.Array) -> jax.Array:
            return -((predict_features(world.given.model, x) - target[None]) ** 2).sum(-1)

        for_normals, for_uniforms = jax.random.split(key)
        drawn = normals(for_normals, data=(JUDGED, 2), noise=(JUDGED, 2))
        u = uniforms(for_uniforms, mode=(JUDGED,), level=(JUDGED,))
        x = choose(u["mode"], jax.nn.softmax(density.logits), density.means) + SPREAD * drawn["data"]
        level = jnp.floor(u["level"] * REWARDED).astype(jnp.int32)
        error = model_error(world.given, density, x, drawn["noise"], level)
        return {
            "true_reward": expectation(density, SPREAD, lambda x: true_reward(target, x), hermite_nodes()),
            "model_reward": expectation(density, SPREAD, believed, hermite_nodes()),
            "divergence": divergence(density, world.given.density, SPREAD, hermite_nodes()),
            "uncertainty_correlation": correlation(learner.uncertainty(x, drawn["noise"], level), error),
        }

    def floor(self, world: World) -> Any:
        """The pretrained generator, which mistrusts nothing."""
        return SimpleNamespace(
            generator=lambda: world.given.density, uncertainty=lambda x, noise, level: jnp.zeros(len(x))
        )

    def oracle(self, world: World) -> Any:
        """All modes at the truth's best place of a lattice; its uncertainty is the model's error."""
        means = jnp.broadcast_to(world.best[None], (MODES, 2))
        density = Density(logits=jnp.zeros(MODES), means=means)
        return SimpleNamespace(
            generator=lambda: density,
            uncertainty=lambda x, noise, level: model_error(world.given, density, x, noise, level),
        )
