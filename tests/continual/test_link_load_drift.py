"""Link loads through a failure: routes, when an hour is shown, liquid dynamics, refits."""

import dataclasses
import heapq

import chex
import jax
import jax.numpy as jnp
import numpy as np

from toybench.methods.continual.cfc import CfC
from toybench.methods.continual.gru_incremental import GRUIncremental
from toybench.methods.continual.gru_instance_norm import GRUInstanceNorm
from toybench.methods.continual.ltc import LTC
from toybench.methods.continual.persistence import Persistence
from toybench.protocol import Learner
from toybench.tasks.continual.link_load_drift import FAILS, RECENT, TRAINED, LinkLoadDrift, routing, wiring

KEY = jax.random.key(1_000_003)
TASK = LinkLoadDrift()
WORLD = jax.jit(TASK.sample)(KEY)


def bound(method):
    return dataclasses.replace(method, spec=TASK.spec, steps=TASK.steps)


def dijkstra(start, end, weight, source: int) -> list[list[int]]:
    """Directed links (forward i, backward k + i) on the shortest path to every node."""
    k, found, queue = len(start), {}, [(0.0, source, [])]
    while queue:
        length, node, links = heapq.heappop(queue)
        if node in found:
            continue
        found[node] = links
        for i in range(k):
            for a, b, link in ((start[i], end[i], i), (end[i], start[i], k + i)):
                if a == node:
                    heapq.heappush(queue, (length + float(weight[i]), int(b), [*links, link]))
    return [found[node] for node in range(8)]


def test_routes_are_shortest_paths() -> None:
    start, end, weight = wiring(jax.random.uniform(KEY, (75,)))
    assert len({frozenset(p) for p in zip(start.tolist(), end.tolist(), strict=True)}) == 11
    weight = weight.at[2].set(1e3)  # a failed link carries nothing
    routes = np.asarray(routing(start, end, weight)).reshape(22, 8, 8)
    assert routes[[2, 13]].sum() == 0
    for source in range(8):
        for target, links in enumerate(dijkstra(start.tolist(), end.tolist(), weight.tolist(), source)):
            np.testing.assert_array_equal(np.flatnonzero(routes[:, source, target]), sorted(links))


def test_the_failure_shifts_some_links_drastically() -> None:
    assert WORLD.load.shape == (20, 672)
    np.testing.assert_allclose(WORLD.load[:, :TRAINED].mean(1), 0, atol=1e-3)
    assert 1 <= int((WORLD.shift > 3).sum()) < 20


def test_an_hour_is_forecast_before_it_is_shown() -> None:
    """Persistence errs by the hour's change, and the recent past ends with that hour."""
    learner, hour = Learner(bound(Persistence()), ()), 60
    world = WORLD._replace(step=jnp.array(TASK.training + hour, jnp.int32))
    moved, batch = jax.jit(lambda w: TASK.draw(w, KEY, learner))(world)
    now = TRAINED + hour
    np.testing.assert_allclose(moved.error[hour], jnp.abs(WORLD.load[:, now] - WORLD.load[:, now - 1]), rtol=1e-5)
    np.testing.assert_array_equal(batch.recent, WORLD.load[:, now - RECENT + 1 : now + 1])
    assert bool(batch.live) and int(batch.hour) == hour


def test_training_windows_come_from_before_deployment() -> None:
    world = WORLD._replace(load=WORLD.load.at[:, TRAINED:].set(jnp.nan))
    learner = Learner(bound(Persistence()), ())
    _, batch = jax.jit(lambda w: TASK.draw(w, KEY, learner))(world)
    assert not bool(batch.live)
    assert bool(jnp.isfinite(batch.window).all() and jnp.isfinite(batch.target).all())


def test_metrics_use_what_was_recorded_while_live() -> None:
    """Recorded hours count as they were made, the others as the learner would do now."""
    learner = Learner(bound(Persistence()), ())
    before = TASK.evaluate(WORLD, KEY, learner)
    done = WORLD._replace(step=jnp.array(TASK.steps, jnp.int32), error=jnp.full(WORLD.error.shape, 2.0))
    after = TASK.evaluate(done, KEY, learner)
    change = np.abs(np.diff(np.asarray(WORLD.load), axis=1))
    np.testing.assert_allclose(before["pre_drift_mae"], change[:, TRAINED - 1 : FAILS - 1].mean(), rtol=1e-4)
    np.testing.assert_allclose(list(after.values()), 2.0, rtol=1e-5)


def test_liquid_units_stay_between_zero_and_their_reversal() -> None:
    """Whatever the input; and the fused step tends to the equation's own solution as steps get small."""
    method = bound(LTC())
    cell = method.cell(KEY)
    low, high = jnp.minimum(cell["reversal"], 0.0), jnp.maximum(cell["reversal"], 0.0)
    x = jnp.zeros((64, 16))
    for i in range(5):
        x = method.step(cell, x, 100.0 * jax.random.normal(jax.random.fold_in(KEY, i), (64, 1)))
        assert bool(((x >= low[None, :]) & (x <= high[None, :])).all())


def test_the_fused_solver_converges_to_the_differential_equation() -> None:
    cell = bound(LTC()).cell(KEY)
    inputs, x0 = jnp.array([[0.7]]), jnp.full((1, 16), 0.1)
    rate = jax.nn.softplus(cell["leak"])[None, :]

    def slope(x):
        f = jax.nn.sigmoid(inputs @ cell["in"] + cell["bias"][None, :] + x @ cell["rec"])
        return -(rate + f) * x + f * cell["reversal"][None, :]

    exact = jax.lax.fori_loop(0, 2000, lambda _, x: x + slope(x) / 2000, x0)
    errors = [float(jnp.abs(bound(LTC(unfolds=n)).step(cell, x0, inputs) - exact).max()) for n in (3, 12)]
    assert errors[1] < 0.4 * errors[0] < 0.1


def test_the_closed_form_gate_is_a_convex_mixture() -> None:
    method = bound(CfC())
    x = method.step(method.cell(KEY), jnp.zeros((8, 16)), 50.0 * jax.random.normal(KEY, (8, 1)))
    assert float(jnp.abs(x).max()) <= 1


def test_instance_norm_follows_shifts_and_scales() -> None:
    method = bound(GRUInstanceNorm())
    state, window = method.init(KEY), jax.random.normal(KEY, (5, 24))
    forecast = jax.jit(method.forecast)
    np.testing.assert_allclose(forecast(state, 10 * window + 3), 10 * forecast(state, window) + 3, rtol=1e-2)


def test_refits_happen_when_due_and_learn_the_latest_hours() -> None:
    method = bound(GRUIncremental(every=24))
    learner = Learner(bound(Persistence()), ())
    state, update = method.init(KEY), jax.jit(method.update)

    def at(hour: int):
        world = WORLD._replace(step=jnp.array(TASK.training + hour, jnp.int32))
        return TASK.draw(world, KEY, learner)[1]

    chex.assert_trees_all_equal(update(state, at(70), KEY), state)
    after, batch = update(state, at(71), KEY), at(71)

    def missed(s):
        windows = jnp.stack([batch.recent[:, h - 24 : h] for h in range(96, 120)])  # [24, l, 24]
        return float(((jax.vmap(lambda w: method.forecast(s, w))(windows) - batch.recent[:, 96:].T) ** 2).mean())

    assert missed(after) < 0.5 * missed(state)
