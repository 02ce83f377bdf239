"""Faces of the exchange for programs: no server between them and the endpoint."""
