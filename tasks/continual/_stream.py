"""Two domains, a backbone of the one, and a stream of new classes from the other.

Shapes: p phases, n examples of a phase, d inputs, z latent dimensions, h hidden units, f features, c classes.
"""

import jax
import jax.numpy as jnp
import numpy as np

from toybench.tasks.continual._pretrained import Backbone, ClassStream, Examples, PhaseSpec, World, count, cut, shuffled

LATENT, INPUTS, HIDDEN, FEATURES, EXPANDED = 16, 32, 64, 64, 256
RADIUS, NOISE, CLUSTERS, CLASSES, TEST = 6.0, 0.3, 2, 20, 50
SOURCE, PER_CLASS = 4000, 100


class ShiftedStream(ClassStream):
    """20 classes with 100 examples each on average, on a backbone of another domain."""

    gap: float = 0.9  # 0 to 1: share of the target's first layer that is independent of the source's
    order: str = "disjoint"  # disjoint: 5 phases of 4 classes; blurry: 10 phases of all classes in random shares
    imbalance: int = 1  # examples of the largest class over those of the smallest

    @property
    def groups(self) -> np.ndarray:
        return np.arange(CLASSES) // 4

    @property
    def spec(self) -> PhaseSpec:
        return PhaseSpec(INPUTS, HIDDEN, FEATURES, EXPANDED, CLASSES, phases=10 if self.order == "blurry" else 5)

    def sample(self, key: jax.Array) -> World:
        """Two domains, the source's backbone, and the target's stream and test set."""
        slots = 200 if self.order == "blurry" else 4 * int(self.counts().max())
        phases = self.spec.phases
        n = phases * slots
        shapes = {
            "source": (LATENT, INPUTS),
            "other": (LATENT, INPUTS),
            "mix": (INPUTS, INPUTS),
            "first": (INPUTS, HIDDEN),
            "bias": (HIDDEN,),
            "second": (LATENT, FEATURES),
            "expand": (FEATURES, EXPANDED),
            "clusters": (CLASSES, CLUSTERS, LATENT),
            "shares": (phases, CLASSES),
            "known": (SOURCE, 2 * LATENT + INPUTS),
            "train": (n, LATENT + INPUTS + 3),
            "test": (CLASSES * TEST, LATENT + INPUTS + 1),
        }
        part = cut(jax.random.normal(key, (count(**shapes),)), **shapes)
        source = part["source"]
        target = jnp.sqrt(1 - self.gap**2) * source + self.gap * part["other"]
        mix = part["mix"] / INPUTS**0.5
        clusters = sphere(part["clusters"])
        y, weight = self.labels(part["shares"], part["train"][:, -2:], phases, slots)

        def observe(noise: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
            side = (noise[:, -1] > 0).astype(jnp.int32)
            z = clusters[y, side] + noise[:, :LATENT]
            return z, render(z, target, mix, noise[:, LATENT : LATENT + INPUTS])

        known = part["known"]
        codes = sphere(known[:, :LATENT]) + known[:, LATENT : 2 * LATENT]
        backbone = pretrain(render(codes, source, mix, known[:, 2 * LATENT :]), codes, part)
        _, x = observe(part["train"][:, :-2], y.reshape(-1))
        latent, test = observe(part["test"], jnp.repeat(jnp.arange(CLASSES), TEST))
        data = shuffled(Examples(x.reshape(phases, slots, -1), y, weight), part["train"][:, -1].reshape(phases, slots))
        met = jax.nn.one_hot(data.y, CLASSES) * data.weight[..., None]
        return World(
            step=jnp.zeros((), jnp.int32),
            history=jnp.zeros((phases, CLASSES)),
            data=data,
            seen=jnp.cumsum(met.sum(1), 0) > 0,
            test=test,
            latent=latent,
            clusters=clusters,
            backbone=backbone,
        )

    def counts(self) -> np.ndarray:
        """Sizes of the classes, largest first."""
        shares = float(self.imbalance) ** (-np.arange(CLASSES) / (CLASSES - 1))
        return np.round(PER_CLASS * CLASSES * shares / shares.sum()).astype(int)

    def labels(self, shares: jax.Array, noise: jax.Array, phases: int, slots: int) -> tuple[jax.Array, jax.Array]:
        """(y int32, weight), both [p, n]: which class each slot of a phase holds, and whether it is filled."""
        if self.order == "blurry":
            choice = jnp.cumsum(jax.nn.softmax(3.0 * shares, -1), -1)[:, None, :]  # log-normal shares
            u = jax.scipy.special.ndtr(noise.reshape(phases, slots, 2)[..., 0])
            y = jnp.minimum((u[..., None] > choice).sum(-1), CLASSES - 1).astype(jnp.int32)
            size = 50.0 + 150.0 * jax.scipy.special.ndtr(shares[:, :1])
            return y, (jnp.arange(slots, dtype=size.dtype)[None, :] < size).astype(jnp.float32)
        y = jnp.repeat(jnp.arange(CLASSES), slots // 4).reshape(phases, slots)
        size = jnp.asarray(self.counts(), jnp.float32)[jnp.argsort(shares[0])]
        place = jnp.tile(jnp.arange(slots // 4), 4).astype(jnp.float32)
        return y, (place[None, :] < size[y]).astype(jnp.float32)


def sphere(z: jax.Array) -> jax.Array:
    """z [..., k] on the sphere of the task's radius."""
    return RADIUS * z / jnp.linalg.norm(z, axis=-1, keepdims=True)


def render(z: jax.Array, first: jax.Array, mix: jax.Array, noise: jax.Array) -> jax.Array:
    """Inputs [n, d] of latent codes [n, z]."""
    return 2.0 * jnp.tanh(z @ first / LATENT**0.5) @ mix + NOISE * noise


def pretrain(x: jax.Array, codes: jax.Array, part: dict[str, jax.Array]) -> Backbone:
    """The backbone of inputs [n, d] with known codes [n, z]: ridge regression of random ReLU features onto them."""
    first, bias = part["first"] / INPUTS**0.5, 0.5 * part["bias"]
    h = jax.nn.relu(x @ first + bias[None, :])
    decode = jnp.linalg.solve(h.T @ h + jnp.eye(HIDDEN), h.T @ codes)
    second = decode @ part["second"] / LATENT**0.5 / (h @ decode).std()
    return Backbone(first, bias, second, part["expand"] / FEATURES**0.5)
