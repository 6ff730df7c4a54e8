"""``momentous policy publish``."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

_DETECT = re.compile(r"^detect\s*:", re.MULTILINE)


def publish(
    path: Annotated[Path | None, typer.Argument(help="A policy file; none: the shipped one.", metavar="FILE")] = None,
    activate: Annotated[bool, typer.Option("--activate", help="Let it decide at once.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only validate and test.")] = False,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Rules of your own whose moments it answers, besides the shipped ones."),
    ] = None,
    wait: Annotated[
        float,
        typer.Option("--wait", help="Look for so many seconds until every partition's worker follows.", min=0, max=600),
    ] = 0,
) -> int:
    """Check a policy, run its tests, and put it into the log; it decides nothing before it is activated.

    One error of lint, or one test that fails, and nothing is published; warnings are told and do not stop it.
    """
    from streams.authoring.policies import read_policy_file, rule_texts, shipped_policy_file
    from streams.cli.console import complain, say
    from streams.cli.failures import REFUSED, USAGE
    from streams.cli.publish_gate import refused_policy
    from streams.cli.rule_changes import tell_who_follows
    from streams.codec import make_codec
    from streams.controls import ACTIVATE, PUBLISH, activation
    from streams.definition_files import kind_of
    from streams.live_changes import send_changes
    from streams.outreach import PolicyFileError, parse_policy
    from streams.publishing import require_topic
    from streams.settings import load_settings

    settings = load_settings()
    file = read_policy_file(path) if path is not None else shipped_policy_file()
    if kind_of(file.text) != "policy" and _DETECT.search(file.text):
        complain(f"error: {file.filename} is a rule, not a policy; publish it with `momentous rules publish`")
        return USAGE
    if not dry_run:
        with suppress(PolicyFileError):  # its mistakes are named below, and first
            parse_policy(file.text, file.filename)
            require_topic(settings)  # the tests take long, and are in vain without it
    failures = refused_policy(file, rule_texts(rules or ()))
    if failures:
        complain(f"error: {failures}; nothing was published; mend what is named above")
        return REFUSED
    policy = parse_policy(file.text, file.filename)
    named = f"policy {policy.id} v{policy.version}"
    if dry_run:
        say(f"valid: {named}")
        return 0
    change = activation("policy", policy.id, policy.version, file.text, ACTIVATE if activate else PUBLISH)
    partitions = send_changes(settings, make_codec(settings), [change])
    if not activate:
        say(f"published in {partitions} partitions: {named}")
        say(f"let it decide with: momentous policy activate {policy.id} {policy.version}")
        return 0
    say(f"{named} decides from here on in {partitions} partitions")
    return tell_who_follows(settings, [change], wait)
