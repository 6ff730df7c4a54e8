"""``python -m benchmarks [NAME] [OPTIONS]``: all benchmarks at full count, or one as small as wanted."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException

from benchmarks import (
    absence,
    backtest,
    codec,
    delivery,
    drain,
    engine,
    growth,
    latency,
    live_state,
    loader,
    memory,
    policy,
    restore,
    vocabulary,
)
from benchmarks.definitions import RULES
from benchmarks.report import Table, machine, progress
from tests.kafka.jars import BrokerUnavailable

RESULT = Path("bench.json")


def main(argv: list[str] | None = None) -> int:
    """Run what was asked for, print its tables; all of them also go to ``bench.json``. Returns the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every process it started ends too
    parser = _parser()
    chosen = parser.parse_args(argv)
    # Without a name: every one, with its defaults.
    asked = [chosen] if chosen.name else [parser.parse_args([name]) for name in _EVERY]
    tables: list[Table] = []
    failed = False
    try:
        about = machine()
        for options in asked:
            try:
                tables.append(options.run(options))
                tables[-1].show()
            except BrokerUnavailable:
                raise
            except (RuntimeError, OSError, subprocess.TimeoutExpired, KafkaException) as error:
                failed = True
                print(f"error: {options.name}: {error}", file=sys.stderr)
    except BrokerUnavailable as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; nothing is left running", file=sys.stderr)
        return 130
    print("measured on: " + "; ".join(f"{name} {value}" for name, value in about.items()))
    if not chosen.name:
        found = [vars(table) for table in tables]
        RESULT.write_text(json.dumps({"machine": about, "benchmarks": found}, indent=2) + "\n")
        progress(f"written to {RESULT}")
    return 1 if failed else 0


_EVERY = (
    "codec",
    "vocabulary",
    "engine",
    "growth",
    "policy",
    "drain",
    "latency",
    "absence",
    "memory",
    "restore",
    "loader",
    "delivery",
    "live_state",
    "backtest",
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Without a name: all, at full count.")
    names = parser.add_subparsers(dest="name", metavar="NAME")

    one = _named(names, "codec", codec.__doc__)
    one.add_argument("--records", type=int, default=200_000)
    one.add_argument("--runs", type=int, default=5)
    one.set_defaults(run=lambda chosen: codec.run(chosen.records, chosen.runs))

    one = _named(names, "vocabulary", vocabulary.__doc__)
    one.add_argument("--touchpoints", type=int, default=2_000)
    one.add_argument("--runs", type=int, default=200)
    one.set_defaults(run=lambda chosen: vocabulary.run(chosen.touchpoints, chosen.runs))

    one = _named(names, "engine", engine.__doc__)
    one.add_argument("--touchpoints", type=int, default=60_000)
    one.add_argument("--runs", type=int, default=5)
    one.set_defaults(run=lambda chosen: engine.run(chosen.touchpoints, chosen.runs))

    one = _named(names, "growth", growth.__doc__)
    one.add_argument("--points", type=_numbers, default=growth.POINTS, help="touchpoints: 3000,10000,30000")
    one.add_argument("--processes", type=int, default=2, help="over which the cases are spread")
    one.set_defaults(run=lambda chosen: growth.run(chosen.points, chosen.processes))

    one = _named(names, "policy", policy.__doc__)
    one.add_argument("--touchpoints", type=int, default=60_000)
    one.add_argument("--customers", type=int, default=3_000)
    one.add_argument("--runs", type=int, default=9)
    one.add_argument("--consenting", type=float, default=1.0, help="share of the customers who agreed to anything")
    one.add_argument("--worker-runs", type=int, default=3, help="with a real broker; 0: the core alone")
    one.set_defaults(
        run=lambda chosen: policy.run(
            chosen.touchpoints, chosen.customers, chosen.runs, chosen.worker_runs, chosen.consenting
        )
    )

    one = _named(names, "drain", drain.__doc__)
    one.add_argument("--touchpoints", type=int, default=400_000)
    one.add_argument("--runs", type=int, default=5)
    one.add_argument("--faust-touchpoints", type=int, default=60_000, help="the plain Faust agent drains fewer")
    one.add_argument("--peers", type=_words, default=("faust", "quix"), help="faust,quix or '' for none")
    one.add_argument("--history", action="store_true", help="clock of the touchpoints: absences fall due meanwhile")
    one.add_argument("--workers", type=int, default=1, help="also with a worker of so many processes, at most 4")
    one.add_argument("--rules", choices=RULES, default="all", help="active beside the policy; eight: those of calls")
    one.set_defaults(
        run=lambda chosen: drain.run(
            chosen.touchpoints,
            chosen.runs,
            min(chosen.faust_touchpoints, chosen.touchpoints),
            chosen.peers,
            chosen.history,
            chosen.workers,
            chosen.rules,
        )
    )

    one = _named(names, "latency", latency.__doc__)
    one.add_argument("--rates", type=_numbers, default=latency.RATES, help="touchpoints a second: 5000,10000")
    one.add_argument("--seconds", type=int, default=20, help="measured at each rate, after the warm-up")
    one.add_argument("--processes", type=int, default=1, help="of the one worker, at most 4")
    one.set_defaults(run=lambda chosen: latency.run(chosen.rates, chosen.seconds, chosen.processes))

    one = _named(names, "absence", absence.__doc__)
    one.add_argument("--flows", type=int, default=400)
    one.set_defaults(run=lambda chosen: absence.run(chosen.flows))

    one = _named(names, "memory", memory.__doc__)
    one.add_argument("--touchpoints", type=int, default=1_000_000)
    one.set_defaults(run=lambda chosen: memory.run(chosen.touchpoints))

    one = _named(names, "restore", restore.__doc__)
    one.add_argument("--customers", type=int, default=1_000_000)
    one.add_argument("--runs", type=int, default=5)
    one.set_defaults(run=lambda chosen: restore.run(chosen.customers, chosen.runs))

    one = _named(names, "loader", loader.__doc__)
    one.add_argument("--touchpoints", type=int, default=400_000)
    one.set_defaults(run=lambda chosen: loader.run(chosen.touchpoints))

    one = _named(names, "delivery", delivery.__doc__)
    one.add_argument("--triggers", type=int, default=5_000)
    one.add_argument("--runs", type=int, default=3)
    one.set_defaults(run=lambda chosen: delivery.run(chosen.triggers, chosen.runs))

    one = _named(names, "live_state", live_state.__doc__)
    one.add_argument("--requests", type=int, default=500, help="a second")
    one.add_argument("--touchpoints", type=int, default=10_000, help="a second, for the worker that is asked")
    one.add_argument("--seconds", type=int, default=20, help="measured, after the warm-up")
    one.set_defaults(run=lambda chosen: live_state.run(chosen.requests, chosen.touchpoints, chosen.seconds))

    one = _named(names, "backtest", backtest.__doc__)
    one.add_argument("--touchpoints", type=int, default=40_000)
    one.set_defaults(run=lambda chosen: backtest.run(chosen.touchpoints))
    return parser


def _named(names: Any, name: str, about: str | None) -> argparse.ArgumentParser:
    told = (about or "").splitlines()[0]
    parser: argparse.ArgumentParser = names.add_parser(name, help=told, description=told)
    return parser


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word for word in text.split(",") if word)
    if set(words) - {"faust", "quix"}:
        raise argparse.ArgumentTypeError(f"{text!r}: peers are faust and quix")
    return words


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write whole numbers, like 5000,10000") from None


if __name__ == "__main__":
    sys.exit(main())
