"""Recurrent cells: the numbers of flax's own."""

import flax.linen as flax
import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks import nn, recurrent

B, T, D, W = 2, 7, 3, 5
X = jnp.asarray(np.random.default_rng(0).normal(size=(B, T, D)).astype(np.float32))


def random_params(module: flax.Module) -> dict:
    """Parameters of a module, all of them normal: biases too."""
    shapes = nn.init(module, jax.random.key(0), X)["params"]
    rng = np.random.default_rng(2)
    return jax.tree.map(lambda p: jnp.asarray(rng.normal(size=p.shape).astype(np.float32)), shapes)


def test_the_gru_is_flax_s() -> None:
    own = random_params(recurrent.GRU(width=W))
    given = own["Dense_0"]
    theirs: dict = {}
    for i, gate in enumerate("rzn"):
        part = slice(i * W, (i + 1) * W)
        bias = given["bias"][part] + (0 if gate == "n" else own["bias"][part])
        theirs[f"i{gate}"] = {"kernel": given["kernel"][:, part], "bias": bias}
        theirs[f"h{gate}"] = {"kernel": own["kernel"][:, part]}
    theirs["hn"]["bias"] = own["bias"][2 * W :]
    expected = run(flax.GRUCell(features=W), theirs, jnp.zeros((B, W)))
    np.testing.assert_allclose(recurrent.GRU(width=W).apply({"params": own}, X), expected, atol=1e-5)


def test_the_lstm_is_flax_s() -> None:
    own = random_params(recurrent.LSTM(width=W))
    theirs: dict = {}
    for i, gate in enumerate("ifgo"):
        part = slice(i * W, (i + 1) * W)
        bias = own["bias"][part] + (recurrent.FORGET_BIAS if gate == "f" else 0)
        theirs[f"i{gate}"] = {"kernel": own["Dense_0"]["kernel"][:, part]}
        theirs[f"h{gate}"] = {"kernel": own["kernel"][:, part], "bias": bias}
    expected = run(flax.LSTMCell(features=W), theirs, (jnp.zeros((B, W)), jnp.zeros((B, W))))
    np.testing.assert_allclose(recurrent.LSTM(width=W).apply({"params": own}, X), expected, atol=1e-5)


def run(cell: flax.Module, params: dict, carry: jax.Array | tuple) -> jax.Array:
    """What flax's cell gives, token by token."""
    outputs = []
    for t in range(T):
        with jax.numpy_rank_promotion("allow"):
            carry, output = cell.apply({"params": params}, carry, X[:, t])
        outputs.append(output)
    return jnp.stack(outputs, 1)
