from pathlib import Path

from schemas import Codec
from streams.catalogue import load_catalogue
from streams.settings import Settings
from tests.cli.conftest import Run
from tests.kafka.reader import Record, read


def activated(records: list[Record]) -> list[tuple[int, str, str]]:
    """Partition, kind and id of each activation."""
    codec = Codec()
    found = [(record.partition, codec.decode(record.value)[1]["activation"]) for record in records]
    return [(partition, activation["kind"], activation["id"]) for partition, activation in found]


def test_new_topics_begin_with_the_shipped_rules_and_policy_in_every_partition(
    momentous: Run, settings: Settings
) -> None:
    told = momentous("topics", "create", settings=settings)
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines()[0] == "topics: 9 created, 0 were there and are right"
    rules = [name.removesuffix(".yaml") for name, _ in load_catalogue()]
    others = [("policy", "outreach"), ("emotions", "emotions")]
    expected = [(p, kind, name) for p in range(4) for kind, name in [*(("rule", rule) for rule in rules), *others]]
    assert sorted(activated(read(settings, "touchpoints"))) == sorted(expected)


def test_topics_that_are_there_get_nothing_published(momentous: Run, topics: Settings) -> None:
    told = momentous("topics", "create", settings=topics)
    assert told.out == "topics: 0 created, 9 were there and are right\n"
    assert read(topics, "touchpoints") == []


def test_a_topic_that_differs_is_refused_with_code_4(momentous: Run, topics: Settings) -> None:
    told = momentous("topics", "create", settings=topics, MOMENTOUS_PARTITIONS="3")
    assert told.code == 4
    assert "touchpoints has 4 partitions, not 3" in told.err


def test_named_files_are_published_alone(momentous: Run, topics: Settings, tmp_path: Path) -> None:
    name, text = load_catalogue()[0]
    (tmp_path / name).write_text(text)
    told = momentous("rules", "publish", name, "--activate", settings=topics)
    assert (told.code, told.out) == (0, "active from here on in 4 partitions: 1 rule, 0 policies\n")
    assert activated(read(topics, "touchpoints")) == [(p, "rule", name.removesuffix(".yaml")) for p in range(4)]


def test_one_bad_file_and_nothing_is_published(momentous: Run, topics: Settings, tmp_path: Path) -> None:
    _, text = load_catalogue()[0]
    (tmp_path / "good.yaml").write_text(text)
    (tmp_path / "bad.yaml").write_text(text.replace("emotion: ", "emotion: very-"))
    told = momentous("rules", "publish", ".", settings=topics)
    assert told.code == 1
    assert told.err.splitlines()[0].startswith("bad.yaml:")
    assert (
        told.err.splitlines()[-1]
        == "error: 1 mistake in rule or policy files, nothing was published; mend what is named above"
    )
    assert read(topics, "touchpoints") == []


def test_the_same_rule_in_two_files_is_a_mistake(momentous: Run, tmp_path: Path) -> None:
    name, text = load_catalogue()[0]
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text(text)
    told = momentous("rules", "publish", "a.yaml", "b.yaml", "--dry-run")
    assert told.code == 1
    assert told.err.startswith(f"b.yaml:1:1: rule {name.removesuffix('.yaml')} stands in a.yaml too; keep one\n")


def test_bytes_that_are_no_text_are_a_mistake_not_a_crash(momentous: Run, tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    told = momentous("rules", "publish", "binary.yaml", "--dry-run")
    assert told.code == 1
    assert told.err.startswith("binary.yaml:1:1: ")
    assert "Traceback" not in told.err


def test_what_is_shipped_is_valid(momentous: Run) -> None:
    told = momentous("rules", "publish", "--dry-run")
    assert (told.code, told.out) == (0, f"valid: {len(load_catalogue())} rules, 1 policy, the emotions\n")
