"""Tell which items users also like who have several tastes, from seven that each is known to like.

Isolates what one static vector a user can say of several tastes. 64 items lie around 6 facets in 8 dimensions: a facet
is N(0, I), an item its facet plus N(0, I) / 2. A user has two facets. How much an item is liked falls with its squared
distance to the nearer one, over twice the temperature. A user's ten likes are drawn by these log-odds, without
replacement. Three of the ten, at random, are held out. Others than the seven are ranked, and the first ten count.

The oracle ranks by the true log-odds, the best order there is, and popularity is the floor.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import normals, uniforms
from toybench.tasks.recommendation import Pairs, Recommender, Spec

SPREAD = 0.5  # standard deviation of an item about its facet, a facet's own being 1
TOP = 10  # how many items are recommended, the authors' number


class World(NamedTuple):
    """Log-odds and likes.

    Attributes:
      affinity: true log-odds [u, i] of a like.
      likes: known likes [u, i], 0 or 1.
      held: held-out likes [u, i], 0 or 1.
      order: items int32 [u, i] of each user, known likes first.
    """

    affinity: jax.Array
    likes: jax.Array
    held: jax.Array
    order: jax.Array


class TasteRecommendation(Task):
    """One table of likes."""

    tastes: int = 2  # facets that a user likes, 1 or more
    width: int = 16  # numbers of a learned vector; the authors' is 64, for thousands of users
    users: int = 64
    items: int = 64
    facets: int = 6
    dims: int = 8  # of a facet
    temperature: float = 0.7  # of likes; at 0 they are the nearest items
    known: int = 7  # likes of a user that are given
    hidden: int = 3  # likes of a user that are held out
    pairs: int = 8  # of a user at each step

    interface = Recommender
    steps = 200
    metrics = {
        "recall_at_10": Metric("max", "share of a user's held-out likes that are among the first ten"),
        "f1_at_10": Metric("max", "harmonic mean of recall and precision: recall times 6 / 13"),
        "ndcg_at_10": Metric("max", "the same hits, discounted by the logarithm of their rank; 1 for the best order"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(users=self.users, items=self.items, width=self.width)

    def sample(self, key: jax.Array) -> World:
        """Facets, items, tastes, likes, and which likes are held out."""
        place_key, taste_key = jax.random.split(key)
        places = normals(place_key, facets=(self.facets, self.dims), items=(self.items, self.dims))
        table = (self.users, self.items)
        noise = uniforms(taste_key, tastes=(self.users, self.facets), likes=table, held=table)
        items = places["facets"][jnp.arange(self.items) % self.facets] + SPREAD * places["items"]
        squares = ((items[None, :, :] - places["facets"][:, None, :]) ** 2).sum(-1)
        tastes = noise["tastes"].argsort(1)[:, : self.tastes]
        affinity = -squares[tastes].min(1) / (2 * self.temperature)
        return self.split(affinity, noise["likes"], noise["held"])

    def split(self, affinity: jax.Array, likes: jax.Array, held: jax.Array) -> World:
        """Likes by perturbed log-odds, from uniform numbers [u, i]; the rest of the likes is held out at random."""
        tiny = jnp.finfo(likes.dtype).tiny
        gumbel = -jnp.log(-jnp.log(jnp.maximum(likes, tiny)))
        rank = (-(affinity + gumbel)).argsort(1).argsort(1)
        liked = rank < self.known + self.hidden
        order = jnp.where(liked, held, 2.0).argsort(1)
        place = order.argsort(1)
        known = (place < self.known).astype(affinity.dtype)
        hidden = liked.astype(affinity.dtype) - known
        return World(affinity=affinity, likes=known, held=hidden, order=order.astype(jnp.int32))

    def given(self, world: World) -> jax.Array:
        return world.likes

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pairs]:
        shape = (self.users, self.pairs)
        noise = uniforms(key, liked=shape, others=shape)
        first = jnp.floor(noise["liked"] * self.known).astype(jnp.int32)
        second = self.known + jnp.floor(noise["others"] * (self.items - self.known)).astype(jnp.int32)
        liked = jnp.take_along_axis(world.order, first, axis=1)
        return world, Pairs(liked=liked, others=jnp.take_along_axis(world.order, second, axis=1))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        scores = jnp.where(world.likes > 0, -jnp.inf, learner.item_scores())
        _, top = jax.lax.top_k(scores, TOP)
        hits = jnp.take_along_axis(world.held, top, axis=1)
        discounts = 1 / jnp.log(jnp.arange(2, TOP + 2, dtype=hits.dtype))
        recall = hits.sum(1).mean() / self.hidden
        return {
            "recall_at_10": recall,
            "f1_at_10": 2 * self.hidden / (self.hidden + TOP) * recall,
            "ndcg_at_10": (hits @ discounts).mean() / discounts[: self.hidden].sum(),
        }

    def floor(self, world: World) -> Any:
        """Popularity: how many users are known to like an item."""
        counts = jnp.broadcast_to(world.likes.sum(0)[None, :], world.likes.shape)
        return SimpleNamespace(item_scores=lambda: counts)

    def chance(self, world: World) -> Any:
        """One random order of items, the same for all: that of their numbers."""
        order = jnp.broadcast_to(-jnp.arange(self.items, dtype=world.likes.dtype)[None, :], world.likes.shape)
        return SimpleNamespace(item_scores=lambda: order)

    def oracle(self, world: World) -> Any:
        """True log-odds."""
        return SimpleNamespace(item_scores=lambda: world.affinity)
