"""Teacher forcing in which more and more of the symbols that are read are the learner's own.

**Source**: Bengio, Vinyals, Jaitly and Shazeer, "Scheduled Sampling for Sequence Prediction with Recurrent Neural
Networks", 2015, https://arxiv.org/abs/1506.03099, with the two passes of Mihaylova and Martins, "Scheduled Sampling for
Transformers", 2019, https://arxiv.org/abs/1906.07651 (both from memory).

    prefix_t = the likeliest symbol after the true prefix, with chance rate * step / steps;   else y_t

**Differs from the paper**: 1. the chance grows linearly from 0 to `rate`. 2. own symbols are the likeliest, not drawn.
3. the first pass has no gradient.

**Shapes**: b texts, s places of a source, t places of a target, v symbols.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.decode import decode, token_nll
from toybench.blocks.nn import init
from toybench.blocks.optim import adam, descend
from toybench.blocks.random import uniforms
from toybench.methods.transduction import _encoder_decoder as parts
from toybench.tasks.transduction import Pairs


class State(NamedTuple):
    """Parameters, the optimiser's state, and updates so far."""

    params: Any
    opt: Any
    step: jax.Array


class ScheduledSampling(Method):
    """Its knob is the last chance of an own symbol."""

    lr: float = 5e-3  # of Adam, decaying to 0 by a cosine
    rate: float = 0.25  # chance of an own symbol at the last step, 0 to 1

    space = {"rate": (0.05, 0.1, 0.25, 0.5, 1.0)}

    def network(self) -> parts.Network:
        encoder = parts.Encoder(symbols=self.spec.source_symbols)
        return parts.Network(encoder=encoder, symbols=self.spec.target_symbols)

    def logits(self, params: Any, source: jax.Array, target: jax.Array) -> jax.Array:
        """Logits [b, t, v], each given the target's symbols before it."""
        return self.network().apply(params, source, target, parts.dense(source.shape[1]))

    def init(self, key: jax.Array) -> State:
        source = jnp.zeros((1, self.spec.source_length), jnp.int32)
        target = jnp.zeros((1, self.spec.target_length), jnp.int32)
        params = init(self.network(), key, source, target, parts.dense(self.spec.source_length))  # type: ignore[arg-type]
        return State(params=params, opt=adam(self.lr, self.steps).init(params), step=jnp.int32(0))

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        own = self.logits(state.params, batch.source, batch.target).argmax(-1).astype(batch.target.dtype)
        chance = self.rate * state.step.astype(jnp.float32) / self.steps
        prefix = jnp.where(uniforms(key, swap=own.shape)["swap"] < chance, own, batch.target)
        loss = lambda params: token_nll(self.logits(params, batch.source, prefix), batch.target).mean()  # noqa: E731
        params, opt = descend(adam(self.lr, self.steps), jax.grad(loss)(state.params), state.opt, state.params)
        return State(params=params, opt=opt, step=state.step + 1)

    def log_prob(self, state: State, source: jax.Array, target: jax.Array) -> jax.Array:
        return -token_nll(self.logits(state.params, source, target), target)

    def decode(self, state: State, source: jax.Array) -> jax.Array:
        blank = jnp.zeros((len(source), self.spec.target_length + 1), jnp.int32)
        return decode(lambda text: self.logits(state.params, source, text[:, 1:]), blank, start=1)[:, 1:]
