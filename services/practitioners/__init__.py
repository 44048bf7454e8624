"""Practitioners' public profiles."""
