"""Statistics: hand-worked numbers, oracles from scipy.stats, and promises kept in simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from toybench.evidence import statistics
from toybench.evidence.statistics import AGGREGATES, Iqm, Mean, Share

RUNS = 20_000
SAMPLERS = {
    "normal": (lambda rng, shape: rng.standard_normal(shape), 0.0),
    "log-normal": (lambda rng, shape: np.exp(rng.standard_normal(shape)), math.exp(0.5)),
    "heavy-tailed": (lambda rng, shape: rng.standard_t(3, shape), 0.0),
}


def draw(name: str, seeds: int) -> tuple[np.ndarray, float]:
    """(samples [RUNS, seeds], true mean)."""
    sampler, mean = SAMPLERS[name]
    return sampler(np.random.default_rng(seeds), (RUNS, seeds)), mean


def test_without_skew_the_mean_is_students_t() -> None:
    x = np.array([-3.0, -1.0, 0.0, 1.0, 3.0]) + 2.0
    value, low, high = Mean().estimate(x)
    t = stats.ttest_1samp(x, 0.5, alternative="greater")
    interval = stats.ttest_1samp(x, 0.0).confidence_interval()
    assert (value, low, high) == pytest.approx((2.0, interval.low, interval.high))
    assert Mean().above(x, 0.5) == pytest.approx(t.pvalue)
    assert Mean().below(x, 0.5) == pytest.approx(1 - t.pvalue)


def test_the_share_is_the_exact_binomial() -> None:
    x = np.repeat([1.0, 0.0], [13, 3])
    exact = stats.binomtest(13, 16, 0.5, alternative="greater")
    interval = stats.binomtest(13, 16).proportion_ci(method="exact")
    assert Share().estimate(x) == pytest.approx((13 / 16, interval.low, interval.high))
    assert Share().above(x, 0.5) == pytest.approx(exact.pvalue)
    assert Share().below(x, 0.9) == pytest.approx(stats.binomtest(13, 16, 0.9, alternative="less").pvalue)
    assert Share().estimate(np.ones(16))[2] == 1.0
    assert Share().estimate(np.zeros(16))[1] == 0.0


def test_the_interquartile_mean_is_the_mean_of_the_middle_half() -> None:
    x = np.array([100.0, 1, 2, 3, 4, 5, 6, -50])
    value, low, high = Iqm().estimate(x)
    assert value == 3.5
    assert low < 3.5 < high < 20


@pytest.mark.parametrize("aggregate", AGGREGATES.values(), ids=AGGREGATES)
def test_seeds_that_all_agree_are_atoms_and_never_more_certain_than_their_signs(aggregate: statistics.Mean) -> None:
    same = np.ones(16)
    assert aggregate.estimate(same)[0] == 1.0
    assert statistics.floored(aggregate.above(same, 0.5), 16) == pytest.approx(0.5**16)
    assert aggregate.below(same, 0.5) > 0.9
    assert statistics.atoms(same)


@pytest.mark.parametrize(
    ("values", "atoms"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], False),
        ([1.0, 1.0, 1.0, 4.0, 5.0, 6.0], False),  # half of them
        ([1.0, 1.0, 1.0, 1.0, 5.0, 6.0], True),
        ([1.0, 2.0, 3.0, 1.0, 2.0, 3.0], True),  # three values
        ([1.0, 1.0 + 1e-7, 1.0 - 1e-7, 1.0 + 2e-7, 5.0, 6.0], True),  # rounding
        ([1e-9, 2e-9, 3e-9, 4e-9, 5e-9, 6e-9], False),
        ([0.0] * 6, True),
    ],
)
def test_atoms_are_told_from_a_spread(values: list[float], atoms: bool) -> None:
    assert statistics.atoms(np.array(values)) == atoms
    assert statistics.atoms(np.array([values, values[::-1]])).tolist() == [atoms] * 2


def test_a_mean_of_a_rare_failure_is_refused_rather_than_supported_falsely() -> None:
    """A metric that is 1 in nine seeds of ten, and the claim that its mean is above 0.9 (docs/statistics.md)."""
    rng = np.random.default_rng(8)
    x = (rng.uniform(size=(RUNS, 16)) < 0.9).astype(float)
    supported = statistics.floored(Mean().above(x, 0.9), 16) <= 0.0125
    assert np.mean(supported) == pytest.approx(0.9**16, abs=0.01)
    assert statistics.atoms(x).all()


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_interval_is_what_the_tests_do_not_reject(name: str) -> None:
    x, mean = draw(name, 16)
    _, low, high = Mean().estimate(x)
    assert np.mean((Mean().above(x, mean) <= 0.025) == (low > mean)) > 0.999
    assert np.mean((Mean().below(x, mean) <= 0.025) == (high < mean)) > 0.999


@pytest.mark.parametrize(
    ("name", "seeds", "least"),
    [
        ("normal", 8, 0.95),
        ("normal", 16, 0.95),
        ("normal", 32, 0.95),
        ("log-normal", 8, 0.91),
        ("log-normal", 16, 0.92),
        ("log-normal", 32, 0.935),
        ("heavy-tailed", 8, 0.95),
        ("heavy-tailed", 16, 0.95),
        ("heavy-tailed", 32, 0.95),
    ],
)
def test_the_mean_interval_covers(name: str, seeds: int, least: float) -> None:
    """As stated in docs/statistics.md; half a per cent is the simulation's own error."""
    x, mean = draw(name, seeds)
    _, low, high = Mean().estimate(x)
    assert np.mean((low <= mean) & (mean <= high)) > least - 0.005


@pytest.mark.parametrize("seeds", [8, 16, 32])
@pytest.mark.parametrize("name", SAMPLERS)
def test_identical_methods_are_told_apart_no_more_often_than_promised(name: str, seeds: int) -> None:
    """Differences between two copies of one method are symmetric, however skewed each copy is."""
    sampler, _ = SAMPLERS[name]
    rng = np.random.default_rng(seeds + 1)
    difference = sampler(rng, (RUNS, seeds)) - sampler(rng, (RUNS, seeds))
    for aggregate in (Mean(), Iqm()):
        nominal = 0.025 if aggregate.name == "mean" else 0.027  # docs/statistics.md
        assert np.mean(aggregate.above(difference, 0.0) <= 0.025) < nominal + 0.004


@pytest.mark.parametrize(
    ("name", "error", "most"),
    [
        ("normal", 0.0125, 1.0),
        ("normal", 0.00125, 1.0),
        ("exponential", 0.0125, 1.1),
        ("exponential", 0.00125, 1.3),
        ("log-normal", 0.0125, 2.0),
        ("log-normal", 0.00125, 3.9),
    ],
)
def test_the_error_of_a_corrected_level_is_kept_on_the_side_where_a_tail_was_missed(
    name: str, error: float, most: float
) -> None:
    """In multiples of the nominal error, at 16 seeds, as docs/statistics.md states them; t alone has 4 to 39."""
    rng = np.random.default_rng(9)
    samplers = {**SAMPLERS, "exponential": (lambda rng, shape: rng.exponential(size=shape), 1.0)}
    sampler, mean = samplers[name]
    p = Mean().below(sampler(rng, (100_000, 16)), mean)
    spread = 3 * math.sqrt(most / error / 100_000)  # of the simulation
    assert np.mean(p <= error) / error < most + spread


def test_a_rare_event_is_beyond_any_mean_and_not_beyond_a_share() -> None:
    """A collapse in 10 % of the seeds: the mean's interval misses it where no seed showed it, the share's does not."""
    rng = np.random.default_rng(0)
    collapsed = (rng.uniform(size=(RUNS, 16)) < 0.1).astype(float)
    value = 10 * collapsed + rng.normal(size=(RUNS, 16))
    _, low, high = Mean().estimate(value)
    assert np.mean((low <= 1.0) & (high >= 1.0)) < 0.9
    _, low, high = Share().estimate(collapsed)
    assert np.mean((low <= 0.1) & (high >= 0.1)) > 0.95


def test_holm_by_hand() -> None:
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert statistics.holm([0.5, 0.9]) == [1.0, 1.0]
    assert statistics.holm([]) == []


def test_a_paper_is_wrong_about_one_claim_in_few_papers() -> None:
    """8 claims between identical methods: any of them significant after Holm in at most 2.5 % of the papers."""
    x = np.random.default_rng(2).standard_normal((4_000, 8, 16))
    p = Mean().above(x, 0.0)
    wrong = [min(statistics.holm(list(paper))) <= statistics.ERROR / 2 for paper in p]
    assert np.mean(wrong) < 0.025 + 0.006


def test_holm_allows_more_error_the_more_were_rejected_before() -> None:
    assert statistics.holm_levels([0.5, 0.001, 0.01], 0.03) == pytest.approx([0.03, 0.01, 0.015])
    assert statistics.holm_levels([0.5, 0.6, 0.02], 0.03) == pytest.approx([0.01, 0.01, 0.01])
    assert statistics.holm_levels([0.02], 0.03) == pytest.approx([0.03])
    assert statistics.holm_levels([], 0.03) == []


def test_seeds_that_flip_are_counted_by_the_sign_test() -> None:
    assert statistics.flips(6, 0) == pytest.approx(0.5**6)
    assert statistics.flips(5, 3) == pytest.approx(stats.binomtest(5, 8, 0.5, alternative="greater").pvalue)
    assert statistics.flips(0, 4) == 1.0


def test_looking_again_with_more_seeds_spends_no_more_than_promised() -> None:
    x = np.random.default_rng(3).standard_normal((RUNS, 128))
    looks = [2.0 ** (k + 1) * Mean().above(x[:, : 16 * 2**k], 0.0) for k in range(4)]
    assert np.mean(np.min(looks, axis=0) <= 0.025) < 0.025


@pytest.mark.parametrize("error", [0.0125, 0.0025])
@pytest.mark.parametrize("seeds", [16, 32, 64])
def test_the_detectable_effect_is_detected_four_times_in_five(seeds: int, error: float) -> None:
    effect = statistics.detectable(1.0, seeds, error)
    x = np.random.default_rng(4).standard_normal((RUNS, seeds)) + effect
    assert np.mean(Mean().above(x, 0.0) <= error) == pytest.approx(0.8, abs=0.05)


def test_the_seeds_needed_are_enough() -> None:
    seeds = int(statistics.seeds_needed(1.0, 0.5, 0.0125))
    x = np.random.default_rng(5).standard_normal((RUNS, seeds)) + 0.5
    assert np.mean(Mean().above(x, 0.0) <= 0.0125) == pytest.approx(0.8, abs=0.05)
    assert statistics.seeds_needed(1.0, 0.0, 0.025) == math.inf


def test_two_seeds_have_an_interval_and_no_skewness() -> None:
    value, low, high = Mean().estimate(np.array([1.0, 3.0]))
    t = stats.ttest_1samp([1.0, 3.0], 0.0).confidence_interval()
    assert (value, low, high) == pytest.approx((2.0, t.low, t.high))


def test_differences_are_told_from_nothing_with_six_seeds_or_more() -> None:
    x = 1.0 + 0.01 * np.array([1.0, -2.0, 3.0, -1.0, 2.0, -3.0, 0.5, -0.5])
    assert [statistics.differs(x[:n]) for n in (2, 5, 6, 8)] == [False, False, True, True]
    assert not statistics.differs(x - x.mean())
    assert not statistics.differs(np.ones(8)), "no spread, no certainty"
