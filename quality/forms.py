"""The forms of texts that can be told right from wrong without asking anybody, as SQL of `{value}`.

DuckDB's regular expressions are RE2's. Braces of an expression are doubled, for `str.format`.
"""

from __future__ import annotations

# RFC 5321, 4.5.3.1: 64 characters before the at sign, 254 in all. What mail servers in fact
# accept of RFC 5322's grammar: no quotes, no comments, no two dots in a row.
EMAIL = (
    "length({value}) <= 254 and regexp_full_match({value},"
    " '[A-Za-z0-9!#$%&''*+/=?^_`{{|}}~-]+(\\.[A-Za-z0-9!#$%&''*+/=?^_`{{|}}~-]+)*"
    "@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]')"
    " and instr({value}, '@') <= 65"
)

# E.164: at most fifteen digits, none of them a leading zero; or, in Japan, ten or eleven digits
# with the trunk prefix 0. Signs that separate groups of digits do not count.
_DIGITS = "regexp_replace({value}, '[ ().\u2010-\u2015\u2212-]', '', 'g')"
PHONE = f"regexp_full_match({_DIGITS}, '\\+[1-9][0-9]{{{{6,14}}}}|0[1-9][0-9]{{{{8,9}}}}')"

# RFC 1035, 2.3.4: 63 characters a label, 253 in all; lower case, as names are compared here. An
# internationalised one is given in its ASCII form (xn--).
DOMAIN = (
    "length({value}) <= 253 and regexp_full_match({value},"
    " '([a-z0-9]([a-z0-9-]{{0,61}}[a-z0-9])?\\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]')"
)

# National Tax Agency, ordinance of the Ministry of Finance 2014-70, art. 2: the first digit is
# 9 less the remainder by 9 of the other twelve, which count once and twice in turn from the right.
_WEIGHTED = (
    "list_sum(list_transform(range(1, 13), lambda place:"
    " substr({value}, 14 - place::integer, 1)::integer"
    " * if(place % 2 = 1, 1, 2)))"
)
CORPORATE_NUMBER = (
    "case when not regexp_full_match({value}, '[1-9][0-9]{{12}}') then {value} is null"
    f" else 9 - {_WEIGHTED} % 9 = left({{value}}, 1)::integer end"
)
