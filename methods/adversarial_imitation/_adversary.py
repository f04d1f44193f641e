"""What the adversarial methods share: TD3 on a replay buffer, whose reward is what a discriminator says now.

Shapes: n pairs, b batch, m demonstrated pairs.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim, pointmass, replay, rl
from toybench.blocks.nn import MLP, init
from toybench.blocks.random import uniforms
from toybench.blocks.replay import Replay
from toybench.tasks.adversarial_imitation import Pairs, Transitions

WIDTH = 48  # of two hidden layers
ACTOR = MLP(widths=(WIDTH, WIDTH, 2))
CRITIC = MLP(widths=(WIDTH, WIDTH, 1))
SCORE = MLP(widths=(WIDTH, WIDTH, 1), activation=lambda x: nn.leaky_relu(x, 0.1))  # the authors' slope
HEAD = 0.01  # factor of last kernels at the start; the authors' value
BATCH = 32
DELAY = 2  # updates of the critics for one of the actor; the authors' value
EXPLORING = 0.4  # standard deviation of the noise of actions that are tried
SMOOTHING = 0.2  # standard deviation of the noise of target actions; the authors' value
SMOOTHING_LIMIT = 0.5  # of that noise; the authors' value
PESSIMISM = 0.75  # weight of the lower one of two target values, the higher has the rest; the authors' value
TRACKING = 0.05  # of target networks, an update

Noise = dict[str, jax.Array]  # uniform numbers of one update, by what they are for


class Networks(nn.Module):
    """All networks, so that one draw initialises them."""

    def setup(self) -> None:
        self.actor = ACTOR.clone()
        self.first = CRITIC.clone()
        self.second = CRITIC.clone()
        self.score = SCORE.clone()

    def __call__(self, x: jax.Array, u: jax.Array) -> list[jax.Array]:
        pair = joined(x, u)
        return [self.actor(x), self.first(pair), self.second(pair), self.score(pair)]


class Trained(NamedTuple):
    """Parameters of one network, or of two critics along a first axis, and their optimiser's state."""

    params: Any
    adam: optax.OptState


class State(NamedTuple):
    """What is learned, what the targets are made with, and every transition so far (None inside of an update)."""

    actor: Trained
    critics: Trained
    score: Trained
    target_actor: Any
    target_critics: Any
    seen: Replay | None


def joined(x: jax.Array, u: jax.Array) -> jax.Array:
    """States and actions side by side: [n, 4]."""
    return jnp.concatenate([x, u], axis=-1)


def action_of(actor: Any, x: jax.Array) -> jax.Array:
    """The actor's actions [n, 2], of length 1 at most."""
    return pointmass.bounded(ACTOR.apply(actor, x))


def values_of(critics: Any, x: jax.Array, u: jax.Array) -> jax.Array:
    """What both critics say: [2, n]."""
    return jax.vmap(lambda critic: CRITIC.apply(critic, joined(x, u))[:, 0])(critics)


def network_score(params: Any, pairs: Pairs) -> jax.Array:
    """Logits of the discriminator's network: [n]."""
    return SCORE.apply(params, joined(pairs.x, pairs.u))[:, 0]


class Adversary(Method):
    """Learns a reward that tells the expert's pairs from its own, and a policy that earns it."""

    lr: float = 0.006  # learning rate of actor and critics; 0.00025 in the authors' configuration
    lr_reward: float = 0.001  # learning rate of the discriminator; 0.0005 in the authors' configuration

    space = {"lr": (0.002, 0.006, 0.02), "lr_reward": (0.0002, 0.001, 0.005)}

    @abc.abstractmethod
    def score(self, params: Any, pairs: Pairs) -> jax.Array:
        """The discriminator's logits: [n]."""

    @abc.abstractmethod
    def reward_of(self, score: jax.Array) -> jax.Array:
        """The reward that a score stands for: [n]."""

    @abc.abstractmethod
    def loss(self, params: Any, demonstrated: Pairs, played: Pairs, noise: Noise) -> jax.Array:
        """What the discriminator descends; noise: `labels` [m], and `x` and `u` [m, 1] for interpolates."""

    def init(self, key: jax.Array) -> State:
        nothing = jnp.zeros(2)
        parts = init(Networks(), key, nothing, nothing)["params"]
        for layers in parts.values():
            layers["Dense_2"]["kernel"] *= HEAD
        actor = {"params": parts["actor"]}
        critics = {"params": jax.tree.map(lambda *both: jnp.stack(both), parts["first"], parts["second"])}
        score = {"params": parts["score"]}
        room = self.steps * self.spec.played
        return State(
            actor=Trained(params=actor, adam=optim.adam(self.lr).init(actor)),
            critics=Trained(params=critics, adam=optim.adam(self.lr).init(critics)),
            score=Trained(params=score, adam=optim.adam(self.lr_reward).init(score)),
            target_actor=actor,
            target_critics=critics,
            seen=replay.empty(Transitions(x=nothing, u=nothing, after=nothing), room),
        )

    def parameters(self, state: State) -> Any:
        return (state.actor.params, state.critics.params, state.score.params)

    def update(self, state: State, batch: Transitions, key: jax.Array) -> State:
        assert state.seen is not None
        seen = replay.add(state.seen, batch)
        each = (self.spec.updates // DELAY, DELAY)
        tells = (*each, self.spec.d_steps, self.spec.demonstrated)
        critic = {"rows": (*each, BATCH), "moves": (*each, BATCH, 2)}
        score = {"played": tells, "labels": tells, "x": (*tells, 1), "u": (*tells, 1)}

        def update_once(state: State, noise: Noise) -> tuple[State, jax.Array]:
            state, x = fit_critics(self, state, seen, noise)
            often = {name: noise[name] for name in score}
            return jax.lax.scan(lambda s, z: (fit_score(self, s, seen, z), None), state, often)[0], x

        def update_twice(state: State, noise: Noise) -> tuple[State, None]:
            state, x = jax.lax.scan(update_once, state, noise)
            return fit_actor(self.lr, state, x[-1]), None

        learned, _ = jax.lax.scan(update_twice, state._replace(seen=None), uniforms(key, **critic, **score))
        return learned._replace(seen=seen)

    def act(self, state: State, x: jax.Array) -> jax.Array:
        return action_of(state.actor.params, x)

    def explore(self, state: State, x: jax.Array, noise: jax.Array) -> jax.Array:
        return self.act(state, x) + EXPLORING * noise

    def reward(self, state: State, x: jax.Array, u: jax.Array) -> jax.Array:
        return self.reward_of(self.score(state.score.params, Pairs(x=x, u=u)))

    def value(self, state: State, x: jax.Array, u: jax.Array) -> jax.Array:
        return values_of(state.critics.params, x, u)[0]


def descended(trained: Trained, lr: Any, loss: Any) -> Trained:
    """After one step of Adam down the gradient of `loss(params)`."""
    gradient = jax.grad(loss)(trained.params)
    params, adam = optim.descend(optim.adam(lr), gradient, trained.adam, trained.params)
    return Trained(params=params, adam=adam)


def fit_critics(method: Adversary, state: State, seen: Replay, noise: Noise) -> tuple[State, jax.Array]:
    """One step of both critics towards the reward of now and their targets' soft minimum; and the batch's states."""
    batch = replay.sample(seen, noise["rows"])
    moves = jnp.clip(SMOOTHING * jax.scipy.special.ndtri(noise["moves"]), -SMOOTHING_LIMIT, SMOOTHING_LIMIT)
    action = pointmass.bounded(action_of(state.target_actor, batch.after) + moves)
    later = values_of(state.target_critics, batch.after, action)
    pessimistic = PESSIMISM * later.min(0) + (1 - PESSIMISM) * later.max(0)
    reward = method.reward_of(method.score(state.score.params, Pairs(x=batch.x, u=batch.u)))
    wanted = reward + method.spec.discount * pessimistic

    def loss(critics: Any) -> jax.Array:
        return optax.huber_loss(values_of(critics, batch.x, batch.u), wanted[None]).mean(-1).sum()

    critics = descended(state.critics, method.lr, loss)
    target = rl.track(state.target_critics, critics.params, TRACKING)
    return state._replace(critics=critics, target_critics=target), batch.x


def fit_actor(lr: Any, state: State, x: jax.Array) -> State:
    """One step of the actor up the first critic at states [b, 2]."""

    def loss(actor: Any) -> jax.Array:
        return -values_of(state.critics.params, x, action_of(actor, x))[0].mean()

    actor = descended(state.actor, lr, loss)
    return state._replace(actor=actor, target_actor=rl.track(state.target_actor, actor.params, DELAY * TRACKING))


def fit_score(method: Adversary, state: State, seen: Replay, noise: Noise) -> State:
    """One step of the discriminator on all demonstrated pairs and as many played ones."""
    batch = replay.sample(seen, noise["played"])
    played = Pairs(x=batch.x, u=batch.u)
    step = descended(state.score, method.lr_reward, lambda p: method.loss(p, method.given, played, noise))
    return state._replace(score=step)
