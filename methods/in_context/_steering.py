"""What the steering methods share: a vector a function, found from one calibration batch, added before one layer.

Shapes: f functions, n prompts a function, t tokens, d width, l layers, h heads.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.in_context._symbolic import Calibration, Network, Trace, run


class State(NamedTuple):
    """The vector of each function, [f, d]."""

    vector: jax.Array


class Steer(Method):
    """A subclass finds the `vectors`; they are added to the query token before layer `layer`."""

    layer: int = 1  # layers before the point of addition; the paper adds at a third of the depth

    deterministic = True
    space = {"layer": (0, 1, 2)}

    def init(self, key: jax.Array) -> State:
        return State(vector=jnp.zeros((self.spec.functions, self.spec.width)))

    def vectors(self, batch: Calibration, key: jax.Array) -> jax.Array:
        """The vector of each function, [f, d]."""
        raise TypeError(f"{self.name} finds no vectors; give it a method `vectors`.")

    def update(self, state: State, batch: Calibration, key: jax.Array) -> State:
        return State(vector=self.vectors(batch, key))

    def steering(self, state: State) -> jax.Array:
        place = jax.nn.one_hot(self.layer, self.spec.layers)
        return state.vector[:, None, :] * place[None, :, None]


def mean_traces(net: Network, tokens: jax.Array) -> Trace:
    """What the model computes at the last token of a function's prompts [f, n, t], averaged over them:
    logits [f, v], heads [f, l, h, d], stream [f, l, d]."""
    f, n, t = tokens.shape
    trace = run(net, tokens.reshape(f * n, t))
    return jax.tree.map(lambda x: x.reshape(f, n, *x.shape[1:]).mean(1), trace)


def indirect_effects(net: Network, heads: jax.Array, tokens: jax.Array, answer: jax.Array) -> jax.Array:
    """How much the right answer's probability rises, on average over prompts, when one head gives its mean output
    on correct prompts: [l, h].

    Args:
      heads: mean head outputs of each function, [f, l, h, d].
      tokens: wrongly labelled prompts, int32 [f, n, t]; `answer`, int32 [f, n], is right.
    """
    f, n, t = tokens.shape
    tokens, right = tokens.reshape(f * n, t), answer.reshape(f * n)
    value = jnp.repeat(heads, n, axis=0)

    def probability(patch: Any) -> jax.Array:
        chance = jax.nn.softmax(run(net, tokens, patch=patch).logits, axis=-1)
        return jnp.take_along_axis(chance, right[:, None], axis=1).mean()

    layers, count = heads.shape[1:3]
    each = jnp.eye(layers * count, dtype=bool).reshape(-1, layers, count)
    effect = jax.lax.map(lambda which: probability((which, value)), each) - probability(None)
    return effect.reshape(layers, count)
