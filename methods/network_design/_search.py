"""What the planners of this study share: what has been solved, choosing what to ask, and a genetic algorithm.

Scores are lower for better designs. Shapes: g networks, d designs, c candidates, m of a round, p individuals.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks.random import uniforms
from toybench.tasks.network_design import Answers, DesignSpec, Solved, designs

LATER = 1e6  # added to the score of a design that is asked for only if no other is left
PARENTS = 0.4  # share of a population that has children, the authors' value
SIZE = 60  # individuals of the search on a stand-in
TURNS = 40  # generations of the same
LEAST = 1e-6  # keeps a quotient finite where times are alike
MUTATION = 0.05  # chance of a bit to flip there, the authors' value


class Told(NamedTuple):
    """Times in all that were told, [g, d], inf where not, and how many rounds there were, int32 []."""

    time: jax.Array
    rounds: jax.Array


def nothing_told(spec: DesignSpec) -> Told:
    """Before the first round."""
    count = len(designs(spec.candidates, spec.chosen))
    return Told(time=jnp.full((spec.networks, count), jnp.inf), rounds=jnp.zeros((), jnp.int32))


def learn(known: Told, answers: Answers) -> Told:
    """After a round."""
    network = jnp.arange(len(known.time))[:, None]
    return Told(time=known.time.at[network, answers.design].set(answers.time), rounds=known.rounds + 1)


def ask(score: jax.Array, known: Told, count: int) -> jax.Array:
    """The `count` designs of lowest score [g, d] that have not been solved, int32 [g, m]."""
    return jax.lax.top_k(-jnp.where(jnp.isfinite(known.time), jnp.inf, score), count)[1].astype(jnp.int32)


def numbers(spec: DesignSpec) -> np.ndarray:
    """The design's number for every set of candidates, read as a binary number; 0 where it is no design."""
    table = np.zeros(2**spec.candidates, np.int32)
    rows = designs(spec.candidates, spec.chosen)
    table[(rows @ 2.0 ** np.arange(spec.candidates)).astype(np.int64)] = np.arange(len(rows))
    return table


def children(
    spec: DesignSpec, drawn: dict[str, jax.Array], parents: jax.Array, weight: jax.Array, mutation: jax.Array | float
) -> jax.Array:
    """Numbers int32 [m] of designs that come of parents with bits [p, c], drawn by weight [p].

    Uniform crossover, each bit flipped with chance `mutation`; of too many or too few roads, random ones go or come.
    """
    ends = jnp.cumsum(weight) / weight.sum()
    mothers = parents[jnp.minimum(jnp.searchsorted(ends, drawn["mother"]), len(parents) - 1)]
    fathers = parents[jnp.minimum(jnp.searchsorted(ends, drawn["father"]), len(parents) - 1)]
    bits = jnp.where(drawn["cross"] < 0.5, mothers, fathers)
    bits = jnp.where(drawn["mutate"] < mutation, 1 - bits, bits)
    roads = jax.lax.top_k(bits + drawn["repair"], spec.chosen)[1]
    return jnp.asarray(numbers(spec))[(2**roads).sum(-1)]


def noise_shapes(spec: DesignSpec, *leading: int) -> dict[str, tuple[int, ...]]:
    """Uniform numbers that children need."""
    each = (*leading, spec.candidates)
    return {"mother": leading, "father": leading, "cross": each, "mutate": each, "repair": each}


def evolve(
    spec: DesignSpec, key: jax.Array, score: jax.Array, size: int, turns: int, mutation: jax.Array | float
) -> jax.Array:
    """Which designs a genetic algorithm met, bool [d], when it looks for a low score [d].

    Parents are the better part of a population, drawn by rank; they stay, and children take the places of the others.
    """
    bits = jnp.asarray(designs(spec.candidates, spec.chosen))
    kept = int(PARENTS * size)
    drawn = uniforms(key, first=(size,), **noise_shapes(spec, turns, size - kept))
    first = jnp.floor(len(bits) * drawn.pop("first")).astype(jnp.int32)
    weight = jnp.arange(kept, 0, -1).astype(jnp.float32)

    def turn(carry: tuple[jax.Array, jax.Array], drawn: dict[str, jax.Array]) -> tuple[tuple, None]:
        population, met = carry
        best = population[jnp.argsort(score[population])[:kept]]
        born = children(spec, drawn, bits[best], weight, mutation)
        return (jnp.concatenate([best, born]), met.at[born].set(True)), None

    met = jnp.zeros(len(bits), bool).at[first].set(True)
    return jax.lax.scan(turn, (first, met), drawn)[0][1]


def search_stand_in(spec: DesignSpec, key: jax.Array, score: jax.Array) -> jax.Array:
    """Scores [g, d] as a stand-in predicts them, `LATER` more where a genetic algorithm among them was not."""
    keys = jax.random.split(key, len(score))
    met = jax.vmap(lambda one, s: evolve(spec, one, s, SIZE, TURNS, MUTATION))(keys, score)
    return jnp.where(met, score, score + LATER)


def near_good_plans(spec: DesignSpec, solved: Solved) -> jax.Array:
    """The mean time of the plans that are a road away from each design, [g, d], lower for better; no model is fitted.

    Plans of fewer roads are slower: times are standardised among plans of as many roads. One more plan, of mean time,
    is near every design, so that many good plans count for more than one.
    """
    bits = jnp.asarray(designs(spec.candidates, spec.chosen))

    def of_one(solved: Solved) -> jax.Array:
        roads = solved.bits.sum(1)
        alike = (roads[:, None] == roads[None]).astype(bits.dtype)
        mean = alike @ solved.time / alike.sum(1)
        spread = jnp.sqrt(alike @ (solved.time - mean) ** 2 / alike.sum(1))
        score = (solved.time - mean) / jnp.maximum(spread, LEAST)
        near = (bits @ solved.bits.T == jnp.minimum(roads, spec.chosen)[None]).astype(bits.dtype)
        return near @ score / (1 + near.sum(1))

    return jax.vmap(of_one)(solved)
