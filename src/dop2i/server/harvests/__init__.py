"""Harvests: what others publish, brought into the catalogue, with where it comes from and how it was matched."""
