"""Several codebooks to a latent, level after level, with sampled codes: what the multi-codebook quantisers share.

Shapes: p operating points, b vectors, n dimensions, l latents, g groups (codebooks a level), v levels, k codes, w
width of a code.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._codec import Codec, State


class Codebooks(Codec):
    """Cascaded multi-codebook probabilistic vector quantisation; a subclass gives `groups` and `sizes`."""

    levels: int = 1  # v
    sizes: tuple[int, ...] = ()  # codes a codebook: every level of the first operating point, then of the next
    groups: int = 1  # codebooks a level; a latent is cut into as many parts
    decay: float = 0.99  # of the running use of codes
    idle: float = 0.02  # a code used less than this share of the mean use is revived

    @property
    def points(self) -> int:
        return len(self.sizes) // self.levels

    def point(self) -> jax.Array:
        """Which codes exist: bool [p, v, k]."""
        sizes = jnp.asarray(self.sizes).reshape(self.points, self.levels)
        return jnp.arange(max(self.sizes))[None, None, :] < sizes[:, :, None]

    def quantiser(self, key: jax.Array) -> tuple[Any, Any]:
        """Codebooks [p, v, g, k, w], log temperatures [p, v, g], and between levels a linear map of what is left and
        one of what is restored [p, v - 1, l, l], both starting from the identity."""
        p, v, g, z = self.points, self.levels, self.groups, self.latent
        most, width = self.point().shape[-1], z // g
        codebooks = jax.random.normal(key, (v, g, most, width)) * (2.0 / (5.0 * width)) ** 0.5
        between = jnp.broadcast_to(jnp.eye(z)[None, None], (p, v - 1, z, z))
        params = {
            "codebooks": jnp.repeat(codebooks[None], p, axis=0),
            "temperature": jnp.zeros((p, v, g)),
            "down": between,
            "up": between,
        }
        return params, jnp.ones((p, v, g, most))

    def level(self, params: Any, exists: jax.Array, z: jax.Array, v: int) -> jax.Array:
        """Logits [b, g, k] of level v for latents z [b, l]: -distance^2 / sqrt(k), scaled, absent codes at -1e9."""
        codes = params["codebooks"][v]
        part = z.reshape(len(z), self.groups, -1)
        apart = (part**2).sum(-1)[..., None] - 2.0 * jnp.einsum("bgw,gkw->bgk", part, codes) + (codes**2).sum(-1)[None]
        scale = jnp.exp(params["temperature"][v])[None, :, None] / jnp.sqrt(exists[v].sum().astype(z.dtype))
        return jnp.where(exists[v][None, None, :], -apart * scale, -1e9)

    def code(self, params: Any, v: int, choice: jax.Array) -> jax.Array:
        """Latents [b, l] of level v for one-hot (or relaxed) choices [b, g, k]."""
        return jnp.einsum("bgk,gkw->bgw", choice, params["codebooks"][v]).reshape(len(choice), -1)

    def assemble(self, params: Any, codes: list[jax.Array]) -> jax.Array:
        """Latents [b, l] from the levels' codes, last level first."""
        restored = codes[-1]
        for v in range(self.levels - 2, -1, -1):
            restored = codes[v] + restored @ params["up"][v]
        return restored

    def loss(self, params: Any, point: jax.Array, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
        """Squared error with sampled codes; hard samples forward, the relaxed distribution's gradient backward."""
        q = params["quantiser"]
        z, codes, used = self.encoder.apply(params["encoder"], x), [], []
        noise = jax.random.gumbel(key, (self.levels, len(x), self.groups, point.shape[-1]))
        for v in range(self.levels):
            logits = self.level(q, point, z, v)
            soft = jax.nn.softmax(logits + noise[v])
            hard = jax.nn.one_hot(jnp.argmax(soft, axis=-1), soft.shape[-1])
            codes.append(self.code(q, v, soft + jax.lax.stop_gradient(hard - soft)))
            used.append(jax.nn.one_hot(jnp.argmax(logits, axis=-1), soft.shape[-1]).mean(0))
            if v < self.levels - 1:
                z = (z - codes[-1]) @ q["down"][v]
        out = self.decoder.apply(params["decoder"], self.assemble(q, codes))
        return ((out - x) ** 2).mean(), jnp.stack(used)

    def tidy(self, params: Any, use: jax.Array, used: jax.Array) -> tuple[Any, jax.Array]:
        """Codes that are never chosen move next to the most chosen ones, and share their use."""
        q, exists = params["quantiser"], self.point()
        size = exists.sum(-1).astype(use.dtype)[:, :, None, None]
        use = self.decay * use + (1.0 - self.decay) * used * size  # 1 is the mean use
        idle = (use < self.idle) & exists[:, :, None, :]
        rank = jnp.cumsum(idle.astype(jnp.int32), axis=-1) - 1  # the i-th idle code takes the i-th most used
        busiest = jnp.argsort(jnp.where(exists[:, :, None, :], -use, jnp.inf), axis=-1)
        source = jnp.take_along_axis(busiest, jnp.maximum(rank, 0), axis=-1)
        books = q["codebooks"]
        copied = jnp.take_along_axis(books, source[..., None], axis=-2)
        books = jnp.where(idle[..., None], 1.02 * copied, books)  # an exact copy would never win the argmax
        return params | {"quantiser": q | {"codebooks": books}}, jnp.where(idle, 1.0, use)

    def symbols(self, state: State, x: jax.Array) -> jax.Array:
        """The likeliest code of every codebook, level after level: int32 [p, b, v g]."""

        def one(params: Any, exists: jax.Array) -> jax.Array:
            q, found = params["quantiser"], []
            z = self.encoder.apply(params["encoder"], x)
            for v in range(self.levels):
                found.append(jnp.argmax(self.level(q, exists, z, v), axis=-1).astype(jnp.int32))
                if v < self.levels - 1:
                    z = (z - self.code(q, v, jax.nn.one_hot(found[-1], exists.shape[-1]))) @ q["down"][v]
            return jnp.concatenate(found, axis=-1)

        return jax.vmap(one)(state.params, self.point())

    def restore(self, state: State, symbols: jax.Array) -> jax.Array:
        def one(params: Any, symbols: jax.Array) -> jax.Array:
            choice = jax.nn.one_hot(symbols, params["quantiser"]["codebooks"].shape[-2])
            levels = jnp.split(choice, self.levels, axis=1)
            codes = [self.code(params["quantiser"], v, levels[v]) for v in range(self.levels)]
            return self.decoder.apply(params["decoder"], self.assemble(params["quantiser"], codes))

        return jax.vmap(one)(state.params, symbols)
