"""The delivery, flown by DroneKit."""

from skywork.delivery import connect, deliver


def test_it_goes_there_and_comes_back(sortie_server):
    vehicle = connect(sortie_server.url)
    try:
        reached = deliver(vehicle, north_deg=0.0002, east_deg=0.0, height=10.0)
    finally:
        vehicle.close()
    assert abs(reached.lat - sortie_server.vehicle.state.home.lat - 0.0002) < 2e-5
    sortie_server.vehicle.lands_within(1.5)
