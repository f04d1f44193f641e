"""A transformer trained with random subsets of keys, one subset a layer and step, and with all keys at the end.

**Source**: Hussain, Zaki and Subramanian, "The Information Pathways Hypothesis: Transformers are Dynamic
Self-Ensembles", 2023, https://arxiv.org/abs/2306.01705 (abstract and the authors' project page,
github.com/shamim-hussain/ssa, `index.html`; no code is released).

    weights_l = softmax over K_l of q k / sqrt(c),    K_l a uniform subset of the keys, common to queries and batch

**Differs from the paper**: 1. uniform subsets alone; the paper also has subsets near the query. 2. a tenth of the steps
are dense at the end. 3. the encoder alone is thinned. 4. `ensemble=8` averages the predictions of eight thinned
networks; its subsets are drawn once.

**Shapes**: b texts, s places of a source, t places of a target, v symbols, l layers.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.random import uniforms
from toybench.methods.transduction import _encoder_decoder as parts

THINNED = 0.9  # share of the steps with subsets


class SubsampledAttention(parts.Trained):
    """Its knob is the share of the keys that are kept."""

    keep: float = 0.5  # share of the keys, in (0, 1]; the paper keeps 1/8 to 1/2
    ensemble: int = 0  # thinned networks whose predictions are averaged; 0: one that reads all keys

    paper = "hussain2023information"
    space = {"keep": (0.08, 0.2, 0.35, 0.5, 0.65)}

    def network(self) -> parts.Network:
        encoder = parts.Encoder(symbols=self.spec.source_symbols)
        return parts.Network(encoder=encoder, symbols=self.spec.target_symbols)

    def subset(self, uniform: jax.Array) -> parts.Thinning:
        """A layer's keys with the lowest of its numbers [l, s]."""
        every = parts.dense(self.spec.source_length)
        rank = jnp.argsort(jnp.argsort(uniform, axis=1), axis=1).astype(jnp.float32)
        return every._replace(keys=rank < self.keep * self.spec.source_length)

    def drawn(self, key: jax.Array, count: int) -> jax.Array:
        """Numbers [count, l, s] for as many thinned networks."""
        return uniforms(key, rank=(count, parts.LAYERS, self.spec.source_length))["rank"]

    def thinning(self, step: jax.Array, key: jax.Array, texts: int) -> parts.Thinning:
        thin = self.subset(self.drawn(key, 1)[0])
        last = step.astype(jnp.float32) >= THINNED * self.steps
        return thin._replace(keys=thin.keys | last)

    def logits(self, state: parts.State, source: jax.Array, target: jax.Array) -> jax.Array:
        if not self.ensemble:
            return self.network().apply(state.params, source, target, parts.dense(source.shape[1]))
        thinnings = jax.vmap(self.subset)(self.drawn(state.key, self.ensemble))
        return parts.ensemble(self.network(), state.params, source, target, thinnings)
