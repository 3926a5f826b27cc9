"""Looking into one file of a record: the page, its controls, the figure drawn, the code that uses it, downloads.

``page`` answers requests, ``address`` writes addresses, ``controls`` turns a view's parameters into a form,
``kinds`` draws figures (one module a kind of figure), ``export`` gives them as files, ``code`` says how to read the
same in a program.
"""
