"""What planners by diffusion share: guided denoising of whole plans, inverse dynamics, and acting by a plan.

A plan is the places (and actions) of the rest of an episode. Where labels say how well the rest went, plans begin at
any step and are remade every few steps; where they say what an episode is an example of, one plan is made as it
begins.
Shapes: b plans in a batch, n episodes, H + 1 places of a plan, w numbers of a place in it, c numbers of a label.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim, pointmass
from toybench.blocks.diffusion import Field, ddim, interpolate, level, noise_from_denoised
from toybench.blocks.random import normals
from toybench.tasks.offline_control import FEATURES, Batch, features, transitions, windows

WIDTH = 128  # of both hidden layers of the denoiser; the authors' temporal U-net has 128 to 1024 channels
INVERSE_WIDTH = 64  # of both hidden layers of the inverse dynamics; the authors' 256
HORIZON = 12  # steps of a plan where returns are asked for; the authors' 100 are a tenth of an episode
BEGINNINGS = 13  # plans begin at the first 13 steps of an episode, so that few places lie behind its end
CALLS = 16  # denoising steps; the authors' 200
REPLAN = 4  # steps after which a plan is remade; the authors' 1
DROPPED = 0.25  # share of the batch without its label, the authors' value
COLD = 0.5  # factor on the noise of sampling, the authors' value
FIRST = 0.02  # time of the first denoising step: at 0 a plan says nothing
SCHEDULE = "cosine"

Params = dict[str, Any]


class State(NamedTuple):
    """Parameters of denoiser and inverse dynamics, and Adam's moments."""

    params: Params
    opt: Any


class Mind(NamedTuple):
    """What is kept during episodes: step [], plans [n, H + 1, w], and what is asked, weights [c, n] of conditions."""

    step: jax.Array
    plan: jax.Array
    conditions: jax.Array  # [c, n, c + 1], the last number says that there is one
    weights: jax.Array


class Planner(Method):
    """A denoiser of plans with guidance; a method says what a plan holds, and how it is followed."""

    lr: float = 0.01  # Adam's learning rate, above 0, decays to 0 by a cosine; the authors' 0.0002
    weight: float = 2.0  # of the guidance; 0 is unconditional, 1 conditional; the authors' 1.2
    target: float = 1.0  # how well the rest shall go, where that is asked for; the authors' 0.9, of a scale of theirs

    @abc.abstractmethod
    def plans(self, x: jax.Array, u: jax.Array) -> jax.Array:
        """Plans [b, H + 1, w] of places [b, H + 1, 2] and actions [b, H, k]; the place comes first."""

    @abc.abstractmethod
    def follow(self, params: Params, x: jax.Array, now: jax.Array, then: jax.Array) -> jax.Array:
        """Actions [n, k] at places [n, 2], from what plans hold for now and for the next step, [n, w]."""

    @property
    def horizon(self) -> int:
        """Steps of a plan, H."""
        return HORIZON if self.spec.labels == 1 else pointmass.LENGTH

    @property
    def numbers(self) -> int:
        """Numbers of a place in a plan."""
        one = jnp.zeros((1, 2, 2))
        return self.plans(one, jnp.zeros((1, 1, self.spec.actions))).shape[-1]

    @property
    def denoiser(self) -> Field:
        return Field(widths=(WIDTH, WIDTH), dims=(self.horizon + 1) * self.numbers)

    def init(self, key: jax.Array) -> State:
        one, two = jax.random.split(key)
        plan = jnp.zeros((1, self.denoiser.dims))
        params = {
            "denoiser": nn.init(self.denoiser, one, plan, jnp.zeros(1), jnp.zeros((1, self.spec.labels + 1))),
            "inverse": nn.init(inverse_network(self.spec.actions), two, jnp.zeros((1, FEATURES + 2))),
        }
        return State(params=params, opt=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        gradients = jax.grad(self.loss)(state.params, batch, key)
        params, opt = optim.descend(optim.adam(self.lr, self.steps), gradients, state.opt, state.params)
        return State(params=params, opt=opt)

    def loss(self, params: Params, batch: Batch, key: jax.Array) -> jax.Array:
        """Squared errors of the plan without noise and of the inverse dynamics."""
        known = transitions(self.given, batch)
        begin = batch._replace(step=batch.step % (BEGINNINGS if self.spec.labels == 1 else 1))
        x, u = windows(self.given, begin, self.horizon)
        label = self.given.label[begin.episode, begin.step]
        plan = self.plans(x, u)
        one, two = jax.random.split(key)
        noise = normals(one, noise=plan.shape)["noise"]
        drawn = jax.random.uniform(two, (2, len(x)))
        kept = (drawn[1] >= DROPPED).astype(plan.dtype)[:, None]
        at = level(SCHEDULE, drawn[0])
        noisy = pin(jax.vmap(interpolate)(at, plan, noise), x[:, 0])
        error = self.clean(params, noisy, drawn[0], kept * jnp.concatenate([label, kept], -1)) - plan
        inverse = inverse_dynamics(params, self.spec.actions, known.x, known.x1) - known.u
        return (error**2).mean() + (inverse**2).mean()

    def clean(self, params: Params, plan: jax.Array, time: jax.Array, condition: jax.Array) -> jax.Array:
        """Plans [n, H + 1, w] without their noise, for conditions [n, c + 1]."""
        flat = plan.reshape(len(plan), -1)
        return self.denoiser.apply(params["denoiser"], flat, time, condition).reshape(plan.shape)

    def guided(self, params: Params, mind: Mind, plan: jax.Array, time: jax.Array) -> jax.Array:
        """free + weight sum_i (asked_i - free), plans without noise, over the conditions that are asked for."""
        free = self.clean(params, plan, time, jnp.zeros_like(mind.conditions[0]))
        each = jax.vmap(lambda condition: self.clean(params, plan, time, condition))(mind.conditions)
        return free + self.weight * (mind.weights[..., None, None] * (each - free[None])).sum(0)

    def sample(self, params: Params, mind: Mind, x: jax.Array, key: jax.Array) -> jax.Array:
        """Plans [n, H + 1, w] from places [n, 2], by ancestral sampling with little noise."""
        draws = COLD * normals(key, draws=(CALLS + 1, *mind.plan.shape))["draws"]

        def predict(plan: jax.Array, time: jax.Array) -> jax.Array:
            at = level(SCHEDULE, time)
            plan = pin(plan, x)
            return noise_from_denoised(at, plan, jnp.clip(self.guided(params, mind, plan, time), -1.0, 1.0))

        times = jnp.linspace(FIRST, 1.0, CALLS + 1)
        return pin(ddim(predict, draws[0], times, SCHEDULE, eta=1.0, draws=draws[1:])[-1], x)

    def act(self, state: State, mind: Mind, x: jax.Array, key: jax.Array) -> tuple[Mind, jax.Array]:
        every = REPLAN if self.spec.labels == 1 else self.horizon
        place = mind.step % every
        again = place == 0
        plan = jax.lax.cond(again, lambda: self.sample(state.params, mind, x, key), lambda: mind.plan)
        now = jax.lax.dynamic_index_in_dim(plan, place, axis=1, keepdims=False)
        then = jax.lax.dynamic_index_in_dim(plan, place + 1, axis=1, keepdims=False)
        u = self.follow(state.params, x, now, then)
        return mind._replace(step=mind.step + 1, plan=plan), jnp.clip(u, -1.0, 1.0)

    def start(self, state: State, count: int) -> Mind:
        return self.mind(jnp.full((1, count, 1), self.target), jnp.ones((1, count)))

    def begin(self, state: State, wanted: jax.Array) -> Mind:
        each = jnp.eye(wanted.shape[1])[:, None, :]
        return self.mind(jnp.broadcast_to(each, (wanted.shape[1], *wanted.shape)), wanted.T)

    def mind(self, labels: jax.Array, weights: jax.Array) -> Mind:
        """What is kept as episodes begin, for labels [c, n, c] and their weights [c, n]."""
        plan = jnp.zeros((weights.shape[1], self.horizon + 1, self.numbers))
        conditions = jnp.concatenate([labels, jnp.ones((*weights.shape, 1))], -1)
        return Mind(step=jnp.zeros((), jnp.int32), plan=plan, conditions=conditions, weights=weights)


def pin(plan: jax.Array, x: jax.Array) -> jax.Array:
    """Plans [b, H + 1, w] with the first place [b, 2]."""
    return plan.at[:, 0, :2].set(x)


def inverse_network(actions: int) -> nn.MLP:
    """Two hidden layers."""
    return nn.MLP(widths=(INVERSE_WIDTH, INVERSE_WIDTH, actions))


def inverse_dynamics(params: Params, actions: int, x: jax.Array, x1: jax.Array) -> jax.Array:
    """Actions [b, k] that lead from places [b, 2] to places [b, 2]."""
    step = (x1 - x) / pointmass.STEP  # of the order of an action
    return inverse_network(actions).apply(params["inverse"], jnp.concatenate([features(x), step], -1))
