"""Two contexts are compared, and only which one won is seen; what counts is how good both were.

Isolates what an informative challenger costs: it is a duellist too. The problem is in `_duels.py`, that of
`contextual_duels`.
"""

from toybench.tasks.bandits._duels import AVERAGE, WEAK, DuelTask


class ContextualDuelsAverage(DuelTask):
    """Methods are tuned for the regret of both contexts of the pair."""

    metrics = {"average_regret": AVERAGE, "weak_regret": WEAK}
