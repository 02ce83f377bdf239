"""Incidents of reasoning on its way there and back, and of the switches of thinking."""

import re

from tests.gateway.incidents.clients import LOOP, asks, both, drops, empties, fields, respelled, with_content
from tests.gateway.incidents.rows import SAID, TASK, UNTOLD, Case, Then
from tests.incidents.bodies import BLANK, READ, assistant, called, result, user
from tests.incidents.rows import ABSENT

__all__ = ["REASONING"]

FIX = user(f"{TASK} Fix a.py")
SYSTEM = {"role": "system", "content": "You write code."}
AT1, AT2, AT3, AT4 = (f"messages.{n}.reasoning_content" for n in (1, 2, 3, 4))
KIMI_CLI = "KimiCLI/1.0"
THINKS = {"thinking": {"type": "enabled"}}
NOTHING = 'turn\nthink\ncall read {"path": "a.py"}\nturn\nthink So it is.\nsay Done.\n'
SYLLABLES = f"turn\nthink {'I count the syllables. ' * 60}\nsay Roses.\n"
HM = "The file is a.py."


def summarised(history: list[dict[str, object]]) -> list[dict[str, object]]:
    """A compaction: the last turn of calls and its result stay, and before them stands a summary."""
    first = dict(history[0])
    first["content"] = f"{first['content']} [Summary] The parser was read; a.py is left."
    return [first, *drops(history[-2:])]


ROUND_TRIP: tuple[Case, ...] = (
    Case(number=1, what="k2.6, empty and unknown", body=asks("kimi-k2.6", called("a", reasoning_content=""), result("a"), tools=[READ], **THINKS), sent={AT1: " "}, notes=("reasoning-filler",), off="reasoning", rule="reasoning-empty"),
    Case(number=1, what="k2.5, empty and unknown", at="platform-2026-05", body=asks("kimi-k2.5", called("a", reasoning_content=""), result("a"), tools=[READ], **THINKS), sent={AT1: " "}, notes=("reasoning-filler",), off="reasoning", rule="reasoning-empty"),
    Case(number=1, what="k2.6, empty and known", body=asks("kimi-k2.6", tools=[READ]), script=LOOP, rounds=3, edit=empties, own=True, notes=("reasoning-restored",), off="reasoning", rule="reasoning-empty"),
    Case(number=1, what="k2.5, empty and known", at="platform-2026-05", body=asks("kimi-k2.5", tools=[READ]), script=LOOP, rounds=3, edit=empties, own=True, notes=("reasoning-restored",), off="reasoning", rule="reasoning-empty"),
    Case(number=2, what="pi, empty and known", body=asks("kimi-k2.6", SYSTEM, FIX, tools=[READ]), script=LOOP, rounds=3, edit=both(empties, with_content("")), own=True, notes=("reasoning-restored",)),
    Case(number=2, what="pi, empty and unknown", body=asks("kimi-k2.6", SYSTEM, FIX, called("a", content="", reasoning_content=""), result("a"), tools=[READ]), sent={AT2: " ", "messages.2.content": ABSENT}),
    Case(number=3, what="after a compaction", body=asks("kimi-k2.6", tools=[READ]), script=LOOP.replace("turn", "turn", 1), rounds=2, edit=summarised, own=True, then=Then(calls=(("read", {"path": "b.py"}),)), notes=("reasoning-restored",)),
    Case(number=3, what="after a fallback from another model", body=asks("kimi-k2.6", SYSTEM, FIX, called("toolu_01A"), result("toolu_01A"), user(), called("toolu_01B"), result("toolu_01B"), user(), tools=[READ]), sent={AT2: " ", "messages.5.reasoning_content": " "}),
    Case(number=4, what="it goes on thinking", body=asks("kimi-k2.6", tools=[READ], **THINKS), script=LOOP, rounds=3, edit=drops, own=True, sent={"thinking.type": "enabled"}, notes=("reasoning-restored",)),
    Case(number=4, what="unknown, and it goes on thinking", body=asks("kimi-k2.6", called("a"), result("a"), tools=[READ], **THINKS), then=Then(text="Done.", reasoning="So it is."), sent={AT1: " ", "thinking.type": "enabled"}),
    Case(number=5, what="the second request to the coding endpoint", at="coding", agent=KIMI_CLI, body=asks("kimi-for-coding", SYSTEM, FIX, tools=[READ], **THINKS), script=LOOP, rounds=2, edit=drops, own=True, then=Then(calls=(("read", {"path": "b.py"}),)), headers={"user-agent": KIMI_CLI}, off="reasoning", rule="reasoning-calls"),
    Case(number=6, what="a tool chat's second turn on k2-thinking", at="platform-2026-05", body=asks("kimi-k2-thinking", tools=[READ]), script=LOOP, rounds=3, edit=drops, own=True),
    Case(number=6, what="the same under the strictest rules", body=asks("kimi-k2-thinking", tools=[READ]), script=LOOP, rounds=3, edit=drops, own=True),
    Case(number=8, what="an old session under keep=all", body=asks("kimi-k2.6", assistant("Written."), user(), called("a"), result("a"), tools=[READ], thinking={"type": "enabled", "keep": "all"}), sent={AT1: " ", AT3: " ", "thinking.keep": "all"}, off="reasoning", rule="reasoning-calls"),
    Case(number=8, what="an old session on the coding endpoint", at="coding", agent=KIMI_CLI, body=asks("kimi-for-coding", assistant("Written."), user(), called("a"), result("a"), tools=[READ]), sent={AT1: " ", AT3: " "}),
    Case(number=9, what="the model's own empty thoughts are no placeholder", at="coding", agent=KIMI_CLI, body=asks("kimi-for-coding", assistant("Written.", reasoning_content=""), user(), thinking={"type": "enabled", "keep": "all"}), sent={AT1: ""}),
    Case(number=9, what="empty thoughts of the model, replayed", at="coding", agent=KIMI_CLI, body=asks("kimi-for-coding", tools=[READ], thinking={"type": "enabled", "keep": "all"}), script=NOTHING, rounds=2, sent={AT1: ""}),
    Case(number=9, what="empty thoughts of the model, dropped", at="coding", agent=KIMI_CLI, body=asks("kimi-for-coding", tools=[READ], thinking={"type": "enabled", "keep": "all"}), script=NOTHING, rounds=2, edit=drops, sent={AT1: ""}),
    Case(number=11, what="LiteLLM's name of k2.6", body=asks("moonshot/kimi-k2.6", tools=[READ]), script=LOOP, rounds=3, edit=drops, own=True, sent={"model": "kimi-k2.6"}),
    Case(number=11, what="LiteLLM's name of the model after it", body=asks("moonshot/kimi-k2.7-code", tools=[READ]), script=LOOP, rounds=3, edit=drops, own=True, sent={"model": "kimi-k2.7-code"}),
    Case(number=12, what="a turn of calls", at="platform-2026-05", body=asks("kimi-k2.5", tools=[READ]), script=LOOP, rounds=3, edit=both(drops, with_content("")), own=True),
    Case(number=12, what="a plain turn", at="platform-2026-05", body=asks("kimi-k2.5", assistant("Written."), user())),
    Case(number=13, what="a loop of two rounds", body=asks("kimi-k2.6", tools=[READ]), script=LOOP, rounds=3, edit=both(drops, with_content("")), own=True, off="reasoning", rule="reasoning-calls"),
    Case(number=15, what="AI SDK writes arguments anew", at="platform-2026-05", body=asks("kimi-k2.5", SYSTEM, FIX, tools=[READ]), script=LOOP, rounds=3, edit=both(drops, respelled, with_content("")), own=True, notes=("reasoning-restored",)),
    Case(number=16, what="right after the first tool", body=asks("kimi-k2.5", tools=[READ]), script=LOOP, rounds=2, edit=both(drops, with_content([BLANK])), own=True, then=Then(calls=(("read", {"path": "b.py"}),)), off="messages", rule="text-empty"),
    Case(number=18, what="without pretending to be another model", body=asks("kimi-k2.5", tools=[READ]), script=LOOP, rounds=3, edit=both(drops, with_content(" ")), own=True, sent={"model": "kimi-k2.5"}),
    Case(number=19, what="details alone, through OpenRouter", at="openrouter", body=asks("moonshotai/kimi-k2.6", tools=[READ]), script=LOOP, rounds=3, edit=fields(reasoning_details="reasoning.text"), own=True),
    Case(number=19, what="nothing at all, through OpenRouter", at="openrouter", body=asks("moonshotai/kimi-k2.6", tools=[READ]), script=LOOP, rounds=3, edit=drops, own=True, off="reasoning", rule="reasoning-calls"),
    Case(number=19, what="Moonshot's refusal inside OpenRouter's", at="openrouter-unknown", body=asks("moonshotai/kimi-k2.6", called("a"), result("a"), tools=[READ]), then=UNTOLD, streamed=SAID, refused=("reasoning-calls",), notes=("refusal-repaired",)),
    Case(number=20, what="a slip of the pen in the field's name", at="openrouter", body=asks("moonshotai/kimi-k2.5", SYSTEM, FIX, assistant("Yes?"), user(), tools=[READ]), script="turn\n" + LOOP, rounds=3, edit=fields(reasonning_content=""), own=True),
    Case(number=22, what="a proxy that loses thoughts, known", body=asks("kimi-k2.6", tools=[READ]), script=LOOP, rounds=3, edit=drops, own=True),
    Case(number=22, what="a proxy that loses thoughts, unknown", body=asks("kimi-k2.6", called("toolu_01"), result("toolu_01"), called("toolu_02"), result("toolu_02"), tools=[READ]), sent={AT1: " ", AT3: " "}),
    Case(number=23, what="the coding endpoint, index 4", at="coding", agent=KIMI_CLI, body=asks("kimi-for-coding", SYSTEM, FIX, assistant("Yes?"), user(), tools=[READ]), script="turn\n" + LOOP, rounds=3, edit=drops, own=True),
    Case(number=25, what="an alias that holds no k2.7", body=asks("k2p7", tools=[READ]), script=LOOP, rounds=3, edit=drops, own=True, sent={"model": "kimi-k2.7-code"}),
    Case(number=25, what="a vendor's spelling of k2.6", body=asks("Pro/moonshotai/Kimi-K2.6", tools=[READ]), script=LOOP, rounds=3, edit=drops, own=True, then=Then(text="Done.", reasoning="Both are read.")),
    Case(number=26, what="it thinks though nobody asked for it", at="coding", agent=KIMI_CLI, body=asks("kimi-for-coding", SYSTEM, FIX, tools=[READ]), script=LOOP, rounds=3, edit=drops, own=True),
    Case(number=27, what="blocks of thoughts among the parts", body=asks("kimi-k2.6", called("a", content=[{"type": "thinking", "thinking": HM, "signature": "c2ln"}, {"type": "text", "text": "I look."}]), result("a"), tools=[READ]), sent={AT1: HM, "messages.1.content": [{"type": "text", "text": "I look."}]}),
    Case(number=27, what="a shim that strips the blocks", body=asks("kimi-k2.6", tools=[READ]), script=LOOP, rounds=3, edit=drops, own=True),
    Case(number=29, what="new-api's envelope around the refusal", at="new-api", body=asks("kimi-k2.6", called("a"), result("a"), tools=[READ]), refused=("reasoning-calls",), notes=("refusal-repaired",)),
    Case(number=29, what="SiliconFlow's envelope around it", at="siliconflow-unknown", body=asks("moonshotai/Kimi-K2.6", called("a"), result("a"), tools=[READ]), then=UNTOLD, streamed=SAID, refused=("reasoning-calls",), notes=("refusal-repaired",)),
    Case(number=30, what="an empty piece in every later delta", at="dashscope-empty", body=asks("kimi-k2.6", tools=[READ]), script=f"turn\nthink {HM}\nsay {'word ' * 400}done.\n", then=Then(text=re.compile("(word ){400}done\\."), reasoning=HM)),
    Case(number=30, what="and in the history nothing of them", at="dashscope-empty", body=asks("kimi-k2.6", tools=[READ]), script=LOOP, rounds=3, own=True),
)

THOUGHT = asks("kimi-k2.6", assistant("Written.", reasoning_content=HM), user())

SWITCHES: tuple[Case, ...] = (
    Case(number=32, what="reasoning that is paid for is used", body=THOUGHT, sent={"thinking": {"type": "enabled", "keep": "all"}, AT1: HM}),
    Case(number=32, what="keep where it is not known", at="platform-2026-05", body={**THOUGHT, "model": "kimi-k2.5", "thinking": {"type": "enabled", "keep": "all"}}, sent={"thinking": {"type": "enabled"}}, notes=("keep-unavailable",), off="thinking", rule="keep"),
    Case(number=33, what="a sub-agent's disabled", body=asks("kimi-k2.7-code", thinking={"type": "disabled"}), sent={"thinking": {"type": "enabled"}}, notes=("thinking-stays-on",), off="thinking", rule="thinking-always"),
    Case(number=34, what="what a proxy makes of an effort", body=asks("kimi-k2.7-code", thinking={"type": "high"}, reasoning_effort="high"), sent={"thinking": {"type": "enabled"}, "reasoning_effort": ABSENT}, off="thinking", rule="thinking-shape"),
    Case(number=34, what="Responses' own words", body=asks("kimi-k2.7-code", reasoning={"effort": "high"}), sent={"reasoning": ABSENT}, notes=("effort-ignored",)),
    Case(number=36, what="an effort that is not there today", body=asks("kimi-k3", reasoning_effort="medium"), sent={"reasoning_effort": "high"}, notes=("effort-clamped",), off="thinking", rule="effort"),
    Case(number=36, what="an effort that was not there at the launch", at="platform-2026-07", body=asks("kimi-k3", reasoning_effort="medium"), sent={"reasoning_effort": "max"}, refused=("effort-launch",)),
    Case(number=36, what="the same on the coding endpoint", at="coding", agent=KIMI_CLI, body=asks("k3", reasoning_effort="medium"), sent={"thinking": {"type": "enabled", "effort": "high"}, "reasoning_effort": ABSENT}),
    Case(number=37, what="an effort on k2.6", body=asks("kimi-k2.6", reasoning_effort="high"), sent={"thinking.type": "enabled", "reasoning_effort": ABSENT}, notes=("effort-ignored",)),
    Case(number=39, what="thoughts in the text though thinking is off", at="vllm", body=asks("moonshotai/Kimi-K2.6", enable_thinking=False), script="turn\nleak content The user wants a greeting. I say hi.</think>Hi.\n", then=Then(text="Hi.", reasoning="The user wants a greeting. I say hi."), streamed=Then(text="The user wants a greeting. I say hi.Hi."), notes=("text-reclassified",), sent={"chat_template_kwargs": {"thinking": False, "enable_thinking": False}}),
    Case(number=40, what="a server without a reasoning parser", at="vllm-all", body=asks("moonshotai/Kimi-K2.5"), script="turn\nthink The user says hi.\nsay Hello\n", then=Then(text="Hello", reasoning="The user says hi."), streamed=Then(text="The user says hi.Hello"), notes=("text-reclassified",)),
    Case(number=40, what="its calls too", ways=("whole",), at="vllm-all", body=asks("moonshotai/Kimi-K2.5", tools=[READ]), script=LOOP, rounds=3, own=True, then=Then(text="Done.", reasoning="Both are read.")),
    Case(number=41, what="cut at the cap within the thoughts", ways=("whole",), at="vllm-all", body=asks("moonshotai/Kimi-K3", max_tokens=64), script=SYLLABLES, then=Then(status=422, code="thoughts_only"), tries=2),
    Case(number=41, what="cut at the cap within the thoughts", ways=("stream",), at="vllm-all", body=asks("moonshotai/Kimi-K3", max_tokens=64), script=SYLLABLES, then=Then(finish="length", calls=()), notes=("thoughts-cut",)),
)

REASONING: tuple[Case, ...] = (*ROUND_TRIP, *SWITCHES)
