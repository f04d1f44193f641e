"""A transformer has learned to infer one of a few symbol maps from demonstrations: can a vector replace them?

The functions are random permutations of an alphabet. A causal transformer is trained on prompts `x1y1 .. xkyk x` of 0
to 4 demonstrations and then frozen. A learner may run it on calibration prompts and returns, for each function, a
vector to add to the residual stream at the query token. What is measured is whether the model then applies the
function to inputs that were no calibration prompt's query, in a prompt without demonstrations or with wrongly
labelled ones. It isolates what a few attention heads carry about the task.

A demonstration is one token, as if label and input had been bound before, and no token attends to itself, so that
attention over demonstrations can't be switched off by the query: with neither, so small a model computes the answer
inside its attention pattern, and no representation of the function exists at the query token.

Sizes: 8 functions of 12 symbols, 4 demonstrations; 3 layers of 4 heads, width 32, trained 1,000 steps inside `sample`.
Half of the symbols are queries of calibration prompts, the other half of test prompts.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.in_context._symbolic import Calibration, Network, Steering, SymbolicSpec, pretrain, prompts, run


class World(NamedTuple):
    """The functions int32 [f, v] and the frozen model."""

    maps: jax.Array
    net: Network


class SymbolicFunctions(Task):
    """One calibration batch, no training of the model."""

    functions: int = 8  # random permutations
    symbols: int = 12
    demonstrations: int = 4  # at most, in a prompt
    layers: int = 3
    heads: int = 4  # a layer
    width: int = 32
    pretraining: int = 1000  # Adam steps of 64 prompts
    pretraining_lr: float = 0.005  # decayed to 0 by a cosine
    count: int = 48  # calibration and test prompts a function

    interface = Steering
    steps = 1
    checkpoints = 1
    metrics = {
        "zero_shot_accuracy": Metric("max", "answers right without demonstrations, the vector added"),
        "shuffled_accuracy": Metric("max", "answers right after wrongly labelled demonstrations, the vector added"),
        "icl_accuracy": Metric("info", "answers right after correct demonstrations, nothing added"),
        "unaided_accuracy": Metric("info", "answers right without demonstrations, nothing added"),
    }

    @property
    def spec(self) -> SymbolicSpec:
        return SymbolicSpec(self.functions, self.symbols, self.demonstrations, self.layers, self.heads, self.width)

    def sample(self, key: jax.Array) -> World:
        """Random permutations, and a model trained to infer them in context."""
        a, b = jax.random.split(key)
        maps = jnp.argsort(jax.random.uniform(a, (self.functions, self.symbols)), axis=-1)
        return World(maps, pretrain(b, self.spec, maps, self.pretraining, self.pretraining_lr, batch=64))

    def given(self, world: World) -> Network:
        """The frozen model."""
        return world.net

    def prompts(self, maps: jax.Array, key: jax.Array, low: int, high: int) -> tuple[jax.Array, ...]:
        """`prompts` prompts a function whose queries are the symbols low .. high - 1, all inputs of a prompt distinct.

        Returns:
          function [b], answer [b], and the prompts correct, wrongly labelled and without demonstrations, int32 [b, k
          + 2].
        """
        v, k, b = self.symbols, self.demonstrations, self.functions * self.count
        function = jnp.repeat(jnp.arange(self.functions), self.count)
        query = low + jnp.arange(b) % (high - low)
        score = jax.random.uniform(key, (b, v)) + jax.nn.one_hot(query, v)
        inputs = jnp.concatenate([jnp.argsort(score, axis=-1)[:, :k], query[:, None]], axis=1)
        answers = maps[function[:, None], inputs]
        labels, shown = answers[:, :-1], jnp.ones((b, k), bool)
        clean = prompts(v, inputs, labels, shown)
        shuffled = prompts(v, inputs, jnp.roll(labels, 1, axis=1), shown)  # one cyclic shift: no label stays right
        return function, answers[:, -1], clean, shuffled, prompts(v, inputs, labels, ~shown)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Calibration]:
        """Prompts of every function whose queries are from the first half of the alphabet."""
        _, answer, clean, shuffled, _ = self.prompts(world.maps, key, 0, self.symbols // 2)
        split = (self.functions, self.count)
        fold = [x.reshape(*split, *x.shape[1:]) for x in (clean, shuffled, answer)]
        return world, Calibration(*fold)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        half = self.symbols // 2
        function, answer, clean, shuffled, bare = self.prompts(world.maps, key, half, self.symbols)
        add = learner.steering()[function]

        def accuracy(tokens: jax.Array, add: Any = None) -> jax.Array:
            return (jnp.argmax(run(world.net, tokens, add).logits, axis=-1) == answer).astype(jnp.float32).mean()

        return {
            "zero_shot_accuracy": accuracy(bare, add),
            "shuffled_accuracy": accuracy(shuffled, add),
            "icl_accuracy": accuracy(clean),
            "unaided_accuracy": accuracy(bare),
        }

    def floor(self, world: World) -> Any:
        """Nothing added."""
        return SimpleNamespace(steering=lambda: jnp.zeros((self.functions, self.layers, self.width)))
