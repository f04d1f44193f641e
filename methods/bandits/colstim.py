"""The first by estimated utilities perturbed like the feedback's noise, the second its most promising challenger.

**Source**: Bengs, Saha and Hüllermeier, "Stochastic Contextual Dueling Bandits under Linear Stochastic Transitivity
Models", 2022, https://arxiv.org/abs/2202.04593 (CoLSTIM; abstract, introduction and a third party's
implementation could be read).

    i = argmax_i x_i . theta + eps_i |x_i|_{V^-1},   eps_i ~ Gumbel, clipped at +- sqrt(d log T)
    j = argmax_j (x_j - x_i) . theta + c |x_j - x_i|_{V^-1}

**Differs from the paper**: 1. noises are independent between contexts in every round; the authors decide that in
round t by a coin of probability min(1, d log(d T) / sqrt(t)), which is 1 throughout at this horizon. 2. for the
probit link perturbations are Gaussian of variance 1/2. 3. a ridge penalty and one Newton step a round, as for all
duel methods.

**Shapes**: n instances, k contexts, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._duels import LinearDuelist, State, challenger, utility, width


class CoLSTIM(LinearDuelist):
    """A difference of two perturbations has the distribution of the duel's noise."""

    paper = "bengs2022stochastic"

    def pair(self, state: State, offer: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        n, k, d = offer.shape
        limit = (d * jnp.log(float(self.steps))) ** 0.5
        gaussian = self.spec.link == "probit"
        eps = jax.random.normal(key, (n, k)) * 0.5**0.5 if gaussian else jax.random.gumbel(key, (n, k))
        clipped = jnp.clip(eps, -limit, limit)
        first = jnp.argmax(utility(state, offer) + clipped * width(state, offer), axis=-1)
        return first, challenger(state, offer, first, self.c)
