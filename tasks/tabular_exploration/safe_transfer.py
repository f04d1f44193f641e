"""A grid with hazards, a goal that is new, and a guide that has learned elsewhere how to move about safely.

Isolates what a reward-free guide is worth when costs count during learning. Sixteen of 64 cells cost 1 a step; an
episode of 24 steps may cost 1 on average. A random walk costs about 3. The guide and the exact model are what a very
long stay in the laboratory would leave behind: it has seen all hazards, and no goal.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import gridworld, mdp
from toybench.blocks.random import uniforms
from toybench.tasks.tabular_exploration import (
    PROGRESS,
    Guide,
    Known,
    SafeEpisode,
    SafeLearner,
    SafeSpec,
    backed_up,
    soft_policy,
)

SIDE = 8
HAZARDS = 16
SLIP = 0.1  # chance that a random move is made instead
KEEPOUT = 3  # fewer moves than these around the start are free of hazards, as in the paper's worlds
FAR = 8  # least number of moves from the start to the goal
ENOUGH = 0.8  # share of the optimum that counts as having learned the task
DEAREST = 32.0  # highest price of a cost that is looked at: a step at the goal pays 1
HALVINGS = 14  # of that interval, to 0.002
SWEEPS = 80  # backups of the guide's critics: 0.95^80 = 0.02


class World(NamedTuple):
    """The grid, what can be had in it, and what was paid.

    Attributes:
      transitions: [n, S, A, S]; the start is state 0.
      hazards: 1 where a state costs 1, [n, S].
      away: moves to the goal [n, S].
      best, price: the largest return with at most the budget's cost, and what one more cost would add to it, [n].
      guide: what the laboratory left behind.
      episode: how many were played, [].
      cost, over: expected cost, and chance of a cost above the budget, summed over the episodes so far, [n].
      slow: episodes before the target policy was good enough for the first time, [n].
      reached: 1 when it was, [n].
    """

    transitions: jax.Array
    hazards: jax.Array
    away: jax.Array
    best: jax.Array
    price: jax.Array
    guide: Guide
    episode: jax.Array
    cost: jax.Array
    over: jax.Array
    slow: jax.Array
    reached: jax.Array


class SafeTransfer(Task):
    """The target phase: rewards for progress towards the goal and for standing on it."""

    instances: int = 4
    steps: int = 60  # type: ignore[misc]  # episodes

    kind = "interactive"
    interface = SafeLearner
    metrics = {
        "training_cost": Metric("min", "expected cost of an episode, mean over training and instances"),
        "episodes_to_return": Metric("min", "episodes before 80 % of the best safe return, all where never"),
        "final_return": Metric("max", "return less the price of what it costs too much, share of the best safe one"),
        "violations": Metric("min", "chance that an episode of the training costs more than the budget"),
    }

    @property
    def spec(self) -> SafeSpec:
        return SafeSpec(instances=self.instances, states=SIDE * SIDE, actions=gridworld.ACTIONS, horizon=24, budget=1.0)

    def sample(self, key: jax.Array) -> World:
        n = self.instances
        cells = SIDE * SIDE
        drawn = uniforms(key, goal=(n,), cells=(n, cells))
        following = jnp.asarray(gridworld.open_grid(np.ones((SIDE, SIDE), bool)))
        row, column = np.divmod(np.arange(cells), SIDE)
        far = jnp.asarray(np.flatnonzero(row + column >= FAR))
        goal = far[(drawn["goal"] * len(far)).astype(jnp.int32)]
        away = jnp.abs(jnp.asarray(row)[None] - goal[:, None] // SIDE)
        away = (away + jnp.abs(jnp.asarray(column)[None] - goal[:, None] % SIDE)).astype(jnp.float32)
        apart = jnp.asarray(row + column < KEEPOUT)[None] | (jnp.arange(cells)[None] == goal[:, None])
        order = jnp.where(apart, 2.0, drawn["cells"])
        hazards = (order.argsort(-1).argsort(-1) < HAZARDS).astype(jnp.float32)
        transitions = jnp.broadcast_to(gridworld.with_slip(following, SLIP)[None], (n, cells, 5, cells))
        best, price = jax.vmap(self.constrained_optimum)(transitions, hazards, away)
        zero = jnp.zeros(n)
        return World(
            transitions=transitions,
            hazards=hazards,
            away=away,
            best=best,
            price=price,
            guide=jax.vmap(self.trained_guide)(transitions, hazards),
            episode=jnp.zeros(()),
            cost=zero,
            over=zero,
            slow=zero,
            reached=zero,
        )

    def given(self, world: World) -> Guide:
        return world.guide

    def rewards(self, transitions: jax.Array, away: jax.Array) -> jax.Array:
        """Expected reward [S, A]."""
        return PROGRESS * (away[:, None] - transitions @ away) + transitions @ (away == 0).astype(away.dtype)

    def constrained_optimum(
        self, transitions: jax.Array, hazards: jax.Array, away: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """The best return at an expected cost of at most the budget, and the price of cost there, [] each.

        It is the least, over prices, of the best return less the price of the cost above the budget: the dual of the
        linear program over occupancies, which has no gap.
        """
        spec = self.spec
        steps = jnp.broadcast_to(transitions[None], (spec.horizon, *transitions.shape))
        costs = jnp.broadcast_to((transitions @ hazards)[None], (spec.horizon, spec.states, spec.actions))
        rewards = jnp.broadcast_to(self.rewards(transitions, away)[None], costs.shape)

        def priced(price: jax.Array) -> tuple[jax.Array, jax.Array]:
            values, q = mdp.backward_induction(steps, rewards - price * costs)
            cost = mdp.finite_value(steps, costs, mdp.greedy(q))[0, 0]
            return values[0, 0] + price * spec.budget, cost

        def halve(_: int, range_: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            low, high = range_
            middle = 0.5 * (low + high)
            dear = priced(middle)[1] <= spec.budget
            return jnp.where(dear, low, middle), jnp.where(dear, middle, high)

        low, high = jax.lax.fori_loop(0, HALVINGS, halve, (jnp.zeros(()), jnp.full((), DEAREST)))
        free = priced(jnp.zeros(()))[1] <= spec.budget
        price = jnp.where(free, 0.0, 0.5 * (low + high))
        return priced(price)[0], price

    def trained_guide(self, transitions: jax.Array, hazards: jax.Array) -> Guide:
        """A soft policy that moves as far as it can at the budget's cost: the guide of the paper, converged."""
        spec = self.spec
        moved = 1 - jnp.diagonal(transitions, axis1=0, axis2=2).T
        model = (transitions, moved, transitions @ hazards)
        zero = jnp.zeros(moved.shape)

        def critics(multiplier: jax.Array) -> tuple[jax.Array, jax.Array]:
            def sweep(_: int, pair: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
                return backed_up(model, pair, multiplier)

            return jax.lax.fori_loop(0, SWEEPS, sweep, (zero, zero))

        def halve(_: int, range_: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            low, high = range_
            middle = 0.5 * (low + high)
            policy = soft_policy(*critics(middle), middle)
            dear = self.spent(transitions, hazards, jnp.stack([policy, policy]))[0] <= spec.budget
            return jnp.where(dear, low, middle), jnp.where(dear, middle, high)

        _, multiplier = jax.lax.fori_loop(0, HALVINGS, halve, (jnp.zeros(()), jnp.full((), DEAREST)))
        q, cost_q = critics(multiplier)
        return Guide(
            policy=soft_policy(q, cost_q, multiplier),
            q=q,
            cost_q=cost_q,
            multiplier=multiplier,
            transitions=transitions,
            costs=hazards,
        )

    def spent(self, transitions: jax.Array, hazards: jax.Array, behaviour: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Expected cost of an episode of a behaviour [2, S, A], and the chance that it is above 1, [] each."""
        before, after = mdp.chain(transitions, behaviour)

        def step(law: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
            moved = jnp.stack([law[0] @ before, law[1] @ after, law[2] @ after])
            hit = moved * hazards[None]
            safe = moved - hit
            more = jnp.stack([jnp.zeros_like(hazards), hit[0], hit[1] + hit[2]])
            return safe + more, hit.sum()

        first = jnp.zeros((3, self.spec.states)).at[0, 0].set(1.0)  # costs of 0, 1, and 2 or more so far
        law, costs = jax.lax.scan(step, first, None, length=self.spec.horizon)
        return costs.sum(), law[2].sum()

    def worth(self, world: World, policy: jax.Array) -> jax.Array:
        """Return less the price of the cost above the budget, as a share of the best safe return, [n]; at most 1."""

        def earned(transitions: jax.Array, rewards: jax.Array, policy: jax.Array) -> jax.Array:
            steps = mdp.chain(transitions, policy)
            paid = mdp.expected(rewards, policy)
            first = jnp.zeros(self.spec.states).at[0].set(1.0)

            def forward(law: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
                return law @ steps, law @ paid

            return jax.lax.scan(forward, first, None, length=self.spec.horizon)[1].sum()

        rewards = jax.vmap(self.rewards)(world.transitions, world.away)
        returns = jax.vmap(earned)(world.transitions, rewards, policy)
        both = jnp.stack([policy, policy], axis=1)
        cost, _ = jax.vmap(self.spent)(world.transitions, world.hazards, both)
        return (returns - world.price * jnp.maximum(cost - self.spec.budget, 0)) / world.best

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, SafeEpisode]:
        behaviour = learner.behaviour()
        cost, over = jax.vmap(self.spent)(world.transitions, world.hazards, behaviour)
        good = (self.worth(world, learner.target()) >= ENOUGH).astype(jnp.float32)
        reached = jnp.maximum(world.reached, good)
        numbers = jax.random.uniform(key, (self.instances, self.spec.horizon, 2))
        batch = jax.vmap(self.walk)(numbers, world.transitions, world.hazards, world.away, behaviour)
        after = world._replace(
            episode=world.episode + 1,
            cost=world.cost + cost,
            over=world.over + over,
            slow=world.slow + 1 - reached,
            reached=reached,
        )
        return after, batch

    def walk(
        self, numbers: jax.Array, transitions: jax.Array, hazards: jax.Array, away: jax.Array, behaviour: jax.Array
    ) -> SafeEpisode:
        """One episode of a behaviour [2, S, A]."""

        def step(now: tuple[jax.Array, jax.Array], drawn: jax.Array) -> tuple[tuple[jax.Array, jax.Array], SafeEpisode]:
            s, late = now
            a = mdp.pick(drawn[0], behaviour[late, s])
            s1 = mdp.pick(drawn[1], transitions[s, a])
            paid = PROGRESS * (away[s] - away[s1]) + (away[s1] == 0).astype(away.dtype)
            cost = hazards[s1]
            done = SafeEpisode(s=s, a=a, r=paid, s1=s1, cost=cost, late=late.astype(cost.dtype))
            return (s1, jnp.maximum(late, cost.astype(jnp.int32))), done

        return jax.lax.scan(step, (jnp.int32(0), jnp.int32(0)), numbers)[1]

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        played = jnp.maximum(world.episode, 1)
        return {
            "training_cost": world.cost.mean() / played,
            "episodes_to_return": world.slow.mean(),
            "final_return": self.worth(world, learner.target()).mean(),
            "violations": world.over.mean() / played,
        }

    def floor(self, world: World) -> Known:
        """A uniformly random move in every step."""
        spec = self.spec
        policy = jnp.full((spec.instances, spec.states, spec.actions), 1 / spec.actions)
        cost, over = jax.vmap(self.spent)(world.transitions, world.hazards, jnp.stack([policy, policy], axis=1))
        metrics = {
            "training_cost": cost.mean(),
            "episodes_to_return": jnp.float32(self.steps),
            "final_return": self.worth(world, policy).mean(),
            "violations": over.mean(),
        }
        return Known(metrics)

    def oracle(self, world: World) -> Known:
        """The best that can be had of each: no cost, and the best safe return from the first episode on."""
        zero = jnp.zeros(())
        metrics = {
            "training_cost": zero,
            "episodes_to_return": zero,
            "final_return": jnp.ones(()),
            "violations": zero,
        }
        return Known(metrics)
