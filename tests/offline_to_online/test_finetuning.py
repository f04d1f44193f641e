"""The world's moves, records and rounds by hand; parts of learners by closed forms; and that records are of use."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.offline_to_online import _walks as parts
from toybench.methods.offline_to_online import pdt
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.offline_to_online import Played
from toybench.tasks.offline_to_online import pointmass_finetune as world_of

TASK = registry.load("tasks", "offline_to_online/pointmass_finetune")(steps=8, updates=20)
WORLD = jax.jit(TASK.sample)(jax.random.key(0))
NAMES = ("pdt", "bc_finetune", "return_conditioned", "scratch", "relabelled_q")


def method(name: str, **fields: Any) -> Any:
    cls = registry.load("methods", f"offline_to_online/{name}")
    return cls(spec=TASK.spec, steps=TASK.steps, given=WORLD.recorded, **fields)


class Straight:
    """Goes to the target."""

    def act(self, x: jax.Array, earned: jax.Array, key: jax.Array) -> jax.Array:
        return world_of.straight(x, WORLD.target[None])


class Still:
    """Stays."""

    def act(self, x: jax.Array, earned: jax.Array, key: jax.Array) -> jax.Array:
        return jnp.zeros(len(x), jnp.int32)


class Clock:
    """Its actions are the whole numbers of what it earned so far."""

    def act(self, x: jax.Array, earned: jax.Array, key: jax.Array) -> jax.Array:
        return earned.astype(jnp.int32)


def test_moves_by_hand() -> None:
    """Action 0 stays, 1 goes right, 3 up, 5 left into the wall."""
    x = jnp.array([[0.1, 0.2], [0.1, 0.2], [0.1, 0.2], [-0.95, 0.0]])
    wanted = [[0.1, 0.2], [0.25, 0.2], [0.1, 0.35], [-1.0, 0.0]]
    np.testing.assert_allclose(world_of.move(x, jnp.array([0, 1, 3, 5])), wanted, atol=1e-6)


def test_who_goes_straight_is_best_by_enumeration() -> None:
    """The first action leads nearer than all others; a target at hand is kept."""
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.uniform(-1, 1, (50, 2)), jnp.float32)
    aim = jnp.asarray(rng.uniform(-0.8, 0.8, (50, 2)), jnp.float32)
    off = [np.linalg.norm(np.asarray(world_of.move(x, jnp.full(50, a)) - aim), axis=-1) for a in range(9)]
    np.testing.assert_array_equal(world_of.straight(x, aim), np.argmin(off, axis=0))
    assert (np.asarray(world_of.straight(aim, aim)) == 0).all()


def test_what_is_recorded() -> None:
    """Five goals, the target in one of twenty walks; random actions in a fifth of the steps."""
    wide = type(TASK)(walks=4000)
    world = jax.jit(wide.sample)(jax.random.key(3))
    ends = np.asarray(world.recorded.x[:, -1])
    goals = np.asarray(world_of.places())
    nearest = np.linalg.norm(ends[:, None] - goals[None], axis=-1).argmin(1)
    counts = np.bincount(nearest, minlength=9) / 4000
    target = np.linalg.norm(goals - np.asarray(world.target), axis=-1).argmin()
    assert counts[target] == pytest.approx(0.05, abs=0.015)
    assert np.sort(counts)[-4:] == pytest.approx([0.2375] * 4, abs=0.03)
    aims = jnp.asarray(goals[nearest])
    agree = np.mean(
        [np.asarray(world_of.straight(world.recorded.x[:, t], aims) == world.recorded.a[:, t]) for t in range(5)]
    )
    assert agree == pytest.approx(0.8 + 0.2 / 9, abs=0.03)
    for t in (0, 7, 19):
        after = world_of.move(world.recorded.x[:, t], world.recorded.a[:, t])
        np.testing.assert_allclose(after, world.recorded.x[:, t + 1], atol=1e-6)


def test_rewards_by_hand() -> None:
    target = jnp.array([0.8, 0.0])
    x = jnp.array([[[0.8, 0.0], [0.8, 0.14], [0.8, 0.16], [0.7, 0.0]]])
    np.testing.assert_allclose(TASK.rewards(x, target), [[0.825, 0.8, 0.875]], rtol=1e-5)
    np.testing.assert_allclose(TASK.reward(jnp.array([[0.0, 0.0], [-0.8, 0.0]]), target), [0.0, -1.0], atol=1e-6)
    assert type(TASK)(paid="near").rewards(x, target).tolist() == [[1.0, 0.0, 1.0]]


@pytest.mark.parametrize(("learner", "wanted"), [(Straight(), 1.0), (Still(), 0.0)])
def test_rounds_of_the_second_half_count(learner: Any, wanted: float) -> None:
    """Four of eight; references say what these two get."""
    world = WORLD
    online = []
    for i in range(8):
        world, batch = jax.jit(lambda w, k: TASK.draw(w, k, learner))(world, jax.random.key(i))
        online.append(float(batch.online))
        assert (float(world.possible.sum()) > 0) == (i >= 4)
    assert online == [0.0] * 4 + [1.0] * 4
    assert (np.asarray(world.possible) > 0.5).all()
    found = TASK.evaluate(world, jax.random.key(0), learner)
    named = TASK.oracle(WORLD) if wanted else TASK.floor(WORLD)
    for name, number in TASK.evaluate(WORLD, jax.random.key(0), named).items():
        assert float(found[name]) == pytest.approx(wanted, abs=0.05)
        assert float(number) == wanted


def test_a_walker_is_told_what_it_earned() -> None:
    """Near the target it earns almost 1 a step, and says how much it has."""
    at = WORLD._replace(target=jnp.zeros(2))
    task = type(TASK)(steps=8)
    _, batch = task.draw(at, jax.random.key(0), Clock())
    total = np.cumsum(np.asarray(batch.r), axis=1)
    assert (total[:, 3] > 2).all()
    np.testing.assert_array_equal(np.asarray(batch.a)[:, 1:5], total[:, :4].astype(int))


def test_items_by_hand() -> None:
    """Of two walks, the second weighs three times as much; futures stop at a walk's end."""
    walks = parts.Walks(
        x=jnp.arange(16.0).reshape(2, 4, 2), a=jnp.array([[1, 2, 3], [4, 5, 6]]), r=jnp.array([[0, 0, 1.0], [1, 0, 1]])
    )
    which = jnp.array([0.2, 0.3, 0.9])
    items = parts.drawn_items(walks, jnp.array([1.0, 3.0]), which, jnp.array([0.99, 0.0, 0.5]), 2)
    assert items.a.tolist() == [3, 4, 5]
    assert items.r.tolist() == [1, 1, 0]
    assert items.togo.tolist() == [1, 2, 1]
    assert items.x[:, 0].tolist() == [4, 8, 10]
    assert items.x1[:, 0].tolist() == [6, 10, 12]
    assert items.future[..., 0].tolist() == [[6, 6], [10, 12], [12, 14]]


def test_walks_that_do_not_count_are_forgotten() -> None:
    own = parts.no_walks(TASK.spec, 8)
    walks = Played(x=jnp.ones((4, 21, 2)), a=jnp.ones((4, 20), jnp.int32), r=jnp.ones((4, 20)), online=jnp.zeros(()))
    idle = parts.remembered(own, walks)
    assert float(parts.is_there(idle).sum()) == 0
    assert float(jnp.abs(idle.items.x).sum()) == 0
    kept = parts.remembered(idle, walks._replace(online=jnp.ones(())))
    assert parts.is_there(kept)[:5].tolist() == [1, 1, 1, 1, 0]
    np.testing.assert_allclose(parts.standing(kept)[:5], [1, 1, 1, 1, 0])
    more = parts.remembered(kept, walks._replace(r=0.5 * walks.r, online=jnp.ones(())))
    np.testing.assert_allclose(parts.standing(more)[3:9], [1, *4 * [0.05 / 0.55], 0], rtol=1e-5)


def test_actions_are_drawn_by_their_chances() -> None:
    logits = jnp.log(jnp.array([[0.5, 0.25, 0.25]]))
    uniform = jnp.array([0.1, 0.6, 0.8, 0.999])
    assert parts.sampled(jnp.repeat(logits, 4, axis=0), uniform).tolist() == [0, 1, 2, 2]
    np.testing.assert_allclose(parts.log_chance(logits, jnp.array([1])), np.log(0.25), rtol=1e-6)


def test_divergence_of_normals_by_sampling() -> None:
    numbers = np.random.default_rng(0)
    four = jnp.asarray(0.5 * numbers.normal(size=(4, 1, 3)), jnp.float32)
    mean, log_sd, mean1, log_sd1 = four
    z = mean + jnp.exp(log_sd) * jnp.asarray(numbers.normal(size=(200_000, 3)), jnp.float32)
    log = [(-0.5 * ((z - m) / jnp.exp(s)) ** 2 - s).sum(-1) for m, s in ((mean, log_sd), (mean1, log_sd1))]
    found = pdt.divergence(mean, log_sd, mean1, log_sd1)
    assert float(found[0]) == pytest.approx(float((log[0] - log[1]).mean()), abs=0.02)
    assert float(pdt.divergence(mean, log_sd, mean, log_sd)[0]) == pytest.approx(0.0, abs=1e-6)


ITEMS = parts.drawn_items(
    parts.recorded_walks(WORLD.recorded, told=True),
    jnp.ones(200),
    jnp.linspace(0, 0.999, 64),
    jnp.linspace(0, 0.7, 64),
    pdt.AHEAD,
)


def test_rewards_enter_the_loss_only_when_there_are_any() -> None:
    """Without them returns may be anything; with them the loss is larger by minus the log density."""
    one = method("pdt")
    state = one.init(jax.random.key(1))
    noise = jnp.zeros((64, pdt.CODE))
    doubled = ITEMS._replace(togo=2 * ITEMS.togo + 1)
    plain = one.loss(state.params, ITEMS, noise, jnp.zeros(()))
    np.testing.assert_allclose(plain, one.loss(state.params, doubled, noise, jnp.zeros(())), rtol=1e-6)
    mean, _ = one.network.apply(state.params, ITEMS.x, ITEMS.future, method="futures")
    worth, log_sd = one.network.apply(state.params, ITEMS.x, mean, method="returns")
    z = (ITEMS.togo[:, None] / 20 - worth) / jnp.exp(log_sd)
    density = (-0.5 * z**2 - log_sd - 0.5 * jnp.log(2 * jnp.pi)).mean()
    found = one.loss(state.params, ITEMS, noise, jnp.ones(())) - plain
    np.testing.assert_allclose(found, -density, rtol=1e-4)


def played(learner: Any, rounds: int, name: str, **fields: Any) -> tuple[Any, Any, Any]:
    """A method, its state and the world after so many rounds."""
    one = method(name, **fields)
    world = WORLD
    state = jax.jit(one.init)(jax.random.key(1))

    @jax.jit
    def step(world: Any, state: Any, key: jax.Array) -> tuple[Any, Any]:
        first, second = jax.random.split(key)
        world, batch = TASK.draw(world, first, learner or Learner(one, state))
        return world, one.update(state, batch, second)

    for i in range(rounds):
        world, state = step(world, state, jax.random.key(i))
    return one, state, world


@pytest.mark.parametrize(("name", "fields"), [("scratch", {}), ("relabelled_q", {}), ("pdt", {"records": False})])
def test_who_waits_for_rewards(name: str, fields: dict[str, Any]) -> None:
    """What is learned is that of the start, bit for bit, until the first round that counts."""
    one, state, _ = played(Still(), 4, name, **fields)
    before = jax.jit(one.init)(jax.random.key(1))
    learned = [(s.learned if name != "pdt" else s) for s in (state, before)]
    assert all(bool((a == b).all()) for a, b in zip(*map(jax.tree.leaves, learned), strict=True))
    _, after, _ = played(Still(), 5, name, **fields)
    assert not all(
        bool((a == b).all()) for a, b in zip(*map(jax.tree.leaves, (after.params, state.params)), strict=True)
    )


def test_adam_begins_anew_with_rewards() -> None:
    """Its count after five rounds, of which one counts, is that of one round."""
    _, state, _ = played(Still(), 5, "pdt")
    counts = [int(leaf) for leaf in jax.tree.leaves(state.adam) if leaf.dtype == jnp.int32]
    assert counts
    assert set(counts) == {TASK.updates}


def test_a_future_tells_the_action() -> None:
    """After four rounds of records the policy with the future's code is likelier right than with the prior's mean."""
    one, state, _ = played(Still(), 4, "pdt", lr=0.03, beta=0.03)
    z, _ = one.network.apply(state.params, ITEMS.x, ITEMS.future, method="futures")
    usual, _ = one.network.apply(state.params, ITEMS.x, method="wishes")
    fits = [
        float(parts.log_chance(one.network.apply(state.params, ITEMS.x, c, method="logits"), ITEMS.a).mean())
        for c in (z, usual)
    ]
    assert fits[0] > fits[1] + 0.3


def test_a_policy_that_ignores_codes_is_that_of_imitation() -> None:
    """With weights of 0 on the code, the rest of them make the network without futures."""
    one = method("pdt")
    state = one.init(jax.random.key(1))
    policy = state.params["params"]["policy"]
    blind = {**policy, "Dense_0": {**policy["Dense_0"], "kernel": policy["Dense_0"]["kernel"].at[2:].set(0.0)}}
    plain = {**policy, "Dense_0": {**policy["Dense_0"], "kernel": policy["Dense_0"]["kernel"][:2]}}
    params = {"params": {**state.params["params"], "policy": blind}}
    z = jax.random.normal(jax.random.key(2), (64, pdt.CODE))
    wanted = method("bc_finetune").network.apply({"params": plain}, ITEMS.x)
    np.testing.assert_allclose(one.network.apply(params, ITEMS.x, z, method="logits"), wanted, rtol=1e-5, atol=1e-6)


def test_futures_are_chosen_by_what_they_earn() -> None:
    """With an R that rewards one number of the code, that number is larger in what is chosen."""
    one, state, _ = played(Still(), 5, "pdt")
    assert int(state.own.size) == 4
    params = jax.tree.map(jnp.zeros_like, state.params["params"]["worth"])
    params["Dense_0"]["kernel"] = params["Dense_0"]["kernel"].at[2, 0].set(1.0)  # x has two numbers, then the code
    params["Dense_1"]["kernel"] = params["Dense_1"]["kernel"].at[0, 0].set(1.0)
    policy = jax.tree.map(jnp.zeros_like, state.params["params"]["policy"])
    policy["Dense_0"]["kernel"] = policy["Dense_0"]["kernel"].at[2, 0].set(1.0)
    policy["Dense_1"]["kernel"] = policy["Dense_1"]["kernel"].at[0, 0].set(1.0)
    policy["Dense_2"]["kernel"] = policy["Dense_2"]["kernel"].at[0, 5].set(50.0)
    tree = {**state.params["params"], "policy": policy}
    x = jnp.zeros((200, 2))
    shares = []
    for worth in (tree["worth"], params):
        aimed = state._replace(params={"params": {**tree, "worth": worth}})
        shares.append(float((one.act(aimed, x, jnp.zeros(200), jax.random.key(0)) == 5).mean()))
    assert shares[1] > 0.9 > shares[0] + 0.2


def test_returns_that_are_asked_for() -> None:
    """The wish is the best record's return less what was earned, and not below 0."""
    one = method("return_conditioned", target=1.0)
    state = one.init(jax.random.key(1))
    best = float(WORLD.recorded.hidden.sum(-1).max())
    seen = {e: one.logits(state.params, jnp.zeros((1, 2)), jnp.array([max(best - e, 0.0)])) for e in (0.0, 3.0, 50.0)}
    for earned, logits in seen.items():
        key = jax.random.key(4)
        found = one.act(state, jnp.zeros((1, 2)), jnp.array([earned]), key)
        assert found.tolist() == parts.sampled(logits, jax.random.uniform(key, (1,))).tolist()


def test_who_looks_at_the_records() -> None:
    """Scratch doesn't; the others do."""
    changed = WORLD.recorded._replace(x=WORLD.recorded.x + 0.3, a=(WORLD.recorded.a + 1) % 9)
    for name in NAMES:
        after = []
        for records in (WORLD.recorded, changed):
            one = type(method(name))(spec=TASK.spec, steps=8, given=records)
            state = one.init(jax.random.key(1))
            _, batch = TASK.draw(WORLD._replace(updates=jnp.int32(6)), jax.random.key(2), Straight())
            early = batch._replace(online=batch.online * float(name in ("scratch", "relabelled_q")))
            after.append(jax.jit(one.update)(state, early, jax.random.key(3)).params)
        same = all(bool((a == b).all()) for a, b in zip(*map(jax.tree.leaves, after), strict=True))
        assert same == (name == "scratch"), name


def test_hidden_rewards_stay_hidden() -> None:
    """But from the one that is told."""
    for name in NAMES:
        after = []
        for scale in (1.0, 0.0):
            records = WORLD.recorded._replace(hidden=scale * WORLD.recorded.hidden)
            one = type(method(name))(spec=TASK.spec, steps=8, given=records)
            state = one.init(jax.random.key(1))
            _, batch = TASK.draw(WORLD._replace(updates=jnp.int32(6)), jax.random.key(2), Straight())
            after.append(jax.jit(one.update)(state, batch, jax.random.key(3)).params)
        same = all(bool((a == b).all()) for a, b in zip(*map(jax.tree.leaves, after), strict=True))
        assert same == (name != "return_conditioned"), name


def test_value_loss_by_hand() -> None:
    """Double estimate and Huber's loss, of one item."""
    network = parts.Values(actions=9)
    params = method("scratch").init(jax.random.key(5)).learned.params
    slow = method("scratch").init(jax.random.key(6)).learned.params
    item = jax.tree.map(lambda a: a[:1], ITEMS)
    ahead = np.asarray(network.apply(params, item.x1)[0][0])
    wanted = 0.25 + parts.DISCOUNT * float(network.apply(slow, item.x1)[0][0, ahead.argmax()])
    off = abs(wanted - float(network.apply(params, item.x)[0][0, int(item.a[0])]))
    hand = 0.5 * off**2 if off <= 1 else off - 0.5
    assert float(parts.value_loss(network, params, slow, item, jnp.array([0.25]))) == pytest.approx(hand, rel=1e-4)


def test_rewards_are_learned_from_own_walks() -> None:
    """After four rounds that go to the target the network expects more there than in the middle."""
    one, state, world = played(Straight(), 8, "relabelled_q")
    x1 = jnp.stack([WORLD.target, jnp.zeros(2)])
    items = jax.tree.map(lambda a: a[:2], ITEMS)._replace(x1=x1)
    pay = np.asarray(parts.expected_pay(one.network, state.params, items))
    assert pay[0] > pay[1] + 0.1
    assert float(world.earned.sum()) > 0


def test_imitation_after_records() -> None:
    """A policy of the place alone goes nowhere in particular, but away from the middle."""
    one, state, _ = played(Still(), 4, "bc_finetune")
    logits = one.network.apply(state.params, ITEMS.x)
    assert float(parts.log_chance(logits, ITEMS.a).mean()) > np.log(1 / 9) + 0.2
