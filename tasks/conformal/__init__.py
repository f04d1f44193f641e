"""Predict sets, bound a risk or decline to answer, with guarantees that hold for any model and any law of the data.

A task asks one of four questions, each in a file of its own: `_risk` (which set size keeps a risk), `_regions` (which
responses belong to an input), `_classes` (which classes an attack can't remove) and `_selection` (when to decline).
"""
