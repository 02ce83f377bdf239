"""The gate: no, yes, always; one question at a time."""

import asyncio
from typing import Any

from moonwire.cli.talk.permission import Answer, Permission


def asked(answers: list[Answer], *calls: tuple[str, dict[str, Any]], everything: bool = False) -> Any:
    questions: list[str] = []
    open_now = 0

    async def ask(question: str) -> Answer:
        nonlocal open_now
        open_now += 1
        assert open_now == 1
        await asyncio.sleep(0)
        questions.append(question)
        open_now -= 1
        return answers.pop(0)

    async def run() -> list[bool]:
        permission = Permission(everything=everything)
        permission.ask = ask
        return list(await asyncio.gather(*(permission(*call) for call in calls)))

    return asyncio.run(run()), questions


def test_each_call_is_asked_about() -> None:
    assert asked(["yes", "no"], ("f", {"a": 1}), ("f", {"a": 2})) == (
        [True, False],
        ["run f(a=1)?", "run f(a=2)?"],
    )


def test_always_is_for_one_tool() -> None:
    calls: list[tuple[str, dict[str, Any]]] = [("f", {}), ("f", {"a": 1}), ("g", {})]
    assert asked(["always", "no"], *calls) == ([True, True, False], ["run f()?", "run g()?"])


def test_everything_is_asked_about_nothing() -> None:
    assert asked([], ("f", {}), everything=True) == ([True], [])


def test_what_nobody_can_be_asked_about_does_not_run() -> None:
    assert asyncio.run(Permission()("f", {})) is False


def test_a_question_is_one_line_that_drives_nothing() -> None:
    _, questions = asked(["no"], ("f", {"a": "x\n\x1b" * 400}))
    assert len(questions[0]) < 400 and "\n" not in questions[0] and "\x1b" not in questions[0]
