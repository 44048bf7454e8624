"""Packets: the selective forwarding unit. Imports only protocol."""
