"""A class-incremental stream: conjugate prototypes, the variational and the Laplace posterior, the coreset."""

import dataclasses

import chex
import jax
import jax.numpy as jnp
import numpy as np

from toybench.methods.continual._class_networks import cross_entropy, keep, nothing_kept, rehearse
from toybench.methods.continual.protocl import ProtoCL, Prototypes
from toybench.methods.continual.sequential_laplace import SequentialLaplace
from toybench.methods.continual.vcl_mean_field import VCLMeanField
from toybench.tasks.continual import LabelledBatch
from toybench.tasks.continual.gaussian_classes import GaussianClasses

KEY = jax.random.key(1_000_002)
TASK = GaussianClasses()
WORLD = jax.jit(TASK.sample)(KEY)


def a_batch(step: int) -> LabelledBatch:
    world = WORLD._replace(step=jnp.array(step, jnp.int32))
    return jax.jit(lambda w: TASK.draw(w, KEY, TASK.floor(w)))(world)[1]


def test_labels_go_with_their_points() -> None:
    batch = a_batch(2 * TASK.length + 5)
    same = (batch.x[:, None, :] == WORLD.train[2][None]).all(-1)  # [b, n]
    np.testing.assert_array_equal(4 + jnp.argmax(same, 1) // TASK.points, batch.y)
    assert float((jnp.argmax(TASK.oracle(WORLD).single_head(batch.x), 1) == batch.y).mean()) > 0.8
    assert set(np.asarray(batch.y)) == {4, 5}
    np.testing.assert_array_equal(batch.seen, np.arange(10) < 6)


def test_scores_of_coming_classes_are_ignored() -> None:
    loss = cross_entropy(jnp.array([[0.0, 0.0, 99.0]]), jnp.array([0]), jnp.array([True, True, False]))
    np.testing.assert_allclose(loss, np.log(2), rtol=1e-5)


def test_prototypes_in_two_steps_equal_those_of_all_points() -> None:
    """And both are the conjugate posterior: mean of n points and the prior, weighted by precision."""
    method = dataclasses.replace(ProtoCL(noise=0.5), spec=TASK.spec)
    prior = Prototypes(shift=jnp.ones((2, 3)), precision=jnp.full(2, 2.0), counts=jnp.ones(2))
    z, y = jax.random.normal(KEY, (12, 3)), jnp.arange(12) % 2
    once = method.absorb(prior, z, y, jnp.ones(12))
    twice = method.absorb(method.absorb(prior, z[:5], y[:5], jnp.ones(5)), z[5:], y[5:], jnp.ones(7))
    chex.assert_trees_all_close(once, twice, rtol=1e-5)
    mean = (1.0 + z[::2].sum(0) / 0.5) / (2.0 + 6 / 0.5)
    np.testing.assert_allclose(once.shift[0] / once.precision[0], mean, rtol=1e-5)
    np.testing.assert_allclose(once.counts, [7, 7])


def test_the_predictive_density_is_gaussian_with_both_variances() -> None:
    method = dataclasses.replace(ProtoCL(noise=0.5), spec=TASK.spec)
    posterior = Prototypes(shift=jnp.array([[2.0]]), precision=jnp.array([4.0]), counts=jnp.array([1.0]))
    found = method.log_joint(posterior, jnp.array([[1.5]]))[0, 0]
    np.testing.assert_allclose(found, -0.5 * (1.0 / 0.75 + np.log(0.75)), rtol=1e-5)  # N(0.5, 0.5 + 0.25)


def test_a_coreset_keeps_the_first_points_of_ended_tasks() -> None:
    empty, batch = nothing_kept(TASK.spec, 3), a_batch(TASK.length - 1)
    assert not rehearse(empty, batch, KEY)[2][32:].any()
    chex.assert_trees_all_equal(keep(empty, batch._replace(end=jnp.array(False))), empty)
    full = keep(empty, batch)
    np.testing.assert_array_equal(full.met, np.arange(10) < 2)
    np.testing.assert_array_equal(full.x[1], WORLD.train[0][100:103])
    x, y, weight = rehearse(full, batch, KEY)
    assert weight.all() and set(np.asarray(y[32:])) == {0, 1}
    assert all((np.asarray(full.x[c]) == np.asarray(p)).all(1).any() for p, c in zip(x[32:], y[32:], strict=True))


def test_the_divergence_is_zero_at_the_prior_and_right_off_it() -> None:
    """KL(N(1, e^2) | N(0, 1)) = (e^2 + 1) / 2 - 1 - 1/2 for each weight, where the loss is at vanishing draws."""
    method = dataclasses.replace(VCLMeanField(), spec=TASK.spec)
    params, batch = method.network(KEY), a_batch(0)

    def divergence(prior):
        plain = dataclasses.replace(method, temper=0.0)
        both = [m.loss(params, prior, batch, KEY) for m in (method, plain)]
        return float(both[0] - both[1]) * TASK.spec.points

    np.testing.assert_allclose(divergence(params), 0, atol=1e-3)
    shifted = jax.tree.map(lambda m: m - 1.0, params[0]), jax.tree.map(lambda s: s - 1.0, params[1])
    many = sum(w.size for w in jax.tree.leaves(params[0]))
    scale = np.exp(-2 * (method.start - 1.0))
    np.testing.assert_allclose(divergence(shifted), many * ((np.e**2 + scale) / 2 - 1.5), rtol=1e-3)


def test_the_laplace_curvature_is_that_of_the_loss() -> None:
    """For the last layer's biases the Gauss-Newton diagonal is the Hessian's: sum of p (1 - p)."""
    method = dataclasses.replace(SequentialLaplace(hidden=3), spec=TASK.spec)
    params, batch = method.network(KEY), a_batch(0)
    batch = batch._replace(all_x=batch.all_x[:10], all_y=batch.all_y[:10])
    found = jax.jit(method.curvature)(params, batch)[-1][1]

    def loss(bias):
        moved = [*params[:-1], (params[-1][0], bias)]
        h = jnp.tanh(batch.all_x @ moved[0][0] + moved[0][1][None, :])
        scores = h @ moved[1][0] + moved[1][1][None, :]
        return cross_entropy(scores, batch.all_y, batch.seen).sum()

    np.testing.assert_allclose(found, jnp.diagonal(jax.hessian(loss)(params[-1][1])), atol=1e-4)
