"""The demo: the whole pipeline on one machine, with nothing but Python."""

from streams.demo.run import DemoFailed, run_demo

__all__ = ["DemoFailed", "run_demo"]
