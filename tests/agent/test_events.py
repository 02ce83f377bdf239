"""What an agent says while it works."""

from moonwire.agent import Turn
from moonwire.client import Completion
from moonwire.core.messages import Reply, TextPart
from moonwire.workbench import plan


def test_a_turn_tells_its_last_answer_and_whether_it_came_to_an_end() -> None:
    planned = plan({"model": "kimi-k3", "messages": [{"role": "user", "content": "hi"}]})
    done: Completion[object] = Completion(reply=Reply(blocks=(TextPart(text="Hi."),)), plan=planned)
    turn = Turn(completion=done, steps=1, stopped="done")
    assert (turn.text, turn.ok) == ("Hi.", True)
    assert not Turn(completion=done, steps=1, stopped="length").ok
