"""The command line, one module per command. Nothing below this layer speaks to a person."""

from moonwire.cli.group import main as main
