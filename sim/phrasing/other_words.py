"""What else people call the values of a catalogue: "sci-fi", "a scary movie", "Italian", "the States".

Used on both sides: those who speak choose among these words, and those who read look for them.  A word stands here
only where it means the value by itself; what means several things at once ("action comedy") is two words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

KINDS: Mapping[str, tuple[str, ...]] = {
    "drama": ("drama", "dramatic film", "drama movie"),
    "comedy": ("comedy", "funny movie", "funny film", "comedic film", "comedies", "spoof", "sitcom-like film"),
    "action": ("action film", "action movie", "action flick", "action", "shoot-em-up"),
    "thriller": ("thriller", "suspense film", "suspenseful film", "psychological thriller", "suspense"),
    "adventure": ("adventure film", "adventure movie", "adventure story", "adventure"),
    "fantasy": ("fantasy film", "fantasy movie", "fantasy", "sword and sorcery film", "fairy-tale film"),
    "crime": ("crime film", "crime movie", "gangster film", "mob movie", "crime", "heist movie", "mafia film"),
    "romance": ("romance", "romantic film", "love story", "romantic movie", "romantic", "chick flick"),
    "sci-fi": ("sci-fi film", "sci-fi movie", "science fiction", "scifi", "sci fi", "sci-fi", "space movie",
               "science-fiction film", "space film"),
    "horror": ("horror film", "horror movie", "scary movie", "horror", "slasher", "horror flick", "scary film"),
    "animation": ("animated film", "animated movie", "cartoon", "animation", "animated", "anime"),
    "family": ("family film", "family movie", "kids movie", "children's film", "children's movie", "kids film",
               "family friendly film", "kid's movie"),
    "mystery": ("mystery", "whodunit", "mystery film", "murder mystery", "detective story"),
    "musical": ("musical", "musical film", "film full of songs"),
    "history": ("historical film", "historical drama", "history film", "period film", "period piece", "historical"),
    "biography": ("biopic", "biographical film", "biography", "biographical drama"),
    "war": ("war film", "war movie", "war drama"),
    "western": ("western", "cowboy film", "cowboy movie"),
    "sport": ("sports film", "sports movie", "sport film"),
    "documentary": ("documentary", "docu", "documentary film"),
    "music": ("music film", "concert film"),
}  # fmt: skip
"""Kinds of films: a bare name of the genre to what else it is called."""

HEARD_AS: Mapping[str, tuple[str, ...]] = {
    "comedy": ("parody", "mockumentary", "satire", "funny", "hilarious movie", "farce", "rom com", "romcom", "comedic",
               "buddy comedy", "comedies"),
    "romance": ("rom com", "romcom", "romantic comedy", "tearjerker", "romance novel"),
    "horror": ("scary", "slasher film", "horror genre", "creepy movie", "zombie movie", "vampire movie", "ghost movie",
               "scary story", "horror story", "gore", "spooky movie"),
    "family": ("childrens movie", "childrens film", "children s movie", "children s film", "kids show",
               "family animation",
               "children", "children s", "kids movies", "family friendly"),
    "animation": ("claymation", "stop motion", "pixar", "animated feature", "cartoons", "disney animated",
                  "cgi animated"),
    "action": ("superhero", "super hero", "superhero movie", "superhero film", "martial arts", "kung fu",
               "action packed",
               "action thriller", "spy movie", "spy film", "disaster movie"),
    "crime": ("mafia", "mob", "gangster", "heist film", "caper", "crime drama", "bank robbery", "film noir"),
    "drama": ("dramatic", "melodrama", "drama series", "dramas"),
    "fantasy": ("fairy tale", "fairytale"),
    "sci-fi": ("post apocalyptic", "dystopian", "time travel", "space opera", "science fiction film",
               "science fiction movie",
               "alien movie", "futuristic", "cyberpunk"),
    "sport": ("sports", "boxing movie", "baseball movie", "football movie", "basketball movie", "hockey movie",
              "sports drama"),
    "history": ("historical epic", "period drama", "biblical epic"),
    "war": ("wwii movie", "world war ii film", "war epic"),
    "mystery": ("murder mystery film", "detective film", "detective movie"),
    "thriller": ("psychological horror", "thrillers", "suspenseful", "psychological thriller film"),
    "western": ("spaghetti western", "westerns"),
    "musical": ("musicals", "movie musical", "rock opera"),
    "biography": ("bio pic", "life story", "biographical"),
    "documentary": ("documentaries", "doc"),
}  # fmt: skip
"""What is read as a kind of film and not said for it, because it means a little more or less than that."""

PEOPLES: Mapping[str, tuple[str, ...]] = {
    "united states": ("American", "the US", "the USA", "the United States", "the States", "America", "Hollywood"),
    "united kingdom": ("British", "the UK", "Britain", "England", "English-made", "Great Britain",
                       "the United Kingdom"),
    "france": ("French", "France"), "germany": ("German", "Germany"), "australia": ("Australian", "Australia",
               "Aussie"),
    "italy": ("Italian", "Italy"), "japan": ("Japanese", "Japan"), "canada": ("Canadian", "Canada"),
    "new zealand": ("New Zealand", "a Kiwi production"), "spain": ("Spanish", "Spain"),
    "czech republic": ("Czech", "the Czech Republic"), "mexico": ("Mexican", "Mexico"),
    "hong kong": ("Hong Kong",), "sweden": ("Swedish", "Sweden"), "denmark": ("Danish", "Denmark"),
    "ireland": ("Irish", "Ireland"), "people's republic of china": ("Chinese", "China"),
    "belgium": ("Belgian", "Belgium"), "india": ("Indian", "India", "Bollywood"),
    "south africa": ("South African", "South Africa"), "poland": ("Polish", "Poland"),
    "netherlands": ("Dutch", "the Netherlands", "Holland"), "austria": ("Austrian", "Austria"),
    "switzerland": ("Swiss", "Switzerland"), "south korea": ("Korean", "South Korea", "Korea"),
    "brazil": ("Brazilian", "Brazil"), "norway": ("Norwegian", "Norway"), "russia": ("Russian", "Russia"),
    "taiwan": ("Taiwanese", "Taiwan"), "philippines": ("Filipino", "the Philippines"),
    "hungary": ("Hungarian", "Hungary"), "argentina": ("Argentinian", "Argentine", "Argentina"),
    "israel": ("Israeli", "Israel"), "finland": ("Finnish", "Finland"), "soviet union": ("Soviet", "the Soviet Union"),
    "romania": ("Romanian", "Romania"), "thailand": ("Thai", "Thailand"), "iran": ("Iranian", "Iran"),
    "egypt": ("Egyptian", "Egypt"), "chile": ("Chilean", "Chile"), "iceland": ("Icelandic", "Iceland"),
    "portugal": ("Portuguese", "Portugal"), "turkey": ("Turkish",), "colombia": ("Colombian", "Colombia"),
    "greece": ("Greek", "Greece"), "vietnam": ("Vietnamese", "Vietnam"), "scotland": ("Scottish", "Scotland"),
}  # fmt: skip
"""Countries to their peoples and other names."""

RATINGS: Mapping[str, tuple[str, ...]] = {
    "r": ("R", "rated R", "R-rated"), "pg-13": ("PG-13", "PG13", "rated PG-13"), "pg": ("PG", "rated PG"),
    "g": ("rated G", "G-rated"), "nc-17": ("NC-17", "rated NC-17"), "x": ("X-rated", "rated X"),
}  # fmt: skip
_ARTICLE = re.compile(r"^(?:an?|the) ")
_OF_KIND = re.compile(r" (?:film|movie|picture)s?$")
_SAME = {
    "science fiction": "sci-fi",
    "usa": "united states",
    "britain": "united kingdom",
    "china": "people's republic of china",
}


def bare(value: str) -> str:
    """A value's name without its article and "film", in lower case.

    >>> bare("a horror film"), bare("the USA"), bare("Sci-Fi")
    ('horror', 'united states', 'sci-fi')
    """
    text = _OF_KIND.sub("", _ARTICLE.sub("", value.lower()))
    return _SAME.get(text, text)


@lru_cache(maxsize=100_000)
def other_words(value: str, role: str) -> tuple[str, ...]:
    """What else a value is called, given what its facet is about (`sim.phrasing.roles`).

    >>> other_words("Western", "genre")
    ('western', 'cowboy film', 'cowboy movie')
    """
    tables = {"genre": KINDS, "country": PEOPLES, "place": PEOPLES, "rating": RATINGS}
    return tables.get(role, {}).get(bare(value), ())


def heard_as(value: str, role: str) -> tuple[str, ...]:
    """Words from which a value is understood, those that are said for it among them."""
    return other_words(value, role) + (HEARD_AS.get(bare(value), ()) if role == "genre" else ())
