"""Halve the field again and again: equal shares of the budget for rounds, in each of which the worse half leaves.

**Source**: Karnin, Koren and Somekh, "Almost Optimal Exploration in Multi-Armed Bandits", 2013,
https://proceedings.mlr.press/v28/karnin13.html (sequential halving); analysed for simple regret by Zhao, Stephens,
Szepesvári and Jun, "Revisiting Simple Regret: Fast Rates for Returning a Good Arm", 2022,
https://arxiv.org/abs/2210.16913.

    ceil(log2 k) rounds; floor(T / (alive ceil(log2 k))) new pulls an arm; ceil(alive / 2) go on

**Differs from the paper**: 1. of more arms than `subset` a random subset enters. 2. a round's arms are compared by the
rewards of that round alone, as in the first source. 3. a round that would have no pull for an arm has one, as long as
the budget lasts.

**Shapes**: n instances, s places.
"""

from toybench.methods.bandits._halving import Halving, Step, halve


class SequentialHalving(Halving):
    """Has to be told how many arms to look at."""

    subset: int = 64  # arms that enter, drawn at random

    paper = "zhao2022revisiting"
    space = {"subset": (8, 16, 32, 64, 128, 256)}

    def plan(self) -> tuple[list[int], list[Step]]:
        size = min(self.subset, self.spec.arms)
        return [size], halve(0, 0, size, self.steps)
