"""Numbers fitted to a log, with their uncertainties and the parameters for the simulator."""

from __future__ import annotations

from math import isfinite, nan

from autopilot.interface.records import dataclass


@dataclass(frozen=True, slots=True)
class FittedNumber:
    """Fitted number. `value` None: not found, for `reason`. `sigma`: standard deviation. `param`: its parameter, and
    the value there."""

    name: str
    unit: str
    value: float | None = None
    sigma: float = nan
    reason: str = ""
    param: str = ""
    setting: float = nan

    @property
    def words(self) -> str:
        if self.value is None:
            return f"{self.name}: not found: {self.reason}"
        about = f" +- {self.sigma:.2g}" if isfinite(self.sigma) else ""
        return f"{self.name} {self.value:.4g}{about} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Calibration:
    """Parameters of a vehicle from a log. `residuals`: name, root mean square, unit. `energy_wh`: of the flight, NaN:
    unknown. `wind`: for `rehearse`: mean and gust, m/s (a log does not show gusts), and direction from which it blows,
    degrees."""

    log: str
    fits: tuple[FittedNumber, ...]
    residuals: tuple[tuple[str, float, str], ...]
    seconds: float
    energy_wh: float
    wind: tuple[float, float, float] | None

    @property
    def params(self) -> dict[str, float]:
        """Parameters with which the simulator flies like the vehicle."""
        return {fit.param: float(f"{fit.setting:.6g}") for fit in self.fits if fit.param and fit.value is not None}

    def lines(self) -> list[str]:
        energy = f", {self.energy_wh:.2f} Wh" if isfinite(self.energy_wh) else ""
        about = [f"{name} within {value:.2g} {unit} rms" for name, value, unit in self.residuals]
        return [
            f"calibrated from {self.log}: {self.seconds:.0f} s{energy}",
            *(f"  {fit.words}" for fit in self.fits),
            f"  fits: {', '.join(about) or 'nothing'}",
        ]

    def as_json(self) -> dict[str, object]:
        """Return JSON values; null: not found, for `reason`."""
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
        settings = [f"{name},{value:.6g}" for name, value in self.params.items()]
        return "\n".join([*(f"# {line}" for line in self.lines()), *settings, ""])
