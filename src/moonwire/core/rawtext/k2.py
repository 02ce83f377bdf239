"""The K2 grammar: `<think>`, tool sections, calls whose header is their id, arguments as JSON.

    turn      := [ "<think>" reasoning "</think>" ] content [ section ]
    section   := SECTION_BEGIN call+ SECTION_END
    call      := CALL_BEGIN header ARGUMENT_BEGIN arguments CALL_END
    header    := "functions." NAME ":" IDX

That is what the chat template of K2 to K2.7 renders and what the weights usually write. What they
and the servers in front of them write besides is listed in `docs/raw-text.md`, case by case.
"""

from collections.abc import Callable

from moonwire.core.events import Event
from moonwire.core.rawtext.json_text import is_json
from moonwire.core.rawtext.k2_arguments import Arguments
from moonwire.core.rawtext.markers import MAX_BLANK, MAX_HELD
from moonwire.core.rawtext.pieces import Pieces
from moonwire.core.rawtext.tools import Header
from moonwire.core.rawtext.turn import Turn

__all__ = ["K2"]


class K2:
    """States of the K2 grammar. Each is a pair of methods, `…_piece` and `…_mark`, set on the turn."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._in_section = False
        self._calls_here = 0
        self._noise = Pieces(MAX_HELD)
        self._header = Pieces(MAX_BLANK)
        self._arguments = Arguments(turn, self._between_calls)
        self._literal_think = False
        self.decided: Callable[[], None] = lambda: None

    # ── text and thoughts ───────────────────────────────────────────────────────────────────────

    def mark(self, kind: str, raw: str) -> None:
        """A control text in visible text or in thoughts."""
        turn = self._turn
        if kind == "think":
            self._open_think(raw)
        elif kind == "/think":
            self._close_think(raw)
        elif kind == "section" or kind == "call":
            self.decided()
            turn.end_segment()
            turn.open_section()
            self._in_section = kind == "section"
            self._calls_here = 0
            if self._in_section:
                self._between_calls()
            else:
                self._enter_header()
        elif kind == "arguments" and (head := turn.take_head()):
            self.decided()
            turn.end_segment()
            turn.open_section(head)
            reason = "the header stood in the text, its markers were stripped"
            turn.note("begin-missing", reason, before=head.strip())
            self._calls_here += 1
            self._arguments.begin(head, by_json=True)
        elif kind != "turn end":
            self.decided()
            turn.note("marker-stripped", "a marker with nothing to end or begin", before=raw)

    def _open_think(self, raw: str) -> None:
        turn = self._turn
        if turn.thinking:
            if turn.at_start() or turn.sure:
                turn.note("marker-stripped", "the prompt had opened the thoughts already", before=raw)
            else:
                turn.piece(raw)
        elif turn.at_start() or turn.any_call or turn.sure or turn.undecided:
            turn.reopen_thoughts()
        else:
            # In the middle of an answer it is a word about markup; its close is one too.
            self._literal_think = True
            turn.piece(raw)

    def _close_think(self, raw: str) -> None:
        turn = self._turn
        if self._literal_think and not turn.thinking and not turn.undecided:
            self._literal_think = False
            turn.piece(raw)
            return
        turn.close_thoughts(raw)

    # ── a section, between its calls ────────────────────────────────────────────────────────────

    def _between_calls(self) -> None:
        if self._in_section:
            self._noise.clear()
            self._turn.enter(self._noise_piece, self._section_mark)
        else:
            self._turn.go_on(behind_call=True)

    def _noise_piece(self, piece: str) -> None:
        """Text inside a section is noise (vllm#28543), unless the section turns out to be over."""
        rest = self._noise.add(piece)
        if rest:
            self._give_up_section()
            self._turn.piece(rest)

    def _section_mark(self, kind: str, raw: str) -> None:
        turn = self._turn
        if kind == "call":
            self._drop_noise(self._noise.take())
            self._enter_header()
        elif kind == "/section":
            noise = self._noise.take()
            if noise.strip() and not self._calls_here:
                turn.malformed(noise, "a section that holds no call")
            else:
                self._drop_noise(noise)
            self._leave_section()
        elif kind == "arguments":
            # The call's begin marker is missing: what stands here is its header.
            header = self._noise.take()
            turn.note("begin-missing", "the call's begin marker is missing", before=header.strip())
            self._calls_here += 1
            self._arguments.begin(header, by_json=False)
        elif kind in ("think", "/think", "turn end") or (kind == "section" and self._calls_here):
            self._give_up_section()
            turn.mark(kind, raw)
        else:
            turn.note("marker-stripped", "a marker with nothing to end or begin", before=raw)

    def _drop_noise(self, noise: str) -> None:
        if noise.strip():
            reason = "text inside a section, outside its calls"
            self._turn.note("text-dropped", reason, level="warning", before=noise)

    def _leave_section(self) -> None:
        self._in_section = False
        self._turn.go_on(behind_call=True)

    def _give_up_section(self) -> None:
        """The section's end marker is missing; what stands after its last call is ordinary text."""
        text = self._noise.take()
        self._turn.note("section-unclosed", "the section's end marker is missing")
        self._leave_section()
        if text:
            self._turn.piece(text)

    # ── the header of a call ────────────────────────────────────────────────────────────────────

    def _enter_header(self) -> None:
        self._header = Pieces(MAX_BLANK)
        self._turn.enter(self._header_piece, self._header_mark, self._quick_header)

    def _quick_header(self, text: str) -> list[Event]:
        if "<" in text or self._header.size + len(text) > self._header.limit:
            return self._turn.advance(text)
        self._header.add(text)
        return []

    def _header_piece(self, piece: str) -> None:
        rest = self._header.add(piece)
        if rest and self._header.limit < MAX_HELD and "{" in self._header.text():
            # A header is short; only arguments whose own marker is missing make it long.
            self._header.limit = MAX_HELD
            rest = self._header.add(rest)
        if rest:
            self._turn.malformed(self._header.take(), "a header that never ends")
            self._between_calls()
            self._turn.piece(rest)

    def _header_mark(self, kind: str, raw: str) -> None:
        if kind == "arguments":
            self._calls_here += 1
            self._arguments.begin(self._header.take(), by_json=False)
            return
        self._close_header()
        self._between_calls()
        if kind != "/call":
            self._turn.mark(kind, raw)

    def _close_header(self) -> None:
        """The call ends without an argument marker: arguments may stand right behind its name."""
        turn = self._turn
        raw = self._header.take()
        text = raw.strip()
        brace = text.find("{")
        header = turn.tools.read(text[:brace]) if brace > 0 else Header(text)
        if header.declared and header.name is not None and is_json(text[brace:]):
            turn.start_call(header.name, True, header.native, header.number, counted=True)
            turn.note("call-unmarked", "no marker between the header and the arguments")
            turn.arguments(text[brace:])
            turn.end_call(True)
            self._calls_here += 1
        else:
            turn.malformed(raw, "a header without arguments")

    # ── the end ─────────────────────────────────────────────────────────────────────────────────

    def drops(self, held: str) -> bool:
        """Half a marker behind whole arguments, or between calls, is no text of the model's."""
        return self._turn.piece == self._noise_piece or self._arguments.drops()

    def finish(self, reason: str) -> None:
        """The stream is over: what closed is kept, what was cut is said to be cut."""
        turn = self._turn
        self._arguments.finish()
        if turn.piece == self._header_piece:
            if self._header.text().strip():
                self._close_header()
            else:
                turn.note("begin-unused", "a call begins and nothing follows")
            self._between_calls()
        if turn.piece == self._noise_piece:
            self._give_up_section()
