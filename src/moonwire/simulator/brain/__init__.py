"""What the simulated model answers."""

from moonwire.simulator.brain.brain import think
from moonwire.simulator.brain.turn import Call, Turn

__all__ = ["Call", "Turn", "think"]
