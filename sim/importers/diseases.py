"""Conditions with lists of evidences, and evidences with their questions as text: JSON, as DDXPlus lays it out.

    {"Flu": {"symptoms": {"fever": {}, "pain_at": ["head"]}, "antecedents": {}}}     conditions
    {"fever": {"question_en": "Do you have a fever?"},                               evidences
     "pain_at": {"question_en": "Where does it hurt?"}}

Conditions are an object by name or a list of objects with a name; `symptoms`, `antecedents` and `evidences` are each a
list of ids, or an object of ids.  An evidence that no list of a condition holds is none of its signs; a facet of values
says so by `NONE`.  Evidences are an object of texts or of objects, or a list of objects with a name.  One file may hold
both, as `conditions` and `evidences`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sim.catalogue.catalogue import CatalogueError
from sim.files import LARGEST, parse_json, read_text
from sim.importers.imported import Facets, Imported, clean, clean_name
from sim.names.did_you_mean import did_you_mean

GROUPS = ("symptoms", "antecedents", "evidences")
"""Keys of a condition that list its evidences."""
NAMES = ("name", "cond-name-eng", "condition_name")
"""Keys of a condition that may hold its name, the first that is there."""
WEIGHTS = ("prior", "prevalence", "weight")
"""Keys of a condition that may hold its weight."""
QUESTIONS = ("question_en", "question", "text")
"""Keys of an evidence that may hold its question."""
NONE = "none"
"""The value of a condition that has none of a facet's."""
Shape = Literal["flags", "lists"]
"""Evidences as flags, each with its question; or as lists, which allow the open question too."""


@dataclass(frozen=True, kw_only=True)
class Sign:
    """A sign that a condition may have."""

    label: str
    """What it is called."""
    text: str
    """Its question, "" where none is given."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The values that it may have, by their ids; empty where anything is allowed."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A condition with its signs."""

    name: str
    weight: float | None
    signs: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Group to evidence to its values, none for one that is merely there."""


def import_diseases(path: Path, *, evidences: Path | None = None, shape: Shape = "flags") -> Imported:
    """The table and sidecar of conditions.

    Args:
        path: the conditions.
        evidences: the file of evidences, where it is another.
        shape: "flags": a yes/no facet an evidence; "lists": a facet of named values for each of `GROUPS`.

    Raises:
        CatalogueError: not JSON, of another shape, an id twice or one that isn't there; with its place.
    """
    data = _json(path)
    told, place = None, str(path)
    if isinstance(data, dict) and "conditions" in data:
        data, told = data["conditions"], data.get("evidences")
    if evidences is not None:
        told, place = _json(evidences), str(evidences)
        told = told["evidences"] if isinstance(told, dict) and set(told) == {"evidences"} else told
    known = None if told is None else _evidences(told, f"{place}, evidences")
    cases = _cases(data, f"{path}, conditions", known)
    used = {key: None for case in cases for group in case.signs.values() for key in group}
    known = known or {key: Sign(label=clean(key.replace("_", " ")), text="") for key in used}
    facets = Facets({"name": [case.name for case in cases]})
    sidecar: dict[str, Any] = {"name": "name", "noun": "condition", "prior": "", "source": path.name}
    if any(case.weight is not None for case in cases):
        facets.columns["prior"] = [_weight(case, str(path)) for case in cases]
        sidecar["prior"] = "prior"
    valued = [key for key in used if any(g.get(key) for case in cases for g in case.signs.values())]
    plain = [key for key in used if key not in valued]
    (_add_flags if shape == "flags" else _add_lists)(facets, cases, known, plain)
    for key in valued:
        _add_values(facets, cases, known[key], key)
    unused = [key for key in known if key not in used]
    notes = (f"{len(unused):,} of the evidences belong to no condition and are left out",) if unused else ()
    return Imported(
        columns=facets.columns, sidecar=sidecar | {"facets": facets.tables}, notes=(*notes, *facets.notes())
    )


# --- facets ------------------------------------------------------------------------------------------------------


def _add_flags(facets: Facets, cases: list[Case], known: Mapping[str, Sign], keys: list[str]) -> None:
    for key in keys:
        cells = ["yes" if any(key in group for group in case.signs.values()) else "no" for case in cases]
        facets.add_flag(known[key].label, known[key].text, cells)


def _add_lists(facets: Facets, cases: list[Case], known: Mapping[str, Sign], keys: list[str]) -> None:
    wanted = set(keys)
    for name in GROUPS:
        held = [[key for key in case.signs.get(name, {}) if key in wanted] for case in cases]
        texts = {known[key].label: known[key].text for cell in held for key in cell if known[key].text}
        if any(held):
            cells = [[known[key].label for key in cell] or [NONE] for cell in held]
            texts |= {NONE: f"Are there no {name}?"} if [NONE] in cells else {}
            facets.add_lists(name, cells, **({"questions": texts} if texts else {}))


def _add_values(facets: Facets, cases: list[Case], evidence: Sign, key: str) -> None:
    """A facet of its own for an evidence that has values."""
    cells = [[evidence.values.get(value, value) for group in case.signs.values() for value in group.get(key, ())]
             or [] if any(key in group for group in case.signs.values()) else [NONE] for case in cases]  # fmt: skip
    asked = evidence.text.replace("{value}", "value")
    words: dict[str, Any] = {"open": asked, "yesno": f"{asked} Is it {{value}}?"} if asked else {}
    facets.add_lists(evidence.label, cells, **words)


# --- reading -----------------------------------------------------------------------------------------------------


def _json(path: Path) -> Any:
    """What a file says; an object that holds a key twice is refused, for one of the two would be lost."""
    text = read_text(path, CatalogueError, LARGEST).lstrip("\ufeff")
    parse_json(text, str(path), CatalogueError)

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, value in pairs:
            if key in out:
                raise CatalogueError(f"{path}: the id '{key}' stands twice in one object; keep one")
            out[key] = value
        return out

    return json.loads(text, object_pairs_hook=distinct)


def _evidences(told: Any, where: str) -> dict[str, Sign]:
    """Evidences by id."""
    out: dict[str, Sign] = {}
    labels: dict[str, str] = {}
    for key, one, place in _listed(told, where, ("name", "id"), "a question, or an object that holds one"):
        told_of = {"question": one} if isinstance(one, str) else one
        text = next((told_of[k] for k in QUESTIONS if k in told_of), "")
        if not isinstance(text, str):
            raise CatalogueError(f"{place}: the question is {text!r}; it must be a text")
        label = clean_name(str(told_of.get("label", key.replace("_", " "))), place)
        if label in labels:
            raise CatalogueError(f"{place}: it is called '{label}' as '{labels[label]}' is; their labels must differ")
        labels[label] = key
        out[key] = Sign(label=label, text=clean(text), values=_values(told_of, place))
    return out


def _values(told: Mapping[str, Any], place: str) -> dict[str, str]:
    """What the values of an evidence are called."""
    meanings = told.get("value_meaning", {})
    allowed = told.get("possible-values", told.get("values", list(meanings) if isinstance(meanings, dict) else []))
    if not isinstance(meanings, dict) or not isinstance(allowed, list):
        raise CatalogueError(f"{place}: value_meaning must be an object, possible-values a list")
    said = {key: one.get("en", key) if isinstance(one, dict) else one for key, one in meanings.items()}
    return {str(key): clean_name(str(said.get(str(key), key)), f"{place}, value '{key}'") for key in allowed}


def _cases(data: Any, where: str, known: Mapping[str, Sign] | None) -> list[Case]:
    out: dict[str, str] = {}
    cases = []
    for key, one, place in _listed(data, where, (*NAMES, "id"), "an object"):
        if not isinstance(one, dict):
            raise CatalogueError(f"{place}: {_kind(one)} where an object with {', '.join(GROUPS)} is needed")
        name = clean_name(next((one[k] for k in NAMES if k in one), key), place)
        if name in out:
            raise CatalogueError(f"{place}: the name '{name}' is also that of {out[name]}; names must differ")
        out[name] = place
        groups = [group for group in GROUPS if group in one]
        if not groups:
            raise CatalogueError(f"{place}: it has none of {', '.join(GROUPS)}; one of them must list its evidences")
        signs = {group: _signs(one[group], f"{place}, {group}", known) for group in groups}
        cases.append(Case(name=name, weight=next((one[k] for k in WEIGHTS if k in one), None), signs=signs))
    return cases


def _signs(told: Any, where: str, known: Mapping[str, Sign] | None) -> dict[str, tuple[str, ...]]:
    """The evidences of a condition with their values."""
    if isinstance(told, list):
        pairs: list[tuple[Any, Any]] = [(key, True) for key in told]
    elif isinstance(told, dict):
        pairs = list(told.items())
    else:
        raise CatalogueError(f"{where}: {_kind(told)} where a list of evidences is needed")
    out: dict[str, tuple[str, ...]] = {}
    for key, value in pairs:
        if not isinstance(key, str) or not key.strip():
            raise CatalogueError(f"{where}: {key!r} where the id of an evidence is needed")
        if key in out:
            raise CatalogueError(f"{where}: '{key}' stands twice; keep one")
        if known is not None and key not in known:
            raise CatalogueError(f"{where}: no evidence '{key}'{did_you_mean(key, known)}")
        if value is False:
            continue
        out[key] = _given(value, f"{where}, '{key}'", known[key].values if known else {})
    return out


def _given(value: Any, where: str, allowed: Mapping[str, str]) -> tuple[str, ...]:
    """The values of a sign; none where it is merely there."""
    if value is True or value == {}:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(x, str) and clean(x) for x in values):
        raise CatalogueError(f"{where}: {value!r} where true, false, {{}} or a list of values is needed")
    for one in values:
        if allowed and one not in allowed:
            raise CatalogueError(f"{where}: no value '{one}'{did_you_mean(one, allowed)}")
    return tuple(map(clean, values))


def _listed(data: Any, where: str, names: tuple[str, ...], needed: str) -> list[tuple[str, Any, str]]:
    """(id, what is said of it, its place) of an object, or of a list of objects that hold their names."""
    if isinstance(data, dict) and data:
        for key, one in data.items():
            if not isinstance(one, dict | str):
                raise CatalogueError(f"{where}, '{key}': {_kind(one)} where {needed} is needed")
        return [(key, one, f"{where}, '{key}'") for key, one in data.items()]
    if not isinstance(data, list) or not data:
        raise CatalogueError(f"{where}: {_kind(data)} where an object by name, or a list of objects, is needed")
    out: dict[str, tuple[str, Any, str]] = {}
    for k, one in enumerate(data, 1):
        key = next((one[x] for x in names if x in one), None) if isinstance(one, dict) else None
        if not isinstance(key, str):
            raise CatalogueError(f"{where}, number {k}: it must be an object with a name ({', '.join(names)})")
        if key in out:
            raise CatalogueError(f"{where}, number {k}: the id '{key}' stands twice; keep one")
        out[key] = (key, one, f"{where}, number {k} '{key}'")
    return list(out.values())


def _weight(case: Case, where: str) -> str:
    weight = case.weight
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < float("inf"):
        raise CatalogueError(f"{where}, condition '{case.name}': the prior is {weight!r}; each needs a number above 0")
    return repr(weight)


def _kind(value: Any) -> str:
    kinds = {dict: "an empty object" if not value else "an object", list: "an empty list" if not value else "a list",
             str: "a text", bool: "true or false", type(None): "null"}  # fmt: skip
    return kinds.get(type(value), "a number")
