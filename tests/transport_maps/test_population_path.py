"""The hemisphere's laws, shortest ways by scipy, and what GAGA's curves keep to."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse import csgraph

from toybench.methods.transport_maps import _encoder
from toybench.methods.transport_maps.gaga import Gaga
from toybench.methods.transport_maps.graph_geodesic import GraphGeodesic
from toybench.methods.transport_maps.latent_linear import LatentLinear
from toybench.methods.transport_maps.linear_interpolation import LinearInterpolation
from toybench.tasks.transport_maps import Cloud, along, closed, neighbour_edges
from toybench.tasks.transport_maps.population_path import PopulationPath, World, thinned

KEY = jax.random.key(0)
TASK = PopulationPath(points=200)
WORLD = TASK.sample(KEY)
GOING = jnp.linspace(0.0, 1.0, 65)


def array(*shape: int, seed: int = 0) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def bound(method: Any, task: PopulationPath = TASK, world: World = WORLD, steps: int = 1) -> Any:
    return replace(method, spec=task.spec, given=task.given(world), steps=steps)


def judged(ways: jax.Array) -> dict[str, float]:
    found = TASK.evaluate(WORLD, KEY, SimpleNamespace(interpolate=lambda start, end, s: ways))
    return {name: float(value) for name, value in found.items()}


@pytest.mark.parametrize(("left", "share"), [(1.0, 0.174), (0.1, 0.0206)])
def test_the_cloud_covers_the_upper_half_but_for_the_band(left: float, share: float) -> None:
    task = PopulationPath(left=left, points=2000, dims=10)
    noise = array(3000, 3)
    world = PopulationPath(left=left, points=100, dims=10).sample(KEY)
    np.testing.assert_allclose(jnp.linalg.norm(world.cloud.points, axis=1), 1.0, rtol=1e-5)
    inner = world.cloud.points @ world.basis
    np.testing.assert_allclose(inner @ world.basis.T, world.cloud.points, atol=1e-5)
    assert float(inner[:, 2].min()) >= -1e-5
    kept = thinned_share(task, noise)
    assert abs(kept - share) < 4 * (share / 2000) ** 0.5


def thinned_share(task: PopulationPath, noise: jax.Array) -> float:
    """Of points in the band of 20 degrees."""
    dropped = jnp.asarray(np.random.default_rng(1).uniform(size=3000) > task.left)
    flat = thinned(noise, dropped)[: task.points]
    return float((jnp.abs(flat[:, 0]) < np.sin(np.radians(10))).mean())


def test_populations_fill_caps_120_degrees_apart() -> None:
    for points, side in ((WORLD.start, -1), (WORLD.end, 1), (WORLD.cloud.start, -1), (WORLD.cloud.end, 1)):
        centre = jnp.array([side * np.sin(np.pi / 3), 0.0, 0.5])
        height = (points @ WORLD.basis) @ centre
        assert float(height.min()) > np.cos(np.pi / 9) - 1e-5
        assert abs(float(height.mean()) - (1 + np.cos(np.pi / 9)) / 2) < 0.012  # uniform in height, as on any sphere


def test_noise_lies_in_every_coordinate() -> None:
    noisy = PopulationPath(points=200, dims=10, noise=0.1).sample(KEY)
    even = PopulationPath(points=200, dims=10).sample(KEY)
    np.testing.assert_allclose((noisy.cloud.points - even.cloud.points).std(0), 0.1, rtol=0.25)
    np.testing.assert_allclose((noisy.cloud.start - even.cloud.start).std(), 0.1, rtol=0.1)
    np.testing.assert_allclose(noisy.start, even.start)


def test_shortest_and_widest_ways_are_scipys() -> None:
    points = array(40, 3)
    edges = np.asarray(neighbour_edges(points, 4))
    weights = np.where(np.isinf(edges), 0.0, edges)
    np.testing.assert_allclose(closed(jnp.asarray(edges)), csgraph.shortest_path(weights), rtol=1e-4, atol=1e-5)
    apart = np.linalg.norm(np.asarray(points)[:, None] - np.asarray(points)[None, :], axis=-1)
    tree = csgraph.minimum_spanning_tree(apart).toarray()
    assert (edges[tree > 0] < np.inf).all()
    near = np.argsort(apart, axis=1)[:, 1:5]
    assert all(edges[i, j] < np.inf and edges[j, i] < np.inf for i in range(40) for j in near[i])
    assert np.isfinite(edges).sum() <= 40 + 2 * 40 * 4 + 2 * 39


def test_far_parts_are_joined_by_one_edge() -> None:
    points = jnp.concatenate([array(10, 2), array(10, 2, seed=1) + 100.0])
    edges = neighbour_edges(points, 2)
    assert int(jnp.isfinite(edges[:10, 10:]).sum()) == 1
    assert bool(jnp.isfinite(closed(edges)).all())


def test_the_graph_measures_the_sphere() -> None:
    true = jnp.arccos(jnp.clip(WORLD.cloud.points @ WORLD.cloud.points.T, -1, 1))
    far = true > 1
    ratio = (WORLD.cloud.graph / jnp.where(far, true, 1.0))[far]
    assert 0.99 < float(ratio.mean()) < 1.08


def test_references_and_straight_lines_by_their_formulas() -> None:
    oracle = judged(TASK.oracle(WORLD).interpolate(WORLD.start, WORLD.end, GOING))
    assert oracle["length_error"] < 1e-3
    assert oracle["off_manifold"] < 1e-5
    assert abs(oracle["middle_distance"]) < 10
    assert judged(TASK.floor(WORLD).interpolate(WORLD.start, WORLD.end, GOING))["length_error"] == 1.0
    line = LinearInterpolation().interpolate((), WORLD.start, WORLD.end, GOING)
    angle = np.arccos(np.asarray((WORLD.start * WORLD.end).sum(1)))
    assert judged(line)["length_error"] == pytest.approx(np.mean(1 - 2 * np.sin(angle / 2) / angle), abs=1e-4)
    depth = 1 - np.sqrt(1 - 4 * np.outer(GOING * (1 - GOING), np.sin(angle / 2) ** 2))
    assert judged(line)["off_manifold"] == pytest.approx(depth[2:-2:2].mean(), abs=1e-4)
    going = np.asarray(GOING)[::2, None]
    sides = np.stack([np.sin((1 - going) * angle), np.sin(going * angle)]) / np.sin(angle)
    share = np.stack([1 - going, going])
    apart = share[:, :, None] - sides[:, None]  # in the two ends as axes, of which the inner product is cos(angle)
    squares = (apart**2).sum(0) + 2 * np.cos(angle) * apart.prod(0)
    assert judged(line)["geodesic_distance"] == pytest.approx(1e3 * (squares.min(1).mean(0) / angle).mean(), rel=1e-3)


def test_how_a_way_is_parted_is_no_matter() -> None:
    circle = TASK.oracle(WORLD).interpolate
    late = judged(circle(WORLD.start, WORLD.end, jnp.linspace(0.0, 1.0, 65) ** 2))
    assert late["length_error"] < 2e-3
    assert late["geodesic_distance"] < 0.1
    assert abs(late["middle_distance"] - judged(circle(WORLD.start, WORLD.end, GOING))["middle_distance"]) < 0.5


def test_off_manifold_counts_every_direction() -> None:
    task = PopulationPath(points=50, dims=10)
    world = task.sample(KEY)
    outside = jnp.eye(10)[0] - world.basis @ world.basis[0]
    ways = task.oracle(world).interpolate(world.start, world.end, GOING)
    shifted = ways + 0.3 * (outside / jnp.linalg.norm(outside))[None, None, :]
    found = task.evaluate(world, KEY, SimpleNamespace(interpolate=lambda start, end, s: shifted))
    assert float(found["off_manifold"]) == pytest.approx(0.3, abs=1e-4)


@pytest.mark.parametrize("nearest", [4, 12])
def test_a_way_over_the_graph_is_scipys_shortest(nearest: int) -> None:
    method = bound(GraphGeodesic(nearest=nearest))
    ways = method.interpolate(method.init(KEY), WORLD.start[:3], WORLD.end[:3], jnp.linspace(0.0, 1.0, 400))
    found = jnp.linalg.norm(jnp.diff(ways, axis=0), axis=-1).sum(0)
    points = np.asarray(WORLD.cloud.points)
    edges = np.asarray(neighbour_edges(WORLD.cloud.points, nearest))
    for pair in range(3):
        whole = np.full((202, 202), np.inf)
        whole[:200, :200] = edges
        for at, x in ((200, WORLD.start[pair]), (201, WORLD.end[pair])):
            apart = np.linalg.norm(points - np.asarray(x), axis=1)
            near = np.argsort(apart)[:nearest]
            whole[at, near] = apart[near]
            whole[near, at] = apart[near]
        shortest = csgraph.shortest_path(np.where(np.isinf(whole), 0.0, whole))[200, 201]
        assert 0.97 * shortest < float(found[pair]) < 1.0001 * shortest  # 64 points of a chain cut its corners
        np.testing.assert_allclose(ways[0, pair], WORLD.start[pair], atol=1e-5)
        np.testing.assert_allclose(ways[-1, pair], WORLD.end[pair], atol=1e-5)


def test_rounding_makes_ways_shorter_and_keeps_their_ends() -> None:
    plain = bound(GraphGeodesic(nearest=4))
    rounded = bound(GraphGeodesic(nearest=4, rounded=8))
    graph = plain.init(KEY)
    ways = [m.interpolate(graph, WORLD.start, WORLD.end, GOING) for m in (plain, rounded)]
    length = [float(jnp.linalg.norm(jnp.diff(w, axis=0), axis=-1).sum(0).mean()) for w in ways]
    assert 0.8 * length[0] < length[1] < 0.99 * length[0]
    np.testing.assert_allclose(ways[1][-1], WORLD.end, atol=1e-5)


def test_places_are_at_equal_lengths() -> None:
    chain = jnp.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0], [3.0, 1.0]])
    found = along(chain, jnp.array([0.0, 0.5, 0.75, 0.875, 1.0]))
    np.testing.assert_allclose(found, [[0, 0], [2, 0], [3, 0], [3, 0.5], [3, 1]], atol=1e-6)


def test_the_distance_loss_is_a_loop() -> None:
    codes = array(5, 3)
    graph = jnp.abs(array(5, 5, seed=1))
    total = 0.0
    for i in range(5):
        for j in range(5):
            total += (np.linalg.norm(codes[i] - codes[j]) - float(graph[i, j]) / 2.0) ** 2 / 25
    np.testing.assert_allclose(_encoder.distance_loss(codes, graph, jnp.asarray(2.0)), total, rtol=1e-4)


def test_rows_have_their_own_distances() -> None:
    cloud = Cloud(points=array(6, 2), graph=jnp.arange(36.0).reshape(6, 6), start=array(1, 2), end=array(1, 2))
    points, graph = _encoder.of_rows(cloud, jnp.array([4, 1]))
    np.testing.assert_allclose(points, cloud.points[jnp.array([4, 1])])
    np.testing.assert_allclose(graph, [[28, 25], [10, 7]])


def test_gagas_metric_by_hand() -> None:
    method = bound(Gaga(warp=0.7))
    params = method.init(KEY).params
    x = array(4, 3, seed=2)
    data = 1 / (1 + np.exp(-np.asarray(_encoder.network(1).apply(params["discriminator"], x))[:, 0]))
    code = np.asarray(_encoder.network(3).apply(params["encoder"], x))
    off = 0.7 * (1 - data)
    np.testing.assert_allclose(method.warped(params, x)[:, :3], code * np.exp(off)[:, None], rtol=1e-4)
    np.testing.assert_allclose(method.warped(params, x)[:, 3], 100 * off, rtol=1e-4)
    flat = bound(Gaga(warp=0.0)).warped(params, x)
    np.testing.assert_allclose(flat, np.concatenate([code, np.zeros((4, 1))], axis=1), rtol=1e-4, atol=1e-6)


def test_gagas_curves_keep_their_ends_and_bend_by_an_envelope() -> None:
    method = bound(Gaga())
    params = method.init(KEY).params
    ways = method.curve(params, WORLD.start, WORLD.end, jnp.array([0.0, 0.25, 1.0]))
    np.testing.assert_allclose(ways[0], WORLD.start, atol=1e-6)
    np.testing.assert_allclose(ways[2], WORLD.end, atol=1e-6)
    seen = jnp.concatenate([WORLD.start, WORLD.end, jnp.full((len(WORLD.start), 1), 0.25)], axis=1)
    bend = 0.75 * _encoder.network(3).apply(params["curve"], seen)
    np.testing.assert_allclose(ways[1], 0.75 * WORLD.start + 0.25 * WORLD.end + bend, atol=1e-5)
    straight = jax.tree.map(jnp.zeros_like, params)
    line = LinearInterpolation().interpolate((), WORLD.start, WORLD.end, GOING)
    np.testing.assert_allclose(method.curve(straight, WORLD.start, WORLD.end, GOING), line, atol=1e-6)


def test_a_step_of_gaga_follows_three_losses() -> None:
    """The first step of Adam goes against the slope's sign; each network's loss is written out once more here."""
    method = bound(Gaga(lr=0.01))
    state = method.init(KEY)
    _, batch = TASK.draw(WORLD, KEY, None)
    x = WORLD.cloud.points[batch.rows]
    negative = x + 0.5 * WORLD.cloud.points.std() * batch.noise

    def encoder_loss(params: Any) -> jax.Array:
        codes = _encoder.network(3).apply(params, x)
        graph = WORLD.cloud.graph[batch.rows][:, batch.rows]
        return _encoder.distance_loss(codes, graph, WORLD.cloud.graph.std())

    def discriminator_loss(params: Any) -> jax.Array:
        logits = _encoder.network(1).apply(params, jnp.concatenate([x, negative]))[:, 0]
        return -jnp.concatenate([jax.nn.log_sigmoid(logits[:64]), jax.nn.log_sigmoid(-logits[64:])]).mean()

    inner = (jnp.arange(10, dtype=jnp.float32) + jax.random.uniform(KEY, (10,))) / 10
    times = jnp.concatenate([jnp.zeros(1), inner, jnp.ones(1)])

    def curve_loss(params: Any) -> jax.Array:
        whole = {**state.params, "curve": params}
        image = method.warped(state.params, method.curve(whole, batch.start, batch.end, times))
        chords = [jnp.linalg.norm(image[i + 1] - image[i], axis=-1).mean() for i in range(11)]
        return jnp.asarray(sum(chords))

    after = method.update(state, batch, KEY).params
    losses = {"encoder": encoder_loss, "discriminator": discriminator_loss, "curve": curve_loss}
    for name, loss in losses.items():
        slope = jax.grad(loss)(state.params[name])
        for old, new, g in zip(*map(jax.tree.leaves, (state.params[name], after[name], slope)), strict=True):
            sure = jnp.abs(g) > 1e-3
            np.testing.assert_allclose(jnp.where(sure, new - old + 0.01 * jnp.sign(g), 0.0), 0.0, atol=1e-4)


def trained(method: Any, steps: int) -> tuple[Any, Any]:
    own = bound(method, steps=steps)

    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        _, batch = TASK.draw(WORLD, key, None)
        return own.update(state, batch, key), None

    state, _ = jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, steps)))(own.init(KEY))
    return own, state


def test_gagas_ways_leave_the_straight_line_for_the_sphere() -> None:
    own, state = trained(Gaga(lr=0.01), 300)
    found = judged(own.interpolate(state, WORLD.start, WORLD.end, GOING))
    line = judged(LinearInterpolation().interpolate((), WORLD.start, WORLD.end, GOING))
    assert found["off_manifold"] < line["off_manifold"] / 4
    assert found["length_error"] < line["length_error"]


def test_an_autoencoder_keeps_distances_and_points() -> None:
    own, state = trained(LatentLinear(lr=0.003), 300)
    points = WORLD.cloud.points
    codes = own.encode(state.params, points)
    apart = np.linalg.norm(np.asarray(codes)[:, None] - np.asarray(codes)[None, :], axis=-1)
    assert np.corrcoef(apart.ravel(), np.asarray(WORLD.cloud.graph).ravel())[0, 1] > 0.98
    assert float(jnp.abs(own.decode(state.params, codes) - points).mean()) < 0.1
