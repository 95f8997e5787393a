"""The comparisons. Each module has measure(data, folder) -> list of Result and Skip."""
