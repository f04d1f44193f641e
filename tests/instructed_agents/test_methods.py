"""Methods of instructed_agents: the gradient of inverse reinforcement learning, plans, and adaptive returns by hand."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import mdp
from toybench.errors import UsageError
from toybench.methods.instructed_agents import _planner as planner
from toybench.methods.instructed_agents import _policy as policy
from toybench.methods.instructed_agents import arp_tuned
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks import instructed_agents as page

KEY = jax.random.key(8)
Grids = registry.load("tasks", "instructed_agents/instruction_grids")


@pytest.fixture(scope="module")
def world():
    grid = Grids(demonstrations=32, maps=8, tests=8)
    return grid, jax.jit(grid.sample)(KEY)


@pytest.fixture(scope="module")
def corridor():
    grid = Grids(confounded=0.5, place="corridor")
    return grid, jax.jit(grid.sample)(KEY)


def make(stem: str, world, steps: int = 30, **knobs):
    grid, sampled = world
    method = registry.load("methods", f"instructed_agents/{stem}")(**knobs)
    return replace(method, spec=grid.spec, given=grid.given(sampled), steps=steps)


def start(method):
    """The state before the first step."""
    return jax.jit(method.init)(KEY)


def trained(method, world):
    """The state after the method's steps."""
    grid, sampled = world

    def step(state, key):
        return method.update(state, grid.draw(sampled, key, None)[1], key), None

    run = jax.jit(lambda key: jax.lax.scan(step, method.init(key), jax.random.split(key, method.steps))[0])
    return run(KEY)


def test_gradient_is_that_of_visits(world) -> None:
    """Of the loss in the rewards: visits of the soft policy less those of the demonstration, over the steps."""
    grid, sampled = world
    shown = jax.tree.map(lambda x: x[:1], sampled.given.demonstrations)
    following = page.moves_of(shown.scenes.free, grid.spec)
    reward = jax.random.normal(KEY, (1, 36))

    def loss(reward):
        acts = jax.nn.log_softmax(planner.soft_plan(reward, following, 12), -1)[0]
        return -acts[jnp.arange(12), shown.s[0, :-1], shown.a[0]].mean()

    gradient = jax.grad(loss)(reward)[0]
    transitions = jnp.broadcast_to(jax.nn.one_hot(following[0], 36), (12, 36, 5, 36))
    entered = transitions[0] @ reward[0]
    _, policy = mdp.soft_induction(transitions, jnp.broadcast_to(entered, (12, 36, 5)), 1.0)
    np.testing.assert_allclose(jax.nn.softmax(planner.soft_plan(reward, following, 12), -1)[0], policy, atol=1e-5)
    visits = mdp.visits(transitions, policy, jax.nn.one_hot(shown.s[0, 0], 36))
    expected = jnp.einsum("tsa,sau->u", visits, transitions[0]) / 12
    seen = jax.nn.one_hot(shown.s[0, 1:], 36).mean(0)
    np.testing.assert_allclose(gradient, expected - seen, atol=1e-5)


def test_the_loss_is_of_whole_demonstrations(world) -> None:
    """Of its reward's soft policy, along the moves that were made."""
    method = make("lc_irl", world)
    params = start(method).params
    shown = jax.tree.map(lambda x: x[:2], world[1].given.demonstrations)
    following = page.moves_of(shown.scenes.free, world[0].spec)
    plan = jax.nn.log_softmax(planner.soft_plan(method.reward(params, shown.scenes), following, 12), -1)
    logs = [float(plan[i, t, shown.s[i, t], shown.a[i, t]]) for i in range(2) for t in range(12)]
    assert float(method.loss(params, shown)) == pytest.approx(-np.mean(logs), rel=1e-5)


def test_a_reward_is_a_product_of_embeddings(world) -> None:
    method = make("reward_regression", world, width=8)
    params = start(method).params
    scenes = world[1].tests
    layers = [jax.tree.map(np.asarray, params["params"][f"Dense_{i}"]) for i in range(3)]
    thing = np.asarray(scenes.objects[0]) @ layers[0]["kernel"] + layers[0]["bias"]
    wish = np.asarray(scenes.wanted[0]) @ layers[1]["kernel"] + layers[1]["bias"]
    by_hand = ((thing * wish) @ layers[2]["kernel"] + layers[2]["bias"])[:, 0]
    np.testing.assert_allclose(method.reward(params, scenes)[0], by_hand, atol=1e-5)


def test_a_sharp_plan_goes_to_the_best_cell(world) -> None:
    grid, sampled = world
    reward = jax.nn.one_hot(sampled.goal, 36)
    plan = planner.plan_to(reward, sampled.tests, grid.spec, 50.0)
    here = sampled.tests.start
    following = page.moves_of(sampled.tests.free, grid.spec)
    for t in range(12):
        here = following[jnp.arange(len(here)), here, planner.planned(plan, here, jnp.asarray(t))]
    np.testing.assert_array_equal(here, sampled.goal)


@pytest.mark.parametrize("stem", ["lc_irl", "reward_regression"])
def test_learned_rewards_prefer_the_meant_object(stem: str, world) -> None:
    """After training, the meant object's cell has the largest reward in most scenes, for new pairs too."""
    grid, sampled = world
    method = make(stem, world, steps=300, lr=0.03)
    state = trained(method, world)
    best = method.reward(state.params, sampled.tests).argmax(-1)
    right = np.asarray(best == sampled.goal).reshape(3, 8).mean(1)
    assert right[0] > 0.6  # one of five objects by chance
    assert right[2] > 0.4
    reached = grid.evaluate(sampled, KEY, Learner(method, state))
    assert float(reached["train_success"]) > 0.5


@pytest.mark.parametrize("view", ["map", "egocentric"])
def test_cloning_fits_demonstrations(view: str, world) -> None:
    method = make("instruction_bc", world, steps=300, lr=0.003, view=view)
    state = trained(method, world)
    shown = world[1].given.demonstrations
    _, a = method.act(state, (), shown.scenes, shown.s[:, 0], jnp.asarray(0))
    assert float((a == shown.a[:, 0]).mean()) > 0.65  # one of five moves by chance


def test_what_policies_read(world, corridor) -> None:
    """The whole map and the own cell; all of it around the own cell; nine cells; or the encoder's vectors beside."""
    scenes = world[1].tests
    here = scenes.start
    assert make("instruction_bc", world).seen(scenes, here).shape[1] == 36 * 7 + 36 + 6
    moved = make("instruction_bc", world, view="egocentric").seen(scenes, here)
    assert moved.shape[1] == 11 * 11 * 7 + 6
    board = np.asarray(moved[0, :-6]).reshape(11, 11, 7)
    row, column = divmod(int(here[0]), 6)
    np.testing.assert_array_equal(board[5 - row : 11 - row, 5 - column : 11 - column, 0].ravel(), scenes.free[0])
    assert board.sum() == float(scenes.free[0].sum() + scenes.objects[0].sum())
    scenes = corridor[1].tests
    near = make("instruction_bc", corridor).seen(scenes, scenes.start)
    assert near.shape[1] == 9 * 7 + 6
    encoded = make("encoded_bc", corridor).seen(scenes, scenes.start)
    np.testing.assert_array_equal(encoded[:, : 9 * 7 + 6], near)
    encoder = corridor[1].given.encoder
    vectors = (page.seen_there(encoder, scenes, scenes.start, corridor[0].spec), page.meaning(encoder, scenes.wanted))
    np.testing.assert_array_equal(encoded[:, 9 * 7 + 6 :], jnp.concatenate(vectors, axis=-1))


def test_returns_to_go_by_hand(world) -> None:
    """Cosines of encoded views and instructions, summed from each step on, and those of the three steps before."""
    state = start(make("arp", world))
    shown = world[1].given.demonstrations
    encoder = jax.tree.map(np.asarray, world[1].given.encoder)

    def cosine(i: int, t: int) -> float:
        field = np.zeros((8, 8, 6))
        field[1:7, 1:7] = np.asarray(shown.scenes.objects[i]).reshape(6, 6, 6)
        cell = int(shown.s[i, t])
        view = field[cell // 6 : cell // 6 + 3, cell % 6 : cell % 6 + 3]
        coded = np.asarray(page.meaning(world[1].given.encoder, jnp.asarray(view, jnp.float32))).sum((0, 1))
        coded = coded + 0.3 * np.sin(view.reshape(-1) @ encoder.quirks)
        told = np.asarray(page.meaning(world[1].given.encoder, shown.scenes.wanted[i]))
        return float(coded @ told / np.sqrt((coded**2).sum() * (told**2).sum() + 1e-6))

    for i, t in ((0, 0), (3, 5), (7, 11)):
        rest = sum(cosine(i, later) for later in range(t, 12)) / 12
        past = [cosine(i, t - lag) if t >= lag else 0.0 for lag in (1, 2, 3)]
        np.testing.assert_allclose(state.told[i, t], [rest, *past], atol=1e-4)


@pytest.mark.parametrize("stem", ["arp", "arp_tuned", "static_return"])
def test_an_episode_is_told_what_a_demonstration_was(stem: str, world) -> None:
    """Who walks a demonstration's way, with its return as target, keeps in mind what training showed."""
    method = make(stem, world)
    state = start(method)
    shown = world[1].given.demonstrations
    act = jax.jit(method.act)
    mind = method.begin(state, shown.scenes).at[:, 0].set(state.told[:, 0, 0])
    minds = []
    for t in range(12):
        minds.append(mind)
        mind, _ = act(state, mind, shown.scenes, shown.s[:, t], jnp.asarray(t))
    np.testing.assert_allclose(jnp.stack(minds, axis=1), state.told, atol=1e-5)


def test_controls_are_told_parts_of_it(world) -> None:
    """The first return at all steps, or the likeness of the present view."""
    returns = start(make("arp", world)).told
    fixed = start(make("static_return", world)).told
    np.testing.assert_allclose(fixed[..., 0], jnp.broadcast_to(returns[:, :1, 0], (32, 12)), atol=1e-6)
    now = start(make("likeness_policy", world)).told
    np.testing.assert_allclose(now[:, :-1, 0], returns[:, 1:, 1], atol=1e-6)
    np.testing.assert_array_equal(start(make("recent_likeness", world)).told, returns[..., 1:])


def test_a_policy_acts_on_what_it_was_trained_on(world) -> None:
    """In demonstrations the likeliest move is that of the network told what they were."""
    shown = world[1].given.demonstrations
    hidden = {"arp": 0, "recent_likeness": 1}
    for stem in ("arp", "likeness_policy", "recent_likeness"):
        method = make(stem, world)
        state = start(method)
        seen = policy.read(shown.scenes, shown.s[:, 0], method.spec)
        inputs = jnp.concatenate([seen, state.told[:, 0]], axis=-1)
        mind = jnp.pad(state.told[:, 0], ((0, 0), (hidden.get(stem, 0), 0)))
        _, a = method.act(state, mind, shown.scenes, shown.s[:, 0], jnp.asarray(0))
        np.testing.assert_array_equal(a, policy.actor().apply(state.params, inputs).argmax(-1))


def test_the_target_is_a_share_of_the_best_return(world) -> None:
    method = make("arp", world, target=0.8)
    state = start(method)
    mind = method.begin(state, world[1].tests)
    np.testing.assert_allclose(mind[:, 0], 0.8 * float(state.told[:, 0, 0].max()), rtol=1e-5)
    assert not np.asarray(mind[:, 1:]).any()


def test_the_loss_of_the_adapter_by_hand() -> None:
    """One demonstration of three steps, whose likenesses are 1, 0 and -1; the second step ends in the last cell."""
    seen = jnp.array([[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]])
    loss = arp_tuned.value_loss(jnp.eye(2), seen, jnp.array([[[1.0, 0.0]]]), jnp.array([[False, True]]))
    steps = [np.exp(10 + 1 - 0.98 * 0), np.exp(0 - 0 + 0.98 * 10)]
    assert float(loss) == pytest.approx(-0.02 * 10 + np.log(np.mean(steps)), abs=1e-3)


def test_the_adapter_is_fitted(corridor) -> None:
    """Its loss falls, and what a policy is told is the likeness of adapted views."""
    shown = corridor[1].given.demonstrations
    method = make("arp_tuned", corridor)
    state = start(method)
    encoder = corridor[1].given.encoder
    here = shown.s[:, :-1].swapaxes(0, 1)
    seen = jax.vmap(lambda cells: page.seen_there(encoder, shown.scenes, cells, method.spec))(here).swapaxes(0, 1)
    wish = page.meaning(encoder, shown.scenes.wanted)[:, None]
    arrived = shown.s[:, 1:-1] == shown.s[:, -1:]
    before = float(arp_tuned.value_loss(jnp.eye(16), seen, wish, arrived))
    assert float(arp_tuned.value_loss(state.adapter, seen, wish, arrived)) < before - 0.5
    now = policy.likeness(seen @ state.adapter, wish)
    np.testing.assert_allclose(state.told, policy.recent_returns(now), atol=1e-5)


def test_an_unknown_view_is_named(world) -> None:
    with pytest.raises(UsageError, match="view is 'mine'; use one of map, egocentric"):
        make("instruction_bc", world, view="mine").init(KEY)


def test_likeness_carries_over_to_new_instructions(corridor) -> None:
    """In one corridor, by more than a tenth of the maps, with an adapter."""

    def reached(stem: str) -> float:
        method = make(stem, corridor, steps=500, lr=0.01)
        learner = Learner(method, trained(method, corridor))
        judged = jax.jit(lambda sampled: corridor[0].evaluate(sampled, KEY, learner))
        return float(judged(corridor[1])["new_pair_success"])

    assert reached("arp_tuned") > reached("instruction_bc") + 0.1
