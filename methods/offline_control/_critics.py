"""What learners of values and policies share: networks, one Adam for all of them, targets, and acting place by place.

Values are means of rewards to come: rewards are multiplied by 1 - discount, so that values are as large as rewards.
Shapes: b transitions, n episodes, k numbers of an action, j = 2 critics, m components of a mixture.
"""

import abc
from typing import Any, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.rl import gaussian_log_density, track
from toybench.tasks.offline_control import DISCOUNT, FEATURES, Batch, Transitions, features, transitions

WIDTH = 64  # of both hidden layers of every network; the papers' have 256
TARGET_RATE = 0.02  # of a target's way to its network in an update; the papers' 0.005 is for a million updates
RATES = (0.0003, 0.001, 0.003, 0.01)  # learning rates that are tried where there is another knob
MANY_RATES = (0.0001, 0.0003, 0.001, 0.002, 0.003, 0.005, 0.01, 0.03)  # where there is none
LOG_SD = (-5.0, 2.0)  # where logarithms of standard deviations are kept, as by the authors of EDAC and IQL
SAFE = 0.999  # largest action whose inverse tanh is taken

Params = dict[str, Any]


class State(NamedTuple):
    """Parameters of all networks by name, their slow copies, and Adam's moments."""

    params: Params
    target: Params
    opt: Any


class Trained(Method):
    """Networks that one Adam trains on a loss over transitions; an action depends on the place alone."""

    lr: float = 0.003  # Adam's learning rate, above 0, decays to 0 by a cosine; 0.0003 in the papers

    @abc.abstractmethod
    def networks(self, key: jax.Array) -> Params:
        """Parameters by name before the first update."""

    @abc.abstractmethod
    def loss(self, params: Params, target: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        """What is minimised, []; a part says by `frozen` which parameters it doesn't move."""

    @abc.abstractmethod
    def action(self, params: Params, x: jax.Array, key: jax.Array) -> jax.Array:
        """Actions [n, k] at places [n, 2]."""

    def init(self, key: jax.Array) -> State:
        params = self.networks(key)
        return State(params=params, target=params, opt=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        gradients = jax.grad(self.loss)(state.params, state.target, transitions(self.given, batch), key)
        params, opt = optim.descend(optim.adam(self.lr, self.steps), gradients, state.opt, state.params)
        return State(params=params, target=track(state.target, params, TARGET_RATE), opt=opt)

    def start(self, state: State, count: int) -> tuple:
        return ()

    def act(self, state: State, mind: tuple, x: jax.Array, key: jax.Array) -> tuple[tuple, jax.Array]:
        return mind, self.action(state.params, x, key)


def frozen(params: Any) -> Any:
    """The same parameters, which a gradient doesn't move."""
    return jax.lax.stop_gradient(params)


def network(outputs: int) -> flax.linen.Module:
    """Two hidden layers."""
    return nn.MLP(widths=(WIDTH, WIDTH, outputs))


def fresh(key: jax.Array, others: int, outputs: int) -> Any:
    """Parameters of one network over a place's features and `others` more numbers."""
    return nn.init(network(outputs), key, jnp.zeros((1, FEATURES + others)))


def fresh_critics(key: jax.Array, actions: int) -> Any:
    """Parameters of two critics, with a leading axis."""
    return jax.vmap(lambda each: fresh(each, actions, 1))(jax.random.split(key))


def output(params: Any, outputs: int, x: jax.Array, *others: jax.Array) -> jax.Array:
    """A network's numbers [b, outputs] for places [b, 2] and other numbers [b, ...]."""
    return network(outputs).apply(params, jnp.concatenate([features(x), *others], axis=-1))


def critics(params: Any, x: jax.Array, u: jax.Array) -> jax.Array:
    """Both values [j, b] of actions [b, k] at places [b, 2]."""
    return jax.vmap(lambda each: output(each, 1, x, u)[:, 0])(params)


def value(params: Any, x: jax.Array) -> jax.Array:
    """Values [b] of places [b, 2]."""
    return output(params, 1, x)[:, 0]


def backed_up(batch: Transitions, after: jax.Array) -> jax.Array:
    """Targets [b] of critics from values [b] of the next places, no gradient; no place is terminal."""
    return jax.lax.stop_gradient((1 - DISCOUNT) * batch.r + DISCOUNT * after)


def squared_error(values: jax.Array, targets: jax.Array) -> jax.Array:
    """Sum over critics of mean squared errors, from values [j, b] and targets [b]."""
    return ((values - targets[None]) ** 2).mean(1).sum()


def greedy(params: Any, actions: int, x: jax.Array) -> jax.Array:
    """Actions [b, k] of a deterministic policy: tanh of a network's numbers."""
    return jnp.tanh(output(params, actions, x))


def gaussian(params: Any, actions: int, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(mean before tanh, log standard deviation), each [b, k], of a squashed Gaussian policy."""
    numbers = output(params, 2 * actions, x)
    return numbers[:, :actions], jnp.clip(numbers[:, actions:], *LOG_SD)


class Mixture(NamedTuple):
    """Gaussians over actions: log weights [b, m], means [b, m, k], log standard deviations [b, m, k]."""

    log_weight: jax.Array
    mean: jax.Array
    log_sd: jax.Array


def mixture(params: Any, actions: int, parts: int, x: jax.Array) -> Mixture:
    """A policy of several Gaussians, means in (-1, 1)."""
    numbers = output(params, parts * (1 + 2 * actions), x)
    each = numbers[:, parts:].reshape(-1, parts, 2 * actions)
    return Mixture(
        log_weight=jax.nn.log_softmax(numbers[:, :parts], axis=-1),
        mean=jnp.tanh(each[..., :actions]),
        log_sd=jnp.clip(each[..., actions:], *LOG_SD),
    )


def mixture_log_density(law: Mixture, u: jax.Array) -> jax.Array:
    """Log densities [b] of actions [b, k]."""
    each = gaussian_log_density(jnp.broadcast_to(u[:, None], law.mean.shape), law.mean, law.log_sd)
    return jax.nn.logsumexp(law.log_weight + each, axis=-1)


def mixture_draw(law: Mixture, key: jax.Array) -> jax.Array:
    """Actions [b, k] of a mixture."""
    which, where = jax.random.split(key)
    chosen = jax.random.categorical(which, law.log_weight)
    mean = jnp.take_along_axis(law.mean, chosen[:, None, None], axis=1)[:, 0]
    log_sd = jnp.take_along_axis(law.log_sd, chosen[:, None, None], axis=1)[:, 0]
    return jnp.clip(mean + jnp.exp(log_sd) * jax.random.normal(where, mean.shape), -1.0, 1.0)


def mixture_mode(law: Mixture) -> jax.Array:
    """Means [b, k] of the likeliest components."""
    return jnp.take_along_axis(law.mean, law.log_weight.argmax(-1)[:, None, None], axis=1)[:, 0]


def advantage_weight(inverse_temperature: float, advantage: jax.Array) -> jax.Array:
    """Weights [b] of recorded actions, exp(beta A), at most CLIP; no gradient."""
    return jax.lax.stop_gradient(jnp.minimum(jnp.exp(inverse_temperature * advantage), CLIP))


CLIP = 100.0  # the authors' bound of the weights
