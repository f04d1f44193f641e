"""Two sentences that answer a question together: the second is linked to the question by the first alone.

Isolates whether messages between sentences find the second one. The question names an entity q; the first sentence
names q and a bridge b, the second b and z, the others two other entities. All nodes are linked with one another.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.random import normals
from toybench.tasks.message_passing import Batch, Graphs, GraphTask, Spec, speaks

TESTED = 2048  # questions of the test set
CHOSEN = 2  # sentences that a learner picks, as many as there are to find
CHAIN = 6  # entities of the chain q, b, z, and of two other sentences that share one
LINKED = ((0, 1), (1, 2), (3, 4), (4, 5))  # which of these the first four sentences name


class World(NamedTuple):
    """A test set, and where its second sentence is, bool [b, n]."""

    test: Batch
    bridge: jax.Array


class SupportSentences(GraphTask):
    """Which sentences rank first and second."""

    sentences: int = 9  # of a question
    dims: int = 16  # of an entity's vector, whose length is about 1
    noise: float = 0.3  # length of a sentence's noise
    batch: int = 48  # questions a step
    width: int = 32  # of hidden layers; as many as two entities have numbers

    steps = 1000
    metrics = {
        "bridge_recall": Metric(direction="max", about="share of questions whose second sentence is among the top two"),
        "support_f1": Metric(direction="max", about="F1 of the top two sentences"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(
            nodes=1 + self.sentences,
            features=self.dims + 1,
            outputs=1,
            width=self.width,
            loss="logistic",
            reach=2,
            linked=False,
        )

    def ask(self, key: jax.Array, count: int) -> tuple[Batch, jax.Array]:
        """Questions with their sentences in random order, and where the second sentence is."""
        nodes = 1 + self.sentences
        others = self.sentences - len(LINKED)  # sentences that share nothing
        drawn = normals(
            key,
            entities=(count, CHAIN + 2 * others, self.dims),
            noise=(count, nodes, self.dims),
            order=(count, self.sentences),
        )
        chain = drawn["entities"][:, :CHAIN]
        linked = chain[:, jnp.array(LINKED)].sum(2)
        rest = drawn["entities"][:, CHAIN:].reshape(count, others, 2, self.dims).sum(2)
        pairs = jnp.concatenate([linked, rest], axis=1)
        rank = (drawn["order"][:, :, None] > drawn["order"][:, None, :]).sum(-1)
        moved = jax.nn.one_hot(rank, self.sentences)  # sentence i of `pairs` stands at rank i
        vectors = jnp.concatenate([chain[:, :1], jnp.einsum("bij,bid->bjd", moved, pairs)], axis=1)
        x = (vectors + self.noise * drawn["noise"]) / self.dims**0.5
        asks = jnp.broadcast_to((jnp.arange(nodes) == 0)[None, :], (count, nodes))
        first = jnp.concatenate([jnp.zeros((count, 1)), moved[:, 0]], axis=1)
        second = jnp.concatenate([jnp.zeros((count, 1)), moved[:, 1]], axis=1)
        graphs = Graphs(
            edges=jnp.broadcast_to(~jnp.eye(nodes, dtype=bool)[None], (count, nodes, nodes)),
            x=jnp.concatenate([x, asks[..., None].astype(x.dtype)], axis=-1),
            mask=jnp.ones((count, nodes), bool),
        )
        return Batch(graphs=graphs, answers=(first + second)[..., None], asked=~asks), second > 0

    def sample(self, key: jax.Array) -> World:
        """A test set of entities that are never seen again."""
        test, bridge = self.ask(key, TESTED)
        return World(test=test, bridge=bridge)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Fresh questions of fresh entities."""
        return world, self.ask(key, self.batch)[0]

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        logits = jnp.where(world.test.asked, learner.predict(world.test.graphs)[..., 0], -jnp.inf)
        ahead = (logits[:, None, :] > logits[:, :, None]).sum(-1)
        level = logits[:, None, :] == logits[:, :, None]
        earlier = jnp.tril(jnp.ones(level.shape[1:], bool), -1)
        ahead = ahead + (level & earlier[None]).sum(-1)  # of equal logits the first counts
        picked = (ahead < CHOSEN) & world.test.asked
        hits = (picked & (world.test.answers[..., 0] > 0)).sum(-1)
        return {
            "bridge_recall": (picked & world.bridge).any(-1).astype(jnp.float32).mean(),
            "support_f1": hits.astype(jnp.float32).mean() / CHOSEN,
        }

    def floor(self, world: World) -> Any:
        """No preference: the first two sentences, of a random order."""
        return speaks(lambda graphs: jnp.zeros((*graphs.mask.shape, 1)))

    def oracle(self, world: World) -> Any:
        """The test set's answers."""
        return speaks(lambda graphs: world.test.answers)
