"""Maps of four kinds and the branches that follow them: the world in NumPy, laws between branches, first steps."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import nn
from toybench.methods.prompted_generation import _control
from toybench.methods.prompted_generation.omni_controlnet import OmniControlNet
from toybench.methods.prompted_generation.separate_controlnets import SeparateControlNets
from toybench.methods.prompted_generation.separate_small import SeparateSmall
from toybench.tasks import prompted_generation as page
from toybench.tasks.prompted_generation import control_types
from toybench.tasks.prompted_generation.control_types import ControlTypes, World, extract, map_of

KEY = jax.random.key(0)
TASK = ControlTypes()
SPEC = page.Spec(kinds=4, size=6)


@pytest.fixture(scope="module")
def base():
    """A model that was not trained."""
    leak = jnp.asarray(0.5)
    params = nn.init(page.PromptModel(), KEY, jnp.zeros((1, 16)), jnp.zeros(1), page.wordless(1), leak)
    return page.Pretrained(params=params, leak=leak)


@pytest.fixture(scope="module")
def world(base):
    """A world with that model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(control_types, "pretrain", lambda key, tongue, leak: base)
        return jax.jit(TASK.sample)(KEY)


def test_maps_look_along_directions_in_four_ways(world: World):
    x = np.asarray(world.image[:5], float)
    along = x @ np.asarray(world.directions[0])
    expected = np.stack([along, np.abs(along), np.tanh(2 * along), along[:, [5, 4, 3, 2, 1, 0]]], 1)
    np.testing.assert_allclose(extract(world.directions, world.image[:5]), expected, atol=1e-5)
    kind = jnp.array([3, 0, 1, 2, 0])
    np.testing.assert_allclose(
        map_of(world.directions, world.image[:5], kind), expected[np.arange(5), np.asarray(kind)], atol=1e-5
    )
    assert float((np.asarray(world.directions[0]) ** 2).sum(0).mean()) == pytest.approx(1, abs=0.5)


def test_a_batch_has_as_many_maps_of_every_kind(world: World):
    _, batch = TASK.draw(world, KEY, None)
    assert np.bincount(batch.kind).tolist() == [16] * 4
    np.testing.assert_allclose(batch.wanted, map_of(world.directions, batch.scenes.image, batch.kind), atol=1e-6)
    np.testing.assert_allclose(batch.maps[jnp.arange(64), batch.kind], batch.wanted, atol=1e-6)
    assert float(batch.scenes.prompt.traits.sum()) == 0


def test_kinds_look_along_the_same_directions_or_along_their_own(monkeypatch, base):
    monkeypatch.setattr(control_types, "pretrain", lambda key, tongue, leak: base)
    own = ControlTypes(own=True).sample(KEY).directions
    same = TASK.sample(KEY).directions
    assert float(jnp.abs(same - same[:1]).max()) == 0
    assert float(jnp.abs(own[1:] - own[:-1]).max(axis=(1, 2)).min()) > 0.1


def test_a_whole_lesson_has_every_scene_in_every_kind(base, world: World):
    _, batch = TASK.draw(world, KEY, None)
    seen = make(SeparateControlNets, base, whole=True).lesson(batch)
    assert np.bincount(seen.kind).tolist() == [64] * 4
    np.testing.assert_array_equal(seen.scenes.image[64:128], batch.scenes.image)
    np.testing.assert_array_equal(seen.scenes.time[192:], batch.scenes.time)
    np.testing.assert_allclose(seen.wanted, map_of(world.directions, seen.scenes.image, seen.kind), atol=1e-5)
    assert make(SeparateControlNets, base).lesson(batch) is batch


def judged(world, follow):
    found = TASK.evaluate(world, KEY, SimpleNamespace(follow=follow))
    return {name: float(value) for name, value in found.items()}


def test_an_error_is_in_standard_deviations_of_its_kind(world: World):
    """Strangers' maps are sqrt(2) off; a shift along a first map's direction moves that kind's map alone by as much."""
    exact = judged(world, TASK.oracle(world).follow)
    assert exact["condition_error"] == exact["worst_error"] == 0 and abs(exact["distance"]) < 0.01
    strangers = judged(world, TASK.floor(world).follow)
    assert strangers["condition_error"] == pytest.approx(2**0.5, abs=0.1)
    directions = np.asarray(world.directions[0], float).T

    def shifted(start, kind, wanted):
        step = 0.3 * world.directions[0, :, 0]
        return world.image + jnp.where(kind == 0, 1.0, 0.0)[:, None] * step[None]

    moved = 0.3 * directions @ directions[0]
    wanted = np.asarray(world.wanted)[np.asarray(world.kind) == 0]
    expected = np.sqrt((moved**2).mean() / wanted.var(0).mean())
    found = judged(world, shifted)
    assert found["worst_error"] == pytest.approx(expected, rel=1e-3)
    assert found["condition_error"] == pytest.approx(expected / 4, rel=1e-3)


def make(cls, base, spec=SPEC, **fields):
    return cls(spec=spec, given=base, steps=10, **fields)


def everyone(base):
    return [
        make(OmniControlNet, base),
        make(OmniControlNet, base, typed=False),
        make(SeparateControlNets, base),
        make(SeparateSmall, base),
    ]


def test_branches_add_nothing_at_first(base, world: World):
    start = world.start[:8]
    plain = page.render(base, start, page.attend(base, page.wordless(8)))
    for who in everyone(base)[1:]:
        found = who.follow(who.init(KEY), start, world.kind[:8], world.wanted[:8])
        np.testing.assert_allclose(found, plain, atol=1e-5)


def test_the_shared_branch_has_as_many_parameters_as_the_narrow_ones_and_a_quarter_of_the_wide(base):
    size = [sum(leaf.size for leaf in jax.tree.leaves(who.init(KEY).params)) for who in everyone(base)]
    assert size[0] == size[1]
    assert abs(size[3] / size[0] - 1) < 0.1 and size[2] == 4 * 4128


def noisy(params, seed=5):
    """Parameters that are nowhere 0."""
    leaves, tree = jax.tree.flatten(params)
    drawn = np.random.default_rng(seed)
    return jax.tree.unflatten(
        tree, [leaf + jnp.asarray(0.1 * drawn.normal(size=leaf.shape), leaf.dtype) for leaf in leaves]
    )


def test_with_one_kind_sharing_is_having_a_branch_of_ones_own(base, world: World):
    one = page.Spec(kinds=1, size=6)
    shared = make(OmniControlNet, base, one, typed=False)
    own = make(SeparateControlNets, base, one)
    params = noisy(shared.init(KEY).params)
    kind = jnp.zeros(8, jnp.int32)
    layers = {name: leaf for name, leaf in params["branch"]["params"].items() if name != "heard"}
    alone = jax.tree.map(lambda leaf: leaf[None], {"params": layers})
    np.testing.assert_allclose(
        shared.follow(_control.State(params=params, opt=()), world.start[:8], kind, world.wanted[:8]),
        own.follow(_control.State(params=alone, opt=()), world.start[:8], kind, world.wanted[:8]),
        atol=1e-4,
    )


def test_every_scene_has_the_branch_of_its_kind(base, world: World):
    """Another kind's parameters don't touch it."""
    who = make(SeparateControlNets, base)
    params = noisy(who.init(KEY).params)
    changed = jax.tree.map(lambda leaf: leaf.at[2].add(1.0), params)
    kind = jnp.array([0, 2, 1, 3])
    times = jnp.full(4, 0.4)
    before = who.added(params, world.start[:4], times, kind, world.wanted[:4])
    after = who.added(changed, world.start[:4], times, kind, world.wanted[:4])
    np.testing.assert_array_equal(before[np.array([0, 2, 3])], after[np.array([0, 2, 3])])
    assert np.abs(np.asarray(before[1] - after[1])).max() > 1e-4
    third = jax.tree.map(lambda leaf: leaf[3], params)
    alone = _control.Branch(32).apply(third, world.start[3:4], times[:1], world.wanted[3:4])
    np.testing.assert_allclose(before[3], alone[0], atol=1e-5)


def test_a_kinds_word_is_heard_by_the_model_and_scales_the_branch(base, world: World):
    who = make(OmniControlNet, base)
    params = noisy(who.init(KEY).params)
    kind = jnp.array([1, 3])
    words = who.prompt(params, kind)
    np.testing.assert_allclose(words[:, 3], params["words"][kind])
    np.testing.assert_allclose(words[:, :3], _control.plain_words(base, 2))
    assert make(OmniControlNet, base, typed=False).prompt(params, kind).shape == (2, 3, 16)
    leaf = params["branch"]["params"]
    x = np.concatenate([world.start[:2], page.time_features(jnp.full(2, 0.3)), world.wanted[:2]], -1)

    def silu(z):
        return z / (1 + np.exp(-z))

    h = silu(x @ np.asarray(leaf["enter"]["kernel"]) + np.asarray(leaf["enter"]["bias"]))
    h = h * (1 + np.asarray(params["words"][kind] @ leaf["heard"]["kernel"]))
    h = silu(h @ np.asarray(leaf["hidden"]["kernel"]) + np.asarray(leaf["hidden"]["bias"]))
    expected = h @ np.asarray(leaf["zero"]["kernel"]) + np.asarray(leaf["zero"]["bias"])
    found = who.added(params, world.start[:2], jnp.full(2, 0.3), kind, world.wanted[:2])
    np.testing.assert_allclose(found, expected.reshape(2, 2, 32), atol=1e-4)


def test_the_first_step_moves_the_last_layer_against_the_loss(base, world: World):
    """The rate against the sign; layers before it wait for kernels that aren't 0, and the model is frozen."""
    _, batch = TASK.draw(world, KEY, None)
    who = make(SeparateControlNets, base, lr=0.01)
    state = who.init(KEY)
    after = who.update(state, batch, KEY)
    slope = jax.grad(
        lambda params: page.denoising_loss(
            batch.scenes, lambda x, t: who.predict(params, x, t, batch.kind, batch.wanted)
        )
    )(state.params)
    step = after.params["params"]["zero"]["bias"]
    np.testing.assert_allclose(step, -0.01 * jnp.sign(slope["params"]["zero"]["bias"]), rtol=1e-2)
    np.testing.assert_array_equal(after.params["params"]["enter"]["kernel"], state.params["params"]["enter"]["kernel"])


def test_branches_learn_to_follow(base, world: World):
    """Beside a model that was not trained, after 60 steps."""
    for cls in (OmniControlNet, SeparateControlNets):
        who = make(cls, base, lr=0.02)

        def step(state, key, who=who):
            _, batch = TASK.draw(world, key, None)
            loss = page.denoising_loss(
                batch.scenes,
                lambda x, t: who.predict(state.params, x, t, batch.kind, batch.wanted),
            )
            return who.update(state, batch, key), loss

        _, losses = jax.lax.scan(step, who.init(KEY), jax.random.split(KEY, 60))
        assert float(losses[-10:].mean()) < 0.85 * float(losses[:5].mean())
