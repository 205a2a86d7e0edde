"""Recordings of exchanges with the live services: what is kept of them, and how true the sandbox is to them."""
