"""A GRU in each direction and a head, fitted to the labelled sentences alone.

**Source**: the textbook's bidirectional tagger (Graves and Schmidhuber, 2005, with GRUs; from memory); a control.

    h_t = (forward(x_1 .. x_t), backward(x_T .. x_t));  tag = W2 relu(W1 h_t), all weights fitted to tags

**Differs from the paper**: 1. GRUs. 2. All labelled sentences at each update, AdamW.

**Shapes**: b sentences, t words, f features, c tags, n labelled sentences.
"""

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.decode import token_nll
from toybench.methods.language_toys._features import Head, Params, Reader, State, read_text
from toybench.tasks.language_toys import Sentences


class BiGRUSupervised(Method):
    """Never looks at text without tags."""

    width: int = 16  # units in each direction
    lr: float = 0.01  # AdamW's learning rate, above 0, decays to 0 by a cosine
    decay: float = 0.03  # weight decay (times the learning rate), from 0

    space = {"lr": (0.003, 0.01, 0.03), "decay": (0.003, 0.03, 0.3)}

    def readers(self) -> dict[str, Reader]:
        """Both directions."""
        words = self.spec.words
        return {
            "forward": Reader(words=words, width=self.width),
            "backward": Reader(words=words, width=self.width, backward=True),
        }

    def descent(self) -> optax.GradientTransformation:
        """AdamW."""
        return optim.lenient(optax.adamw(optax.cosine_decay_schedule(self.lr, self.steps), weight_decay=self.decay))

    def init(self, key: jax.Array) -> State:
        one, two, three = jax.random.split(key, 3)
        blank = jnp.zeros((1, self.spec.length), jnp.int32)
        readers = self.readers()
        params = {
            "forward": nn.init(readers["forward"], one, blank),
            "backward": nn.init(readers["backward"], two, blank),
            "head": nn.init(Head(self.spec.tags), three, jnp.zeros((1, 2 * self.width))),
        }
        return State(params=params, head=(), opt=self.descent().init(params))

    def update(self, state: State, batch: Sentences, key: jax.Array) -> State:
        def loss(params: Params) -> jax.Array:
            return token_nll(self.scores(params, self.given.tokens), self.given.tags).mean()

        params, opt = optim.descend(self.descent(), jax.grad(loss)(state.params), state.opt, state.params)
        return State(params=params, head=(), opt=opt)

    def scores(self, params: Params, tokens: jax.Array) -> jax.Array:
        """Logits [b, t, c] of the tags."""
        read = [read_text(reader, params[name], tokens)[0] for name, reader in self.readers().items()]
        return Head(self.spec.tags).apply(params["head"], jnp.concatenate(read, axis=-1))

    def tag(self, state: State, tokens: jax.Array) -> jax.Array:
        return self.scores(state.params, tokens)
