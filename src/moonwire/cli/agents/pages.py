"""The parts of docs/agents/ that come from the table."""

from typing import Final

from moonwire.cli.agents.render import Wanted, notes, once, place_of, snippet
from moonwire.cli.agents.table import AGENTS, Agent, Kind

__all__ = ["gateway", "index", "setup"]

_FENCES: Final[dict[Kind, str]] = {"fields": "text"}
_GATEWAY: Final = """\
### A key from a command

The agent needs no key where the gateway has one, and the gateway takes it from wherever it is:

```toml
# moonwire.toml
[upstreams.platform]
key = "cmd:op read 'op://Team/Kimi/credential'"
```

`env:NAME` and `file:PATH` work too ([gateway-config.md](../gateway-config.md#how-a-key-is-written)). Where
callers bring keys of their own, `moonwire connect {name} --key env:NAME` names the variable that holds one; a
key itself is never written.

### The platform in China

Keys of `api.moonshot.cn` and of `api.moonshot.ai` are not interchangeable. `moonwire serve --region cn`, or
`region = "cn"` in moonwire.toml, goes to `https://api.moonshot.cn/v1`; the agent's settings stay as they are.

### Another model, another effort

`moonwire connect {name} --model kimi-k2.7-code` sets another model{small}. {effort}

The words of any dialect for thinking and effort become those that the model's server reads
([healing.md](../healing.md#thinking)). K3 knows low, high and max; what lies between goes to the nearest, and
where a wish cannot be met a warning says so. The gateway adds no effort of its own.

### Sampling is fixed

Kimi K2.5 and later take no `temperature`, `top_p`, `n` or penalties but their own, and refuse every other
value. moonwire leaves these fields out and says so (`sampling-fixed!` in the header `moonwire-notes`): to
set them in the agent changes nothing. Source: kimi-api.md E ([sources.md](../sources.md)).

### What is repaired for it

{repairs}
Where each of these ends up is in [incidents.md](../incidents.md).
"""


def _agent(name: str) -> Agent:
    return next(one for one in AGENTS if one.name == name)


def setup(name: str) -> str:
    """An agent's settings."""
    agent = _agent(name)
    wanted = Wanted()
    fence = _FENCES.get(agent.kind, agent.kind)
    where = f"`{place_of(agent.place)}`:\n\n" if agent.place else ""
    said = "".join(f"- {note}\n" for note in notes(agent, wanted))
    line = (
        f"For one run, without any file:\n\n```sh\n{once(agent, wanted)}\n```"
        if where and agent.banner
        else ""
    )
    parts = [f"{where}```{fence}\n{snippet(agent, wanted)}```", said.rstrip(), line, agent.about]
    return "\n\n".join(filter(None, parts)) + "\n"


def gateway(name: str) -> str:
    """What is to be known of the gateway behind the agent."""
    agent = _agent(name)
    repairs = "".join(f"- {what} ({_link(where)})\n" for where, what in agent.repairs)
    small = ", `--small-model` that for small tasks" if "<small>" in str(agent.template) else ""
    return _GATEWAY.format(name=name, small=small, effort=agent.effort, repairs=repairs)


def _link(where: str) -> str:
    """`owner/name#7` as a link that shows its last part."""
    repository, number = where.split("#")
    return f"[{repository.split('/')[-1]}#{number}](https://github.com/{repository}/issues/{number})"


def index() -> str:
    """All agents, as a table."""
    lines = ["| agent | `moonwire connect …` | what is set | where |", "|---|---|---|---|"]
    for agent in AGENTS:
        title = f"[{agent.title}]({agent.page}.md)" if agent.page else agent.title
        where = f"`{place_of(agent.place)}`" if agent.place else "printed"
        names = ", ".join(f"`{name}`" for name in (agent.name, *agent.aliases))
        lines.append(f"| {title} | {names} | {agent.sets} | {where} |")
    return "\n".join(lines) + "\n"
