"""Numbers of the MySQL client/server protocol, as in the server's `mysql_com.h`."""

from typing import Final

# Capability flags.
LONG_PASSWORD: Final = 1
LONG_FLAG: Final = 1 << 2
CONNECT_WITH_DB: Final = 1 << 3
COMPRESS: Final = 1 << 5
LOCAL_FILES: Final = 1 << 7
PROTOCOL_41: Final = 1 << 9
SSL: Final = 1 << 11
TRANSACTIONS: Final = 1 << 13
SECURE_CONNECTION: Final = 1 << 15
MULTI_STATEMENTS: Final = 1 << 16
MULTI_RESULTS: Final = 1 << 17
PLUGIN_AUTH: Final = 1 << 19
CONNECT_ATTRS: Final = 1 << 20
PLUGIN_AUTH_LENENC_CLIENT_DATA: Final = 1 << 21
DEPRECATE_EOF: Final = 1 << 24

#: What we ask for: neither LOCAL_FILES nor MULTI_STATEMENTS, CONNECT_ATTRS or COMPRESS. MULTI_RESULTS is needed
#: for CALL and lets a surprising second result be seen (and refused) instead of misread.
CLIENT_FLAGS: Final = (
    LONG_PASSWORD
    | LONG_FLAG
    | PROTOCOL_41
    | TRANSACTIONS
    | SECURE_CONNECTION
    | MULTI_RESULTS
    | PLUGIN_AUTH
    | PLUGIN_AUTH_LENENC_CLIENT_DATA
)
#: Without these there is no login worth speaking of (servers before 5.5).
REQUIRED_FLAGS: Final = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH

# Commands.
COM_QUIT: Final = 0x01
COM_QUERY: Final = 0x03
COM_PING: Final = 0x0E

# Server status.
STATUS_IN_TRANSACTION: Final = 0x0001
STATUS_AUTOCOMMIT: Final = 0x0002
STATUS_MORE_RESULTS: Final = 0x0008

# First byte of a response packet.
OK: Final = 0x00
AUTH_MORE: Final = 0x01
LOCAL_INFILE: Final = 0xFB
EOF: Final = 0xFE
ERR: Final = 0xFF

#: A payload of this size announces a continuation packet; neither sent nor accepted.
MAX_PAYLOAD: Final = 0xFFFFFF
#: utf8mb4_general_ci: known to MySQL 5.5+ and every MariaDB, unlike 255 (utf8mb4_0900_ai_ci).
UTF8MB4_COLLATION: Final = 45
#: The pseudo character set of binary strings.
BINARY_CHARSET: Final = 63

# Column types.
TYPE_DECIMAL: Final = 0
TYPE_TINY: Final = 1
TYPE_SHORT: Final = 2
TYPE_LONG: Final = 3
TYPE_FLOAT: Final = 4
TYPE_DOUBLE: Final = 5
TYPE_NULL: Final = 6
TYPE_TIMESTAMP: Final = 7
TYPE_LONGLONG: Final = 8
TYPE_INT24: Final = 9
TYPE_DATE: Final = 10
TYPE_TIME: Final = 11
TYPE_DATETIME: Final = 12
TYPE_YEAR: Final = 13
TYPE_BIT: Final = 16
TYPE_VECTOR: Final = 242
TYPE_JSON: Final = 245
TYPE_NEWDECIMAL: Final = 246
TYPE_GEOMETRY: Final = 255
