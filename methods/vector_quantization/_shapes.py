"""What the shape generators share: a tokeniser, then a causal transformer over its tokens.

The first part of the steps trains the tokeniser, the rest the transformer with the tokeniser fixed. Two
transformers are trained side by side, one on the tokens in their usual order and one in a random order.
Shapes: b shapes, r side, t tokens, k codes, p width of a code, o orders.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import attention, nn, optim
from toybench.methods.vector_quantization._running_codebook import Codebook, codes, nearest, settle, start
from toybench.tasks.vector_quantization._shapes import Shapes

ORDERS = 2  # the usual order, and a random one


class State(NamedTuple):
    """Parameters {tokeniser, transformer (leading axis o)}, codebook, Adam's moments, steps taken, orders [o, t]."""

    params: Any
    book: Codebook
    tokeniser_opt: Any
    transformer_opt: Any
    step: jax.Array
    orders: jax.Array


class TokenisedShapes(Method):
    """A subclass gives `tokens`, `features` and `logits`, and their networks."""

    lr: float = 0.01  # Adam's learning rate of the transformer, decayed to 0 by a cosine
    tokeniser_lr: float = 0.01  # the same of the tokeniser, not tuned
    codes: int = 16  # k
    width: int = 8  # p
    hidden: int = 32  # width of the tokeniser's networks, and of the transformer
    layers: int = 2  # of the transformer
    heads: int = 2  # attention heads a layer
    first: int = 50  # percent of the steps for the tokeniser
    commitment: float = 0.25  # weight of the commitment loss; van den Oord et al. use 0.25
    decay: float = 0.95  # of the codebook's running means
    restart: float = 0.05  # a code used less than this share of the mean use is restarted

    space = {"lr": (0.003, 0.01, 0.03)}

    @property
    def tokens(self) -> int:
        """Tokens a shape, t."""
        raise TypeError(f"{self.name} doesn't say how many tokens it makes; give it a property `tokens`.")

    def networks(self, key: jax.Array) -> Any:
        """Parameters of the tokeniser."""
        raise TypeError(f"{self.name} has no tokeniser; give it a method `networks`.")

    def features(self, params: Any, shape: jax.Array) -> jax.Array:
        """What is quantised, [b, t, p], of shapes [b, r, r]."""
        raise TypeError(f"{self.name} has no encoder; give it a method `features`.")

    def logits(self, params: Any, z: jax.Array) -> jax.Array:
        """Occupancy logits [b, r, r] of codes [b, t, p]."""
        raise TypeError(f"{self.name} has no decoder; give it a method `logits`.")

    @property
    def boundary(self) -> int:
        """Steps of the tokeniser."""
        return self.steps * self.first // 100

    @property
    def optimizers(self) -> tuple[optax.GradientTransformation, optax.GradientTransformation]:
        """Of the tokeniser and of the transformer."""
        return optim.adam(self.tokeniser_lr, self.boundary), optim.adam(self.lr, self.steps - self.boundary)

    @property
    def transformer(self) -> attention.Transformer:
        return attention.Transformer(width=self.hidden, layers=self.layers, heads=self.heads, out=self.codes)

    def init(self, key: jax.Array) -> State:
        a, b, c = jax.random.split(key, 3)
        t, k = self.tokens, self.codes
        mask = attention.causal_mask(t)
        net = nn.init(self.transformer, b, jnp.zeros((1, t, k + 1 + t)), mask)
        params = {"tokeniser": self.networks(a), "transformer": jax.tree.map(lambda x: jnp.stack([x] * ORDERS), net)}
        draw = jax.random.normal(c, (t + k * self.width,))
        tokeniser, transformer = self.optimizers
        return State(
            params=params,
            book=start(draw[t:].reshape(1, k, self.width)),
            tokeniser_opt=tokeniser.init(params["tokeniser"]),
            transformer_opt=transformer.init(params["transformer"]),
            step=jnp.zeros((), jnp.int32),
            orders=jnp.stack([jnp.arange(t), jnp.argsort(draw[:t])]),
        )

    def update(self, state: State, batch: Shapes, key: jax.Array) -> State:
        train = lambda step: lambda s: step(s, batch.shape, key)  # noqa: E731
        learn, model = train(self.learn_tokens), train(self.learn_sequence)
        state = jax.lax.cond(state.step < self.boundary, learn, model, state)
        return state._replace(step=state.step + 1)

    def learn_tokens(self, state: State, shape: jax.Array, key: jax.Array) -> State:
        """Cross-entropy of the occupancy with straight-through codes, commitment, and the codebook's running means."""

        def loss(params: Any) -> tuple[jax.Array, jax.Array]:
            z = self.features(params, shape)
            q = jax.lax.stop_gradient(self.embed(state.book, self.quantise(state.book, z)))
            logits = self.logits(params, z + jax.lax.stop_gradient(q - z))
            fit = optax.sigmoid_binary_cross_entropy(logits, shape).mean()
            return fit + self.commitment * ((z - q) ** 2).mean(), z

        grads, z = jax.grad(loss, has_aux=True)(state.params["tokeniser"])
        tokeniser, opt = optim.descend(self.optimizers[0], grads, state.tokeniser_opt, state.params["tokeniser"])
        book = settle(state.book, z.reshape(-1, 1, self.width), key, self.decay, self.restart)
        return state._replace(params=state.params | {"tokeniser": tokeniser}, book=book, tokeniser_opt=opt)

    def learn_sequence(self, state: State, shape: jax.Array, key: jax.Array) -> State:
        """Cross-entropy of the next token, in either order."""
        token = self.tokenise(state, shape)
        loss = lambda params: self.sequence_nats(params, state.orders, token).sum(0).mean()  # noqa: E731
        grads = jax.grad(loss)(state.params["transformer"])
        params, opt = optim.descend(self.optimizers[1], grads, state.transformer_opt, state.params["transformer"])
        return state._replace(params=state.params | {"transformer": params}, transformer_opt=opt)

    def quantise(self, book: Codebook, z: jax.Array) -> jax.Array:
        """Tokens int32 [b, t] of features [b, t, p]."""
        return nearest(z.reshape(-1, 1, self.width), codes(book)).reshape(z.shape[:2])

    def embed(self, book: Codebook, token: jax.Array) -> jax.Array:
        """Codes [b, t, p] of tokens [b, t]."""
        return codes(book)[0][token]

    def tokenise(self, state: State, shape: jax.Array) -> jax.Array:
        """Tokens int32 [b, t] of shapes [b, r, r]."""
        return self.quantise(state.book, self.features(state.params["tokeniser"], shape))

    def inputs(self, ordered: jax.Array, order: jax.Array) -> jax.Array:
        """Each place sees the token before it (or a start mark) and the position it must fill: [b, t, k + 1 + t]."""
        before = jnp.pad(ordered[:, :-1], ((0, 0), (1, 0)), constant_values=self.codes)
        where = jnp.broadcast_to(jax.nn.one_hot(order, self.tokens)[None], (*ordered.shape, self.tokens))
        return jnp.concatenate([jax.nn.one_hot(before, self.codes + 1), where], axis=-1)

    def sequence_nats(self, params: Any, orders: jax.Array, token: jax.Array) -> jax.Array:
        """Nats of each shape's tokens [b, t] in every order: [o, b]."""

        def one(params: Any, order: jax.Array) -> jax.Array:
            ordered = token[:, order]
            logits = self.transformer.apply(params, self.inputs(ordered, order), attention.causal_mask(self.tokens))
            return optax.softmax_cross_entropy_with_integer_labels(logits, ordered).sum(-1)

        return jax.vmap(one)(params, orders)

    def reconstruct(self, state: State, shape: jax.Array) -> jax.Array:
        return self.logits(state.params["tokeniser"], self.embed(state.book, self.tokenise(state, shape))) > 0

    def token_bits(self, state: State, shape: jax.Array) -> jax.Array:
        return self.sequence_nats(state.params["transformer"], state.orders, self.tokenise(state, shape)) / jnp.log(2.0)

    def generate(self, state: State, key: jax.Array, count: int) -> jax.Array:
        """Token after token in the usual order; the largest of logit plus Gumbel noise is a sample."""
        params = jax.tree.map(lambda x: x[0], state.params["transformer"])
        noise = jax.random.gumbel(key, (self.tokens, count, self.codes))
        order, mask = state.orders[0], attention.causal_mask(self.tokens)

        def step(i: int, token: jax.Array) -> jax.Array:
            logits = self.transformer.apply(params, self.inputs(token, order), mask)[:, i]
            return token.at[:, i].set(jnp.argmax(logits + noise[i], axis=-1).astype(jnp.int32))

        token = jax.lax.fori_loop(0, self.tokens, step, jnp.zeros((count, self.tokens), jnp.int32))
        return self.logits(state.params["tokeniser"], self.embed(state.book, token)) > 0


def windows(x: jax.Array, size: int, stride: int, pad: int) -> jax.Array:
    """Square windows of grids [b, r, r, c], zero-padded: [b, places, places, size * size * c]."""
    x = jnp.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    places = (x.shape[1] - size) // stride + 1
    last = (places - 1) * stride + 1
    cut = [x[:, i : i + last : stride, j : j + last : stride] for i in range(size) for j in range(size)]
    return jnp.concatenate(cut, axis=-1)
