"""What the environment says to the client: one table, and what follows from it.

The names are kimi-cli's and kimi-code's, so that whoever has set them up need not do it again
(kimi-api.md A5, A6, D7; peers.md 2.1). `docs/en/environment.md` and `docs/zh/environment.md` print the table.
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from moonwire.core.budget import EnvCap, caps_from_env
from moonwire.core.errors import LocalProtocolError
from moonwire.core.notes import Note

__all__ = ["VARIABLES", "Said", "Variable", "markdown_table", "read_environment", "read_file"]

Language = Literal["en", "zh"]


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One variable: what it sets, and what becomes of a value that makes no sense there."""

    name: str
    sets: str
    junk: str
    sets_zh: str
    junk_zh: str
    source: str


VARIABLES: Final = (
    Variable(
        name="MOONSHOT_API_KEY",
        sets="the key; the platform's own name for it, and the first choice while no `KIMI_BASE_URL` is set",
        junk="an error that names the variable and never the value",
        sets_zh="密钥；平台自己的变量名，未设置 `KIMI_BASE_URL` 时优先使用",
        junk_zh="报错：只写变量名，从不写出值",
        source="peers.md 2.5",
    ),
    Variable(
        name="KIMI_API_KEY",
        sets="the key; first where `KIMI_BASE_URL` is set. `sk-kimi-…` goes to the coding endpoint",
        junk="an error that names the variable and never the value",
        sets_zh="密钥；设置了 `KIMI_BASE_URL` 时优先使用。`sk-kimi-…` 用于编程端点",
        junk_zh="报错：只写变量名，从不写出值",
        source="peers.md 2.1; kimi-api.md 1.1",
    ),
    Variable(
        name="KIMI_BASE_URL",
        sets="the endpoint; else `MOONSHOT_BASE_URL`, else the one that the key belongs to",
        junk="an error: it takes `https://host/path`, without user, query or fragment",
        sets_zh="端点；其次是 `MOONSHOT_BASE_URL`，再次是密钥所属的端点",
        junk_zh="报错：格式为 `https://主机/路径`，不含用户名、查询或片段",
        source="peers.md 2.1",
    ),
    Variable(
        name="MOONSHOT_BASE_URL",
        sets="the same, where `KIMI_BASE_URL` is not set",
        junk="as above",
        sets_zh="同上，仅在未设置 `KIMI_BASE_URL` 时有效",
        junk_zh="同上",
        source="peers.md 2.6",
    ),
    Variable(
        name="MOONWIRE_ENDPOINT",
        sets="what stands behind a URL that does not tell: `vllm`, `sglang`, any name of `moonwire models`",
        junk="an error; without it nothing is healed for a server that nobody knows",
        sets_zh="网址看不出是哪种服务时，说明其后的服务：`vllm`、`sglang` 或 `moonwire models` 列出的名称",
        junk_zh="报错；不设置时，对未知的服务不做任何修正",
        source="docs/gateway-config.md",
    ),
    Variable(
        name="KIMI_MODEL_MAX_COMPLETION_TOKENS",
        sets="the output cap of every request that names none; 0 or less: nothing is clamped or capped",
        junk="what is no whole number is passed over, and the next name is asked",
        sets_zh="未自带上限的请求的输出上限；小于等于 0 表示不设上限、也不收紧",
        junk_zh="不是整数则忽略，改看下一个变量",
        source="kimi-api.md D7",
    ),
    Variable(
        name="KIMI_MODEL_MAX_TOKENS",
        sets="the same, where the name above holds no whole number",
        junk="passed over",
        sets_zh="同上，仅在上一个变量不是整数时有效",
        junk_zh="忽略",
        source="kimi-api.md D7",
    ),
    Variable(
        name="KIMI_MODEL_TEMPERATURE",
        sets="`temperature`; models with fixed sampling are sent none, and a note says so",
        junk="what is no finite number is passed over, with the note `env-junk`",
        sets_zh="`temperature`；采样固定的模型不会发送该值，并给出说明",
        junk_zh="不是有限数值则忽略，并给出说明 `env-junk`",
        source="kimi-api.md D7, E",
    ),
    Variable(
        name="KIMI_MODEL_TOP_P",
        sets="`top_p`, likewise",
        junk="as above",
        sets_zh="`top_p`，规则相同",
        junk_zh="同上",
        source="kimi-api.md D7, E",
    ),
    Variable(
        name="KIMI_MODEL_THINKING_KEEP",
        sets="`thinking.keep`; `0 false no off none null` say that nothing is asked for",
        junk="given to the plan as it is, which sends what the target's row in the catalogue knows",
        sets_zh="`thinking.keep`；`0 false no off none null` 表示不要求保留",
        junk_zh="原样交给规划阶段，由它按目录中该模型一行的规定决定发送什么",
        source="kimi-api.md A5",
    ),
    Variable(
        name="KIMI_MODEL_THINKING_EFFORT",
        sets="the effort of every request that thinks and names none; it never turns thinking on",
        junk="mapped to the nearest effort that the target has, with a note",
        sets_zh="思考强度，用于会思考且未自带强度的请求；从不打开思考",
        junk_zh="换成目标支持的最接近的强度，并给出说明",
        source="kimi-api.md A6",
    ),
)

# The words with which kimi-code turns `keep` off (kimi-api.md A5).
_OFF: Final = frozenset({"0", "false", "no", "off", "none", "null"})
NO_KEEP: Final = "none"
"""What `Said.keep` is where one of them stands."""

_FILE_BYTES: Final = 65536
_QUOTED: Final = re.compile(r"""(?P<mark>["'])(?P<text>.*?)(?P=mark)(?:\s+#.*)?""")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the environment says of a request. `junk` are the notes of what it cannot have meant."""

    sampling: dict[str, Any] = {}
    cap: EnvCap = EnvCap()
    keep: str = ""
    effort: str = ""
    junk: tuple[Note, ...] = ()


def read_environment(environ: Mapping[str, str]) -> Said:
    """What the variables that speak of requests say.

    >>> said = read_environment({"KIMI_MODEL_TEMPERATURE": "0.3", "KIMI_MODEL_TOP_P": "much"})
    >>> said.sampling, [note.path for note in said.junk]
    ({'temperature': 0.3}, ['KIMI_MODEL_TOP_P'])
    """
    sampling: dict[str, Any] = {}
    junk: list[Note] = []
    for variable, field in (("KIMI_MODEL_TEMPERATURE", "temperature"), ("KIMI_MODEL_TOP_P", "top_p")):
        if not (text := environ.get(variable, "").strip()):
            continue
        number = _number(text)
        if number is None:
            reason = "not a number: the variable is passed over"
            junk.append(Note(code="env-junk", level="warning", path=variable, reason=reason))
        else:
            sampling[field] = number
    keep = environ.get("KIMI_MODEL_THINKING_KEEP", "").strip()
    return Said(
        sampling=sampling,
        cap=caps_from_env(environ),
        keep="" if not keep else NO_KEEP if keep.lower() in _OFF else keep,
        effort=environ.get("KIMI_MODEL_THINKING_EFFORT", "").strip().lower(),
        junk=tuple(junk),
    )


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def read_file(path: str | Path) -> dict[str, str]:
    """The variables of a `.env` file: `NAME=value` a line, `export` and quotes allowed, `#` for comments.

    Nothing in it is run or replaced. Values never stand in errors: they may be keys.
    """
    place = Path(path).expanduser()
    try:
        with place.open("rb") as file:
            text = file.read(_FILE_BYTES).decode("utf-8-sig")
    except OSError as error:
        said = f"{place} cannot be read: {error.strerror or error}"
        raise LocalProtocolError(said, path="env_file", remedy="name a file of NAME=value lines") from error
    except UnicodeDecodeError:
        raise LocalProtocolError(
            f"{place} is not a text", path="env_file", remedy="save it as UTF-8"
        ) from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip().removeprefix("export ").lstrip()
        if not stripped or stripped.startswith("#"):
            continue
        name, mark, value = stripped.partition("=")
        if not mark or not name.strip().isidentifier():
            said = f"line {number} of {place} is not NAME=value"
            raise LocalProtocolError(said, path="env_file", remedy="write NAME=value, or # before a comment")
        found[name.strip()] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    quoted = _QUOTED.fullmatch(value)
    # In both a comment may follow.
    return value.partition(" #")[0].rstrip() if quoted is None else quoted["text"]


_HEADS: Final = {
    "en": ("variable", "sets", "a value that makes no sense", "source"),
    "zh": ("变量", "作用", "无意义的值", "来源"),
}


def markdown_table(language: Language = "en") -> str:
    """The table for people, in English or Chinese."""
    head = _HEADS[language]
    rows = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for one in VARIABLES:
        sets, junk = (one.sets, one.junk) if language == "en" else (one.sets_zh, one.junk_zh)
        rows.append(f"| `{one.name}` | {sets} | {junk} | {one.source} |")
    return "\n".join(rows)
