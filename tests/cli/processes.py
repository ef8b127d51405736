"""Commands in another process, which starts and imports the package once for all of them."""

import json
import subprocess
import sys

PROGRAM = r"""
import json, sys
from sklearn_wtrdf.cli.main import main
for arguments in json.loads(sys.argv[1]):
    try:
        main(arguments)
    except SystemExit as ended:
        for stream in (sys.stdout, sys.stderr):
            print(f"\f{ended.code or 0}\f", end="", file=stream, flush=True)
"""


def run_commands(*commands, **options):
    """Return exit code, output and errors of each command."""
    arguments = json.dumps([list(map(str, command)) for command in commands])
    command = [sys.executable, "-c", PROGRAM, arguments]
    process = subprocess.run(command, check=True, capture_output=True, **options)
    (*out, last), (*err, _) = process.stdout.split(b"\f"), process.stderr.split(b"\f")
    assert last == b""
    return list(zip(map(int, out[1::2]), out[::2], err[::2], strict=True))
