"""Plots as SVG: pure functions from numbers to text, in the look of the project.

No script, no inline style: classes of ``plots.css`` and attributes only. Text is never scaled: positions are
percentages, and only paths sit in a stretched inner ``svg``. Each plot that carries meaning takes ``name``, its
accessible name with the finding; thumbnails without one are hidden from assistive technology.
"""
