"""Adaptive return-conditioned policy: told at every step how much likeness of view and instruction is still to come.

**Source**: Kim, Seo, Liu, Lee, Shin, Lee and Lee, "Guide Your Agent with Adaptive Multimodal Rewards", 2023,
https://arxiv.org/abs/2309.10790: the authors' code (csmile-1006/ARP), `label_reward.py`, `data_procgen.py`, `ARPDT.py`,
`rollout_procgen.py`, and `clip_adapter.py`, `action_finetune_data_procgen.py` for `tuned`.

    r_t = cos(encoded view of s_t, encoded instruction),  R_t = r_t + ... + r_H
    L = -log pi(a_t | view, instruction, R_t, R_{t-1}, R_{t-2}, R_{t-3});  acts with R_0 = target, R_{t+1} = R_t - r_t

`told=target` tells R_0 at all steps, `told=likeness` r_t alone: our controls. `tuned=true` first learns a matrix that
encoded views are multiplied with, by

    (1 - gamma) mean (-score(s_0)) + log mean exp(score(s_t) - r_t - gamma score(s_{t+1}))

where r_t is 0 if s_{t+1} is the demonstration's last cell, and -1 before.

**Differs from the paper**: 1. a frozen random encoder whose view is the nine cells around, instead of CLIP. 2. The
policy reads the instruction too, so that cloning has nothing that it lacks; the authors' scripts leave the text out.
3. Two layers of 64 units on the present view and the last four returns, written as R_t and the three likenesses
between them, instead of a transformer over four steps; no loss of predicted returns. 4. Adapter of one matrix, 100
steps on all demonstrations; no loss of inverse dynamics, no adapter of the text. 5. The likeliest move is made. 6. The
target is a share of the largest return of a demonstration; the authors take the largest or the 0.9 quantile.
7. Returns are divided by the steps of an episode.

**Shapes**: m demonstrations, b rows, n maps, H steps, e numbers of an embedding.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.errors import UsageError
from toybench.methods.instructed_agents._reader import actor, cross_entropy, read, read_size
from toybench.tasks.instructed_agents import Batch, Scenes, meaning, rows, seen_there

TOLD = {"returns": 4, "likeness": 1, "target": 1}  # how many numbers each is
DISCOUNT = 0.98  # of the adapter's loss, the authors' value
SCALE = 10.0  # of likenesses in the adapter's loss; CLIP's own is 100
ADAPTER_STEPS = 100  # of Adam
ADAPTER_RATE = 0.01  # Adam's
TINY = 1e-6  # of a squared length: an empty view is like nothing, and has a gradient


class State(NamedTuple):
    """Policy, Adam's state, the encoder's adapter [e, e], and what the demonstrations showed.

    Attributes:
      told: what a policy is told at every step of the demonstrations, [m, H, k].
      largest: return of the best of them, [].
    """

    params: Any
    adam: optax.OptState
    adapter: jax.Array
    told: jax.Array
    largest: jax.Array


class ARP(Method):
    """A policy of view, instruction and returns still to come."""

    lr: float = 0.01  # Adam's rate, decays to 0 by a cosine; the paper's is 0.0005
    target: float = 1.0  # share of the largest return of a demonstration
    told: str = "returns"  # returns, likeness or target
    tuned: bool = False  # the encoder has an adapter

    paper = "kim2023guide"
    space = {"lr": (0.003, 0.01, 0.03), "target": (0.8, 1.0, 1.2)}

    def init(self, key: jax.Array) -> State:
        if self.told not in TOLD:
            raise UsageError(f"told is {self.told!r}; use one of {', '.join(TOLD)}.")
        params = nn.init(actor(), key, jnp.zeros((1, read_size(self.spec, "map") + TOLD[self.told])))
        shown = self.given.demonstrations

        def look(here: jax.Array) -> jax.Array:
            return seen_there(self.given.encoder, shown.scenes, here, self.spec)

        seen = jax.vmap(look, in_axes=1, out_axes=1)(shown.s[:, :-1])
        wish = meaning(self.given.encoder, shown.scenes.wanted)[:, None]
        adapter = jnp.eye(seen.shape[-1])
        if self.tuned:
            adapter = fitted(adapter, seen, wish, shown.s[:, 1:-1] == shown.s[:, -1:])
        now = likeness(seen @ adapter, wish)
        to_go = jnp.cumsum(now[:, ::-1], axis=1)[:, ::-1] / self.spec.horizon
        return State(
            params=params,
            adam=optim.adam(self.lr, self.steps).init(params),
            adapter=adapter,
            told=self.history(now, to_go),
            largest=to_go[:, 0].max(),
        )

    def history(self, now: jax.Array, to_go: jax.Array) -> jax.Array:
        """What a policy is told [m, H, k], from likenesses and returns still to come [m, H]."""
        if self.told == "likeness":
            return now[..., None]
        if self.told == "target":
            return jnp.broadcast_to(to_go[:, :1], to_go.shape)[..., None]
        past = [jnp.pad(now, ((0, 0), (lag, 0)))[:, : now.shape[1]] for lag in range(1, TOLD["returns"])]
        return jnp.stack([to_go, *past], axis=-1)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        scenes, here, a = rows(self.given.demonstrations, batch)
        seen = read(scenes, here, self.spec, "map")
        inputs = jnp.concatenate([seen, state.told[batch.scene, batch.step]], axis=-1)
        gradient = jax.grad(lambda params: cross_entropy(actor().apply(params, inputs), a))(state.params)
        params, adam = optim.descend(optim.adam(self.lr, self.steps), gradient, state.adam, state.params)
        return state._replace(params=params, adam=adam)

    def begin(self, state: State, scenes: Scenes) -> jax.Array:
        """Return still to come, and likenesses of the three steps before: none as yet."""
        hoped = jnp.full((len(scenes.start), 1), self.target * state.largest)
        return jnp.pad(hoped, ((0, 0), (0, TOLD["returns"] - 1)))

    def act(self, state: State, mind: Any, scenes: Scenes, here: jax.Array, step: jax.Array) -> tuple[Any, jax.Array]:
        view = seen_there(self.given.encoder, scenes, here, self.spec)
        now = likeness(view @ state.adapter, meaning(self.given.encoder, scenes.wanted))[:, None]
        told = {"returns": mind, "likeness": now, "target": mind[:, :1]}[self.told]
        inputs = jnp.concatenate([read(scenes, here, self.spec, "map"), told], axis=-1)
        action = actor().apply(state.params, inputs).argmax(-1).astype(jnp.int32)
        left = mind[:, :1] - now / self.spec.horizon
        later = mind if self.told == "target" else jnp.concatenate([left, now, mind[:, 1:-1]], axis=-1)
        return later, action


def likeness(view: jax.Array, wish: jax.Array) -> jax.Array:
    """Cosines [...] of encoded views and instructions [..., e]."""
    squares = (view**2).sum(-1) * (wish**2).sum(-1)
    return (view * wish).sum(-1) / jnp.sqrt(squares + TINY)


def rising(adapter: jax.Array, seen: jax.Array, wish: jax.Array, arrived: jax.Array) -> jax.Array:
    """The adapter's loss []: scores as values of states, of what is still to pay until a demonstration ends.

    Encoded views are [m, H, e], instructions [m, 1, e]; `arrived` bool [m, H - 1]: which steps end in the last cell.
    """
    score = SCALE * likeness(seen @ adapter, wish)
    reward = arrived.astype(score.dtype) - 1
    rise = jnp.exp(score[:, :-1] - reward - DISCOUNT * score[:, 1:])
    return -(1 - DISCOUNT) * score[:, 0].mean() + jnp.log(rise.mean())


def fitted(adapter: jax.Array, seen: jax.Array, wish: jax.Array, arrived: jax.Array) -> jax.Array:
    """The adapter after Adam on `rising`."""
    adam = optim.adam(ADAPTER_RATE, ADAPTER_STEPS)

    def step(_: jax.Array, now: tuple[jax.Array, optax.OptState]) -> tuple[jax.Array, optax.OptState]:
        return optim.descend(adam, jax.grad(rising)(now[0], seen, wish, arrived), now[1], now[0])

    return jax.lax.fori_loop(0, ADAPTER_STEPS, step, (adapter, adam.init(adapter)))[0]
