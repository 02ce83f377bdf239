"""An answer in a type of one's own: a msgspec struct, a dataclass, or a pydantic model."""

from dataclasses import dataclass

from moonwire import KimiSync, WrongForm


@dataclass
class City:
    """A city."""

    name: str
    people: int
    rivers: list[str]


with KimiSync("kimi-k3") as kimi:
    try:
        answer = kimi.generate("Tell me of a city.", response_format=City)
    except WrongForm as error:
        print(error, error.completion.text)
    else:
        city = answer.parsed
        print(type(city).__name__, city.name, city.people, len(city.rivers))
