"""Two contexts are compared, and only which one won is seen; what counts is how good the better of the two was.

Isolates how the pair is picked: the first by what is believed, the second so that the duel tells something. The problem
is in `_duels.py`.
"""

from toybench.tasks.bandits._duels import AVERAGE, WEAK, DuelTask


class ContextualDuels(DuelTask):
    """Methods are tuned for the regret of the better one of the pair."""

    metrics = {"weak_regret": WEAK, "average_regret": AVERAGE}
