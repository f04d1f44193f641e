"""What the class-incremental methods share: a network, a memory of examples, and the loop over a session's minibatches.

Shapes: b new and b remembered examples a minibatch, d inputs, h features, c classes, m examples a class in memory.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.tasks.continual import Session

Params = dict[str, Any]  # body: layers {w, b}; head: {w [h, c], b [c]}
FAR = -1e9  # logit of a class that has not been seen


class State(NamedTuple):
    """Parameters, remembered inputs [c, m, d] by class, and what a method carries besides."""

    params: Params
    memory: jax.Array
    extra: Any


class Minibatch(NamedTuple):
    """New examples and, behind them, remembered ones: inputs [2b, d], labels [2b], weights [2b] that sum to 1, and the
    place in memory, class * m + number, of each remembered one, int32 [b]. Without a memory only the first b."""

    x: jax.Array
    y: jax.Array
    weight: jax.Array
    place: jax.Array


class IncrementalLearner(Method):
    """An MLP d-h-h-c trained by Adam, whose rate falls to 0 by a cosine in each session. A subclass gives `loss`."""

    lr: float = 0.003  # Adam's step size at the start of a session
    hidden: int = 64  # width of both hidden layers; the second one is the features

    replays = True
    space = {"lr": (0.001, 0.003, 0.01)}

    @property
    def kept(self) -> int:
        """Examples a class in memory."""
        return self.spec.memory

    def loss(self, params: Params, batch: Minibatch, state: State, old: jax.Array) -> jax.Array:
        """The loss in a session; `state` is that before it, `old` how many classes had been seen, int32 []."""
        raise TypeError(f"{self.name} has no loss; give it a method `loss`.")

    def balance_of(self) -> Any:
        """Share of the way from sampling the union of new and remembered examples, 0, to half of each, 1."""
        return getattr(self, "balance", 0.0)

    def body(self, layers: list, x: jax.Array) -> jax.Array:
        """Features [b, h]; GELU, because kinks make rounding grow over a session's updates."""
        for layer in layers:
            x = jax.nn.gelu(x @ layer["w"] + layer["b"][None])
        return x

    def logits(self, params: Params, x: jax.Array) -> jax.Array:
        """Logits [b, c], of unseen classes too."""
        return self.body(params["body"], x) @ params["head"]["w"] + params["head"]["b"][None]

    def fresh(self, key: jax.Array) -> Params:
        """Weights N(0, 2 / fan_in) before a GELU, N(0, 1 / fan_in) in the head, from one draw."""
        d, h, c = self.spec.inputs, self.hidden, self.spec.classes
        flat = jax.random.normal(key, (d * h + h * h + h * c,))
        first, second, head = flat[: d * h], flat[d * h : d * h + h * h], flat[d * h + h * h :]
        layers = [first.reshape(d, h) * (2 / d) ** 0.5, second.reshape(h, h) * (2 / h) ** 0.5]
        return {
            "body": [{"w": w, "b": jnp.zeros(h)} for w in layers],
            "head": {"w": head.reshape(h, c) / h**0.5, "b": jnp.zeros(c)},
        }

    def extra(self, params: Params) -> Any:
        """What is carried besides parameters and memory, before the first session."""
        return ()

    def carry(self, state: State, params: Params, session: Session, chosen: jax.Array, key: jax.Array) -> Any:
        """What is carried besides after a session, in which the examples `chosen`, int32 [fresh, m], were kept."""
        return state.extra

    def init(self, key: jax.Array) -> State:
        params = self.fresh(key)
        memory = jnp.zeros((self.spec.classes, self.kept, self.spec.inputs))
        return State(params=params, memory=memory, extra=self.extra(params))

    def update(self, state: State, batch: Session, key: jax.Array) -> State:
        learn, choose, other = jax.random.split(key, 3)
        old = batch.number * self.spec.fresh

        def loss(params: Params, part: Minibatch) -> jax.Array:
            return self.loss(params, part, state, old)

        params = self.fit(state.params, loss, batch, batch.order, state.memory, learn)
        chosen = self.choose(params, batch, choose)
        extra = self.carry(state, params, batch, chosen, other)
        return State(params=params, memory=self.keep(state.memory, batch, chosen), extra=extra)

    def session_scores(self, state: State, x: jax.Array) -> jax.Array:
        return self.logits(state.params, x)

    def fit(self, params: Any, loss: Any, session: Session, order: jax.Array, memory: jax.Array, key: jax.Array) -> Any:
        """Parameters after one update for each minibatch of `order` [u, b]; loss(params, Minibatch) is minimised."""
        old = session.number * self.spec.fresh
        transform = optim.adam(self.lr, order.shape[0])
        place = jax.random.randint(key, order.shape, 0, jnp.maximum(old * self.kept, 1))
        share = self.replayed(old) if self.replays else jnp.zeros(())

        def step(carry: tuple, indices: tuple) -> tuple[tuple, None]:
            new, kept = indices
            part = Minibatch(session.x[new], session.y[new], (1 - share) / new.size * jnp.ones(new.size), kept)
            if self.replays:
                part = Minibatch(
                    x=jnp.concatenate([part.x, memory.reshape(-1, self.spec.inputs)[kept]]),
                    y=jnp.concatenate([part.y, kept // self.kept]),
                    weight=jnp.concatenate([part.weight, share / kept.size * jnp.ones(kept.size)]),
                    place=kept,
                )
            params, moments = carry
            return optim.descend(transform, jax.grad(loss)(params, part), moments, params), None

        return jax.lax.scan(step, (params, transform.init(params)), (order, place))[0][0]

    def replayed(self, old: jax.Array) -> jax.Array:
        """Weight of the remembered examples in a minibatch when `old` classes are in memory, []."""
        new = float(self.spec.fresh * self.spec.examples)
        stored = old.astype(jnp.float32) * self.kept
        share = stored / (stored + new)
        return jnp.where(old > 0, share + self.balance_of() * (0.5 - share), 0.0)

    def choose(self, params: Params, session: Session, key: jax.Array) -> jax.Array:
        """Which examples of each new class to keep: int32 [fresh, m] places in the session; random ones."""
        fresh, n = self.spec.fresh, self.spec.examples
        order = jnp.argsort(jax.random.uniform(key, (fresh, n)), axis=-1)[:, : self.kept]
        return order + n * jnp.arange(fresh)[:, None]

    def keep(self, memory: jax.Array, session: Session, chosen: jax.Array) -> jax.Array:
        """Memory [c, m, d] with the chosen examples of the session's classes."""
        zero = jnp.zeros((), jnp.int32)
        return jax.lax.dynamic_update_slice(memory, session.x[chosen], (session.number * self.spec.fresh, zero, zero))

    def seen(self, logits: jax.Array, count: jax.Array) -> jax.Array:
        """Logits [b, c] of the first `count` classes; the others are far below."""
        return jnp.where((jnp.arange(logits.shape[-1]) < count)[None], logits, FAR)

    def entropy(self, logits: jax.Array, batch: Minibatch, old: jax.Array) -> jax.Array:
        """Weighted cross-entropy of the labels among the classes seen, those of this session included."""
        chances = jax.nn.log_softmax(self.seen(logits, old + self.spec.fresh))
        return -(batch.weight * jnp.take_along_axis(chances, batch.y[:, None], axis=-1)[:, 0]).sum()

    def distil(self, logits: jax.Array, teacher: jax.Array, old: jax.Array, temperature: float = 2.0) -> jax.Array:
        """Cross-entropy [b] between the softened answers of a teacher and of a student on the first `old` classes; 0
        where there are none."""
        target = jax.nn.softmax(self.seen(teacher, old) / temperature)
        chances = jax.nn.log_softmax(self.seen(logits, old) / temperature)
        return jnp.where(old > 0, -(target * chances).sum(-1), 0.0)
