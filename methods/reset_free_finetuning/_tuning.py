"""What learners share: a judge of pictures, steps of records and of own walks, and training on both.

Shapes: b items, w walks, t steps of a walk, p numbers of a picture, k aims, m labelled pictures, a actions.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench.blocks import deep_q, optim, replay, rl
from toybench.blocks.nn import MLP, init
from toybench.blocks.random import uniforms
from toybench.blocks.replay import Replay
from toybench.tasks.reset_free_finetuning import TARGET, Given, Played, Spec

BATCH = 32  # of each kind of walks
WIDTH = 48  # of hidden layers
SEEN = 32  # width of the judge's hidden layers
SHARP = 30.0  # scale of squared distances, so that small weights tell near from far
DISCOUNT = 0.9  # of rewards
TRACK = 0.02  # of the target network towards the learned one, at every step
JUDGING = 0.01  # the judge's learning rate

Params = Any
Loss = Callable[[Params, Params, "Items", jax.Array, jax.Array], jax.Array]  # params, target, items, weight, online


class Items(NamedTuple):
    """Steps: place [b, 2], aim, action, reward [b], place after [b, 2], and discounted rewards from here on [b]."""

    x: jax.Array
    aim: jax.Array
    a: jax.Array
    r: jax.Array
    x1: jax.Array
    togo: jax.Array


class Judge(nn.Module):
    """Features of pictures, [..., 2], and logits of success in the two tasks, [..., 2].

    Success falls with the squared distance of features from the mean of those of the labelled successes.
    """

    frozen: bool = False  # features don't learn from labels

    def setup(self) -> None:
        self.trunk = MLP((SEEN, SEEN, 2))
        self.success = nn.Dense(1)

    def __call__(self, picture: jax.Array, labelled: jax.Array, reached: jax.Array) -> tuple[jax.Array, jax.Array]:
        features = self.trunk(picture)
        count = jnp.maximum(reached.sum(1), 1.0)
        middle = (self.trunk(labelled) * reached[..., None]).sum(1) / count[:, None]
        off = ((features[..., None, :] - jnp.broadcast_to(middle, (*features.shape[:-1], 2, 2))) ** 2).sum(-1)
        off = jax.lax.stop_gradient(off) if self.frozen else off
        return features, self.success(SHARP * off[..., None])[..., 0]


class State(NamedTuple):
    """Parameters, their slow copy, Adam's state, the judge's parameters and Adam, and steps of own walks."""

    params: Params
    target: Params
    adam: optax.OptState
    judge: Params
    judge_adam: optax.OptState
    own: Replay


def begin(network: nn.Module, spec: Spec, rounds: int, key: jax.Array) -> State:
    """Before the first round."""
    one, other = jax.random.split(key)
    params = init(network, one, jnp.zeros((1, 2)), jnp.zeros(1, jnp.int32))
    judge = init(Judge(), other, jnp.zeros((1, spec.picture)), jnp.zeros((2, 1, spec.picture)), jnp.zeros((2, 1)))
    zero = jnp.zeros(())
    place = jnp.zeros(2)
    item = Items(x=place, aim=jnp.int32(0), a=jnp.int32(0), r=zero, x1=place, togo=zero)
    return State(
        params=params,
        target=params,
        adam=optim.adam(1.0).init(params),
        judge=judge,
        judge_adam=optim.adam(JUDGING).init(judge),
        own=replay.empty(item, rounds * 2 * spec.length),
    )


def steps_of(x: jax.Array, aim: jax.Array, a: jax.Array, r: jax.Array) -> Items:
    """Steps of walks one after the other, [w t, ...]."""
    length = a.shape[1]
    apart = jnp.arange(length)[None] - jnp.arange(length)[:, None]
    fading = jnp.where(apart >= 0, DISCOUNT ** jnp.maximum(apart, 0).astype(jnp.float32), 0.0)
    walks = Items(x=x[:, :-1], aim=jnp.repeat(aim[:, None], length, 1), a=a, r=r, x1=x[:, 1:], togo=r @ fading.T)
    return jax.tree.map(lambda part: part.reshape(-1, *part.shape[2:]), walks)


def judged(given: Given, judge: Params, batch: Played, features: str) -> jax.Array:
    """Rewards [2, t] of own walks: 1 where the judge sees a success, or the truth itself where features are `true`."""
    if features == "true":
        return batch.hidden
    _, success = Judge().apply(judge, batch.picture[:, 1:], *given.labelled)
    return (jnp.stack([success[0, :, 0], success[1, :, 1]]) > 0).astype(jnp.float32)


def judge_loss(given: Given, params: Params, uniform: jax.Array, features: str) -> jax.Array:
    """Cross-entropy of the labelled pictures, and what features learn from, drawn by uniform numbers [b]: [].

    They learn the places of captioned pictures where they are `pretrained`; else from all successes, those of records
    too. A step of a record tells of its own aim, and where it is a success that it is none for another aim.
    """
    net = Judge(frozen=features == "pretrained")
    _, success = net.apply(params, given.labelled.picture, *given.labelled)
    own = jnp.stack([success[0, :, 0], success[1, :, 1]])
    fit = optax.sigmoid_binary_cross_entropy(own, given.labelled.reached).mean()
    if net.frozen:
        place = (uniform * len(given.captioned.where)).astype(jnp.int32)
        where, _ = net.apply(params, given.captioned.picture[place], *given.labelled)
        return fit + ((where - given.captioned.where[place]) ** 2).sum(-1).mean()
    records = given.records
    place = (uniform * records.r.size).astype(jnp.int32)
    shown = records.picture[:, 1:].reshape(records.r.size, -1)[place]
    reached = records.r.reshape(-1)[place][:, None] > 0
    aim = jnp.repeat(records.aim, records.r.shape[1])[place]
    mine = jnp.stack([aim == TARGET, aim == records.aim[-1]], axis=-1)  # the last walk is one back home
    _, guess = net.apply(params, shown, *given.labelled)
    terms = optax.sigmoid_binary_cross_entropy(guess, (mine & reached).astype(guess.dtype))
    known = (mine | reached).astype(terms.dtype)
    return fit + (terms * known).sum() / jnp.maximum(known.sum(), 1.0)


def taught(given: Given, state: State, rows: jax.Array, features: str) -> State:
    """The judge after a step of Adam for each row of uniform numbers [updates, b]."""
    transform = optim.adam(JUDGING)

    def step(now: tuple[Params, Any], row: jax.Array) -> tuple[tuple[Params, Any], None]:
        gradient = jax.grad(lambda params: judge_loss(given, params, row, features))(now[0])
        params, adam = optim.descend(transform, gradient, now[1], now[0])
        return (params, adam), None

    judge, judge_adam = jax.lax.scan(step, (state.judge, state.judge_adam), rows)[0]
    return state._replace(judge=judge, judge_adam=judge_adam)


def learn(method: Any, loss: Loss, state: State, batch: Played, key: jax.Array, more: int = 1) -> State:
    """A round: the judge learns in the first half, own walks are kept in the other, and `loss` is descended.

    The method has fields `lr` and `features`. `more`: steps for each that the task allows. Adam begins anew with own
    walks. The weight of own steps is 0 while there are none, that of the records 1.
    """
    spec = method.spec
    online = batch.online
    rows = uniforms(key, pair=(spec.updates * more, 2, BATCH), judge=(spec.updates, BATCH))
    shown = taught(method.given, state, rows["judge"], method.features)
    state = chosen(online > 0, state, shown)
    r = judged(method.given, state.judge, batch, method.features)
    added = replay.add(state.own, steps_of(batch.x, batch.aim, batch.a, r))
    first = (online > 0) & (state.own.size == 0)
    transform = optim.adam(method.lr)
    adam = chosen(first, transform.init(state.params), state.adam)
    own = chosen(online > 0, added, state.own)
    records = method.given.records
    theirs = steps_of(records.x, records.aim, records.a, records.r)
    everything = Replay(items=theirs, size=jnp.int32(records.a.size), at=jnp.int32(0))
    weight = jnp.concatenate([jnp.ones(BATCH), jnp.full(BATCH, online)])

    def step(now: tuple[Params, Params, Any], row: jax.Array) -> tuple[tuple[Params, Params, Any], None]:
        params, target, adam = now
        pair = replay.sample(everything, row[0]), replay.sample(own, row[1])
        items = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), *pair)
        gradient = jax.grad(loss)(params, target, items, weight, online)
        params, adam = optim.descend(transform, gradient, adam, params)
        return (params, rl.track(target, params, TRACK), adam), None

    params, target, adam = jax.lax.scan(step, (state.params, state.target, adam), rows["pair"])[0]
    return state._replace(params=params, target=target, adam=adam, own=own)


def chosen(whether: jax.Array, first: Any, second: Any) -> Any:
    """The first of two trees alike where it is so, else the second."""
    return jax.tree.map(lambda a, b: jnp.where(whether, a, b), first, second)


class Values(nn.Module):
    """Of actions at places for aims, [b, a]."""

    actions: int
    aims: int

    @nn.compact
    def __call__(self, x: jax.Array, aim: jax.Array) -> jax.Array:
        return MLP((WIDTH, WIDTH, self.actions))(jnp.concatenate([x, jax.nn.one_hot(aim, self.aims)], axis=-1))


def surprise(network: nn.Module, params: Params, target: Params, items: Items) -> tuple[jax.Array, jax.Array]:
    """Squared temporal differences [b] with the double estimate, and values [b, a] of all actions."""
    q = network.apply(params, items.x, items.aim)
    ahead = network.apply(params, items.x1, items.aim)
    slow = network.apply(target, items.x1, items.aim)
    wanted = jax.lax.stop_gradient(items.r + DISCOUNT * deep_q.double_q(ahead, slow))
    return (wanted - deep_q.at(q, items.a)) ** 2, q


def mean(terms: jax.Array, weight: jax.Array) -> jax.Array:
    """Mean of terms [b] by weights [b], 0 where all weights are: []."""
    return (terms * weight).sum() / jnp.maximum(weight.sum(), 1.0)
