"""The endpoints of the cases, and how the gateway in front of each is set."""

import json
from typing import Any, Final

import msgspec

from moonwire.core.settings import Settings as Passes
from moonwire.simulator import App, Settings
from tests.gateway.incidents.serving import Place

__all__ = ["PLACES"]

STRICTEST: Final = Settings(rules="strictest", seed=1)
OPAQUE: Final = b'{"error":{"type":"invalid_request_error","message":"Invalid request Error"},"type":"error"}'


def strictest(**named: Any) -> Settings:
    """A simulated endpoint on the strictest rules."""
    return msgspec.structs.replace(STRICTEST, **named)


class NewApi(App):
    """new-api in front of it: each refusal gets the request's id, and a type that Go prints for none."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status = 200

        async def wrapped(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            if message["type"] == "http.response.start":
                message["headers"] = [one for one in message["headers"] if one[0] != b"content-length"]
            elif status >= 400 and message["body"]:
                error = json.loads(message["body"])["error"]
                error |= {"message": f"{error['message']} (request id: 20260421)", "type": "<nil>"}
                message["body"] = json.dumps({"error": error}).encode()
            await send(message)

        await super().__call__(scope, receive, wrapped)


class Opaque(App):
    """Messages' opaque refusal in the place of answers: of all of them."""

    seldom = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        sent = len(self.exchanges)
        if self.seldom and sent % 2:
            await super().__call__(scope, receive, send)
            return
        started = False

        async def instead(message: Any) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                message |= {"status": 400, "headers": [(b"content-type", b"application/json")]}
            elif not started:
                started = True
                message["body"] = OPAQUE
            else:
                message["body"] = b""
            await send(message)

        await super().__call__(scope, receive, instead)


class OpaqueSeldom(Opaque):
    """The same of every other one."""

    seldom = True


def fault(kind: str, **named: Any) -> Settings:
    """An endpoint on which this goes wrong."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in {"kind": kind, **named}.items()]
    return strictest(faults="\n".join(["[[fault]]", *lines]).replace("Infinity", "inf"))


FOR_EVER: Final = float("inf")

PLACES: Final[dict[str, Place]] = {
    "platform": Place(),
    "platform-2026-05": Place(simulator=Settings(rules="2026-05", seed=1)),
    "platform-2026-07": Place(simulator=Settings(rules="2026-07", seed=1), fresh=True),
    "platform-raised": Place(passes=Passes(raise_cap=True)),
    "coding": Place(simulator=strictest(endpoint="coding")),
    "coding-2026-04": Place(simulator=Settings(endpoint="coding", rules="2026-04", seed=1)),
    "coding-latest": Place(simulator=Settings(endpoint="coding", seed=1)),
    "openrouter": Place(simulator=strictest(endpoint="openrouter")),
    "openrouter-unknown": Place(simulator=strictest(endpoint="openrouter"), endpoint="generic", fresh=True),
    "siliconflow-unknown": Place(simulator=strictest(endpoint="siliconflow"), endpoint="generic", fresh=True),
    "new-api": Place(simulator=strictest(), endpoint="generic", app=NewApi, fresh=True),
    "dashscope": Place(simulator=strictest(endpoint="dashscope")),
    "dashscope-empty": Place(simulator=strictest(endpoint="dashscope", empty_deltas=True)),
    "ark": Place(simulator=strictest(endpoint="ark")),
    "fireworks": Place(simulator=strictest(endpoint="fireworks")),
    "fireworks-broken": Place(simulator=strictest(endpoint="fireworks", raw="broken")),
    "fireworks-unknown": Place(simulator=strictest(endpoint="fireworks"), endpoint="generic", fresh=True),
    "cerebras": Place(simulator=strictest(endpoint="cerebras")),
    "groq": Place(simulator=strictest(endpoint="groq")),
    "groq-unknown": Place(simulator=strictest(endpoint="groq"), endpoint="generic", fresh=True),
    "nvidia": Place(simulator=strictest(endpoint="nvidia")),
    "nvidia-unknown": Place(simulator=strictest(endpoint="nvidia"), endpoint="generic", fresh=True),
    "dynamo": Place(simulator=strictest(endpoint="dynamo")),
    "sglang": Place(simulator=strictest(endpoint="sglang")),
    "sglang-colon": Place(simulator=strictest(endpoint="sglang", ids="colon")),
    "vllm": Place(simulator=strictest(endpoint="vllm")),
    "vllm-content": Place(simulator=strictest(endpoint="vllm", raw="content")),
    "vllm-all": Place(simulator=strictest(endpoint="vllm", raw="all"), fresh=True),
    "vllm-reasoning": Place(simulator=strictest(endpoint="vllm", raw="reasoning")),
    "vllm-uuid": Place(simulator=strictest(endpoint="vllm", ids="uuid")),
    "usage-choice": Place(simulator=strictest(usage="choice")),
    "usage-summary": Place(simulator=strictest(usage="summary")),
    "split-names": Place(simulator=strictest(split_names=True)),
    "stall": Place(simulator=fault("stall", seconds=FOR_EVER, events=3), idle=0.3),
    "stall-once": Place(simulator=fault("stall", seconds=FOR_EVER, events=3, at=[1]), idle=0.3, fresh=True),
    "no-end": Place(simulator=fault("no-finish-hang"), idle=0.3),
    "overloaded-twice": Place(simulator=fault("status", error="overloaded", attempts=2), fresh=True),
    "filtered": Place(simulator=fault("filter", where="thoughts")),
    "wrong-key": Place(simulator=strictest(keys=("sk-international",)), own_key=True),
    "wrong-key-cn": Place(simulator=strictest(endpoint="platform-cn", keys=("sk-chinese",)), own_key=True),
    "opaque": Place(app=Opaque),
    "opaque-once": Place(app=OpaqueSeldom, fresh=True),
}
