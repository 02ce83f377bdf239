"""What a dialect is to whoever answers in it, in the words of Chat Completions."""

import json

from moonwire.core.errors import Overloaded
from moonwire.core.events import Finish, Text, Usage
from moonwire.core.messages import Reply, TextPart
from moonwire.core.notes import Note
from moonwire.exchange.asked import Incomplete
from moonwire.exchange.dialect import CHAT, Named, named


def called(**more: bool) -> Named:
    return Named(id="chatcmpl-1", model="kimi-k3", created=1, usage=more.get("usage", False))


def test_a_stream_has_what_its_caller_asked_for() -> None:
    events = [Text("Hi"), Usage(input=1, output=2), Finish("stop")]
    for usage in (False, True):
        writer = CHAT.writer(called(usage=usage))
        said = b"".join([*writer.feed(events), *writer.finish()])
        frames = [json.loads(line[6:]) for line in said.decode().split("\n\n")[:-2]]
        assert said.endswith(b"data: [DONE]\n\n")
        assert [frame["model"] for frame in frames] == ["kimi-k3"] * len(frames)
        assert (frames[-1]["choices"] == []) is usage


def test_a_reply_has_more_where_more_was_asked_for() -> None:
    reply = Reply(blocks=(TextPart(text="Hi"),), finish="stop")
    plain = CHAT.encode_reply(reply, called())
    assert plain["choices"][0]["message"]["content"] == "Hi" and "moonwire" not in plain
    more = Named(id="1", model="m", created=1, extra=lambda: {"moonwire": {"a": 1}})
    assert CHAT.encode_reply(reply, more)["moonwire"] == {"a": 1}


def test_an_error_within_a_stream_is_its_end() -> None:
    said = CHAT.error_event(Overloaded("busy"), None)
    frame, done, rest = said.split(b"\n\n")
    assert json.loads(frame[6:])["error"]["code"] == "overloaded"
    assert (done, rest) == (b"data: [DONE]", b"")


def test_a_comment_is_nothing_to_a_reader() -> None:
    assert CHAT.keep_alive.startswith(b":") and CHAT.keep_alive.endswith(b"\n\n")
    assert CHAT.decode({"model": "a", "messages": []}).model == "a"


def test_an_answer_of_thoughts_alone_is_its_own_kind_of_error() -> None:
    status, _, body = CHAT.encode_error(Incomplete("only thoughts", Reply(), "raise the cap"))
    assert (status, body["error"]["code"], body["error"]["type"]) == (
        422,
        "thoughts_only",
        "incomplete_answer",
    )


def test_an_answer_is_named_after_its_request() -> None:
    request = CHAT.decode({"model": "kimi-k3", "stream_options": {"include_usage": True}, "messages": []})
    plain = named(CHAT, request, "req_12", 7)
    assert (plain.id, plain.model, plain.created, plain.usage, plain.extra) == (
        *("chatcmpl-12", "kimi-k3", 7, True),
        None,
    )
    full = named(CHAT, request, "req_12", 7, lambda: [Note(code="a", reason="b")])
    assert full.extra is not None
    assert full.extra() == {"moonwire": {"request_id": "req_12", "notes": [{"code": "a", "reason": "b"}]}}
