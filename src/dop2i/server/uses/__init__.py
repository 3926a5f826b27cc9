"""How often records are looked at and downloaded: noted by requests, counted by the worker."""
