"""Calls: the one place where rooms and media meet."""
