"""The K3 grammar (XTML): channels and tool calls as tags, arguments with typed bodies.

    open(t, k=v ..) := "<|open|>" t ( " " k '="' v '"' )* "<|sep|>"
    close(t)        := "<|close|>" t "<|sep|>"
    assistant       := [think] [response] [tools] close(message) "<|end_of_msg|>"
    call            := open(call, tool=NAME, index=N) ( argument* | json ) close(call)
    argument        := open(argument, key=K, type=T) BODY close(argument)

The normative renderer is encoding_k3.py of the checkpoint. `docs/raw-text.md` lists what else is met.
"""

from collections.abc import Callable

from moonwire.core.events import Event
from moonwire.core.rawtext.k3_call import Call
from moonwire.core.rawtext.k3_tags import USUAL_HEADS, USUAL_SO_FAR, Tag, could_be_tag, read_tags
from moonwire.core.rawtext.markers import MAX_BLANK, MAX_HELD
from moonwire.core.rawtext.pieces import Pieces
from moonwire.core.rawtext.turn import State, Turn

__all__ = ["K3"]

_LOOKED_AT = 256


class K3:
    """Reads tags in every state and hands them to what is open: the channels, a section, a call."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._call = Call(turn, leave=self._between_calls, mark=self.mark, outside=self._tag)
        self._opens = False
        self._head = ""
        self._marker = ""
        self._back: State
        self._in_section = False
        self._calls_here = 0
        self._noise = Pieces(MAX_HELD)
        self._answered_in_thoughts = False
        self.decided: Callable[[], None] = lambda: None

    # ── tags ────────────────────────────────────────────────────────────────────────────────────

    def mark(self, kind: str, raw: str) -> None:
        """A control text, outside a tag."""
        turn = self._turn
        if kind in ("open", "close"):
            self._opens = kind == "open"
            self._head, self._marker = "", raw
            self._back = turn.state()
            turn.enter(self._head_piece, self._head_mark, self._quick_head)
            turn.accounts = True
        elif kind == "message end":
            self.decided()
            self._tag(Tag(False, "message", {}, raw))
        else:
            turn.piece(raw)

    def _head_piece(self, piece: str) -> None:
        known = len(self._head) > _LOOKED_AT
        self._head = head = self._head + piece
        # Past the beginning a head is what it is; it is not searched again with every piece.
        looks = known or head in USUAL_HEADS or could_be_tag(self._opens, head[: _LOOKED_AT + 1])
        if len(head) > MAX_BLANK or not looks:
            self._not_a_tag()

    def _quick_head(self, text: str) -> list[Event]:
        """The tags that the model writes nearly always, without a closer look."""
        head = self._head + text
        if head not in USUAL_HEADS and (
            "<" in text or len(head) > _LOOKED_AT or not USUAL_SO_FAR.match(head)
        ):
            return self._turn.advance(text)
        self._head = head
        return []

    def _head_mark(self, kind: str, raw: str) -> None:
        if kind == "sep":
            text = self._marker + self._head + raw
            tags = read_tags(self._opens, self._head, text)
            if tags:
                self._leave_tag()
                self.decided()
                self._obey(tags, text)
            else:
                self._head += raw
                self._not_a_tag()
        else:
            self._not_a_tag()
            self._turn.take(raw, kind)

    def _not_a_tag(self) -> None:
        """It was text that looked like one."""
        self._leave_tag()
        self._turn.take(self._marker + self._head, None)

    def _leave_tag(self) -> None:
        self._turn.come_back(self._back)
        self._turn.accounts = False

    def _obey(self, tags: list[Tag], raw: str) -> None:
        for tag in tags:
            self._tag(tag)
        self._turn.account(raw)

    def _tag(self, tag: Tag) -> None:
        if self._call.active:
            self._call.tag(tag)
        elif self._turn.piece == self._noise_piece:
            self._section_tag(tag)
        else:
            self._channel_tag(tag)

    # ── the channels ────────────────────────────────────────────────────────────────────────────

    def _channel_tag(self, tag: Tag) -> None:
        turn = self._turn
        if tag.name == "tools" and tag.opens:
            turn.end_segment()
            turn.open_section()
            self._in_section = True
            self._calls_here = 0
            self._between_calls()
        elif tag.name == "call" and tag.opens:
            turn.end_segment()
            turn.open_section()
            self._in_section = False
            self._begin_call(tag)
        elif tag.name == "think":
            self._think(tag)
        elif tag.name == "response":
            self._response(tag)
        elif tag.name == "message":
            self._message(tag)
        else:
            turn.note("marker-stripped", "a tag with nothing to end or begin", before=tag.raw or tag.name)

    def _think(self, tag: Tag) -> None:
        turn = self._turn
        if not tag.opens:
            turn.close_thoughts(tag.raw)
        elif turn.thinking:
            turn.note("marker-stripped", "the thoughts are open already", before=tag.raw)
        else:
            turn.reopen_thoughts()

    def _response(self, tag: Tag) -> None:
        turn = self._turn
        turn.end_segment()
        if turn.undecided:
            turn.judge()
        if turn.thinking:
            turn.note("think-unclosed", "the thoughts were left without a close", before=tag.raw)
            self._answered_in_thoughts = not tag.opens and turn.reasoned
            turn.end_thinking()
        turn.go_on()

    def _message(self, tag: Tag) -> None:
        turn = self._turn
        if tag.opens:
            return
        turn.end_segment()
        turn.release()
        turn.end_thinking()
        turn.go_on()

    # ── a section, between its calls ────────────────────────────────────────────────────────────

    def _between_calls(self) -> None:
        turn = self._turn
        if self._in_section:
            self._noise.clear()
            turn.enter(self._noise_piece, self.mark)
        else:
            turn.go_on(behind_call=True)

    def _noise_piece(self, piece: str) -> None:
        rest = self._noise.add(piece)
        if rest:
            self._leave_section(unclosed=True)
            self._turn.piece(rest)

    def _section_tag(self, tag: Tag) -> None:
        turn = self._turn
        if tag.name == "call" and tag.opens:
            self._drop_noise()
            self._begin_call(tag)
        elif tag.name == "tools" and not tag.opens:
            self._drop_noise()
            self._leave_section(unclosed=False)
        elif tag.name in ("think", "response", "message"):
            self._leave_section(unclosed=True)
            self._channel_tag(tag)
        else:
            turn.note("marker-stripped", "a tag with nothing to end or begin", before=tag.raw or tag.name)

    def _begin_call(self, tag: Tag) -> None:
        self._calls_here += 1
        self._call.begin(tag)

    def _drop_noise(self) -> None:
        noise = self._noise.take()
        if noise.strip() and self._calls_here == 0:
            self._turn.malformed(noise, "text where a section's calls should stand")
        elif noise.strip():
            self._turn.note(
                "text-dropped", "text inside a section, outside its calls", level="warning", before=noise
            )

    def _leave_section(self, *, unclosed: bool) -> None:
        text = self._noise.take()
        self._in_section = False
        if unclosed:
            self._turn.note("section-unclosed", "the section's end tag is missing")
        self._turn.go_on(behind_call=True)
        if text:
            self._turn.piece(text)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────

    def drops(self, held: str) -> bool:
        """Half a marker that would have ended a tag, or stands behind what is whole."""
        if self._in_tag():
            return "<|sep|>".startswith(held)
        return self._turn.piece == self._noise_piece or self._call.drops()

    def finish(self, reason: str) -> None:
        """The stream is over: what closed is kept, what was cut is said to be cut."""
        turn = self._turn
        if self._in_tag():
            self._finish_tag()
        if self._call.active:
            self._call.finish(reason)
        if turn.piece == self._noise_piece:
            self._leave_section(unclosed=True)
        if self._answered_in_thoughts and not turn.said_text and not turn.any_call and not turn.undecided:
            turn.reclassify_thoughts()

    def _in_tag(self) -> bool:
        return self._turn.piece == self._head_piece

    def _finish_tag(self) -> None:
        """The stream ends in a tag. A close is clear without its last token; an opening is not."""
        text = self._marker + self._head
        tags = [] if self._opens else read_tags(False, self._head, text)
        if tags:
            self._leave_tag()
            self._obey(tags, text)
            return
        self._turn.come_back(self._back)
        if not self._call.drops():
            self._not_a_tag()
        self._turn.accounts = False
