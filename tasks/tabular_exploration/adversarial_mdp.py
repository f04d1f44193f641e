"""Three steps, eight states, four actions, and losses that turn into their opposite: how does the regret grow?

Isolates what an estimate of the action values from one episode does to a learner. Losses and transitions are linear in
six features, so the values of every policy are too. Losses lie in [0, 1]. In 30 % of the episodes a loss of x becomes
1 - x: an adversary chooses them beforehand, by lot, so that nobody can follow and have less than no regret.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import mdp
from toybench.blocks.random import normals, uniforms
from toybench.tasks.tabular_exploration import Episode, Known, LinearSpec, PolicyOptimizer, Simulator

FLIPPED = 0.3  # share of the episodes with opposite losses
LATE = 0.9  # of the episodes are over when `late_regret` begins


class World(NamedTuple):
    """The process, and what was paid.

    Attributes:
      features: phi [n, S, A, d], in the simplex.
      transitions: of each step, [n, H, S, A, S].
      losses: of the more frequent kind, [n, H, S, A].
      best: expected loss of the best policy for them, [n].
      episode: how many were played, [].
      regret, late: expected losses above those of that policy, in all and after the share LATE, [n].
    """

    features: jax.Array
    transitions: jax.Array
    losses: jax.Array
    best: jax.Array
    episode: jax.Array
    regret: jax.Array
    late: jax.Array


class AdversarialMdp(Task):
    """Dirichlet(1/2) features and bases; a state to start from is drawn uniformly."""

    instances: int = 4
    steps: int = 2000  # type: ignore[misc]  # episodes

    kind = "interactive"
    interface = PolicyOptimizer
    metrics = {
        "regret": Metric(
            "min", "expected loss so far above the best policy's, mean over the adversary's lot and instances"
        ),
        "late_regret": Metric("min", "the same for one of the last tenth of the episodes"),
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
        transitions = jnp.einsum("nsad,nhdt->nhsat", features, bases)
        losses = jnp.einsum("nsad,nhd->nhsa", features, theta)
        least = jax.vmap(lambda t, x: -mdp.backward_induction(t, -x)[0][0])
        zero = jnp.zeros(n)
        return World(
            features=features,
            transitions=transitions,
            losses=losses,
            best=least(transitions, losses) @ self.start,
            episode=jnp.zeros(()),
            regret=zero,
            late=zero,
        )

    @property
    def start(self) -> jax.Array:
        """Law of the first state, [S]."""
        return jnp.full(self.spec.states, 1 / self.spec.states)

    def given(self, world: World) -> Simulator:
        start = jnp.broadcast_to(self.start[None], (self.instances, self.spec.states))
        return Simulator(features=world.features, transitions=world.transitions, start=start)

    def expected(self, world: World, policy: jax.Array) -> jax.Array:
        """Expected loss [n] of policies [n, H, S, A] for the more frequent losses."""
        values = jax.vmap(lambda t, x, p: mdp.finite_value(t, x, p)[0])(world.transitions, world.losses, policy)
        return values @ self.start

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Episode]:
        policy = learner.policy()
        spec = self.spec
        drawn = uniforms(key, moves=(spec.instances, spec.horizon, 2), start=(spec.instances,), flip=(spec.instances,))
        flipped = drawn["flip"] < FLIPPED

        def play(moves: jax.Array, start: jax.Array, transitions: jax.Array, policy: jax.Array) -> mdp.Episode:
            return mdp.episode(moves, transitions[:, :, :, None], policy[:, :, None], start, self.start)

        played = jax.vmap(play)(drawn["moves"], drawn["start"], world.transitions, policy)
        s = played.s[:, :-1]
        number = jnp.arange(spec.instances)[:, None]
        step = jnp.arange(spec.horizon)[None]
        losses = world.losses[number, step, s, played.a]
        batch = Episode(s=s, a=played.a, r=jnp.where(flipped[:, None], 1 - losses, losses), s1=played.s[:, 1:])
        # the adversary's lot is paid in expectation: an opposite episode takes back what a usual one costs
        above = (1 - 2 * FLIPPED) * (self.expected(world, policy) - world.best)
        late = jnp.where(world.episode < int(LATE * self.steps), 0.0, 1.0)
        after = world._replace(episode=world.episode + 1, regret=world.regret + above, late=world.late + late * above)
        return after, batch

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        last = self.steps - int(LATE * self.steps)
        return {"regret": world.regret.mean(), "late_regret": world.late.mean() / last}

    def floor(self, world: World) -> Known:
        """A uniformly random action at every step, with the expected number of opposite episodes."""
        policy = jnp.full(world.losses.shape, 1 / self.spec.actions)
        above = (1 - 2 * FLIPPED) * (self.expected(world, policy) - world.best).mean()
        return Known({"regret": self.steps * above, "late_regret": above})

    def oracle(self, world: World) -> Known:
        """The best policy for the more frequent losses in every episode."""
        return Known({"regret": jnp.zeros(()), "late_regret": jnp.zeros(())})
