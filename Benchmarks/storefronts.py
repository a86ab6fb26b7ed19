"""Agents with a storefront each, as processes, for the benchmarks that need real hosts."""

import http.client
import os
import subprocess

from lab import ROOT, Server, wait

SERVICE = """\
kind: Service
name: storefront
run:
  command: ["./storefront"]
  listen: "${ADDRESS}:8000"
  handover: socket
  ready: { notify: true, within: 20s }
  drain: 5s
plan:
  waves: [{ name: all, hosts: 100%, maxUnavailable: 100%, bake: 0s }]
  watch: 1h
  rollback: { to: previous, maxUnavailable: 100% }
"""


class Storefronts:
    def __init__(self, lab, port, addresses):
        self.lab, self.addresses = lab, addresses
        self.server = Server(lab, port)
        for address in addresses:
            lab.start(
                [lab.program("halcyon"), "agent", "--server", f"http://127.0.0.1:{port}", "--name", name(address),
                 "--address", address, "--data", f"{lab.folder}/{name(address)}", "--join-token",
                 self.server.join_token],
                log=name(address) + ".log")
        wait("the agents to join", lambda: self.server.call("GET", "/v1/status")["connectedHosts"] == len(addresses))
        self.server.apply(SERVICE)

    def pack(self, version, megabytes=0):
        path = f"{self.lab.folder}/{version}.tar"
        script = os.path.join(ROOT, "Examples/storefront/package.sh")
        subprocess.run(
            [script, "--output", path, "--binary", self.lab.program("storefront"), "--pad", str(megabytes),
             f"version={version}"], check=True)
        return path

    def deploy(self, version, path=None):
        """The command of a person; it ends when the rollout has begun."""
        arguments = [self.lab.program("halcyon"), "deploy", "storefront", "--version", version]
        environment = dict(
            os.environ, HALCYON_SERVER=f"http://127.0.0.1:{self.server.port}", HALCYON_TOKEN=self.server.token)
        result = subprocess.run(
            arguments + (["--artifact", path] if path else []), env=environment, capture_output=True, text=True)
        if result.returncode:
            raise RuntimeError(result.stdout + result.stderr)

    def wait_until_served(self, version):
        """Until every host answers with this version."""
        missing = set(self.addresses)

        def all_serve():
            for address in list(missing):
                if served(address) == version:
                    missing.discard(address)
            return not missing

        wait(f"{version} to be served everywhere", all_serve, every=0.01)

    def wait_until_settled(self):
        wait("the rollout's end", lambda: self.server.phase("storefront") in ("watching", "done", "rolledBack"), every=0.05)

    def clear(self):
        """Ends the services, which would outlive their agents."""
        if self.server.phase("storefront") == "watching":
            self.server.call("POST", "/v1/rollouts/storefront/promote", {"reason": "", "full": True})
            wait("the watch's end", lambda: self.server.phase("storefront") == "done", every=0.1)
        self.server.call("DELETE", "/v1/services/storefront")
        wait("the services to end", lambda: all(served(address) is None for address in self.addresses), every=0.1)


def name(address):
    return "h" + address.replace(".", "-")


def served(address):
    connection = http.client.HTTPConnection(address, 8000, timeout=2)
    try:
        connection.request("GET", "/version")
        return connection.getresponse().read().decode().strip()
    except OSError:
        return None
    finally:
        connection.close()
