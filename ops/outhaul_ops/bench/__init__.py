"""Outhaul measured beside its peers: one question a command, side by side in one run, medians and ratios."""
