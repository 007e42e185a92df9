"""How Sphinx builds the site, with the extra `docs`: `python -m sphinx -W --keep-going -n docs site`.

Pages are Markdown and read well on a code host too, so they link to each other and to files of the repository by
relative paths.  The API reference is made from the docstrings of the public names (`sim.__all__` and so on), which
stand on the pages of reference/; a test holds that none is missing.  `-n -W` fails the build for a reference to
anything that is neither public nor another library's.
"""

# pyright: reportMissingImports=false
# (Sphinx is an extra, which a machine that checks types need not have.)
from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

from sphinx.ext.napoleon import Config, GoogleDocstring
from sphinx.pycode import ModuleAnalyzer

ROOT = Path(__file__).resolve().parent.parent

project = "clarigym"
copyright = "the clarigym authors"
release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_heading_anchors = 4
myst_enable_extensions = ["smartquotes"]
default_role = "literal"  # a single backtick in a docstring means code, as in Markdown

html_theme = "furo"
html_title = f"clarigym {release}"
html_copy_source = False
html_show_copyright = False
html_static_path = ["site.css"]
html_css_files = ["site.css"]

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_inherit_docstrings = False
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
add_module_names = False
OTHERS = ("np", "numpy", "scipy", "gymnasium", "collections", "os", "pathlib")
nitpick_ignore_regex = [("py:.*", rf"({other})(\..*)?") for other in OTHERS]
nitpick_ignore = [("py:class", "Fixed"), ("py:class", "Suppress")]  # tyro's marks on fields that are no flags

INTERNAL = {
    "AskedQuestion", "ByValue", "ChatModel", "Checkpoint", "Dialogues", "Dice", "Evidence", "Later", "Manner", "P",
    "Part", "Purpose", "Shown", "StatedFact", "Told", "TrainingProgress", "Users",
}  # fmt: skip
"""Types that signatures of public things mention though they are not public themselves; shown without a link."""
FACES = ("sim", "envs", "agents")
PAGES = {"../CONTRIBUTING.md": "contributing.md", "../CHANGELOG.md": "changelog.md", "../sim/data/README.md": "data.md"}
"""Markdown of the repository that the site shows as pages of its own."""


def public_names() -> dict[str, str]:
    """Where each public thing is defined to the name that it is imported by: `sim.users.rates.Rates` to `sim.Rates`."""
    out = {}
    for face in FACES:
        module = importlib.import_module(face)
        for name in module.__all__:
            thing = getattr(module, name)
            home = getattr(thing, "__module__", None)
            if home and home.split(".")[0] in FACES:
                out[f"{home}.{thing.__qualname__}"] = f"{face}.{name}"
    return out


def link_pages(app: Any, page: str, source: list[str]) -> None:
    """Lead links to the repository's own Markdown to the site's page of it."""
    up = "../" * page.count("/")
    for path, target in PAGES.items():
        source[0] = re.sub(rf"\]\({re.escape(up + path)}(#[^)]*)?\)", rf"]({up}{target}\1)", source[0])


def public_reference(app: Any, env: Any, node: Any, content: Any) -> Any:
    """A type that a signature names by its module, linked under its public name."""
    target = node.get("reftarget", "")
    if target.split(".")[0] in FACES and target.split(".")[-1] in INTERNAL:
        return content
    if (name := app.public_names.get(target)) is None:
        return None
    return env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, node["reftype"], name, node, content)


def docstring(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Sections of a docstring (Args, Returns, Raises) as fields, and the docstring of a constant from its home.

    That of an attribute is one sentence: "(N,) float64: the prior" is no section, though Napoleon would see one.
    """
    if what == "data":
        face, constant = name.split(".")
        homes = importlib.import_module(face)._HOMES
        home = next((module for module, names in homes.items() if constant in names.split()), face)
        lines[:] = ModuleAnalyzer.for_module(home).find_attr_docs().get(("", constant), [])
    elif what not in ("attribute", "property"):
        lines[:] = GoogleDocstring(lines, Config(napoleon_use_rtype=False), app, what, name, thing, options).lines()


def signature(app: Any, what: str, name: str, thing: Any, options: Any, text: str | None, returns: str | None) -> Any:
    """A signature that says something: a protocol is not called, and a factory's default has no expression."""
    if getattr(thing, "_is_protocol", False):
        return "", None
    return (text.replace("<factory>", "...") if text else text), returns


def setup(app: Any) -> None:
    app.public_names = public_names()
    app.connect("autodoc-process-docstring", docstring)
    app.connect("autodoc-process-signature", signature)
    app.connect("source-read", link_pages)
    app.connect("missing-reference", public_reference)
