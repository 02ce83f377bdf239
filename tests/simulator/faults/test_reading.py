"""Reading a schedule: what is read, and how a mistake is told."""

import pytest

from moonwire.core.errors import LocalProtocolError
from moonwire.simulator.faults.kinds import KINDS
from moonwire.simulator.faults.reading import load

F = '[[fault]]\nkind = "reset"\n'

WRONG: list[tuple[str, str]] = [
    ("seed = [", r"f\.toml(:\d+)?: not TOML: .* \(see toml\.io\)"),
    ("a = 1", r"f\.toml:1: a: no key is called a"),
    ("\nsed = 1", r"f\.toml:2: sed: no key is called sed \(did you mean seed\?\)"),
    ("seed = 1.5", r"f\.toml:1: seed: must be a whole number"),
    ("seed = true", r"f\.toml:1: seed: must be a whole number"),
    ("[faults]", r"f\.toml: faults: no key is called faults \(did you mean fault\?\)"),
    (
        "[fault]\nkind = 'reset'",
        r"f\.toml: fault: must be a list of tables \(begin each fault with \[\[fault\]\]\)",
    ),
    ("fault = [1]", r"f\.toml: fault\[0\]: must be a table"),
    ("[[fault]]", r"f\.toml:1: fault\[0\]\.kind: needs the name of a kind \(one of refuse, "),
    ("[[fault]]\nkind = 3", r"f\.toml:2: fault\[0\]\.kind: needs the name"),
    (
        "[[fault]]\n\nkind = 'rest'",
        r"f\.toml:3: fault\[0\]\.kind: no kind is called rest \(did you mean reset\?\)",
    ),
    ("[[fault]]\nkind = 'zzz'", r"no kind is called zzz \(one of refuse, "),
    (
        F + F + "chanse = 1",
        r"f\.toml:5: fault\[1\]\.chanse: no key of reset is called chanse \(did you mean chance\?",
    ),
    (F + "seconds = 1", r"f\.toml:3: fault\[0\]\.seconds: no key of reset is called seconds"),
    ("fault = [{kind = 'reset', x = 1}]", r"f\.toml: fault\[0\]\.x: no key of reset"),
    (F + "chance = 1.5", r"f\.toml:3: fault\[0\]\.chance: Expected `float` <= 1.* \(takes from 0 to 1\)"),
    (F + "chance = nan", r"f\.toml:3: fault\[0\]\.chance: is not a number"),
    (F + "chance = true", r"f\.toml:3: fault\[0\]\.chance: Expected `float`"),
    (F + "at = [0]", r"fault\[0\]\.at: Expected `int` >= 1"),
    (F + "at = 3", r"\(takes a list of requests' numbers, from 1\)"),
    (F + "every = 0", r"fault\[0\]\.every: Expected `int` >= 1"),
    (F + "first = 0", r"fault\[0\]\.first"),
    (
        F + "every = 2\nfirst = 1",
        r"f\.toml:4: fault\[0\]\.first: says twice when .* \(keep one of every and first\)",
    ),
    (F + "after = 1\nevents = 2", r"f\.toml:4: fault\[0\]\.events: says twice where"),
    (F + "after = -1", r"fault\[0\]\.after: Expected `int` >= 0.* \(takes a whole number\)"),
    (F + "path = 1", r"fault\[0\]\.path: .* \(takes a path such as"),
    (F + "stream = 'yes'", r"fault\[0\]\.stream: .* \(takes true or false\)"),
    (F + "attempts = 0", r"fault\[0\]\.attempts"),
    (F + "match = 1", r"fault\[0\]\.match: .* \(takes a text\)"),
    (
        "[[fault]]\nkind='status'\nerror='quoto'",
        r"f\.toml:3: fault\[0\]\.error: no value is called quoto \(did you mean",
    ),
    ("[[fault]]\nkind='status'\nerror=1", r"f\.toml:3: fault\[0\]\.error: .* \(takes \"overloaded\", "),
    ("[[fault]]\nkind='status'\nseconds=inf", r"fault\[0\]\.seconds: Expected `float` <= 2678400"),
    ("[[fault]]\nkind='stall'\nseconds=-1", r"fault\[0\]\.seconds: Expected `float` >= 0"),
    ("[[fault]]\nkind='drip'\nbytes=0", r"fault\[0\]\.bytes: Expected `int` >= 1"),
    ("a = " + "[" * 5000, r"f\.toml"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[text[-30:] for text, _ in WRONG])
def test_a_mistake_is_told_with_its_place_and_remedy(text: str, message: str) -> None:
    with pytest.raises(LocalProtocolError, match=message) as raised:
        load(text, "f.toml")
    assert raised.value.remedy


def test_a_whole_schedule() -> None:
    faults = load(
        """
        seed = 7
        [[fault]]
        kind = "reset"
        chance = 0.1
        path = "/v1/chat/completions"
        stream = true
        attempts = 1
        match = "text"
        events = 5
        [[ "fault" ]]
        "kind" = "stall"
        at = [3, 10]
        seconds = inf
        """
    )
    reset, stall = faults.rules
    assert faults.seed == 7
    assert (reset.chance, reset.path, reset.stream) == (0.1, ("/v1/chat/completions",), True)
    assert (reset.attempts, reset.match, reset.values) == (1, "text", {"after": None, "events": 5})
    assert stall.at == (3, 10) and stall.values["seconds"] == float("inf")


def test_a_key_is_looked_for_in_its_own_fault() -> None:
    with pytest.raises(LocalProtocolError, match=r"f:2: fault\[0\]\.kind"):
        load("[[fault]]\nkind = 'rest'\n[[fault]]\nkind = 'x'", "f")
    with pytest.raises(LocalProtocolError, match=r"f:1: fault\[0\]\.kind"):
        load("[[fault]]\n[[fault]]\nkind = 'reset'", "f")


@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_are_what_the_parameters_take(kind: str) -> None:
    values = load(f"[[fault]]\nkind = '{kind}'").rules[0].values
    assert list(values) == [one.name for one in KINDS[kind].parameters]
    for one in KINDS[kind].parameters:
        if one.default is not None:
            text = str(one.default).lower() if not isinstance(one.default, str) else f"'{one.default}'"
            assert load(f"[[fault]]\nkind = '{kind}'\n{one.name} = {text}").rules[0].values == values
