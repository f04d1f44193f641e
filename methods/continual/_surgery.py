"""The machinery of MOS: a list of adapters, merging, alignment of the head, and retrieval.

Shapes: b batch, d inputs, f features, c classes, t adapters (one a phase).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.continual import _heads
from toybench.methods.continual._adapters import AdapterMethod, State
from toybench.tasks.continual import PhaseStep, features

SHRINK = 1e-3  # added to the diagonal of a class covariance


class Surgical(NamedTuple):
    """The current network; adapters of all phases [t, ...]; and what is known of each class: sums [c, f] of frozen
    features, mean [c, f] and a root [c, f, f] of the covariance under its own adapter, and its phase, int32 [c]."""

    params: Any
    opt: Any
    adapters: _heads.Adapter
    prototypes: jax.Array
    mean: jax.Array
    root: jax.Array
    home: jax.Array


class Surgery(AdapterMethod):
    """Base of `mos` and of its ablation."""

    merge: float = 0.0  # share of the earlier adapters' mean that each step mixes in, 0 to 1
    align: float = 0.33  # share of a phase's steps that go to the head's alignment; in the paper it comes on top
    rounds: int = 4  # retrievals at most; 1: the prototypes alone decide; the authors' code has 4
    ensemble: bool = False  # add the prototypes' probabilities to the answer; the authors' code does

    def init(self, key: jax.Array) -> Surgical:
        state, c, f = self.start(key), self.spec.classes, self.spec.features
        adapters = jax.tree.map(lambda x: jnp.zeros((self.spec.phases, *x.shape)), state.params["adapter"])
        return Surgical(
            params=state.params,
            opt=state.opt,
            adapters=adapters,
            prototypes=jnp.zeros((c, f)),
            mean=jnp.zeros((c, f)),
            root=jnp.zeros((c, f, f)),
            home=jnp.zeros(c, jnp.int32),
        )

    def update(self, state: Surgical, batch: PhaseStep, key: jax.Array) -> Surgical:
        turn = batch.length - (self.align * batch.length.astype(jnp.float32)).astype(jnp.int32)
        return jax.lax.cond(
            batch.position < turn,
            lambda: self.adapt(state, batch, turn),
            lambda: self.calibrate(
                jax.lax.cond(batch.position == turn, lambda: self.survey(state, batch), lambda: state), batch, turn, key
            ),
        )

    def adapt(self, state: Surgical, batch: PhaseStep, turn: jax.Array) -> Surgical:
        """One step on the batch, then the merge with the mean of the earlier adapters."""
        after = self.fit(State(state.params, state.opt), batch, turn)
        earlier = batch.phase.astype(jnp.float32)
        m = jnp.where(batch.phase > 0, self.merge, 0.0)
        merged = jax.tree.map(
            lambda a, known: (1 - m) * a + m * known.sum(0) / jnp.maximum(earlier, 1.0),
            after.params["adapter"],
            state.adapters,
        )
        return state._replace(params={"adapter": merged, "head": after.params["head"]}, opt=after.opt)

    def survey(self, state: Surgical, batch: PhaseStep) -> Surgical:
        """Keep the adapter, and the statistics of the phase's classes under it."""
        adapter, data, c = state.params["adapter"], batch.data, self.spec.classes
        z = _heads.adapted(self.given, adapter, data.x)
        sums, n = _heads.class_sums(data, z, c)
        new = n > 0
        mean = sums / jnp.maximum(n, 1.0)[:, None]
        member = jax.nn.one_hot(data.y, c) * data.weight[:, None]
        away = (z - mean[data.y])[None] * member.T[:, :, None]  # [c, n, f]
        spread = jnp.swapaxes(away, 1, 2) @ away / jnp.maximum(n - 1, 1.0)[:, None, None]
        root = jnp.linalg.cholesky(spread + SHRINK * jnp.eye(z.shape[-1])[None])
        return state._replace(
            adapters=jax.tree.map(lambda kept, a: kept.at[batch.phase].set(a), state.adapters, adapter),
            prototypes=state.prototypes + _heads.class_sums(data, features(self.given, data.x), c)[0],
            mean=jnp.where(new[:, None], mean, state.mean),
            root=jnp.where(new[:, None, None], root, state.root),
            home=jnp.where(new, batch.phase, state.home),
        )

    def calibrate(self, state: Surgical, batch: PhaseStep, turn: jax.Array, key: jax.Array) -> Surgical:
        """One step of the head on Gaussian features of all classes seen, in equal shares."""
        many = len(batch.y)
        noise = jax.random.normal(key, (many, self.spec.features + 1))
        seen = batch.seen.sum().astype(jnp.float32)
        pick = (jax.scipy.special.ndtr(noise[:, -1]) * seen).astype(jnp.int32)
        y = jnp.argsort(~batch.seen)[jnp.minimum(pick, batch.seen.sum() - 1)].astype(jnp.int32)
        z = state.mean[y] + (state.root[y] @ noise[:, :-1, None])[..., 0]

        def loss(params: Any) -> jax.Array:
            return _heads.cross_entropy(self.cosine(params["head"], z), y, jnp.ones(many), batch.seen)

        grads = jax.grad(loss)(state.params)
        since = batch.position - turn
        lr = self.lr * _heads.decay(since, batch.length - turn)
        params, opt = _heads.adam_step(lr, grads, state.opt, state.params, since)
        return state._replace(params={"adapter": state.params["adapter"], "head": params["head"]}, opt=opt)

    def retrieve(self, state: Surgical, x: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """(phase int32 [b] whose adapter answers, logits [b, c] under it, cosines [b, c] to the prototypes)."""
        known = (state.mean**2).sum(-1) > 0
        near = _heads.unit(features(self.given, x)) @ _heads.unit(state.prototypes).T
        logits = jax.vmap(lambda a: self.cosine(state.params["head"], _heads.adapted(self.given, a, x)))(state.adapters)
        logits = jnp.where(known[None, None, :], logits, -1e9)  # [t, b, c]
        home = state.home[logits.argmax(-1)]  # [t, b]: where each adapter's answer leads
        at, place = state.home[jnp.where(known[None, :], near, -jnp.inf).argmax(-1)], jnp.arange(len(x))
        for _ in range(self.rounds - 1):
            at = home[at, place]
        return at, logits[at, place], near

    def class_scores(self, state: Surgical, x: jax.Array) -> jax.Array:
        _, logits, near = self.retrieve(state, x)
        if self.ensemble:
            phases = ((state.adapters.down**2).sum((1, 2)) > 0).sum().astype(jnp.float32)
            met = jnp.where((state.prototypes**2).sum(-1) > 0, 0.0, -1e9)
            return jax.nn.softmax(logits, -1) + jax.nn.softmax(phases * near + met[None, :], -1)
        return logits
