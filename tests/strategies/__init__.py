"""Hypothesis strategies that tests of several parts share."""
