"""What future-conditioned methods share: codes of whole episodes, policies and values for each code, and an adversary.

The code z of an episode is one of a few. Losses are expectations over q(z | episode), summed over all codes. The
adversary predicts each reward and next state from state, action and code, relative to a counted model without the code:
the mean of its log-ratios is, at its best, the information that the code has about luck.

Shapes: b episodes, H steps, S states, A actions, Z codes, C returns.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.return_conditioning import (
    WIDTH,
    Episodes,
    Model,
    Spec,
    broadcast,
    counted,
    events_of,
    everywhere,
    flattened,
    place,
    played,
    steps_of,
    with_codes,
)

ENCODER = 32  # hidden units
ADVERSARY = 32
RARE = 0.01  # a code with less of the episodes is left out: the authors draw 100 codes from the prior

Params = dict[str, Any]


class State(NamedTuple):
    """Parameters: `networks`, and the logits `prior` [Z]; Adam's state; the counted model."""

    params: Params
    adam: optax.OptState
    model: Model


class Losses(NamedTuple):
    """What each episode costs under each code, [b, Z]; `code` is q(z | episode), [b, Z], and `prior` [Z] log-chances.

    Attributes:
      action: -log of the policy, mean over steps.
      value: -log of the chance of the episode's return.
      luck: the adversary's log-ratios for reward and next state, mean over steps.
    """

    code: jax.Array
    prior: jax.Array
    action: jax.Array
    value: jax.Array
    luck: jax.Array

    def expect(self, loss: jax.Array) -> jax.Array:
        """The mean [] of losses [b, Z] over episodes and their codes."""
        return (self.code * loss).sum(-1).mean()


class Networks(linen.Module):
    """The encoder reads an episode, the actor place and code, the critic a code, the adversary an event and a code."""

    spec: Spec
    codes: int

    def setup(self) -> None:
        self.encoder = nn.MLP(widths=(ENCODER, self.codes))
        self.actor = nn.MLP(widths=(WIDTH, WIDTH, self.spec.actions))
        self.critic = nn.MLP(widths=(WIDTH, WIDTH, self.spec.levels))
        self.adversary = nn.MLP(widths=(ADVERSARY, 2 + self.spec.states))

    def __call__(self, episodes: jax.Array, places: jax.Array, events: jax.Array) -> tuple[jax.Array, ...]:
        return self.encoder(episodes), self.actor(places), self.value(), self.adversary(events)

    def value(self) -> jax.Array:
        """Log-chances [Z, C] of the returns of each code."""
        return jax.nn.log_softmax(self.critic(jnp.eye(self.codes)), -1)

    def act(self, places: jax.Array) -> jax.Array:
        """Chances [..., A] of the actions."""
        return jax.nn.softmax(self.actor(places), -1)


def log_ratio(base: jax.Array, energy: jax.Array, outcome: jax.Array) -> jax.Array:
    """omega - log E exp omega, [...], of int outcomes [...]; the mean is over a law of log-chances `base` [..., n]."""
    better = jax.nn.log_softmax(base + energy, -1) - jax.nn.log_softmax(base, -1)
    which = jnp.broadcast_to(outcome, better.shape[:-1])
    return jnp.take_along_axis(better, which[..., None], -1)[..., 0]


class LatentPolicy(Method):
    """Codes of episodes; a method says what a code is chosen for."""

    lr: float = 0.01  # Adam's rate, decays to 0 by a cosine; 0.01 in the authors' tabular code
    codes: int = 6  # values of z; actions times returns, 4 on the bandit, in the authors' tabular code

    @abc.abstractmethod
    def objective(self, losses: Losses) -> jax.Array:
        """The loss [] of encoder and tables; the adversary goes up the same loss."""

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        networks = Networks(spec=spec, codes=self.codes)
        widths = (spec.horizon * (spec.states + spec.actions + 1), spec.states + 1, spec.states + spec.actions)
        sizes = (widths[0], widths[1] + self.codes, widths[2] + self.codes)
        params = {
            "networks": nn.init(networks, key, *(jnp.zeros((1, size)) for size in sizes)),
            "prior": jnp.zeros(self.codes),
        }
        adam = optim.adam(self.lr, self.steps).init(params)
        return State(params=params, adam=adam, model=counted(spec, self.given))

    def update(self, state: State, batch: Episodes, key: jax.Array) -> State:
        gradient = jax.grad(lambda params: self.objective(self.losses(params, state.model, batch)))(state.params)
        networks = gradient["networks"]["params"]
        upwards = {**networks, "adversary": jax.tree.map(jnp.negative, networks["adversary"])}
        gradient = {**gradient, "networks": {"params": upwards}}
        params, adam = optim.descend(optim.adam(self.lr, self.steps), gradient, state.adam, state.params)
        return State(params=params, adam=adam, model=state.model)

    def losses(self, params: Params, model: Model, batch: Episodes) -> Losses:
        """What the episodes of a batch cost under each code."""
        spec = self.spec
        s = batch.s[:, :-1]
        inputs = (
            flattened(spec, batch),
            with_codes(place(spec, steps_of(s), s), self.codes),
            with_codes(events_of(spec, batch), self.codes),
        )
        logits, acts, value, energy = Networks(spec=spec, codes=self.codes).apply(params["networks"], *inputs)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(acts, -1), batch.a[..., None, None], -1)[..., 0]
        paid = log_ratio(model.reward[s, batch.a][:, :, None], energy[..., :2], batch.units[..., None])
        moved = log_ratio(model.following[s, batch.a][:, :, None], energy[..., 2:], batch.s[:, 1:, None])
        return Losses(
            code=jax.nn.softmax(logits, -1),
            prior=jax.nn.log_softmax(params["prior"]),
            action=-chosen.mean(1),
            value=-value[:, batch.units.sum(-1)].T,
            luck=(paid + moved).mean(1),
        )

    def best_code(self, state: State) -> tuple[jax.Array, jax.Array]:
        """(the code that is played, its mean return)."""
        law = Networks(spec=self.spec, codes=self.codes).apply(state.params["networks"], method="value")
        return best_code(law, state.params["prior"])

    def policy(self, state: State) -> jax.Array:
        places = with_codes(everywhere(self.spec), self.codes)[:, :, self.best_code(state)[0]]
        acts = Networks(spec=self.spec, codes=self.codes).apply(state.params["networks"], places, method="act")
        return broadcast(played(self.spec, acts), self.spec)

    def boldest_policy(self, state: State) -> jax.Array:
        return self.policy(state)

    def claimed(self, state: State) -> jax.Array:
        return self.best_code(state)[1]


def cloned_prior(losses: Losses) -> jax.Array:
    """-log of the prior of the codes, which learns how often each occurs and changes nothing else, []."""
    return -(jax.lax.stop_gradient(losses.code) * losses.prior[None]).sum(-1).mean()


def best_code(value: jax.Array, prior: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(the code of the largest mean return among those that occur, that mean): log-chances [Z, C] and logits [Z]."""
    worth = (jnp.exp(value) * jnp.arange(value.shape[1], dtype=value.dtype)[None]).sum(-1)
    code = jnp.where(jax.nn.softmax(prior) > RARE, worth, -1.0).argmax()
    return code, worth[code]
