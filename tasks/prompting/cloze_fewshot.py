"""Say what documents are about with few labels, given a model that fills blanks in such text.

Isolates how a question is put to a pretrained model. A topic is a law over thirty words; a document has ten words of
one topic. A tenth of the texts that the model is trained on goes on with two more words: ABOUT and the topic's name;
the others go on with two more words of the topic. The model is trained by the study, the same for all methods.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import nn, optim
from toybench.blocks.decode import masked_mean, token_nll
from toybench.blocks.mdp import pick
from toybench.blocks.random import normals, uniforms
from toybench.tasks.prompting import Classifier, ClozeSpec, Documents, MaskedModel, Pretrained

TOPICS = 6
COMMON = 30  # words that all topics have
NAMES = COMMON  # the first of six names
ABOUT = NAMES + TOPICS
BLANK = ABOUT + 1
WORDS = BLANK + 1
LENGTH = 10  # words of a document
TEXT = LENGTH + 2  # words of a text
SPREAD = 0.9  # standard deviation of the logarithms of a topic's chances
NAMED = 0.1  # share of the texts that name their topic
HIDDEN = 0.25  # share of the words that are blanks in training
TEXTS = 32  # an update of the model
UPDATES = 1000  # of the model
RATE = 0.01  # Adam's learning rate in its training, decays to 0 by a cosine


class World(NamedTuple):
    """Chances [k, 30] of words, the model's weights, labelled documents and those for the test."""

    laws: jax.Array
    params: Any
    known: Documents
    test: Documents


class Exact(NamedTuple):
    """The posterior of topics."""

    laws: jax.Array

    def classify(self, documents: jax.Array) -> jax.Array:
        """Log-likelihoods, all topics are equally likely."""
        return jnp.log(self.laws)[:, documents].sum(-1).T


class Constant(NamedTuple):
    """The first topic, always."""

    topics: int

    def classify(self, documents: jax.Array) -> jax.Array:
        """The same for all documents."""
        return jnp.broadcast_to(jax.nn.one_hot(0, self.topics)[None], (len(documents), self.topics))


class ClozeFewshot(Task):
    """Six topics, six names."""

    shots: int = 1  # labelled documents of each topic
    batch: int = 48  # labelled documents an update, at most
    documents: int = 512  # in the test

    interface = Classifier
    steps = 100
    checkpoints = 1
    metrics = {"accuracy": Metric("max", "share of the test documents whose topic is right")}

    @property
    def spec(self) -> ClozeSpec:
        return ClozeSpec(words=WORDS, topics=TOPICS, shots=self.shots, names=NAMES, about=ABOUT, blank=BLANK)

    def sample(self, key: jax.Array) -> World:
        tables, reading, known, test = jax.random.split(key, 4)
        laws = jax.nn.softmax(SPREAD * normals(tables, laws=(TOPICS, COMMON))["laws"], axis=-1)
        return World(
            laws=laws,
            params=pretrain(reading, laws),
            known=write(known, laws, jnp.arange(TOPICS * self.shots) % TOPICS),
            test=write(test, laws, jnp.arange(self.documents) % TOPICS),
        )

    def given(self, world: World) -> Pretrained:
        """The model, and all labelled documents."""
        return Pretrained(params=world.params, known=world.known)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Documents]:
        """All labelled documents, or as many random ones as a batch holds."""
        count = len(world.known.topics)
        if count <= self.batch:
            return world, world.known
        chosen = jax.random.randint(key, (self.batch,), 0, count)
        return world, jax.tree.map(lambda leaf: leaf[chosen], world.known)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = learner.classify(world.test.tokens).argmax(-1) == world.test.topics
        return {"accuracy": right.astype(jnp.float32).mean()}

    def floor(self, world: World) -> Constant:
        """One topic for all documents."""
        return Constant(topics=TOPICS)

    chance = floor

    def oracle(self, world: World) -> Exact:
        """The likeliest topic under the topics' own laws."""
        return Exact(laws=world.laws)


def write(key: jax.Array, laws: jax.Array, topics: jax.Array) -> Documents:
    """Documents [n, t] of these topics."""
    chance = jax.random.uniform(key, (len(topics), LENGTH))
    return Documents(tokens=pick(chance, laws[topics][:, None]), topics=topics.astype(jnp.int32))


def pretrain(key: jax.Array, laws: jax.Array) -> Any:
    """Weights of a model that has filled blanks in many texts."""
    born, course = jax.random.split(key)
    model = MaskedModel(words=WORDS, length=TEXT)
    descent = optim.adam(RATE, UPDATES)
    params = nn.init(model, born, jnp.zeros((1, TEXT), jnp.int32))

    def step(carried: tuple[Any, Any], now: jax.Array) -> tuple[tuple[Any, Any], None]:
        weights, moments = carried
        text, hidden = texts(now, laws)

        def loss(weights: Any) -> jax.Array:
            _, logits = model.apply(weights, jnp.where(hidden, BLANK, text))
            return masked_mean(token_nll(logits, text), hidden)

        return optim.descend(descent, jax.grad(loss)(weights), moments, weights), None

    return jax.lax.scan(step, (params, descent.init(params)), jax.random.split(course, UPDATES))[0][0]


def texts(key: jax.Array, laws: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Texts int32 [n, t] for the model's training, and which of their words are hidden, bool [n, t]."""
    u = uniforms(key, topic=(TEXTS,), words=(TEXTS, TEXT), named=(TEXTS,), hidden=(TEXTS, TEXT))
    topic = (u["topic"] * TOPICS).astype(jnp.int32)
    words = pick(u["words"], laws[topic][:, None])
    ending = jnp.stack([jnp.full_like(topic, ABOUT), NAMES + topic], axis=-1)
    named = words.at[:, LENGTH:].set(ending)
    return jnp.where((u["named"] < NAMED)[:, None], named, words), u["hidden"] < HIDDEN
