"""Sentences of both languages, and what they are about."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.language_toys import ambiguous_tags as tags
from toybench.tasks.language_toys import garden_path as path

SHOWN = 10  # sentences


def cells(kind: np.ndarray, word: np.ndarray, title: str) -> Any:
    """A row a sentence, a square a word: its colour is a kind, its label the word's number."""
    sentence, place = np.indices(word.shape).reshape(2, -1)
    data = drawing.rows(sentence=sentence, place=place, kind=kind.ravel(), word=word.ravel())
    position = {
        "x": alt.X("place:O", axis=alt.Axis(labelAngle=0)),
        "y": alt.Y("sentence:O", axis=None),
    }
    squares = drawing.base(data).mark_rect().encode(color=alt.Color("kind:N", title=title), **position)
    labels = drawing.base(data).mark_text().encode(text="word:Q", **position)
    return (squares + labels).properties(width=360, height=220)


def garden_path(task: Any, draw: Any) -> Any:
    """Five sentences as they come, and five that reveal the rare reading at place 4: words 8 and 9 do."""
    world = draw(lambda key: task.sample(key))
    half = SHOWN // 2
    word = np.concatenate([np.asarray(world.tokens)[:half], np.asarray(world.rare)[:half]])
    kinds = np.array(["end", "opening", "usual", "rare", "both", "what follows"])
    bounds = [path.FIRST, path.CLUE, path.CLUE + 2, path.CLUE + 4, path.LATER]
    return cells(kinds[np.digitize(word, bounds)], word, "word")


def ambiguous_tags(task: Any, draw: Any) -> Any:
    """Ten labelled sentences. Words 6 to 9 are ambiguous; five clues of each kind follow them in their numbers."""
    known = draw(lambda key: task.sample(key).labelled)
    word = np.asarray(known.tokens)[:SHOWN]
    tag = np.asarray(known.tags)[:SHOWN]
    first = tags.PLAIN + tags.AMBIGUOUS
    clue = np.char.add("clue of type ", ((word - first) // tags.CLUES + 1).astype(str))
    kind = np.where(word < tags.PLAIN, "plain", clue)
    return cells(np.where(tag > 0, np.char.add("type ", tag.astype(str)), kind), word, "word")
