"""dop2i: the open-data platform for the physics of the two infinities."""
