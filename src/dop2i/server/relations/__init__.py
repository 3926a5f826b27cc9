"""The graph of digital objects: who names whom, across our own and harvested records."""
