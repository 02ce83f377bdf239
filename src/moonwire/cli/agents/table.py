"""The agents: one row for each, with what it has to be told, where that stands, and what is to be known.

In templates `<root>` is the gateway's URL, `<base>` the same with `/v1`, `<model>` and `<small>` are the
models, `<window>` and `<small-window>` how many tokens they take. `<capabilities>` is what the model can do,
`<efforts>` are those that it knows, and `<effort>` is the one that it has by itself; a setting whose value is
not known is left out. `<key>` is the key as this agent writes it and `<variable>` names what holds it.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

__all__ = ["AGENTS", "Agent", "Kind", "Place", "find"]

Kind = Literal["json", "toml", "yaml", "sh", "lua", "python", "fields"]
"""The kinds of which there is a file that can be changed come first."""


class Place(msgspec.Struct, frozen=True):
    """Where a file is: below the directory that a variable names, else below the usual one."""

    folder: str
    names: tuple[str, ...]
    """The first of these that is there counts, else the first one."""
    variable: str = ""
    below: str = ""
    """What comes between the variable's directory and the file's name."""


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """One agent."""

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    kind: Kind
    place: Place | None = None
    template: Mapping[str, Any] = {}
    """What its file has to say."""
    with_any: Mapping[str, Any] = {}
    """And what besides where no key is needed."""
    with_variable: Mapping[str, Any] = {}
    """And what besides where the key is in a variable."""
    snippet: str = ""
    """What to set, for an agent without a file that can be changed."""
    key: str = "<variable>"
    """How the agent names a variable."""
    sets: str
    """What is set, in a few words."""
    notes: tuple[str, ...] = ()
    with_variable_notes: tuple[str, ...] = ()
    banner: str = ""
    """The shortest way to try it, for when the gateway starts. Without one the settings stand there."""
    in_banner: bool = False
    page: str = ""
    """Its page in docs/agents/."""
    about: str = ""
    """What its page says besides."""
    effort: str = ""
    """How it says what effort it wants."""
    repairs: tuple[tuple[str, str], ...] = ()
    """What went wrong with it in public, and where: the repository with the number, and the fault."""


AGENTS: Final[tuple[Agent, ...]] = (
    Agent(
        name="claude",
        title="Claude Code",
        aliases=("claude-code",),
        kind="json",
        place=Place("~/.claude", ("settings.json",), "CLAUDE_CONFIG_DIR"),
        template={
            "env": {
                "ANTHROPIC_BASE_URL": "<root>",
                "ANTHROPIC_MODEL": "<model>",
                "ANTHROPIC_DEFAULT_OPUS_MODEL": "<model>",
                "ANTHROPIC_DEFAULT_SONNET_MODEL": "<model>",
                "ANTHROPIC_DEFAULT_HAIKU_MODEL": "<small>",
                "CLAUDE_CODE_SUBAGENT_MODEL": "<model>",
                "CLAUDE_CODE_MAX_CONTEXT_TOKENS": "<window-text>",
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            }
        },
        with_any={"env": {"ANTHROPIC_AUTH_TOKEN": "any"}},
        with_variable={"apiKeyHelper": "printenv <variable>"},
        sets="base URL, key, models of all tiers and of subagents",
        notes=(
            "This file is stronger than variables of the shell; a project's own is stronger than this.",
            "An ANTHROPIC_API_KEY that is set is sent besides; unset it.",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC keeps telemetry and updates from Anthropic's servers.",
        ),
        with_variable_notes=("An ANTHROPIC_AUTH_TOKEN that is set is stronger than apiKeyHelper; unset it.",),
        banner="ANTHROPIC_BASE_URL=<root> ANTHROPIC_AUTH_TOKEN=<key> ANTHROPIC_MODEL=<model> claude",
        about=(
            "Claude Code appends `/v1/messages` itself, so the URL has no `/v1`. `/status` shows "
            "which URL and which key it uses."
        ),
        in_banner=True,
        page="claude-code",
        effort=(
            "Claude Code's thinking and `/effort` come as `thinking` and `output_config`; a "
            "sub-agent that switches thinking off goes on thinking where the model cannot help "
            "it. CLAUDE_CODE_MAX_CONTEXT_TOKENS is the model's window, without which Claude Code "
            "reckons with a million tokens and compacts too late for K2; a suffix `[1m]` of the "
            "model's name is left out of what is sent."
        ),
        repairs=(
            ("MoonshotAI/Kimi-K2#141", "a sub-agent switches off thinking that cannot be switched off"),
            ("farion1231/cc-switch#2365", "a proxy loses the thinking blocks of earlier turns"),
            ("farion1231/cc-switch#2941", "a `tool_reference` in a tool's result is refused"),
            ("MoonshotAI/kimi-cli#2223", "the same stays in the history and spoils the conversation"),
            (
                "QuantumNous/new-api#4408",
                "a relay wraps the refusal of lost reasoning so that nobody knows it",
            ),
            ("MoonshotAI/Kimi-K2.5#51", "an opaque refusal, now and then and then always"),
            ("sgl-project/sglang#10600", "ids of calls that begin anew each turn confuse the model"),
        ),
    ),
    Agent(
        name="codex",
        title="Codex",
        aliases=("codex-cli",),
        kind="toml",
        place=Place("~/.codex", ("config.toml",), "CODEX_HOME"),
        template={
            "model": "<model>",
            "model_provider": "moonwire",
            "model_context_window": "<window>",
            "model_providers": {
                "moonwire": {"name": "moonwire", "base_url": "<base>", "wire_api": "responses"},
            },
        },
        with_variable={"model_providers": {"moonwire": {"env_key": "<variable>"}}},
        sets="model, its window, and a provider that speaks Responses",
        notes=(
            "Codex reads the provider from this file alone, not from a project's, and only when it starts.",
        ),
        banner=(
            "codex -c model=<model> -c model_provider=moonwire -c "
            """'model_providers.moonwire={name="moonwire", base_url="<base>", wire_api="responses"}'"""
        ),
        page="codex",
        effort=('In config.toml, `model_reasoning_effort = "low"`.'),
        repairs=(
            ("BigPizzaV3/CodexPlusPlus#1180", "a proxy writes an effort where a type belongs"),
            ("router-for-me/CLIProxyAPI#5647", "items of a tool search are refused"),
            (
                "MoonshotAI/kimi-code#207",
                "an overflow of the window is not known as one, so that nothing is compacted",
            ),
        ),
    ),
    Agent(
        name="opencode",
        title="opencode",
        kind="json",
        place=Place(
            "~/.config/opencode", ("opencode.json", "opencode.jsonc"), "XDG_CONFIG_HOME", below="opencode"
        ),
        template={
            "provider": {
                "moonwire": {
                    "npm": "@ai-sdk/openai-compatible",
                    "name": "moonwire",
                    "options": {"baseURL": "<base>", "apiKey": "<key>"},
                    "models": {
                        "<model>": {"limit": {"context": "<window>", "output": 32768}},
                        "<small>": {"limit": {"context": "<small-window>", "output": 32768}},
                    },
                }
            },
            "model": "moonwire/<model>",
            "small_model": "moonwire/<small>",
        },
        key="{env:<variable>}",
        sets="a provider with two models, and both as defaults",
        notes=(
            "A project's opencode.json is stronger than this file.",
            "This is the form of opencode 1; opencode 2 has another one, and migrates this one.",
            "Where OPENCODE_CONFIG names another file, say so with --file.",
        ),
        in_banner=True,
        page="opencode",
        effort=('A model of the provider takes `"options": {"reasoningEffort": "low"}`.'),
        repairs=(
            ("anomalyco/opencode#29690", "reasoning is lost between the fields of two servers"),
            ("anomalyco/opencode#8851", "calls within the thoughts end the turn"),
            ("anomalyco/opencode#20650", "markup stands inside an argument"),
            ("anomalyco/opencode#39451", "turns of calls with an empty text are refused"),
            (
                "mastra-ai/mastra#12592",
                "the provider package drops reasoning, and the second step is refused",
            ),
        ),
    ),
    Agent(
        name="kimi-code",
        title="Kimi Code",
        aliases=("kimi",),
        kind="toml",
        place=Place("~/.kimi-code", ("config.toml",), "KIMI_CODE_HOME"),
        template={
            "default_model": "moonwire",
            "providers": {"moonwire": {"type": "kimi", "base_url": "<base>"}},
            "models": {
                "moonwire": {
                    "provider": "moonwire",
                    "model": "<model>",
                    "max_context_size": "<window>",
                    "capabilities": "<capabilities>",
                    "support_efforts": "<efforts>",
                    "default_effort": "<effort>",
                }
            },
        },
        with_any={"providers": {"moonwire": {"api_key": "any"}}},
        with_variable={"providers": {"moonwire": {"api_key_env": "<variable>"}}},
        sets="a provider of type kimi, a model that thinks and sees, and that as the default",
        notes=(
            "Without capabilities Kimi Code switches thinking off, and K3 thinks as little as it can.",
            "KIMI_MODEL_NAME in the environment is stronger than this file.",
        ),
        banner=(
            "KIMI_MODEL_NAME=<model> KIMI_MODEL_BASE_URL=<base> KIMI_MODEL_API_KEY=<key> "
            "KIMI_MODEL_MAX_CONTEXT_SIZE=<window> kimi"
        ),
        about=(
            "A login for the coding plan goes to Moonshot directly, and not through this provider. "
            "Behind the coding endpoint the gateway passes the agent's own `User-Agent` and "
            "`X-Msh-*` headers through, and never makes any up."
        ),
        page="kimi-cli",
        effort=(
            'In config.toml, `[thinking]` with `effort = "low"`. Kimi CLI sends no effort: '
            "`--thinking` and `--no-thinking` switch thinking where the model lets them."
        ),
        repairs=(
            ("MoonshotAI/kimi-cli#1977", "an interrupted call has no result"),
            ("MoonshotAI/kimi-cli#2531", "a tool's name begins with a digit"),
            ("MoonshotAI/kimi-cli#1773", "a tool's name has characters that the server refuses"),
            ("MoonshotAI/kimi-cli#2035", "an empty text beside calls is refused"),
            ("MoonshotAI/kimi-cli#2396", "blank parts in the prompt of a compaction are refused"),
            ("MoonshotAI/kimi-code#1053", "a result without its call bricks the session"),
        ),
    ),
    Agent(
        name="kimi-cli",
        title="Kimi CLI",
        kind="toml",
        place=Place("~/.kimi", ("config.toml",)),
        template={
            "default_model": "moonwire",
            "default_thinking": True,
            "providers": {"moonwire": {"type": "kimi", "base_url": "<base>", "api_key": "any"}},
            "models": {
                "moonwire": {
                    "provider": "moonwire",
                    "model": "<model>",
                    "max_context_size": "<window>",
                    "capabilities": "<capabilities>",
                }
            },
        },
        sets="a provider of type kimi, a model that thinks and sees, and that as the default",
        notes=(
            "Moonshot has archived it for Kimi Code: 1.51.0 is the last release that does anything.",
            "Without capabilities and default_thinking it switches thinking off.",
            "KIMI_BASE_URL, KIMI_API_KEY and KIMI_MODEL_NAME in the environment are stronger than this file.",
        ),
        with_variable_notes=('Kimi CLI takes its key from KIMI_API_KEY: export KIMI_API_KEY="$<variable>".',),
        page="kimi-cli",
    ),
    Agent(
        name="openclaw",
        title="OpenClaw",
        kind="json",
        place=Place("~/.openclaw", ("openclaw.json",), "OPENCLAW_STATE_DIR"),
        template={
            "models": {
                "mode": "merge",
                "providers": {
                    "moonwire": {
                        "baseUrl": "<base>",
                        "apiKey": "<key>",
                        "api": "openai-completions",
                        "models": [
                            {
                                "id": "<model>",
                                "name": "<model>",
                                "reasoning": True,
                                "input": ["text", "image"],
                                "contextWindow": "<window>",
                                "maxTokens": 32768,
                            }
                        ],
                    }
                },
            },
            "agents": {"defaults": {"model": {"primary": "moonwire/<model>"}}},
        },
        key="${<variable>}",
        sets="a provider with a model, and that as the primary one",
        notes=(
            "The file may be JSON5; where it uses more of that than comments, set this by hand.",
            "Where OPENCLAW_CONFIG_PATH names another file, say so with --file.",
        ),
        page="openclaw",
        effort=(
            "OpenClaw sends a thinking level as an effort where the model in its file has "
            '`"compat": {"supportsReasoningEffort": true, "supportedReasoningEfforts": '
            '["low", "high", "max"]}`. Where no level is set it then sends one of its own, low for K3; '
            "`agents.defaults.thinkingDefault` sets one. Without `compat` it sends none, and the model "
            "thinks as it does by itself. OpenClaw's own rules for Kimi hold for its provider `moonshot`, "
            "and not for this one."
        ),
        repairs=(
            ("openclaw/openclaw#70030", "ids of calls lose their punctuation, and the model stops calling"),
            ("openclaw/openclaw#51155", "an id is there twice"),
            ("openclaw/openclaw#92396", "a compaction leaves calls without reasoning"),
            ("openclaw/openclaw#22194", "the role developer is refused"),
            ("openclaw/openclaw#47261", "an effort beside switched-off thinking is refused"),
            ("openclaw/openclaw#116858", "one tool's schema is refused, and with it every turn"),
            ("openclaw/openclaw#33637", "a key of the other region gets a bare 401"),
        ),
    ),
    Agent(
        name="aider",
        title="aider",
        kind="yaml",
        place=Place("~", (".aider.conf.yml",)),
        template={
            "model": "openai/<model>",
            "weak-model": "openai/<small>",
            "openai-api-base": "<base>",
            # What aider 0.86 has for Kimi where it knows a model. Of others it wants whole files back, and
            # summarizes what was said beyond a thousand tokens.
            "edit-format": "diff",
            "max-chat-history-tokens": 8192,
        },
        with_any={"openai-api-key": "any"},
        sets="base URL, key, model and weak model, its edits and its memory",
        notes=(
            "aider does not know the model and says so. Without edit-format and max-chat-history-tokens it"
            " would have whole files written, and forget early.",
            "A .aider.conf.yml of the repository or of the directory is stronger than this one.",
        ),
        with_variable_notes=(
            'aider takes its key from OPENAI_API_KEY: export OPENAI_API_KEY="$<variable>".',
        ),
        banner="aider --openai-api-base <base> --openai-api-key <key> --model openai/<model>",
        in_banner=True,
        page="aider",
        effort=(
            "`aider --reasoning-effort low --no-check-model-accepts-settings`: without the second"
            " one aider drops the first for a model that it does not know."
        ),
        repairs=(
            ("BerriAI/litellm#26156", "reasoning is repaired by a list of models, which lacks the new ones"),
            ("MoonshotAI/kimi-code#3017", "content that is left out is refused on the way"),
            ("MoonshotAI/kimi-cli#2332", "a small cap is used up by thoughts, and the answer is empty"),
        ),
    ),
    Agent(
        name="crush",
        title="Crush",
        kind="json",
        place=Place("~/.config/crush", ("crush.json",), "XDG_CONFIG_HOME", below="crush"),
        template={
            "providers": {
                "moonwire": {
                    "type": "openai-compat",
                    "base_url": "<base>",
                    "api_key": "<key>",
                    "models": [
                        {
                            "id": "<model>",
                            "name": "<model>",
                            "context_window": "<window>",
                            "default_max_tokens": 32768,
                            "can_reason": True,
                        }
                    ],
                }
            }
        },
        key="$<variable>",
        sets="a provider with a model, to be chosen with ctrl+l",
        notes=("A crushrc beside the file is stronger than it.",),
    ),
    Agent(
        name="zed",
        title="Zed",
        kind="json",
        place=Place("~/.config/zed", ("settings.json",), "XDG_CONFIG_HOME", below="zed"),
        template={
            "language_models": {
                "openai_compatible": {
                    "moonwire": {
                        "api_url": "<base>",
                        "available_models": [
                            {"name": "<model>", "display_name": "<model>", "max_tokens": "<window>"}
                        ],
                    }
                }
            }
        },
        sets="a provider with a model, to be chosen in the agent panel",
        notes=("Zed takes the key from its keychain or from MOONWIRE_API_KEY: any text will do.",),
        with_variable_notes=('Start Zed with MOONWIRE_API_KEY="$<variable>".',),
    ),
    Agent(
        name="cline",
        title="Cline, Roo Code, Kilo Code",
        aliases=("roo", "roo-code", "kilo", "kilo-code", "kilocode"),
        kind="fields",
        snippet="""\
API Provider:    OpenAI Compatible
Base URL:        <base>
API Key:         <key>
Model ID:        <model>
Context Window:  <window>
""",
        key="the value of $<variable>",
        sets="the fields of its settings page",
        notes=("They keep their settings within the editor: there is no file to write.",),
        banner="Provider: OpenAI Compatible, Base URL: <base>, API Key: <key>, Model ID: <model>",
        in_banner=True,
        page="cline",
        effort=("Where a version has a field for reasoning effort, it is read."),
        repairs=(
            ("Kilo-Org/kilocode#10375", "a server refuses the field of reasoning"),
            ("continuedev/continue#11600", "reasoning is dropped, and the turn after a call is refused"),
            (
                "continuedev/continue#10847",
                "the coding endpoint does not serve every agent: the error says so, and no header is forged",
            ),
        ),
    ),
    Agent(
        name="codecompanion",
        title="codecompanion.nvim",
        aliases=("codecompanion.nvim", "neovim"),
        kind="lua",
        snippet="""\
require("codecompanion").setup({
  adapters = {
    http = {
      moonwire = function()
        return require("codecompanion.adapters").extend("openai_compatible", {
          formatted_name = "moonwire",
          env = { url = "<root>", api_key = "<key>" },
          schema = { model = { default = "<model>" } },
        })
      end,
    },
  },
  interactions = { chat = { adapter = "moonwire" }, inline = { adapter = "moonwire" } },
})
""",
        sets="an adapter, for init.lua",
        notes=("Older versions say `strategies` where newer ones say `interactions`.",),
        about=(
            "The plugin's own adapter `kimi` knows Moonshot's URL alone; this one asks the gateway,"
            " which knows the rest."
        ),
        page="codecompanion",
        effort=('The adapter\'s `parameters = { reasoning_effort = "low" }` go into each request.'),
        repairs=(
            (
                "olimorris/codecompanion.nvim#3087",
                "the adapter has no field for reasoning, and the second turn of tools is refused",
            ),
            ("avante-corp/avante.nvim#2940", "reasoning comes back under another name"),
        ),
    ),
    Agent(
        name="langchain",
        title="LangChain",
        kind="python",
        snippet="""\
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="<model>", base_url="<base>", api_key=<key>)
""",
        key='os.environ["<variable>"]',
        sets="the arguments of ChatOpenAI",
        banner='ChatOpenAI(model="<model>", base_url="<base>", api_key=<key>)',
        in_banner=True,
        page="langchain",
        effort=(
            '`ChatOpenAI(…, reasoning_effort="low")`, and `reasoning_effort="low"` for the OpenAI'
            " SDK's `create`."
        ),
        repairs=(
            (
                "langchain-ai/langchain#36457",
                "ChatOpenAI drops reasoning, and the turn after a call is refused",
            ),
            ("bytedance/deer-flow#3043", "reasoning is lost in both directions"),
            ("OpenHands/software-agent-sdk#1093", "an empty block of text is refused"),
            ("lobehub/lobehub#17272", "a saved effort is none that the model knows"),
            ("theopenco/llmgateway#3061", "an effort is ignored without a word"),
        ),
    ),
    Agent(
        name="openai-sdk",
        title="OpenAI SDK, and most that are built on it",
        aliases=("openai", "sdk"),
        kind="sh",
        snippet="""\
export OPENAI_BASE_URL=<base>
export OPENAI_API_KEY=<key>
""",
        sets="two variables",
        in_banner=True,
        page="langchain",
    ),
    Agent(
        name="goose",
        title="goose",
        kind="sh",
        snippet="""\
export GOOSE_PROVIDER=openai
export GOOSE_MODEL=<model>
export OPENAI_HOST=<root>
export OPENAI_API_KEY=<key>
""",
        sets="four variables",
    ),
    Agent(
        name="continue",
        title="Continue",
        kind="fields",
        snippet="""\
# in the `models:` of ~/.continue/config.yaml
  - name: moonwire
    provider: openai
    model: <model>
    apiBase: <base>
    apiKey: <key>
    roles: [chat, edit, apply]
""",
        key="${{ secrets.<variable> }}",
        sets="a model, for the list in its config.yaml",
        notes=("The list may have any shape: paste it where it belongs.",),
    ),
    Agent(
        name="curl",
        title="curl",
        kind="sh",
        snippet="curl <base>/models -H 'Authorization: Bearer '<key>\n",
        sets="a first request",
        in_banner=True,
    ),
)
"""All of them, the best known first."""


def find(name: str) -> Agent | None:
    """The agent of this name, or of one of its aliases."""
    wanted = name.lower()
    return next((agent for agent in AGENTS if wanted in (agent.name, *agent.aliases)), None)
