"""The world of the episodic tasks: layers of states, and a short cut that pays more on average and sometimes nothing.

Every transition law is a mixture of four given kernels by one unknown vector of weights a step, the same for all states
and actions. Shapes: as on the study's page.
"""

import abc
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Task
from toybench.blocks.mdp import Episode, backward_induction, episode, finite_value, greedy, kernel_of
from toybench.blocks.random import normals, uniforms
from toybench.tasks.risk_sensitive_rl import START, UNIT, Episodes, Given, Known

STEPS = 4
STATES = 6
ACTIONS = 3
PARTS = 4
SIZES = 4  # rewards of 0 to 3 units
LEVELS_LATE = 3  # rewards of 0 to 2 units in the last two layers
TOTALS = 8  # 3 units of the second layer, and 2 of each of the last two
SAFE = 1  # pays 2 units; where one action leads
HIGH = 2  # pays 3 units; where another, the short cut, leads
NOTHING = 3  # pays none; where the short cut leads otherwise
SUCCESS = 0.85  # of the short cut: 3 units pay 2.55 on average
SPREAD = 0.07  # of its success among the kernels, before it is centred
LATE = 3  # the last third of the episodes is looked at apart


class Problem(NamedTuple):
    """Transitions [n, H, S, A, S], rewards in units, int32 [n, H, S, A], and the kernels [n, H, m, S, A, S]."""

    transitions: jax.Array
    units: jax.Array
    parts: jax.Array


class World(NamedTuple):
    """A problem, its joint kernels [n, H, S, A, K, S], and what was lost.

    Attributes:
      best, mean: the optimum of the criterion and of the mean, [n].
      gap: what the criterion lacks where the mean is best, [n].
      regret, mean_regret: sums over the episodes so far, [n].
      late: the part of `regret` in the last third, [n].
      episodes: how many there were, [].
    """

    problem: Problem
    kernel: jax.Array
    best: jax.Array
    mean: jax.Array
    gap: jax.Array
    regret: jax.Array
    mean_regret: jax.Array
    late: jax.Array
    episodes: jax.Array


def problems(key: jax.Array, count: int) -> Problem:
    """`count` random problems. Dirichlet laws are squared normals over their sums."""
    first, second = jax.random.split(key)
    z = normals(first, rows=(count, STEPS, PARTS, STATES, ACTIONS, STATES), weights=(count, STEPS, PARTS, 2))
    u = uniforms(second, success=(count, PARTS), units=(count, 2, STATES, ACTIONS), order=(count, ACTIONS))
    gammas = z["rows"] ** 2  # of shape 1/2
    parts = gammas / gammas.sum(-1, keepdims=True)
    masses = (z["weights"] ** 2).sum(-1)  # of shape 1
    weights = masses / masses.sum(-1, keepdims=True)

    tilt = SPREAD * (2 * u["success"] - 1)
    success = SUCCESS + tilt - (weights[:, 0] * tilt).sum(-1, keepdims=True)
    to = jnp.eye(STATES)
    short_cut = success[..., None] * to[HIGH][None, None] + (1 - success)[..., None] * to[NOTHING][None, None]
    first = parts[:, 0, :, START].at[:, :, 0].set(to[SAFE]).at[:, :, 1].set(short_cut)
    order = jnp.argsort(u["order"], axis=-1)  # by lot, as ties go to the first action
    parts = parts.at[:, 0, :, START].set(jnp.take_along_axis(first, order[:, None, :, None], axis=2))
    same = parts[:, 1, :, SAFE]  # from the three states on, all is alike
    parts = parts.at[:, 1, :, HIGH].set(same).at[:, 1, :, NOTHING].set(same)

    units = jnp.zeros((count, STEPS, STATES, ACTIONS), jnp.int32)
    units = units.at[:, 1, SAFE].set(2).at[:, 1, HIGH].set(SIZES - 1)
    units = units.at[:, 2:].set((LEVELS_LATE * u["units"]).astype(jnp.int32))
    return Problem(transitions=jnp.einsum("nhm,nhmsat->nhsat", weights, parts), units=units, parts=parts)


def start() -> jax.Array:
    """The law of the first state: [S]."""
    return jnp.eye(STATES)[START]


def rewards(units: jax.Array) -> jax.Array:
    """Rewards of units."""
    return UNIT * units.astype(jnp.float32)


class EpisodeTask(Task, abc.ABC):
    """Base of the tasks that are played: a subclass says what is asked and which criterion counts."""

    kind = "interactive"
    criterion: ClassVar[str]  # name of the metric that sums what the criterion lacks

    @abc.abstractmethod
    def ask(self, learner: Any, key: jax.Array) -> jax.Array:
        """The policies to play now: [n, H, S, C, A], with C = 1 where they don't look at what was collected."""

    @abc.abstractmethod
    def plan(self, problem: Problem) -> jax.Array:
        """The best policy [H, S, C, A] of one problem."""

    @abc.abstractmethod
    def judge(self, problem: Problem, policy: jax.Array) -> jax.Array:
        """The criterion of a policy [H, S, C, A] on one problem: []."""

    @abc.abstractmethod
    def judge_mean(self, problem: Problem, policy: jax.Array) -> jax.Array:
        """The mean total of a policy on one problem: []."""

    @property
    @abc.abstractmethod
    def count(self) -> int:
        """Instances."""

    def sample(self, key: jax.Array) -> World:
        """Problems with their optima."""
        problem = problems(key, self.count)
        policy = jax.vmap(self.plan)(problem)
        neutral = jax.vmap(neutral_plan)(problem)
        best = jax.vmap(self.judge)(problem, policy)
        none = jnp.zeros(self.count)
        return World(
            problem=problem,
            kernel=jax.vmap(lambda p: kernel_of(p.transitions, p.units, SIZES))(problem),
            best=best,
            mean=jax.vmap(self.judge_mean)(problem, neutral),
            gap=best - jax.vmap(self.judge)(problem, neutral),
            regret=none,
            mean_regret=none,
            late=none,
            episodes=jnp.zeros(()),
        )

    def given(self, world: World) -> Given:
        return Given(units=world.problem.units, parts=world.problem.parts)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Episodes]:
        noise, own = jax.random.split(key)
        policy = self.ask(learner, own)
        lacks = world.best - jax.vmap(self.judge)(world.problem, policy)
        lacks_mean = world.mean - jax.vmap(self.judge_mean)(world.problem, policy)
        counts = world.episodes >= self.steps - self.steps // LATE
        world = world._replace(
            regret=world.regret + lacks,
            mean_regret=world.mean_regret + lacks_mean,
            late=world.late + jnp.where(counts, lacks, 0.0),
            episodes=world.episodes + 1,
        )
        u = uniforms(noise, u=(self.count, STEPS, 2))["u"]
        played: Episode = jax.vmap(lambda u, k, p: episode(u, k, p, jnp.zeros(()), start()))(u, world.kernel, policy)
        return world, Episodes(s=played.s[:, :-1], a=played.a, s1=played.s[:, 1:])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        third = max(self.steps // LATE, 1)
        return {
            self.criterion: world.regret.mean(),
            "mean_regret": world.mean_regret.mean(),
            "late_slope": world.late.mean() / third / world.gap.mean(),
        }

    def floor(self, world: World) -> Known:
        """Uniformly random actions in every episode."""
        uniform = jnp.full((STEPS, STATES, 1, ACTIONS), 1 / ACTIONS)
        lacks = (world.best - jax.vmap(lambda p: self.judge(p, uniform))(world.problem)).mean()
        lacks_mean = (world.mean - jax.vmap(lambda p: self.judge_mean(p, uniform))(world.problem)).mean()
        return Known(
            {
                self.criterion: self.steps * lacks,
                "mean_regret": self.steps * lacks_mean,
                "late_slope": lacks / world.gap.mean(),
            }
        )

    def oracle(self, world: World) -> Known:
        """The best policy of each criterion in every episode."""
        none = jnp.zeros(())
        return Known({self.criterion: none, "mean_regret": none, "late_slope": none})


def neutral_plan(problem: Problem) -> jax.Array:
    """The policy [H, S, 1, A] with the best mean."""
    _, q = backward_induction(problem.transitions, rewards(problem.units))
    return greedy(q)[:, :, None]


def mean_total(problem: Problem, rule: jax.Array) -> jax.Array:
    """Mean total of a policy [H, S, A] that doesn't look at what was collected: []."""
    return finite_value(problem.transitions, rewards(problem.units), rule)[0, START]
