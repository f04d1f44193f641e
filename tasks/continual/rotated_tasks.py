"""Five classification tasks, each seen through a rotation of its own; the task is told at test.

Isolates what it costs to keep a network a task: nothing need be forgotten, only bits need be stored. Each task has 48
Gaussian clusters in 16 dimensions, 12 for each of 4 classes at random; 16 further dimensions are noise, and a random
orthogonal matrix mixes all 32. Published beforehand: a network 32-64-64-4 trained on a sixth such task, and pools of
64 weight segments of length 8 for each hidden layer, the k-means of that network's own segments. 300 steps a task.
"""

from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric
from toybench.blocks import optim
from toybench.tasks.continual._pretrained import ClassStream, Examples, count, cut, summary
from toybench.tasks.continual._tasks import CODEWORDS, SEGMENT, Net, NetSpec, Published, TaskScores, run_net

SIGNAL, INPUTS, HIDDEN, CLASSES, CLUSTERS, TASKS = 16, 32, 64, 4, 48, 5
TRAIN, TEST, SPHERE, SPREAD, CLUTTER = 1600, 200, 4.0, 0.6, 0.5
PRETRAINING, RATE, ROUNDS = 600, 0.01, 20


class Rotated(NamedTuple):
    """A class stream's world, test points [t, n, d] with labels int32 [t, n], and what is published beforehand."""

    step: jax.Array
    history: jax.Array
    data: Examples
    seen: jax.Array
    test: jax.Array
    label: jax.Array
    published: Published


class RotatedTasks(ClassStream):
    """The first task of the sampled ones is the source of what is published."""

    steps = 1500
    interface: ClassVar[type] = TaskScores
    metrics = {
        "final_accuracy": Metric("max", "accuracy over the tasks met, after the last one"),
        "forgetting": Metric("min", "best earlier accuracy on a task minus the last, mean over tasks"),
        "new_task_accuracy": Metric("max", "accuracy on a task right after it, mean over tasks"),
        "stored_share": Metric("min", "bits kept after the last task over those of a network a task, 32 bits a weight"),
    }

    @property
    def groups(self) -> np.ndarray:
        return np.arange(TASKS)

    @property
    def spec(self) -> NetSpec:
        return NetSpec(inputs=INPUTS, hidden=HIDDEN, classes=CLASSES, phases=TASKS)

    def given(self, world: Rotated) -> Published:
        """The published network and pools."""
        return world.published

    def sample(self, key: jax.Array) -> Rotated:
        """Six tasks with their rotations; the network of the first, and its segments' means."""
        t, n = TASKS + 1, TRAIN + CLASSES * TEST
        shapes = {
            "turn": (t, INPUTS, INPUTS),
            "clusters": (t, CLUSTERS, SIGNAL),
            "points": (t, n, INPUTS + 1),
            "net": (HIDDEN * (INPUTS + HIDDEN + CLASSES),),
            "order": (PRETRAINING, 64),
        }
        part = cut(jax.random.normal(key, (count(**shapes),)), **shapes)
        turn = jnp.linalg.qr(part["turn"])[0]
        clusters = SPHERE * part["clusters"] / jnp.linalg.norm(part["clusters"], axis=-1, keepdims=True)
        place = jax.scipy.special.ndtr(part["points"][..., -1]) * CLUSTERS
        which = jnp.minimum(place, CLUSTERS - 1).astype(jnp.int32)
        noise = part["points"][..., :INPUTS]
        z = jax.vmap(lambda c, at: c[at])(clusters, which) + SPREAD * noise[..., :SIGNAL]
        x = jnp.concatenate([z, CLUTTER * noise[..., SIGNAL:]], -1) @ turn
        y = which % CLASSES
        train = Examples(x[:, :TRAIN], y[:, :TRAIN], jnp.ones((t, TRAIN)))
        source = jax.tree.map(lambda leaf: leaf[0], train)
        return Rotated(
            step=jnp.zeros((), jnp.int32),
            history=jnp.zeros((TASKS, TASKS)),
            data=jax.tree.map(lambda leaf: leaf[1:], train),
            seen=jnp.tril(jnp.ones((TASKS, TASKS), bool)),
            test=x[1:, TRAIN:],
            label=y[1:, TRAIN:],
            published=publish(source, part["net"], part["order"]),
        )

    def accuracies(self, world: Rotated, learner: Any, phase: jax.Array) -> jax.Array:
        """Accuracy on each task's test points, [t]."""

        def one(task: tuple) -> jax.Array:
            x, y, index = task
            return (learner.task_scores(x, index).argmax(-1) == y).astype(jnp.float32).mean()

        return jax.lax.map(one, (world.test, world.label, jnp.arange(TASKS)))

    def evaluate(self, world: Rotated, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        phase, table = self.table(world, learner)
        found = summary(table, world.seen, phase, self.groups)
        bits = learner.stored_bits() / self.spec.bits
        return {name: found[name] for name in self.metrics if name in found} | {"stored_share": jnp.float32(bits)}

    def floor(self, world: Rotated) -> Any:
        """One class for every input; nothing is kept."""
        return SimpleNamespace(task_scores=lambda x, task: jnp.zeros((len(x), CLASSES)), stored_bits=lambda: 0.0)

    def oracle(self, world: Rotated) -> Any:
        """Each task's own labels."""
        return SimpleNamespace(
            task_scores=lambda x, task: jax.nn.one_hot(world.label[task], CLASSES), stored_bits=lambda: 0.0
        )


def publish(data: Examples, noise: jax.Array, order: jax.Array) -> Published:
    """A network trained on examples [n, d] by Adam, and the k-means of the segments of its two hidden layers."""
    w1, w2, head = jnp.split(noise, [INPUTS * HIDDEN, (INPUTS + HIDDEN) * HIDDEN])
    net = Net(
        w1=w1.reshape(INPUTS, HIDDEN) * (2 / INPUTS) ** 0.5,
        b1=jnp.zeros(HIDDEN),
        w2=w2.reshape(HIDDEN, HIDDEN) * (2 / HIDDEN) ** 0.5,
        b2=jnp.zeros(HIDDEN),
        head=head.reshape(HIDDEN, CLASSES) / HIDDEN**0.5,
        bias=jnp.zeros(CLASSES),
    )
    adam = optim.adam(RATE, PRETRAINING)

    def step(carry: tuple, shown: jax.Array) -> tuple[tuple, None]:
        at = jnp.minimum(jax.scipy.special.ndtr(shown) * len(data.y), len(data.y) - 1).astype(jnp.int32)

        def loss(net: Net) -> jax.Array:
            logs = jax.nn.log_softmax(run_net(net, data.x[at]))
            return -jnp.take_along_axis(logs, data.y[at][:, None], 1).mean()

        return optim.descend(adam, jax.grad(loss)(carry[0]), carry[1], carry[0]), None

    (net, _), _ = jax.lax.scan(step, (net, adam.init(net)), order)
    return Published(net, k_means(net.w1), k_means(net.w2))


def k_means(weights: jax.Array) -> jax.Array:
    """Pool [k, s] of the segments of weights [in, out], by Lloyd's steps from the first k of them."""
    segments = weights.T.reshape(-1, SEGMENT)

    def step(_: int, pool: jax.Array) -> jax.Array:
        near = ((segments[:, None] - pool[None]) ** 2).sum(-1).argmin(-1)
        member = jax.nn.one_hot(near, CODEWORDS)
        many = member.sum(0)[:, None]
        return jnp.where(many > 0, member.T @ segments / jnp.maximum(many, 1.0), pool)

    stride = len(segments) // CODEWORDS
    return jax.lax.fori_loop(0, ROUNDS, step, segments[::stride])
