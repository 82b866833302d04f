"""Fits of a log to a vehicle: its numbers, how sure they are, and the parameters that they become."""

from __future__ import annotations

from math import isfinite, nan

from autopilot.interface.records import dataclass


@dataclass(frozen=True, slots=True)
class FittedNumber:
    """Fitted number. `value` None: it could not be found, for `reason`. `sigma`: its standard deviation. `param`: the
    parameter that it becomes, and what it is there."""

    name: str
    unit: str
    value: float | None = None
    sigma: float = nan
    reason: str = ""
    param: str = ""
    setting: float = nan

    @property
    def words(self) -> str:
        """Return it as one line."""
        if self.value is None:
            return f"{self.name}: not found: {self.reason}"
        about = f" +- {self.sigma:.2g}" if isfinite(self.sigma) else ""
        return f"{self.name} {self.value:.4g}{about} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Calibration:
    """Parameters of a vehicle from a log. `residuals`: by what was fitted, root mean square and unit. `energy_wh`:
    that the flight took, NaN: not known. `wind`: of the day, as `rehearse` takes it: mean and gust m/s (of gusts
    a log tells nothing), degrees where from."""

    log: str
    fits: tuple[FittedNumber, ...]
    residuals: tuple[tuple[str, float, str], ...]
    seconds: float
    energy_wh: float
    wind: tuple[float, float, float] | None

    @property
    def params(self) -> dict[str, float]:
        """Parameters of the simulator that fly like it, as the file has them."""
        return {fit.param: float(f"{fit.setting:.6g}") for fit in self.fits if fit.param and fit.value is not None}

    def lines(self) -> list[str]:
        """For a person."""
        energy = f", {self.energy_wh:.2f} Wh" if isfinite(self.energy_wh) else ""
        about = [f"{name} within {value:.2g} {unit} rms" for name, value, unit in self.residuals]
        return [
            f"calibrated from {self.log}: {self.seconds:.0f} s{energy}",
            *(f"  {fit.words}" for fit in self.fits),
            f"  fits: {', '.join(about) or 'nothing'}",
        ]

    def as_json(self) -> dict[str, object]:
        """Plain values of JSON; null: not found, for `reason`."""
        return {
            "log": self.log,
            "seconds": round(self.seconds, 1),
            "energy_wh": round(self.energy_wh, 3) if isfinite(self.energy_wh) else None,
            "fits": [
                {
                    "name": fit.name,
                    "value": fit.value,
                    "sigma": fit.sigma if isfinite(fit.sigma) else None,
                    "unit": fit.unit,
                    "reason": fit.reason,
                }
                for fit in self.fits
            ],
            "residuals": {name: {"rms": value, "unit": unit} for name, value, unit in self.residuals},
            "params": self.params,
        }

    def as_param(self) -> str:
        """The `.param` file: `--param FILE` takes it."""
        settings = [f"{name},{value:.6g}" for name, value in self.params.items()]
        return "\n".join([*(f"# {line}" for line in self.lines()), *settings, ""])
