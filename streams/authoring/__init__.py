"""What journey owners need to write rules: their tests run, their slips found, their meaning told."""

from streams.authoring.explanation import drawn, explained
from streams.authoring.rule_files import (
    RuleFile,
    find_rule_file,
    read_rule_files,
    shipped_policy_text,
    shipped_rule_files,
)
from streams.authoring.trial import Trial, told, try_rule

__all__ = [
    "RuleFile",
    "Trial",
    "drawn",
    "explained",
    "find_rule_file",
    "read_rule_files",
    "shipped_policy_text",
    "shipped_rule_files",
    "told",
    "try_rule",
]
