"""The agents that ship, one idea a file, and the rule by which all of them stop."""
