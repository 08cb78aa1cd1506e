"""Resolves nmstate policies by nmstate itself, as the nmstate operator does on a node."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Self

from judges import cache
from judges.processes import end

if TYPE_CHECKING:
    from types import TracebackType

Document = dict[str, Any]


class PolicyError(Exception):
    """nmstate refused a policy, in its own words."""


class Nmstate:
    """One process for many policies: `with Nmstate() as nmstate: nmstate.resolve(...)`."""

    def __enter__(self) -> Self:
        """Start the process."""
        command = ["setpriv", "--pdeathsig", "KILL", str(cache.folder("nmstate") / "nmresolve")]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        end(self._process)

    def resolve(self, policy: Document, current: Document) -> Document:
        """Return a policy's desired state with its captures filled in from a node's state.

        `policy` is the spec of a NodeNetworkConfigurationPolicy (capture, desiredState), or the
        whole object; `current` what `nmstatectl show` prints. PolicyError carries the refusal.
        """
        spec = policy.get("spec", policy)
        wanted = {key: spec[key] for key in ("capture", "desiredState") if key in spec}
        asked, answered = self._process.stdin, self._process.stdout
        if asked is None or answered is None:
            raise PolicyError("nmresolve has no pipes")
        asked.write(json.dumps({"policy": wanted, "current": current}) + "\n")
        asked.flush()
        line = answered.readline()
        if not line:
            raise PolicyError(f"nmresolve ended with {self._process.poll()}")
        answer: Document = json.loads(line)
        if "error" in answer:
            raise PolicyError(answer["error"])
        resolved: Document = answer["resolved"]
        return resolved
