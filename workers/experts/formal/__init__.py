"""Puzzles in simple English, written as formulas; what is not read with certainty is not read."""
