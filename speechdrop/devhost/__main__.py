"""The command `python -m speechdrop.devhost`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import click

from shared.errors import SpeechdropError
from speechdrop.devhost.logs import configure
from speechdrop.devhost.options import HostTimes, Options
from speechdrop.devhost.stopping import Stopping
from speechdrop.devhost.supervisor import Supervisor

_OPTIONS, _TIMES = Options(), HostTimes()
_PATH = click.Path(path_type=Path)
_SECONDS = click.FloatRange(min=0.01)


@click.command(context_settings={"show_default": True})
@click.option(
    "--app", type=_PATH, default=_OPTIONS.app, help="The file that holds the FunctionApp; host.json lies beside it."
)
@click.option(
    "--data", type=_PATH, default=_OPTIONS.data, help="Directory of Azurite, the host's database, keys, processes.json."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_OPTIONS.port,
    envvar="PORT",
    show_envvar=True,
    help="0: any free one.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=_OPTIONS.workers, help="Processes for blob and queue functions."
)
@click.option(
    "--azurite-port",
    type=click.IntRange(0, 65533),
    default=_OPTIONS.azurite_port,
    help="The first of three; 0: any free.",
)
@click.option(
    "--watch/--no-watch", default=_OPTIONS.watch, help="Whether blobs that appear raise events by themselves."
)
@click.option(
    "--invisibility",
    type=click.FloatRange(min=1),
    default=_TIMES.invisibility_seconds,
    help="Seconds a message in work stays hidden.",
)
@click.option(
    "--watch-every", type=_SECONDS, default=_TIMES.watch_seconds, help="Seconds between looks into a container."
)
@click.option(
    "--blob-poll", type=_SECONDS, default=_TIMES.blob_poll_seconds, help="Seconds between looks for blob events."
)
@click.option(
    "--queue-poll",
    type=_SECONDS,
    default=_TIMES.queue_poll_seconds,
    help="Shortest wait between looks into an empty queue.",
)
@click.option(
    "--drain",
    type=click.FloatRange(min=0),
    default=_TIMES.drain_seconds,
    help="Seconds a stop waits for running functions.",
)
@click.option(
    "--identity/--no-identity",
    default=_OPTIONS.identity,
    help="Whether to serve a managed identity; processes.json says how clients find it.",
)
@click.option("--verbose", is_flag=True, envvar="DEVHOST_VERBOSE", help="Also show what functions log, and tracebacks.")
def main(
    app: Path,
    data: Path,
    port: int,
    workers: int,
    azurite_port: int,
    watch: bool,
    invisibility: float,
    watch_every: float,
    blob_poll: float,
    queue_poll: float,
    drain: float,
    identity: bool,
    verbose: bool,
) -> None:
    """Hosts function_app.py on this machine as the Azure Functions host would. Development only.

    Settings come from the environment, then from local.settings.json. Azurite is started and stopped by itself, unless
    AzureWebJobsStorage names another account. host.json is overridden by AzureFunctionsJobHost__a__b, for instance
    AzureFunctionsJobHost__extensions__queues__maxPollingInterval=00:00:00.2. SIGTERM and Ctrl-C drain.
    """
    times = HostTimes(
        invisibility_seconds=invisibility,
        watch_seconds=watch_every,
        blob_poll_seconds=blob_poll,
        queue_poll_seconds=queue_poll,
        drain_seconds=drain,
    )
    options = Options(
        app=app,
        data=data,
        port=port,
        workers=workers,
        azurite_port=azurite_port,
        watch=watch,
        identity=identity,
        verbose=verbose,
        times=times,
    )
    configure("supervisor", verbose=verbose)
    try:
        _run(options)
    except SpeechdropError as error:
        raise click.ClickException(str(error)) from error


def _run(options: Options) -> None:
    stopping = Stopping(signal.SIGTERM, signal.SIGINT)
    with Supervisor(options, os.environ) as supervisor:
        for function in supervisor.functions:
            click.echo(f"{function.name}: {function.trigger or 'disabled'}")
        click.echo(f"Listening on {supervisor.url}; keys in {supervisor.options.keys}")
        sys.stdout.flush()
        supervisor.watch(stopping)


if __name__ == "__main__":
    main()
