"""Iterative controlled extrapolation: an editor that learned small improvements, applied ten times.

**Source**: Padmakumar, Pang, He and Parikh, "Extrapolative Controlled Sequence Generation via Iterative Refinement",
2023, https://arxiv.org/abs/2303.04562 (abstract, and authors' code, github.com/vishakhpk/iter-extrapolation:
aav/create_pairs.py, aav/eval_rewriter_distribution.py, ace2/mlm_mutation.py; the rounds with a scorer aren't in the
released code, and the paper's section on them isn't read).

    pairs (x, x') with s(x') <= the largest value given and 0 < |s(x') - s(x)| <= band:    max log p(x' | x, up or down)
    x <- the best by the scorer of 100 edits from p(. | x, up), ten times

**Differs from the paper**: 1. the editor names a place and a letter instead of writing the sequence anew. 2. pairs are
one or two random edits apart. The authors fill masks by a pretrained model, and score the results by the scorer as
here. For AAV they pair any two whose scores are near, however many letters apart. 3. two layers of 64 units instead of
a pretrained transformer. 4. without the scorer one edit a round is sampled; the authors' evaluation of AAV samples
whole sequences, and has no scorer either. 5. the last round's sequence is taken. 6. the released AAV files keep targets
below the range, and ask for a decrease after the first round; here they are read as meant.

**Shapes**: b sequences, l letters, a kinds of letters.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim, random
from toybench.methods.sequence_design import _search as search
from toybench.tasks.sequence_design import edited, one_hot, score

BATCH = 256  # pairs of an update, each used both ways
ROUNDS = 10  # as in the authors' AAV; their ACE2 has 20


class State(NamedTuple):
    """The editor and its optimiser."""

    params: Any
    moments: Any


class IceEditor(Method):
    """It looks at the scorer for its pairs, and when it picks among edits."""

    lr: float = 0.01  # Adam's rate
    band: float = 0.3  # largest step of a pair, in units of the range that is given; 0.5 in the authors' AAV
    top: int = 24  # likeliest edits that are drawn from; the authors take 10 tokens
    heat: float = 0.7  # temperature of the draws, the authors'
    scorer: bool = True  # whether the scorer picks

    paper = "padmakumar2023extrapolative"
    space = {"band": (0.1, 0.3, 0.5, 0.9, 2.0), "top": (8, 24, 72)}

    def init(self, key: jax.Array) -> State:
        params = nn.init(self.network(), key, self.inputs(jnp.zeros((1, self.spec.length), jnp.int32), 1.0))
        return State(params=params, moments=optim.adam(0.0, 1).init(params))

    def network(self) -> nn.MLP:
        """The editor: logits of all edits."""
        return nn.MLP((64, 64, self.spec.length * self.spec.letters))

    def inputs(self, x: jax.Array, direction: jax.Array | float) -> jax.Array:
        """Letters, and whether it should go up (1) or down (-1)."""
        tag = jnp.broadcast_to(jnp.asarray(direction, jnp.float32), (len(x),))
        return jnp.concatenate([one_hot(x, self.spec.letters), tag[:, None]], axis=1)

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        count = self.spec.length * self.spec.letters
        u = random.uniforms(key, row=(BATCH,), edits=(2, BATCH), two=(BATCH,))
        x = search.given_rows(self.given, u["row"])
        edits = search.whole(u["edits"], count)
        once = edited(x, edits[0], self.spec.letters)
        other = jnp.where((u["two"] < 0.5)[:, None], once, edited(once, edits[1], self.spec.letters))
        step = score(self.given.scorer, other, self.spec.letters) - score(self.given.scorer, x, self.spec.letters)
        inside = score(self.given.scorer, other, self.spec.letters) <= self.given.top()
        small = (jnp.abs(step) <= self.band * self.given.span()) & (other != x).any(1) & inside
        sign = jnp.sign(step)

        def loss(params: Any) -> jax.Array:
            there = self.missed(params, x, other, sign)
            back = self.missed(params, other, x, -sign)
            kept = small.astype(jnp.float32)
            return ((there + back) * kept).sum() / jnp.maximum(kept.sum(), 1.0)

        transform = optim.adam(self.lr, max(self.steps, 1))
        params, moments = optim.descend(transform, jax.grad(loss)(state.params), state.moments, state.params)
        return State(params=params, moments=moments)

    def missed(self, params: Any, x: jax.Array, to: jax.Array, direction: jax.Array) -> jax.Array:
        """Cross entropy [b] of the edits that lead from x to another sequence."""
        logs = jax.nn.log_softmax(self.network().apply(params, self.inputs(x, direction)))
        wanted = one_hot(to, self.spec.letters) * jnp.repeat((to != x).astype(jnp.float32), self.spec.letters, axis=1)
        return -(logs * wanted).sum(1) / jnp.maximum(wanted.sum(1), 1.0)

    def design(self, state: State, start: jax.Array, key: jax.Array) -> jax.Array:
        count = self.spec.length * self.spec.letters
        tried = self.spec.calls // ROUNDS if self.scorer else 1
        noise = jax.random.gumbel(key, (ROUNDS, len(start), tried, count))

        def improve(x: jax.Array, jitter: jax.Array) -> tuple[jax.Array, None]:
            logits = self.network().apply(state.params, self.inputs(x, 1.0))
            least = jax.lax.top_k(logits, self.top)[0][:, -1:]
            likely = jnp.where(logits >= least, logits / self.heat, -jnp.inf)
            edits = (likely[:, None, :] + jitter).argmax(2).astype(jnp.int32)
            candidates = edited(x[:, None, :], edits, self.spec.letters)
            return search.best_of(self.given.scorer, candidates, self.spec.letters).x, None

        return jax.lax.scan(improve, start, noise)[0]
