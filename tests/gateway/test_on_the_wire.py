"""What a device hears, to the byte and to the moment: by a client of its own."""

from collections.abc import Iterator

import pytest
from tests.support.servers import Server
from tests.support.wire import ACK, CON, GET, POST, WireDevice, path


@pytest.fixture
def device(server: Server) -> Iterator[WireDevice]:
    device = WireDevice(server.device_tcp, server.server_key)
    assert device.hello().path == [b"h"]
    yield device
    device.close()


@pytest.mark.parametrize(
    ("code", "letter"), [(GET, b"e"), (POST, b"E")], ids=["subscribe", "publish"]
)
def test_what_wants_an_acknowledgement_gets_it_at_once(
    device: WireDevice, code: int, letter: bytes
) -> None:
    mid = device.send(CON, code, path(letter, b"temp"))
    answer = device.receive()  # nothing else is said that would push it out
    assert (answer.kind, answer.mid) == (ACK, mid)
