"""`sortie serve`: the service, until it is stopped."""

from __future__ import annotations

import os
import sys

from sortie import options
from sortie.assembly import Assembly
from sortie.settings import resolve


def serve(
    vehicle: options.Vehicle = None,
    home: options.Home = None,
    speedup: options.Speedup = None,
    seed: options.Seed = None,
    param: options.Param = None,
    fault: options.FaultOption = None,
    link: options.Link = None,
    sysid: options.Sysid = None,
    state_dir: options.StateDir = None,
    log_dir: options.LogDir = None,
    log_format: options.LogFormat = None,
    telemetry_log: options.TelemetryLog = None,
    trace: options.Trace = None,
    signing_key: options.SigningKey = None,
    insecure: options.Insecure = None,
    metrics: options.Metrics = None,
    strategy: options.Strategy = None,
    config: options.Config = None,
) -> int:
    """Run until SIGTERM (status 0) or Ctrl-C (status 130)."""
    flags = dict(locals())
    settings = resolve({name: value for name, value in flags.items() if name != "config"}, config, os.environ)
    with Assembly(settings) as run:
        loop = run.make_loop(default_speedup=1.0)
        loop.install_signals()
        run.open_links()
        loop.greet()
        print(f"sortie: serving {settings.vehicle.frame} on {', '.join(settings.links)}", file=sys.stderr, flush=True)
        loop.load()
        loop.run(lambda: run.reboot)
    if run.reboot:
        # PREFLIGHT_REBOOT: the vehicle boots anew with what is stored, in a process as fresh as the first.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return loop.exit_status or 0
