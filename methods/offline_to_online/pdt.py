"""A policy that is told where the walk will lead, learned without rewards; then futures are chosen by what they earn.

**Source**: Xie, Lin, Ye, Fu, Yang and Li, "Future-conditioned Unsupervised Pretraining for Decision Transformer", 2023,
https://arxiv.org/abs/2305.16683; the authors' code: `forward` of the decision transformer and `FutureTransformer`,
`pretrain_loss_fn` and `finetune_loss_fn` of the trainer, `online_tuning` in `main.py`. The paper's text was not found.

    z ~ q(z | future);  loss = -log pi(a | s, z) + beta KL(q || N(0, 1)) + KL(stopped q || p(z | s))
    with rewards, of walks drawn by what they earned: the same and -log N(return to go; R(s, z))
    act: of 64 draws of p(z | s) the one with the largest mean of R(s, z), an action of pi(a | s, z)

**Differs from the paper**: 1. small dense networks of the place, without its past and without time, instead of
transformers; q sees the next 8 places, not 20 states and actions; returns are over a walk's length. 2. nine actions
instead of Gaussians, without the entropy's bonus. 3. the first walks that count follow the prior, as the authors' do
that warm R up; R has no updates of its own, but Adam begins anew with the first reward. 4. 64 futures are drawn, not
256. 5. walks are drawn by their return above that of the worst. 6. no clipping, no decay of weights.

**Shapes**: b items, n places, z numbers of a code, a actions.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim, rl
from toybench.blocks.nn import MLP, init
from toybench.blocks.random import normals, uniforms
from toybench.methods.offline_to_online import _walks as parts
from toybench.methods.offline_to_online._walks import Items, State
from toybench.tasks.offline_to_online import Played

CODE = 4  # numbers of a code
AHEAD = 8  # places that a code is made of
LEAST_LOG = -5.0  # of a standard deviation, so that likelihoods stay bounded
MOST_LOG = 2.0


class Networks(nn.Module):
    """q, p, pi and R, each asked by its name."""

    actions: int

    def setup(self) -> None:
        self.encoder = MLP((parts.WIDTH, 2 * CODE))
        self.prior = MLP((parts.WIDTH, 2 * CODE))
        self.policy = MLP((parts.WIDTH, parts.WIDTH, self.actions))
        self.worth = MLP((parts.WIDTH, 2))

    def __call__(self, x: jax.Array, future: jax.Array, z: jax.Array) -> list[Any]:
        return [self.futures(x, future), self.wishes(x), self.logits(x, z), self.returns(x, z)]

    def futures(self, x: jax.Array, future: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Mean and log deviation [b, z] of q, of the next places [b, k, 2] as seen from x [b, 2], and x."""
        seen = (future - x[:, None]).reshape(len(x), -1)
        return gaussian(self.encoder(jnp.concatenate([x, seen], axis=-1)))

    def wishes(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Mean and log deviation [b, z] of p."""
        return gaussian(self.prior(x))

    def logits(self, x: jax.Array, z: jax.Array) -> jax.Array:
        """Of the policy, [b, a]."""
        return self.policy(jnp.concatenate([x, z], axis=-1))

    def returns(self, x: jax.Array, z: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Mean and log deviation [b, 1] of R."""
        return gaussian(self.worth(jnp.concatenate([x, z], axis=-1)))


def gaussian(numbers: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Mean and bounded log deviation, halves of the numbers."""
    mean, log_sd = jnp.split(numbers, 2, axis=-1)
    return mean, jnp.clip(log_sd, LEAST_LOG, MOST_LOG)


def divergence(mean: jax.Array, log_sd: jax.Array, mean1: jax.Array, log_sd1: jax.Array) -> jax.Array:
    """KL [b] of one normal of independent numbers [b, z] from another."""
    ratio = jnp.exp(2 * (log_sd - log_sd1))
    off = (mean - mean1) ** 2 * jnp.exp(-2 * log_sd1)
    return (log_sd1 - log_sd + (ratio + off - 1) / 2).sum(-1)


class PDT(Method):
    """Learns what follows what, and later which of it pays."""

    lr: float = 0.01  # learning rate, above 0; 0.0001 in the authors' code
    futures: int = 64  # that are compared before acting; 256 in the authors' code, with 1 the prior is followed
    records: bool = True  # learns from the records before there are rewards
    beta: float = 0.3  # weight of the code's distance from a standard normal, 0 or more; 1 in the authors' code

    space = {"lr": (0.003, 0.01, 0.03), "beta": (0.03, 0.1, 0.3, 1.0)}
    paper = "xie2023futureconditioned"

    @property
    def network(self) -> Networks:
        return Networks(actions=self.spec.actions)

    def init(self, key: jax.Array) -> State:
        params = init(self.network, key, jnp.zeros((1, 2)), jnp.zeros((1, AHEAD, 2)), jnp.zeros((1, CODE)))
        own = parts.no_walks(self.spec, self.steps)
        return State(params=params, adam=optim.adam(self.lr).init(params), own=own)

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        first = (batch.online > 0) & (state.own.size == 0)
        fresh = optim.adam(self.lr).init(state.params)
        adam = jax.tree.map(lambda new, old: jnp.where(first, new, old), fresh, state.adam)
        state = State(params=state.params, adam=adam, own=parts.remembered(state.own, batch))
        records = parts.recorded_walks(self.given, told=False)
        walks = parts.both(records, state.own.items)
        pay = parts.standing(state.own)
        weight = jnp.concatenate([jnp.ones(len(records.a)) * (1 - batch.online), pay * batch.online])
        size = (self.spec.updates, parts.BATCH)
        one, other = jax.random.split(key)
        rows = {**uniforms(one, which=size, when=size), **normals(other, noise=(*size, CODE))}

        def draw(row: dict[str, jax.Array]) -> Items:
            return parts.drawn_items(walks, weight, row["which"], row["when"], AHEAD)

        def loss(params: Any, items: Items, row: dict[str, jax.Array]) -> jax.Array:
            return self.loss(params, items, row["noise"], batch.online)

        learned = parts.descend(loss, draw, self.lr, state, rows)
        idle = (batch.online == 0) & (not self.records)
        return jax.tree.map(lambda new, old: jnp.where(idle, old, new), learned, state)

    def loss(self, params: Any, items: Items, noise: jax.Array, rewarded: jax.Array) -> jax.Array:
        """The authors' loss of pretraining, and where `rewarded` [] is 1 that of fine-tuning: []."""
        net = self.network
        mean, log_sd = net.apply(params, items.x, items.future, method="futures")
        z = mean + jnp.exp(log_sd) * noise
        fit = -parts.log_chance(net.apply(params, items.x, z, method="logits"), items.a)
        plain = divergence(mean, log_sd, jnp.zeros_like(mean), jnp.zeros_like(mean))
        kept = jax.lax.stop_gradient((mean, log_sd))
        wish = divergence(*kept, *net.apply(params, items.x, method="wishes"))
        worth, log_width = net.apply(params, items.x, z, method="returns")
        unlikely = -rl.gaussian_log_density(items.togo[:, None] / self.spec.length, worth, log_width)
        return (fit + self.beta * plain + wish + rewarded * unlikely).mean()

    def act(self, state: State, x: jax.Array, earned: jax.Array, key: jax.Array) -> jax.Array:
        own, other = jax.random.split(key)
        noise = normals(own, noise=(self.futures, len(x), CODE))["noise"]
        mean, log_sd = self.network.apply(state.params, x, method="wishes")
        z = mean[None] + jnp.exp(log_sd)[None] * noise
        worth = jax.vmap(lambda one: self.network.apply(state.params, x, one, method="returns")[0][:, 0])(z)
        chosen = jnp.where(state.own.size > 0, worth.argmax(0), 0)
        best = z[chosen, jnp.arange(len(x))]
        logits = self.network.apply(state.params, x, best, method="logits")
        return parts.sampled(logits, jax.random.uniform(other, (len(x),)))
