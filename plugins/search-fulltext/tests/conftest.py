"""Targets with the tables that several tests search."""

from collections.abc import AsyncIterator

import pytest
from altus4_mysql import Pool
from altus4_sandbox.address import ServerAddress

from .support import Target, opened


async def _shop(pool: Pool) -> None:
    await pool.fetch(
        "CREATE TABLE articles (id INT PRIMARY KEY AUTO_INCREMENT, title VARCHAR(255) NOT NULL, content TEXT NOT NULL,"
        " author VARCHAR(100), published_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,"
        " FULLTEXT KEY ft_title_content (title, content), FULLTEXT KEY ft_title (title),"
        " FULLTEXT KEY ft_content (content)) ENGINE=InnoDB"
    )
    await pool.fetch(
        "CREATE TABLE products (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(255) NOT NULL, description TEXT,"
        " category VARCHAR(100), price DECIMAL(10,2), FULLTEXT KEY ft_name_description (name, description),"
        " FULLTEXT KEY ft_name (name)) ENGINE=InnoDB"
    )
    await pool.fetch("CREATE TABLE plain (id INT PRIMARY KEY, note TEXT) ENGINE=InnoDB")
    articles = [
        ("MySQL tuning", "How to tune the buffer pool of mysql for large tables.", "Ann"),
        ("Café culture", "A history of coffee in Vienna; nothing about databases.", "Bob"),
        ("Indexes", "A FULLTEXT index answers what LIKE cannot. Tuning an index is simple.", None),
        ("State of the art", "Co-working spaces and search engines.", "Eve"),
        ("Empty", "", None),
    ]
    for row in articles:
        await pool.fetch("INSERT INTO articles (title, content, author) VALUES (%s, %s, %s)", row)
    products = [
        ("Coffee grinder", "Grinds coffee beans; mysql sticker included", "kitchen", "19.90"),
        ("Index cards", None, "office", "2.50"),
    ]
    for row in products:
        await pool.fetch("INSERT INTO products (name, description, category, price) VALUES (%s, %s, %s, %s)", row)


@pytest.fixture
async def shop(any_server: ServerAddress) -> AsyncIterator[Target]:
    """The seed's example tables with a few rows, and a table without any FULLTEXT index."""
    async with opened(any_server, _shop) as target:
        yield target
