"""What training brings on short paths, and what a random run does to it."""

import jax
import jax.numpy as jnp
import pytest

from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.asynchronous_graphs.asynchronous_inference import AsynchronousInference

TASK = AsynchronousInference(nodes=4, sweeps=60)
STEPS = 120


def trained(stem, **fields):
    """Metrics of three seeds after training."""
    method = registry.load("methods", f"asynchronous_graphs/{stem}")(spec=TASK.spec, steps=STEPS, lr=0.03, **fields)

    def trial(key):
        a, b, c = jax.random.split(key, 3)
        world = TASK.sample(a)

        def learn(state, key):
            _, batch = TASK.draw(world, key, None)
            return method.update(state, batch, key), None

        state, _ = jax.lax.scan(learn, method.init(b), jax.random.split(c, STEPS))
        return TASK.evaluate(world, key, Learner(method, state))

    return jax.vmap(trial)(jax.random.split(jax.random.key(1), 3))


@pytest.mark.parametrize("stem", ["energy_gnn", "fixed_point_gnn"])
def test_implicit_networks_tell_the_label_by_any_schedule(stem):
    metrics = trained(stem)
    assert metrics["sync_error"].max() < 0.1
    assert jnp.abs(metrics["damage"]).max() < 0.02
    assert metrics["gap"].max() < 0.05
    assert metrics["limit_gap"].max() < 1e-3


def test_a_deep_network_is_spoilt_less_where_it_practised_and_not_where_nodes_wait():
    spoilt = trained("gcn", waits=False)
    practised = trained("scheduled_gcn")
    waits = trained("gcn")
    assert spoilt["sync_error"].max() < 0.1
    assert waits["sync_error"].max() < 0.1
    assert spoilt["gap"].min() > 0.1
    assert practised["gap"].mean() < spoilt["gap"].mean()
    assert waits["gap"].max() == 0
