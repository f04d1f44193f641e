"""The report: a static site, static pictures and notebook views, made from records alone.

`series` turns records into rows of numbers, `charts` turns rows into Altair charts, `docs` reads the sources of
methods and tasks, `pictures` draws one sampled world of a task, `site` writes the pages.
"""
