"""How cells are handed out: by task and variant, each once, and nobody idles while one waits."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toybench.engine.cells import Cell
from toybench.engine.pool import Waiting


def cells(**tasks: int) -> list[Cell]:
    """So many cells of each task; `a_x` is the variant x of a."""
    labels = {name: f"{name[0]}[x={name[2:]}]" if "_" in name else name for name in tasks}
    return [Cell("s", labels[name], f"m{i}", "full", (0,)) for name, count in tasks.items() for i in range(count)]


def test_workers_keep_to_a_task_and_its_variants() -> None:
    waiting = Waiting(cells(a=2, a_1=1, b=3), 2)
    taken = [waiting.take(worker) for worker in (0, 1, 0, 1, 1, 0)]
    assert [c.task for c in taken if c] == ["a", "b", "a", "b", "b", "a[x=1]"]
    assert waiting.take(0) is waiting.take(1) is None


def test_workers_begin_a_task_with_other_methods() -> None:
    waiting = Waiting(cells(a=3, b=3, b_1=2), 2)
    waiting.take(0)
    assert [c.method for _ in range(5) if (c := waiting.take(1))] == ["m1", "m2", "m0", "m1", "m0"]


def test_a_free_worker_takes_a_variant_that_nobody_has_at_hand() -> None:
    waiting = Waiting(cells(a=3, a_1=2, b=1), 2)
    assert [waiting.take(w).task for w in (0, 1, 1, 1)] == ["a", "b", "a[x=1]", "a[x=1]"]  # type: ignore[union-attr]
    assert [waiting.take(w).method for w in (1, 0)] == ["m1", "m2"]  # type: ignore[union-attr]
    assert waiting.take(0) is waiting.take(1) is None


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine may take seconds for the first inputs
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["", "_1", "_2"]), st.integers(1, 4)), max_size=6),
    st.lists(st.integers(0, 3), max_size=40),
)
def test_every_cell_is_handed_out_once_and_nobody_idles(tasks: list, turns: list[int]) -> None:
    all_cells = cells(**{task + variant: count for task, variant, count in tasks})
    waiting = Waiting(all_cells, 4)
    taken: list[Cell] = []
    for worker in [*turns, *[0] * len(all_cells)]:
        cell = waiting.take(worker)
        assert (cell is None) == (len(taken) == len(all_cells))
        taken += [cell] if cell else []
    assert sorted(c.name for c in taken) == sorted(c.name for c in all_cells)
