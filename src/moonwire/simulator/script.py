r"""Scripts: what to think, say, call, leak and cut, turn by turn.

A script is lines. The first word of a line says what it is; `#` begins a comment.

    script when "weather"          a sequence for conversations whose first user message has this text;
                                   without `when`, or without a `script` line at all: for all others
    turn                           one answer: the first for a conversation without an answer, and so on
      think TEXT                   thoughts; further `think` lines are further lines of the same thoughts
      say TEXT                     the visible answer, likewise
      call NAME {"json": "…"}      a call; what is no JSON is called as it stands
      leak content TEXT            raw text behind the answer, markup and all
      leak reasoning TEXT          raw text behind the thoughts
      cut TOKENS                   so many tokens come out, thoughts included, and the reason is `length`
      finish REASON                another finish reason than the one that follows
      refuse NAME                  a refusal instead: a name of the fault kind `status`, such as `overloaded`

In texts and arguments `{{user}}` stands for what the user said last, `{{result}}` for the last tool's
result and `{{result NAME}}` for that tool's last one. A turn without `think` thinks as long as the model
would. Where a sequence ends the simulator answers by itself. Which turn it is follows from the number of
answers in the request, so a retry gets the same turn again, and a compacted conversation begins anew.

The same in TOML: `[[script]]` with `when`, and `[[script.turn]]` with `think`, `say`, `call` (a list of
tables with `name` and `arguments`), `leak_content`, `leak_reasoning`, `cut`, `finish`, `refuse`.
"""

import itertools
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import msgspec

from moonwire.core.errors import LocalProtocolError
from moonwire.simulator import depth
from moonwire.simulator.brain.reading import last_user, results_since
from moonwire.simulator.brain.turn import Call, Turn, arguments_text
from moonwire.simulator.faults.refusals import REFUSALS
from moonwire.simulator.rules.ask import Ask, a_list, is_object, texts_of
from moonwire.simulator.rules.refused import Refused

__all__ = ["Script", "Scripted", "load", "played"]


class Scripted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One turn as written; `call` pairs a name with its arguments as text."""

    think: str | None = None
    say: str = ""
    call: tuple[tuple[str, str], ...] = ()
    leak_content: str = ""
    leak_reasoning: str = ""
    cut: Annotated[int, msgspec.Meta(ge=0)] = 0
    finish: str = ""
    refuse: str = ""


class Sequence(msgspec.Struct, frozen=True):
    """Turns in order, and the text that says whose they are."""

    when: str
    turns: tuple[Scripted, ...]


class Script(msgspec.Struct, frozen=True):
    """All sequences of one script."""

    sequences: tuple[Sequence, ...] = ()

    def turn(self, ask: Ask) -> Scripted | None:
        """The turn that is due, if the script has one for this request."""
        users = (message for message in ask.messages if message.get("role") == "user")
        said = "\n".join(
            text for first in itertools.islice(users, 1) for text in texts_of(first.get("content"))
        )
        done = sum(message.get("role") == "assistant" for message in ask.messages)
        fitting = [one for one in self.sequences if one.when and one.when in said]
        others = [one for one in self.sequences if not one.when]
        for sequence in (*fitting, *others)[:1]:
            if done < len(sequence.turns):
                return sequence.turns[done]
        return None


def played(scripted: Scripted, ask: Ask, thoughts: str | None) -> Turn:
    """The turn with its placeholders filled; `thoughts` are those of a turn that says nothing of them."""
    if scripted.refuse:
        row = REFUSALS[scripted.refuse]
        return Turn(refused=Refused(row.message, row.status, row.type, row.fields.get("code"), rule="script"))
    fill = _filler(ask)
    think = fill(scripted.think) if scripted.think is not None else thoughts
    if scripted.leak_reasoning:
        think = (think or "") + fill(scripted.leak_reasoning)
    return Turn(
        thoughts=think if ask.thinking or scripted.leak_reasoning else None,
        text=fill(scripted.say) + fill(scripted.leak_content),
        calls=tuple(Call(name, _arguments(text, fill)) for name, text in scripted.call),
        cut=scripted.cut,
        finish=scripted.finish,
    )


_PLACE: Final = re.compile(r"\{\{(user|result)(?: ([^{}\s]{1,256}))?\}\}")


def _filler(ask: Ask) -> Callable[[str], str]:
    def value(match: re.Match[str]) -> str:
        if match[1] == "user":
            return last_user(ask)[1]
        results = [text for name, text in results_since(ask) if match[2] in (None, name)]
        return results[-1] if results else ""

    return lambda text: _PLACE.sub(value, text)


def _arguments(text: str, fill: Callable[[str], str]) -> str:
    try:
        value: Any = depth.decode(text.encode("utf-8", "surrogatepass"))
    except msgspec.DecodeError:
        return fill(text)
    return arguments_text(_filled(value, fill))


def _filled(value: Any, fill: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, list):
        return [_filled(item, fill) for item in a_list(value)]
    if is_object(value):
        return {fill(key): _filled(item, fill) for key, item in value.items()}
    return value


# -- reading -------------------------------------------------------------------------------------------


def load(text: str, name: str = "script") -> Script:
    r'''The script in a text, or an error with line and remedy.

    >>> script = load("""
    ... turn
    ...   think Let me look.
    ...   call get_weather {"city": "Paris"}
    ... turn
    ...   say It is {{result}}.
    ... """)
    >>> [len(one.turns) for one in script.sequences]
    [2]
    '''
    if re.search(r"^\s*\[\[(?:script|turn)", text, re.MULTILINE):
        return _from_toml(text, name)
    reader = _Reader(name)
    for number, line in enumerate(text.split("\n"), 1):
        reader.line(number, line)
    return reader.finish()


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._sequences: list[tuple[str, list[dict[str, Any]]]] = []
        self._takers: Mapping[str, Callable[[str], None]] = {
            "script": self._script,
            "turn": self._turn,
            "think": lambda rest: self._lines("think", rest),
            "say": lambda rest: self._lines("say", rest),
            "call": self._call,
            "leak": self._leak,
            "cut": self._cut,
            "finish": self._finish,
            "refuse": self._refuse,
        }

    def line(self, number: int, line: str) -> None:
        text = line.strip()
        if not text or text.startswith("#"):
            return
        word, rest = (*text.split(maxsplit=1), "")[:2]
        taker = self._takers.get(word)
        if taker is None:
            raise self._wrong(number, f"{word!r} begins no line of a script", ", ".join(self._takers))
        try:
            taker(rest.strip())
        except ValueError as error:
            raise self._wrong(
                number, str(error), "the head of moonwire.simulator.script has the grammar"
            ) from None

    def _wrong(self, number: int, message: str, remedy: str) -> LocalProtocolError:
        return LocalProtocolError(message, path=f"{self._name}:{number}", remedy=remedy)

    def finish(self) -> Script:
        made = tuple(
            Sequence(when, tuple(msgspec.convert(turn, Scripted) for turn in turns))
            for when, turns in self._sequences
        )
        return Script(made)

    def _script(self, rest: str) -> None:
        match = re.fullmatch(r'(?:when\s+"(.*)")?', rest)
        if match is None:
            raise ValueError('a script line is `script` or `script when "text"`')
        self._sequences.append((match[1] or "", []))

    def _turn(self, rest: str) -> None:
        if rest:
            raise ValueError("a turn line is `turn` and no more")
        if not self._sequences:
            self._sequences.append(("", []))
        self._sequences[-1][1].append({})

    @property
    def _now(self) -> dict[str, Any]:
        if not self._sequences or not self._sequences[-1][1]:
            raise ValueError("this line belongs to a turn, and there is none yet")
        return self._sequences[-1][1][-1]

    def _lines(self, field: str, rest: str) -> None:
        before = self._now.get(field)
        self._now[field] = rest if before is None else f"{before}\n{rest}"

    def _call(self, rest: str) -> None:
        if not rest:
            raise ValueError("a call line is `call NAME {arguments}`")
        name, arguments = (*rest.split(maxsplit=1), "{}")[:2]
        self._now["call"] = [*self._now.get("call", ()), (name, arguments)]

    def _leak(self, rest: str) -> None:
        where, _, text = rest.partition(" ")
        if where not in ("content", "reasoning"):
            raise ValueError("a leak line is `leak content TEXT` or `leak reasoning TEXT`")
        self._lines(f"leak_{where}", text)

    def _cut(self, rest: str) -> None:
        if not rest.isdecimal() or int(rest) < 1:
            raise ValueError("a cut line is `cut` and a number of tokens")
        self._now["cut"] = int(rest)

    def _finish(self, rest: str) -> None:
        if len(rest.split()) != 1:
            raise ValueError("a finish line is `finish` and one word")
        self._now["finish"] = rest

    def _refuse(self, rest: str) -> None:
        if rest not in REFUSALS:
            raise ValueError(f"there is no refusal called {rest!r}: {', '.join(REFUSALS)}")
        self._now["refuse"] = rest


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    when: str = ""
    turn: list[dict[str, Any]] = []


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    script: list[_Table]


class _Called(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    arguments: Any = {}


def _from_toml(text: str, name: str) -> Script:
    try:
        found = tomllib.loads(text)
        tables: Any = found.pop("script", None)
        if tables is None:
            tables, found = [found], {}
        written = msgspec.convert({**found, "script": tables}, _Written)
        made = tuple(
            Sequence(one.when, tuple(msgspec.convert(_turn_of(turn), Scripted) for turn in one.turn))
            for one in written.script
        )
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise LocalProtocolError(
            str(error), path=name, remedy="see docs/simulator.md for the grammar"
        ) from error
    for sequence in made:
        for turn in sequence.turns:
            if turn.refuse and turn.refuse not in REFUSALS:
                raise LocalProtocolError(
                    f"there is no refusal called {turn.refuse!r}", path=name, remedy=", ".join(REFUSALS)
                )
    return Script(made)


def _turn_of(turn: dict[str, Any]) -> dict[str, Any]:
    if "call" not in turn:
        return turn
    called = msgspec.convert(turn["call"], list[_Called])
    texts = (
        one.arguments if isinstance(one.arguments, str) else arguments_text(one.arguments) for one in called
    )
    return {**turn, "call": [(one.name, text) for one, text in zip(called, texts, strict=True)]}
