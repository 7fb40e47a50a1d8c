"""A Flink cluster of separate processes: job manager, task managers, Beam's job server."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any

from schemas.artifacts import ROOT
from tests.flink.installation import flink_jars, job_server_jars
from tests.flink.processes import free_ports, listens, running, wait_for

TASK_MANAGERS = 2
SLOTS = 2
"""A task manager's; one alone can so take over the work of both."""
PARALLELISM = 2
START_SECONDS = 300
WORKER_CACHE_MILLIS = 8_000
"""How long a worker without work is kept: longer than the pause between two stages, shorter than
that before a restart."""
OPENED = ("lang", "lang.reflect", "util", "util.concurrent", "net", "nio", "io", "text", "time")
JAVA = (
    "java",
    "-XX:+UseSerialGC",
    "-Dorg.apache.logging.log4j.level=INFO",
    "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    *(f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in OPENED),
)
JOB_MANAGER = (
    "-Xmx512m",
    "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
)
TASK_MANAGER = (
    "-Xmx384m",
    "-XX:MaxDirectMemorySize=576m",
    "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
)
JOB_SERVER = ("-Xmx512m", "org.apache.beam.runners.flink.FlinkJobServerDriver")
SETTINGS = {
    "jobmanager.rpc.address": "localhost",
    "jobmanager.bind-host": "localhost",
    "rest.address": "localhost",
    "rest.bind-address": "localhost",
    "restart-strategy": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "4",
    # Longer than workers are kept, and than it takes to notice that a task manager is gone (two
    # heartbeats that do not arrive): until then every new attempt is sent to it again.
    "restart-strategy.fixed-delay.delay": "20 s",
    # The whole job, with new workers. A worker that lives on has the graph of the first attempt and
    # refuses the second's, which has another path: the assert at the end of
    # tensorflow_transform/beam/impl.py, _RunMetaGraphDoFn.process.
    "jobmanager.execution.failover-strategy": "full",
    "heartbeat.interval": "1000",
    "heartbeat.timeout": "30000",
    "heartbeat.rpc-failure-threshold": "2",
    "akka.ask.timeout": "60 s",
    "akka.startup-timeout": "120 s",
    "cluster.evenly-spread-out-slots": "true",
    # Beam stops the workers after each stage unless its classes are those of Flink's own class
    # loader (FlinkExecutableStageContextFactory), so its jars are on every class path.
    "classloader.resolve-order": "parent-first",
    "taskmanager.host": "localhost",
    "taskmanager.bind-host": "localhost",
    "taskmanager.numberOfTaskSlots": str(SLOTS),
    # The entry point takes no defaults: Flink's shell scripts would work these out.
    "taskmanager.cpu.cores": "1",
    "taskmanager.memory.framework.heap.size": "64m",
    "taskmanager.memory.framework.off-heap.size": "64m",
    "taskmanager.memory.task.heap.size": "320m",
    "taskmanager.memory.task.off-heap.size": "128m",
    "taskmanager.memory.managed.size": "256m",
    "taskmanager.memory.jvm-metaspace.size": "256m",
    "taskmanager.memory.jvm-overhead.min": "192m",
    "taskmanager.memory.jvm-overhead.max": "192m",
    # A stage would take 512 buffers of 32 KiB, and TF-Transform's job has hundreds of them.
    "taskmanager.network.sort-shuffle.min-buffers": "64",
    "taskmanager.memory.network.min": "384m",
    "taskmanager.memory.network.max": "384m",
}


class Cluster:
    """A cluster that runs as long as the context it is used as.

    Attributes:
        directory: Logs, settings and temporary files.
        processes: Every process of it, in order of its start.
        task_managers: The task managers among them.
    """

    def __init__(self, directory: Path) -> None:
        """Takes an empty directory; nothing is started yet."""
        self.directory = directory
        self.processes: list[subprocess.Popen[bytes]] = []
        self.task_managers: list[subprocess.Popen[bytes]] = []
        self._flink, self._beam = f"{flink_jars()}/*", f"{job_server_jars()}/*"
        self._ports = free_ports(5)
        self._rpc, self._rest, self._jobs, *self._others = self._ports
        self._stack = ExitStack()

    def __enter__(self) -> Cluster:
        """Starts every process and waits until the cluster takes jobs."""
        settings = SETTINGS | {"jobmanager.rpc.port": self._rpc, "rest.port": self._rest}
        lines = [f"{name}: {value}\n" for name, value in settings.items()]
        (self.directory / "flink-conf.yaml").write_text("".join(lines))
        _write_boot(self.directory / "boot")
        with self._stack:
            manager = self._start(
                "job-manager", f"{self._flink}:{self._beam}", *JOB_MANAGER, *self._configuration()
            )
            # It uploads its own class path with each job, so this is as short as can be.
            server = self._start("job-server", self._beam, *JOB_SERVER, *self._job_server_options())
            wait_for(self._leads, "job manager", START_SECONDS, [manager])
            for _ in range(TASK_MANAGERS):
                self.add_task_manager()
            self.wait_for_task_managers(TASK_MANAGERS)
            wait_for(lambda: listens(self._jobs), "job server", START_SECONDS, [server])
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        """Stops every process."""
        self._stack.close()

    def add_task_manager(self) -> None:
        """Starts one more task manager."""
        name = f"task-manager-{len(self.task_managers)}"
        process = self._start(
            name, f"{self._flink}:{self._beam}", *TASK_MANAGER, *self._configuration()
        )
        self.task_managers.append(process)

    def wait_for_task_managers(self, count: int) -> None:
        """Waits until the job manager knows of `count` of them."""
        wait_for(
            lambda: self.ask("overview")["taskmanagers"] == count,
            f"{count} task managers",
            START_SECONDS,
            self.task_managers[-1:],
        )

    @property
    def beam_args(self) -> list[str]:
        """Beam options of a job on this cluster."""
        return [
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{self._jobs}",
            "--environment_type=PROCESS",
            f"--environment_config={json.dumps({'command': str(self.directory / 'boot')})}",
            f"--environment_cache_millis={WORKER_CACHE_MILLIS}",
            f"--parallelism={PARALLELISM}",
        ]

    def ask(self, path: str) -> Any:
        """A JSON answer of the job manager, for example to `jobs/overview`."""
        with urllib.request.urlopen(f"http://localhost:{self._rest}/{path}", timeout=30) as answer:
            return json.load(answer)

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs submitted so far, oldest first, as `jobs/overview` describes them."""
        return sorted(self.ask("jobs/overview")["jobs"], key=lambda job: job["start-time"])

    def ends(self, after: int) -> list[tuple[str, bool]]:
        """The state of each job but the first `after`, and whether it was restarted on its way."""
        details = [self.ask(f"jobs/{job['jid']}") for job in self.jobs()[after:]]
        return [(job["state"], job["timestamps"]["RESTARTING"] > 0) for job in details]

    def listening(self) -> list[int]:
        """Those of its ports that something listens at."""
        return [port for port in self._ports if listens(port)]

    def _leads(self) -> bool:
        """Whether the job manager answers; before it has elected itself leader it says 503."""
        try:
            return listens(self._rest) and bool(self.ask("overview"))
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            return False

    def _start(self, name: str, classes: str, *command: str) -> subprocess.Popen[bytes]:
        temporary = self.directory / f"{name}-tmp"
        temporary.mkdir()
        java = [*JAVA, f"-Djava.io.tmpdir={temporary}", "-cp", classes, *command]
        log = self.directory / f"{name}.log"
        self.processes.append(self._stack.enter_context(running(java, log)))
        return self.processes[-1]

    def _configuration(self) -> tuple[str, str]:
        return "--configDir", str(self.directory)

    def _job_server_options(self) -> list[str]:
        artifact, expansion = self._others
        return [
            f"--flink-master=localhost:{self._rest}",
            "--job-host=localhost",
            f"--job-port={self._jobs}",
            f"--artifact-port={artifact}",
            f"--expansion-port={expansion}",
            f"--artifacts-dir={self.directory / 'artifacts'}",
        ]


def _write_boot(path: Path) -> None:
    """One command without arguments, as Beam's PROCESS environment wants it."""
    python = shlex.quote(sys.executable)
    path.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {python} -m tests.flink.worker "$@"\n'
    )
    path.chmod(0o755)
