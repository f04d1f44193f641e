"""Sum a sine of each of the last few numbers, at the tokens that ask for it: when is the sine computed?

Isolates work that serves later tokens alone. A token holds a number and whether the sum is asked. Where it isn't, the
number itself is to be said. The sum leaves the token's own number out, so that no token needs the sine of it. One
layer finds it hard to take sines of several numbers at once; two layers can take each sine where the number stands.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import probes, random
from toybench.tasks.pre_caching import Reader, Text, TextSpec, cost

ASKED = 0.3  # share of tokens that ask for the sum
BATCH = 48
JUDGED = 512  # streams for judging, half of them to fit the probe
PENALTY = 1e-2  # of the probe's squared weights: it has 2,300 tokens for some 35 weights


class World(NamedTuple):
    """Streams for judging."""

    test: Text


class DelayedFunction(Task):
    """Normal numbers; the sum starts at the token before."""

    window: int = 3  # numbers in a sum
    frequency: float = 3.0  # of the sine, above 0
    length: int = 12  # tokens of a stream

    interface = Reader
    steps = 400
    checkpoints = 2
    metrics = {
        "gated_mse": Metric("min", "squared error where the sum is asked"),
        "mse": Metric("min", "squared error of all tokens"),
        "precache_r2": Metric(
            "max", "share of the own sine's variance that a linear probe of the state explains beyond the token itself"
        ),
        "probe_r2": Metric("max", "share that it explains in all, as the authors measure it"),
    }

    @property
    def spec(self) -> TextSpec:
        return TextSpec(features=2, outputs=1, length=self.length, window=self.window + 1, cost="squares")

    def sample(self, key: jax.Array) -> World:
        return World(test=self.streams(key, JUDGED))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Text]:
        return world, self.streams(key, BATCH)

    def streams(self, key: jax.Array, count: int) -> Text:
        """So many fresh streams; at the first tokens a sum has fewer terms."""
        drawn = random.normals(key, number=(count, self.length), asked=(count, self.length))
        asked = (jax.scipy.special.ndtr(drawn["asked"]) < ASKED).astype(jnp.float32)
        x = jnp.stack([drawn["number"], asked], axis=-1)
        return Text(x=x, y=self.solve(x))

    def sine(self, x: jax.Array) -> jax.Array:
        """What a token's own number adds to later sums, [b, t, 1]."""
        return jnp.sin(self.frequency * x[..., :1])

    def solve(self, x: jax.Array) -> jax.Array:
        """The right numbers [b, t, 1]."""
        padded = jnp.pad(self.sine(x), ((0, 0), (self.window, 0), (0, 0)))
        total = sum(padded[:, i : i + self.length] for i in range(self.window))
        return jnp.where(x[..., 1:] > 0, total, x[..., :1])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        x = world.test.x
        squares = cost(self.spec, learner.predict(x), world.test.y)[:, self.window :]  # where sums are whole
        asked = x[:, self.window :, 1]
        state = learner.hidden(x)
        left_of_both = self.unexplained(x, jnp.concatenate([state, x], axis=-1))
        return {
            "gated_mse": (squares * asked).sum() / asked.sum(),
            "mse": squares.mean(),
            "precache_r2": 1 - left_of_both / self.unexplained(x, x),
            "probe_r2": 1 - self.unexplained(x, state) / self.unexplained(x, jnp.zeros_like(x)),
        }

    def unexplained(self, x: jax.Array, features: jax.Array) -> jax.Array:
        """Mean squared error with which a ridge regression on features [b, t, d] says a token's own sine, held out."""
        scale = jnp.sqrt((features**2).mean((0, 1), keepdims=True)) + PENALTY
        rows = (features / scale)[:, self.window :].reshape(-1, features.shape[-1])
        sine = self.sine(x)[:, self.window :].reshape(-1, 1)
        half = len(rows) // 2
        fitted = probes.ridge(rows[:half], sine[:half], jnp.ones(half), PENALTY)
        return ((probes.apply_ridge(fitted, rows[half:]) - sine[half:]) ** 2).mean()

    def floor(self, world: World) -> Any:
        """The number where it is asked, else 0."""
        return SimpleNamespace(predict=lambda x: x[..., :1] * (1 - x[..., 1:]), hidden=jnp.zeros_like)

    def oracle(self, world: World) -> Any:
        """The right numbers; its state is the sine."""
        return SimpleNamespace(predict=self.solve, hidden=self.sine)
