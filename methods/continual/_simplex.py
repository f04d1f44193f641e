"""Few-shot sessions on a collapsed backbone: a projection trained on the session's shots and stored class means.

Shapes: b batch, n examples, f features, c classes, k concepts.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.continual import _heads
from toybench.tasks.continual import PhaseSpec, PhaseStep, features


class State(NamedTuple):
    """Trained {project [f, f], rows [c, f]}, Adam's moments, class means [c, f], their centre [f], and `extra`, what
    a method adds."""

    params: Any
    opt: Any
    means: jax.Array
    centre: jax.Array
    extra: Any


def simplex(seen: jax.Array) -> jax.Array:
    """Simplex equiangular tight frame [c, c] of the classes that `seen` bool [c] marks; rows of others are zero.

    Its Gram matrix is 1 on the diagonal and -1 / (k - 1) off it, for k classes.
    """
    member = seen.astype(jnp.float32)
    k = member.sum()
    return jnp.sqrt(k / (k - 1)) * (jnp.diag(member) - member[:, None] * member[None, :] / k)


def nearest_frame(seen: jax.Array, means: jax.Array) -> jax.Array:
    """The simplex frame [c, f] nearest to vectors [c, f]: E Q with Q [c, f] orthonormal by Procrustes."""
    frame = simplex(seen)
    left, _, right = jnp.linalg.svd(frame.T @ means, full_matrices=False)
    return frame @ (left @ right)


class Projection(Method):
    """A linear projection of the frozen features, by Adam; a subclass says what a session starts with."""

    lr: float = 0.003  # Adam's learning rate, decayed to 0 by a cosine within each session

    cosine_softmax = False  # cross-entropy on cosines instead of regression of the cosine to 1

    def fits(self, spec: PhaseSpec) -> str | None:
        return None if spec.shots else "needs a base session and few shots"

    def init(self, key: jax.Array) -> State:
        c, f = self.spec.classes, self.spec.features
        params = {"project": jnp.eye(f), "rows": jnp.zeros((c, f))}
        return State(params, _heads.MOMENTS.init(params), jnp.zeros((c, f)), jnp.zeros(f), self.extra(key))

    def extra(self, key: jax.Array) -> Any:
        """What the method adds to the state."""
        return jax.random.normal(key, (self.spec.classes, self.spec.features))

    def project(self, state: State, params: Any, z: jax.Array) -> jax.Array:
        """Unit vectors [b, f] of features [b, f]."""
        return _heads.unit((z - state.centre[None, :]) @ params["project"])

    def begin(self, state: State, batch: PhaseStep, means: jax.Array, new: jax.Array) -> State:
        """The state at a session's start, given its own class means [c, f]; `new` bool [c] marks its classes."""
        raise TypeError(f"{self.name} doesn't say how a session begins; give it a method `begin`.")

    def meet(self, state: State, batch: PhaseStep) -> State:
        """Class means of the session, and what the method makes of them."""
        z = features(self.given, batch.data.x)
        sums, n = _heads.class_sums(batch.data, z, self.spec.classes)
        new = n > 0
        means = jnp.where(new[:, None], sums / jnp.maximum(n, 1.0)[:, None], state.means)
        base = means.sum(0) / jnp.maximum(new.sum(), 1).astype(jnp.float32)
        state = state._replace(means=means, centre=jnp.where(batch.phase == 0, base, state.centre))
        return self.begin(state, batch, z, new)

    def update(self, state: State, batch: PhaseStep, key: jax.Array) -> State:
        state = jax.lax.cond(batch.position == 0, lambda: self.meet(state, batch), lambda: state)
        z = jnp.concatenate([features(self.given, batch.x), state.means])
        y = jnp.concatenate([batch.y, jnp.arange(self.spec.classes, dtype=batch.y.dtype)])
        weight = jnp.concatenate([jnp.ones(len(batch.y)), batch.seen.astype(jnp.float32) * len(batch.y)])

        def loss(params: Any) -> jax.Array:
            u = self.project(state, params, z)
            if self.cosine_softmax:
                return _heads.cross_entropy(16.0 * u @ _heads.unit(params["rows"]).T, y, weight, batch.seen)
            cosine = (u * jax.lax.stop_gradient(params["rows"])[y]).sum(-1)
            return 0.5 * (weight * (cosine - 1) ** 2).sum() / weight.sum()

        grads = jax.grad(loss)(state.params)
        lr = self.lr * _heads.decay(batch.position, batch.length)
        params, opt = _heads.adam_step(lr, grads, state.opt, state.params, batch.position)
        return state._replace(params=params, opt=opt)

    def class_scores(self, state: State, x: jax.Array) -> jax.Array:
        return self.project(state, state.params, features(self.given, x)) @ _heads.unit(state.params["rows"]).T
