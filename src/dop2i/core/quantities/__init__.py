"""Quantities of physics as people write them, made comparable: units, ranges, nuclides, reactions, particles, the sky.

Pure functions: a text goes in, one spelling or numbers in base units come out. 13 TeV, 13000 GeV and 13000.0 GeV are
the same number of electronvolts; ``56Fe``, ``Fe-56``, ``iron-56`` and EXFOR's ``26-FE-56`` the same nuclide.
"""
