"""Sends traces and metrics to a collector, as OpenTelemetry's own environment variables ask for.

The SDK is imported when one of them names a collector, and by nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.errors import Misconfigured
from warehouse.settings import load
from warehouse.telemetry import About, listen


class TelemetrySettings(BaseSettings):
    """Whether there is a collector; the rest of `OTEL_*` the SDK reads itself."""

    model_config = SettingsConfigDict(env_prefix="OTEL_", env_ignore_empty=True, extra="ignore")

    sdk_disabled: bool = False
    exporter_otlp_endpoint: str | None = None
    exporter_otlp_traces_endpoint: str | None = None
    exporter_otlp_metrics_endpoint: str | None = None

    @property
    def is_on(self) -> bool:
        endpoints = (
            self.exporter_otlp_endpoint,
            self.exporter_otlp_traces_endpoint,
            self.exporter_otlp_metrics_endpoint,
        )
        return not self.sdk_disabled and any(endpoints)


class _Traced:
    """Tells the SDK; a failure is told by its kind, for its text may hold what a record holds."""

    def __init__(self, trace: Any, tracer: Any, meter: Any) -> None:
        self._trace, self._tracer, self._meter = trace, tracer, meter
        self._counters: dict[str, Any] = {}

    @contextmanager
    def span(self, name: str, told: About) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            name, attributes=_named(told), record_exception=False, set_status_on_exception=False
        ) as current:
            try:
                yield
            except BaseException as error:
                code = self._trace.StatusCode.ERROR
                current.set_status(self._trace.Status(code, type(error).__name__))
                raise

    def done(self, name: str, seconds: float, told: About) -> None:
        ended = time.time_ns()
        began = ended - int(seconds * 1e9)
        self._tracer.start_span(name, attributes=_named(told), start_time=began).end(ended)

    def count(self, name: str, number: int, told: About) -> None:
        if name not in self._counters:
            self._counters[name] = self._meter.create_counter(f"revops.{name}", unit="{row}")
        self._counters[name].add(number, _named(told))


def _named(told: About) -> dict[str, str]:
    return {f"revops.{name}": value for name, value in told.items()}


def start_traces() -> None:
    """Listen for a collector, if the environment names one.

    Raises:
        Misconfigured: it does, and the SDK is not installed.
    """
    if not load(TelemetrySettings).is_on:
        return
    try:
        from opentelemetry import trace  # noqa: PLC0415 - costs 0.3 s: only where it is wished for
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
            OTLPMetricExporter,
        )
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise Misconfigured(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is set, and {error.name} is not installed",
            advice="pip install 'revops-pipeline[otel]', or set OTEL_SDK_DISABLED=true",
        ) from None
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
    resource = Resource({"service.name": "revops"}).merge(Resource.create())
    # Both are flushed when the process ends.
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource=resource)
    listen(_Traced(trace, tracers.get_tracer("revops"), meters.get_meter("revops")))
