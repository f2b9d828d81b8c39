"""What the office writes beside its cases: internal notes, and the sheets of batch decisions."""
