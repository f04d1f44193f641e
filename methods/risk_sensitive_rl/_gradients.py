"""What the gradient methods share: values of threshold policies, summed over all places where an episode could begin.

Shapes: n instances, H steps, S states, A actions, E thresholds.
"""

import jax

from toybench.tasks.risk_sensitive_rl import Model, TableSpec, averse_values


def summed_value(spec: TableSpec, model: Model, policy: jax.Array) -> jax.Array:
    """Expected conditional risk of policies [n, H, S, E, A, E], summed over instances, steps, states and thresholds.

    Starting everywhere keeps each gradient alive, which the convergence of the method needs.
    """

    def one(transitions: jax.Array, units: jax.Array, policy: jax.Array) -> jax.Array:
        return averse_values(transitions, units, spec.thresholds, spec.alpha, spec.averse, policy).sum()

    return jax.vmap(one)(model.transitions, model.units, policy).sum()


def policy_shape(spec: TableSpec) -> tuple[int, ...]:
    """Shape of the threshold policies of all instances."""
    return (spec.instances, spec.steps, spec.states, spec.thresholds, spec.actions, spec.thresholds)
