from streams.settings import Settings
from tests.cli.conftest import Run


def test_more_processes_than_partitions_are_wrong_use_before_anything_is_started(inside: Run) -> None:
    told = inside("worker", "--processes", "5", settings=Settings(partitions=4, kafka_bootstrap="localhost:1"))
    assert (told.code, told.err) == (
        2,
        "error: worker_processes 5: there are 4 partitions, and a process without one has nothing to do; "
        "set MOMENTOUS_WORKER_PROCESSES (or --processes) to 4 or less, or to 0\n",
    )


def test_the_option_outranks_the_setting(inside: Run) -> None:
    told = inside("worker", "--processes", "5", settings=Settings(worker_processes=6))
    assert "worker_processes 5: there are 4 partitions" in told.err
