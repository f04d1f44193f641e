"""Contrastive learning of source and target, with adversarial decoder states as hard negatives and distant positives.

**Source**: Lee, Lee and Hwang, "Contrastive Learning with Adversarial Perturbations for Conditional Text Generation",
2020, https://arxiv.org/abs/2012.07280; read in the authors' code, github.com/seanie12/CLAPS, `src/qg/models.py` and
`src/qg/trainer.py`.

    z = mean over places of relu(W . + c);   l = InfoNCE of the cosines of z(source) and z(target), over tau
    negative: h + e g / |g|,    g = d cross-entropy / dh;      an extra column of both InfoNCE
    positive: h' = h + 3 e a / |a|,  a = d InfoNCE / dh;       h' - 3 e k / |k|,  k = d KL(p(h) || p(h')) / dh'
    loss = cross-entropy + weight (InfoNCE + InfoNCE with the positive in the target's place) / 2

**Differs from the paper**: 1. lengths of steps are shares of the mean norm of decoder states; the release has 1 or 3
for the negative and 3 for the positive, on states divided by the root of their width, 512. 2. the second InfoNCE is
over tau too, which the release leaves out. 3. pairs with equal sources aren't negatives of each other. 4. no pretrained
network. 5. the step back is as long as the step away, as in the release. Here it goes too far, with `eps` of 0.01
to 0.3 alike: the positive's KL is above that of h', at 0.3 in three runs by 0.6 to 1.1 nats above the negative's. 6.
`direction=random` has random directions of the same lengths, and `direction=none` in-batch negatives alone: both are
controls.

**Shapes**: b texts, s places of a source, t places of a target, v symbols, d width.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.decode import decode, token_nll
from toybench.blocks.nn import init
from toybench.blocks.optim import adam, descend
from toybench.blocks.random import normals
from toybench.errors import UsageError
from toybench.methods.transduction import _encoder_decoder as parts
from toybench.tasks.transduction import Pairs

TEMPERATURE = 0.1  # tau, the release's
FARTHER = 3.0  # length of the positive's steps over the negative's, as in one of the release's settings
TINY = 1e-6  # keeps directions finite
DIRECTIONS = ("adversarial", "random", "none")


class State(NamedTuple):
    """Parameters of network and projection, and the optimiser's state."""

    params: Any
    opt: Any


class Seen(NamedTuple):
    """What a pass holds: memory [b, s, d], the decoder's last states [b, t, d], logits [b, t, v]."""

    memory: jax.Array
    states: jax.Array
    logits: jax.Array


class Perturbed(NamedTuple):
    """Decoder states [b, t, d] of hard negatives and of distant positives."""

    negative: jax.Array
    positive: jax.Array


def unit(x: jax.Array) -> jax.Array:
    """Vectors of length 1 along the last axis; 0 stays 0."""
    return x * jax.lax.rsqrt((x**2).sum(-1, keepdims=True) + TINY**2)


def info_nce(similar: jax.Array, same: jax.Array, extra: jax.Array) -> jax.Array:
    """Mean -log p of the diagonal of cosines [b, b] with extra columns [b, any]; pairs of equal sources are masked."""
    own = jnp.eye(len(same), dtype=bool)
    columns = jnp.where(same & ~own, parts.NEVER, similar / TEMPERATURE)
    return token_nll(jnp.concatenate([columns, extra / TEMPERATURE], axis=1), jnp.arange(len(same))).mean()


class Claps(Method):
    """Its knob is the weight of the contrast."""

    lr: float = 5e-3  # of Adam, decaying to 0 by a cosine
    weight: float = 0.1  # of the contrast beside the likelihood; the paper has 1
    eps: float = 0.3  # length of the negative's step, over the mean norm of decoder states
    direction: str = "adversarial"  # or random, or none

    paper = "lee2020contrastive"
    space = {"weight": (0.01, 0.03, 0.1, 0.3, 1.0)}

    def network(self) -> parts.Network:
        if self.direction not in DIRECTIONS:
            raise UsageError(f"direction is {self.direction!r}; use one of {', '.join(DIRECTIONS)}.")
        encoder = parts.Encoder(symbols=self.spec.source_symbols)
        return parts.Network(encoder=encoder, symbols=self.spec.target_symbols)

    def init(self, key: jax.Array) -> State:
        first, second = jax.random.split(key)
        source = jnp.zeros((1, self.spec.source_length), jnp.int32)
        target = jnp.zeros((1, self.spec.target_length), jnp.int32)
        network = init(self.network(), first, source, target, parts.dense(self.spec.source_length))  # type: ignore[arg-type]
        params = {"network": network, "projection": init(nn.Dense(parts.WIDTH), second, jnp.zeros((1, parts.WIDTH)))}
        return State(params=params, opt=adam(self.lr, self.steps).init(params))

    def see(self, params: Any, source: jax.Array, target: jax.Array) -> Seen:
        """One pass; the decoder's last states are what its last norm gave."""
        thin = parts.dense(source.shape[1])
        logits, kept = self.network().apply(
            params["network"], source, target, thin, capture_intermediates=True, mutable=["intermediates"]
        )
        inside = kept["intermediates"]
        return Seen(memory=inside["encoder"]["__call__"][0], states=inside["Norm_3"]["__call__"][0], logits=logits)

    def read(self, params: Any, states: jax.Array) -> jax.Array:
        """Logits [b, t, v] of decoder states, by the network's output layer."""
        layer = params["network"]["params"]["Dense_1"]
        return states @ layer["kernel"] + layer["bias"][None, None]

    def pooled(self, params: Any, states: jax.Array) -> jax.Array:
        """Directions [b, d] of the means of projected states."""
        return unit(nn.relu(nn.Dense(parts.WIDTH).apply(params["projection"], states)).mean(1))

    def perturbed(self, params: Any, seen: Seen, same: jax.Array, target: jax.Array) -> Perturbed:
        """Both adversarial perturbations."""
        states = seen.states
        step = self.eps * jnp.sqrt((states**2).sum(-1)).mean()
        source = self.pooled(params, seen.memory)
        none = jnp.zeros((len(same), 0))
        worse = jax.grad(lambda h: token_nll(self.read(params, h), target).mean())(states)
        apart = jax.grad(lambda h: info_nce(source @ self.pooled(params, h).T, same, none))(states)
        far = states + FARTHER * step * unit(apart)
        true = jax.nn.log_softmax(seen.logits)

        def divergence(h: jax.Array) -> jax.Array:
            return (jnp.exp(true) * (true - jax.nn.log_softmax(self.read(params, h)))).sum(-1).mean()

        back = FARTHER * step * unit(jax.grad(divergence)(far))
        return Perturbed(negative=states + step * unit(worse), positive=far - back)

    def loss(self, params: Any, batch: Pairs, key: jax.Array) -> jax.Array:
        seen = self.see(params, batch.source, batch.target)
        likelihood = token_nll(seen.logits, batch.target).mean()
        same = (batch.source[:, None] == batch.source[None]).all(-1)
        source = self.pooled(params, seen.memory)
        similar = source @ self.pooled(params, seen.states).T
        if self.direction == "none":
            return likelihood + self.weight * info_nce(similar, same, jnp.zeros((len(same), 0)))
        frozen = jax.lax.stop_gradient(params)
        still = jax.tree.map(jax.lax.stop_gradient, seen)
        found = self.perturbed(frozen, still, same, batch.target)
        if self.direction == "random":
            found = turned(found, still.states, key)
        found = jax.tree.map(jax.lax.stop_gradient, found)
        worse = (source * self.pooled(params, found.negative)).sum(1, keepdims=True)
        distant = (source * self.pooled(params, found.positive)).sum(1, keepdims=True)
        replaced = jnp.where(jnp.eye(len(same), dtype=bool), distant, similar)
        contrast = info_nce(similar, same, worse) + info_nce(replaced, same, worse)
        return likelihood + self.weight * contrast / 2

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        grads = jax.grad(self.loss)(state.params, batch, key)
        params, opt = descend(adam(self.lr, self.steps), grads, state.opt, state.params)
        return State(params=params, opt=opt)

    def log_prob(self, state: State, source: jax.Array, target: jax.Array) -> jax.Array:
        return -token_nll(self.see(state.params, source, target).logits, target)

    def decode(self, state: State, source: jax.Array) -> jax.Array:
        blank = jnp.zeros((len(source), self.spec.target_length + 1), jnp.int32)
        return decode(lambda text: self.see(state.params, source, text[:, 1:]).logits, blank, start=1)[:, 1:]


def turned(found: Perturbed, states: jax.Array, key: jax.Array) -> Perturbed:
    """Steps from the states [b, t, d] of the same lengths, in random directions."""
    drawn = normals(key, negative=states.shape, positive=states.shape)
    length = lambda x: jnp.sqrt(((x - states) ** 2).sum(-1, keepdims=True))  # noqa: E731
    return Perturbed(
        negative=states + length(found.negative) * unit(drawn["negative"]),
        positive=states + length(found.positive) * unit(drawn["positive"]),
    )
