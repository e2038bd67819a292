"""Words that name no group, of the languages that most databases are in: English, German, French, Spanish."""

from typing import Final

_ENGLISH = """about above after again all also and any are because been before being below between both but can
could did does doing done down during each etc few for from further get had has have having her here
hers him his how into its itself just like made make many may more most much must not now off once
one only other our ours out over own per same see set shall she should since some such than that the
their them then there these they this those through too two under until upon use used uses using
very via was well were what when where which while who whom whose why will with within without would
you your yours none true false null return returns given value values"""
_GERMAN = """aber alle als am an auch auf aus bei bis das dass dem den der des die doch durch ein eine einem
einen einer eines er es für hat ich im in ist kann mit nach nicht noch nur oder ohne sich sie sind
über um und uns von vor war was wenn werden wie wird zu zum zur"""
_FRENCH = """avec aux ces cette dans des elle elles est être ils leur leurs les mais même nous par pas plus pour
que qui sans sont sur une vous"""
_SPANISH = """como con del desde donde ella ellos entre esta este esto hasta las los más para pero por que sin
sobre son una uno"""

_TECHNICAL = "com org net www http https html alt href img src svg badge badges def self args kwargs str int bool"

FUNCTION_WORDS: Final = frozenset(" ".join((_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _TECHNICAL)).split())
