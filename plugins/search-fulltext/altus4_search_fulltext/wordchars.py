"""Which characters make up words for the server's built-in FULLTEXT parser.

Source: measured. For every character c of the Basic Multilingual Plane a row `marker + c + "yyyy"` was indexed; c is a
word character exactly if the marker alone does not find the row. MySQL 9.7 (utf8mb4_0900_ai_ci, utf8mb4_general_ci) and
MariaDB 10.11 agree on all of them. Beyond the BMP nothing is a word character: emoji separate words, and so
do the rarer ideographs.
"""

import re
from functools import cache, lru_cache

_RANGES = """
30-39 41-5a 5f 61-7a aa b2-b3 b5 b9-ba bc-be c0-d6 d8-f6 f8-2c1 2c6-2d1 2e0-2e4 2ee 300-36f 37a-37d 386
388-38a 38c 38e-3a1 3a3-3ce 3d0-3f5 3f7-481 483-486 488-513 531-556 559 561-587 591-5bd 5bf 5c1-5c2 5c4-5c5
5c7 5d0-5ea 5f0-5f2 610-615 621-63a 640-65e 660-669 66e-6d3 6d5-6dc 6de-6e8 6ea-6fc 6ff 710-74a 74d-76d
780-7b1 7c0-7f5 7fa 901-939 93c-94d 950-954 958-963 966-96f 97b-97f 981-983 985-98c 98f-990 993-9a8 9aa-9b0
9b2 9b6-9b9 9bc-9c4 9c7-9c8 9cb-9ce 9d7 9dc-9dd 9df-9e3 9e6-9f1 9f4-9f9 a01-a03 a05-a0a a0f-a10 a13-a28
a2a-a30 a32-a33 a35-a36 a38-a39 a3c a3e-a42 a47-a48 a4b-a4d a59-a5c a5e a66-a74 a81-a83 a85-a8d a8f-a91
a93-aa8 aaa-ab0 ab2-ab3 ab5-ab9 abc-ac5 ac7-ac9 acb-acd ad0 ae0-ae3 ae6-aef b01-b03 b05-b0c b0f-b10 b13-b28
b2a-b30 b32-b33 b35-b39 b3c-b43 b47-b48 b4b-b4d b56-b57 b5c-b5d b5f-b61 b66-b6f b71 b82-b83 b85-b8a b8e-b90
b92-b95 b99-b9a b9c b9e-b9f ba3-ba4 ba8-baa bae-bb9 bbe-bc2 bc6-bc8 bca-bcd bd7 be6-bf2 c01-c03 c05-c0c
c0e-c10 c12-c28 c2a-c33 c35-c39 c3e-c44 c46-c48 c4a-c4d c55-c56 c60-c61 c66-c6f c82-c83 c85-c8c c8e-c90
c92-ca8 caa-cb3 cb5-cb9 cbc-cc4 cc6-cc8 cca-ccd cd5-cd6 cde ce0-ce3 ce6-cef d02-d03 d05-d0c d0e-d10 d12-d28
d2a-d39 d3e-d43 d46-d48 d4a-d4d d57 d60-d61 d66-d6f d82-d83 d85-d96 d9a-db1 db3-dbb dbd dc0-dc6 dca dcf-dd4
dd6 dd8-ddf df2-df3 e01-e3a e40-e4e e50-e59 e81-e82 e84 e87-e88 e8a e8d e94-e97 e99-e9f ea1-ea3 ea5 ea7
eaa-eab ead-eb9 ebb-ebd ec0-ec4 ec6 ec8-ecd ed0-ed9 edc-edd f00 f18-f19 f20-f33 f35 f37 f39 f3e-f47 f49-f6a
f71-f84 f86-f8b f90-f97 f99-fbc fc6 1000-1021 1023-1027 1029-102a 102c-1032 1036-1039 1040-1049 1050-1059
10a0-10c5 10d0-10fa 10fc 1100-1159 115f-11a2 11a8-11f9 1200-1248 124a-124d 1250-1256 1258 125a-125d 1260-1288
128a-128d 1290-12b0 12b2-12b5 12b8-12be 12c0 12c2-12c5 12c8-12d6 12d8-1310 1312-1315 1318-135a 135f 1369-137c
1380-138f 13a0-13f4 1401-166c 166f-1676 1681-169a 16a0-16ea 16ee-16f0 1700-170c 170e-1714 1720-1734 1740-1753
1760-176c 176e-1770 1772-1773 1780-17b3 17b6-17d3 17d7 17dc-17dd 17e0-17e9 17f0-17f9 180b-180d 1810-1819
1820-1877 1880-18a9 1900-191c 1920-192b 1930-193b 1946-196d 1970-1974 1980-19a9 19b0-19c9 19d0-19d9 1a00-1a1b
1b00-1b4b 1b50-1b59 1b6b-1b73 1d00-1dca 1dfe-1e9b 1ea0-1ef9 1f00-1f15 1f18-1f1d 1f20-1f45 1f48-1f4d 1f50-1f57
1f59 1f5b 1f5d 1f5f-1f7d 1f80-1fb4 1fb6-1fbc 1fbe 1fc2-1fc4 1fc6-1fcc 1fd0-1fd3 1fd6-1fdb 1fe0-1fec 1ff2-1ff4
1ff6-1ffc 2070-2071 2074-2079 207f-2089 2090-2094 20d0-20ef 2102 2107 210a-2113 2115 2119-211d 2124 2126 2128
212a-212d 212f-2139 213c-213f 2145-2149 214e 2153-2184 2460-249b 24ea-24ff 2776-2793 2c00-2c2e 2c30-2c5e
2c60-2c6c 2c74-2c77 2c80-2ce4 2cfd 2d00-2d25 2d30-2d65 2d6f 2d80-2d96 2da0-2da6 2da8-2dae 2db0-2db6 2db8-2dbe
2dc0-2dc6 2dc8-2dce 2dd0-2dd6 2dd8-2dde 3005-3007 3021-302f 3031-3035 3038-303c 3041-3096 3099-309a 309d-309f
30a1-30fa 30fc-30ff 3105-312c 3131-318e 3192-3195 31a0-31b7 31f0-31ff 3220-3229 3251-325f 3280-3289 32b1-32bf
3400-4db5 4e00-9fa5 9fbb a000-a48c a717-a71a a800-a827 a840-a873 ac00-d7a3 f900-fa2d fa30-fa6a fa70-fad9
fb00-fb06 fb13-fb17 fb1d-fb28 fb2a-fb36 fb38-fb3c fb3e fb40-fb41 fb43-fb44 fb46-fbb1 fbd3-fd3d fd50-fd8f
fd92-fdc7 fdf0-fdfb fe00-fe0f fe20-fe23 fe70-fe74 fe76-fefc ff10-ff19 ff21-ff3a ff41-ff5a ff66-ffbe ffc2-ffc7
ffca-ffcf ffd2-ffd7 ffda-ffdc
"""


@cache
def word_pattern() -> re.Pattern[str]:
    """Give the pattern of one word of a text: a run of letters, digits, marks and underscores."""
    return re.compile(f"[{_character_class()}]+")


@cache
def apostrophe_word_pattern() -> re.Pattern[str]:
    """Give the pattern of one word for MyISAM and Aria, which keep single apostrophes inside words."""
    inside = _character_class()
    return re.compile(f"[{inside}]+(?:'[{inside}]+)*")


@lru_cache(maxsize=8192)
def is_word_character(character: str) -> bool:
    """Say whether the character belongs to words."""
    return word_pattern().fullmatch(character) is not None


def _character_class() -> str:
    return "".join(_escaped(span) for span in _RANGES.split())


def _escaped(span: str) -> str:
    return "-".join(f"\\u{int(end, 16):04x}" for end in span.split("-"))
