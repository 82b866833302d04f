"""A vehicle of the simulator, judged in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mavlink_bridge.links.memory import MemoryLink
from mavlink_bridge.links.radio.profiles import PROFILES
from sortie.api.begin import spec_of
from sortie.api.session import Session
from sortie.conform.cases import chosen
from sortie.conform.examination import Examination, ExaminationSettings, tries_on
from sortie.conform.judge import ExaminerNode, judge_simulated
from sortie.runtime.wire import EndpointPlug, Wire


def judged(
    only: Sequence[str] = (),
    *,
    kind: str = "sim:copter",
    firmware: str = "ardupilot",
    params: Mapping[str, float] | None = None,
    may_fly: bool = True,
    radio: str | None = None,
    loss: float = 0.0,
    seed: int = 0,
    begun: Callable[[Examination], None] = lambda examination: None,
) -> Examination:
    """The examination, which has ended."""
    spec = spec_of(kind, "a test", seed=seed, params=params, firmware=firmware)
    again = tries_on(loss) if radio or loss else 1
    settings = ExaminationSettings(5000 if radio else 1500, tries=again, may_fly=may_fly)
    examination = Examination(chosen(only), settings)
    begun(examination)
    judge_simulated(spec, examination, radio=None if radio is None else PROFILES[radio], loss=loss)
    return examination


def examine(session: Session, examination: Examination) -> None:
    """Judge the vehicle of a session, on a link of its own, to the end."""
    service, runtime = session.service, session.runtime
    node = ExaminerNode(examination, lambda: service.now_ms)
    plug = EndpointPlug(service, service.endpoint, "conform")
    runtime.add(node)
    runtime.connect(Wire(MemoryLink(), plug, EndpointPlug(node, node.outlet, "vehicle")))
    runtime.run(lambda: examination.done)
    runtime.remove(node)
    service.endpoint.close_link(plug.number)
