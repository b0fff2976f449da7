"""The world around Outhaul in a chaos run, as one process: the endpoints, and the network to them and to the servers.

`python -m outhaul_ops.chaos.outside BOOK NAME=PORT...` prints its ports as a JSON object, `receiver` for the endpoints
themselves. A line on its standard input then turns one thing: `NAME MODE [SECONDS]` the network to that name,
`NAME rules RULES` the behaviour of an endpoint. Each is answered with a line. It ends with its standard input.
"""

import asyncio
import sys
from pathlib import Path

import orjson

from outhaul_ops.chaos.journal import Appender
from outhaul_ops.chaos.proxy import Mode, Proxy
from outhaul_ops.chaos.receiver import Receiver
from outhaul_ops.chaos.scene import ENDPOINTS

GRACE_SECONDS = 0.2


class Outside:
    """Endpoints and proxies in one event loop."""

    def __init__(self, book: Path) -> None:
        self._receiver = Receiver((each.name for each in ENDPOINTS), Appender(book))
        self._proxies: dict[str, Proxy] = {}

    async def open(self, servers: dict[str, int]) -> dict[str, int]:
        """Listen everywhere; returns the port of each name."""
        port = await self._receiver.server.listen("127.0.0.1", 0)
        for name, target in {**servers, **{each.name: port for each in ENDPOINTS}}.items():
            self._proxies[name] = Proxy(target)
            await self._proxies[name].listen()
        return {name: proxy.port for name, proxy in self._proxies.items()}

    async def obey(self, line: str) -> None:
        """Do what one line says."""
        name, word, *rest = line.split(maxsplit=2)
        if word == "rules":
            self._receiver.misbehave(name, rest[0])
        else:
            await self._proxies[name].turn(Mode(word), float(rest[0]) if rest else 0.0)

    async def close(self) -> None:
        """Stop answering."""
        for proxy in self._proxies.values():
            await proxy.turn(Mode.AWAY)
        await self._receiver.server.close(GRACE_SECONDS)


async def serve(book: Path, servers: dict[str, int]) -> None:
    """Serve until standard input ends."""
    outside = Outside(book)
    _say(await outside.open(servers))
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        await outside.obey(line.decode().strip())
        _say({})
    await outside.close()


def _say(answer: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(
        serve(Path(sys.argv[1]), {name: int(port) for name, _, port in (a.partition("=") for a in sys.argv[2:])})
    )
