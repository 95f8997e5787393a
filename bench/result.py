"""What rows measure: comparisons, tables of plain figures, and what could not run."""
import dataclasses


@dataclasses.dataclass
class Result:
    """`ours` against `theirs`, both in `unit`. ratio: what the aim is about. is_least: the aim is a lower bound."""
    what: str
    against: str
    ours: float
    theirs: float
    unit: str
    ratio: float
    aim: float
    is_least: bool = False
    note: str = ""

    def holds(self):
        return self.ratio >= self.aim if self.is_least else self.ratio <= self.aim


@dataclasses.dataclass
class Table:
    """Figures without an aim. text: what stands above them. rows: a name, then a figure for each further word of the head."""
    text: str
    head: list
    rows: list


@dataclasses.dataclass
class Skip:
    """A comparison that did not run, and why."""
    what: str
    why: str
    is_failure: bool = False
