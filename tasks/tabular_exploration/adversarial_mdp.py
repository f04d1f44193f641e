"""Three steps, eight states, four actions, and losses that turn into their opposite: how does the regret grow?

Isolates what an estimate of the action values from one episode does to a learner. Losses and transitions are linear in
six features, so the values of every policy are too. Losses lie in [0, 1]; after 30 % of the episodes a loss of x
becomes 1 - x, and the best policy in hindsight is the best one of the second part.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import mdp
from toybench.blocks.random import normals
from toybench.tasks.tabular_exploration import Episode, Known, LinearSpec, PolicyOptimizer, Simulator

TURN = 0.3  # of the episodes have the first losses
LATE = 0.9  # of the episodes are over when `late_regret` begins


class World(NamedTuple):
    """The process, and what was paid.

    Attributes:
      features: phi [n, S, A, d], in the simplex.
      transitions: of each step, [n, H, S, A, S].
      losses: of the first part, [n, H, S, A].
      episode: how many were played, [].
      paid: expected losses so far, [n].
      late: expected losses above the best policy's after the share LATE, [n].
    """

    features: jax.Array
    transitions: jax.Array
    losses: jax.Array
    episode: jax.Array
    paid: jax.Array
    late: jax.Array


class AdversarialMdp(Task):
    """Dirichlet(1/2) features and bases; a state to start from is drawn uniformly."""

    instances: int = 8
    steps: int = 2000  # type: ignore[misc]  # episodes

    kind = "interactive"
    interface = PolicyOptimizer
    metrics = {
        "regret": Metric("min", "expected loss so far above the best policy's in hindsight, mean over instances"),
        "late_regret": Metric("min", "the same for one of the last tenth of the episodes, best policy of that time"),
    }

    @property
    def spec(self) -> LinearSpec:
        return LinearSpec(instances=self.instances, states=8, actions=4, horizon=3, features=6)

    def sample(self, key: jax.Array) -> World:
        spec = self.spec
        n = spec.instances
        drawn = normals(
            key,
            features=(n, spec.states, spec.actions, spec.features),
            bases=(n, spec.horizon, spec.features, spec.states),
            theta=(n, spec.horizon, spec.features),
        )
        squares = drawn["features"] ** 2  # a square of a normal number is a Gamma(1/2) draw
        features = squares / squares.sum(-1, keepdims=True)
        squares = drawn["bases"] ** 2
        bases = squares / squares.sum(-1, keepdims=True)
        theta = jax.scipy.stats.norm.cdf(drawn["theta"])
        zero = jnp.zeros(n)
        return World(
            features=features,
            transitions=jnp.einsum("nsad,nhdt->nhsat", features, bases),
            losses=jnp.einsum("nsad,nhd->nhsa", features, theta),
            episode=jnp.zeros(()),
            paid=zero,
            late=zero,
        )

    @property
    def start(self) -> jax.Array:
        """Law of the first state, [S]."""
        return jnp.full(self.spec.states, 1 / self.spec.states)

    @property
    def turn(self) -> int:
        """How many episodes have the first losses."""
        return int(TURN * self.steps)

    def given(self, world: World) -> Simulator:
        start = jnp.broadcast_to(self.start[None], (self.instances, self.spec.states))
        return Simulator(features=world.features, transitions=world.transitions, start=start)

    def least(self, world: World, losses: jax.Array) -> jax.Array:
        """Expected loss [n] of the best policy for losses [n, H, S, A]."""
        plan = jax.vmap(lambda t, x: mdp.backward_induction(t, -x)[0][0])
        return -plan(world.transitions, losses) @ self.start

    def expected(self, world: World, losses: jax.Array, policy: jax.Array) -> jax.Array:
        """Expected loss [n] of policies [n, H, S, A] for losses [n, H, S, A]."""
        values = jax.vmap(lambda t, x, p: mdp.finite_value(t, x, p)[0])(world.transitions, losses, policy)
        return values @ self.start

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Episode]:
        policy = learner.policy()
        losses = jnp.where(world.episode < self.turn, world.losses, 1 - world.losses)
        paid = self.expected(world, losses, policy)
        late = jnp.where(world.episode < int(LATE * self.steps), 0.0, 1.0)
        above = late * (paid - self.least(world, 1 - world.losses))
        numbers = jax.random.uniform(key, (self.instances, self.spec.horizon + 1, 2))

        def play(numbers: jax.Array, transitions: jax.Array, policy: jax.Array) -> mdp.Episode:
            return mdp.episode(numbers[1:], transitions[:, :, :, None], policy[:, :, None], numbers[0, 0], self.start)

        played = jax.vmap(play)(numbers, world.transitions, policy)
        s = played.s[:, :-1]
        number = jnp.arange(self.instances)[:, None]
        step = jnp.arange(self.spec.horizon)[None]
        batch = Episode(s=s, a=played.a, r=losses[number, step, s, played.a], s1=played.s[:, 1:])
        after = world._replace(episode=world.episode + 1, paid=world.paid + paid, late=world.late + above)
        return after, batch

    def hindsight(self, world: World, episodes: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Episodes of both parts, [] each, and the sum of losses [n] of the best policy for both together."""
        first = jnp.minimum(episodes, self.turn)
        second = episodes - first
        return first, second, self.least(world, first * world.losses + second * (1 - world.losses))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        _, _, best = self.hindsight(world, world.episode)
        last = self.steps - int(LATE * self.steps)
        return {"regret": (world.paid - best).mean(), "late_regret": world.late.mean() / last}

    def floor(self, world: World) -> Known:
        """A uniformly random action at every step."""
        policy = jnp.full(world.losses.shape, 1 / self.spec.actions)
        first, second, best = self.hindsight(world, jnp.float32(self.steps))
        before = self.expected(world, world.losses, policy)
        after = self.expected(world, 1 - world.losses, policy)
        above = after - self.least(world, 1 - world.losses)
        return Known({"regret": (first * before + second * after - best).mean(), "late_regret": above.mean()})

    def oracle(self, world: World) -> Known:
        """The best policy of each part: below the best single policy, so that its regret is negative."""
        first, second, best = self.hindsight(world, jnp.float32(self.steps))
        before = self.least(world, world.losses)
        after = self.least(world, 1 - world.losses)
        return Known({"regret": (first * before + second * after - best).mean(), "late_regret": jnp.zeros(())})
