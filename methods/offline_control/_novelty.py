"""What learners against novelty share: random network distillation of (action, place), and a soft actor-critic.

The predictor learns in the first quarter of the updates, all else in the others. Rewards are multiplied by 1 -
discount.
Shapes: b transitions, n episodes, k numbers of an action, e of an embedding, j = 2 critics.
"""

import abc
from typing import Any, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.random import normals
from toybench.blocks.rl import squashed, track
from toybench.tasks.offline_control import DISCOUNT, FEATURES, Batch, Transitions, features, transitions

WIDTH = 64  # of both hidden layers of every network; the authors have three of 256
EMBEDDING = 32  # numbers of an embedding, the authors' value
TARGET_RATE = 0.02  # of a target's way to its critic in an update; the authors' 0.005 is for a million updates
ALONE = 4  # one in so many updates, at the beginning, is the predictor's alone
LOG_SD = (-5.0, 2.0)  # where logarithms of standard deviations are kept, the authors' values
FIRST_ETA = (
    0.001  # weight of the entropy before the first update; the authors' 1, which is 0.05 here, has longer to fall
)
TINY = 1e-6  # least variance of the predictor's errors

Params = dict[str, Any]
Modules = tuple[flax.linen.Module, flax.linen.Module]


class Concatenated(flax.linen.Module):
    """An embedding [b, e] of action and place side by side; the authors' `concat_first`."""

    @flax.linen.compact
    def __call__(self, u: jax.Array, x: jax.Array) -> jax.Array:
        return nn.MLP(widths=(WIDTH, WIDTH, EMBEDDING))(jnp.concatenate([u, x], -1))


class Modulated(flax.linen.Module):
    """An embedding of the action whose last hidden layer the place scales and shifts; the authors' `film_last`."""

    @flax.linen.compact
    def __call__(self, u: jax.Array, x: jax.Array) -> jax.Array:
        h = flax.linen.relu(flax.linen.Dense(WIDTH)(u))
        h = flax.linen.Dense(WIDTH)(x) * flax.linen.Dense(WIDTH)(h) + flax.linen.Dense(WIDTH)(x)
        return flax.linen.Dense(EMBEDDING)(flax.linen.relu(h))


class Bilinear(flax.linen.Module):
    """An embedding whose first layer is bilinear in action and place; the authors' `torch_bilinear_first`."""

    @flax.linen.compact
    def __call__(self, u: jax.Array, x: jax.Array) -> jax.Array:
        products = (u[:, :, None] * x[:, None, :]).reshape(len(u), -1)
        return nn.MLP(widths=(WIDTH, WIDTH, EMBEDDING))(products)


class Critic(flax.linen.Module):
    """Values [b] of features and actions [b, f + k]; hidden layers are normalised, as the authors' are."""

    @flax.linen.compact
    def __call__(self, h: jax.Array) -> jax.Array:
        for _ in range(2):
            h = flax.linen.LayerNorm()(flax.linen.relu(flax.linen.Dense(WIDTH)(h)))
        return flax.linen.Dense(1)(h)[:, 0]


class State(NamedTuple):
    """Policy, critics, log_eta and predictor; slow critics; the random embedding; and Adam's moments."""

    params: Params
    target: Any
    prior: Any
    moments: jax.Array  # count, sum and sum of squares of the predictor's errors while it learned, [3]
    step: jax.Array  # updates so far
    opt: Any


class Wary(Method):
    """A squashed Gaussian policy that learns against novelty; a method says by which networks, and from what."""

    lr: float = 0.003  # Adam's learning rate of all networks, decays to 0 by a cosine; the authors' 0.001

    @property
    @abc.abstractmethod
    def embeddings(self) -> Modules:
        """Predictor and prior: modules of actions [b, k + 1] and places [b, 3] to [b, e]."""

    @abc.abstractmethod
    def loss(self, state: State, params: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        """What policy, entropy weight and critics minimise, []."""

    def init(self, key: jax.Array) -> State:
        keys = jax.random.split(key, 5)
        k = self.spec.actions
        inputs = (jnp.zeros((1, k + 1)), jnp.zeros((1, 3)))
        learner, teacher = self.embeddings
        params = {
            "policy": nn.init(nn.MLP(widths=(WIDTH, WIDTH, 2 * k)), keys[0], jnp.zeros((1, FEATURES))),
            "critics": jax.vmap(lambda each: nn.init(Critic(), each, jnp.zeros((1, FEATURES + k))))(keys[1:3]),
            "log_eta": jnp.log(FIRST_ETA),
            "predictor": nn.init(learner, keys[3], *inputs),
        }
        return State(
            params=params,
            target=params["critics"],
            prior=nn.init(teacher, keys[4], *inputs),
            moments=jnp.zeros(3),
            step=jnp.zeros((), jnp.int32),
            opt=optim.adam(self.lr, self.steps).init(params),
        )

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        known = transitions(self.given, batch)
        alone = state.step < self.steps // ALONE

        def loss(params: Params) -> tuple[jax.Array, jax.Array]:
            error = self.error(params["predictor"], state.prior, known.x, known.u)
            return jax.lax.cond(alone, lambda: error.mean(), lambda: self.loss(state, params, known, key)), error

        gradient, error = jax.grad(loss, has_aux=True)(state.params)
        params, opt = optim.descend(optim.adam(self.lr, self.steps), gradient, state.opt, state.params)
        old = state.params["predictor"]
        params["predictor"] = jax.tree.map(lambda new, old: jnp.where(alone, new, old), params["predictor"], old)
        seen = jnp.stack([jnp.ones_like(error), error, error**2]).sum(1)
        return State(
            params=params,
            target=track(state.target, params["critics"], TARGET_RATE),
            prior=state.prior,
            moments=jnp.where(alone, state.moments + seen, state.moments),
            step=state.step + 1,
            opt=opt,
        )

    def error(self, predictor: Any, prior: Any, x: jax.Array, u: jax.Array) -> jax.Array:
        """Squared distances [b] of both embeddings; a 1 among the inputs stands for the authors' random biases."""
        place = standardised(x, self.given.x)
        action = standardised(u, self.given.u)
        learner, teacher = self.embeddings
        return ((learner.apply(predictor, action, place) - teacher.apply(prior, action, place)) ** 2).sum(-1)

    def bonus(self, state: State, x: jax.Array, u: jax.Array) -> jax.Array:
        """Novelty [b] of actions: the predictor's errors over their standard deviation while it learned."""
        count = jnp.maximum(state.moments[0], 1.0)
        variance = jnp.maximum(state.moments[2] / count - (state.moments[1] / count) ** 2, TINY)
        return self.error(state.params["predictor"], state.prior, x, u) / jnp.sqrt(variance)

    def start(self, state: State, count: int) -> tuple:
        return ()

    def act(self, state: State, mind: tuple, x: jax.Array, key: jax.Array) -> tuple[tuple, jax.Array]:
        return mind, jnp.tanh(gaussian(state.params, self.spec.actions, x)[0])


def gaussian(params: Params, actions: int, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Means before tanh and log standard deviations, [b, k], of a squashed Gaussian at places [b, 2]."""
    numbers = nn.MLP(widths=(WIDTH, WIDTH, 2 * actions)).apply(params["policy"], features(x))
    return numbers[:, :actions], jnp.clip(numbers[:, actions:], *LOG_SD)


def critics(params: Any, x: jax.Array, u: jax.Array) -> jax.Array:
    """Both values [j, b] of actions [b, k] at places [b, 2]."""
    return jax.vmap(Critic().apply, in_axes=(0, None))(params, jnp.concatenate([features(x), u], -1))


def soft_actor_critic(method: Any, weight: float, state: State, params: Params, batch: Transitions, key: Any) -> Any:
    """The loss of soft actor-critic, with `weight` times the novelty in the actor's and in the targets."""
    actions = method.spec.actions
    noise = normals(key, now=batch.u.shape, then=batch.u.shape)
    eta = jax.lax.stop_gradient(jnp.exp(params["log_eta"]))
    u, log_density = squashed(*gaussian(params, actions, batch.x), noise["now"])
    q = critics(jax.lax.stop_gradient(params["critics"]), batch.x, u).min(0)
    actor = eta * log_density + weight * method.bonus(state, batch.x, u) - q
    next_u, next_density = squashed(*gaussian(params, actions, batch.x1), noise["then"])
    after = critics(state.target, batch.x1, next_u).min(0) - eta * next_density
    after = after - weight * method.bonus(state, batch.x1, next_u)
    wanted = jax.lax.stop_gradient((1 - DISCOUNT) * batch.r + DISCOUNT * after)
    error = (critics(params["critics"], batch.x, batch.u) - wanted[None]) ** 2
    entropy = -jnp.exp(params["log_eta"]) * (jax.lax.stop_gradient(log_density).mean() - actions)
    return actor.mean() + error.mean(1).sum() + entropy


def standardised(v: jax.Array, recorded: jax.Array) -> jax.Array:
    """Numbers [b, d] less the mean, over the deviation, of all that was recorded; a 1 beside them is for biases."""
    flat = recorded.reshape(-1, recorded.shape[-1])
    scaled = (v - flat.mean(0, keepdims=True)) / flat.std(0, keepdims=True)
    return jnp.concatenate([scaled, jnp.ones((len(v), 1))], -1)
