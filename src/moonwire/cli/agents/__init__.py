"""The agents that moonwire connects: what each has to be told, and careful changes of its files."""
