"""Gives assets the same application that the commands use, and one run id per Dagster run."""

import dagster as dg
from pydantic import PrivateAttr

from orchestration.alerting.run import tell_channels
from orchestration.app import App


class AppResource(dg.ConfigurableResource[None]):
    """Opened once per run."""

    _app: App = PrivateAttr()
    _run_id: str = PrivateAttr()

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        self._app = App.from_environment()
        self._app.runs.notice_interrupted()
        self._run_id = self._app.runs.start(
            "dagster", _job_of(context), dagster_run_id=context.run.run_id if context.run else None
        )
        if context.log is not None:
            context.log.info("revops run %s", self._run_id)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        self._app.runs.finish_whole(self._run_id, has_failed=_has_failed(context))
        for error in tell_channels(self._app):
            if context.log is not None:
                context.log.warning(str(error))

    @property
    def app(self) -> App:
        return self._app

    @property
    def run_id(self) -> str:
        return self._run_id


def _job_of(context: dg.InitResourceContext) -> str:
    return "assets" if context.run is None else context.run.job_name


def _has_failed(context: dg.InitResourceContext) -> bool:
    """Whether any step of Dagster's has, models included, which are no steps of ours."""
    if context.run is None or context.instance is None:
        return False
    failure = dg.DagsterEventType.STEP_FAILURE
    return bool(context.instance.all_logs(context.run.run_id, of_type=failure))
