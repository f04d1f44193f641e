"""Tell from the weights of a network how well it does its task.

A learner answers one question: `predict`, the standardised target of networks that it sees as tensors of weights.
Hidden units have no order, so that relabelling them leaves a network's function as it is: which axes of which tensors
move together is said by `spec.axes`. `respond` runs networks on inputs.

The weights of layer l are name -> [b, l, ...], zero where a network has none, and masks say where it has. An axis
`units` is permuted with the units of the layer itself, `before` with those of the layer below.

- `rnn`, one layer: `w_in`, `bias`, `w_out` (units), `w_rec` (units, units), `b_out` ().
  h <- tanh(w_in x + w_rec^T h + bias) over the inputs, answer w_out h + b_out.
- `mlp`, three layers, of which the last one that exists is the output: `weight` (before, units), `bias`, `scale`,
  `shift` (units). h <- relu(norm(weight^T h + bias)) + residual * h; the norm is LayerNorm, or nothing.

Shapes: b networks, l layers, m units, p inputs, t time steps.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

TINY = 1e-5  # added to the variance in LayerNorm, flax's and torch's value

Axes = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Spec:
    """What a learner may know.

    Attributes:
      kind: `rnn` or `mlp`.
      axes: (name of a tensor, names of its axes).
      layers: layers of a network, at most.
      units: hidden units of a network that is asked about, at most.
      inputs: numbers of one input: time steps, or coordinates.
    """

    kind: str
    axes: Axes
    layers: int
    units: int
    inputs: int


class Nets(NamedTuple):
    """Networks.

    Attributes:
      weights: name -> [b, l, ...].
      mask: name -> [b, l, ...], 1 where a network has a weight.
      residual: [b, l], 1 where a layer adds what it was given.
    """

    weights: dict[str, jax.Array]
    mask: dict[str, jax.Array]
    residual: jax.Array


class Examples(NamedTuple):
    """Networks with the logit of their share of right answers, standardised over the training zoo, [b]."""

    nets: Nets
    target: jax.Array


class Property(Protocol):
    """What is asked about a network."""

    def predict(self, state: Any, nets: Nets) -> jax.Array:
        """The standardised target [b]."""


def respond(spec: Spec, nets: Nets, x: jax.Array) -> jax.Array:
    """Answers [b, p], logits, of every network to inputs x [p, inputs]."""
    return recur(nets.weights, x) if spec.kind == "rnn" else feed_forward(nets, x)


def recur(weights: dict[str, jax.Array], x: jax.Array) -> jax.Array:
    """Answers [b, p] of recurrent networks after sequences x [p, t]."""
    w = {name: value[:, 0] for name, value in weights.items()}

    def step(h: jax.Array, now: jax.Array) -> tuple[jax.Array, None]:
        drive = now[None, :, None] * w["w_in"][:, None, :] + w["bias"][:, None, :]
        return jnp.tanh(drive + jnp.einsum("bpi,bij->bpj", h, w["w_rec"])), None

    first = jnp.zeros((len(w["bias"]), len(x), w["bias"].shape[-1]))
    h, _ = jax.lax.scan(step, first, x.T)
    return jnp.einsum("bpi,bi->bp", h, w["w_out"]) + w["b_out"][:, None]


def feed_forward(nets: Nets, x: jax.Array) -> jax.Array:
    """Answers [b, p] of networks of several layers at points x [p, inputs]."""
    w = nets.weights
    there = nets.mask["bias"][:, :, None, :]  # [b, l, 1, m]
    normed = nets.mask["scale"][:, :, None, :]
    b, layers, _, units = there.shape
    h = jnp.broadcast_to(jnp.pad(x, ((0, 0), (0, units - x.shape[1])))[None], (b, len(x), units))
    before = jnp.zeros((b, len(x), layers))
    for i in range(layers):
        z = jnp.einsum("bpi,bij->bpj", h, w["weight"][:, i]) + w["bias"][:, i, None, :]
        before = before.at[:, :, i].set(z[:, :, 0])
        count = jnp.maximum(there[:, i].sum(-1, keepdims=True), 1.0)
        centred = (z - z.sum(-1, keepdims=True) / count) * there[:, i]
        deviation = jnp.sqrt((centred**2).sum(-1, keepdims=True) / count + TINY)
        scaled = centred / deviation * w["scale"][:, i, None, :] + w["shift"][:, i, None, :]
        z = jax.nn.relu(normed[:, i] * scaled + (1 - normed[:, i]) * z)
        h = z + nets.residual[:, i, None, None] * h
    exists = there[:, :, 0, 0]
    is_output = exists - jnp.pad(exists[:, 1:], ((0, 0), (0, 1)))  # [b, l], 1 for the last layer
    return jnp.einsum("bpl,bl->bp", before, is_output)


def relabel(spec: Spec, nets: Nets, key: jax.Array) -> Nets:
    """The same functions with hidden units in another order; a residual link keeps the order of the layer below."""
    there = nets.mask["bias"]
    draws = jax.random.uniform(key, there.shape)
    tied = nets.residual.max(1)[:, None, None]
    draws = tied * draws[:, :1] + (1 - tied) * draws
    order = jnp.argsort(draws + 2 * (1 - there), axis=-1)  # units that don't exist stay last
    identity = jnp.broadcast_to(jnp.arange(there.shape[-1], dtype=order.dtype), order[:, :1].shape)
    orders = {"units": order, "before": jnp.concatenate([identity, order[:, :-1]], axis=1)}
    weights = dict(nets.weights)
    for name, axes in spec.axes:
        for place, axis in enumerate(axes):
            by = orders[axis].reshape(*there.shape[:2], *(-1 if i == place else 1 for i in range(len(axes))))
            weights[name] = jnp.take_along_axis(weights[name], by, axis=2 + place)
    return nets._replace(weights=weights)
