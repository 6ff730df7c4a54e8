"""The peers that we are measured beside, each a small program as its documentation would write it.

Each counts events per customer in its own state, and is spared what the worker does: it gets the
record's bytes and decodes nothing, detects nothing, uses no transactions. A peer is called with
broker, topic, application id, folder and number of records; when it has handled that many it
writes ``{"records", "seconds"}``, from the end of its warm-up to its last record, and ends.
"""
