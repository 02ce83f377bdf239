"""What the simulated endpoint refuses, when, and in which words."""

from moonwire.simulator.rules.ask import Ask
from moonwire.simulator.rules.edition import Edition, edition
from moonwire.simulator.rules.refused import Refused
from moonwire.simulator.rules.rule import Rule, first_refusal
from moonwire.simulator.rules.table import kept

__all__ = ["Ask", "Edition", "Refused", "Rule", "edition", "first_refusal", "kept"]
