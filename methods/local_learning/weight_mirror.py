"""Weight mirrors: backward matrices learn to copy the forward ones from what noise becomes on its way forward.

**Source**: Akrout, Wilson, Humphreys, Lillicrap and Tweed, "Deep Learning without Weight Transport", 2019,
https://arxiv.org/abs/1904.05391 (section 3).

    d_{l-1} = (d_l B_l) f'(a_{l-1}),   B_l <- (1 - r) B_l + r  mean(f(v W_l)^T v),   v ~ N(0, I)

For small outputs the mean is proportional to W_l^T.

**Differs from the paper**: 1. a mirror step on 32 fresh noise vectors after every training step; there both phases
alternate in longer stretches. 2. every layer gets its own noise directly, at once.

**Shapes**: b batch; d_l [b, n_l] errors, v [32, n_{l-1}], W_l [n_{l-1}, n_l], B_l [n_l, n_{l-1}].
"""

import jax

from toybench.methods.local_learning._rule import Network, State, drawn_like_weights, normal_like
from toybench.tasks.local_learning import Examples, Weights, assemble, squash, transposed


class WeightMirror(Network):
    """Starts as feedback alignment."""

    mirror: float = 0.1  # r: share of a backward matrix that one mirror step renews

    noise = 32  # vectors a step

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return self.back_shapes()

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[dict, list[jax.Array]]:
        return {}, drawn_like_weights(arrays)

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, error = self.errors(state, batch)
        return assemble(hs, transposed(self.spec, hs, error, state.fixed))

    def update(self, state: State, batch: Examples, key: jax.Array) -> State:
        state = super().update(state, batch, key)
        layers = state.params["weights"][1:]
        noise = normal_like(key, [jax.ShapeDtypeStruct((self.noise, len(layer.w)), "float32") for layer in layers])
        backs = [
            (1 - self.mirror) * b + self.mirror * squash(self.spec.activation, v @ layer.w).T @ v / self.noise
            for b, v, layer in zip(state.fixed, noise, layers, strict=True)
        ]
        return State(params=state.params, fixed=backs, opt=state.opt)
