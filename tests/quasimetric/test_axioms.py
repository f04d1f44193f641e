"""Every method of the study keeps the axioms that it declares, and one that declares none breaks one."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.quasimetric._embedding import Embedding
from toybench.plugins import registry
from toybench.tasks.quasimetric import Spec

NODES, FEATURES, SCALES = 24, 16, (0.1, 1.0, 10.0)
X, Y = (jnp.asarray(i) for i in np.divmod(np.arange(NODES**2), NODES))


def worst(d):
    """(most negative distance, greatest self-distance, greatest excess over a way round), relative to the greatest."""
    d = np.asarray(d, np.float64).reshape(NODES, NODES)
    assert np.isfinite(d).all()
    excess = d[:, None, :] - (d[:, :, None] + d[None, :, :])
    size = np.abs(d).max() + 1e-12
    return max(0.0, -d.min()) / size, np.abs(d.diagonal()).max() / size, max(0.0, excess.max()) / size


def distances(method, seed):
    """Distance matrices of learners with initial and with shaken parameters, at several scales of the features."""
    features = jax.random.normal(jax.random.key(seed), (NODES, FEATURES))
    params = jax.jit(lambda k: replace(method, given=features).init(k).params)(jax.random.key(seed + 100))
    shaken = jax.tree.map(lambda p: p + 0.3 * jnp.sin(7.3 * jnp.arange(1.0 * p.size) + seed).reshape(p.shape), params)
    apart = jax.jit(lambda p, f: replace(method, given=f).predict_distance(p, X, Y))
    between = jax.jit(lambda p, z: method.between(p["head"], z[X], z[Y]))
    for chosen in (params, shaken):
        for scale in SCALES:
            yield apart(chosen, scale * features)
            if method.guaranteed_quasimetric:  # on any latents, not only on those that the encoder gives
                yield between(chosen, scale * jax.random.normal(jax.random.key(seed + 200), (NODES, method.latent)))


EMBEDDINGS = [name for name in registry.methods("quasimetric") if issubclass(registry.load("methods", name), Embedding)]


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_the_flag_is_right_both_ways(name):
    method = registry.load("methods", name)(spec=Spec(nodes=NODES, features=FEATURES), steps=10)
    matrices = [d for seed in (0, 1) for d in distances(method, seed)]
    found = np.array([worst(d) for d in matrices])
    if method.guaranteed_quasimetric:
        assert found.max() < 2e-6, f"{name} breaks an axiom by {found.max(0)} of its greatest distance"
    else:
        assert found.max() > 1e-3, f"{name} keeps every axiom: is it a quasimetric after all?"
    first = np.asarray(matrices[0]).reshape(NODES, NODES)
    symmetric = np.abs(first - first.T).max() < 1e-6 * first.max()
    assert symmetric == name.endswith("euclidean_embedding")  # no other one may treat both ways alike
