"""Answer questions about nodes of small graphs by passing messages along their edges, or along edges of one's own.

A learner answers at every node of every graph (`predict`): numbers, scores of classes, or one logit that says whether
the node is wanted. A task says which nodes it asks. Methods that see no edges, or that choose them, answer the same.

Shapes: b graphs, n nodes, d features, o outputs a node.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench import Task

Loss = Literal["absolute", "cross_entropy", "logistic"]
ROOT = 0  # the node that trees are asked about


class Graphs(NamedTuple):
    """Padded graphs.

    Attributes:
      edges: bool [b, n, n]; a row receives from its columns; no loops.
      x: features [b, n, d].
      mask: bool [b, n], which nodes there are.
    """

    edges: jax.Array
    x: jax.Array
    mask: jax.Array


class Batch(NamedTuple):
    """Graphs, their answers [b, n, o], and which nodes are asked, bool [b, n]."""

    graphs: Graphs
    answers: jax.Array
    asked: jax.Array


class NodeAnswers(Protocol):
    """What a trained network answers."""

    def predict(self, state: Any, graphs: Graphs) -> jax.Array:
        """An answer [b, n, o] at every node."""


@dataclass(frozen=True)
class Spec:
    """What a learner may know.

    Attributes:
      nodes: at most in a graph of training; later graphs may have more.
      features, outputs: of a node.
      width: of every hidden layer.
      loss: what a learner is trained on, over the nodes that are asked: absolute errors, cross-entropy of classes, or
        the logistic loss of one logit.
      reach: steps along edges that an answer is away from its node.
      linked: whether edges tell something, that is, not all nodes are linked.
    """

    nodes: int
    features: int
    outputs: int
    width: int
    loss: Loss
    reach: int
    linked: bool = True


def losses(kind: Loss, given: jax.Array, wanted: jax.Array) -> jax.Array:
    """Loss of every node, [b, n], of answers [b, n, o]."""
    if kind == "absolute":
        return jnp.abs(given - wanted).mean(-1)
    if kind == "cross_entropy":
        return -(wanted * jax.nn.log_softmax(given)).sum(-1)
    return (jax.nn.softplus(given) - wanted * given).mean(-1)


def mean_loss(kind: Loss, given: jax.Array, batch: Batch) -> jax.Array:
    """Mean loss over the nodes that are asked."""
    asked = batch.asked.astype(given.dtype)
    return (losses(kind, given, batch.answers) * asked).sum() / asked.sum()


def at_root(count: int, nodes: int) -> jax.Array:
    """Mask [count, nodes] of the root."""
    return jnp.broadcast_to((jnp.arange(nodes) == ROOT)[None, :], (count, nodes))


def everywhere(answers: jax.Array, nodes: int) -> jax.Array:
    """Answers [b, o] of the root, written to all nodes: [b, n, o]."""
    return jnp.broadcast_to(answers[:, None, :], (len(answers), nodes, answers.shape[-1]))


def speaks(answer: Callable[[Graphs], jax.Array]) -> Any:
    """A reference that answers so."""
    return SimpleNamespace(predict=answer)


class GraphTask(Task):
    """Graphs of one kind; a task draws batches and says how answers are judged."""

    interface = NodeAnswers

    @property
    @abc.abstractmethod
    def spec(self) -> Spec:
        """Sizes and the loss."""
