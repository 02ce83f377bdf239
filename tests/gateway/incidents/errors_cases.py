"""Incidents of refusals that no healed body helps against."""

from tests.gateway.incidents.clients import asks
from tests.gateway.incidents.rows import DONE, Case, Then
from tests.incidents.bodies import assistant, user

__all__ = ["ERRORS"]

K26, CODING = "kimi-k2.6", "kimi-for-coding"
OVERLOADED = "turn\nrefuse overloaded\n"
HISTORY = (assistant("Written.", reasoning_content="So."), user("Something that is flagged."))

ERRORS: tuple[Case, ...] = (
    Case(number=121, what="overloaded twice, and then not", at="overloaded-twice", body=asks(K26), tries=3, notes=("request-retried",)),
    Case(number=121, what="overloaded for good", body=asks(K26), script=OVERLOADED * 2, then=Then(status=503, code="overloaded", says="overloaded"), refused=("script",) * 4, tries=4),
    Case(number=123, what="a client that is filtered as an overload", at="coding", agent="Anthropic/Python 0.39.0", body=asks(CODING), script=OVERLOADED * 2, then=Then(status=503, code="overloaded", says="a client that it does not know"), refused=("script",) * 4, tries=4, headers={"user-agent": "Anthropic/Python 0.39.0"}),
    Case(number=124, what="Moonshot's own client, gated", at="coding", agent="KimiCLI/1.0", body=asks(CODING), script="turn\nrefuse gated\n", then=Then(status=403, code="client_not_allowed", says="Coding Agents"), refused=("script",), tries=1, headers={"user-agent": "KimiCLI/1.0"}),
    Case(number=125, what="a client that the plan does not know", at="coding-latest", agent="Continue/1.0.19", body=asks(CODING), then=Then(status=403, code="client_not_allowed", says="platform key"), refused=("client-gated",), tries=1, headers={"user-agent": "Continue/1.0.19"}),
    Case(number=125, what="one that it knows", at="coding-latest", agent="KimiCLI/1.0", body=asks(CODING), headers={"user-agent": "KimiCLI/1.0"}),
    Case(number=127, what="a text that is flagged", body=asks(K26, *HISTORY), script="turn\nturn\nrefuse filter\n", then=Then(status=400, code="content_filter", says="newest message"), refused=("script",), tries=1),
    Case(number=128, what="filtered after its thoughts", at="filtered", body=asks(K26), script=DONE, then=Then(text="", finish="content_filter"), tries=1),
    Case(number=130, what="a key of the other region", at="wrong-key", body=asks(K26), then=Then(status=401, code="invalid_api_key", says="api.moonshot.cn"), refused=("key",), tries=1),
    Case(number=130, what="a key of the other region, in China", at="wrong-key-cn", body=asks(K26), then=Then(status=401, code="invalid_api_key", says="api.moonshot.ai"), refused=("key",), tries=1),
    Case(number=134, what="an opaque refusal, once", at="opaque-once", body=asks("kimi-k3"), tries=2),
    Case(number=134, what="an opaque refusal, for good", at="opaque", body=asks("kimi-k3"), then=Then(status=400, type="invalid_request_error", says="newest messages"), tries=2),
)
