"""What is drawn over what, on a screen that does what it is told."""

from moonwire.cli.talk.region import Region
from tests.cli.talk.terminal import Display


class Drawn:
    """A region on a screen."""

    def __init__(self, columns: int = 20, rows: int = 6) -> None:
        self.display = Display(columns, rows)
        self.written: list[str] = []
        self.region = Region(self.write, lambda: (self.display.columns, self.display.rows))

    def write(self, text: str) -> None:
        self.written.append(text)
        self.display.feed(text)


def test_lines_are_drawn_over_and_what_is_above_stays() -> None:
    drawn = Drawn()
    drawn.region.show(["a", "b", "c"])
    drawn.region.show(["d"], above=["one", "two"])
    assert drawn.display.everything == "one\ntwo\nd"
    drawn.region.show(["a longer line", "e"], above=["three"])
    drawn.region.show([])
    assert drawn.display.everything == "one\ntwo\nthree"
    drawn.region.forget()
    drawn.region.show(["next"])
    assert drawn.display.everything == "one\ntwo\nthree\nnext"


def test_what_is_the_same_is_not_written_again() -> None:
    drawn = Drawn()
    drawn.region.show(["a"])
    drawn.region.show(["a"])
    assert len(drawn.written) == 1


def test_no_more_is_drawn_than_there_are_rows() -> None:
    drawn = Drawn(rows=5)
    for number in range(20):
        drawn.region.show([f"line {number}.{part}" for part in range(9)], above=[f"done {number}"])
    drawn.region.show([])
    assert drawn.display.everything.splitlines() == [f"done {number}" for number in range(20)]


def test_styles_take_no_room_and_wide_characters_take_two() -> None:
    drawn = Drawn(columns=10)
    drawn.region.show(["\x1b[2m天天天天\x1b[0m", "b"])
    drawn.display.resize(12, 6)
    drawn.region.show(["c"])
    assert drawn.display.text == "c"


def test_after_the_window_was_narrowed_the_broken_lines_are_drawn_over_too() -> None:
    drawn = Drawn(columns=40, rows=10)
    drawn.region.show(["x" * 30])
    drawn.display.columns = 20
    drawn.region.show(["y"])
    # One row up: the line of thirty takes two rows of twenty.
    assert "\x1b[1A" in drawn.written[-1]
