"""Which question to ask: expected information gain and the certified choice."""
