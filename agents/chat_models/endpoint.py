"""An OpenAI-compatible endpoint: `POST .../chat/completions`, with the standard library alone.

Each request has a thread of its own and a deadline for all of it, so that neither a silent endpoint nor one that
dribbles its answer keeps a dialogue waiting.  What comes back is bounded and checked; redirections are not followed,
for the key must reach nobody else.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from agents.chat_models.chat_model import Chat, ChatReply, said
from agents.chat_models.config import endpoint_key
from agents.errors import InputError, printable

LARGEST_ANSWER = 1 << 20
"""Bytes of an answer that are read."""
AGAIN = (429, 500, 502, 503, 504)
"""HTTP statuses after which a request is sent once more."""
PAUSE_S = 1.0
"""Seconds before that."""
QUOTED = 120
"""Characters of an error's text that are quoted."""


class EndpointError(Exception):
    """Why an endpoint gave no reply, as the end of a sentence."""


class Endpoint:
    """A model behind a URL.

    Args:
        url: `http://host:port/v1`, and after a `#` the name of the model; without one, the first that it lists.
        temperature: as the endpoint takes it; seeds are sent along, and it is the endpoint's affair to heed them.
        batch: requests at a time.

    Raises:
        InputError: the URL has no host, or a port that is none.
    """

    def __init__(self, url: str, temperature: float = 0.0, batch: int = 8) -> None:
        self.name, self.temperature, self.batch = url, temperature, batch
        try:
            parts = urlsplit(url)
            self._host, self._port = parts.hostname, parts.port
        except ValueError:
            self._host = None
        if not self._host:
            raise InputError(f"'{printable(url)}' is no URL of an endpoint; write http://host:port/v1#model")
        if parts.username or parts.query:
            raise InputError(f"the endpoint of '{self._host}' is given with a name, a password or a query; put a key "
                             "into the environment variable CLARIGYM_API_KEY")  # fmt: skip
        self._secure = parts.scheme.lower() == "https"
        self._path = parts.path.rstrip("/").removesuffix("/chat/completions")
        self._model = parts.fragment

    def replies(self, chats: Sequence[Chat], seeds: Sequence[int], tokens: int, seconds: float) -> list[ChatReply]:
        out = [ChatReply(trouble=f"{self._where} did not answer within {seconds:.3g} s") for _ in chats]
        deadline = time.monotonic() + seconds
        free = threading.Semaphore(self.batch)

        def ask(k: int) -> None:
            with free:
                out[k] = self._reply(chats[k], seeds[k], tokens, deadline)

        # Daemons: one that is stuck in the system's name lookup must not keep the process alive.
        threads = [threading.Thread(target=ask, args=(k,), daemon=True) for k in range(len(chats))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()) + 0.1)
        return list(out)

    @property
    def _where(self) -> str:
        return f"the endpoint at {self._host}{f':{self._port}' if self._port else ''}"

    def _reply(self, chat: Chat, seed: int, tokens: int, deadline: float) -> ChatReply:
        try:
            asked = {"model": self._model or self._first_model(deadline), "messages": list(chat), "max_tokens": tokens,
                     "temperature": self.temperature, "seed": int(seed) % 2**31}  # fmt: skip
            return self._read(self._call("POST", "/chat/completions", asked, deadline))
        except EndpointError as error:
            return ChatReply(trouble=f"{self._where} {error}")

    def _first_model(self, deadline: float) -> str:
        given = self._call("GET", "/models", None, deadline)
        data = given.get("data") if isinstance(given, dict) else None
        first = data[0].get("id") if isinstance(data, list) and data and isinstance(data[0], dict) else None
        if not isinstance(first, str):
            raise EndpointError("lists no models; name one behind the URL and a #")
        self._model = first
        return first

    def _read(self, given: Any) -> ChatReply:
        choices = given.get("choices") if isinstance(given, dict) else None
        first = choices[0] if isinstance(choices, list) and choices else None
        message = first.get("message") if isinstance(first, dict) else None
        if not isinstance(message, dict) or not isinstance(message.get("content", ""), str | None):
            raise EndpointError("gave an answer that is no chat completion")
        usage = given.get("usage")
        total = usage.get("total_tokens") if isinstance(usage, dict) else None
        text = said(message.get("content"))
        counted = total if isinstance(total, int) and not isinstance(total, bool) and 0 <= total < 1 << 40 else None
        return ChatReply(text=text, tokens=len(text) // 4 + 1 if counted is None else counted)

    def _call(self, method: str, path: str, body: object, deadline: float) -> Any:
        """What the endpoint answers, from JSON; asked once more where it is busy."""
        status, raw = self._once(method, path, body, deadline)
        if status in AGAIN and time.monotonic() + PAUSE_S < deadline:
            time.sleep(PAUSE_S)
            status, raw = self._once(method, path, body, deadline)
        if status != 200:
            said_ = printable(" ".join(raw[:4096].decode(errors="replace").split())[:QUOTED])
            raise EndpointError(f"answered with status {status}{f': {said_}' if said_ else ''}")
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            raise EndpointError("gave an answer that is no JSON") from None

    def _once(self, method: str, path: str, body: object, deadline: float) -> tuple[int, bytes]:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise EndpointError("had no time left to answer")
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        assert self._host is not None
        connection = kind(self._host, self._port, timeout=seconds)
        end = threading.Timer(seconds, _cut, (connection,))
        end.daemon = True
        end.start()
        key = endpoint_key()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, self._path + path, data, headers)
            answer = connection.getresponse()
            raw = answer.read(LARGEST_ANSWER + 1)
            if time.monotonic() >= deadline:  # what was cut off looks like an end
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            if time.monotonic() >= deadline - 0.01 or isinstance(error, TimeoutError):
                raise EndpointError("did not answer in time") from None
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise EndpointError(f"can't be reached: {printable(str(why))[:QUOTED]}") from None
        finally:
            end.cancel()
            connection.close()
        if len(raw) > LARGEST_ANSWER:
            raise EndpointError(f"gave an answer of more than {LARGEST_ANSWER:,} bytes")
        return answer.status, raw


def _cut(connection: http.client.HTTPConnection) -> None:
    """End a connection that another thread waits for."""
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
