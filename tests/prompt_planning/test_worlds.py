"""Stars by walking, mazes by counting trees, and what is read off features and vectors."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr

from toybench.errors import UsageError
from toybench.plugins import registry
from toybench.tasks.prompt_planning import lattice_maze as maze

KEY = jax.random.key(5)


def star(**knobs: Any) -> Any:
    return registry.load("tasks", "prompt_planning/star_graph")(**knobs)


def lattice() -> Any:
    return registry.load("tasks", "prompt_planning/lattice_maze")()


@pytest.fixture(scope="module")
def stars() -> Any:
    return jax.tree.map(np.asarray, jax.jit(star().sample)(KEY))


@pytest.fixture(scope="module")
def world() -> Any:
    return jax.jit(lattice().sample)(KEY)


def test_a_star_has_arms_from_its_centre(stars: Any) -> None:
    for edges, (start, goal), path in zip(stars.prompt.edges, stars.prompt.ends, stars.path, strict=True):
        after: dict[int, list[int]] = {}
        for tail, head in edges.tolist():
            after.setdefault(tail, []).append(head)
        assert len(after[int(start)]) == 2
        arms = []
        for node in after[int(start)]:
            arm = [node]
            while arm[-1] in after:
                arm.extend(after[arm[-1]])
            arms.append(arm)
        assert [len(arm) for arm in arms] == [3, 3]
        assert len({int(start), *arms[0], *arms[1]}) == 7
        assert path.tolist() in arms
        assert path[-1] == goal


def test_names_arms_and_edges_come_in_any_order(stars: Any) -> None:
    count = len(stars.path)
    names = np.bincount(stars.prompt.edges.reshape(-1), minlength=12) / count
    np.testing.assert_allclose(names, 1, atol=0.2)
    first = (stars.prompt.edges[:, :, 0] == stars.prompt.ends[:, :1]).argmax(1)
    right = np.take_along_axis(stars.prompt.edges[:, :, 1], first[:, None], 1)[:, 0] == stars.path[:, 0]
    assert abs(right.mean() - 0.5) < 0.1
    place = (stars.prompt.edges[:, :, 1] == stars.path[:, :1]).argmax(1)
    np.testing.assert_allclose(np.bincount(place, minlength=6) / count, 1 / 6, atol=0.06)


def test_three_arms_and_too_few_names() -> None:
    batch = jax.jit(lambda key: star(arms=3, reach=2).graphs(key, 600))(KEY)
    assert batch.prompt.edges.shape == (600, 6, 2)
    first = (batch.prompt.edges[:, :, 0] == batch.prompt.ends[:, :1]).argmax(1)
    right = jnp.take_along_axis(batch.prompt.edges[:, :, 1], first[:, None], 1)[:, 0] == batch.path[:, 0]
    assert abs(float(right.mean()) - 1 / 3) < 0.08
    with pytest.raises(UsageError, match="take more names"):
        _ = star(names=6).spec


def test_accuracies_by_hand() -> None:
    task = star()
    world = jax.jit(task.sample)(KEY)
    count = len(world.path)

    class Half:
        """Right on every second path, wrong in the last node on the others; sure of no node but the second."""

        def write(self, prompt: Any) -> jax.Array:
            wrong = world.path.at[:, 2].set(-1).at[: count // 4, 0].set(-1)
            return jnp.where((jnp.arange(count) % 2 == 0)[:, None], world.path, wrong)

        def go_on(self, prompt: Any, path: jax.Array) -> jax.Array:
            return path.at[:, 2].set(-1).at[:, 0].set(-1)

    found = task.evaluate(world, KEY, Half())
    assert float(found["path_accuracy"]) == 0.5
    assert float(found["first_accuracy"]) == 1 - 1 / 8
    assert float(found["rest_accuracy"]) == 0.5


def test_the_trees_are_all_spanning_trees() -> None:
    """Their number by Kirchhoff's theorem, and none twice."""
    found = maze.mazes()
    laplacian = np.zeros((9, 9))
    for a, b in found.lattice:
        laplacian[[a, b], [a, b]] += 1
        laplacian[[a, b], [b, a]] -= 1
    assert len(found.lattice) == 12
    assert round(np.linalg.det(laplacian[1:, 1:])) == len(found.there) == len({tuple(t) for t in found.there}) == 192
    rows = [sorted(map(tuple, edges)) for edges in found.edges.tolist()]
    for there, row in zip(found.there, rows, strict=True):
        assert sorted(map(tuple, found.lattice[there > 0].tolist())) == row
    degrees = found.there[:, None, :] @ np.stack([(found.lattice == cell).any(1) for cell in range(9)]).T
    assert (degrees > 0).all()


def test_paths_by_powers_of_the_adjacency() -> None:
    """In a tree the one simple path is the shortest; its length is the least power that joins both cells."""
    found = maze.mazes()
    for tree in range(0, 192, 17):
        near = np.zeros((9, 9), int)
        for a, b in found.edges[tree]:
            near[a, b] = near[b, a] = 1
        least = np.full((9, 9), -1)
        power = np.eye(9, dtype=int)
        for length in range(9):
            least[(least < 0) & (power > 0)] = length
            power = power @ near
        for start in range(9):
            for goal in range(9):
                path = found.paths[tree, start, goal]
                nodes = path[path < 9].tolist()
                assert len(nodes) == least[start, goal]
                assert (path[len(nodes) :] == 9).all()
                for here, there in zip([start, *nodes], nodes, strict=False):
                    assert near[here, there]
                assert [start, *nodes][-1] == goal


def test_held_out_mazes_are_in_no_batch(world: Any) -> None:
    task = lattice()
    held_out = set(map(tuple, np.asarray(world.held_out_there).tolist()))
    judged = {tuple(sorted(map(tuple, e))) for e in np.asarray(world.judged.prompt.edges).tolist()}
    drawn = jax.jit(jax.vmap(lambda key: task.draw(world, key, None)[1]))(jax.random.split(KEY, 40))
    shown = {tuple(sorted(map(tuple, e))) for e in np.asarray(drawn.prompt.edges).reshape(-1, 8, 2).tolist()}
    assert len(shown) == 128 and not shown & judged
    assert len(held_out) == 64 and not held_out & set(map(tuple, np.asarray(world.fitted_there).tolist()))
    ends = np.asarray(drawn.prompt.ends).reshape(-1, 2)
    assert (ends[:, 0] != ends[:, 1]).all()
    assert len(np.unique(ends, axis=0)) == 72


def test_balanced_accuracy_by_hand() -> None:
    label = jnp.asarray([[1.0], [1.0], [1.0], [0.0]])
    fitted = jnp.asarray([[0.9], [0.9], [0.6], [0.4]])  # classes at 0.8 and 0.4: the threshold is 0.6
    scores = jnp.asarray([[0.7], [0.55], [0.55], [0.7], [0.1], [0.2]])
    truth = jnp.asarray([[1.0], [1.0], [0.0], [0.0], [0.0], [0.0]])
    assert float(maze.balanced_accuracy(fitted, label, scores, truth)) == pytest.approx((1 / 2 + 3 / 4) / 2)


def test_spacing_is_pearsons_of_city_blocks() -> None:
    vectors = np.random.default_rng(0).normal(size=(9, 7)).astype(np.float32)
    cells = [(i, j) for i in range(3) for j in range(3)]
    expected = pearsonr(pdist(vectors, "cityblock"), pdist(np.array(cells), "cityblock")).statistic
    assert float(maze.spacing(jnp.asarray(vectors))) == pytest.approx(expected, abs=1e-5)


def test_the_probe_reads_edges_and_not_noise(world: Any) -> None:
    task = lattice()
    rng = np.random.default_rng(1)
    mixed = jnp.asarray(rng.normal(size=(12, 20)), jnp.float32)
    hidden = [(there @ mixed)[:, None] for there in (world.fitted_there, world.held_out_there)]
    assert float(task.probe(world, *hidden)) == pytest.approx(1, abs=1e-6)
    noise = [jnp.asarray(rng.normal(size=h.shape), jnp.float32) for h in hidden]
    assert abs(float(task.probe(world, *noise)) - 0.5) < 0.05
    both = [jnp.concatenate(pair, axis=1) for pair in zip(noise, hidden, strict=True)]
    assert float(task.probe(world, *both)) == pytest.approx(1, abs=1e-6)


def test_references_differ_on_every_metric(world: Any) -> None:
    task = lattice()
    low, high = (task.evaluate(world, KEY, reference(world)) for reference in (task.floor, task.oracle))
    assert {k: float(v) for k, v in high.items()} == pytest.approx(dict.fromkeys(task.metrics, 1.0), abs=1e-5)
    expected = {"probe_accuracy": 0.5, "path_accuracy": 0.0, "embedding_correlation": 0.0}
    assert {k: float(v) for k, v in low.items()} == pytest.approx(expected, abs=1e-5)
