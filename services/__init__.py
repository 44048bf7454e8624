"""Bounded contexts: rules, commands, queries. Knows not one socket."""
