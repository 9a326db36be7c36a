"""A server's and a device's session in one process, without a socket."""

import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cyan.model.identifiers import DeviceID
from cyan.protocol import tcp_handshake as handshake
from cyan.protocol.device_session import DeviceSession
from cyan.protocol.happenings import (
    AnswerReceived,
    Happening,
    HelloReceived,
    NonceReceived,
    OfferReceived,
)
from cyan.protocol.hello import Hello, HelloFlag
from cyan.protocol.server_session import ServerSession

NOW = 1_700_000_000.0
ID = DeviceID.parse("0123456789abcdef01234567")
SERVER_KEY = rsa.generate_private_key(65537, 2048)
DEVICE_KEY = rsa.generate_private_key(65537, 1024)
DEVICE_DER = DEVICE_KEY.public_key().public_bytes(
    Encoding.DER, PublicFormat.SubjectPublicKeyInfo
)
MODERN = Hello(6, 7, HelloFlag(0x36), 6, b"", 6200, 1152, 1 << 20, 512)
OLD = Hello(6, None, HelloFlag(0), 6)


@dataclass
class Pair:
    """A server's and a device's session, and everything that happened to them."""

    hello: Hello = MODERN
    server: ServerSession = field(init=False)
    device: DeviceSession = field(init=False)
    on_server: list[Happening] = field(default_factory=list)
    on_device: list[Happening] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.nonce = os.urandom(40)
        self.server = ServerSession(self.nonce, NOW)
        self.device = DeviceSession(NOW)

    def pump(self, piece: int = 4096) -> None:
        for _ in range(40):
            to_device = self.server.bytes_to_send()
            to_server = self.device.bytes_to_send()
            for data, session in ((to_device, self.device), (to_server, self.server)):
                for at in range(0, len(data), piece):
                    session.receive(data[at : at + piece], NOW)
            self._serve()

    def _serve(self) -> None:
        for each in self.server.happenings():
            self.on_server.append(each)
            if isinstance(each, OfferReceived):
                offer = handshake.read_offer(SERVER_KEY, self.nonce, each.sealed)
                assert offer.device_id == ID
                credentials = handshake.Credentials.of(os.urandom(40))
                answer = handshake.answer_offer(SERVER_KEY, DEVICE_DER, credentials)
                self.server.admit(answer, credentials, NOW)
            elif isinstance(each, HelloReceived):
                self.server.welcome()
        for each in self.device.happenings():
            self.on_device.append(each)
            if isinstance(each, NonceReceived):
                public = SERVER_KEY.public_key()
                sealed = handshake.make_offer(public, each.nonce, ID, DEVICE_DER)
                self.device.offer(sealed)
            elif isinstance(each, AnswerReceived):
                public = SERVER_KEY.public_key()
                got = handshake.read_answer(DEVICE_KEY, public, each.answer)
                self.device.admit(got, self.hello, NOW)

    def all(self, kind: type) -> list:
        return [
            each for each in self.on_server + self.on_device if isinstance(each, kind)
        ]
