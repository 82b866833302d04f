"""Packets of ArduPilot's JSON backend and our answers (libraries/SITL/examples/JSON in ArduPilot).

A packet has a magic number, the frame rate that the firmware wants, a count, and 16 or 32 pulse widths; the answer is
text. Our answer is a template with fields of fixed width, so only its numbers change. Both are datagrams of one socket,
which the compiled code reads and writes itself (`wire`): a firmware exchanges some hundred packets in a second of its
time.
"""

from __future__ import annotations

from typing import Any, Final

from autopilot.interface import layout as L
from autopilot.interface.marks import call, jit
from sitl.kernel import layout as M

MAGIC_16, MAGIC_32 = 18458, 29569
HEADER: Final = 8  # bytes before the first pulse width

#: Places of the values of an answer, in `values`.
V_TIME, V_GYRO, V_ACC, V_PLACE, V_ATTITUDE, V_VELOCITY = 0, 1, 4, 7, 10, 14
V_VOLTS, V_AMPS, V_RANGE, V_AIRSPEED, V_WIND = 17, 18, 19, 20, 21
VALUES: Final = 24
#: A row of `fields`: index of the value, end of its digits in the answer, width of the field, decimals.
F_VALUE, F_END, F_WIDTH, F_DECIMALS = 0, 1, 2, 3
FIELD: Final = 4
#: `clock`: steps since power-on, count of the last packet, its frame rate, 1 after a crash.
C_STEPS, C_COUNT, C_RATE, C_WRECK = 0, 1, 2, 3
CLOCK: Final = 4
#: Results that are not a count of steps. On a wire: `REACHED` if a packet waits at the asked time, `SILENT` if the
#: socket's timeout has passed, `BEGINS` if a packet waits from another sender or with an earlier count. `COMES`: a
#: packet is to be run now.
COMES, REACHED, NO_PACKET, AGAIN, DIVERGED, SILENT, BEGINS = 1, 0, -1, -2, -3, -4, -5
#: `wire`, in whole numbers: handle of the socket (below 0: none, and a call exchanges the packet in `request`);
#: addresses of C's recvfrom and sendto, of `request`, `answer` and of `wire` itself; number of steps to run to; 1 while
#: a packet waits; 1 while an answer must be sent; count of sent answers. Then socket addresses of IPv4, two numbers
#: each: of the last sender, after it its size, and of the firmware.
W_SOCKET, W_RECEIVE, W_SEND, W_REQUEST, W_ANSWER, W_HERE, W_UNTIL, W_WAITS, W_REPLY, W_SENT = range(10)
W_SENDER, W_SENDER_SIZE, W_FIRMWARE = 10, 12, 13
WIRE: Final = 15
ADDRESS_BYTES: Final = 16  # of a socket address of IPv4
#: Speed, m/s, or turning rate, rad/s, above which the simulation has diverged.
FASTEST = 1000.0


@jit
def pulse_width(request: Any, channel: int) -> float:
    """Pulse width of a channel, us; 0 if the packet has none."""
    at = HEADER + 2 * channel
    if channel < 0 or at + 1 >= len(request):
        return 0.0
    return float(int(request[at]) + 256 * int(request[at + 1]))


@jit
def put(answer: Any, field: Any, value: float) -> None:
    """Write a number into its field, padded with spaces."""
    scale = 1
    for _ in range(field[F_DECIMALS]):
        scale *= 10
    rest = int(abs(value) * scale + 0.5)
    at = field[F_END]
    first = at - field[F_WIDTH]
    for _ in range(field[F_DECIMALS]):
        answer[at - 1] = 48 + rest % 10
        rest //= 10
        at -= 1
    if field[F_DECIMALS] > 0:
        answer[at - 1] = 46
        at -= 1
    answer[at - 1] = 48 + rest % 10
    rest //= 10
    at -= 1
    while rest > 0 and at > first:
        answer[at - 1] = 48 + rest % 10
        rest //= 10
        at -= 1
    if value < 0.0 and at > first:
        answer[at - 1] = 45
        at -= 1
    while at > first:
        answer[at - 1] = 32
        at -= 1


@jit
def tell(s: L.Row, p: L.Row, ground_down: float, now_s: float, values: Any, fields: Any, answer: Any) -> int:
    """Fill the answer with the present samples. `DIVERGED` if the simulation has diverged, else 0."""
    values[V_TIME] = now_s
    for i in range(3):
        values[V_GYRO + i] = s[M.S_GYRO_X + i]
        values[V_ACC + i] = s[M.S_ACC_X + i]
        values[V_PLACE + i] = s[M.S_PN + i]
        values[V_VELOCITY + i] = s[M.S_VN + i]
        values[V_WIND + i] = s[M.S_WIND_N + i]
    for i in range(4):
        values[V_ATTITUDE + i] = s[M.S_Q0 + i]
    values[V_VOLTS], values[V_AMPS] = s[M.S_VOLTS], s[M.S_AMPS]
    upright = 1.0 - 2.0 * (s[M.S_Q1] * s[M.S_Q1] + s[M.S_Q2] * s[M.S_Q2])
    values[V_RANGE] = max(ground_down - s[M.S_PD], 0.0) / max(upright, 0.1)
    values[V_AIRSPEED] = s[L.S_PITOT]
    for i in range(3):
        if not (abs(s[M.S_VN + i]) < FASTEST and abs(s[M.S_WX + i]) < FASTEST):
            return DIVERGED
    for i in range(len(fields)):
        put(answer, fields[i], values[fields[i, F_VALUE]])
    return 0


@jit
def accept(request: Any, clock: Any, dt: float) -> int:
    """Number of steps for a packet, from its frame rate: at least one, at most a tick. `NO_PACKET` if it is not a
    packet, `AGAIN` if the last packet was sent once more."""
    if len(request) < HEADER + 32:
        return NO_PACKET
    magic = int(request[0]) + 256 * int(request[1])
    if magic != MAGIC_16 and magic != MAGIC_32:
        return NO_PACKET
    count = count_of(request)
    if count == clock[C_COUNT]:
        return AGAIN
    clock[C_COUNT] = count
    clock[C_RATE] = int(request[2]) + 256 * int(request[3])
    wanted = int(1.0 / (max(clock[C_RATE], 1) * dt) + 0.5)
    return min(max(wanted, 1), int(L.TICK / dt + 0.5))


@jit
def next_packet(request: Any, answer: Any, clock: Any, wire: Any) -> int:
    """Send the answer that is due, and wait for a packet to run (`COMES`)."""
    if wire[W_REPLY] == 1:
        reply(answer, wire)
    if wire[W_WAITS] == 0:
        received = receive(request, clock, wire)
        if received != REACHED:
            return received
    if clock[C_STEPS] >= wire[W_UNTIL]:
        return REACHED
    wire[W_WAITS] = 0
    return COMES


@jit
def receive(request: Any, clock: Any, wire: Any) -> int:
    """Wait for a datagram. `REACHED` if it is a packet of the firmware, which then waits."""
    wire[W_SENDER_SIZE] = ADDRESS_BYTES
    place = wire[W_HERE] + 8 * W_SENDER
    size = call(
        wire[W_RECEIVE], wire[W_SOCKET], wire[W_REQUEST], len(request), 0, place, wire[W_HERE] + 8 * W_SENDER_SIZE
    )
    if size < 0:
        return SILENT
    magic = int(request[0]) + 256 * int(request[1])
    if not ((size == HEADER + 32 and magic == MAGIC_16) or (size == HEADER + 64 and magic == MAGIC_32)):
        return NO_PACKET
    wire[W_WAITS] = 1
    for i in range(2):
        if wire[W_SENDER + i] != wire[W_FIRMWARE + i]:
            return BEGINS
    return REACHED if count_of(request) >= clock[C_COUNT] else BEGINS


@jit
def reply(answer: Any, wire: Any) -> None:
    """Send the answer to the firmware."""
    place = wire[W_HERE] + 8 * W_FIRMWARE
    call(wire[W_SEND], wire[W_SOCKET], wire[W_ANSWER], len(answer), 0, place, ADDRESS_BYTES)
    wire[W_REPLY] = 0
    wire[W_SENT] += 1


@jit
def count_of(request: Any) -> int:
    """Count of a packet."""
    return int(request[4]) + 256 * int(request[5]) + 65536 * int(request[6]) + 16777216 * int(request[7])
