"""What must not break, shown by faults on real brokers and real processes, each with its sabotage."""
