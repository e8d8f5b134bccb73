"""Upkeep of an output folder: taking down, writing anew what that leaves, sweeping what nothing rests on."""
