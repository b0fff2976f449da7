"""Subscriptions: destinations that are added, changed and removed while workers run."""
