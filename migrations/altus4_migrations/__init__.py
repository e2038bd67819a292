"""The metadata schema: SQL files, no code."""
