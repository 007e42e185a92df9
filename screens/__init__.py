"""Screens and widgets of the app.  None imports numpy before a game is loaded: the first paint waits for nothing."""
