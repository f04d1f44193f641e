"""One model of trajectories, trained to reconstruct random parts of them; questions are masks.

**Source**: Wu, Majumdar, Stone, Lin, Mordatch, Abbeel and Rajeswaran, "Masked Trajectory Models for Prediction,
Representation, and Control", 2023, https://arxiv.org/abs/2305.02968; the authors' code,
`create_random_autoregressize_mask` in `masks.py`, `MTM` in `models/mtm_model.py`, `config.yaml`, `eval_fd` and
`eval_id` in `train.py`, `sample_action_bc2` in `datasets/sequence_dataset.py`, all in `research/mtm` of
github.com/facebookresearch/mtm.

    of each kind of token a random share is shown;  at a random place i all of the future is hidden, from a kind k on:
    kinds before k (of states, returns, actions) after i, k and those behind it from i on
    loss = sum over kinds of the mean squared error of all tokens, shown or not

**Differs from the paper**: 1. one layer of attention from every token to those that are shown, of 24 units and three
heads, instead of a transformer that encodes what is shown and one that decodes everything. Its weights follow from
kinds, places and what is shown, not from what tokens hold. 2. 4,000 updates of 32 windows instead of 140,000 of 2,048;
windows of 4 states, as in `config.yaml`. 3. each window has its own mask, where the authors draw one a batch. 4. no
warm-up, no weight decay and no dropout. 5. it asks for the returns to go of the best recorded episode, where the
authors try several. 6. shares and cuts are those of the newest `config.yaml` that was found; the authors tried others,
too.

**Shapes**: n windows, l states of a window.
"""

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks.random import uniforms
from toybench.methods.trajectory_models._masked import Key, MaskedModel, State
from toybench.tasks.trajectory_models import Tokens

CUTS = (0.2, 0.1, 0.7)  # how often the cut is at a state, a return or an action; of the authors' `config.yaml`


class MaskedTrajectory(MaskedModel):
    """Random shares, and no future after a random place."""

    shares: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)  # of tokens that are shown; as `config.yaml`

    paper = "wu2023masked"

    def purpose(self, state: State) -> jax.Array:
        return jnp.ones(3)

    def shown(self, key: Key, count: int) -> Tokens:
        length = self.spec.window
        size = (count, length)
        drawn = uniforms(key, order=(3, *size), share=(3, count), place=(count,), kind=(count,))
        counts = jnp.asarray((length * np.array(self.shares)).astype(np.int32))
        many = counts[(drawn["share"] * len(self.shares)).astype(jnp.int32)]
        rank = jnp.argsort(jnp.argsort(drawn["order"], axis=-1), axis=-1)
        random = rank < many[..., None]
        place = (drawn["place"] * length).astype(jnp.int32)
        kind = (drawn["kind"][:, None] >= jnp.cumsum(jnp.array(CUTS))[None, :-1]).sum(-1)
        return Tokens(
            x=random[0] & past(length, place, kind > 0),
            u=random[1] & past(length, place, kind > 2),
            g=random[2] & past(length, place, kind > 1),
        )


def past(length: int, place: jax.Array, with_it: jax.Array) -> jax.Array:
    """Places before `place` [n], and that one too where `with_it` [n]: bool [n, l]."""
    return jnp.arange(length)[None] < (place + with_it.astype(jnp.int32))[:, None]
