"""``python -m tests.conformance FILE``: published behaviour of other engines, run on this one."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from tests.conformance.run import run_case

USAGE = "usage: python -m tests.conformance FILE"


def main(arguments: list[str]) -> int:
    """Run every case of a file. 0: none failed; 1: some did; 2: the file cannot be used."""
    if len(arguments) != 1:
        sys.stderr.write(f"{USAGE}\n")
        return 2
    try:
        cases = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))["cases"]
        verdicts = [run_case(case) for case in cases]
    except (OSError, ValueError, LookupError, TypeError) as error:
        sys.stderr.write(f"{arguments[0]}: {type(error).__name__}: {error}; give a file of cases\n")
        return 2
    counts: Counter[str] = Counter(verdict.result for verdict in verdicts)
    for verdict in verdicts:
        if verdict.result != "passed":
            sys.stdout.write(f"{verdict.result} {verdict.case}: {verdict.detail}\n")
    sys.stdout.write(f"{counts['passed']} passed, {counts['failed']} failed, {counts['refused']} refused\n")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
