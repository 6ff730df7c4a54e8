"""The touchpoint vocabulary: types, properties, units. Pure."""
