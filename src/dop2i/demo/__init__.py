"""The demonstration instance: real files that come inside PyPI packages, deposited as a person would."""
