"""azd's last hook: whether what was deployed works. Probes the endpoint's promise, drops a word, awaits its manifest.

It enters as the person who deployed does (`az login`, or azd's own), so that person needs the data roles that
docs/deploy.md names. What it made it removes, where it went well; where not, it stays to be looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from infra.hooks.az import HookFailed
from infra.hooks.connecting import endpoint, inbox_and_results
from infra.hooks.patience import Patience
from shared.batchapi.versions import VERSIONS
from shared.errors import SettingsError, SpeechdropError, StorageError
from shared.pipeline.probes import WORD, Finding, Probe, Verdict, probe
from shared.ports import Blobs, SpeechApi
from shared.settings import Settings

FOLDER = "speechdrop-smoke"
NETWORK = "PRIVATE_NETWORK"
"""The flag of infra/main.bicep by which the storage account takes requests from its own network only."""
_SLOW_SECONDS = 60
"""An event, and a cold start, take less."""
_PROBE_SECONDS = 300
"""For what passes: roles that were just given are not seen everywhere at once."""

Print = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoke:
    """What the test works on."""

    settings: Settings
    speech: SpeechApi
    inbox: Blobs
    results: Blobs
    say: Print

    @classmethod
    def of(cls, environ: Mapping[str, str], say: Print) -> Smoke:
        """By azd's environment. Raises SettingsError, HookFailed."""
        # The host's own storage is the app's affair: the test sees the system from outside.
        settings = Settings.from_env({"AzureWebJobsStorage__blobServiceUri": "https://unused.invalid", **environ})
        inbox, results = inbox_and_results(settings, environ)
        return cls(settings=settings, speech=endpoint(settings, environ), inbox=inbox, results=results, say=say)

    def probe(self, patience: Patience, pause: Callable[[float], None] = time.sleep) -> Finding:
        """The promise of the endpoint's version; asked again while nothing is decided."""
        given = Probe(
            api=self.speech,
            version=VERSIONS[self.settings.speech_api_version],
            voice=self.settings.voice,
            output_format=self.settings.output_format,
            window=timedelta(seconds=self.settings.accept_window_seconds),
            clock=lambda: datetime.now(UTC),
            pause=pause,
            new_id=lambda: uuid4().hex,
        )
        while (finding := probe(given)).verdict is Verdict.UNDECIDED and patience.wait():
            pass
        return finding

    def drop(self, path: str, patience: Patience) -> str:
        """The ETag of a document of one word. Raises HookFailed."""
        while True:
            try:
                return self.inbox.write(path, WORD.encode(), content_type="text/plain; charset=utf-8", new=True)
            except SpeechdropError as error:
                if not patience.wait():
                    raise HookFailed(f"The word could not be dropped. {remedy(error)}") from error

    def await_manifest(self, path: str, etag: str, patience: Patience) -> Mapping[str, Any]:
        """Raises HookFailed: there is none in time."""
        name, failure = f"{path}/manifest.json", ""
        while True:
            try:
                if self.results.head(name):
                    manifest: Mapping[str, Any] = json.loads(self.results.read(name))
                    if manifest["source"]["etag"].strip('"') == etag.strip('"'):
                        return manifest
            except SpeechdropError as error:
                failure = f" {remedy(error)}"
            if not patience.wait():
                raise HookFailed(
                    f"'{path}' was dropped into '{self.settings.inbox_container}', and has no manifest in "
                    f"'{self.settings.results_container}' yet.{failure} Look at the log of pipeline_intake (no event "
                    "came?), pipeline_poll (no endpoint?) and pipeline_finish, and at the dead-letter container."
                )

    def check(self, path: str, manifest: Mapping[str, Any]) -> None:
        """Raises HookFailed: it failed, or a file that it lists is not there as it says."""
        if manifest["status"] != "FINISHED":
            error = manifest["error"] or {}
            raise HookFailed(f"'{path}' ended {manifest['status']}: {error.get('why')} {error.get('remedy')}")
        for item in manifest["audio"]["inputs"]:
            found = self.results.head(item["file"])
            if not found or found.size != item["bytes"] or not found.size:
                raise HookFailed(f"The manifest of '{path}' lists {item['file']}, which is not there as it says.")

    def remove(self, path: str, manifest: Mapping[str, Any]) -> None:
        """What the test made, best effort: the rest is a word's worth."""
        made = [f"{path}/manifest.json", *(item["file"] for item in manifest["audio"]["inputs"])]
        try:
            self.inbox.delete(path)
            for name in made:
                self.results.delete(name)
        except SpeechdropError as error:
            self.say(f"What the test made in {FOLDER}/ could not be removed: {error}")


def remedy(error: SpeechdropError) -> str:
    """What storage said, and what to do."""
    said = str(error)
    if isinstance(error, StorageError) and error.status == 403:
        network = "AuthorizationFailure" in said
        advice = (
            "The account takes no requests from here; run this from inside its network."
            if network
            else "You need the role Storage Blob Data Contributor on the account; a new one takes minutes to be seen."
        )
        return f"{said} {advice}"
    return said


def speed(manifest: Mapping[str, Any], dropped: datetime) -> str:
    """When it was taken in and spoken; that its event came late shows in the first."""
    taken, ended = ((datetime.fromisoformat(manifest[name]) - dropped).total_seconds() for name in ("created", "ended"))
    late = "; its event came late, or not at all and a sweep found it: look at the dead-letter container"
    return f"taken in after {taken:.0f} s{late if taken > _SLOW_SECONDS else ''}, spoken after {ended:.0f} s"


def test(smoke: Smoke, patience: float) -> None:
    """Raises HookFailed: a promise was seen broken, or the word did not come back as speech."""
    finding = smoke.probe(Patience(min(_PROBE_SECONDS, patience)))
    smoke.say(f"{finding.promise}: {finding.verdict.value}. {finding.why}")
    path, waiting = f"{FOLDER}/{uuid4().hex}.txt", Patience(patience)
    etag = smoke.drop(path, waiting)
    dropped = smoke.inbox.head(path)
    manifest = smoke.await_manifest(path, etag, waiting)
    smoke.check(path, manifest)
    smoke.say(f"A word was {speed(manifest, dropped.modified if dropped else datetime.now(UTC))}.")
    smoke.remove(path, manifest)
    if finding.verdict is Verdict.BROKEN:
        raise HookFailed(
            f"The endpoint breaks a promise that no text is paid for twice by: {finding.promise}. {finding.why} "
            "Do not run the pipeline against it; see docs/protocol.md."
        )


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.hooks.smoke", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--patience", type=float, default=900, metavar="SECONDS", help="for the word's manifest")
    options = parser.parse_args(arguments)
    if environ.get(NETWORK, "").lower() == "true":
        print("Smoke: not run: the storage account takes requests from its own network only. docs/deploy.md, Networks.")
        return 0
    try:
        test(Smoke.of(environ, lambda line: print(f"Smoke: {line}", flush=True)), options.patience)
    except (HookFailed, SettingsError) as error:
        print(f"Smoke: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
