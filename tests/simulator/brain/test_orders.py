"""Orders and bans are told apart, in many words; tests/simulator/verifier has more."""

import pytest

from moonwire.simulator.brain.orders import forbids_tools, orders_tools

NAMES = ["get_weather", "get_time"]

BANS = [
    "Do not use any tools. What is 1+1?",
    "Answer without calling a function.",
    "No tools, please.",
    "There is no need for tools here.",
    "Tools are not needed.",
    "Please refrain from using tools.",
    "Ignore the tools and tell me a joke.",
    "Don't use get_weather. What is 1+1?",
    "Say 'OK' and nothing else.",
    "Respond in plain text only.",
    "Just say hello.",
    "不要调用任何工具，直接告诉我",
    "不使用工具，1+1等于几？",
    "请直接回答：法国的首都是哪里？",
]
NO_BANS = [
    "What is the weather in Paris?",
    "Don't guess, use the get_weather tool.",
    "Do not answer without calling the tool.",
    "Never answer without the tool.",
    "Call get_weather once; do not call it again.",
    "Call get_weather and nothing else.",
    "Do not call any other tool than get_weather.",
    "不要猜测，请使用工具查询北京天气",
    "",
]


@pytest.mark.parametrize("text", BANS)
def test_a_ban_is_a_ban(text: str) -> None:
    assert forbids_tools(text, NAMES)


@pytest.mark.parametrize("text", NO_BANS)
def test_an_order_is_no_ban(text: str) -> None:
    assert not forbids_tools(text, NAMES)


@pytest.mark.parametrize(
    ("text", "orders"),
    [("Use the weather tool.", True), ("请使用工具查询", True), ("How is the weather?", False)],
)
def test_an_order_is_seen(text: str, orders: bool) -> None:
    assert orders_tools(text) is orders


@pytest.mark.parametrize("piece", ["not ", "do not without ", "不要", "tool ", "call "])
def test_a_long_text_is_read_in_bounded_work(piece: str) -> None:
    # A pattern that went back for each start would not come to an end here.
    assert forbids_tools(piece * 20_000) in (True, False)
