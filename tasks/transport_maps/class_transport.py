"""Sixteen classes on a lattice whose labels the target permutes, with ten labelled target points each.

Isolates what labels add to optimal transport. Both populations have one component at each node of a lattice of four by
four with a pitch of 2, and a source class lives at another node than its target class, but for chance. Round classes
are alike but for their labels, so that the cheapest map leaves every point where it is; arcs it turns in place. Either
way it has a sixteenth of the classes right.

`round`: Gaussians of standard deviation 0.15, between which the class-wise map is a shift. `bent`: arcs, each turned by
an angle of its own in the source and in the target, which no affine map carries to each other.

A component in its own frame: (u, thin v + bend (u^2 - 1)) scale, with u and v standard normal. The oracle knows all.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks.distances import distances, energy_distance, mean_distance, self_distance
from toybench.blocks.random import normals
from toybench.tasks.transport_maps import ClassSpec, Examples, Rounds, Transporter

SIDE = 4  # nodes along each axis of the lattice
PITCH = 2.0  # between them
DIMS = 2  # coordinates of a point
SCALES = {"round": 0.15, "bent": 0.25}  # of a component; 0.15 is the paper's
BENDS = {"round": 0.0, "bent": 0.5}  # of its arc
THIN = {"round": 1.0, "bent": 0.3}  # its thickness, in units of its length
GIVEN = 100  # source points of a class, and unlabelled target points of one, that are given at the outset
TESTED = 64  # points of a class that the map is judged by
THOUSAND = 1e3  # distances are reported in thousandths


class Components(NamedTuple):
    """Centres [c, d] and frames [c, d, d] of the classes of one population; the columns of a frame are its axes."""

    centres: jax.Array
    frames: jax.Array


class World(NamedTuple):
    """Both populations, what is given, and points [c, m, d] to judge by, with the mean distance of two targets."""

    source: Components
    target: Components
    examples: Examples
    x: jax.Array
    y: jax.Array
    spread: jax.Array


class ClassTransport(Task):
    """Source points go to the target; their classes are looked up afterwards."""

    shape: str = "round"  # of a class: round or bent
    labelled: int = 10  # target points of a class whose label is known
    rounds: int = 10  # updates of the map in a step
    batch: int = 64  # unlabelled target points a round

    interface = Transporter
    steps = 200
    checkpoints = 1
    metrics = {
        "target_distance": Metric("min", "squared energy distance of all images to the target, in thousandths"),
        "class_accuracy": Metric("max", "share of source points whose image is likeliest of their own target class"),
        "class_distance": Metric("min", "mean squared energy distance of a class's images to it, in thousandths"),
    }

    @property
    def classes(self) -> int:
        return SIDE**2

    @property
    def spec(self) -> ClassSpec:
        return ClassSpec(classes=self.classes, labelled=self.labelled, dims=DIMS, rounds=self.rounds)

    def shaped(self, noise: jax.Array) -> jax.Array:
        """Points [..., d] of a component in its own frame from standard normal numbers [..., d]."""
        along = noise[..., 0]
        across = THIN[self.shape] * noise[..., 1] + BENDS[self.shape] * (along**2 - 1)
        return SCALES[self.shape] * jnp.stack([along, across], axis=-1)

    def unshaped(self, points: jax.Array) -> jax.Array:
        """The normal numbers [..., d] of which a component's points [..., d] in its own frame are made."""
        along = points[..., 0] / SCALES[self.shape]
        across = points[..., 1] / SCALES[self.shape] - BENDS[self.shape] * (along**2 - 1)
        return jnp.stack([along, across / THIN[self.shape]], axis=-1)

    def populate(self, law: Components, noise: jax.Array) -> jax.Array:
        """Points [c, m, d] of every class from standard normal numbers [c, m, d]."""
        return law.centres[:, None, :] + jnp.einsum("cij,cmj->cmi", law.frames, self.shaped(noise))

    def own_frames(self, law: Components, x: jax.Array) -> jax.Array:
        """Normal numbers [n, c, d] of points [n, d] in the frame of every class."""
        away = x[:, None, :] - law.centres[None, :, :]
        return self.unshaped(jnp.einsum("cij,nci->ncj", law.frames, away))

    def likeliest(self, law: Components, x: jax.Array) -> jax.Array:
        """The class [n] of highest density at points [n, d]; volumes are the same for all."""
        return (self.own_frames(law, x) ** 2).sum(-1).argmin(-1)

    def sample(self, key: jax.Array) -> World:
        """Two populations and their points."""
        for_order, for_noise = jax.random.split(key)
        order = jax.random.permutation(for_order, self.classes)
        one = (self.classes, GIVEN, DIMS)
        judged = (self.classes, TESTED, DIMS)
        labelled = (self.classes, self.labelled, DIMS)
        turned = (2, self.classes, DIMS)
        noise = normals(for_noise, source=one, target=labelled, unlabelled=one, x=judged, y=judged, turned=turned)
        axis = noise["turned"] / jnp.linalg.norm(noise["turned"], axis=-1, keepdims=True)
        frames = jnp.stack([axis, jnp.stack([-axis[..., 1], axis[..., 0]], axis=-1)], axis=-1)
        source = Components(centres=nodes(), frames=frames[0])
        target = Components(centres=nodes()[order], frames=frames[1])
        examples = Examples(
            source=self.populate(source, noise["source"]),
            target=self.populate(target, noise["target"]),
            unlabelled=self.populate(target, noise["unlabelled"]).reshape(-1, DIMS),
        )
        y = self.populate(target, noise["y"])
        return World(
            source=source,
            target=target,
            examples=examples,
            x=self.populate(source, noise["x"]),
            y=y,
            spread=spread(y),
        )

    def given(self, world: World) -> Examples:
        return world.examples

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Rounds]:
        """Two source points of every class a round, and targets of all classes in equal shares."""
        pair = (self.rounds, self.classes, 2, DIMS)
        each = (self.rounds, self.classes, self.batch // self.classes, DIMS)
        noise = normals(key, source=pair, target=each)
        source = jax.vmap(lambda z: self.populate(world.source, z))(noise["source"])
        target = jax.vmap(lambda z: self.populate(world.target, z))(noise["target"])
        return world, Rounds(source=source, target=target.reshape(self.rounds, -1, DIMS))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        x = world.x.reshape(-1, DIMS)
        y = world.y.reshape(-1, DIMS)
        images = learner.transport(x, key)
        own = jnp.repeat(jnp.arange(self.classes), TESTED)
        right = (self.likeliest(world.target, images) == own).astype(jnp.float32)
        images_by_class = images.reshape(world.y.shape)
        whole = 2 * mean_distance(images, y) - spread(images_by_class) - world.spread
        by_class = jax.vmap(energy_distance)(images_by_class, world.y)
        return {
            "class_accuracy": right.mean(),
            "target_distance": THOUSAND * whole,
            "class_distance": THOUSAND * by_class.mean(),
        }

    def floor(self, world: World) -> Any:
        """Every point goes to the middle of the lattice."""
        return SimpleNamespace(transport=lambda x, key: jnp.zeros_like(x))

    def chance(self, world: World) -> Any:
        """Every point stays where it is, as the cheapest map has it for round classes."""
        return SimpleNamespace(transport=lambda x, key: x)

    def oracle(self, world: World) -> Any:
        """Every class from its own frame to the target's."""

        def transport(x: jax.Array, key: jax.Array) -> jax.Array:
            own = self.likeliest(world.source, x)
            inner = jnp.take_along_axis(self.own_frames(world.source, x), own[:, None, None], axis=1)
            turned = jnp.einsum("nij,nj->ni", world.target.frames[own], self.shaped(inner[:, 0]))
            return world.target.centres[own] + turned

        return SimpleNamespace(transport=transport)


def spread(points: jax.Array) -> jax.Array:
    """Mean distance [] of two points of a mixture of classes in equal shares, without bias, from points [c, m, d]."""
    classes, count, dims = points.shape
    flat = points.reshape(-1, dims)
    own = jax.vmap(self_distance)(points).mean()
    biased = own * (count - 1) / count  # points of a class with themselves count as pairs
    return distances(flat, flat).mean() + (own - biased) / classes


def nodes() -> jax.Array:
    """The lattice [c, d], around the origin."""
    ticks = PITCH * (np.arange(SIDE) - (SIDE - 1) / 2)
    return jnp.asarray(np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1).reshape(-1, DIMS), jnp.float32)
