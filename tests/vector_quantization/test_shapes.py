"""Shapes: the grammar by counting, causality, and tokens that are what the decoder sees."""

import jax
import jax.numpy as jnp
import numpy as np

from toybench.methods.vector_quantization import _shapes, grid_tokens_ar, latent_vector_tokens_ar
from toybench.tasks.vector_quantization import shape_token_autoregression as task_module
from toybench.tasks.vector_quantization._shapes import Shapes, ShapeSpec, matches, occupancy, profiles

SPEC = ShapeSpec(side=8)
METHODS = [grid_tokens_ar.GridTokensAR, latent_vector_tokens_ar.LatentVectorTokensAR]


def test_there_are_as_many_shapes_as_counting_says():
    profile, blocks = profiles()
    # widths times heights times places: 4 * 28, 4 * 3 * 35, 4 * 3 * 3 * 15
    assert np.bincount(blocks).tolist() == [0, 112, 420, 540]
    assert len({tuple(p) for p in profile.tolist()}) == len(profile)


def test_shapes_are_symmetric_stacks_of_blocks():
    profile, blocks = profiles()
    shape = occupancy(profile)
    assert (shape == shape[:, :, ::-1]).all()
    assert (shape.sum(2) == 2 * profile).all()
    runs = [len(np.flatnonzero(np.diff(p[p > 0]))) + 1 for p in profile]
    assert runs == blocks.tolist()


def test_matching_finds_a_shape_and_nothing_else():
    every = jnp.asarray(occupancy(profiles()[0]))
    match = np.asarray(matches(every[:50] > 0.5, every))
    assert (match.sum(1) == 1).all() and (match.argmax(1) == np.arange(50)).all()
    one_off = every[:50].at[:, 0, 0].set(1.0 - every[:50, 0, 0])
    assert not np.asarray(matches(one_off > 0.5, every)).any()


def test_held_out_shapes_are_never_drawn_and_blocks_are_equally_likely():
    task = task_module.ShapeTokenAutoregression(batch=20000)
    world = task.sample(jax.random.key(0))
    _, batch = task.draw(world, jax.random.key(1), None)
    index = np.asarray(jnp.argmax(matches(batch.shape > 0.5, task_module.every_shape()), axis=1))
    assert not set(index.tolist()) & set(np.asarray(world.held).tolist())
    share = np.bincount(profiles()[1][index], minlength=4)[1:] / len(index)
    assert np.abs(share - 1 / 3).max() < 0.06


def test_a_token_is_predicted_from_those_before_it_only():
    method = latent_vector_tokens_ar.LatentVectorTokensAR(spec=SPEC, steps=10, layers=1)
    state = jax.jit(method.init)(jax.random.key(0))
    params = jax.tree.map(lambda x: x[0], state.params["transformer"])
    token = jax.random.randint(jax.random.key(1), (3, method.tokens), 0, method.codes)
    changed = token.at[:, 2].add(1) % method.codes
    mask = _shapes.attention.causal_mask(method.tokens)
    predict = jax.jit(lambda t: method.transformer.apply(params, method.inputs(t, state.orders[0]), mask))
    a, b = predict(token), predict(changed)
    assert np.allclose(a[:, :3], b[:, :3], atol=1e-5)
    assert not np.allclose(a[:, 3:], b[:, 3:], atol=1e-3)


def test_first_steps_change_the_tokeniser_and_later_ones_the_transformer():
    method = grid_tokens_ar.GridTokensAR(spec=SPEC, steps=4, layers=1)
    state = jax.jit(method.init)(jax.random.key(0))
    batch = Shapes(jnp.asarray(occupancy(profiles()[0])[::30]))
    update, parts, moved = jax.jit(method.update), [], lambda a, b: any(map(lambda x, y: bool((x != y).any()), a, b))
    for i in range(4):
        after = update(state, batch, jax.random.key(i))
        pairs = ((jax.tree.leaves(s.params[p]) for s in (state, after)) for p in ("tokeniser", "transformer"))
        parts.append([moved(*pair) for pair in pairs])
        state = after
    # the cosine's first step is at its full rate, so every step moves something
    assert parts == [[True, False], [True, False], [False, True], [False, True]]


def test_tokens_of_the_vector_are_half_as_many_as_those_of_the_grid():
    assert [cls(spec=SPEC, steps=1).tokens for cls in METHODS] == [16, 8]


def test_likelihoods_sum_to_one_over_all_sequences():
    method = grid_tokens_ar.GridTokensAR(spec=ShapeSpec(side=4), steps=10, codes=3)  # 4 tokens of 3 values
    state = jax.jit(method.init)(jax.random.key(0))
    every = jnp.stack(jnp.meshgrid(*[jnp.arange(3)] * 4, indexing="ij"), -1).reshape(-1, 4)
    nats = jax.jit(method.sequence_nats)(state.params["transformer"], state.orders, every)
    assert np.allclose(jnp.exp(-nats).sum(1), 1.0, atol=1e-4)
