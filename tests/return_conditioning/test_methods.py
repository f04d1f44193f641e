"""Methods of return_conditioning: laws of the bandit, closed forms, and numbers by hand."""

import itertools
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.return_conditioning import _latent as latent
from toybench.plugins import registry
from toybench.tasks.return_conditioning import Episodes, Spec, to_go

KEY = jax.random.key(2)
BANDIT = Spec(states=1, actions=2, horizon=1, start=0, greedy=False)
GRID = Spec(states=3, actions=2, horizon=4, start=0, greedy=False)


def make(stem: str, spec: Spec, episodes: Episodes, steps: int = 400, **knobs):
    method = registry.load("methods", f"return_conditioning/{stem}")(**knobs)
    return replace(method, spec=spec, given=episodes, steps=steps)


def pulls(p: float = 0.1, count: int = 1000) -> Episodes:
    """Pulls in exact proportion to their chances."""
    shares = {(0, 0): (1 - p) ** 2, (0, 1): (1 - p) * p, (1, 0): p * p, (1, 1): p * (1 - p)}
    rows = np.concatenate([np.tile(pair, (round(share * count), 1)) for pair, share in shares.items()])
    a = jnp.asarray(rows[:, :1], jnp.int32)
    units = jnp.asarray(rows[:, 1:], jnp.int32)
    return Episodes(s=jnp.zeros((len(rows), 2), jnp.int32), a=a, units=units)


def walks(count: int = 60, seed: int = 0) -> Episodes:
    """Random episodes in a corridor of three cells: action 1 goes on, and the last cell pays half of the time."""
    draw = np.random.default_rng(seed)
    s = np.zeros((count, 5), np.int32)
    a = draw.integers(0, 2, (count, 4)).astype(np.int32)
    units = np.zeros((count, 4), np.int32)
    for t in range(4):
        s[:, t + 1] = np.clip(s[:, t] + 2 * a[:, t] - 1, 0, 2)
        units[:, t] = (s[:, t + 1] == 2) & (draw.random(count) < 0.5)
    return Episodes(s=jnp.asarray(s), a=jnp.asarray(a), units=jnp.asarray(units))


def trained(method, episodes: Episodes, batch: int = 64):
    """The state after the method's steps, on minibatches of the episodes."""

    def step(state, key):
        rows = jax.random.randint(key, (batch,), 0, episodes.a.shape[0])
        return method.update(state, jax.tree.map(lambda x: x[rows], episodes), key), None

    run = jax.jit(lambda key: jax.lax.scan(step, method.init(key), jax.random.split(key, method.steps))[0])
    return run(KEY)


@pytest.mark.parametrize("p", [0.1, 0.3])
def test_asking_for_a_win_is_a_coin_toss(p: float) -> None:
    """P(arm 1 | return 1) = 1/2 for every p; asked for 0, arm 1 has p^2 / (p^2 + (1 - p)^2)."""
    method = make("return_conditioned", BANDIT, pulls(p), lr=0.03)
    state = trained(method, pulls(p), batch=500)
    assert float(method.policy(state)[0, 0, 0, 1]) == pytest.approx(0.5, abs=0.05)
    none = method.asked(state, jnp.asarray(0))[0, 0, 0, 1]
    assert float(none) == pytest.approx(p**2 / (p**2 + (1 - p) ** 2), abs=0.03)
    assert float(method.claimed(state)) == 1.0


def test_what_is_left_is_asked_for() -> None:
    """The policy at level c of target g is that at level 0 of target g - c, and of 0 beyond."""
    method = make("return_conditioned", GRID, walks(), target=0.7)
    state = method.init(KEY)
    asked = method.asked(state, jnp.asarray(3))
    for c, left in enumerate([3, 2, 1, 0, 0]):
        np.testing.assert_allclose(asked[:, :, c], method.asked(state, jnp.asarray(left))[:, :, 0], rtol=1e-5)
    largest = int(walks().units.sum(-1).max())
    assert float(method.claimed(state)) == round(0.7 * largest)
    np.testing.assert_allclose(
        method.boldest_policy(state)[:, :, 0], method.asked(state, jnp.asarray(4))[:, :, 0], rtol=1e-6
    )


def test_filtered_bc_on_the_bandit() -> None:
    """Cloning everything wins with chance 2 p (1 - p), cloning the wins with 1/2."""
    everything = make("filtered_bc", BANDIT, pulls(), top=1.0)
    assert float(everything.policy(everything.init(KEY))[0, 0, 0, 1]) == pytest.approx(0.1)
    wins = make("filtered_bc", BANDIT, pulls(), top=0.1)
    state = wins.init(KEY)
    assert float(wins.policy(state)[0, 0, 0, 1]) == pytest.approx(0.5)
    assert float(wins.claimed(state)) == 1.0


def test_filtered_bc_by_hand() -> None:
    """The better half of four episodes, a state that only the others visit, and one that nobody does."""
    s = jnp.array([[0, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]])
    a = jnp.array([[1, 0], [1, 1], [0, 1], [0, 0]])
    units = jnp.array([[1, 1], [0, 0], [1, 0], [0, 0]])
    spec = Spec(states=3, actions=2, horizon=2, start=0, greedy=False)
    method = make("filtered_bc", spec, Episodes(s=s, a=a, units=units), top=0.5)
    state = method.init(KEY)
    np.testing.assert_allclose(state.params, [[1 / 3, 2 / 3], [1.0, 0.0], [0.5, 0.5]], rtol=1e-6)
    assert float(state.worth) == pytest.approx(1.5)
    best = make("filtered_bc", replace(spec, greedy=True), Episodes(s=s, a=a, units=units), top=0.25)
    np.testing.assert_allclose(best.policy(best.init(KEY))[0, :2, 0], [[0, 1], [1, 0]])


def test_vi_lcb_by_hand() -> None:
    """Two steps of planning in counts, in numpy; b = 0 plans in the counted model."""
    episodes = walks()
    s = np.asarray(episodes.s)
    a = np.asarray(episodes.a)
    units = np.asarray(episodes.units)
    for b in (0.0, 0.8):
        v = np.zeros(3)
        plans = []
        for _ in range(4):
            q = np.zeros((3, 2))
            for i in range(3):
                for j in range(2):
                    rows = (s[:, :-1] == i) & (a == j)
                    n = rows.sum()
                    if n:
                        q[i, j] = max(units[rows].mean() - b / np.sqrt(n) + v[s[:, 1:][rows]].mean(), 0)
            v = q.max(1)
            plans.append(np.eye(2)[q.argmax(1)])
        method = make("vi_lcb", GRID, episodes, b=b)
        state = method.init(KEY)
        assert float(method.claimed(state)) == pytest.approx(v[0], rel=1e-4)
        np.testing.assert_array_equal(method.policy(state)[:, :, 0], np.stack(plans[::-1]))


def test_bayes_with_recorded_returns_is_bayes_rule() -> None:
    """On the bandit the head is the table of joint shares: p(a | R = 1) = 1/2, p(R = 1 | a = 1) = 0.9."""
    method = make("bayes_rcsl", BANDIT, pulls(), lr=0.03, returns="mc", top=0.1)
    state = trained(method, pulls(), batch=500)
    logits = method.logits(state.params, jnp.array([[1.0, 0.0]]))[0]
    np.testing.assert_allclose(
        jax.nn.softmax(logits.reshape(-1)).reshape(2, 2), [[0.81, 0.09], [0.01, 0.09]], atol=0.02
    )
    np.testing.assert_allclose(method.policy(state)[0, 0, 0], [0.5, 0.5], atol=0.06)
    np.testing.assert_allclose(method.boldest_policy(state)[0, 0, 0], [0.5, 0.5], atol=0.06)


def test_bayes_returns_by_bellman() -> None:
    """The law that is fitted: shifted by the reward, mixed over the next action, and certain at the end."""
    method = make("bayes_rcsl", GRID, walks())
    params = jax.tree.map(lambda x: 3 * x, method.init(KEY).params)
    batch = jax.tree.map(lambda x: x[:7], walks())
    law = np.asarray(method.bootstrapped(params, batch))
    place = np.zeros(4, np.float32)
    for i in range(7):
        for t in range(4):
            expected = np.zeros(5)
            if t == 3:
                expected[int(batch.units[i, t])] = 1.0
            else:
                place[:] = 0
                place[int(batch.s[i, t + 1])] = 1.0
                place[3] = (t + 1) / 4
                joint = np.exp(np.asarray(method.logits(params, jnp.asarray(place)[None])[0], np.float64))
                ahead = joint.sum(0) / joint.sum()
                for left, chance in enumerate(ahead):
                    expected[min(left + int(batch.units[i, t]), 4)] += chance
            np.testing.assert_allclose(law[i, t], expected, atol=1e-5)
    np.testing.assert_array_equal(method.recorded(batch).argmax(-1), to_go(batch.units))


@pytest.mark.parametrize(("top", "kept"), [(0.0, [4]), (0.05, [4]), (0.2, [3, 4]), (0.5, [2, 3, 4]), (1.0, range(5))])
def test_plausible_returns_by_hand(top: float, kept) -> None:
    """p(R | s) = .1, .2, .3, .3, .1: the least set of the largest returns that holds the share."""
    joint = np.array([[0.05, 0.1, 0.1, 0.3, 0.04], [0.05, 0.1, 0.2, 1e-9, 0.06]])
    method = make("bayes_rcsl", GRID, walks(), top=top)
    logits = jnp.log(jnp.asarray(joint, jnp.float32)) + 1.7
    asked = method.plausible(logits)
    np.testing.assert_array_equal(np.flatnonzero(asked), list(kept))
    share = joint[:, list(kept)].sum(1)
    np.testing.assert_allclose(method.chosen(logits, asked), share / share.sum(), rtol=1e-4)


@pytest.mark.parametrize("stem", ["doc", "esper"])
def test_a_code_without_luck_takes_the_good_arm(stem: str) -> None:
    method = make(stem, BANDIT, pulls(), weight=5.0, lr=0.003, steps=1000)
    state = trained(method, pulls())
    assert float(method.policy(state)[0, 0, 0, 1]) > 0.9
    assert float(method.claimed(state)) == pytest.approx(0.9, abs=0.04)


def test_a_code_with_luck_claims_to_win_always() -> None:
    """Whichever arm its best code plays, which no arm pays for: 0.9 is the most that there is."""
    method = make("future_vae", BANDIT, pulls(), lr=0.01, steps=800)
    state = trained(method, pulls())
    assert float(method.claimed(state)) > 0.95


def test_doc_without_weight_is_the_future_vae() -> None:
    doc = make("doc", GRID, walks(), weight=0.0, steps=20)
    vae = make("future_vae", GRID, walks(), steps=20)
    left = trained(doc, walks(), batch=8).params
    right = trained(vae, walks(), batch=8).params
    np.testing.assert_allclose(left["prior"], right["prior"], rtol=1e-4, atol=1e-5)
    for name in ("encoder", "actor", "critic"):
        parts = (left["networks"]["params"][name], right["networks"]["params"][name])
        jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5), *parts)


def test_losses_by_hand() -> None:
    """Action, value and luck of each episode under each code, in numpy."""
    method = make("doc", GRID, walks(), codes=3)
    state = method.init(KEY)
    params = state.params
    batch = jax.tree.map(lambda x: x[:5], walks())
    found = method.losses(params, state.model, batch)
    energy, acting = energies_and_actions(params, batch)
    s, a, units = (np.asarray(x) for x in walks())
    value = np.asarray(latent.Networks(GRID, 3).apply(params["networks"], method="value"))
    np.testing.assert_allclose(np.exp(value).sum(-1), 1.0, rtol=1e-5)
    for i in range(5):
        for z in range(3):
            acts = [np.log(acting[i, t, z, a[i, t]]) for t in range(4)]
            assert float(found.action[i, z]) == pytest.approx(-np.mean(acts), rel=1e-4)
            assert float(found.value[i, z]) == pytest.approx(-value[z, units[i].sum()], rel=1e-4)
            ratios = []
            for t in range(4):
                rows = (s[:, :-1] == s[i, t]) & (a == a[i, t])
                paid = units[rows].mean()
                for base, omega, outcome in (
                    (np.array([1 - paid, paid]), energy[i, t, z, :2], units[i, t]),
                    (np.bincount(s[:, 1:][rows], minlength=3) / rows.sum(), energy[i, t, z, 2:], s[i, t + 1]),
                ):
                    ratios.append(omega[outcome] - np.log((base * np.exp(omega)).sum()))
            assert float(found.luck[i, z]) == pytest.approx(np.sum(ratios) / 4, abs=2e-3)


def energies_and_actions(params, batch: Episodes) -> tuple[np.ndarray, np.ndarray]:
    """Energies [b, H, Z, 2 + S] of the adversary and chances [b, H, Z, A] of the actor, one row and code at a time."""
    networks = latent.Networks(GRID, 3).bind(params["networks"])
    energy = np.zeros((5, 4, 3, 5))
    acting = np.zeros((5, 4, 3, 2))
    for i, t, z in itertools.product(range(5), range(4), range(3)):
        here = np.eye(3)[int(batch.s[i, t])]
        place = np.concatenate([here, [t / 4], np.eye(3)[z]])
        event = np.concatenate([here, np.eye(2)[int(batch.a[i, t])], np.eye(3)[z]])
        acting[i, t, z] = networks.act(jnp.asarray(place, jnp.float32))
        energy[i, t, z] = networks.adversary(jnp.asarray(event, jnp.float32))
    return energy, acting


def test_the_adversary_goes_up_and_the_code_goes_down() -> None:
    """First step of each along the gradient of the luck that the code shows, which outweighs everything else."""
    episodes = walks(400)
    method = make("doc", GRID, episodes, codes=3, weight=1e4, steps=4)
    state = method.init(KEY)

    def luck(params):
        losses = method.losses(params, state.model, episodes)
        return losses.expect(losses.luck)

    slope = jax.grad(luck)(state.params)["networks"]["params"]
    after = method.update(state, episodes, KEY).params["networks"]["params"]
    before = state.params["networks"]["params"]

    def along(part: str) -> float:
        moves = jax.tree.map(lambda x, y, g: ((x - y) * g).sum(), after[part], before[part], slope[part])
        return float(sum(jax.tree.leaves(moves)))

    assert along("adversary") > 0
    assert along("encoder") < 0


def test_codes_that_hardly_occur_are_not_played() -> None:
    chances = jnp.array([[0.9, 0.1, 0.0], [0.0, 0.9, 0.1], [0.0, 0.0, 1.0]])
    code, worth = latent.best_code(jnp.log(chances), jnp.log(jnp.array([0.5, 0.495, 0.005])))
    assert int(code) == 1
    assert float(worth) == pytest.approx(1.1)
    assert int(latent.best_code(jnp.log(chances), jnp.log(jnp.array([0.5, 0.48, 0.02])))[0]) == 2


def test_values_follow_clusters_but_do_not_move_them() -> None:
    """In `esper` the gradient of the encoder is that of actions and luck alone."""
    episodes = walks()
    method = make("esper", GRID, episodes, codes=3, weight=0.0)
    state = method.init(KEY)

    def gradient(objective):
        slope = jax.grad(lambda p: objective(method.losses(p, state.model, episodes)))(state.params)
        return slope["networks"]["params"]

    ours = gradient(method.objective)
    acting = gradient(lambda losses: losses.expect(losses.action))
    valued = gradient(lambda losses: losses.expect(losses.value))
    assert float(jnp.abs(valued["encoder"]["Dense_0"]["kernel"]).max()) > 1e-5
    for part, alone in (("encoder", acting), ("actor", acting), ("critic", valued)):
        jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, atol=1e-6), ours[part], alone[part])
