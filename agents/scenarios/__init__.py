"""The scripted episodes that ship, as data: `clarigym run` plays them."""
