"""Draw strings that are good in each of several blocks, and find as many of the perfect ones as possible.

Isolates discovery: a block of 4 letters has 6 hidden patterns, log reward falls with the number of letters in which
each block misses its nearest pattern, and a perfect string combines one pattern a block. Strings grow at both ends, so
no letter has its place before the last step. Default: 3 blocks, 216 modes among 1.7e7 strings, 800 rounds of 32. The
reward's normaliser and the law of each block are exact, and the target can be sampled exactly.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.protocol import Learner
from toybench.tasks.gflownets import (
    SAMPLES,
    Sampler,
    Spec,
    Strings,
    Trajectories,
    expected_finds,
    follow,
    live,
    total_variation,
)

LETTERS = 4  # of the alphabet
WIDTH = 4  # letters of a block
CODES = LETTERS**WIDTH  # possible contents of a block


class World(NamedTuple):
    """Misses int32 [blocks, CODES] of a block's contents to its nearest pattern; the patterns' codes int32
    [blocks, patterns]; which modes were bought, bool [patterns^blocks]."""

    misses: jax.Array
    patterns: jax.Array
    found: jax.Array


class StringGeneration(Task):
    """log R = -beta * misses."""

    beta: float = 2.0  # log reward of one miss

    blocks: int = 3  # blocks of 4 letters in a string
    patterns: int = 6  # hidden patterns a block
    batch: int = 32  # strings bought a round, as in the paper

    interface = Sampler
    kind = "interactive"
    steps = 800
    checkpoints = 4
    metrics = {
        "modes_found": Metric("max", "perfect strings among all strings bought, each counted once"),
        "block_tv": Metric("min", f"total variation of a block's law, {SAMPLES} samples against the target, mean"),
        "reward_tv": Metric("min", f"total variation of the law of the reward, {SAMPLES} samples against the target"),
        "log_reward_gap": Metric("zero", f"mean log reward of {SAMPLES} samples minus its mean under the target"),
    }

    @property
    def graph(self) -> Strings:
        """What objects are built on."""
        return Strings(letters=LETTERS, length=WIDTH * self.blocks)

    @property
    def spec(self) -> Spec:
        return Spec(graph=self.graph, batch=self.batch, replay=self.batch, energies=False)

    def sample(self, key: jax.Array) -> World:
        """Different random patterns in each block."""
        order = jnp.argsort(jax.random.uniform(key, (self.blocks, CODES)), axis=-1)
        patterns = order[:, : self.patterns].astype(jnp.int32)
        letters = np.arange(CODES)[:, None] // LETTERS ** np.arange(WIDTH)[::-1] % LETTERS  # [CODES, WIDTH]
        differ = jnp.asarray((letters[:, None] != letters[None, :]).sum(-1), jnp.int32)  # [CODES, CODES]
        return World(
            misses=differ[patterns].min(1),
            patterns=patterns,
            found=jnp.zeros(self.patterns**self.blocks, bool),
        )

    def codes(self, objects: jax.Array) -> jax.Array:
        """Strings [n, s] to the contents of their blocks, int32 [n, blocks]."""
        place = jnp.asarray(LETTERS ** np.arange(WIDTH)[::-1], jnp.int32)
        return (objects.reshape(len(objects), self.blocks, WIDTH) * place[None, None, :]).sum(-1)

    def missed(self, world: World, objects: jax.Array) -> jax.Array:
        """Letters in which strings [n, s] miss, int32 [n]."""
        return world.misses[jnp.arange(self.blocks)[None, :], self.codes(objects)].sum(-1)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Trajectories]:
        graph = self.graph
        actions = learner.propose(key)
        states = follow(graph, actions)
        missed = self.missed(world, states[-1])
        which = jnp.argmax(self.codes(states[-1])[:, :, None] == world.patterns[None], axis=-1)  # [b, blocks]
        mode = (which * self.patterns ** jnp.arange(self.blocks)[None, :]).sum(-1)
        world = world._replace(found=world.found.at[mode].max(missed == 0))
        batch = Trajectories(
            states=states,
            actions=actions,
            seen=live(graph, states),
            log_reward=-self.beta * missed.astype(jnp.float32),
            energy=jnp.zeros(states.shape[:2]),
        )
        return world, batch

    def target(self, world: World) -> tuple[jax.Array, jax.Array]:
        """Exact laws: of each block [blocks, CODES], and of the number of misses [WIDTH * blocks + 1]."""
        block = jax.nn.softmax(-self.beta * world.misses.astype(jnp.float32), axis=-1)
        counts = (jax.nn.one_hot(world.misses, WIDTH + 1) * block[:, :, None]).sum(1)
        total = counts[0]
        for more in counts[1:]:
            total = jnp.convolve(total, more)
        return block, total

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        objects = learner.samples(key)
        block, total = self.target(world)
        missed = self.missed(world, objects)
        drawn = jnp.zeros(block.shape).at[jnp.arange(self.blocks)[None, :], self.codes(objects)].add(1.0 / SAMPLES)
        levels = jnp.zeros(total.shape).at[missed].add(1.0 / SAMPLES)
        mean = (total * jnp.arange(len(total), dtype=jnp.float32)).sum()
        return {
            "modes_found": world.found.sum() if isinstance(learner, Learner) else learner.finds(),
            "block_tv": total_variation(drawn, block).mean(),
            "reward_tv": total_variation(levels, total),
            "log_reward_gap": -self.beta * (missed.astype(jnp.float32).mean() - mean),
        }

    def floor(self, world: World) -> Any:
        """Uniform strings, which is also what a uniform policy draws."""
        shape = (SAMPLES, WIDTH * self.blocks)
        return self.reference(
            lambda key: jax.random.randint(key, shape, 0, LETTERS), jnp.asarray(float(CODES) ** -self.blocks)
        )

    def oracle(self, world: World) -> Any:
        """Exact samples of the target; what is left of the distances is the noise of sampling."""

        def samples(key: jax.Array) -> jax.Array:
            logits = -self.beta * world.misses.astype(jnp.float32)
            codes = jax.random.categorical(key, logits[None], shape=(SAMPLES, self.blocks))
            place = jnp.asarray(LETTERS ** np.arange(WIDTH)[::-1], jnp.int32)
            return (codes[:, :, None] // place[None, None, :] % LETTERS).reshape(SAMPLES, -1).astype(jnp.int32)

        z = jnp.exp(-self.beta * world.misses.astype(jnp.float32)).sum(-1).prod()
        return self.reference(samples, 1 / z)

    def reference(self, samples: Callable, p: jax.Array) -> Any:
        """A learner that draws by `samples`, and finds what as many independent draws as there are purchases would.

        Args:
          p: its probability of each mode.
        """
        p = jnp.broadcast_to(p, (self.patterns**self.blocks,))
        return SimpleNamespace(samples=samples, finds=lambda: expected_finds(p, self.steps * self.batch))
