"""Pictures behind URLs, in requests: loaded once, the same on every turn, and told of."""

import asyncio
import base64
import contextlib
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from moonwire.core.catalogue.overrides import Overrides
from moonwire.core.errors import LocalProtocolError
from moonwire.core.messages import Image, Message, Request, TextPart, Video
from moonwire.core.notes import Note
from moonwire.core.settings import Settings
from moonwire.exchange.asked import Asked, Commit
from moonwire.exchange.config import Hop, Route, Routing, Upstream
from moonwire.exchange.exchange import Exchange
from moonwire.gateway.config.model import ImagesConfig
from moonwire.gateway.images import FAILED, Images
from moonwire.gateway.serve import Worker
from moonwire.memory import NoMemory, ProcessMemory, Tenant
from moonwire.simulator import Settings as Simulated
from moonwire.wire import chat
from tests.gateway.config.samples import loaded
from tests.gateway.pictures import GIF, HOST, PNG, Names, answer, downloads, serving
from tests.gateway.running import Running, running
from tests.transport.peers import Peer, Script, run, serve

TENANT = Tenant.of_client("a")
GONE = answer(b"", "text/html", status="404 Gone")


def data_url(picture: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(picture).decode()}"


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Scene:
    """A server of pictures, and the gateway's part that loads them."""

    def __init__(
        self, port: int, endpoint: str, settings: Settings, overrides: Overrides, config: Any
    ) -> None:
        self.base = f"http://{HOST}:{port}"
        self.clock = Clock()
        self.names = Names(inside=[["10.0.0.1"]])
        limits = ImagesConfig(fetch=True, **config)
        loader = downloads(port, size=limits.bytes, names=self.names)
        self.images = Images(limits, downloads=loader, now=self.clock)
        upstream = Upstream(name="u", base_url="http://127.0.0.1:1/v1", endpoint=endpoint, trust_env=False)
        route = Route(hops=(Hop("u"),), settings=settings)
        self.exchange = Exchange(
            Routing(upstreams=(upstream,), routes=(route,), overrides=overrides), NoMemory()
        )
        self.notes: list[Note] = []

    def asked(self, *parts: Any, model: str = "kimi-k3", tenant: Tenant = TENANT) -> Asked:
        """A question about these pictures; a text is a path on the server."""
        content = tuple(
            part if not isinstance(part, str) else Image(url=part if ":" in part else self.base + part)
            for part in parts
        )
        messages = (Message(role="system", content="Look."), Message(role="user", content=content))
        request = Request(model=model, messages=messages)
        return Asked(request=request, id="req_1", tenant=tenant, commit=Commit())

    async def urls(self, *parts: Any, **more: Any) -> list[str]:
        """What the server would get, short: the bytes of a picture, or its URL."""
        self.notes = []
        asked = await self.images.into(self.asked(*parts, **more), self.exchange, self.notes)
        content: Any = asked.request.messages[1].content
        return [part.url for part in content]

    @property
    def codes(self) -> list[str]:
        """The notes of the last request."""
        return [note.code for note in self.notes]

    @property
    def problems(self) -> list[str]:
        """What they say of pictures that were not loaded."""
        return [note.reason for note in self.notes if note.level == "warning"]

    async def aclose(self) -> None:
        await self.images.aclose()
        await self.exchange.aclose()


class Play:
    """Runs a test's own part with a scene. `heads` is what the server of pictures was asked."""

    def __init__(
        self,
        files: dict[str, bytes | list[bytes]] | None = None,
        *,
        script: Script | None = None,
        endpoint: str = "platform",
        settings: Settings | None = None,
        overrides: Overrides | None = None,
        **config: Any,
    ) -> None:
        self.heads: list[str] = []
        self._script = script or serving(files if files is not None else {}, self.heads)
        self._made = (endpoint, settings or Settings(), overrides or Overrides(), config)

    @property
    def paths(self) -> list[str]:
        return [head.split()[1] for head in self.heads]

    def __call__(self, part: Any) -> None:
        async def main() -> None:
            async with serve(self._script) as server:
                scene = Scene(server.port, *self._made)
                await part(scene)
                await scene.aclose()

        run(main)


# -- what goes in --------------------------------------------------------------------------------------


def test_a_picture_is_put_in_where_it_stood() -> None:
    play = Play({"/a": answer(), "/b": answer(GIF, "image/gif")})

    async def part(scene: Scene) -> None:
        before = Image(url=f"{scene.base}/a", detail="high")
        bare = Image(url=f"{scene.base}/b", bare=True)
        inside = Image(url=data_url(PNG))
        asked = scene.asked(TextPart(text="These:"), before, bare, inside, "ms://file")
        new = await scene.images.into(asked, scene.exchange, scene.notes)
        assert new.request.messages[0] is asked.request.messages[0]
        assert new.request.messages[1].content == (
            TextPart(text="These:"),
            Image(url=data_url(PNG), detail="high"),
            Image(url=data_url(GIF, "image/gif"), bare=True),
            inside,
            Image(url="ms://file"),
        )
        assert new.said is asked.request and new.remembered is asked.request
        assert scene.notes == [
            Note(
                code="image-inlined",
                path=f"messages[1].content[{place}]",
                reason="the server loads nothing itself; the gateway did",
                before=url,
                after=what,
                avoids="unsupported image url",
                source="kimi-api.md H7",
            )
            for place, url, what in (
                (1, before.url, f"image/png of {len(PNG)} bytes"),
                (2, bare.url, f"image/gif of {len(GIF)} bytes"),
            )
        ]

    play(part)
    assert sorted(play.paths) == ["/a", "/b"]


def test_a_film_is_put_in_and_is_no_picture() -> None:
    film = b"\0\0\0\x20ftypisom" + bytes(200)
    play = Play({"/f": answer(film, "video/mp4")})

    async def part(scene: Scene) -> None:
        url = f"{scene.base}/f"
        assert await scene.urls(Video(url=url), Image(url=url), model="kimi-k2.6") == [
            data_url(film, "video/mp4"),
            url,
        ]
        assert scene.codes == ["image-inlined", "image-not-fetched"]

    play(part)


def test_what_a_caller_wrote_is_encoded_anew() -> None:
    play = Play({"/a": answer()})

    async def part(scene: Scene) -> None:
        wrote = {"type": "image_url", "image_url": {"url": f"{scene.base}/a", "detail": "low", "x": 1}}
        body: dict[str, Any] = {"model": "kimi-k3", "messages": [{"role": "user", "content": [wrote]}]}
        asked = Asked(request=chat.decode(body), id="req_1", tenant=TENANT, commit=Commit())
        new = await scene.images.into(asked, scene.exchange, scene.notes)
        (part,) = chat.encode(new.request)["messages"][0]["content"]
        assert part["image_url"] == {"url": data_url(PNG), "detail": "low"}
        assert chat.encode(asked.request)["messages"][0]["content"] == [wrote]

    play(part)


@pytest.mark.parametrize(
    ("model", "endpoint", "facts"),
    [
        ("kimi-k3", "generic", {}),
        ("some-model", "generic", {}),
        ("kimi-k3", "platform", {"media": ["data", "http", "https"]}),
        ("kimi-k3", "platform", {"media": ["ms"]}),
        ("kimi-k3", "platform", {"vision": False}),
    ],
)
def test_a_target_that_does_not_need_it(model: str, endpoint: str, facts: dict[str, Any]) -> None:
    overrides = Overrides(targets={(endpoint, model): facts}) if facts else Overrides()
    play = Play({}, endpoint=endpoint, overrides=overrides)

    async def part(scene: Scene) -> None:
        asked = scene.asked("/a", model=model)
        assert await scene.images.into(asked, scene.exchange, scene.notes) is asked
        assert asked.remembered is asked.request

    play(part)
    assert play.heads == []


# -- what does not -------------------------------------------------------------------------------------


def test_a_picture_that_is_not_loaded_stays_and_is_told_of() -> None:
    play = Play({"/gone": GONE, "/a": answer()})

    async def part(scene: Scene) -> None:
        inside = f"http://inside.test:{scene.base.rpartition(':')[2]}/x?{'y' * 300}"
        got = await scene.urls("/gone", inside, "/a")
        assert got == [f"{scene.base}/gone", inside, data_url(PNG)]
        assert scene.codes == ["image-not-fetched", "image-not-fetched", "image-inlined"]
        assert scene.problems == [
            "the image was not loaded: its server answers with 404",
            "the image was not loaded: no public address has that name",
        ]
        told = scene.notes[1]
        assert (told.path, told.before) == ("messages[1].content[1]", inside[:200])
        assert "10.0.0.1" not in repr(scene.notes)

    play(part)


def test_refusing_names_the_first_such_picture() -> None:
    play = Play({"/a": answer(), "/gone": GONE}, settings=Settings(media="refuse"))

    async def part(scene: Scene) -> None:
        with pytest.raises(LocalProtocolError) as caught:
            await scene.urls("/a", "/gone", "/gone")
        error = caught.value
        assert (error.path, error.message) == (
            "messages[1].content[1]",
            "the image is not loaded: its server answers with 404",
        )
        assert await scene.urls("/a") == [data_url(PNG)]

    play(part)


# -- bounds --------------------------------------------------------------------------------------------


def test_the_first_ones_are_loaded_and_the_rest_is_too_many() -> None:
    play = Play({f"/{n}": answer() for n in range(5)}, count=3)

    async def part(scene: Scene) -> None:
        # The same one twice is two pictures in the request.
        got = await scene.urls("/0", "/1", "/0", "/2", "/3")
        assert got == [data_url(PNG)] * 3 + [f"{scene.base}/2", f"{scene.base}/3"]
        assert scene.problems == ["the image was not loaded: a request may have 3 pictures loaded"] * 2
        assert await scene.urls("/0", "/1", "/0") == got[:3]

    play(part)
    assert sorted(play.paths) == ["/0", "/1"]


def test_together_they_have_a_bound_and_what_comes_first_counts_first() -> None:
    small = answer(GIF, "image/gif")
    play = Play({"/0": answer(), "/1": answer(), "/small": small}, total=2 * len(PNG) - 1)

    async def part(scene: Scene) -> None:
        got = await scene.urls("/0", "/1", "/small")
        # The small one would have room; but then what is sent of it would depend on the one before it.
        assert got == [data_url(PNG), f"{scene.base}/1", f"{scene.base}/small"]
        said = f"the image was not loaded: the pictures of a request may have {2 * len(PNG) - 1:,} bytes"
        assert scene.problems == [said] * 2
        assert await scene.urls("/0", "/0") == [data_url(PNG), f"{scene.base}/0"]
        assert await scene.urls("/0", "/small") == [data_url(PNG), data_url(GIF, "image/gif")]

    play(part)


def test_what_cannot_count_any_more_is_not_loaded() -> None:
    play = Play({f"/{n}": answer() for n in range(30)}, total=len(PNG), bytes=len(PNG))

    async def part(scene: Scene) -> None:
        got = await scene.urls(*(f"/{n}" for n in range(30)))
        assert got == [data_url(PNG), *(f"{scene.base}/{n}" for n in range(1, 30))]

    play(part)
    assert len(play.heads) < 10


def test_one_that_is_too_large_takes_nothing_from_the_others() -> None:
    play = Play({"/large": answer(PNG + PNG), "/a": answer()}, bytes=len(PNG), total=len(PNG))

    async def part(scene: Scene) -> None:
        assert await scene.urls("/large", "/a") == [f"{scene.base}/large", data_url(PNG)]
        assert scene.problems == [f"the image was not loaded: it has more than {len(PNG)} bytes"]

    play(part)


def test_all_of_a_request_have_one_deadline() -> None:
    async def script(peer: Peer) -> None:
        head, _ = await peer.request()
        if "/quick" in head:
            peer.send(answer())
        await peer.gone()

    play = Play(script=script, seconds=0.2)

    async def part(scene: Scene) -> None:
        slow = [f"/{n}" for n in range(12)]
        async with asyncio.timeout(2):
            got = await scene.urls("/quick", *slow)
        assert got == [data_url(PNG), *(scene.base + path for path in slow)]
        assert set(scene.problems) == {"the image was not loaded: it did not come in time"}

    play(part)


# -- the same on every turn ----------------------------------------------------------------------------


def test_a_picture_that_changes_or_goes_is_the_same_to_the_conversation() -> None:
    play = Play({"/a": [answer(), answer(GIF, "image/gif")], "/b": [answer(), GONE]})

    async def part(scene: Scene) -> None:
        first = await scene.urls("/a", "/b")
        assert first == [data_url(PNG)] * 2
        for _ in range(3):
            scene.clock.time += 100_000
            assert await scene.urls("/a", "/b") == first
        # Another tenant has nothing of it.
        other = await scene.urls("/a", "/b", tenant=Tenant.of_client("b"))
        assert other == [data_url(GIF, "image/gif"), f"{scene.base}/b"]
        assert await scene.urls("/a", "/b") == first

    play(part)
    assert sorted(play.paths) == ["/a", "/a", "/b", "/b"]


def test_one_that_was_not_there_is_asked_for_again_after_a_while() -> None:
    play = Play({"/a": [GONE, answer()]})

    async def part(scene: Scene) -> None:
        for _ in range(3):
            assert await scene.urls("/a") == [f"{scene.base}/a"]
            assert scene.codes == ["image-not-fetched"]
            scene.clock.time += FAILED / 4
        scene.clock.time += FAILED / 4
        assert await scene.urls("/a") == [data_url(PNG)]

    play(part)
    assert play.paths == ["/a", "/a"]


def test_two_requests_at_once_agree() -> None:
    both = asyncio.Barrier(2)

    async def script(peer: Peer) -> None:
        while (await peer.request())[0]:
            await both.wait()
            picture = answer() if peer.number == 0 else answer(GIF, "image/gif")
            peer.send(picture)

    async def part(scene: Scene) -> None:
        one, two = await asyncio.gather(
            *(scene.images.into(scene.asked("/a"), scene.exchange, []) for _ in range(2))
        )
        assert one.request == two.request
        assert await scene.urls("/a") == [one.request.messages[1].content[0].url]  # pyright: ignore[reportOptionalSubscript, reportIndexIssue, reportAttributeAccessIssue, reportUnknownMemberType] -- a picture's

    Play(script=script)(part)


def test_what_is_kept_is_bounded_and_the_oldest_goes() -> None:
    pictures = {f"/{n}": answer(PNG + bytes([n]) * 3000) for n in range(4)}
    # Room for two: in base64, and with what an entry weighs beside it.
    play = Play(dict(pictures), total=5500)

    async def part(scene: Scene) -> None:
        for path in ("/0", "/1", "/0", "/2", "/0", "/1"):
            assert (await scene.urls(path))[0].startswith("data:")

    play(part)
    assert play.paths == ["/0", "/1", "/2", "/1"]


def test_a_picture_beyond_what_is_kept_is_loaded_each_time() -> None:
    play = Play({"/a": answer()}, total=len(PNG))

    async def part(scene: Scene) -> None:
        for _ in range(2):
            assert await scene.urls("/a") == [data_url(PNG)]

    play(part)
    assert play.paths == ["/a", "/a"]


# -- through the gateway -------------------------------------------------------------------------------


@contextlib.contextmanager
def pictures(files: dict[str, bytes | list[bytes]], heads: list[str]) -> Generator[int]:
    """A server of pictures in a thread of its own."""
    ready, ports = threading.Event(), list[int]()
    ends: list[Any] = []

    async def main() -> None:
        over = asyncio.Event()
        async with serve(serving(files, heads)) as server:
            ports.append(server.port)
            ends.append((asyncio.get_running_loop(), over))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield ports[0]
    finally:
        loop, over = ends[0]
        loop.call_soon_threadsafe(over.set)
        thread.join(20)


def question(*urls: str) -> list[dict[str, Any]]:
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}]


def sent(gateway: Running) -> list[Any]:
    """The content that the server got with the last request."""
    body: Any = gateway.simulator.exchanges[-1].request
    return body["messages"][0]["content"]


SIMULATED = Simulated(models=("kimi-k3",), rules="strictest", seed=1)


def images(port: int) -> Images:
    return Images(ImagesConfig(fetch=True), downloads=downloads(port))


@pytest.mark.parametrize("stream", [False, True])
def test_the_server_gets_the_picture_and_the_caller_is_told(stream: bool) -> None:
    heads: list[str] = []
    with (
        pictures({"/a.png": answer(), "/gone": GONE}, heads) as port,
        running(SIMULATED, images=images(port)) as gateway,
    ):
        base = f"http://{HOST}:{port}"
        secret = {"cookie": "a=b", "user-agent": "agent", "x-msh-id": "1"}
        got = gateway.chat(question(f"{base}/a.png", f"{base}/gone"), stream=stream, to=secret)
        assert got.status == 200 and got.text
        text, picture, gone = sent(gateway)
        assert text["text"] == "What is it?"
        assert picture == {"type": "image_url", "image_url": {"url": data_url(PNG)}}
        assert gone["text"].startswith(f"[image at {base}/gone left out:")
        header = got.header("moonwire-notes")
        assert "image-not-fetched!" in header and "image-inlined" in header
        told = {note["code"]: note for note in gateway.notes(got)["notes"]}
        assert told["image-inlined"]["path"] == "messages[0].content[1]"
        assert told["image-not-fetched"]["path"] == "messages[0].content[2]"
        # The second turn: nothing is asked for again, and the server's prefix is the same.
        before = sent(gateway)
        assert gateway.chat(question(f"{base}/a.png", f"{base}/gone"), stream=stream).status == 200
        assert sent(gateway) == before
    assert sorted(head.split()[1] for head in heads) == ["/a.png", "/gone"]
    told_of = "".join(heads).lower()
    assert not any(word in told_of for word in ("cookie", "agent: agent", "msh", "bearer"))


def test_without_it_nothing_is_fetched() -> None:
    heads: list[str] = []
    with pictures({"/a.png": answer()}, heads) as port, running(SIMULATED) as gateway:
        got = gateway.chat(question(f"http://{HOST}:{port}/a.png"))
        assert got.status == 200
        assert sent(gateway)[1]["text"].endswith("left out: only data and ms addresses are taken]")
        assert "media-placeholder!" in got.header("moonwire-notes")
    assert heads == []


def test_a_refusal_names_the_field() -> None:
    with pictures({"/gone": GONE}, []) as port:
        route = Route(hops=(Hop("upstream"),), settings=Settings(media="refuse"))
        with running(SIMULATED, routes=(route,), images=images(port)) as gateway:
            got = gateway.chat(question(f"http://{HOST}:{port}/gone"))
            assert got.status == 400
            assert got.error["param"] == "messages[0].content[1]"
            assert "its server answers with 404" in got.error["message"]
            assert gateway.simulator.exchanges == []


@pytest.mark.parametrize("mode", ["strict", "observe"])
def test_only_healing_loads_pictures(mode: Any) -> None:
    heads: list[str] = []
    with (
        pictures({"/a.png": answer()}, heads) as port,
        running(SIMULATED, mode=mode, images=images(port)) as gateway,
    ):
        assert gateway.chat(question(f"http://{HOST}:{port}/a.png")).status == 400
    assert heads == []


def test_memory_knows_a_turn_by_what_the_caller_said() -> None:
    """The picture is another one after a restart; the turn's own reasoning is found all the same."""
    memory = ProcessMemory()
    turn: dict[str, Any] = {}
    files: dict[str, bytes | list[bytes]] = {"/a.png": [answer(), answer(GIF, "image/gif")]}
    with pictures(files, []) as port:
        ask = question(f"http://{HOST}:{port}/a.png")
        for _ in range(2):
            with running(SIMULATED, memory=memory, images=images(port)) as gateway:
                messages = [*ask, turn, {"role": "user", "content": "And?"}] if turn else ask
                got = gateway.chat(messages, to={"authorization": "Bearer same"})
                assert got.status == 200
                if turn:
                    assert gateway.simulator.exchanges[-1].request["messages"][1]["reasoning_content"]
                turn = {"role": "assistant", "content": got.text}


@pytest.mark.parametrize("fetch", [False, True])
def test_only_the_operator_turns_it_on(tmp_path: Path, fetch: bool) -> None:
    text = f"limits.images.fetch = {str(fetch).lower()}\n[upstreams.platform]\n"
    worker = Worker(loaded(tmp_path, text, memory="none"), {})

    async def main() -> None:
        await worker._start()
        assert (worker._images is not None) is fetch
        await worker._stop()

    run(main)
