"""Six binary variables, two of which are actions: does it pay to learn which variable depends on which?

Isolates structure in the prior of a transition model. Each of four state variables depends on two of the six, in a
table with chances from Beta(1/2, 1/2). A table over states and actions has 64 rows of 16 chances, a factored one 16
rows of one chance. The reward is the first variable, and known. Episodes start with all variables 0.
"""

from itertools import combinations
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import mdp
from toybench.blocks.random import uniforms
from toybench.tasks.tabular_exploration import (
    Episode,
    FactoredSpec,
    Graph,
    Known,
    StructureLearner,
    factored_transitions,
    first_variable,
    joint_values,
)


class World(NamedTuple):
    """Transitions [n, S, A, S], parents int32 [n, V, q], the best policy's return [n], and the regret so far [n]."""

    transitions: jax.Array
    parents: jax.Array
    best: jax.Array
    regret: jax.Array


class FactoredChain(Task):
    """Parents and tables are drawn from the prior that the factored learners have, but for the Beta's count."""

    horizon: int = 15  # steps an episode
    instances: int = 8
    steps: int = 100  # type: ignore[misc]  # episodes

    kind = "interactive"
    interface = StructureLearner
    metrics = {
        "bayes_regret": Metric("min", "expected return lost by the episodes so far, mean over instances"),
        "graph_error": Metric("min", "|belief - truth| that a variable is a parent, mean over pairs"),
    }

    @property
    def spec(self) -> FactoredSpec:
        return FactoredSpec(instances=self.instances, variables=4, controls=2, degree=2, horizon=self.horizon)

    def sample(self, key: jax.Array) -> World:
        spec = self.spec
        pairs = jnp.asarray(list(combinations(range(spec.candidates), spec.degree)))
        rows = 2**spec.degree
        drawn = uniforms(
            key,
            pair=(spec.instances, spec.variables),
            order=(spec.instances, spec.variables, 1),
            table=(spec.instances, spec.variables, rows),
        )
        parents = pairs[(drawn["pair"] * len(pairs)).astype(jnp.int32)]
        parents = jnp.where(drawn["order"] < 0.5, parents, parents[..., ::-1])
        tables = jnp.sin(0.5 * jnp.pi * drawn["table"]) ** 2  # quantiles of Beta(1/2, 1/2)
        transitions = jax.vmap(self.kernel)(parents, tables)
        best = jax.vmap(lambda t: mdp.backward_induction(self.every_step(t), first_variable(spec))[0][0, 0])
        return World(transitions=transitions, parents=parents, best=best(transitions), regret=jnp.zeros(spec.instances))

    def kernel(self, parents: jax.Array, tables: jax.Array) -> jax.Array:
        """Transitions [S, A, S] for parents int32 [V, q] and chances of a 1 [V, 2^q], the first parent slowest."""
        values = jnp.asarray(joint_values(self.spec))[..., parents]  # [S, A, V, q]
        row = (values * jnp.array([2, 1])[None, None, None]).sum(-1)
        chances = jnp.take_along_axis(tables[None, None], row[..., None], axis=-1)[..., 0]
        return factored_transitions(jnp.moveaxis(chances, -1, 0))

    def every_step(self, transitions: jax.Array) -> jax.Array:
        """The same transitions [H, S, A, S] at every step."""
        return jnp.broadcast_to(transitions[None], (self.horizon, *transitions.shape))

    def given(self, world: World) -> Graph:
        return Graph(parents=world.parents)

    def returns(self, transitions: jax.Array, policy: jax.Array) -> jax.Array:
        """Expected return of a policy [H, S, A] from the start, []."""
        return mdp.finite_value(self.every_step(transitions), first_variable(self.spec), policy)[0, 0]

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Episode]:
        policy = learner.policy()
        numbers = jax.random.uniform(key, (self.instances, self.horizon, 2))
        start = jnp.zeros(self.spec.states).at[0].set(1.0)

        def play(numbers: jax.Array, transitions: jax.Array, policy: jax.Array) -> mdp.Episode:
            kernel = self.every_step(transitions)[:, :, :, None]
            return mdp.episode(numbers, kernel, policy[:, :, None], jnp.float32(0.5), start)

        played = jax.vmap(play)(numbers, world.transitions, policy)
        earned = jax.vmap(self.returns)(world.transitions, policy)
        s = played.s[:, :-1]
        paid = first_variable(self.spec)[0, :, 0]
        batch = Episode(s=s, a=played.a, r=paid[s], s1=played.s[:, 1:])
        return world._replace(regret=world.regret + world.best - earned), batch

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return {"bayes_regret": world.regret.mean(), "graph_error": self.graph_error(world, learner.parents())}

    def graph_error(self, world: World, belief: jax.Array) -> jax.Array:
        """How far beliefs [n, V, P] are from the truth, []."""
        true = jax.nn.one_hot(world.parents, self.spec.candidates).sum(-2)
        return jnp.abs(belief - true).mean()

    def floor(self, world: World) -> Known:
        """A uniformly random action at every step, and the prior of the graph."""
        spec = self.spec
        policy = jnp.full((spec.horizon, spec.states, spec.actions), 1 / spec.actions)
        earned = jax.vmap(self.returns, in_axes=(0, None))(world.transitions, policy)
        belief = jnp.full((spec.instances, spec.variables, spec.candidates), spec.degree / spec.candidates)
        regret = self.steps * (world.best - earned).mean()
        return Known({"bayes_regret": regret, "graph_error": self.graph_error(world, belief)})

    def oracle(self, world: World) -> Known:
        """The best policy in every episode, and the true graph."""
        return Known({"bayes_regret": jnp.zeros(()), "graph_error": jnp.zeros(())})
