"""What learners with quantised actions share: a VQ-VAE of actions given the place, and networks over its codes.

Shapes: b transitions, n episodes, k numbers of an action, e of an embedding, K codes.
"""

import abc
from typing import Any, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.distances import squared_distances
from toybench.blocks.rl import track
from toybench.tasks.offline_control import DISCOUNT, FEATURES, Batch, Transitions, features, transitions

WIDTH = 64  # of both hidden layers of every network; the authors' have 512
EMBEDDING = 8  # numbers of a code's vector; the authors' 128
TARGET_RATE = 0.02  # of a target's way to its network in an update; the authors' 0.005 is for a million updates
CODING_RATE = 0.003  # Adam's learning rate of the VQ-VAE, which decays to 0 within the first half of the updates
LEAST_LOG = -8.0  # least log-probability of a code under the prior, the authors' value
RATES = (0.0003, 0.001, 0.003, 0.01)  # learning rates that are tried for every method of this study

Params = dict[str, Any]


class Coder(flax.linen.Module):
    """Encoder, codebook, decoder and prior of actions given places."""

    actions: int
    codes: int

    def setup(self) -> None:
        self.encoder = nn.MLP(widths=(WIDTH, WIDTH, EMBEDDING))
        self.decoder = nn.MLP(widths=(WIDTH, WIDTH, self.actions))
        self.prior = nn.MLP(widths=(WIDTH, WIDTH, self.codes))
        self.book = flax.linen.Embed(self.codes, EMBEDDING)

    def __call__(self, x: jax.Array, u: jax.Array) -> jax.Array:
        """The authors' loss []: squared errors of actions and both of the codes, cross-entropy of the prior."""
        z = self.encoder(jnp.concatenate([features(x), u], -1))
        code = self.nearest(z)
        vector = self.book(code)
        seen = self.decode(x, z + jax.lax.stop_gradient(vector - z))
        error = ((seen - u) ** 2).sum(-1).mean()
        commitment = ((jax.lax.stop_gradient(vector) - z) ** 2).mean()
        movement = ((vector - jax.lax.stop_gradient(z)) ** 2).mean()
        return error + commitment + movement + cross_entropy(self.prior(features(x)), code)

    def nearest(self, z: jax.Array) -> jax.Array:
        """Codes int32 [b] of encodings [b, e]."""
        return squared_distances(z, self.book.embedding).argmin(-1).astype(jnp.int32)

    def decode(self, x: jax.Array, vector: jax.Array) -> jax.Array:
        """Actions [b, k] of vectors [b, e] at places [b, 2]."""
        return self.decoder(jnp.concatenate([features(x), vector], -1))

    def encode(self, x: jax.Array, u: jax.Array) -> jax.Array:
        """Codes int32 [b] of actions [b, k] at places [b, 2]."""
        return self.nearest(self.encoder(jnp.concatenate([features(x), u], -1)))

    def act(self, x: jax.Array, code: jax.Array) -> jax.Array:
        """Actions [b, k] of codes [b] at places [b, 2]."""
        return self.decode(x, self.book(code))

    def log_prior(self, x: jax.Array) -> jax.Array:
        """Log-probabilities [b, K] of the codes that were recorded at places [b, 2], at least LEAST_LOG."""
        return jnp.maximum(jax.nn.log_softmax(self.prior(features(x)), axis=-1), LEAST_LOG)


class State(NamedTuple):
    """Parameters of coder and networks, slow copies of the networks, and Adam's moments of both."""

    params: Params
    target: Params
    opt: Any


class Quantised(Method):
    """A VQ-VAE and networks over its codes, trained side by side; the codes rest in the second half."""

    lr: float = 0.003  # Adam's learning rate of the networks over codes, decays to 0 by a cosine; 0.0003 by the authors
    codes: int = 16  # of an action; the authors' 32 to 128

    @abc.abstractmethod
    def networks(self, key: jax.Array) -> Params:
        """Parameters by name before the first update."""

    @abc.abstractmethod
    def loss(self, params: Params, target: Params, batch: Transitions, code: jax.Array) -> jax.Array:
        """What the networks minimise, [], given the codes [b] of the recorded actions."""

    @abc.abstractmethod
    def choose(self, params: Params, log_prior: jax.Array, x: jax.Array, key: jax.Array) -> jax.Array:
        """Codes int32 [n] at places [n, 2], with the log-probabilities [n, K] that they were recorded."""

    @property
    def coder(self) -> Coder:
        return Coder(actions=self.spec.actions, codes=self.codes)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        rates = {"coder": optim.adam(CODING_RATE, max(self.steps // 2, 1)), "networks": optim.adam(self.lr, self.steps)}
        return optim.lenient(optax.multi_transform(rates, {"coder": "coder", "networks": "networks"}))

    def init(self, key: jax.Array) -> State:
        one, two = jax.random.split(key)
        coder = nn.init(self.coder, one, jnp.zeros((1, 2)), jnp.zeros((1, self.spec.actions)))
        networks = self.networks(two)
        params = {"coder": coder, "networks": networks}
        return State(params=params, target=networks, opt=self.optimizer.init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        known = transitions(self.given, batch)

        def loss(params: Params) -> jax.Array:
            code = self.coder.apply(jax.lax.stop_gradient(params["coder"]), known.x, known.u, method="encode")
            coding = self.coder.apply(params["coder"], known.x, known.u)
            return coding + self.loss(params["networks"], state.target, known, code)

        params, opt = optim.descend(self.optimizer, jax.grad(loss)(state.params), state.opt, state.params)
        return State(params=params, target=track(state.target, params["networks"], TARGET_RATE), opt=opt)

    def start(self, state: State, count: int) -> tuple:
        return ()

    def act(self, state: State, mind: tuple, x: jax.Array, key: jax.Array) -> tuple[tuple, jax.Array]:
        log_prior = self.coder.apply(state.params["coder"], x, method="log_prior")
        code = self.choose(state.params["networks"], log_prior, x, key)
        return mind, jnp.clip(self.coder.apply(state.params["coder"], x, code, method="act"), -1.0, 1.0)


def fresh(key: jax.Array, outputs: int) -> Any:
    """Parameters of one network over places."""
    return nn.init(nn.MLP(widths=(WIDTH, WIDTH, outputs)), key, jnp.zeros((1, FEATURES)))


def output(params: Any, outputs: int, x: jax.Array) -> jax.Array:
    """Its numbers [b, outputs] at places [b, 2]."""
    return nn.MLP(widths=(WIDTH, WIDTH, outputs)).apply(params, features(x))


def of_code(values: jax.Array, code: jax.Array) -> jax.Array:
    """The values [b] of codes [b] among those of all codes [b, K]."""
    return jnp.take_along_axis(values, code[:, None], axis=1)[:, 0]


def cross_entropy(logits: jax.Array, code: jax.Array) -> jax.Array:
    """Mean cross-entropy [] of codes [b] under logits [b, K]."""
    return -of_code(jax.nn.log_softmax(logits, axis=-1), code).mean()


def backed_up(batch: Transitions, after: jax.Array) -> jax.Array:
    """Targets [b] from values [b] of the next places, without gradient; values are means of rewards."""
    return jax.lax.stop_gradient((1 - DISCOUNT) * batch.r + DISCOUNT * after)
