"""Sequential halving of subsets of every size, and a comparison of their winners: no size has to be chosen.

**Source**: Zhao, Stephens, Szepesvári and Jun, "Revisiting Simple Regret: Fast Rates for Returning a Good Arm", 2022,
https://arxiv.org/abs/2210.16913 (bracketing sequential halving, for fewer pulls than arms).

    bracket b: 2^b random arms, b = 1, ..., floor(log2(T / log2 T)); each is halved with an equal share of 2 T / 3
    the last T / 3 pulls compare the brackets' winners

**Differs from the paper**: 1. the budget is known and shares are fixed, where the authors open brackets as time goes
on; 2. winners are compared by pulls of their own; 3. a bracket whose share is too small for all rounds of halving
stops when it is spent.

**Shapes**: n instances, s places.
"""

import math

from toybench.methods.bandits._halving import Halving, final, halve


class BracketingSequentialHalving(Halving):
    """Nothing to tune."""

    paper = "zhao2022revisiting"

    def brackets(self) -> tuple[list[int], list[tuple[int, int, int, int]]]:
        most = math.floor(math.log2(max(2.0, self.steps / math.log2(max(self.steps, 2)))))
        sizes = [min(2**b, self.spec.arms) for b in range(1, most + 1)]
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        share = 2 * self.steps // (3 * len(sizes))
        steps = [step for start, size in zip(starts, sizes, strict=True) for step in halve(start, size, share)]
        return sizes, steps + final(starts, self.steps // 3)
