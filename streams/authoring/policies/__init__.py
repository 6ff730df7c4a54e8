"""What journey owners need to write a policy: its tests run, its slips found, its meaning told."""

from streams.authoring.policies.explanation import explained_policy
from streams.authoring.policies.lint import lint_policy
from streams.authoring.policies.policy_files import PolicyFile, read_policy_file, rule_texts, shipped_policy_file
from streams.authoring.policies.trial import PolicyTrial, told, try_policy

__all__ = [
    "PolicyFile",
    "PolicyTrial",
    "explained_policy",
    "lint_policy",
    "read_policy_file",
    "rule_texts",
    "shipped_policy_file",
    "told",
    "try_policy",
]
