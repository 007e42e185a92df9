"""Builds groceries.csv: 300-odd products of invented brands, written for this project from general knowledge.

    python -m sim.data.build_groceries

Each family below lists what its products share and, a line each, what they differ in; neighbours on the shelf differ
in one facet.  A "?" is a cell that nobody filled in.
"""

from __future__ import annotations

import csv
from pathlib import Path

TARGET = Path(__file__).with_name("groceries.csv")
COLUMNS: tuple[str, ...] = (
    "name", "category", "brand", "variety", "flavours", "texture", "size_g", "price", "packaging", "organic",
    "added_sugar", "salted", "vegan", "gluten_free", "contains_nuts", "popularity",
)  # fmt: skip
FLAGS = {"o": "organic", "s": "added_sugar", "salt": "salted", "v": "vegan", "gf": "gluten_free", "n": "contains_nuts"}

# category | packaging | flags that all have (o organic, s added sugar, salt salted, v vegan, gf gluten free, n nuts)
#   variety | brand | flavours | texture | size in g | price | flags: +yes -no ?unknown | popularity
FAMILIES = """
# peanut butter | jar | v gf n salt
peanut butter | Hazelwick | peanut | crunchy | 340 | 3.20 | +s | 30
peanut butter | Hazelwick | peanut | smooth | 340 | 3.20 | +s | 40
peanut butter | Hazelwick | peanut | crunchy | 700 | 5.40 | +s | 18
peanut butter | Hazelwick | peanut | smooth | 700 | 5.40 | +s | 22
peanut butter | Hazelwick | peanut | crunchy | 340 | 3.60 | | 12
peanut butter | Hazelwick | peanut | smooth | 340 | 3.60 | | 14
peanut butter | Hazelwick | peanut;honey | smooth | 340 | 3.80 | +s -v | 7
peanut butter | Hazelwick | peanut;chocolate | smooth | 340 | 3.90 | +s | 9
peanut butter | Marlow Farm | peanut | crunchy | 280 | 4.10 | +o | 12
peanut butter | Marlow Farm | peanut | smooth | 280 | 4.10 | +o | 13
peanut butter | Marlow Farm | peanut | crunchy | 280 | 4.10 | +o -salt | 6
peanut butter | Marlow Farm | peanut | smooth | 280 | 4.10 | +o -salt | 7
peanut butter | Marlow Farm | peanut | crunchy | 500 | 6.50 | +o | 6
peanut butter | Marlow Farm | peanut | smooth | 500 | 6.50 | +o | 6
peanut butter | Marlow Farm | peanut | extra crunchy | 280 | 4.30 | +o | 5
peanut butter | Bluebarn | peanut | crunchy | 340 | 1.90 | +s | 20
peanut butter | Bluebarn | peanut | smooth | 340 | 1.90 | +s | 26
peanut butter | Bluebarn | peanut | smooth | 1000 | 4.60 | +s | 10
peanut butter | Bluebarn | peanut | crunchy | 1000 | 4.60 | +s ?salt | 8
peanut butter | Bluebarn | peanut | smooth | 340 | 2.20 | -salt | 5
peanut butter | Nutty Otter | peanut | extra crunchy | 350 | 3.90 | | 8
peanut butter | Nutty Otter | peanut | crunchy | 350 | 3.90 | | 8
peanut butter | Nutty Otter | peanut | smooth | 350 | 3.90 | | 9
peanut butter | Nutty Otter | peanut | smooth | 350 | 3.90 | -salt | 4
peanut butter | Nutty Otter | peanut;chilli | crunchy | 350 | 4.20 | | 2
peanut butter | Nutty Otter | peanut;maple | smooth | 350 | 4.20 | +s | 3
peanut butter | Nutty Otter | peanut;coconut | smooth | 350 | 4.20 | ?s | 3
peanut butter powder | Nutty Otter | peanut | powder | 180 | 5.90 | -salt | 3
# nut butter | jar | v gf n
almond butter | Marlow Farm | almond | smooth | 170 | 5.20 | +o | 6
almond butter | Marlow Farm | almond | crunchy | 170 | 5.20 | +o | 4
almond butter | Nutty Otter | almond | smooth | 250 | 6.10 | | 5
cashew butter | Nutty Otter | cashew | smooth | 250 | 6.30 | | 4
cashew butter | Marlow Farm | cashew | smooth | 170 | 5.60 | +o | 3
hazelnut spread | Bluebarn | hazelnut;chocolate | smooth | 400 | 2.40 | +s -v | 18
hazelnut spread | Hazelwick | hazelnut;chocolate | smooth | 400 | 3.90 | +s -v | 30
hazelnut spread | Hazelwick | hazelnut;chocolate | smooth | 750 | 6.20 | +s -v | 16
hazelnut spread | Marlow Farm | hazelnut;chocolate | smooth | 250 | 4.90 | +s +o | 5
tahini | Quern & Seed | sesame | smooth | 300 | 3.70 | -n | 8
tahini | Quern & Seed | sesame | smooth | 300 | 4.20 | -n +o | 4
# jam | jar | s v gf
jam | Orchard & Daughters | strawberry | with pieces | 340 | 2.60 | | 22
jam | Orchard & Daughters | strawberry | seedless | 340 | 2.60 | | 8
jam | Orchard & Daughters | raspberry | with pieces | 340 | 2.70 | | 16
jam | Orchard & Daughters | raspberry | seedless | 340 | 2.70 | | 9
jam | Orchard & Daughters | apricot | with pieces | 340 | 2.60 | | 12
jam | Orchard & Daughters | blackcurrant | with pieces | 340 | 2.70 | | 8
jam | Orchard & Daughters | cherry | with pieces | 340 | 2.90 | | 8
jam | Bluebarn | strawberry | with pieces | 450 | 1.50 | | 18
jam | Bluebarn | raspberry | with pieces | 450 | 1.60 | | 12
jam | Bluebarn | apricot | smooth | 450 | 1.50 | | 8
jam | Marlow Farm | strawberry | with pieces | 250 | 3.40 | +o | 6
jam | Marlow Farm | strawberry | with pieces | 250 | 3.60 | +o -s | 5
jam | Marlow Farm | blueberry | with pieces | 250 | 3.80 | +o -s | 5
marmalade | Orchard & Daughters | orange | fine cut | 340 | 2.50 | | 10
marmalade | Orchard & Daughters | orange | thick cut | 340 | 2.50 | | 8
marmalade | Orchard & Daughters | lemon | fine cut | 340 | 2.60 | | 4
marmalade | Bluebarn | orange | thick cut | 450 | 1.40 | | 9
# honey | jar | gf
honey | Seven Hives | blossom | runny | 340 | 4.20 | | 18
honey | Seven Hives | blossom | set | 340 | 4.20 | | 9
honey | Seven Hives | acacia | runny | 340 | 5.60 | | 7
honey | Seven Hives | heather | set | 340 | 6.40 | | 3
honey | Seven Hives | blossom | runny | 340 | 5.90 | +o | 5
honey | Bluebarn | blossom | runny | 340 | 2.10 | | 14
# breakfast cereal | box | v
corn flakes | Morningside | corn | flakes | 500 | 2.80 | +s +salt +gf | 24
corn flakes | Bluebarn | corn | flakes | 500 | 1.30 | +s +salt ?gf | 18
corn flakes | Morningside | corn;honey | flakes | 500 | 3.20 | +s +salt -v +n | 12
corn flakes | Marlow Farm | corn | flakes | 375 | 3.30 | +o +gf | 4
rice puffs | Morningside | rice | puffed | 430 | 3.10 | +s +salt +gf | 14
rice puffs | Morningside | rice;chocolate | puffed | 430 | 3.40 | +s +salt +gf | 16
rice puffs | Bluebarn | rice;chocolate | puffed | 430 | 1.80 | +s +salt | 10
porridge oats | Morningside | oat | rolled | 1000 | 2.40 | | 22
porridge oats | Bluebarn | oat | rolled | 1000 | 1.10 | | 20
porridge oats | Marlow Farm | oat | rolled | 750 | 2.70 | +o | 9
porridge oats | Marlow Farm | oat | rolled | 450 | 3.40 | +o +gf | 4
porridge oats | Marlow Farm | oat | jumbo | 750 | 2.70 | +o | 7
muesli | Morningside | oat;raisin;hazelnut | flakes | 750 | 3.60 | +n | 13
muesli | Morningside | oat;raisin;hazelnut | flakes | 750 | 3.30 | +n +s | 9
muesli | Marlow Farm | oat;apple;almond | flakes | 500 | 4.40 | +o +n | 5
muesli | Bluebarn | oat;raisin;hazelnut | flakes | 1000 | 2.20 | +n +s | 10
granola | Morningside | oat;honey;almond | clusters | 500 | 3.90 | +s +n -v | 14
granola | Morningside | oat;chocolate | clusters | 500 | 3.90 | +s | 12
granola | Morningside | oat;strawberry | clusters | 500 | 3.90 | +s | 8
granola | Marlow Farm | oat;maple;pecan | clusters | 350 | 4.90 | +s +n +o | 5
wheat biscuits | Morningside | wheat | biscuits | 430 | 2.60 | +s +salt | 18
wheat biscuits | Bluebarn | wheat | biscuits | 430 | 1.40 | +s +salt | 13
# yoghurt | pot | gf
yoghurt | Hillcrest Dairy | plain | set | 500 | 1.60 | | 22
yoghurt | Hillcrest Dairy | plain | stirred | 500 | 1.60 | | 14
yoghurt | Hillcrest Dairy | plain | stirred | 150 | 0.70 | | 10
yoghurt | Hillcrest Dairy | strawberry | stirred | 150 | 0.80 | +s | 18
yoghurt | Hillcrest Dairy | cherry | stirred | 150 | 0.80 | +s | 10
yoghurt | Hillcrest Dairy | vanilla | stirred | 150 | 0.80 | +s | 11
yoghurt | Hillcrest Dairy | peach | stirred | 150 | 0.80 | +s | 8
yoghurt | Hillcrest Dairy | vanilla | stirred | 500 | 2.10 | +s | 9
yoghurt | Marlow Farm | plain | stirred | 500 | 2.40 | +o | 9
yoghurt | Marlow Farm | strawberry | stirred | 500 | 2.80 | +o +s | 6
yoghurt | Marlow Farm | vanilla | stirred | 500 | 2.80 | +o +s | 5
Greek yoghurt | Hillcrest Dairy | plain | strained | 500 | 2.90 | | 18
Greek yoghurt | Hillcrest Dairy | plain | strained | 150 | 1.10 | | 10
Greek yoghurt | Hillcrest Dairy | honey | strained | 150 | 1.30 | +s | 8
Greek yoghurt | Bluebarn | plain | strained | 500 | 1.90 | | 13
soya yoghurt | Green Meadow | plain | stirred | 500 | 2.30 | +v | 7
soya yoghurt | Green Meadow | vanilla | stirred | 500 | 2.40 | +v +s | 6
soya yoghurt | Green Meadow | blueberry | stirred | 500 | 2.40 | +v +s | 4
coconut yoghurt | Green Meadow | coconut | stirred | 350 | 3.20 | +v | 5
coconut yoghurt | Green Meadow | coconut;mango | stirred | 350 | 3.40 | +v +s | 3
# pasta | bag | v
spaghetti | Nonna Bruna | plain | long | 500 | 1.40 | | 26
spaghetti | Nonna Bruna | wholemeal | long | 500 | 1.60 | | 8
spaghetti | Bluebarn | plain | long | 500 | 0.70 | | 24
spaghetti | Bluebarn | plain | long | 1000 | 1.30 | | 14
spaghetti | Marlow Farm | plain | long | 500 | 2.10 | +o | 5
spaghetti | Nonna Bruna | corn | long | 400 | 2.60 | +gf | 4
penne | Nonna Bruna | plain | short | 500 | 1.40 | | 20
penne | Nonna Bruna | wholemeal | short | 500 | 1.60 | | 7
penne | Bluebarn | plain | short | 500 | 0.70 | | 18
penne | Nonna Bruna | lentil | short | 250 | 2.90 | +gf | 5
fusilli | Nonna Bruna | plain | short | 500 | 1.40 | | 18
fusilli | Bluebarn | plain | short | 500 | 0.70 | | 16
fusilli | Nonna Bruna | corn | short | 400 | 2.60 | +gf | 4
fusilli | Marlow Farm | wholemeal | short | 500 | 2.20 | +o | 4
lasagne sheets | Nonna Bruna | plain | sheets | 500 | 1.90 | | 11
lasagne sheets | Nonna Bruna | egg | sheets | 250 | 2.20 | -v | 6
tagliatelle | Nonna Bruna | egg | long | 250 | 2.20 | -v | 9
tagliatelle | Nonna Bruna | egg;spinach | long | 250 | 2.30 | -v | 4
# pasta sauce | jar | v gf salt
tomato sauce | Nonna Bruna | tomato;basil | smooth | 400 | 2.10 | | 20
tomato sauce | Nonna Bruna | tomato;chilli | smooth | 400 | 2.10 | | 10
tomato sauce | Nonna Bruna | tomato;garlic | chunky | 400 | 2.10 | +s | 9
tomato sauce | Bluebarn | tomato;basil | smooth | 500 | 0.95 | +s | 16
tomato sauce | Marlow Farm | tomato;basil | smooth | 350 | 2.90 | +o | 5
pesto | Nonna Bruna | basil;pine nut | coarse | 190 | 2.70 | -v +n | 18
pesto | Nonna Bruna | tomato;cashew | coarse | 190 | 2.70 | -v +n | 11
pesto | Green Meadow | basil;cashew | coarse | 190 | 3.10 | +n | 5
# ground coffee | bag | v gf
ground coffee | Harbour Roast | arabica | medium roast | 250 | 4.60 | | 18
ground coffee | Harbour Roast | arabica | dark roast | 250 | 4.60 | | 16
ground coffee | Harbour Roast | arabica | light roast | 250 | 4.60 | | 6
ground coffee | Harbour Roast | arabica | medium roast | 500 | 8.40 | | 10
ground coffee | Harbour Roast | arabica | medium roast | 250 | 5.40 | +o | 6
ground coffee | Bluebarn | robusta;arabica | medium roast | 500 | 4.90 | | 17
decaf ground coffee | Harbour Roast | arabica | medium roast | 250 | 5.10 | | 6
coffee beans | Harbour Roast | arabica | medium roast | 250 | 4.80 | | 9
coffee beans | Harbour Roast | arabica | dark roast | 250 | 4.80 | | 11
coffee beans | Harbour Roast | arabica | dark roast | 1000 | 16.50 | | 8
coffee beans | Marlow Farm | arabica | medium roast | 250 | 6.20 | +o | 4
coffee beans | Bluebarn | robusta;arabica | dark roast | 1000 | 9.90 | | 10
instant coffee | Harbour Roast | arabica | granules | 100 | 3.90 | | 16
instant coffee | Bluebarn | robusta | granules | 200 | 3.10 | | 14
instant coffee | Bluebarn | robusta | powder | 100 | 1.40 | | 7
decaf instant coffee | Harbour Roast | arabica | granules | 100 | 4.20 | | 6
# tea | box | v gf
black tea | Twelve Gardens | breakfast | tea bags | 250 | 3.20 | | 26
black tea | Twelve Gardens | earl grey | tea bags | 125 | 2.60 | | 14
black tea | Twelve Gardens | breakfast | loose leaf | 125 | 3.40 | | 6
black tea | Twelve Gardens | earl grey | loose leaf | 125 | 3.60 | | 5
black tea | Bluebarn | breakfast | tea bags | 250 | 1.20 | | 20
decaf black tea | Twelve Gardens | breakfast | tea bags | 125 | 2.90 | | 7
green tea | Twelve Gardens | plain | tea bags | 40 | 2.40 | | 12
green tea | Twelve Gardens | lemon | tea bags | 40 | 2.40 | | 7
green tea | Twelve Gardens | jasmine | tea bags | 40 | 2.50 | | 6
green tea | Marlow Farm | plain | tea bags | 40 | 3.10 | +o | 5
herbal tea | Twelve Gardens | peppermint | tea bags | 40 | 2.20 | | 13
herbal tea | Twelve Gardens | camomile | tea bags | 30 | 2.20 | | 11
herbal tea | Twelve Gardens | ginger;lemon | tea bags | 40 | 2.40 | | 9
herbal tea | Marlow Farm | peppermint | tea bags | 40 | 2.90 | +o | 5
rooibos tea | Twelve Gardens | plain | tea bags | 80 | 2.60 | | 6
# chocolate | wrapper | s gf
milk chocolate | Velvet & Vine | plain | bar | 100 | 1.80 | | 26
milk chocolate | Velvet & Vine | hazelnut | bar | 100 | 2.00 | +n | 18
milk chocolate | Velvet & Vine | almond | bar | 100 | 2.00 | +n | 9
milk chocolate | Velvet & Vine | raisin;hazelnut | bar | 100 | 2.00 | +n | 8
milk chocolate | Velvet & Vine | caramel | bar | 100 | 2.00 | | 13
milk chocolate | Velvet & Vine | caramel;sea salt | bar | 100 | 2.10 | +salt | 12
milk chocolate | Velvet & Vine | plain | bar | 200 | 3.20 | | 14
milk chocolate | Bluebarn | plain | bar | 100 | 0.80 | | 20
milk chocolate | Bluebarn | hazelnut | bar | 100 | 0.90 | +n | 13
dark chocolate | Velvet & Vine | plain | bar | 100 | 2.20 | +v | 18
dark chocolate | Velvet & Vine | orange | bar | 100 | 2.30 | +v | 9
dark chocolate | Velvet & Vine | mint | bar | 100 | 2.30 | +v | 9
dark chocolate | Velvet & Vine | sea salt | bar | 100 | 2.30 | +v +salt | 9
dark chocolate | Velvet & Vine | chilli | bar | 100 | 2.30 | +v | 3
dark chocolate | Marlow Farm | plain | bar | 80 | 2.90 | +v +o | 7
dark chocolate | Marlow Farm | hazelnut | bar | 80 | 3.10 | +v +o +n | 5
dark chocolate | Bluebarn | plain | bar | 100 | 0.95 | ?v | 13
white chocolate | Velvet & Vine | plain | bar | 100 | 1.90 | | 10
white chocolate | Velvet & Vine | strawberry | bar | 100 | 2.10 | | 5
drinking chocolate | Velvet & Vine | plain | powder | 300 | 3.60 | +v | 11
drinking chocolate | Bluebarn | plain | powder | 400 | 2.10 | ?v | 9
# crisps | bag | v gf salt
potato crisps | Tatterdale | sea salt | flat | 150 | 1.60 | | 24
potato crisps | Tatterdale | salt and vinegar | flat | 150 | 1.60 | | 18
potato crisps | Tatterdale | cheese and onion | flat | 150 | 1.60 | -v | 20
potato crisps | Tatterdale | paprika | flat | 150 | 1.60 | +s | 14
potato crisps | Tatterdale | sea salt | ridged | 150 | 1.70 | | 12
potato crisps | Tatterdale | paprika | ridged | 150 | 1.70 | +s | 9
potato crisps | Tatterdale | sweet chilli | ridged | 150 | 1.70 | +s | 10
potato crisps | Tatterdale | unseasoned | flat | 150 | 1.60 | -salt | 4
potato crisps | Bluebarn | sea salt | flat | 200 | 0.95 | | 20
potato crisps | Bluebarn | paprika | flat | 200 | 0.95 | +s ?gf | 14
potato crisps | Marlow Farm | sea salt | flat | 125 | 2.20 | +o | 5
tortilla chips | Tatterdale | corn | triangles | 200 | 1.90 | | 14
tortilla chips | Tatterdale | corn;chilli | triangles | 200 | 1.90 | | 10
tortilla chips | Tatterdale | corn;cheese | triangles | 200 | 1.90 | -v | 11
tortilla chips | Bluebarn | corn | triangles | 300 | 1.10 | | 11
lentil chips | Tatterdale | sea salt | curls | 100 | 2.10 | | 6
lentil chips | Tatterdale | sour cream | curls | 100 | 2.10 | -v | 4
# nuts | bag | v gf n
peanuts | Nutty Otter | peanut | roasted | 200 | 1.70 | +salt | 18
peanuts | Nutty Otter | peanut | roasted | 200 | 1.70 | | 8
peanuts | Bluebarn | peanut | roasted | 500 | 2.20 | +salt | 14
peanuts | Nutty Otter | peanut;honey | roasted | 200 | 2.10 | +salt +s -v | 8
almonds | Nutty Otter | almond | whole | 200 | 3.40 | | 13
almonds | Nutty Otter | almond | roasted | 200 | 3.50 | +salt | 9
almonds | Nutty Otter | almond | ground | 200 | 3.20 | | 8
almonds | Marlow Farm | almond | whole | 150 | 3.90 | +o | 5
cashews | Nutty Otter | cashew | whole | 200 | 3.60 | | 10
cashews | Nutty Otter | cashew | roasted | 200 | 3.70 | +salt | 13
walnuts | Nutty Otter | walnut | halves | 200 | 3.30 | | 12
mixed nuts | Nutty Otter | almond;cashew;walnut | whole | 200 | 3.60 | | 13
trail mix | Nutty Otter | almond;raisin;cashew | mixed | 200 | 2.90 | | 10
# cheese | wrapper | gf salt
cheddar | Hillcrest Dairy | mild | hard | 350 | 3.40 | | 18
cheddar | Hillcrest Dairy | mature | hard | 350 | 3.60 | | 22
cheddar | Hillcrest Dairy | extra mature | hard | 350 | 3.90 | | 14
cheddar | Hillcrest Dairy | mature | grated | 250 | 2.90 | | 14
cheddar | Hillcrest Dairy | mature | sliced | 250 | 2.90 | | 12
cheddar | Marlow Farm | mature | hard | 250 | 4.20 | +o | 5
cheddar | Bluebarn | mild | hard | 400 | 2.50 | | 17
mozzarella | Nonna Bruna | mild | ball | 125 | 1.30 | | 20
mozzarella | Nonna Bruna | mild | grated | 250 | 2.50 | | 13
mozzarella | Bluebarn | mild | ball | 125 | 0.75 | | 15
feta | Hillcrest Dairy | tangy | crumbly | 200 | 2.40 | | 15
feta | Marlow Farm | tangy | crumbly | 200 | 3.20 | +o | 5
brie | Hillcrest Dairy | mild | soft | 200 | 2.30 | | 12
blue cheese | Hillcrest Dairy | strong | crumbly | 150 | 2.60 | | 9
cream cheese | Hillcrest Dairy | plain | spreadable | 200 | 1.80 | | 16
cream cheese | Hillcrest Dairy | garlic;herbs | spreadable | 200 | 1.90 | | 10
cream cheese | Bluebarn | plain | spreadable | 200 | 0.95 | | 13
parmesan | Nonna Bruna | strong | hard | 150 | 3.90 | | 14
parmesan | Nonna Bruna | strong | grated | 100 | 2.90 | | 11
vegan cheese | Green Meadow | mild | sliced | 200 | 2.80 | +v | 4
vegan cheese | Green Meadow | mild | grated | 200 | 2.80 | +v | 3
# bread | bag | v salt
white bread | Old Mill | wheat | sliced | 800 | 1.30 | | 26
white bread | Old Mill | wheat | sliced | 400 | 0.90 | | 12
white bread | Bluebarn | wheat | sliced | 800 | 0.65 | | 24
wholemeal bread | Old Mill | wheat | sliced | 800 | 1.30 | | 20
wholemeal bread | Bluebarn | wheat | sliced | 800 | 0.70 | | 15
rye bread | Old Mill | rye | sliced | 500 | 2.10 | | 8
rye bread | Marlow Farm | rye | sliced | 500 | 2.80 | +o | 5
sourdough bread | Old Mill | wheat | whole loaf | 500 | 2.90 | | 13
sourdough bread | Marlow Farm | wheat | whole loaf | 500 | 3.60 | +o | 7
seeded bread | Old Mill | wheat;sunflower seed | sliced | 800 | 1.70 | | 12
gluten-free bread | Old Mill | rice | sliced | 400 | 3.10 | +gf -v | 5
gluten-free bread | Old Mill | rice;sunflower seed | sliced | 400 | 3.20 | +gf -v | 3
crispbread | Old Mill | rye | crisp | 250 | 1.60 | | 9
crispbread | Old Mill | rye;sesame | crisp | 250 | 1.70 | | 6
# cooking oil | bottle | v gf
olive oil | Nonna Bruna | extra virgin | liquid | 500 | 6.90 | | 22
olive oil | Nonna Bruna | extra virgin | liquid | 1000 | 12.50 | | 11
olive oil | Nonna Bruna | mild | liquid | 500 | 5.90 | | 9
olive oil | Marlow Farm | extra virgin | liquid | 500 | 8.90 | +o | 6
olive oil | Bluebarn | extra virgin | liquid | 500 | 4.90 | | 17
sunflower oil | Bluebarn | plain | liquid | 1000 | 1.90 | | 20
sunflower oil | Green Meadow | plain | liquid | 1000 | 2.60 | | 8
rapeseed oil | Green Meadow | plain | liquid | 500 | 2.90 | | 8
rapeseed oil | Green Meadow | cold pressed | liquid | 500 | 4.20 | +o | 4
coconut oil | Green Meadow | coconut | solid | 300 | 3.40 | +o | 6
sesame oil | Quern & Seed | toasted | liquid | 250 | 3.20 | | 6
# juice | carton | v gf
orange juice | Sunny Weir | orange | smooth | 1000 | 2.40 | | 26
orange juice | Sunny Weir | orange | with bits | 1000 | 2.40 | | 18
orange juice | Bluebarn | orange | smooth | 1000 | 1.20 | | 20
orange juice | Marlow Farm | orange | smooth | 750 | 3.60 | +o | 5
apple juice | Sunny Weir | apple | clear | 1000 | 1.90 | | 17
apple juice | Sunny Weir | apple | cloudy | 1000 | 2.10 | | 11
apple juice | Bluebarn | apple | clear | 1000 | 1.00 | | 16
apple juice | Marlow Farm | apple | cloudy | 750 | 2.90 | +o | 5
multivitamin juice | Sunny Weir | orange;apple;mango | smooth | 1000 | 2.20 | | 11
mango nectar | Sunny Weir | mango | smooth | 1000 | 2.20 | +s | 7
tomato juice | Sunny Weir | tomato | smooth | 1000 | 1.90 | +salt | 5
tomato juice | Sunny Weir | tomato | smooth | 1000 | 1.90 | | 2
lemonade | Sunny Weir | lemon | sparkling | 1000 | 1.70 | +s | 13
# milk and milk alternatives | carton | gf
milk | Hillcrest Dairy | whole | liquid | 1000 | 1.30 | | 30
milk | Hillcrest Dairy | semi-skimmed | liquid | 1000 | 1.30 | | 30
milk | Hillcrest Dairy | skimmed | liquid | 1000 | 1.30 | | 11
milk | Marlow Farm | whole | liquid | 1000 | 1.80 | +o | 11
milk | Marlow Farm | semi-skimmed | liquid | 1000 | 1.80 | +o | 10
lactose-free milk | Hillcrest Dairy | semi-skimmed | liquid | 1000 | 1.70 | | 8
oat drink | Green Meadow | oat | liquid | 1000 | 1.90 | +v -gf +salt | 15
oat drink | Green Meadow | oat;barista | liquid | 1000 | 2.20 | +v -gf +salt | 13
oat drink | Green Meadow | oat;chocolate | liquid | 1000 | 2.30 | +v -gf +salt +s | 5
oat drink | Marlow Farm | oat | liquid | 1000 | 2.30 | +v -gf +o | 6
soya drink | Green Meadow | soya | liquid | 1000 | 1.60 | +v | 10
soya drink | Green Meadow | soya | liquid | 1000 | 1.60 | +v +s | 7
soya drink | Green Meadow | soya;vanilla | liquid | 1000 | 1.80 | +v +s | 5
almond drink | Green Meadow | almond | liquid | 1000 | 2.10 | +v +n | 9
almond drink | Green Meadow | almond | liquid | 1000 | 2.10 | +v +n +s | 6
rice drink | Green Meadow | rice | liquid | 1000 | 1.80 | +v | 4
coconut drink | Green Meadow | coconut | liquid | 1000 | 2.20 | +v +salt | 5
# biscuits | packet | s salt
shortbread | Old Mill | butter | crumbly | 200 | 2.10 | | 12
oat biscuits | Old Mill | oat | crumbly | 300 | 1.60 | +v | 10
oat biscuits | Old Mill | oat;chocolate | crumbly | 300 | 1.80 | | 12
chocolate chip cookies | Old Mill | chocolate | crunchy | 200 | 1.90 | | 18
chocolate chip cookies | Old Mill | chocolate | soft | 200 | 2.20 | | 12
chocolate chip cookies | Old Mill | chocolate;hazelnut | crunchy | 200 | 2.10 | +n | 8
chocolate chip cookies | Bluebarn | chocolate | crunchy | 300 | 1.10 | ?n | 14
chocolate chip cookies | Green Meadow | chocolate | crunchy | 150 | 2.60 | +v +gf | 4
ginger biscuits | Old Mill | ginger | crunchy | 250 | 1.30 | +v | 10
"""


def rows() -> list[dict[str, str]]:
    """One dictionary a product, columns in order."""
    out: list[dict[str, str]] = []
    category, packaging, shared = "", "", ""
    for line in FAMILIES.strip().splitlines():
        if line.startswith("#"):
            category, packaging, shared = (part.strip() for part in line[1:].split("|"))
            continue
        variety, brand, flavours, texture, size, price, flags, popularity = (part.strip() for part in line.split("|"))
        cells = dict.fromkeys(FLAGS.values(), "no") | {FLAGS[f]: "yes" for f in shared.split()}
        for flag in flags.split():
            cells[FLAGS[flag[1:]]] = {"+": "yes", "-": "no", "?": ""}[flag[0]]
        sorts = (flavours.replace(";", " and "), texture)
        said = [w for w in sorts if w not in ("plain", "liquid") and w not in variety]
        extra = ["organic"] if cells["organic"] == "yes" else []
        out.append(
            {"name": f"{brand} {' '.join([*extra, variety])}" + "".join(f", {w}" for w in said) + f", {size} g",
             "category": category, "brand": brand, "variety": variety, "flavours": flavours, "texture": texture,
             "size_g": size, "price": price, "packaging": packaging, **cells, "popularity": popularity}
        )  # fmt: skip
    _tell_apart(out)
    return out


def _tell_apart(table: list[dict[str, str]]) -> None:
    """Products of one name get the flag in it that sets them apart."""
    words = {"added_sugar": ("with sugar", "no added sugar"), "salted": ("salted", "unsalted")}
    groups: dict[str, list[dict[str, str]]] = {}
    for row in table:
        groups.setdefault(row["name"], []).append(row)
    for same in groups.values():
        for column, (yes, no) in words.items():
            if len({row[column] for row in same}) > 1:
                for row in same:
                    row["name"] += f", {yes if row[column] == 'yes' else no}"


def main() -> None:
    table = rows()
    with TARGET.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    print(f"{TARGET}: {len(table)} products")


if __name__ == "__main__":
    main()
