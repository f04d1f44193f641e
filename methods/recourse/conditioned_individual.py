"""What the individual does, given that it ends in the goal; of several such draws, the best.

**Source**: none; the control without a reward for similarity. Conditioning a Markov process on where it ends is Doob's
h-transform (from memory).

    h_t(s) = P(s_H = goal | s_t = s);   draw a_t with chance pi_t(a | s_t) h_{t+1}(s_{t+1}) / h_t(s_t)

**Differs from the paper**: nothing, as there is none. With `draws` above 1 it takes the one with the most nats less
edits, which is what `personal_recourse` plans for with weights of 1: a search without a plan.

**Shapes**: S cells, A moves, H moves of a path.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.recourse import Case, edit_distance, log_likelihood, walk


class ConditionedIndividual(Method):
    """Draws from the individual's own law."""

    draws: int = 1  # of which the best is taken, 1 or more

    def path(self, state: tuple, case: Case, key: jax.Array) -> jax.Array:
        logits = conditioned(self.given, case)
        keys = jax.random.split(key, (self.draws, self.spec.length))

        def draw(own: jax.Array) -> jax.Array:
            def step(here: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
                move = jax.random.categorical(now[1], now[0][here]).astype(jnp.int32)
                return self.given[here, move], move

            return jax.lax.scan(step, case.start, (logits, own))[1]

        _, original = walk(self.given, case.start, case.original)

        def worth(moves: jax.Array) -> jax.Array:
            before, after = walk(self.given, case.start, moves)
            return log_likelihood(case.policy, before, moves) - edit_distance(original, after)

        paths = jax.vmap(draw)(keys)
        return paths[jax.vmap(worth)(paths).argmax()]


def conditioned(following: jax.Array, case: Case) -> jax.Array:
    """Logits [H, S, A] of the moves given the end: log pi + log h of the next cell."""
    end = jnp.where(jnp.arange(len(following)) == case.goal, 0.0, -jnp.inf)

    def back(log_h: jax.Array, policy: jax.Array) -> tuple[jax.Array, jax.Array]:
        logits = jnp.log(policy) + log_h[following]
        return jax.nn.logsumexp(logits, axis=-1), logits

    return jax.lax.scan(back, end, case.policy, reverse=True)[1]
