"""The four replay learners whose settings are chosen, as a part of the problem.

Each learns what the method of the same name learns, number by number: `er`, `er_logit_adjust`, `lwf_er`, `der_pp`.

Shapes: n examples of a session, b new and b remembered ones a minibatch, u updates, d inputs, h features, c classes, m
examples a class in memory.
"""

import abc
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks import optim, random
from toybench.tasks.continual._incremental import Session, SessionSpec

Params = dict[str, Any]  # body: layers {w, b}; head: {w [h, c], b [c]}
FAR = -1e9  # logit of a class that has not been seen
SOFT = 2.0  # temperature of distillation
TINY = 1e-6  # least share of the remembered examples in a logarithm


class Kept(NamedTuple):
    """Parameters, remembered inputs [c, m, d], and the logits [c, m, c] that they had when they were stored."""

    params: Params
    memory: jax.Array
    logits: jax.Array


class Minibatch(NamedTuple):
    """New examples and, behind them, remembered ones: inputs [2b, d], labels [2b], weights [2b] that sum to 1, and the
    place in memory, class * m + number, of each remembered one, int32 [b]."""

    x: jax.Array
    y: jax.Array
    weight: jax.Array
    place: jax.Array


@dataclass(frozen=True)
class Replayer(abc.ABC):
    """An MLP d-h-h-c that learns a session by Adam, whose rate falls to 0 by a cosine, and replays a memory."""

    spec: SessionSpec
    hidden: int  # width of both hidden layers
    lr: float = 0.003  # Adam's step size at the start of a session
    balance: float = 0.0  # 0: the union of new and remembered examples is sampled, 1: half of each

    @abc.abstractmethod
    def loss(self, params: Params, batch: Minibatch, before: Kept, old: jax.Array) -> jax.Array:
        """The loss in a session; `before` is the state before it, `old` how many classes had been seen, int32 []."""

    def init(self, key: jax.Array) -> Kept:
        c, m = self.spec.classes, self.spec.memory
        memory = jnp.zeros((c, m, self.spec.inputs))
        return Kept(params=network(key, self.spec, self.hidden), memory=memory, logits=jnp.zeros((c, m, c)))

    def update(self, state: Kept, session: Session, key: jax.Array) -> Kept:
        """The state after a session."""
        learn, choose, _ = jax.random.split(key, 3)
        params = self.fit(state, session, learn)
        chosen = self.choose(choose)
        return Kept(
            params=params,
            memory=self.store(state.memory, session.x[chosen], session),
            logits=self.store(state.logits, answers(params, session.x)[chosen], session),
        )

    def session_scores(self, state: Kept, x: jax.Array) -> jax.Array:
        return answers(state.params, x)

    def replayed(self, old: jax.Array) -> jax.Array:
        """Weight of the remembered examples in a minibatch when `old` classes are in memory, []."""
        new = float(self.spec.fresh * self.spec.examples)
        stored = old.astype(jnp.float32) * self.spec.memory
        share = stored / (stored + new)
        return jnp.where(old > 0, share + self.balance * (0.5 - share), 0.0)

    def fit(self, state: Kept, session: Session, key: jax.Array) -> Params:
        """Parameters after one update for each minibatch of the session's order [u, b]."""
        old = session.number * self.spec.fresh
        transform = optim.adam(self.lr, session.order.shape[0])
        place = jax.random.randint(key, session.order.shape, 0, jnp.maximum(old * self.spec.memory, 1))
        share = self.replayed(old)

        def step(carry: tuple, indices: tuple) -> tuple[tuple, None]:
            new, kept = indices
            params, moments = carry
            part = Minibatch(
                x=jnp.concatenate([session.x[new], state.memory.reshape(-1, self.spec.inputs)[kept]]),
                y=jnp.concatenate([session.y[new], kept // self.spec.memory]),
                weight=jnp.concatenate(
                    [(1 - share) / new.size * jnp.ones(new.size), share / kept.size * jnp.ones(kept.size)]
                ),
                place=kept,
            )
            return optim.descend(transform, jax.grad(self.loss)(params, part, state, old), moments, params), None

        return jax.lax.scan(step, (state.params, transform.init(state.params)), (session.order, place))[0][0]

    def choose(self, key: jax.Array) -> jax.Array:
        """Which examples of each new class to keep: int32 [fresh, m] places in the session, at random."""
        fresh, n = self.spec.fresh, self.spec.examples
        order = jnp.argsort(jax.random.uniform(key, (fresh, n)), axis=-1)[:, : self.spec.memory]
        return order + n * jnp.arange(fresh)[:, None]

    def store(self, all_classes: jax.Array, of_new_ones: jax.Array, session: Session) -> jax.Array:
        """What is stored [c, m, ...] of all classes, with that of the session's [fresh, m, ...]."""
        zero = jnp.zeros((), jnp.int32)
        return jax.lax.dynamic_update_slice(all_classes, of_new_ones, (session.number * self.spec.fresh, zero, zero))

    def entropy(self, logits: jax.Array, batch: Minibatch, old: jax.Array) -> jax.Array:
        """Weighted cross-entropy of the labels among the classes seen, those of this session included."""
        chances = jax.nn.log_softmax(among(logits, old + self.spec.fresh))
        return -(batch.weight * jnp.take_along_axis(chances, batch.y[:, None], axis=-1)[:, 0]).sum()


@dataclass(frozen=True)
class ER(Replayer):
    """Cross-entropy alone."""

    balance: float = 1.0

    def loss(self, params: Params, batch: Minibatch, before: Kept, old: jax.Array) -> jax.Array:
        return self.entropy(answers(params, batch.x), batch, old)


@dataclass(frozen=True)
class ERLogitAdjust(Replayer):
    """Logits are raised by the logarithm of their class' share of a minibatch."""

    tau: float = 1.0  # strength

    def loss(self, params: Params, batch: Minibatch, before: Kept, old: jax.Array) -> jax.Array:
        share = self.replayed(old)
        count = jnp.maximum(old.astype(jnp.float32), 1.0)
        is_old = jnp.arange(self.spec.classes) < old
        prior = jnp.where(is_old, jnp.maximum(share, TINY) / count, (1 - share) / self.spec.fresh)
        return self.entropy(answers(params, batch.x) + self.tau * jnp.log(prior)[None], batch, old)


@dataclass(frozen=True)
class LwFER(Replayer):
    """Answers about old classes are held near those before the session."""

    balance: float = 1.0
    weight: float = 1.0  # of the distillation

    def loss(self, params: Params, batch: Minibatch, before: Kept, old: jax.Array) -> jax.Array:
        logits = answers(params, batch.x)
        target = jax.nn.softmax(among(answers(before.params, batch.x), old) / SOFT)
        chances = jax.nn.log_softmax(among(logits, old) / SOFT)
        softened = jnp.where(old > 0, -(target * chances).sum(-1), 0.0)
        return self.entropy(logits, batch, old) + self.weight * (batch.weight * softened).sum()


@dataclass(frozen=True)
class DERPP(Replayer):
    """Logits of remembered examples are held near the stored ones, over the classes that had been seen then."""

    alpha: float = 0.3  # of the logits
    beta: float = 1.0  # of the remembered labels

    def replayed(self, old: jax.Array) -> jax.Array:
        """The mean over remembered examples counts beta times as much as the mean over new ones."""
        return jnp.where(old > 0, self.beta / (1 + self.beta), 0.0)

    def loss(self, params: Params, batch: Minibatch, before: Kept, old: jax.Array) -> jax.Array:
        logits = answers(params, batch.x)
        stored = before.logits.reshape(-1, self.spec.classes)[batch.place]
        known = (batch.place // self.spec.memory // self.spec.fresh + 1) * self.spec.fresh  # classes seen by then
        counts = jnp.arange(self.spec.classes)[None] < known[:, None]
        gap = jnp.where(counts, (logits[-len(stored) :] - stored) ** 2, 0.0).sum(-1) / known.astype(jnp.float32)
        entropy = self.entropy(logits, batch, old) / (1 - self.replayed(old))
        return entropy + jnp.where(old > 0, self.alpha * gap.mean(), 0.0)


def network(key: jax.Array, spec: SessionSpec, h: int) -> Params:
    """Weights N(0, 2 / fan_in) before a GELU, N(0, 1 / fan_in) in the head; biases 0."""
    d, c = spec.inputs, spec.classes
    drawn = random.normals(key, first=(d, h), second=(h, h), head=(h, c))
    layers = [drawn["first"] * (2 / d) ** 0.5, drawn["second"] * (2 / h) ** 0.5]
    return {
        "body": [{"w": w, "b": jnp.zeros(h)} for w in layers],
        "head": {"w": drawn["head"] / h**0.5, "b": jnp.zeros(c)},
    }


def answers(params: Params, x: jax.Array) -> jax.Array:
    """Logits [b, c], of unseen classes too."""
    for layer in params["body"]:
        x = jax.nn.gelu(x @ layer["w"] + layer["b"][None])
    return x @ params["head"]["w"] + params["head"]["b"][None]


def among(logits: jax.Array, count: jax.Array) -> jax.Array:
    """Logits [b, c] of the first `count` classes; the others are far below."""
    return jnp.where((jnp.arange(logits.shape[-1]) < count)[None], logits, FAR)
