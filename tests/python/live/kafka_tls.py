"""A listener with TLS and passwords in front of the test broker, which has no TLS of its own.

It speaks Kafka's protocol only as far as it must: it gives the broker's address in answers as its
own, and of SASL PLAIN it checks the password, which the broker does not.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_HOST = "127.0.0.1"
_HANDSHAKE, _API_VERSIONS, _AUTHENTICATE = 17, 18, 36
_FAILED = 58  # SASL_AUTHENTICATION_FAILED


@dataclass(frozen=True)
class Listener:
    """In front of the broker at `broker`; with `login` clients must say this user and password."""

    port: int
    broker: int
    login: tuple[str, str] | None = None

    async def serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        reader, writer = await asyncio.open_connection(_HOST, self.broker)
        both = (self._requests(client, writer, answers), self._answers(reader, answers))
        pumps = [asyncio.create_task(one) for one in both]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for stream in (writer, answers):
                stream.transport.abort()
                with suppress(OSError):
                    await stream.wait_closed()

    async def _requests(
        self,
        client: asyncio.StreamReader,
        broker: asyncio.StreamWriter,
        answers: asyncio.StreamWriter,
    ) -> None:
        known = self.login is None
        while True:
            frame = await _frame(client)
            api, version, number = struct.unpack_from(">hhi", frame)
            if api == _AUTHENTICATE and self.login is not None:
                known = frame.endswith("\0{}\0{}".format(*self.login).encode())
                if not known:
                    said = b"wrong user or password"
                    answer = struct.pack(">ihh", number, _FAILED, len(said)) + said
                    answer += struct.pack(">i", 0) + (struct.pack(">q", 0) if version else b"")
                    answers.write(struct.pack(">i", len(answer)) + answer)
                    await answers.drain()
                    continue
            if not known and api not in (_HANDSHAKE, _API_VERSIONS, _AUTHENTICATE):
                raise EOFError
            broker.write(struct.pack(">i", len(frame)) + frame)

    async def _answers(self, broker: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        theirs, ours = (_HOST.encode() + struct.pack(">i", at) for at in (self.broker, self.port))
        while True:
            frame = (await _frame(broker)).replace(theirs, ours)
            client.write(struct.pack(">i", len(frame)) + frame)


@contextmanager
def tls_listener(listener: Listener, folder: Path) -> Iterator[Path]:
    """The certificate to trust, as long as the listener of it listens."""
    certificate, key = _certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        starting = asyncio.start_server(listener.serve, _HOST, listener.port, ssl=context)
        server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)
        yield certificate
        loop.call_soon_threadsafe(server.close)
    finally:
        asyncio.run_coroutine_threadsafe(_ended(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _ended() -> None:
    """Cancel what still serves a client."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _frame(stream: asyncio.StreamReader) -> bytes:
    (length,) = struct.unpack(">i", await stream.readexactly(4))
    return await stream.readexactly(length)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of this host that is its own authority, and its key, as files of PEM."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, folder.name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(_HOST))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(pem))
    files[1].write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
