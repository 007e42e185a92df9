"""What in a text may be meant: names, other words for values, flags and numbers, and what stands about each."""
