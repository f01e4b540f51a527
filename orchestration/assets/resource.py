"""Gives assets the same application that the commands use, and one run id per Dagster run."""

import dagster as dg
from pydantic import PrivateAttr

from orchestration.app import App
from warehouse.clock import new_run_id


class AppResource(dg.ConfigurableResource[None]):
    """Opened once per run."""

    _app: App = PrivateAttr()
    _run_id: str = PrivateAttr()

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        self._app = App.from_environment()
        self._run_id = new_run_id()
        if context.log is not None:
            context.log.info("revops run %s", self._run_id)

    @property
    def app(self) -> App:
        return self._app

    @property
    def run_id(self) -> str:
        return self._run_id
