"""The peers that can be installed beside moonwire, each behind the contract's face.

Nothing here imports a peer before it is asked for, and nothing is installed by the project:
`bench/README.md` says how. Their modules have no types that hold for us, so they are `Any`.
"""

import importlib.metadata
import json
import logging
import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

from tests.contract import tokens
from tests.contract.standins import Loaded, load
from tests.contract.table import Call, Case, Parser, Reading

__all__ = ["VLLM", "LMDeploy", "MlxLm", "SGLang", "StrandsSGLang", "installed"]

NO_FAMILY: frozenset[str] = frozenset()


class Peer:
    """What the peers share. `distribution` is its name on an index."""

    name = ""
    distribution = ""
    families = frozenset({"k2"})
    reports = frozenset({"calls", "text", "reasoning", "early"})
    whole_only = False
    token_bound = NO_FAMILY

    def version(self) -> str | None:
        """What is installed under the distribution's name."""
        try:
            return importlib.metadata.version(self.distribution)
        except importlib.metadata.PackageNotFoundError:
            return None


class Collected:
    """Puts the deltas of a stream together: calls by index, text, reasoning."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.calls: dict[int, list[list[str]]] = {}
        self.early = False

    def call(self, index: int, name: str | None, arguments: str | None, *, late: bool) -> None:
        """A piece of a call; `late` where the call was over when it came."""
        names, pieces_of = self.calls.setdefault(index, [[], []])
        if name:
            names.append(name)
        if arguments:
            pieces_of.append(arguments)
            self.early = self.early or not late

    def reading(self, *, streamed: bool) -> Reading:
        """The sum. Calls that were never named were never delivered."""
        calls = [(names, arguments) for _, (names, arguments) in sorted(self.calls.items())]
        return Reading(
            calls=tuple(Call("".join(names), "".join(arguments)) for names, arguments in calls if names),
            text="".join(self.text),
            reasoning="".join(self.reasoning),
            early=self.early if streamed else None,
        )


class SGLang(Peer):
    """SGLang's reasoning and tool-call detectors, one behind the other as its server has them."""

    name = distribution = "sglang"
    families = frozenset({"k2", "k3"})

    @staticmethod
    @cache
    def modules() -> Loaded:
        """The detectors."""
        return load(
            "sglang",
            (
                "sglang.srt.function_call.kimik2_detector",
                "sglang.srt.function_call.kimik3_detector",
                "sglang.srt.parser.reasoning_parser",
                "sglang.srt.entrypoints.openai.protocol",
            ),
            bare=("sglang", "sglang.srt"),
        )

    def tools(self, case: Case) -> list[Any]:
        """The request's tools in SGLang's own type."""
        kind: Any = self.modules()["sglang.srt.entrypoints.openai.protocol"].Tool
        return [kind(**tool) for tool in case.tools]

    def detectors(self, case: Case) -> tuple[Any, Any]:
        """The reasoning detector, where the case thinks, and the tool-call detector."""
        modules = self.modules()
        name = "KimiK2Detector" if case.family == "k2" else "KimiK3Detector"
        thoughts = getattr(modules["sglang.srt.parser.reasoning_parser"], name)
        calls = getattr(modules[f"sglang.srt.function_call.kimi{case.family}_detector"], name)
        return (thoughts(force_reasoning=True) if case.in_reasoning else None), calls()

    def read(self, case: Case, chunks: Sequence[str] | None) -> Reading:
        """As the chat endpoint does: reasoning first, what is left over to the tool calls."""
        thoughts, calls = self.detectors(case)
        tools = self.tools(case)
        collected = Collected()

        def add(result: Any, late: bool = False) -> None:
            if result.normal_text:
                collected.text.append(result.normal_text)
            for call in result.calls:
                collected.call(call.tool_index, call.name, call.parameters, late=late)

        if chunks is None:
            text = case.text
            if thoughts is not None:
                split = thoughts.detect_and_parse(text)
                collected.reasoning.append(split.reasoning_text or "")
                text = split.normal_text or ""
            add(calls.detect_and_parse(text, tools))
            return collected.reading(streamed=False)
        for chunk in chunks:
            text, over = chunk, "<|tool_call_end|>" in chunk or chunk == "<|sep|>"
            if thoughts is not None:
                split = thoughts.parse_streaming_increment(chunk)
                collected.reasoning.append(split.reasoning_text or "")
                text = split.normal_text or ""
            if text:
                add(calls.parse_streaming_increment(text, tools), over)
        if thoughts is not None:
            rest = thoughts.finish()
            collected.reasoning.append(rest.reasoning_text or "")
            if rest.normal_text:
                add(calls.parse_streaming_increment(rest.normal_text, tools), True)
        add(calls.finish(tools), True)
        _rest_of_arguments(calls, collected)
        return collected.reading(streamed=True)


def _rest_of_arguments(detector: Any, collected: Collected) -> None:
    """What the endpoint sends at the end of a stream: the last call's arguments as far as they are owed."""
    known, sent = detector.prev_tool_call_arr, detector.streamed_args_for_tool
    last = len(known) - 1
    if not 0 <= last < len(sent):
        return
    owed = known[last].get("arguments", {})
    owed = owed if isinstance(owed, str) else json.dumps(owed, ensure_ascii=False)
    if owed.startswith(sent[last]):
        collected.call(last, None, owed[len(sent[last]) :], late=True)


class LMDeploy(Peer):
    """LMDeploy's response parser with its K2 tool parser: the same code whole and streamed."""

    name = distribution = "lmdeploy"

    @staticmethod
    @cache
    def modules() -> Loaded:
        """The response parser and the two it is made of."""
        return load(
            "lmdeploy",
            (
                "lmdeploy.serve.parsers.response_parser",
                "lmdeploy.serve.parsers.reasoning_parser.reasoning_parser",
                "lmdeploy.serve.parsers.tool_parser.kimi_k2_tool_parser",
                "lmdeploy.serve.openai.protocol",
            ),
            bare=("lmdeploy", "lmdeploy.serve", "lmdeploy.serve.openai"),
        )

    def parser(self, case: Case) -> Any:
        """One for one reply, thinking as the case does."""
        modules = self.modules()
        base: Any = modules["lmdeploy.serve.parsers.response_parser"].BaseResponseParser
        parts = {
            "tool_parser_cls": modules[
                "lmdeploy.serve.parsers.tool_parser.kimi_k2_tool_parser"
            ].KimiK2ToolParser,
            "reasoning_parser_cls": modules[
                "lmdeploy.serve.parsers.reasoning_parser.reasoning_parser"
            ].ReasoningParser,
            "tokenizer": None,
        }
        request: Any = modules["lmdeploy.serve.openai.protocol"].ChatCompletionRequest(
            model="m",
            messages=[],
            tools=list(case.tools),
            tool_choice="auto",
            chat_template_kwargs={"enable_thinking": case.in_reasoning},
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it reads fields of its own that it calls deprecated
            return type("Configured", (base,), parts)(request)

    def read(self, case: Case, chunks: Sequence[str] | None) -> Reading:
        """Deltas of three channels."""
        parser = self.parser(case)
        collected = Collected()
        given = [case.text] if chunks is None else list(chunks)
        for place, chunk in enumerate(given):
            over = "<|tool_call_end|>" in chunk
            for message, _ in parser.stream_chunk(chunk, [], final=place == len(given) - 1):
                collected.text.append(message.content or "")
                collected.reasoning.append(message.reasoning_content or "")
                for call in message.tool_calls or ():
                    collected.call(call.index, call.function.name, call.function.arguments, late=over)
        return collected.reading(streamed=chunks is not None)


class VLLM(Peer):
    """vLLM's unified parsers: K2 by text, K3 with token ids, without which it does not work."""

    name = distribution = "vllm"
    families = frozenset({"k2", "k3"})
    token_bound = frozenset({"k3"})

    @staticmethod
    @cache
    def modules() -> Loaded:
        """The two parsers and their parts."""
        return load(
            "vllm",
            (
                "vllm.parser.kimi_k2",
                "vllm.parser.kimi_k3",
                "vllm.tool_parsers.kimi_k3_tool_parser",
                "vllm.reasoning.kimi_k3_reasoning_parser",
                "vllm.entrypoints.openai.chat_completion.protocol",
            ),
            bare=("vllm", "vllm.entrypoints", "vllm.entrypoints.serve"),
            absent=(
                "vllm.config",
                "vllm.distributed",
                "vllm.platforms",
                "vllm.utils.torch_utils",
            ),
        )

    def parser(self, case: Case) -> tuple[Any, Any]:
        """A parser for one reply, and the request it asks about."""
        modules = self.modules()
        request: Any = tokens.Request(case.tools)
        thinking = {"thinking": case.in_reasoning}
        if case.family == "k2":
            kind = modules["vllm.parser.kimi_k2"].KimiK2Parser
        else:
            parts = {
                "tool_parser_cls": modules["vllm.tool_parsers.kimi_k3_tool_parser"].KimiK3ToolParser,
                "reasoning_parser_cls": modules[
                    "vllm.reasoning.kimi_k3_reasoning_parser"
                ].KimiK3ReasoningParser,
            }
            kind = type("Configured", (modules["vllm.parser.kimi_k3"].KimiK3Parser,), parts)
        return kind(tokens.Toy(), None, chat_template_kwargs=thinking), request

    def read(self, case: Case, chunks: Sequence[str] | None) -> Reading:
        """`parse` for a whole text, `parse_delta` for a stream."""
        parser, request = self.parser(case)
        collected = Collected()
        toy = tokens.Toy()
        if chunks is None:
            ids = toy.encode(case.text) if case.family == "k3" else ()
            reasoning, text, calls = parser.parse(
                case.text, request, enable_auto_tools=True, model_output_token_ids=ids
            )
            collected.reasoning.append(reasoning or "")
            collected.text.append(text or "")
            for index, call in enumerate(calls or ()):
                collected.call(index, call.name, call.arguments, late=True)
            return collected.reading(streamed=False)
        if case.family == "k3":
            chunks = toy.words(case.text)  # its pieces are tokens, whatever was asked for
        # How it tells that the model starts inside its thoughts.
        prompt = toy.encode("<|open|>think<|sep|>") if case.family == "k3" and case.in_reasoning else []
        for place, chunk in enumerate(chunks):
            ids = toy.encode(chunk) if case.family == "k3" else []
            last = place == len(chunks) - 1
            delta = parser.parse_delta(chunk, ids, request, prompt, finished=last)
            if delta is None:
                continue
            collected.text.append(delta.content or "")
            collected.reasoning.append(delta.reasoning or "")
            over = last or "<|tool_call_end|>" in chunk or chunk == "<|sep|>"
            for call in delta.tool_calls or ():
                function = call.function
                collected.call(
                    call.index, function and function.name, function and function.arguments, late=over
                )
        return collected.reading(streamed=True)


class MlxLm(Peer):
    """mlx-lm: its server collects a whole section and hands it to one of these functions."""

    name = distribution = "mlx-lm"
    families = frozenset({"k2", "k3"})
    reports = frozenset({"calls"})
    whole_only = True

    @staticmethod
    @cache
    def modules() -> Loaded:
        """The two functions."""
        names = ("mlx_lm.tool_parsers.kimi_k2", "mlx_lm.tool_parsers.kimi_k3")
        return load("mlx_lm", names, bare=("mlx_lm", "mlx_lm.tool_parsers"))

    def read(self, case: Case, chunks: Sequence[str] | None) -> Reading:
        """The sections of the text, as the server's marker matching finds them; then each one's calls."""
        module: Any = self.modules()[f"mlx_lm.tool_parsers.kimi_{case.family}"]
        calls: list[Call] = []
        for part in case.text.split(module.tool_call_start)[1:]:
            section = part.split(module.tool_call_end)[0]
            try:
                found: Any = module.parse_tool_call(section, list(case.tools))
            except ValueError:
                continue  # the server logs it and goes on
            for call in found:
                calls.append(Call(call["name"], json.dumps(call["arguments"], ensure_ascii=False)))
        return Reading(tuple(calls))


class StrandsSGLang(Peer):
    """strands-sglang: whole texts, calls only, thoughts cut out first."""

    name = distribution = "strands-sglang"
    reports = frozenset({"calls"})
    whole_only = True

    @staticmethod
    @cache
    def modules() -> Loaded:
        """Its parser."""
        return load("strands_sglang", ("strands_sglang.tool_parsers.kimi_k2",), bare=("strands_sglang",))

    def read(self, case: Case, chunks: Sequence[str] | None) -> Reading:
        """Its calls; one it could not decode is given back to the model, so it counts as delivered."""
        parser: Any = self.modules()["strands_sglang.tool_parsers.kimi_k2"].KimiK2ToolParser()
        found: Any = parser.parse(case.text)
        return Reading(tuple(Call(call.name, call.payload) for call in found))


def installed() -> list[Parser]:
    """The peers that this interpreter finds."""
    peers: list[Parser] = [VLLM(), SGLang(), LMDeploy(), MlxLm(), StrandsSGLang()]
    found = [peer for peer in peers if peer.version() is not None]
    if found:
        # They tell of every text that they cannot read. Without them the logs of others are not to suffer.
        logging.disable(logging.CRITICAL)
    return found
