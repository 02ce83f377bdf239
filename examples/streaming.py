"""Thoughts and text as they come, in a script that blocks."""

from moonwire import KimiSync
from moonwire.core.events import Reasoning, Text

with KimiSync("kimi-k3", thinking="low") as kimi, kimi.stream("Say 'one two three'.") as stream:
    for event in stream:
        if isinstance(event, Reasoning):
            print("·" * len(event.text), end="")
        elif isinstance(event, Text):
            print(event.text, end="", flush=True)
    print()
    print(stream.completion.finish, stream.completion.usage.reasoning > 0)
