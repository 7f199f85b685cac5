"""Dead letters on a NATS server: a stream of JetStream, from which a letter can be removed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from nats.js import JetStreamContext
from nats.js.api import Header, RawStreamMsg
from nats.js.errors import APIError, NotFoundError

from storehouse.log.event_log import READ_BYTES
from storehouse.log.events import DeadLetter
from storehouse.log.publishing import number_of

DEAD, DEAD_SUBJECT = "storehouse_dead_letters", "storehouse.dead_letters"
# The server's codes for a number that is not in the stream: none there, and removed.
_NO_SUCH_MESSAGE = (10043, 10057)


@dataclass(frozen=True)
class Letters:
    """The stream's letters; each call raises what the server answers, or TimeoutError."""

    js: JetStreamContext

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        await asyncio.gather(*(self._kept(one, number_of(*_texts(one))) for one in letters))

    async def rebury(self, number: int, letter: DeadLetter) -> int:
        """The new letter is there before the old one goes."""
        kept = await self._kept(letter, _after(letter, number))
        await self.drop([number])
        return kept

    async def _kept(self, letter: DeadLetter, number: str) -> int:
        """Where the letter is: the server names the message that had this number before.

        If that was removed, the letter is kept again, under a number that follows from it.
        """
        while True:
            headers = {Header.MSG_ID.value: number}
            answer = await self.js.publish(DEAD_SUBJECT, _body(letter), headers=headers)
            if not answer.duplicate:
                return answer.seq
            try:
                await self.js.get_msg(DEAD, answer.seq)
            except NotFoundError:
                number = _after(letter, answer.seq)
            else:
                return answer.seq

    async def drop(self, numbers: Sequence[int]) -> int:
        count = 0
        for number in numbers:
            try:
                count += await self.js.delete_msg(DEAD, number)
            except APIError as error:
                if error.err_code not in _NO_SUCH_MESSAGE:
                    raise
        return count

    async def newest(self, limit: int) -> list[tuple[int, DeadLetter]]:
        """One by one from the last, unless all are wanted: many may have been dropped between."""
        state = (await self.js.stream_info(DEAD)).state
        found: list[tuple[int, DeadLetter]] = []
        if state.messages <= limit:
            while some := await self.after(found[-1][0] if found else 0, limit):
                found += some
            return found[::-1]
        number = (await self.js.get_last_msg(DEAD, DEAD_SUBJECT)).seq or 0
        while len(found) < limit and number >= state.first_seq:
            with suppress(NotFoundError):  # one that was removed by itself
                found.append(_letter(await self.js.get_msg(DEAD, number)))
            number -= 1
        return found

    async def after(self, number: int, limit: int) -> list[tuple[int, DeadLetter]]:
        found: list[tuple[int, DeadLetter]] = []
        size = 0
        with suppress(NotFoundError):  # the end
            while len(found) < limit and size < READ_BYTES:
                one = _letter(await self.js.get_msg(DEAD, number + 1, DEAD_SUBJECT, next=True))
                found.append(one)
                number = one[0]
                size += one[1].size
        return found


def _letter(message: RawStreamMsg) -> tuple[int, DeadLetter]:
    return int(message.seq or 0), DeadLetter(**json.loads(message.data or b""))


def _texts(letter: DeadLetter) -> tuple[str, str, str]:
    """What a letter is kept once for."""
    return letter.source, letter.id, letter.body


def _after(letter: DeadLetter, removed: int) -> str:
    return number_of(*_texts(letter), f"after {removed}")


def _body(letter: DeadLetter) -> bytes:
    return json.dumps(asdict(letter), ensure_ascii=False).encode()
