"""A rejector trained with an exponential surrogate of the rejection loss.

**Source**: Mohri, Andor, Choi, Collins, Mao and Zhong, "Learning to Reject with a Fixed Predictor: Application to
Decontextualization", 2023, https://arxiv.org/abs/2301.09044. Read: the abstract, the
introduction, and the caption that relates alpha and beta; the method section could not be had.

    L(r, x, a) = e^{alpha (r(x) - a) / 2} + c e^{-beta r(x)},      a = 1 where the predictor is right, else -1
    2 beta c / alpha = c e^{alpha/2} + (1 - c) e^{-alpha/2}        so that r* = 0 where the error probability is c
    r*(eta) = 2 / (alpha + 2 beta) log( 2 beta c / alpha / (eta e^{alpha/2} + (1 - eta) e^{-alpha/2}) )

**Differs from the paper**: 1. a linear or quadratic rejector on two inputs, fitted exactly, instead of a fine-tuned
language model. 2. weights have a small l2 penalty. 3. the loss is reconstructed from the paper's figure
caption and the steps of its convex bound, not copied from its equation; what is tested is that r* = 0 where eta = c.

**Shapes**: b points, f features.
"""

import jax
import jax.numpy as jnp

from toybench.methods.conformal._rejector import LinearRejector


class SurrogateRejector(LinearRejector):
    """Accepts where r > 0, with no threshold to choose afterwards."""

    alpha: float = 4.0  # steepness; the paper has 2 in its figure and 4 in its experiments

    paper = "mohri2023learning"
    space = {"alpha": (0.06, 0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)}

    @property
    def beta(self) -> jax.Array:
        c = self.given
        half = self.alpha / 2
        return half / c * (c * jnp.exp(half) + (1 - c) * jnp.exp(-half))

    def losses(self, score: jax.Array, correct: jax.Array) -> jax.Array:
        return jnp.exp(self.alpha / 2 * (score - correct)) + self.given * jnp.exp(-self.beta * score)

    def bar(self, score: jax.Array, correct: jax.Array) -> jax.Array:
        return jnp.zeros(())
