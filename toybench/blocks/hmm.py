"""Hidden Markov sources with exact inference: next-symbol laws and posteriors.

A source is `initial` [s], `transition` [s, s] or [t - 1, s, s] (row to column, one for every step), and `evidence`
[t, s]: log p of what was seen at each time, given the state. Shapes: t times, s states. All logarithms are natural.
"""

import jax
import jax.numpy as jnp


def log_filter(initial: jax.Array, transition: jax.Array, evidence: jax.Array) -> tuple[jax.Array, jax.Array]:
    """What is seen, and the state after it: log p(x_i | x_<i) [t], and log p(s_i | x_<=i) [t, s]."""
    steps = _logs(transition, len(evidence))

    def advance(belief: jax.Array, each: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        step, seen = each
        predicted = jax.nn.logsumexp(belief[:, None] + step, axis=0)
        after, surprise = _condition(predicted, seen)
        return after, (surprise, after)

    first, surprise = _condition(_log(initial), evidence[0])
    _, (surprises, beliefs) = jax.lax.scan(advance, first, (steps, evidence[1:]))
    return jnp.concatenate([surprise[None], surprises]), jnp.concatenate([first[None], beliefs])


def log_smoothed(initial: jax.Array, transition: jax.Array, evidence: jax.Array) -> jax.Array:
    """log p(s_i | all x), [t, s]."""
    steps = _logs(transition, len(evidence))
    _, beliefs = log_filter(initial, transition, evidence)

    def retreat(later: jax.Array, each: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        step, seen = each
        here = jax.nn.logsumexp(step + (seen + later)[None, :], axis=1)
        here = here - jnp.maximum(here.max(), jnp.finfo(here.dtype).min)
        return here, here

    last = jnp.zeros_like(evidence[0])
    _, futures = jax.lax.scan(retreat, last, (steps, evidence[1:]), reverse=True)
    return jax.nn.log_softmax(beliefs + jnp.concatenate([futures, last[None]]), axis=-1)


def _condition(predicted: jax.Array, seen: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The belief after what was seen, and the logarithm of its probability."""
    joint = predicted + seen
    surprise = jax.nn.logsumexp(joint)
    return joint - surprise, surprise


def _logs(transition: jax.Array, times: int) -> jax.Array:
    """Logarithms of the transitions, one for every step."""
    shape = (times - 1, *transition.shape[-2:])
    return _log(transition if transition.ndim > 2 else jnp.broadcast_to(transition[None], shape))


def _log(probability: jax.Array) -> jax.Array:
    """The logarithm, -inf at 0 without a gradient."""
    return jnp.where(probability > 0, jnp.log(jnp.where(probability > 0, probability, 1.0)), -jnp.inf)
