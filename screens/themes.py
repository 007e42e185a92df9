"""The two themes, a dark one and a light one."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="clarigym-dark", dark=True, primary="#7aa2c8", secondary="#8f9fb8", accent="#e0a870", foreground="#d6d9de",
    background="#15181d", surface="#1d2128", panel="#262b34", success="#86b58a", warning="#d8b46a", error="#d07a72",
)  # fmt: skip
LIGHT = Theme(
    name="clarigym-light", dark=False, primary="#2f5f8f", secondary="#5a6b85", accent="#a35a14", foreground="#23272e",
    background="#fbfaf7", surface="#f1efe9", panel="#e4e1d8", success="#2f6b38", warning="#8a5a00", error="#a3352b",
)  # fmt: skip
