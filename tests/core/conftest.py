"""Its presence puts this folder on the path, so that every test below may import ``strategies``."""
