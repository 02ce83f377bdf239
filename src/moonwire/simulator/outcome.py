"""From a request to what comes out of the model: the rules first, then the turn, its tokens and its cost."""

import hashlib
import random
from collections.abc import Mapping
from typing import Any

import msgspec

from moonwire.core.catalogue import Target, resolve
from moonwire.core.catalogue.endpoints import Endpoint, find_endpoint
from moonwire.core.catalogue.models import find_model
from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Request
from moonwire.simulator.brain import Call, Turn, think
from moonwire.simulator.output.chat import Candidate
from moonwire.simulator.output.generation import Generation, generate
from moonwire.simulator.output.ids import call_id, calls_before
from moonwire.simulator.output.markup import leaked
from moonwire.simulator.output.pieces import Pieces
from moonwire.simulator.output.style import Style, style
from moonwire.simulator.output.usage import Counter, Prompt, Seen, Used
from moonwire.simulator.rules import Ask, Refused, edition, first_refusal, kept
from moonwire.simulator.rules.account import RULES as ACCOUNT_RULES
from moonwire.simulator.rules.account import no_model
from moonwire.simulator.rules.ask import a_list
from moonwire.simulator.rules.messages import RULES as MESSAGE_RULES
from moonwire.simulator.rules.size import FIRST as BODY_SIZE
from moonwire.simulator.script import Script, played
from moonwire.simulator.script import load as load_script
from moonwire.simulator.settings import Settings
from moonwire.tokenizer import load as load_tokenizer
from moonwire.wire import chat

__all__ = ["Arrived", "Model", "Outcome"]


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it arrived: its body in Chat Completions' words, its size, headers and whose it is.

    `surface` is what the caller spoke. `raw` are the bytes that the answer is drawn from. `refused` is what
    the surface itself has against a body that cannot be said in Chat Completions' words.
    """

    body: dict[str, Any]
    raw: bytes
    headers: Mapping[str, str] = {}
    key: str = ""
    surface: str = "chat"
    refused: Refused | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """An answer before it is written in any dialect."""

    target: Target
    style: Style
    candidates: tuple[Candidate, ...]


# More would only cost time: a longer answer shows nothing new.
MOST_CANDIDATES = 5


class Model:
    """One endpoint's rules and its model, without HTTP. Holds what was seen of prompts, and nothing else."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.place = find_endpoint(settings.endpoint)
        if not self.place.known:
            raise LocalProtocolError(
                f"no such endpoint: {settings.endpoint!r}",
                path="endpoint",
                remedy="`moonwire models` lists the endpoints",
            )
        self.edition = edition(settings.rules)
        vocabulary = load_tokenizer(settings.tokenizer) if settings.tokenizer else None
        self.pieces = Pieces(vocabulary)
        self._counter = Counter(self.pieces)
        self._seen = Seen()
        self._script = load_script(settings.script) if settings.script else Script()
        self._rules = {
            place.name: kept(place, self.edition, settings.without) for place in map(self.place_of, _SURFACES)
        }

    def place_of(self, surface: str) -> Endpoint:
        """The endpoint's row for the surface that the caller speaks."""
        if surface == "chat" or self.place.name.endswith((f"-{surface}", "-anthropic", "-responses")):
            return self.place
        there = find_endpoint(f"{self.place.name}-{surface}")
        return there if there.known else self.place

    def speaks(self, surface: str) -> bool:
        """Whether the endpoint has this surface: the catalogue has a row for it (kimi-api.md 1.1)."""
        return self.place_of(surface).facts.get("dialect", "chat") == surface

    def target(self, model: str, surface: str = "chat") -> Target | None:
        """What the model takes here, if it is here."""
        place = self.place_of(surface)
        target = resolve(model, place.name)
        row = find_model(target.name)
        if row is not None and row.only_at and place.rules == "own" and place.name not in row.only_at:
            return None
        names = self.settings.models
        # A client's mark, or another endpoint's name, is no name of this one's (kimi-api.md 1.3, M6).
        if not target.known or target.model.lower() != model.lower():
            return None
        if names and target.name not in {resolve(name, self.place.name).name for name in names}:
            return None
        return target

    def answer(self, arrived: Arrived) -> Outcome | Refused:
        """What comes of the request."""
        place = self.place_of(arrived.surface)
        name = arrived.body.get("model")
        target = self.target(name, arrived.surface) if isinstance(name, str) and name else Target()
        if target is None:
            return msgspec.structs.replace(no_model(str(name)), rule="model")
        rng = random.Random(
            f"{self.settings.seed}:{hashlib.blake2b(arrived.raw, digest_size=12).hexdigest()}"
        )
        request = _decoded(arrived.body)
        ask = Ask(
            arrived.body,
            target,
            place,
            self.edition,
            headers=arrived.headers,
            size=len(arrived.raw),
            seed=self.settings.seed,
            count=lambda: self._prompt(ask, request).tokens,
        )
        refused = self._refused(ask, arrived.refused)
        if refused is not None:
            return refused
        prompt = self._prompt(ask, request)
        cached = self._seen.cached(f"{arrived.key}\0{target.name}", prompt)
        return self._generated(ask, prompt, cached, rng)

    def _refused(self, ask: Ask, unread: Refused | None) -> Refused | None:
        """What the rules have against it; of a body that was not read, only those that come before it."""
        rules = self._rules[ask.place.name]
        if unread is None:
            return first_refusal(rules, ask)
        return first_refusal((one for one in rules if one.name in _BEFORE_THE_BODY), ask) or unread

    def tokens(self, body: dict[str, Any]) -> int | Refused:
        """The count that `estimate-token-count` gives, or the refusal of a model that is not here."""
        name = body.get("model")
        target = self.target(name) if isinstance(name, str) else None
        if target is None:
            return no_model(str(name))
        return self._prompt(Ask(body, target, self.place, self.edition), _decoded(body)).tokens

    def messages_refused(self, body: dict[str, Any]) -> Refused | None:
        """What the token counter has against the messages; it names the last one (srchd#75)."""
        target = self.target(str(body.get("model"))) or Target()
        ask = Ask(body, target, self.place, self.edition)
        about = {one.name for one in MESSAGE_RULES}
        refused = first_refusal((one for one in self._rules[self.place.name] if one.name in about), ask)
        if refused is None or refused.rule not in _NAMED:
            return refused
        return msgspec.structs.replace(
            refused, message=f"messages[{len(ask.messages) - 1}]: {refused.message}"
        )

    def _prompt(self, ask: Ask, request: Request | None) -> Prompt:
        if request is None:
            tokens = self.pieces.encode(msgspec.json.encode(ask.body).decode())
            return Prompt(tokens, ())
        return self._counter.prompt(
            request, ask.target, thinking=ask.thinking, effort=ask.effort, keeps=ask.keeps
        )

    def _generated(self, ask: Ask, prompt: Prompt, cached: int, rng: random.Random) -> Outcome | Refused:
        target = ask.target
        looks = style(target, ask.place, self.settings)
        stops = ask.body.get("stop")
        given = (
            [stops] if isinstance(stops, str) else [stop for stop in a_list(stops) if isinstance(stop, str)]
        )
        wanted = ask.body.get("n")
        number = max(1, min(wanted, MOST_CANDIDATES)) if isinstance(wanted, int) else 1
        candidates: list[Candidate] = []
        for _ in range(number):
            turn = self._turn(ask, rng)
            if turn.refused is not None:
                return turn.refused
            shown = leaked(turn, self.settings.raw, target.family, calls_before(ask), rng)
            made = generate(shown, self.pieces, target.family, _cap(ask, prompt), given)
            calls = _named(shown.calls, looks, calls_before(ask), rng)
            candidates.append(
                Candidate(generation=made, calls=calls, used=_used(made, target, prompt, cached))
            )
        return Outcome(target=target, style=looks, candidates=tuple(candidates))

    def _turn(self, ask: Ask, rng: random.Random) -> Turn:
        scripted = self._script.turn(ask)
        thought = think(ask, rng, self.pieces.count)
        return thought if scripted is None else played(scripted, ask, thought.thoughts)


_SURFACES = ("chat", "anthropic", "responses")
_BEFORE_THE_BODY = frozenset(one.name for one in (*BODY_SIZE, *ACCOUNT_RULES))
_NAMED = ("call-unanswered", "result-unknown", "result-orphan")


def _decoded(body: dict[str, Any]) -> Request | None:
    try:
        return chat.decode(body)
    except LocalProtocolError:
        # What cannot be read is refused by a rule; only its size is asked for before.
        return None


def _cap(ask: Ask, prompt: Prompt) -> int | None:
    """The caller's cap, and what the window leaves: beyond it nothing can be written."""
    room = max(1, ask.target.window - prompt.tokens) if ask.target.window else None
    caps = [cap for cap in (ask.cap, room) if cap is not None]
    return min(caps) if caps else None


def _named(
    calls: tuple[Call, ...], looks: Style, before: int, rng: random.Random
) -> tuple[tuple[str, Call], ...]:
    return tuple(
        (call_id(looks.ids, call.name, before, place, rng), call) for place, call in enumerate(calls)
    )


def _used(made: Generation, target: Target, prompt: Prompt, cached: int) -> Used:
    # K3 counts one thought more than it wrote where the cap ends them (kimi-api.md D2, vercel/ai#19311).
    over = 1 if made.thoughts_cut and target.family == "k3" else 0
    return Used(prompt=prompt.tokens, cached=cached, completion=made.tokens, reasoning=made.reasoning + over)
