"""Doors for programs: the engine as agents ask it."""
