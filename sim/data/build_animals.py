"""Builds animals.csv from the table below, which was written for this project from general knowledge.

    python -m sim.data.build_animals

One line an animal: name | class | words | legs | weight in kg | lifespan in years | continents | colours | diet |
popularity.  A word of `FLAGS` in the list means yes, a word behind a question mark unknown, and no word no; some flags
follow from the class, and "noeggs" takes one back.  "Endangered" is meant as in the Red List: endangered or critically
endangered.  Weights and lifespans are typical of adults, in round numbers.
"""

from __future__ import annotations

import csv
from pathlib import Path

TARGET = Path(__file__).with_name("animals.csv")
FLAGS = {
    "mammal": "is_mammal", "bird": "is_bird", "reptile": "is_reptile", "amphibian": "is_amphibian", "fish": "is_fish",
    "insect": "is_insect", "flies": "flies", "swims": "swims", "sea": "lives_in_the_sea", "eggs": "lays_eggs",
    "domestic": "domestic", "pet": "kept_as_a_pet", "farm": "farmed", "stripes": "striped", "spots": "spotted",
    "hooves": "hooves", "horns": "horns", "tail": "long_tail", "nocturnal": "nocturnal", "venomous": "venomous",
    "climbs": "climbs_trees", "burrows": "digs_burrows", "hibernates": "hibernates", "herds": "lives_in_groups",
    "shell": "shell", "feathers": "feathers", "fur": "fur", "predator": "hunts", "migrates": "migrates",
    "endangered": "endangered",
}  # fmt: skip
FROM_CLASS = {
    "mammal": "mammal fur",
    "bird": "bird eggs feathers",
    "reptile": "reptile eggs",
    "amphibian": "amphibian eggs",
    "fish": "fish eggs swims",
    "insect": "insect eggs",
    "spider": "eggs",
    "mollusc": "eggs",
    "crustacean": "eggs shell",
    "other": "",
}
AFRICA, ASIA, EUROPE, NORTH, SOUTH, OCEANIA, ANTARCTICA = (
    "Africa", "Asia", "Europe", "North America", "South America", "Oceania", "Antarctica",
)  # fmt: skip
CONTINENTS = {"Af": AFRICA, "As": ASIA, "Eu": EUROPE, "N": NORTH, "S": SOUTH, "Oc": OCEANIA, "An": ANTARCTICA}
ANIMALS = """
Dog | mammal | domestic pet predator tail swims | 4 | 25 | 12 | all | brown black white | omnivore | 30
Cat | mammal | domestic pet predator tail climbs ?nocturnal | 4 | 4 | 15 | all | black white grey orange | carnivore | 30
Horse | mammal | domestic farm hooves herds tail swims | 4 | 500 | 27 | all | brown black white | herbivore | 20
Donkey | mammal | domestic farm hooves herds tail | 4 | 250 | 30 | all | grey brown | herbivore | 7
Cow | mammal | domestic farm hooves herds horns tail | 4 | 650 | 20 | all | brown black white | herbivore | 20
Pig | mammal | domestic farm hooves | 4 | 200 | 17 | all | pink black | omnivore | 18
Sheep | mammal | domestic farm hooves herds | 4 | 70 | 11 | all | white black | herbivore | 14
Goat | mammal | domestic farm hooves herds horns | 4 | 60 | 16 | all | white brown black | herbivore | 10
Llama | mammal | domestic farm herds | 4 | 130 | 20 | S | white brown | herbivore | 6
Reindeer | mammal | domestic farm hooves herds horns migrates swims | 4 | 130 | 15 | N Eu As | brown grey white | herbivore | 7
Bactrian camel | mammal | domestic farm herds tail | 4 | 600 | 40 | As | brown | herbivore | 5
Dromedary | mammal | domestic farm herds tail | 4 | 500 | 40 | Af As Oc | brown | herbivore | 7
Rabbit | mammal | domestic pet farm burrows herds | 4 | 2 | 9 | all | brown grey white | herbivore | 16
Guinea pig | mammal | domestic pet herds farm | 4 | 1 | 6 | S | brown white black | herbivore | 8
Hamster | mammal | domestic pet nocturnal burrows ?hibernates | 4 | 0.1 | 2 | Eu As | brown white | omnivore | 9
Mouse | mammal | pet nocturnal burrows climbs tail | 4 | 0.02 | 2 | all-An | grey brown white | omnivore | 15
Rat | mammal | pet nocturnal burrows climbs herds tail swims | 4 | 0.3 | 2 | all-An | grey brown black | omnivore | 12
Red squirrel | mammal | climbs tail | 4 | 0.3 | 6 | Eu As | red | omnivore | 10
Chipmunk | mammal | climbs burrows hibernates stripes tail | 4 | 0.1 | 4 | N As | brown | omnivore | 4
Beaver | mammal | nocturnal swims tail herds | 4 | 20 | 12 | N Eu | brown | herbivore | 7
Porcupine | mammal | nocturnal burrows | 4 | 13 | 15 | Af As Eu | black white | herbivore | 5
Hedgehog | mammal | nocturnal hibernates pet | 4 | 0.8 | 5 | Eu Af As | brown | omnivore | 10
Mole | mammal | burrows predator | 4 | 0.1 | 4 | Eu As N | black | carnivore | 5
Bat | mammal | flies nocturnal herds hibernates | 2 | 0.02 | 15 | all-An | brown black | carnivore | 12
Fruit bat | mammal | flies nocturnal herds ?endangered | 2 | 0.8 | 20 | Af As Oc | brown black | herbivore | 4
Lion | mammal | predator herds tail | 4 | 180 | 13 | Af As | yellow | carnivore | 25
Tiger | mammal | predator stripes tail swims endangered | 4 | 180 | 13 | As | orange black white | carnivore | 22
Leopard | mammal | predator spots tail climbs nocturnal | 4 | 60 | 14 | Af As | yellow black | carnivore | 10
Snow leopard | mammal | predator spots tail ?nocturnal | 4 | 40 | 12 | As | grey white black | carnivore | 6
Jaguar | mammal | predator spots tail climbs swims nocturnal | 4 | 80 | 13 | S N | yellow black | carnivore | 7
Cheetah | mammal | predator spots tail | 4 | 50 | 11 | Af As | yellow black | carnivore | 12
Puma | mammal | predator tail climbs nocturnal | 4 | 60 | 11 | N S | brown | carnivore | 6
Lynx | mammal | predator spots climbs nocturnal | 4 | 22 | 14 | Eu As N | brown grey | carnivore | 6
Wolf | mammal | predator herds tail | 4 | 40 | 8 | Eu As N | grey white | carnivore | 18
Red fox | mammal | predator tail nocturnal burrows | 4 | 6 | 4 | Eu As N Af Oc | red white | omnivore | 15
Arctic fox | mammal | predator tail burrows | 4 | 4 | 4 | N Eu As | white grey | omnivore | 6
Spotted hyena | mammal | predator spots herds nocturnal burrows | 4 | 60 | 15 | Af | brown black | carnivore | 8
Meerkat | mammal | predator burrows herds tail | 4 | 0.7 | 10 | Af | brown | carnivore | 8
Brown bear | mammal | predator hibernates burrows swims | 4 | 250 | 25 | Eu As N | brown | omnivore | 15
Polar bear | mammal | predator swims | 4 | 450 | 22 | N Eu As | white | carnivore | 14
Giant panda | mammal | climbs | 4 | 100 | 20 | As | black white | herbivore | 16
Red panda | mammal | climbs tail nocturnal endangered | 4 | 5 | 10 | As | red black | herbivore | 8
Raccoon | mammal | climbs nocturnal stripes tail swims predator | 4 | 7 | 3 | N Eu As | grey black | omnivore | 10
Skunk | mammal | stripes nocturnal burrows tail | 4 | 3 | 4 | N | black white | omnivore | 7
Badger | mammal | stripes nocturnal burrows herds | 4 | 11 | 8 | Eu As | grey black white | omnivore | 6
Otter | mammal | predator swims tail burrows | 4 | 9 | 10 | Eu As Af | brown | carnivore | 9
Sea otter | mammal | predator swims sea herds endangered | 4 | 30 | 15 | N As | brown | carnivore | 6
Seal | mammal | predator swims sea herds spots | 0 | 100 | 28 | N Eu As | grey | carnivore | 11
Walrus | mammal | predator swims sea herds | 0 | 1200 | 35 | N Eu As | brown | carnivore | 7
Dolphin | mammal | predator swims sea herds nofur | 0 | 250 | 40 | all-An | grey | carnivore | 18
Orca | mammal | predator swims sea herds nofur | 0 | 4000 | 45 | all | black white | carnivore | 10
Blue whale | mammal | swims sea migrates endangered nofur predator | 0 | 130000 | 85 | all | blue grey | carnivore | 13
Sperm whale | mammal | swims sea migrates nofur predator herds | 0 | 40000 | 70 | all | grey | carnivore | 6
African elephant | mammal | herds tail swims endangered nofur | 4 | 5000 | 65 | Af | grey | herbivore | 20
Asian elephant | mammal | herds tail swims endangered nofur ?domestic | 4 | 4000 | 60 | As | grey | herbivore | 8
White rhinoceros | mammal | ?hooves horns nofur herds | 4 | 2000 | 42 | Af | grey | herbivore | 9
Hippopotamus | mammal | ?hooves swims nocturnal herds nofur | 4 | 1500 | 45 | Af | grey brown | herbivore | 12
Giraffe | mammal | hooves spots herds tail horns | 4 | 1000 | 25 | Af | yellow brown | herbivore | 16
Zebra | mammal | hooves stripes herds tail migrates | 4 | 300 | 22 | Af | black white | herbivore | 14
Bison | mammal | hooves horns herds migrates swims | 4 | 700 | 18 | N Eu | brown | herbivore | 7
Moose | mammal | hooves horns swims | 4 | 450 | 17 | N Eu As | brown | herbivore | 8
Red deer | mammal | hooves horns herds | 4 | 180 | 13 | Eu As Af | red brown | herbivore | 9
Wild boar | mammal | hooves herds nocturnal swims | 4 | 90 | 12 | Eu As Af | brown black | omnivore | 7
Gorilla | mammal | herds endangered climbs | 4 | 150 | 38 | Af | black | herbivore | 14
Chimpanzee | mammal | herds endangered climbs predator | 4 | 45 | 38 | Af | black | omnivore | 14
Orangutan | mammal | climbs endangered | 4 | 70 | 38 | As | red | herbivore | 10
Ring-tailed lemur | mammal | climbs herds stripes tail endangered | 4 | 2 | 17 | Af | grey white black | herbivore | 6
Sloth | mammal | climbs swims nocturnal | 4 | 5 | 25 | S N | brown grey | herbivore | 10
Giant anteater | mammal | tail predator | 4 | 35 | 15 | S N | grey black | carnivore | 5
Armadillo | mammal | burrows shell nocturnal tail nofur swims | 4 | 5 | 13 | N S | grey brown | omnivore | 6
Red kangaroo | mammal | herds tail nocturnal | 4 | 60 | 18 | Oc | red grey | herbivore | 15
Koala | mammal | climbs nocturnal | 4 | 9 | 14 | Oc | grey | herbivore | 13
Wombat | mammal | burrows nocturnal | 4 | 27 | 15 | Oc | brown | herbivore | 5
Tasmanian devil | mammal | predator nocturnal burrows endangered | 4 | 8 | 6 | Oc | black white | carnivore | 5
Platypus | mammal | eggs swims burrows nocturnal venomous tail predator | 4 | 1.5 | 15 | Oc | brown | carnivore | 8
Chicken | bird | domestic farm pet herds | 2 | 2.5 | 7 | all-An | brown white black red | omnivore | 18
Duck | bird | domestic farm flies swims herds migrates | 2 | 1.2 | 8 | all-An | brown green white | omnivore | 14
Goose | bird | domestic farm flies swims herds migrates | 2 | 4 | 18 | Eu As N | white grey | herbivore | 9
Swan | bird | flies swims ?migrates | 2 | 11 | 18 | all-An-Af | white black | herbivore | 9
Pigeon | bird | flies herds ?domestic | 2 | 0.3 | 5 | all-An | grey | herbivore | 12
House sparrow | bird | flies herds | 2 | 0.03 | 3 | all-An | brown grey | omnivore | 9
Barn swallow | bird | flies herds migrates predator | 2 | 0.02 | 4 | all-An | blue red white | carnivore | 6
Crow | bird | flies herds | 2 | 0.5 | 7 | Eu As N Af Oc | black | omnivore | 11
Bald eagle | bird | flies predator migrates | 2 | 5 | 20 | N | brown white | carnivore | 11
Peregrine falcon | bird | flies predator migrates | 2 | 0.9 | 13 | all-An | grey white | carnivore | 8
Barn owl | bird | flies predator nocturnal | 2 | 0.4 | 4 | all-An | white brown | carnivore | 11
Parrot | bird | flies pet herds climbs | 2 | 0.4 | 50 | Af S Oc As N | green red blue grey | herbivore | 13
Hummingbird | bird | flies migrates | 2 | 0.004 | 4 | N S | green red | omnivore | 8
White stork | bird | flies migrates herds predator | 2 | 3.5 | 25 | Eu Af As | white black | carnivore | 8
Flamingo | bird | flies herds swims | 2 | 3 | 30 | Af S N Eu As | pink | omnivore | 11
Peacock | bird | flies domestic tail | 2 | 5 | 17 | As | blue green | omnivore | 10
Ostrich | bird | farm herds | 2 | 110 | 40 | Af | black white | omnivore | 11
Emperor penguin | bird | swims sea herds predator migrates | 2 | 30 | 20 | An | black white yellow | carnivore | 14
Albatross | bird | flies sea predator migrates ?endangered | 2 | 8 | 50 | An S Oc Af | white black | carnivore | 6
Woodpecker | bird | flies climbs | 2 | 0.1 | 8 | Eu As N S Af | black white red | omnivore | 7
Nile crocodile | reptile | predator swims tail nocturnal | 4 | 400 | 70 | Af | green brown | carnivore | 13
American alligator | reptile | predator swims tail ?hibernates | 4 | 250 | 40 | N | black green | carnivore | 9
Komodo dragon | reptile | predator venomous tail swims endangered burrows | 4 | 70 | 30 | As | grey | carnivore | 8
Green iguana | reptile | climbs tail swims pet | 4 | 4 | 13 | S N | green | herbivore | 6
Chameleon | reptile | climbs predator tail pet | 4 | 0.1 | 6 | Af As Eu | green | carnivore | 9
Gecko | reptile | climbs predator nocturnal pet tail | 4 | 0.05 | 7 | all-An | green brown | carnivore | 7
King cobra | reptile | predator venomous climbs tail swims | 0 | 6 | 20 | As | brown black yellow | carnivore | 9
Rattlesnake | reptile | predator venomous noeggs hibernates tail nocturnal spots | 0 | 2 | 20 | N S | brown grey | carnivore | 8
Green anaconda | reptile | predator noeggs swims spots tail nocturnal | 0 | 60 | 10 | S | green black | carnivore | 7
Tortoise | reptile | shell pet hibernates burrows | 4 | 3 | 80 | Eu Af As | brown green | herbivore | 12
Sea turtle | reptile | shell swims sea migrates ?endangered | 4 | 150 | 70 | all-An | green brown | omnivore | 12
Frog | amphibian | swims hibernates predator nocturnal | 4 | 0.03 | 8 | all-An | green brown | carnivore | 15
Toad | amphibian | hibernates predator nocturnal burrows | 4 | 0.08 | 10 | Eu As Af N S | brown | carnivore | 8
Poison dart frog | amphibian | climbs predator | 4 | 0.003 | 7 | S N | blue yellow red | carnivore | 6
Fire salamander | amphibian | predator nocturnal noeggs spots hibernates tail | 4 | 0.04 | 15 | Eu | black yellow | carnivore | 5
Axolotl | amphibian | swims predator tail endangered pet nocturnal | 4 | 0.2 | 12 | N | pink black white | carnivore | 7
Great white shark | fish | sea predator migrates noeggs | 0 | 900 | 60 | all-An | grey white | carnivore | 14
Whale shark | fish | sea migrates spots endangered noeggs predator | 0 | 15000 | 90 | all-An-Eu | grey white | carnivore | 5
Manta ray | fish | sea migrates tail endangered noeggs predator | 0 | 1000 | 40 | all-An-Eu | black white | carnivore | 5
Clownfish | fish | sea stripes pet | 0 | 0.1 | 7 | As Oc Af | orange white black | omnivore | 9
Goldfish | fish | domestic pet | 0 | 0.2 | 12 | all-An | orange | omnivore | 10
Atlantic salmon | fish | sea farm migrates predator | 0 | 6 | 6 | Eu N | grey pink | carnivore | 9
Tuna | fish | sea predator herds migrates | 0 | 200 | 20 | all-An | blue grey | carnivore | 8
Seahorse | fish | sea tail predator | 0 | 0.01 | 3 | all-An | yellow brown | carnivore | 8
Eel | fish | sea predator migrates nocturnal farm | 0 | 1 | 25 | Eu N Af As | grey green | carnivore | 5
Honey bee | insect | flies domestic farm herds venomous stripes | 6 | 0.0001 | 0.1 | all-An | yellow black brown | herbivore | 15
Wasp | insect | flies herds venomous stripes predator | 6 | 0.0001 | 0.1 | all-An | yellow black | omnivore | 8
Ant | insect | herds burrows | 6 | 0.000005 | 1 | all-An | black red | omnivore | 12
Monarch butterfly | insect | flies migrates | 6 | 0.0005 | 0.2 | N S Oc | orange black white | herbivore | 9
Ladybird | insect | flies spots predator hibernates | 6 | 0.00003 | 1 | all-An | red black | carnivore | 9
Dragonfly | insect | flies predator | 6 | 0.0005 | 0.2 | all-An | blue green | carnivore | 7
Mosquito | insect | flies ?nocturnal | 6 | 0.000003 | 0.1 | all-An | brown black | omnivore | 9
Grasshopper | insect | flies | 6 | 0.001 | 0.5 | all-An | green brown | herbivore | 7
Praying mantis | insect | flies predator | 6 | 0.004 | 1 | all-An | green brown | carnivore | 6
Tarantula | spider | predator venomous nocturnal burrows pet | 8 | 0.08 | 15 | all-An | black brown | carnivore | 9
Scorpion | spider | predator venomous nocturnal burrows noeggs tail | 8 | 0.03 | 5 | all-An | black brown yellow | carnivore | 8
Garden snail | mollusc | shell hibernates nocturnal | 0 | 0.01 | 4 | all-An | brown | herbivore | 9
Octopus | mollusc | sea swims predator nocturnal venomous | 8 | 5 | 2 | all-An | red brown | carnivore | 12
Giant squid | mollusc | sea swims predator | 10 | 200 | 4 | all-An | red | carnivore | 6
Lobster | crustacean | sea predator nocturnal | 10 | 1 | 50 | Eu N | blue red | omnivore | 7
Crab | crustacean | sea | 10 | 0.5 | 8 | all-An | red brown | omnivore | 9
Jellyfish | other | sea swims predator venomous eggs | 0 | 0.5 | 1 | all | white blue pink | carnivore | 9
Starfish | other | sea predator eggs | 0 | 0.3 | 20 | all | orange red | carnivore | 7
Earthworm | other | burrows eggs | 0 | 0.005 | 5 | all-An | pink brown | herbivore | 8
"""  # noqa: E501


def _continents(words: str) -> list[str]:
    if not words.startswith("all"):
        return [CONTINENTS[w] for w in words.split()]
    less = words.split("-")[1:]
    return [name for key, name in CONTINENTS.items() if key not in less]


def rows() -> list[dict[str, str]]:
    """One dictionary an animal, columns in order."""
    out = []
    for line in ANIMALS.strip().splitlines():
        name, kind, words, legs, weight, lifespan, places, colours, diet, popularity = map(str.strip, line.split("|"))
        given = f"{FROM_CLASS[kind]} {words}".split()
        off = {w[2:] for w in given if w.startswith("no") and w[2:] in FLAGS}
        unknown = {w[1:] for w in given if w.startswith("?")}
        yes = set(given) - off
        stray = {w for w in given if w not in FLAGS and w[2:] not in FLAGS and w[1:] not in FLAGS}
        if stray:
            raise ValueError(f"{name}: no flag {', '.join(stray)}")
        # Of the animals found all over the world only those of the sea reach Antarctica.
        where = _continents("all-An" if places == "all" and "sea" not in yes else places)
        row = {"name": name, "legs": legs, "weight_kg": weight, "lifespan": lifespan, "continents": ";".join(where),
               "colours": ";".join(colours.split()), "diet": diet}  # fmt: skip
        for word, column in FLAGS.items():
            row[column] = "" if word in unknown else "yes" if word in yes else "no"
        out.append(row | {"popularity": popularity})
    return out


def main() -> None:
    table = rows()
    with TARGET.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    print(f"{TARGET}: {len(table)} animals")


if __name__ == "__main__":
    main()
