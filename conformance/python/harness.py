"""What every Python client of the suite stands on.

A part of a client (see PARTS in a client's script) runs in a process of its
own, against a gateway and an emulator of its own, on free ports. Its cases are
functions; each ends as one line on standard output and as one JSON line in the
file named by CONFORMANCE_RESULTS.
"""

import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

GEO_MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
BASE_MODEL = "anthropic.claude-haiku-4-5-20251001-v1:0"
MALFORMED_MODEL = "anthropic.claude-3-5-haiku-20241022:0"
TOO_MANY_TOKENS = 5_000_000

# Longest that a stack may take to start or stop, in seconds.
PATIENCE = 20

_BOTH_LISTEN = re.compile(r"the gateway listens on (http://\S+:)(\d+), its emulator on port (\d+)")
_ONE_LISTENS = re.compile(r"the emulator listens on (http://[^;\s]+)")


class _Server:
    """A command of headgate that serves until it is closed, in a folder that has files at first."""

    def __init__(self, command, listens, *flags, files=()):
        self._folder = tempfile.TemporaryDirectory(prefix="headgate-conformance-")
        for name, text in dict(files).items():
            with open(os.path.join(self._folder.name, name), "w", encoding="utf-8") as out:
                out.write(text)
        # The folder is the working directory too: no headgate.yaml of somebody's is read.
        self._process = subprocess.Popen(
            [os.environ["HEADGATE"], command, "--first-token", "0", "--per-token", "0", *flags], cwd=self._folder.name, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        self._found = self._listens(command, listens)
        threading.Thread(target=self._drain, daemon=True).start()

    def _listens(self, command, listens):
        said = []
        for line in self._process.stderr:
            said.append(line)
            if found := listens.search(line):
                return found.groups()
            if line.startswith("headgate: ready"):
                break
        raise RuntimeError(f"headgate {command} did not start: " + "".join(said))

    def _drain(self):
        for _ in self._process.stderr:
            pass

    def control(self, method, path, body):
        """Use a control path of the emulator; its answer, if it has one."""
        request = urllib.request.Request(self.emulator + "/emulator/" + path, json.dumps(body).encode(), method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def fault(self, **fault):
        """Make calls go wrong upstream: the members of the emulator's faults."""
        self.control("PUT", "faults", fault)

    def close(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Emulator(_Server):
    """An emulator alone, of the accounts of a YAML text if there is one."""

    def __init__(self, *flags, accounts=None):
        files = {}
        if accounts:
            files, flags = {"accounts.yaml": accounts}, ("--accounts", "accounts.yaml", *flags)
        super().__init__("emulator", _ONE_LISTENS, "--listen", "127.0.0.1:0", *flags, files=files)
        (self.emulator,) = self._found


class Stack(_Server):
    """A gateway in front of an emulator, as `headgate up` makes them."""

    def __init__(self, *flags):
        super().__init__("up", _BOTH_LISTEN, "--listen", "127.0.0.1:0", "--emulator-listen", "127.0.0.1:0", "--data-dir", "data", *flags)
        host, gateway, emulator = self._found
        self.gateway, self.emulator = host + gateway, host + emulator

    def pool(self):
        """What the emulator counted of GEO_MODEL: every call that reached its quotas."""
        with urllib.request.urlopen(self.emulator + "/emulator/stats", timeout=PATIENCE) as answer:
            stats = json.load(answer)
        for pool in stats["accounts"][0]["pools"]:
            if pool["model"] == BASE_MODEL and pool["path"] == "geo":
                return pool
        raise AssertionError("no call reached the emulator")


class Silence:
    """A server that takes requests and never answers. requests counts them."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self._listener.getsockname()[1]
        self.requests = 0
        self._held = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            self._held.append(connection)
            self.requests += 1


def point_at(url):
    """Direct the clients that are made from now on to url."""
    os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = url


class Client:
    """The record of one client's cases."""

    def __init__(self, name):
        self.name = name
        self.failed = False

    def case(self, name, check):
        """Run check. It passes when it returns, and fails when it raises; what it returns is told."""
        begun = time.monotonic()
        try:
            told, result = check() or {}, "passed"
        except Exception as error:  # whatever a client raises is a finding
            told, result = {"detail": f"{type(error).__name__}: {error}"}, "failed"
            self.failed = True
        self._say(name, result, time.monotonic() - begun, told)

    def _say(self, name, result, seconds, told):
        detail = told.get("detail", "")
        print(f"{result:8}{self.name:28}{name:52}{seconds:6.1f} s  {detail}".rstrip(), flush=True)
        line = {"client": self.name, "case": name, "result": result, "seconds": round(seconds, 1), **told}
        with open(os.environ["CONFORMANCE_RESULTS"], "a", encoding="utf-8") as out:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


def check(condition, what):
    """Fail the case unless condition holds."""
    if not condition:
        raise AssertionError(what)


def together(count, call):
    """Make count calls at the same time and return what they returned."""
    with concurrent.futures.ThreadPoolExecutor(count) as threads:
        return [f.result() for f in [threads.submit(call, i) for i in range(count)]]


def untouched(stack, calls):
    """Check that exactly calls reached the upstream, and that it throttled none."""
    pool = stack.pool()
    check(pool["requests"] == calls, f"{pool['requests']} upstream calls, want {calls}")
    check(not any(pool["throttled"].values()), f"throttled upstream: {pool['throttled']}")


def forecast_schema():
    """A tool's input schema with something of each kind to get wrong."""
    return {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer", "minimum": 1, "maximum": 7},
        },
        "required": ["city", "unit", "days"],
    }


def conforms(value):
    """Check value against forecast_schema."""
    check(set(value) == {"city", "unit", "days"}, f"members {sorted(value)}")
    check(isinstance(value["city"], str), f"city {value['city']!r}")
    check(value["unit"] in ("celsius", "fahrenheit"), f"unit {value['unit']!r}")
    check(type(value["days"]) is int and 1 <= value["days"] <= 7, f"days {value['days']!r}")


def main(client, parts):
    """Run the part that the command line names, and exit with 1 if a case failed."""
    parts[sys.argv[1]](client)
    sys.exit(1 if client.failed else 0)
