"""Exact inference against all sequences of states."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import hmm

TIMES, STATES = 5, 3


def source(seed: int, changing: bool) -> tuple[jax.Array, jax.Array, jax.Array]:
    keys = jax.random.split(jax.random.key(seed), 3)
    shape = (TIMES - 1, STATES) if changing else (STATES,)
    initial = jax.random.dirichlet(keys[0], jnp.ones(STATES))
    transition = jax.random.dirichlet(keys[1], jnp.ones(STATES), shape)
    return initial, transition, jnp.log(jax.random.uniform(keys[2], (TIMES, STATES)))


def joint(initial: jax.Array, transition: jax.Array, evidence: jax.Array) -> dict[tuple[int, ...], float]:
    """p(states, what is seen) of every sequence of states."""
    found = {}
    for states in itertools.product(range(STATES), repeat=len(evidence)):
        p = float(initial[states[0]])
        for i in range(1, len(evidence)):
            step = transition[i - 1] if transition.ndim > 2 else transition
            p *= float(step[states[i - 1], states[i]])
        found[states] = p * float(jnp.exp(sum(evidence[i, s] for i, s in enumerate(states))))
    return found


@pytest.mark.parametrize("changing", [False, True])
def test_next_symbols_and_posteriors(changing: bool) -> None:
    model = source(1, changing)
    everything = joint(*model)
    total = sum(everything.values())
    surprises, beliefs = hmm.log_filter(*model)
    np.testing.assert_allclose(surprises.sum(), np.log(total), rtol=1e-4)
    shorter = joint(model[0], model[1], model[2][:-1])
    np.testing.assert_allclose(surprises[:-1].sum(), np.log(sum(shorter.values())), rtol=1e-4)
    posterior = np.zeros((TIMES, STATES))
    for states, p in everything.items():
        for i, s in enumerate(states):
            posterior[i, s] += p / total
    np.testing.assert_allclose(jnp.exp(hmm.log_smoothed(*model)), posterior, rtol=1e-4)
    np.testing.assert_allclose(jnp.exp(beliefs[-1]), posterior[-1], rtol=1e-4)


def test_a_state_that_never_changes() -> None:
    """Transitions of 0 give no NaN, neither in the values nor in the gradient."""
    evidence = jnp.log(jnp.array([[0.9, 0.1], [0.2, 0.8], [0.2, 0.8]]))

    def loss(initial: jax.Array) -> jax.Array:
        return hmm.log_filter(initial, jnp.eye(2), evidence)[0].sum()

    initial = jnp.array([0.5, 0.5])
    np.testing.assert_allclose(jnp.exp(loss(initial)), 0.5 * (0.9 * 0.04 + 0.1 * 0.64), rtol=1e-5)
    assert bool(jnp.isfinite(jax.grad(loss)(initial)).all())
    smoothed = jnp.exp(hmm.log_smoothed(initial, jnp.eye(2), evidence))
    np.testing.assert_allclose(smoothed, np.tile([0.036 / 0.1, 0.064 / 0.1], (3, 1)), rtol=1e-5)
