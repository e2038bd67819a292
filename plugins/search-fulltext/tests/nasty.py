# fmt: off
# ruff: noqa: E501 - a list of texts is best read as it is
"""More than two hundred queries that nobody should have to think of twice."""

import string

OPERATORS = ("+", "-", "*", "(", ")", "@", "~", "<", ">", '"', "'", "%", "\\", "&", "|", "!", "^", "#", ";", ",", ".", ":")

CORPUS: tuple[str, ...] = tuple(
    dict.fromkeys(
        [
            *OPERATORS,
            *(f"{operator}mysql" for operator in OPERATORS),
            *(f"mysql{operator}" for operator in OPERATORS),
            *(f"mysql {operator} tuning" for operator in OPERATORS),
            *(f"{operator}{operator}mysql" for operator in OPERATORS),
            *(f"{first}{second}" for first in "+-~<>(" for second in "+-~<>)*@"),
            "C++", "C#", ".NET", "a@b.com", "co-working", "node.js", "1.2.3", "192.168.0.1", "x-y-z", "AT&T", "don't",
            "rock'n'roll", "a/b/c", "file:///etc/passwd", "http://example.com/?a=b&c=d", "--help", "-rf", "$100", "50%",
            '"', '""', '"""', '" "', '"mysql', 'mysql"', '"mysql" "tuning"', '"mysql tuning" @', '"mysql tuning" @8',
            '"mysql tuning"@8', '"mysql tuning" @0', '"mysql tuning" @-1', '"mysql tuning" @999999999999999999999',
            '"mysql tuning"*', '+"mysql tuning"', '-"mysql tuning" index', '"the of to"', '"a b c"', '"+mysql -tuning"',
            "(", ")", "()", "(())", "((mysql", "mysql))", "(mysql) (tuning)", "+(mysql tuning)", "-(mysql) index", "(" * 500,
            ")" * 500, "(" * 9 + "mysql" + ")" * 9, "(" * 8 + "mysql" + ")" * 8, "(a)(b)(c)", "+(+(+mysql))",
            "AND", "OR", "NOT", "AND AND", "mysql AND", "OR mysql", "NOT mysql", "mysql AND NOT tuning", "mysql OR NOT tuning",
            "mysql AND OR tuning", "NOT NOT mysql", "and or not", "mysql AND (tuning OR index) NOT coffee",
            "*", "**", "m*", "my*", "mys*", "mysql**", "*mysql", "my*sql", "* *", "+*", "-*", '"*"', "(*)", "mysql *",
            " ".join(f"{letter}*" for letter in string.ascii_lowercase),
            "+".join(f"{letter}*" for letter in string.ascii_lowercase),
            " ".join(f"{letter}{letter}{letter}*" for letter in string.ascii_lowercase),
            "the", "to be or not to be", "the of and", "a", "ab", "xy zz", "+the +mysql", "the -mysql", "+the -mysql",
            "'; DROP TABLE articles; --", "' OR '1'='1", "\\' OR 1=1 -- ", "mysql') OR ('1'='1", "%s", "%s %s", "%d%%", "%(x)s",
            "`articles`", "``", "/* mysql */", "-- mysql", "mysql #", "\\", "\\\\", "\\n", "\\x00", "X'414243'", "0x41", "NULL",
            "SELECT SLEEP(10)", "@@version", "@mysql", ":mysql", "?", "{mysql}", "[mysql]", "<script>alert(1)</script>",
            "\0", "mysql\0tuning", "\0mysql", "mysql\n\ttuning", "\r\n", "\x01\x02\x1f", "\x7f", "\x80\x9f", "\x1b[31mmysql",
            "\u200bmysql\u200b", "\ufeffmysql", "mysql\u00a0tuning", "\u2028", "\u202emysql", "my\u00adsql", "\ufffd", "\uffff",
            "😀", "mysql😀", "😀😀😀", "👨‍👩‍👧‍👦 family", "🇦🇹", "❤️", "+😀", "😀*", '"😀"', "-😀 mysql", "𝕞𝕪𝕤𝕢𝕝", "𠀀𠀁",
            "日本語", "日本語 検索", "+日本語", "数据库*", '"数据 库"', "데이터베이스", "ひらがなカタカナ", "中", "中文全文检索测试",
            "مرحبا بالعالم", "שלום עולם", "\u200fmysql\u200f", "русский текст", "ÄÖÜ äöü ß", "naïve café", "ｍｙｓｑｌ", "ﬁle", "ǅ",
            "e\u0301te\u0301", "\u0301", "İstanbul", "ΑΣ ας", "ไทย", "हिन्दी", "Z̸a̸l̸g̸o̸", "½ ² ³", "Ⅷ", "①②③",
            "“mysql tuning”", "„mysql“", "«mysql»", "‘mysql’", "mysql—tuning", "mysql – tuning", "…", "mysql…",
            "x" * 500, "x" * 84, "x" * 85, "mysql " * 83, "+mysql " * 62, "-mysql " * 62, " ".join("abcdefghijklmnop" * 15)[:500],
            " ".join(f"w{n:03d}" for n in range(100)), '"' * 500, '""' * 250, "'" * 500, "%" * 500, "\\" * 500, "é" * 500,
            "😀" * 500, "a b " * 125, "+" * 500, "-" * 500, "~" * 500, "@" * 500, "mysql @8", "@8", '@8 "mysql tuning"',
            ">mysql <tuning", "+>mysql", ">+mysql", "+>+mysql", ">>mysql", "><mysql", "~mysql", "mysql ~tuning", "+~mysql",
            "-~mysql index", "--mysql", "---mysql index", "+-mysql", "-+mysql", "mysql -mysql", "+mysql -mysql",
            '"' + "a b " * 124 + '"', '"' + "mysql " * 82 + '"', '"' + "w1 w2 " * 80 + '"', "mysql" + "!" * 400 + "tuning", "x" * 130, "日" * 200,
            "0", "00", "1", "12", "123", "+123", "123*", "-123 mysql", "1e10", "3.14", "0x1F", "2024-01-02", "12:30",
            "mysql,tuning;index", "mysql.tuning", "mysql_tuning", "_mysql_", "__", "mysql-tuning -index", "AND2 OR3 NOTE",
            "mysql tuning index coffee -history +database", "(mysql OR tuning) AND (index OR coffee) -vienna",
        ]
    )
)
