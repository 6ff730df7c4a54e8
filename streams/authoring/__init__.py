"""What journey owners need to write rules: their tests run, their slips found, their meaning told."""

from streams.authoring.explanation import drawn, explained
from streams.authoring.finding import Finding
from streams.authoring.lint import lint
from streams.authoring.rule_files import (
    RuleFile,
    find_rule_file,
    read_rule_files,
    shipped_policy_text,
    shipped_rule_files,
)
from streams.authoring.trial import Trial, told, try_rule

__all__ = [
    "Finding",
    "RuleFile",
    "Trial",
    "drawn",
    "explained",
    "find_rule_file",
    "lint",
    "read_rule_files",
    "shipped_policy_text",
    "shipped_rule_files",
    "told",
    "try_rule",
]
