"""Apply a random permutation to every non-zero string of bits, after seeing it on the strings with a single one.

Isolates what averaging adds. A network that has learned the k unit vectors is right on other inputs in the mean and
wrong by far in each instance, so that the number of networks to be averaged is what a permutation costs. Ensembles grow
by a factor of sqrt 2, and are the first members of one row of networks; all 2^k - 1 inputs are judged. 8 bits.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.permutation_learning import Ensembles, EnsembleSpec, Shown, inputs

SMALL = 64  # members of an ensemble that is judged by itself
LARGE = 4096


class World(NamedTuple):
    """Where each bit goes, as a matrix [k, k] of zeros and ones: x @ permutation is the image of x."""

    permutation: jax.Array


class PermutationInputs(Task):
    """Bits that are right after rounding the mean output."""

    bits: int = 8
    largest: int = 131_072  # members of the largest ensemble, a power of 2

    interface = Ensembles
    steps = 1
    checkpoints = 1
    metrics = {
        "exact_match": Metric("max", f"share of the inputs whose bits are all right with {LARGE:,} members"),
        "exact_match_small": Metric("max", f"the same with {SMALL} members"),
        "exact_match_one": Metric("max", "the same with one member"),
        "bit_error_small": Metric("min", f"share of the bits that are wrong with {SMALL} members"),
        "bit_error_unseen": Metric("min", "the same among strings with two ones or more, which weren't shown"),
        "members_needed": Metric(
            "min", "members from which on all bits of all inputs are right; twice the largest ensemble if it isn't"
        ),
    }

    @property
    def spec(self) -> EnsembleSpec:
        """Sizes: the powers of sqrt 2 up to the largest, rounded."""
        doublings = self.largest.bit_length() - 1
        return EnsembleSpec(bits=self.bits, sizes=tuple(round(2 ** (j / 2)) for j in (0, *range(2, 2 * doublings + 1))))

    def sample(self, key: jax.Array) -> World:
        return World(permutation=jax.random.permutation(key, jnp.eye(self.bits)))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Shown]:
        return world, Shown(x=jnp.eye(self.bits), y=world.permutation)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        sizes = self.spec.sizes
        strings = inputs(self.bits)
        target = jnp.asarray(strings, jnp.float32) @ world.permutation > 0
        right = (learner.outputs() > learner.threshold()) == target[None]
        exact = right.all(2).astype(jnp.float32).mean(1)
        small = ~right[place(sizes, SMALL)]
        unseen = jnp.asarray(strings.sum(1) > 1)
        return {
            "exact_match": exact[place(sizes, LARGE)],
            "exact_match_small": exact[place(sizes, SMALL)],
            "exact_match_one": exact[0],
            "bit_error_small": small.mean(),
            "bit_error_unseen": (small & unseen[:, None]).sum() / (self.bits * unseen.sum()),
            "members_needed": needed(exact == 1, sizes),
        }

    def floor(self, world: World) -> Any:
        """No bit is ever one."""
        return self.always(jnp.zeros((2**self.bits - 1, self.bits)))

    def oracle(self, world: World) -> Any:
        """The images, from one member on."""
        return self.always(jnp.asarray(inputs(self.bits), jnp.float32) @ world.permutation)

    def always(self, outputs: jax.Array) -> Any:
        """A learner whose members all have these outputs [n, k]."""
        every = jnp.broadcast_to(outputs, (len(self.spec.sizes), *outputs.shape))
        return SimpleNamespace(outputs=lambda: every, threshold=lambda: 0.5)


def place(sizes: tuple[int, ...], members: int) -> int:
    """Where the largest ensemble of at most so many members stands."""
    return max(i for i, size in enumerate(sizes) if size <= members)


def needed(exact: jax.Array, sizes: tuple[int, ...]) -> jax.Array:
    """The first of the sizes from which on all are exact [m], or twice the last one: float []."""
    lasting = jnp.cumprod(exact[::-1].astype(jnp.int32))[::-1] > 0
    return jnp.where(lasting.any(), jnp.asarray(sizes, jnp.float32)[jnp.argmax(lasting)], 2.0 * sizes[-1])
