"""The command line. One module a command: each holds ``command``, and is imported only when it is called."""
