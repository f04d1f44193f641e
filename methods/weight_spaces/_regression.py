"""What the methods of this study share: inputs of scale one, and a regression by AdamW on batches of networks.

Shapes: b networks, l layers, f features, s weights of a network.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from toybench import Method
from toybench.blocks import nn as networks
from toybench.blocks import optim
from toybench.tasks.weight_spaces import Examples, Nets, Spec, relabel

TINY = 1e-6  # a deviation below it is that of a constant
HEAD = 32  # units of a layer of the network on top of features
CLIP = 8.0  # deviations from its mean at which an input is cut off: far outside of the training zoo
LR = (0.001, 0.002, 0.005, 0.01, 0.02)  # learning rates tried, the same for all


class Scale(NamedTuple):
    """Mean and deviation of inputs over the training zoo."""

    mean: Any
    spread: Any


class State(NamedTuple):
    """Parameters, the optimiser's state, and the scale of inputs."""

    params: Any
    adam: optax.OptState
    scale: Scale


class Regression(Method):
    """Least squares on the standardised target; a method says what its network sees, and which network."""

    lr: float = 0.005  # learning rate, above 0; decays to 0 by a cosine
    decay: float = 0.01  # decoupled weight decay, 0 or more
    augment: bool = False  # whether hidden units are relabelled anew at every step

    @abc.abstractmethod
    def module(self) -> nn.Module:
        """The network from inputs to one number [b]."""

    @abc.abstractmethod
    def fit_scale(self) -> Scale:
        """The scale of inputs over the training zoo, which is `given`."""

    @abc.abstractmethod
    def inputs(self, scale: Scale, nets: Nets) -> Any:
        """What the network sees."""

    def init(self, key: jax.Array) -> State:
        scale = self.fit_scale()
        few = jax.tree.map(lambda leaf: leaf[:2], self.given)
        params = networks.init(self.module(), key, self.inputs(scale, few))
        return State(params=params, adam=self.optimiser().init(params), scale=scale)

    def update(self, state: State, batch: Examples, key: jax.Array) -> State:
        nets = relabel(self.spec, batch.nets, key) if self.augment else batch.nets
        inputs = self.inputs(state.scale, nets)

        def loss(params: Any) -> jax.Array:
            return ((self.module().apply(params, inputs) - batch.target) ** 2).mean()

        params, adam = optim.descend(self.optimiser(), jax.grad(loss)(state.params), state.adam, state.params)
        return state._replace(params=params, adam=adam)

    def predict(self, state: State, nets: Nets) -> jax.Array:
        return self.module().apply(state.params, self.inputs(state.scale, nets))

    def optimiser(self) -> optax.GradientTransformation:
        """AdamW whose rate falls to 0."""
        schedule = optax.cosine_decay_schedule(self.lr, max(self.steps, 1))
        return optim.lenient(optax.adamw(schedule, weight_decay=self.decay))


class OnFeatures(Regression):
    """An MLP on features of a network, each standardised over the training zoo."""

    @abc.abstractmethod
    def features(self, nets: Nets) -> jax.Array:
        """Features [b, f]."""

    def module(self) -> nn.Module:
        return Head()

    def fit_scale(self) -> Scale:
        found = self.features(self.given)
        return Scale(mean=found.mean(0), spread=found.std(0))

    def inputs(self, scale: Scale, nets: Nets) -> jax.Array:
        return standardise(self.features(nets), scale.mean[None], scale.spread[None])


class OnTensors(Regression):
    """A network on tensors of weights, standardised by one mean and deviation a tensor and layer: no unit by unit."""

    def fit_scale(self) -> Scale:
        mean = {name: moment(w, self.given.mask[name]) for name, w in self.given.weights.items()}
        centred = {name: w - beside(mean[name], w) for name, w in self.given.weights.items()}
        spread = {name: jnp.sqrt(moment(w**2, self.given.mask[name])) for name, w in centred.items()}
        return Scale(mean=mean, spread=spread)

    def inputs(self, scale: Scale, nets: Nets) -> Nets:
        weights = {
            name: standardise(w, beside(scale.mean[name], w), beside(scale.spread[name], w)) * nets.mask[name]
            for name, w in nets.weights.items()
        }
        return nets._replace(weights=weights)


class Head(nn.Module):
    """[b, f] to [b]."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return networks.MLP((HEAD, HEAD, 1))(x)[:, 0]


def standardise(x: jax.Array, mean: jax.Array, spread: jax.Array) -> jax.Array:
    """Deviations from the mean; 0 for what is constant."""
    return jnp.clip(jnp.where(spread > TINY, (x - mean) / jnp.maximum(spread, TINY), 0.0), -CLIP, CLIP)


def moment(values: jax.Array, mask: jax.Array) -> jax.Array:
    """Mean [l] of the weights [b, l, ...] that exist."""
    axes = (0, *range(2, values.ndim))
    return (values * mask).sum(axes) / jnp.maximum(mask.sum(axes), 1.0)


def beside(values: jax.Array, like: jax.Array) -> jax.Array:
    """Values [l] with axes for `like` [b, l, ...]."""
    return values.reshape(1, -1, *(1,) * (like.ndim - 2))


def listed(spec: Spec, tensors: dict[str, jax.Array]) -> jax.Array:
    """All weights of a network in a row, [b, s]."""
    return jnp.concatenate([tensors[name].reshape(len(tensors[name]), -1) for name, _ in spec.axes], axis=1)


def belongs(spec: Spec, tensors: dict[str, jax.Array]) -> np.ndarray:
    """Which tensor of which layer each weight in the row belongs to, one-hot [s, tensors * l]."""
    sizes = np.concatenate([np.full(spec.layers, tensors[name][0, 0].size) for name, _ in spec.axes])
    return np.repeat(np.eye(len(sizes), dtype=np.float32), sizes, axis=0)
