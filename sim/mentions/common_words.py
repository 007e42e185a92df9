"""Common English words that are somebody's surname or only name too: alone they are taken for the word.

Judged by hand among the words of half a million names: those that stand in ordinary sentences, written small.
"""

from __future__ import annotations

COMMON_WORDS = frozenset(
    """
    a able about action actor actress africa after again against airplane all alley also always am america american
    an and angel animated animation another answer any anyone anything apple are art arthur artist as at australia
    baby back badger ball ballet ban band banker banks bar base basic bath battle battles bay be beach bear beard
    because bee been before began begin being believe bell berlin best between bill bin bird bishop black blanks
    block blond blood blow blue board boat bond bonds born boss both box boxer boy boys bridge bright brilliant
    british brother brothers brown buddy bull bunch bunker burger burns but butler buy by cage california call calm
    camp can canada candy care carpenter carry cartoon case cast castle cave champion chance character charles chase
    chicago chick child china chinese christmas church city civil classic claus cliff close cloud clue coffee coke
    cold collector coma comedy common company cop cops country court cover creator crew crime cross crow crystal
    cube dad dance dark date day dead deal desert dick did dinner director do doctor documentary does dog doll
    dollar dolls don down drama dress drew driver due during each early earth edgar edge ending england english era
    even ever every everyone everything face fall falls family fan fantasy farmer fast fat father fathers fell felt
    few fiction field film films find fine finger fire fish fix flash flick flower flowers follows for force forest
    forget fox france frank free freeway french fresh friend friendly frog from front frost game gas gay gees gems
    george german germany gets giant gift girl girls gist glass god going gold golf good gordon grand gray great
    greek green greenhouse group guard guess guest guy hack hacker had hair hall hammer hand hands hang harper
    harris harry has have haven he head heads heard hebrew held hell hello help her here hero hers high hill hills
    him his holding hole holiday hollywood home hope horror horse house how hung hunt hunter hurt husband i ice idea
    if in innocent into ireland irish is island it italian its jam james japanese job jobs john journey jump just
    key keys kid kids killer killing kind king kingdom kiss kitchen knight know korean kung lack lady lake land
    language large laser law learned lee legend lesser lewis lie life light like line link lion list little lock
    lone long looking looks lord lot love lover low lower luck made main major man manager manning many marine mark
    mars martial may maybe maze me mean men messing mexico meyer mill minor mix mom month moon more morning morocco
    moses most mother movie movies mower much murder music musical my mystery name nature near never new news night
    no noir nor north not nothing of off offer often ogre old olds on once one only onto or orange oscar other our
    out over own pack page pain painter palm panda parent paris park part partners parts party passes paul people
    peoples person persons philip picture pill pillow pills pink place plan plans played players plays please plot
    police pool pop pope post power powers pretty priest prince principal prior punk queen quest question race raft
    rain random ransom rat rather ray read real really reason reckon record records red remember rich richard riding
    ring river robert robot rock rocket roll roman romance rome roof rule rumor rush russia russian sabotage said
    same sand sandy sang saw scene school science scratch sea seal seals see seen self serious set sharp she shore
    short shorter show silver since singer singers sister sisters six sky sleep small smart snow so society some
    somebody someone something son song soon sorry sort soul south southern space spanish speck spies spike standing
    star starring stars states steel stephen steve still stole stone story strange street strike strong struck stuff
    such suits summer sun sunny suppose sure swedish sweet take talk tall texas than thank thanks that the their
    them then there these they thing things think this those thought three thriller through thunder tiger time tip
    title to today tone tonight too top topic tornado tour town toy trail travel tree trick tricky trip true twins
    twist under until up us van venture very vessel vicious vietnam visitor wall walls wanting war was washington
    watch watched wax way we week weeks west western what when where which while white who whom whose why wife wild
    will william winner winning winter wise with wolf woman women won wood wooden woods world writer year years
    yesterday york you young younger your zombie zombies
    """.split()  # noqa: SIM905  a list of them would fill a page
)
