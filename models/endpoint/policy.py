"""What is asked of which server, and how long that may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndpointRequest:
    """A model that a server has.

    Attributes:
        url: The server's address; see `parse_address`.
        model: The model, as the server calls it.
        api_key_variable: Environment variable that holds the API key; "" when none is needed.
        prompt_characters: Most characters of a prompt: the server's tokenizer isn't known here. Three or four
            make a token of code. Servers may silently drop what is beyond the context that they are set to,
            which is 4,096 tokens for Ollama.
        allow_plain_http: Whether code may go to another machine without encryption.
    """

    url: str
    model: str
    api_key_variable: str = ""
    prompt_characters: int = 10_000
    allow_plain_http: bool = False


@dataclass(frozen=True, slots=True)
class EndpointPolicy:
    """How patient a request is.

    Attributes:
        connect_seconds: Until a connection must stand.
        first_seconds: Until the answer must begin; a server may have to load the model first.
        silence_seconds: Longest pause within an answer.
        total_seconds: Longest answer.
        retries: How often a request is made again that got no answer.
        first_wait: Seconds before the first of them; twice that before the next.
        longest_asked: Most seconds that a server may ask to wait; beyond, the request fails.
        open_seconds: How long a server that keeps failing is left alone.
    """

    connect_seconds: float = 5.0
    first_seconds: float = 120.0
    silence_seconds: float = 30.0
    total_seconds: float = 600.0
    retries: int = 2
    first_wait: float = 0.5
    longest_asked: float = 10.0
    open_seconds: float = 60.0

    def wait(self, failures: int, asked: float | None) -> float:
        """Seconds before the request is made again.

        Args:
            failures: How often it has failed, from 1.
            asked: What the server asks for; None when it doesn't say.
        """
        return self.first_wait * 2.0 ** (failures - 1) if asked is None else max(0.0, asked)
