"""What is done beside the flight holds vehicle time where that is paced by clients."""

from __future__ import annotations

from sortie import Session
from sortie.config.values import PaceBounds
from sortie.runtime.client_pace import LIMIT_S, ClientPace, SideWork
from sortie.runtime.followers import Followers
from sortie.runtime.pacing import FOR_EVER_MS
from sortie.runtime.share import never


def test_time_goes_to_the_tick_before_the_first_that_is_due() -> None:
    """Of several, until each is done; without any it goes as far as it likes."""
    named: list[str] = []
    works, first, second = SideWork(named.append), [500], [330]
    assert works.until_ms(10.0, 0) > FOR_EVER_MS - 1000 and not works.under_way
    works.dues += [lambda: first[0] if first else None, lambda: second[0] if second else None]
    assert works.under_way
    assert [works.until_ms(10.0, now_ms) for now_ms in (0, 300, 320)] == [320] * 3
    second.clear()
    assert works.until_ms(10.0, 320) == 480
    first.clear()
    assert works.until_ms(10.0, 480) > FOR_EVER_MS - 1000 and not works.under_way and not named


def test_what_comes_to_no_end_is_left_behind_until_it_has_caught_up() -> None:
    """Named once each time."""
    named: list[str] = []
    works, due = SideWork(named.append), [100]
    works.dues.append(lambda: due[0])
    assert works.until_ms(10.0, 80) == 80 and works.until_ms(9.9 + LIMIT_S, 80) == 80
    assert works.until_ms(10.0 + LIMIT_S, 80) == works.until_ms(10.1 + LIMIT_S, 5000) == FOR_EVER_MS
    assert named == ["pictures were not written within 60 s: time does not wait for them now"]
    due[0] = 6000
    assert works.until_ms(80.0, 5020) == works.until_ms(80.0, 5980) == 5980
    assert works.until_ms(80.0 + LIMIT_S, 5980) == FOR_EVER_MS and len(named) == 2


def test_a_vehicle_stands_still_for_it() -> None:
    """Alone too, and however fast it goes: to the tick before, and on when it is done."""
    with Session() as session:
        session.wait_armable()
        session.add_link("tcpin:127.0.0.1:0")
        runtime, clients = session.runtime, ClientPace(Followers(PaceBounds(limit_s=1e9)))
        runtime.clients = clients
        end_ms = runtime.now_ms + 1010
        due = [end_ms]
        clients.works.dues.append(lambda: due[0] if due else None)
        for _ in range(1000):
            runtime.turn(never)
        stands_ms = end_ms - 1 - (end_ms - 1) % 20
        assert runtime.now_ms == stands_ms
        due.clear()
        for _ in range(100):
            runtime.turn(never)
        assert runtime.now_ms > stands_ms + 1000
        runtime.clients = None
