"""The known target once more, but with few samples of it in all: maximum likelihood overfits, the energy doesn't."""

from typing import Any, NamedTuple

import jax

from toybench import Task
from toybench.tasks.normalizing_flows import Batch, Density, Spec
from toybench.tasks.normalizing_flows._product import ESS, FORWARD_KL, draws, exact, measure, standard_normal


class World(NamedTuple):
    """Training samples [m, d], and test points [n, d]."""

    train: jax.Array
    test: jax.Array


class FewSamples(Task):
    """Batches are drawn from a few hundred samples; the energy is known to whoever uses it."""

    dims: int = 6  # coordinates
    samples: int = 2000  # training samples in all
    batch: int = 64  # points a step
    test: int = 2000  # exact draws to judge by

    interface = Density
    steps = 2000
    checkpoints = 2
    metrics = {"forward_kl": FORWARD_KL, "ess": ESS}

    @property
    def spec(self) -> Spec:
        return Spec(dims=self.dims, batch=self.batch, samples=self.samples, known=True)

    def sample(self, key: jax.Array) -> World:
        """Training and test samples, independent."""
        both = draws(key, self.samples + self.test, self.dims)
        return World(train=both[: self.samples], test=both[self.samples :])

    def given(self, world: World) -> jax.Array:
        """The training samples [m, d]."""
        return world.train

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Training samples with replacement."""
        index = jax.random.randint(key, (self.batch,), 0, self.samples)
        return world, Batch(x=world.train[index], row=index)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        return measure(world.test, key, learner)

    def floor(self, world: World) -> Any:
        """The flow's base: a standard normal density."""
        return standard_normal(self.dims)

    def oracle(self, world: World) -> Any:
        """The target itself."""
        return exact(self.dims)
