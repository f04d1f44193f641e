"""What embeddings of policies share: canonical states, and measures of policies in the counted model.

Shapes: S states, A actions, n policies, c canonical states, m features.
"""

import jax
import jax.numpy as jnp

from toybench.blocks import mdp
from toybench.tasks.zero_shot_rl import Described, Spec, Transitions

CANONICAL = 16  # states of the data


def canonical_states(key: jax.Array, data: Transitions) -> jax.Array:
    """States int32 [c], drawn from the data."""
    return data.s[jax.random.randint(key, (CANONICAL,), 0, data.s.shape[0])]


def successor_features(spec: Spec, given: Described, features: jax.Array, policies: jax.Array) -> jax.Array:
    """Discounted sums [n, S, m] of features [S, m] ahead of policies [n, S, A], from the `given` transitions.

    The fixed point of fitted evaluation with tables. A pair that was never seen is taken to lead where the state's
    other actions lead on average, and a state that was never left to lead nowhere.
    """
    data = given.data
    counts = mdp.transition_counts(data.s, data.a, data.s1, spec.states, spec.actions)
    own, seen = mdp.counted_model(counts)
    average, _ = mdp.counted_model(counts.sum(1))
    steps = mdp.chain(jnp.where(seen[:, :, None] > 0, own, average[:, None, :]), policies)
    return jnp.einsum("nst,ntu,um->nsm", mdp.geometric(steps, spec.discount), steps, features)
