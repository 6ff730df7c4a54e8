"""A customer's live state for systems that talk to the customer at this moment: view, API, routing."""
