"""The composition root and the klear command."""
