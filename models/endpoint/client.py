"""OpenAI's API as codeassistd uses it: completions with a suffix, and chats, both streamed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..completion import FillIn
from ..errors import CodeassistdError
from ..prompts.answer_writer import AnswerWriter
from .address import EndpointAddress
from .chat import chat_prompt
from .chunks import parse_models
from .errors import EndpointError, EndpointRefusalError, endless, missing, nonsense, refused
from .events import EventError, EventReader
from .policy import EndpointPolicy, EndpointRequest
from .prompting import text_prompt
from .reading import AnswerReader
from .transport import Answer, Transport

if TYPE_CHECKING:
    from ..completion import Completion, Instruction, Prompt, Sampling

_MOST_STOPS = 4
_MOST_BYTES_PER_TOKEN = 4_000
_SPARE_BYTES = 1_000_000
_MODELS_SECONDS = 3.0
_AFTERWARDS_SECONDS = 0.5
_UNKNOWN_FIELD = frozenset({400, 422})
_NOT_FOUND = 404


class EndpointClient:
    """Asks one server for texts by one model; used in one event loop.

    Args:
        request: The server and the model.
        address: The server's address.
        policy: Time limits and patience.
        api_key: Shown to the server; "" for none.
    """

    def __init__(
        self, request: EndpointRequest, address: EndpointAddress, policy: EndpointPolicy, api_key: str
    ) -> None:
        self._request = request
        self._address = address
        self._policy = policy
        self._transport = Transport(address, policy, api_key)
        self._takes_suffix = True

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def complete(
        self, prompt: Prompt, sampling: Sampling, on_text: Callable[[str], None]
    ) -> Completion:
        """Have a text written.

        Args:
            prompt: What is to be written.
            sampling: How; a grammar can't be asked for.
            on_text: Gets each further piece of the text.

        Raises:
            CodeassistdError: The server can't be reached, refuses, fails or talks nonsense.
        """
        if sampling.grammar:
            raise CodeassistdError(
                f"The server {self._address.host} can't be asked for text that obeys a grammar.",
                hint="Use a model of this machine for this.",
            )
        try:
            async with asyncio.timeout(self._policy.total_seconds):
                if isinstance(prompt, FillIn):
                    return await self._fill_in(prompt, sampling, on_text)
                return await self._instruct(prompt, sampling, on_text)
        except TimeoutError:
            raise EndpointError(
                f"The server {self._address.host} took more than {self._policy.total_seconds:g} s.",
                hint="Ask for fewer tokens, or use a faster model.",
            ) from None

    async def _instruct(
        self, instruction: Instruction, sampling: Sampling, on_text: Callable[[str], None]
    ) -> Completion:
        prompt = chat_prompt(instruction, self._request.prompt_characters)
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        body = {"messages": messages, **self._options(sampling)}
        answer = AnswerWriter(instruction, on_text)
        written = await self._ask("/chat/completions", body, sampling, answer.take)
        written = replace(written, text=answer.end())
        return _with_context(written, prompt.passages, is_trimmed=prompt.is_trimmed)

    async def _fill_in(
        self, fill_in: FillIn, sampling: Sampling, on_text: Callable[[str], None]
    ) -> Completion:
        prompt = text_prompt(fill_in, self._request.prompt_characters)
        body = {"prompt": prompt.text, **self._options(sampling)}
        written = None
        if prompt.suffix and self._takes_suffix:
            try:
                with_suffix = {**body, "suffix": prompt.suffix}
                written = await self._ask("/completions", with_suffix, sampling, on_text)
            except EndpointRefusalError as error:
                if error.status not in _UNKNOWN_FIELD:
                    raise
        if written is None:
            written = await self._ask("/completions", body, sampling, on_text)
            # It does without what it refused: that is not asked of it again.
            self._takes_suffix = self._takes_suffix and not prompt.suffix
        return _with_context(written, prompt.passages, is_trimmed=prompt.is_trimmed)

    def _options(self, sampling: Sampling) -> dict[str, Any]:
        options: dict[str, Any] = {
            "model": self._request.model,
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if sampling.temperature > 0:
            options |= {"seed": sampling.seed, "top_p": sampling.top_p}
        if sampling.stop:
            # The API knows no more than these; the others are looked for here.
            options["stop"] = list(sampling.stop[:_MOST_STOPS])
        return options

    async def _ask(
        self, path: str, body: dict[str, Any], sampling: Sampling, on_text: Callable[[str], None]
    ) -> Completion:
        async with self._transport.open("POST", path, body) as answer:
            if answer.status != 200:
                raise await self._refusal(answer)
            reader = AnswerReader(self._address.host, sampling, on_text)
            most = sampling.max_tokens * _MOST_BYTES_PER_TOKEN + _SPARE_BYTES
            async with aclosing(self._events(answer, most)) as events:
                await self._read(answer, reader, events)
            return reader.completion()

    async def _read(self, answer: Answer, reader: AnswerReader, events: AsyncIterator[str]) -> None:
        try:
            # To the very end where it comes soon, as only then the connection can be used again.
            async for data in events:
                if reader.take(data):
                    return
                if reader.is_finished:
                    answer.silence_seconds = min(answer.silence_seconds, _AFTERWARDS_SECONDS)
        except EndpointError:
            # The text is complete; what fails now is only how the connection ends.
            if not reader.is_finished:
                raise

    async def _events(self, answer: Answer, most: int) -> AsyncGenerator[str, None]:
        if not answer.is_stream:
            # Some servers answer at once, whatever they are asked.
            body = await answer.read(most + 1)
            if len(body) > most:
                raise endless(self._address.host)
            yield body.decode("utf-8", "replace")
            return
        reader, seen = EventReader(), 0
        try:
            async for piece in answer.pieces():
                seen += len(piece)
                if seen > most:
                    raise endless(self._address.host)
                for data in reader.feed(piece):
                    yield data
            for data in reader.finish():
                yield data
        except EventError as error:
            raise nonsense(self._address.host, str(error)) from None

    async def _refusal(self, answer: Answer) -> EndpointRefusalError:
        body = await answer.read(20_000)
        host, request = self._address.host, self._request
        if answer.status == _NOT_FOUND:
            return missing(host, request.model, await self._offered())
        return refused(host, answer.status, body, request.model, request.api_key_variable)

    async def _offered(self) -> list[str]:
        """The models that the server says it has; empty when it doesn't say."""
        try:
            async with asyncio.timeout(_MODELS_SECONDS), self._transport.open("GET", "/models") as answer:
                return parse_models(await answer.read(_SPARE_BYTES)) if answer.status == 200 else []
        except (CodeassistdError, TimeoutError):
            return []


def _with_context(written: Completion, passages: tuple[int, ...], *, is_trimmed: bool) -> Completion:
    return replace(written, usage=replace(written.usage, passages=passages, is_trimmed=is_trimmed))
