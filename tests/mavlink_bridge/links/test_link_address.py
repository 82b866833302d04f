"""Link addresses: pymavlink's grammar, and one line for each way to get it wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.parameters.parameters import Parameters
from mavlink_bridge.links.address import LinkError, LinkSpec, parse_link
from sortie.assembly.program import with_options
from sortie.config.installed import parameter_set
from tests.fakes.examples import examples


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("udpout:127.0.0.1:14550", LinkSpec("udpout", "127.0.0.1", 14550)),
        ("udpin:0.0.0.0:14550", LinkSpec("udpin", "0.0.0.0", 14550)),
        ("udp:127.0.0.1:14550", LinkSpec("udpin", "127.0.0.1", 14550)),
        ("127.0.0.1:14550", LinkSpec("udpin", "127.0.0.1", 14550)),
        ("localhost:14550", LinkSpec("udpin", "localhost", 14550)),
        ("[::1]:14550", LinkSpec("udpin", "::1", 14550)),
        ("tcp:example.org:5760", LinkSpec("tcp", "example.org", 5760)),
        ("tcpin:127.0.0.1:0", LinkSpec("tcpin", "127.0.0.1", 0)),
        ("tcp://127.0.0.1:5760", LinkSpec("tcp", "127.0.0.1", 5760)),
        ("tcpin:[::1]:5760", LinkSpec("tcpin", "::1", 5760)),
        (" tcp:127.0.0.1:5760\n", LinkSpec("tcp", "127.0.0.1", 5760)),
        ("/dev/ttyACM0", LinkSpec("serial", path="/dev/ttyACM0", baud=115200)),
        ("/dev/ttyUSB0,57600", LinkSpec("serial", path="/dev/ttyUSB0", baud=57600)),
        ("/dev/ttyS0:921600", LinkSpec("serial", path="/dev/ttyS0", baud=921600)),
        (
            "/dev/serial/by-path/pci-0:00:14.0-usb-0:2:1.0",
            LinkSpec("serial", path="/dev/serial/by-path/pci-0:00:14.0-usb-0:2:1.0"),
        ),
        ("serial:/dev/ttyS0:57600", LinkSpec("serial", path="/dev/ttyS0", baud=57600)),
        ("serial:///dev/ttyS0,57600", LinkSpec("serial", path="/dev/ttyS0", baud=57600)),
    ],
)
def test_addresses_are_understood(text: str, spec: LinkSpec) -> None:
    """And their usual form means the same."""
    assert parse_link(text) == spec
    assert parse_link(spec.url) == spec


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty; write for example udpout:127.0.0.1:14550"),
        ("tpcin:127.0.0.1:5760", "did you mean tcpin:127.0.0.1:5760"),
        ("usb:0", "is not a kind of link"),
        ("carrier-pigeon", "known are udpin, udpout, tcpin, tcp, serial"),
        ("udpin:14550", "expected a host and a port; write for example udpin:127.0.0.1:14550"),
        ("udpout::14550", "the host is missing"),
        ("tcp:127.0.0.1:http", "'http' is not a port"),
        ("tcp:127.0.0.1:65536", "'65536' is not a port"),
        ("udpout:127.0.0.1:0", "'0' is not a port"),
        ("tcp:127.0.0.1:5760:1", "expected a host and a port"),
        ("tcp:::1:5760", "expected a host and a port; write for example tcp:[::1]:5760"),
        ("UDPIN:127.0.0.1:14550", "did you mean udpin:127.0.0.1:14550?"),
        ("[::1]:http", "is not a kind of link"),
        ("udpin:127.0.0.1:14550?loud", "'?loud' is not known; after the port there may be ?private and ?quiet"),
        ("/dev/ttyACM0,fast", "'fast' is not a baud rate; write for example /dev/ttyACM0,115200"),
        ("serial:,57600", "expected the path of a device"),
        ("serial:ttyACM0:57600", "expected the path of a device"),
    ],
)
def test_a_mistake_says_what_is_wrong_and_what_would_be_right(text: str, says: str) -> None:
    """In one line."""
    with pytest.raises(LinkError) as caught:
        parse_link(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


_NEARLY = st.from_regex(r"(tcp|udpin|serial|/dev/x)[:,/0-9a-z\[\].]{0,20}", fullmatch=True)


@settings(max_examples=examples(500))
@given(st.one_of(st.text(max_size=40), _NEARLY))
def test_any_text_is_a_link_or_a_link_error(text: str) -> None:
    """Nothing else comes out; what is accepted has a form that means the same."""
    try:
        spec = parse_link(text)
    except LinkError as problem:
        assert "\n" not in str(problem).replace(text, "")
        return
    assert parse_link(spec.url) == spec


@pytest.mark.parametrize(
    ("text", "loopback"),
    [("tcpin:.:1", False), (f"tcpin:{'x' * 64}:1", False),
     ("tcpin:127.0.0.1:1", True), ("tcpin:127.9.9.9:1", True), ("tcpin:[::1]:1", True), ("tcpin:localhost:1", True),
     ("tcpin:0.0.0.0:1", False), ("tcpin:192.168.1.2:1", False), ("udpout:no-such-host.invalid:1", False),
     ("/dev/ttyACM0,115200", False)],
)  # fmt: skip
def test_loopback_is_told_from_the_network(text: str, loopback: bool) -> None:
    """0.0.0.0 can be reached by everybody; a name that cannot be resolved counts as network."""
    assert parse_link(text).is_loopback is loopback


@pytest.mark.parametrize(
    ("text", "trusted"),
    [("tcpin:127.0.0.1:1", True), ("tcpin:0.0.0.0:1", False), ("/dev/ttyACM0", True), ("/dev/ttyUSB0", False),
     ("/dev/ttyS0", False)],
)  # fmt: skip
def test_trusted_links_are_loopback_and_native_usb(text: str, trusted: bool) -> None:
    """A UART or a USB adapter may end in a radio."""
    assert parse_link(text).is_trusted is trusted


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("/dev/ttyACM0", False),
        ("/dev/ttyACM0,115200", True),
        ("serial:/dev/ttyACM0:115200", True),
        ("serial:/dev/ttyACM0", False),
        ("/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0", False),
        ("/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0,57600", True),
    ],
)
def test_a_rate_by_default_is_none_that_somebody_gave(text: str, given: bool) -> None:
    """Without one, a controller's rate is looked for."""
    assert parse_link(text).baud_given is given


def test_a_link_may_be_private() -> None:
    """It has the address that it has without, and answers of the vehicle alone go there."""
    spec = parse_link("tcpin:127.0.0.1:5763?private")
    assert spec.private and spec.url == "tcpin:127.0.0.1:5763"
    parameters = Parameters(parameter_set("rover"))
    parameters.set("MAV3_OPTIONS", 2)
    assert [parse_link(with_options("udpin:0.0.0.0:14550", n, parameters)).private for n in range(6)] == [
        n == 2 for n in range(6)
    ]


def test_a_link_may_be_quiet() -> None:
    """Alone, and with the other word, in any order."""
    spec = parse_link("tcpin:127.0.0.1:5763?quiet")
    assert spec.quiet and not spec.private and spec.url == "tcpin:127.0.0.1:5763"
    both = parse_link("tcpin:127.0.0.1:5763?quiet?private")
    assert both == parse_link("tcpin:127.0.0.1:5763?private?quiet") and both.quiet and both.private
