"""Locust users: black-box clients that know the protocol and nothing else of ours."""
