"""Find the best of 38 policies that nobody ran, from the returns of ten others and a few logged transitions.

Isolates what describes a policy. The policies seek random goals in four rooms, each with a sharpness of its own; with
chance 0.2 a random move is made instead. Four of the policies that were run left transitions, in short episodes from
anywhere. States have frozen features, those of a random network that sees their place. With `reward=linear` the
reward is a linear function of them; with `reward=goal` it is 1 in one cell.

The task fits one ridge regression from embeddings to the ten known returns, its strength by ten folds, whoever embeds.
A single column is taken for the returns themselves.

A regret of 1 is that of a policy chosen blindly, 0 that of the best one.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import gridworld, mdp, probes
from toybench.blocks.random import normals, uniforms
from toybench.errors import UsageError
from toybench.tasks.zero_shot_rl import (
    Described,
    PolicyEmbedding,
    Spec,
    Transitions,
    integers,
    start_return,
)

SIDE = 7  # cells of the rooms' side: 40 states
SLIP = 0.2  # chance of a random move
SHARPNESS = (0.3, 10.0)  # range of a policy's inverse temperature, log-uniform
EVALUATED = 10  # policies with known returns
LOGGED = 4  # of them, with transitions
EPISODE = 5  # steps from a uniform start
HIDDEN = 32  # units of the network that makes features of a cell's place in [-1, 1]^2
GAIN = 2.0  # of its first layer: features bend about once across the rooms
STRENGTHS = tuple(10.0**e for e in range(-3, 4))  # of the ridge that are tried; smaller ones are singular in float32
TINY = 1e-6  # keeps a scale above 0


class World(NamedTuple):
    """Environment, policies [n, S, A], their returns [n], and what is given."""

    transitions: jax.Array
    policies: jax.Array
    returns: jax.Array
    given: Described


class PolicySelection(Task):
    """Goal seekers in four rooms."""

    reward: str = "linear"  # in the features, or goal
    transitions: int = 2000  # logged in all; a multiple of 20
    policies: int = 48  # ten of which have known returns
    features: int = 16  # of a state

    interface = PolicyEmbedding
    steps = 0
    checkpoints = 0
    metrics = {
        "regret_at_1": Metric("min", "return that the chosen policy lacks, against that of a blind choice"),
        "rank_correlation": Metric("max", "Spearman's, of predicted and true returns over the policies not run"),
    }

    @property
    def spec(self) -> Spec:
        if self.reward not in ("linear", "goal"):
            raise UsageError(f"{self.name} has no reward '{self.reward}'; use linear or goal.")
        _, moves = gridworld.compact(gridworld.four_rooms(SIDE))
        return Spec(states=len(moves), actions=moves.shape[1], discount=1 - 1 / (2 * SIDE))

    def sample(self, key: jax.Array) -> World:
        for_policies, for_features, for_data = jax.random.split(key, 3)
        cells, moves = gridworld.compact(gridworld.four_rooms(SIDE))
        states = len(moves)
        places = jnp.asarray(np.stack(np.divmod(cells, SIDE), 1) * 2 / (SIDE - 1) - 1, jnp.float32)
        distance = gridworld.distances(jnp.asarray(moves))
        drawn = uniforms(for_policies, goal=(self.policies,), sharpness=(self.policies,), reward=())
        low, high = SHARPNESS
        sharpness = low * (high / low) ** drawn["sharpness"]
        ahead = distance[moves][:, :, integers(drawn["goal"], states)].transpose(2, 0, 1).astype(jnp.float32)
        policies = jax.nn.softmax(-sharpness[:, None, None] * ahead, axis=-1)
        made = normals(
            for_features, first=(2, HIDDEN), bias=(HIDDEN,), last=(HIDDEN, self.features), weight=(self.features,)
        )
        features = jnp.tanh(GAIN * (places @ made["first"]) + made["bias"][None, :]) @ made["last"] / HIDDEN**0.5
        linear = features @ made["weight"]
        goal = jax.nn.one_hot(integers(drawn["reward"], states), states)
        reward = linear if self.reward == "linear" else goal
        transitions = gridworld.with_slip(moves, SLIP)  # type: ignore[arg-type]
        return World(
            transitions=transitions,
            policies=policies,
            returns=start_return(transitions, reward, policies, self.spec.discount),
            given=Described(data=self.log(for_data, transitions, policies), features=features, reward=reward),
        )

    def log(self, key: jax.Array, transitions: jax.Array, policies: jax.Array) -> Transitions:
        """Episodes of the first policies, one after the other."""
        episodes = self.transitions // EPISODE
        drawn = uniforms(key, start=(episodes,), steps=(EPISODE, 2, episodes))
        own = policies[jnp.arange(episodes) * LOGGED // episodes]
        rows = jnp.arange(episodes)

        def step(s: jax.Array, uniform: jax.Array) -> tuple[jax.Array, Transitions]:
            a = mdp.pick(uniform[0], own[rows, s])
            s1 = mdp.pick(uniform[1], transitions[s, a])
            return s1, Transitions(s=s, a=a, s1=s1)

        _, data = jax.lax.scan(step, integers(drawn["start"], policies.shape[1]), drawn["steps"])
        return jax.tree.map(jnp.ravel, data)

    def given(self, world: World) -> Described:
        """Transitions, features and the reward."""
        return world.given

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        embedding = learner.embed(world.policies)
        one = embedding.shape[1] == 1
        predicted = embedding[:, 0] if one else fitted(embedding, world.returns[:EVALUATED])
        true = world.returns[EVALUATED:]
        guess = predicted[EVALUATED:]
        lacks = true.max() - true[guess.argmax()]
        return {
            "regret_at_1": lacks / (true.max() - true.mean()),
            "rank_correlation": probes.spearman(guess, true),
        }

    def floor(self, world: World) -> Any:
        """Describes no policy: the choice is blind, here the first."""
        return SimpleNamespace(embed=lambda policies: jnp.zeros((self.policies, 1)))

    def oracle(self, world: World) -> Any:
        """The returns themselves."""
        return SimpleNamespace(embed=lambda policies: world.returns[:, None])


def fitted(embedding: jax.Array, known: jax.Array) -> jax.Array:
    """Predictions [n] for all rows of an embedding [n, m], the first of which have known values.

    Columns are standardised over all rows, known or not; ten folds choose the ridge's strength.
    """
    columns = (embedding - embedding.mean(0)[None, :]) / jnp.maximum(embedding.std(0), TINY)[None, :]
    count = known.shape[0]
    y = (known - known.mean()) / jnp.maximum(known.std(), TINY)
    weights = jnp.ones(count)
    strengths = jnp.asarray(STRENGTHS, jnp.float32)
    coefficients, _ = probes.ridge_by_folds(columns[:count], y[:, None], weights, strengths, folds=count)
    return probes.apply_ridge(coefficients, columns)[:, 0]
