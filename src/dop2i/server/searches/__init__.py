"""Searches that persons keep, and the news that they bring."""
