"""Inference learning: activities first settle between input and label, then every layer predicts its neighbour better.

**Source**: Alonso, Millidge, Krichmar and Neftci, "A Theoretical Framework for Inference Learning", 2022,
https://arxiv.org/abs/2206.00164.

    F = sum_l 1/2 |a_l - p_l|^2,   p_l = f(a_{l-1}) W_l + b_l,   a_L = onehot(y)
    a_l <- a_l - rate dF / da_l for `rounds` rounds, from a_l = p_l;   then dW_l = f(a_{l-1})^T (p_l - a_l) / b

**Differs from the paper**: 1. dense layers, the output clamped to the label, equal weights of the layers' energies.

**Shapes**: b batch; a_l, p_l [b, n_l] activities before the nonlinearity and predictions of them.
"""

import jax

from toybench.methods.local_learning._rule import Network, State, Weights
from toybench.tasks.local_learning import Examples, assemble, slope, squash


class InferenceLearning(Network):
    """With few rounds and a small rate it comes near back-propagation."""

    rate: float = 0.1  # step size of the activities
    rounds: int = 50  # steps of the activities; the paper uses 15 to 25, with steps of its own

    paper = "alonso2022theoretical"

    def settled(self, state: State, batch: Examples) -> tuple[list[jax.Array], list[jax.Array]]:
        """What enters every layer and the prediction errors p_l - a_l, after the activities have settled."""
        weights, kind = state.params["weights"], self.spec.activation
        label = jax.nn.one_hot(batch.y, self.spec.classes)

        def misses(free: list[jax.Array]) -> tuple[list[jax.Array], list[jax.Array]]:
            hs = [batch.x, *(squash(kind, a) for a in free)]
            targets = [*free, label]
            return hs, [h @ w.w + w.b[None, :] - a for h, w, a in zip(hs, weights, targets, strict=True)]

        def step(_: jax.Array, free: list[jax.Array]) -> list[jax.Array]:
            hs, off = misses(free)
            pull = [(o @ w.w.T) * slope(kind, h) for o, w, h in zip(off[1:], weights[1:], hs[1:], strict=True)]
            return [a - self.rate * (p - o) for a, p, o in zip(free, pull, off[:-1], strict=True)]

        free, h = [], batch.x
        for layer in weights[:-1]:
            free.append(h @ layer.w + layer.b[None, :])
            h = squash(kind, free[-1])
        return misses(jax.lax.fori_loop(0, self.rounds, step, free))

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        return assemble(*self.settled(state, batch))

    def fits(self, spec: object) -> str | None:
        return None if getattr(spec, "loss", "") == "squared" else "its energy is a squared error, the loss is not."
