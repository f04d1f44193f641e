"""Sequential halving of ever larger random subsets side by side: no size has to be chosen, and no budget known.

**Source**: Zhao, Stephens, Szepesvári and Jun, "Revisiting Simple Regret: Fast Rates for Returning a Good Arm", 2022,
https://arxiv.org/abs/2210.16913 (bracketing sequential halving; abstract and introduction could be read). The schedule
of brackets is that of Katz-Samuels and Jamieson, "The True Sample Complexity of Identifying Good Arms", 2020,
https://arxiv.org/abs/1906.06594, on which it rests.

    bracket b: 2^b random arms, opened at step b 2^b; each pull goes to the open bracket with the fewest pulls
    in a bracket: sequential halving with the budget b 2^b, then with twice that, and so on
    recommended: of the brackets' last winners the one with the largest mean reward in its last round

**Differs from the paper**: 1. a bracket that hasn't finished once recommends nothing.

**Shapes**: n instances, s places.
"""

from collections.abc import Iterator

from toybench.methods.bandits._halving import Halving, Step, halve, turns


class BracketingSequentialHalving(Halving):
    """Nothing to tune."""

    paper = "zhao2022revisiting"

    def plan(self) -> tuple[list[int], list[Step]]:
        sizes, whose = turns(self.steps, self.spec.arms)
        queues = [again_and_again(b, sum(sizes[:b]), size) for b, size in enumerate(sizes)]
        return sizes, [next(queues[b]) for b in whose]


def again_and_again(bracket: int, start: int, size: int) -> Iterator[Step]:
    """Steps of sequential halving with the budget of one pull an arm and round, then with twice that, without end."""
    budget = size * max(1, (size - 1).bit_length())
    while True:
        yield from halve(bracket, start, size, budget)
        budget *= 2
